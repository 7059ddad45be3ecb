// The primitives of src/hidden/asyncio.py.
#include "cpython/asyncio_tasks.hpp"
#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "eval/generators.hpp"
#include "eval/primitives.hpp"
#include "eval/redirects.hpp"
#include "eval/switching.hpp"

namespace stackless::eval {

namespace {

AsyncioTask* as_task(PyObject* object) {
    return reinterpret_cast<AsyncioTask*>(object);
}

// ---- Context.run()

/// Tasks are stepped by frames where these can switch softly. Elsewhere their C code does as well.
AsyncioCall call_in_frames(PyThreadState* ts, PyObject* callable, PyObject* const* args,
                           Py_ssize_t count) {
    return runs_base_loop(ts) ? asyncio_call(callable, args, count) : AsyncioCall::other;
}

bool runs_python(PyThreadState* ts, const Arguments& call) {
    if (call.positional < 2 || !PyContext_CheckExact(call.at(0)))
        return false;
    PyObject* callable = call.at(1);
    return is_python_callable(ts, callable) ||
           (call.kwnames == nullptr &&
            call_in_frames(ts, callable, call.values + 2, call.positional - 2) !=
                AsyncioCall::other);
}

/// begin_run(context, callable, args): enters the context. Returns the AsyncioCall that the call is.
PyObject* begin_run(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (PyContext_Enter(args[0]) != 0)
        return nullptr;
    return PyLong_FromLong(static_cast<int>(
        call_in_frames(_PyThreadState_GET(), args[1],
                       reinterpret_cast<PyTupleObject*>(args[2])->ob_item,
                       PyTuple_GET_SIZE(args[2]))));
}

PyObject* end_run(PyObject*, PyObject* context) {
    if (PyContext_Exit(context) != 0)
        return nullptr;
    Py_RETURN_NONE;
}

// ---- Tasks

/// task_of(wakeup).
PyObject* task_of(PyObject*, PyObject* wakeup) {
    return Py_NewRef(PyCFunction_GET_SELF(wakeup));
}

PyObject* is_c_future(PyObject*, PyObject* object) {
    return PyBool_FromLong(is_asyncio_future(object));
}

PyObject* take_error() {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

/// future_error(future): what result() of a future in C raises, or None.
PyObject* future_error(PyObject*, PyObject* future) {
    PyThreadState* ts = _PyThreadState_GET();
    // The exception of a future is handed on as it is, without a context.
    _PyErr_StackItem nothing_handled{};
    nothing_handled.previous_item = nullptr;
    _PyErr_StackItem* handled = ts->exc_info;
    if (reinterpret_cast<AsyncioFuture*>(future)->exception != nullptr) {
        ts->exc_info = &nothing_handled;
    }
    const Ref result = Ref::steal(PyObject_CallMethod(future, "result", nullptr));
    ts->exc_info = handled;
    return result ? Py_NewRef(Py_None) : take_error();
}

PyObject* cancelled_error(PyObject*, PyObject*) {
    return Py_NewRef(asyncio_cancelled_error());
}

/// begin_step(task): makes the task the current one of its loop. Its coroutine.
PyObject* begin_step(PyObject*, PyObject* object) {
    AsyncioTask* task = as_task(object);
    PyObject* tasks = asyncio_current_tasks();
    PyObject* other = PyDict_GetItemWithError(tasks, task->future.loop);
    if (other != nullptr) {
        PyErr_Format(PyExc_RuntimeError,
                     "Cannot enter into task %R while another task %R is being executed.", object,
                     other);
        return nullptr;
    }
    if (PyErr_Occurred() || PyDict_SetItem(tasks, task->future.loop, object) != 0)
        return nullptr;
    return Py_NewRef(task->coroutine);
}

PyObject* end_step(PyObject*, PyObject* object) {
    AsyncioTask* task = as_task(object);
    PyObject* tasks = asyncio_current_tasks();
    PyObject* current = PyDict_GetItemWithError(tasks, task->future.loop);
    if (current != object) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_RuntimeError,
                         "Leaving task %R does not match the current task %R.", object,
                         current == nullptr ? Py_None : current);
        }
        return nullptr;
    }
    if (PyDict_DelItem(tasks, task->future.loop) != 0)
        return nullptr;
    Py_RETURN_NONE;
}

