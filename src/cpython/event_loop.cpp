#include "cpython/event_loop.hpp"

#include <cstring>
#include <utility>

#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"

namespace stackless {

namespace {

PyObject* holder_key = nullptr;

/// The object in which _asyncio has the running loop of a thread; null if none has run in it yet.
/// It also remembers this object apart, so the object stays and its content is exchanged.
RunningLoopHolder* find_holder(PyThreadState* ts) {
    if (ts->dict == nullptr || holder_key == nullptr)
        return nullptr;
    PyObject* holder = PyDict_GetItemWithError(ts->dict, holder_key);
    if (holder == nullptr || std::strcmp(Py_TYPE(holder)->tp_name, "_RunningLoopHolder") != 0)
        return nullptr;
    return reinterpret_cast<RunningLoopHolder*>(holder);
}

PyObject* none_to_null(PyObject* object) {
    if (object == Py_None) {
        Py_DECREF(object);
        return nullptr;
    }
    return object;
}

}  // namespace

bool prepare_event_loops() {
    if (holder_key == nullptr) {
        holder_key = PyUnicode_InternFromString("__asyncio_running_event_loop__");
    }
    return holder_key != nullptr;
}

void EventLoop::exchange(PyThreadState* ts) {
    std::swap(firstiter, ts->async_gen_firstiter);
    std::swap(finalizer, ts->async_gen_finalizer);
    if (RunningLoopHolder* holder = find_holder(ts)) {
        PyObject* next = running == nullptr ? Py_NewRef(Py_None) : running;
        running = none_to_null(std::exchange(holder->loop, next));
    }
}

void EventLoop::clear() {
    Py_CLEAR(firstiter);
    Py_CLEAR(finalizer);
    Py_CLEAR(running);
}

}  // namespace stackless
