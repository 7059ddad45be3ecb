// The end of the runtime, and what is asked about it: see include/stackless/stackless_embed.h.
#include "embed/runtime.hpp"

#include <new>

#include "cpython/path_configuration.hpp"
#include "cstack/pool.hpp"
#include "embed/endpoint.hpp"
#include "embed/mailbox.hpp"
#include "embed/memory.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

stackless_runtime the_runtime;

namespace {

/// The end of a reference that a thread without the GIL has dropped.
class DroppedObject : public Errand {
public:
    explicit DroppedObject(PyObject* object) : object_(object) {}
    void run() override { Py_DECREF(object_); }
    void give_up(bool with_gil) override {
        if (with_gil) {
            Py_DECREF(object_);
        }
    }

private:
    PyObject* object_;
};

bool may_end() {
    if (!is_runtimes_thread())
        return false;
    if (stackless_is_called_back() == 0)
        return true;
    PyErr_SetString(PyExc_RuntimeError,
                    "the runtime cannot be ended within a callback or a native function");
    return false;
}

}  // namespace

bool is_runtimes_thread() {
    if (PyGILState_Check() == 0)
        return false;
    if (PyThreadState_Get() == the_runtime.thread)
        return true;
    PyErr_SetString(PyExc_RuntimeError,
                    "this has to be done in the thread that has started the runtime");
    return false;
}

bool require_object(PyObject* object) {
    if (object == nullptr && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError, "an object is needed, not NULL");
    }
    return object != nullptr;
}

}  // namespace stackless

using stackless::mailbox;
using stackless::the_runtime;

int stackless_end(stackless_runtime* runtime) {
    if (!stackless::may_end())
        return -1;
    stackless::memory::set_limit(0);
    if (stackless::Scheduler* scheduler = stackless::Scheduler::if_used()) {
        scheduler->keeps_failed = false;
        scheduler->failed.reset();
    }
    // First the objects: what is given up from then on has none.
    stackless::Endpoint::release_all();
    mailbox.close();
    stackless::remove_callbacks();
    const int status = Py_FinalizeEx();
    // Where its library was found is found anew by the next one.
    _PyPathConfig_ClearGlobal();
    // Those that the host still refers to are not of the next one.
    stackless::Tasklet::count = 0;
    runtime->generation = 0;
    runtime->thread = nullptr;
    runtime->on_error = nullptr;
    runtime->on_output = nullptr;
    return status;
}

stackless_runtime* stackless_current() {
    return the_runtime.generation != 0 ? &the_runtime : nullptr;
}

unsigned long stackless_number() {
    return the_runtime.generation;
}

const char* stackless_misuse(unsigned long number) {
    if (number != stackless_number())
        return "the runtime that this object belongs to has ended";
    if (number == 0 && Py_IsInitialized() == 0)
        return "there is no runtime";
    return PyGILState_Check() != 0 ? nullptr : "objects are used in the runtime's thread only";
}

void stackless_drop_object(stackless_object* object, unsigned long number) {
    if (number != stackless_number())
        return;
    if (stackless_misuse(number) == nullptr) {
        Py_DECREF(object);
    } else if (auto* dropped = new (std::nothrow) stackless::DroppedObject(object)) {
        mailbox.put(dropped, number);
    }
}

int stackless_is_called_back() {
    const stackless::Scheduler* scheduler = stackless::Scheduler::if_used();
    return the_runtime.callbacks_active != 0 ||
           PyThreadState_Get()->cframe->current_frame != nullptr ||
           (scheduler != nullptr && scheduler->current() != scheduler->main());
}

void stackless_release(stackless_runtime* runtime) {
    runtime->released = PyEval_SaveThread();
}

void stackless_acquire(stackless_runtime* runtime) {
    PyEval_RestoreThread(runtime->released);
    runtime->released = nullptr;
}

void stackless_set_memory_limit(stackless_runtime*, size_t bytes) {
    stackless::memory::set_limit(bytes);
}

void stackless_get_statistics(stackless_runtime*, stackless_statistics* statistics) {
    const stackless::Scheduler* scheduler = stackless::Scheduler::if_used();
    *statistics = {
        .tasklets = static_cast<size_t>(stackless::Tasklet::count),
        .runnable = scheduler == nullptr ? 0 : static_cast<size_t>(scheduler->run_queue.size()),
        .switches = scheduler == nullptr ? 0 : scheduler->switches,
        .c_stacks = static_cast<size_t>(stackless::cstack::count()),
        .memory = stackless::memory::used(),
        .memory_limit = stackless::memory::limit(),
    };
}