/// Stands in for the coroutine of a task while the task's C code does a step: yields, returns or raises what the
/// coroutine has.
struct Replay {
    PyObject_HEAD AsyncioTask* task;
    PyObject* coroutine;  // owned; null once it is back in its place
    PyObject* result;     // borrowed
    PySendResult how;
    int must_cancel;  // of the task, after the coroutine has run
};

void put_coroutine_back(Replay* replay) {
    if (replay->coroutine != nullptr) {
        // Whoever has made it keeps it.
        PyObject* stand_in = replay->task->coroutine;
        replay->task->coroutine = replay->coroutine;
        replay->coroutine = nullptr;
        replay->task->must_cancel = replay->must_cancel;
        Py_DECREF(stand_in);
    }
}

PySendResult send_replay(PyObject* self, PyObject*, PyObject** result) {
    auto* replay = reinterpret_cast<Replay*>(self);
    put_coroutine_back(replay);
    PyObject* value = replay->result;
    if (replay->how == PYGEN_ERROR) {
        *result = nullptr;
        PyErr_Restore(Py_NewRef(PyExceptionInstance_Class(value)), Py_NewRef(value),
                      PyException_GetTraceback(value));
    } else {
        *result = Py_NewRef(value);
    }
    return replay->how;
}

PyAsyncMethods replay_as_async = {nullptr, nullptr, nullptr, send_replay};

// clang-format off
PyTypeObject replay_type = {
    .ob_base = PyVarObject_HEAD_INIT(nullptr, 0)
    .tp_name = "stackless.Replay",
    .tp_basicsize = sizeof(Replay),
    .tp_as_async = &replay_as_async,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};
// clang-format on

/// replay_step(task, how, result): has the C code of the task do its step. `how` is 0 if the coroutine has yielded
/// the result, 1 if it has returned it, 2 if it has raised it.
PyObject* replay_step(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (PyType_Ready(&replay_type) != 0)
        return nullptr;
    static constexpr PySendResult results[] = {PYGEN_NEXT, PYGEN_RETURN, PYGEN_ERROR};
    AsyncioTask* task = as_task(args[0]);
    const Ref step = Ref::steal(new_asyncio_step(task));
    const Ref stand_in =
        Ref::steal(reinterpret_cast<PyObject*>(PyObject_New(Replay, &replay_type)));
    if (!step || !stand_in)
        return nullptr;
    auto* replay = reinterpret_cast<Replay*>(stand_in.get());
    replay->task = task;
    replay->coroutine = task->coroutine;
    replay->result = args[2];
    replay->how = results[PyLong_AsLong(args[1])];
    replay->must_cancel = task->must_cancel;
    task->coroutine = Py_NewRef(stand_in.get());
    task->must_cancel = 0;
    PyObject* result = PyObject_CallNoArgs(step.get());
    put_coroutine_back(replay);
    return result;
}

constexpr FunctionRedirect functions[] = {
    {PyContext_methods, "run", {runs_python, Hidden::context_run}},
};

}  // namespace

const RedirectFamily asyncio_redirects = {functions, {}, {}};

PyMethodDef asyncio_primitives[] = {
    {"begin_run", fast_method(begin_run), METH_FASTCALL, nullptr},
    {"end_run", end_run, METH_O, nullptr},
    {"task_of", task_of, METH_O, nullptr},
    {"is_c_future", is_c_future, METH_O, nullptr},
    {"future_error", future_error, METH_O, nullptr},
    {"cancelled_error", cancelled_error, METH_NOARGS, nullptr},
    {"begin_step", begin_step, METH_O, nullptr},
    {"end_step", end_step, METH_O, nullptr},
    {"replay_step", fast_method(replay_step), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
