// Context.run(), and the tasks of asyncio that it runs: the handlers, and the primitives of src/hidden/asyncio.py.
#include "cpython/asyncio_tasks.hpp"
#include "cpython/exposed.hpp"
#include "cpython/interpreter_end.hpp"
#include "cpython/ref.hpp"
#include "eval/calls.hpp"
#include "eval/frames.hpp"
#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/primitives.hpp"
#include "eval/redirects.hpp"
#include "eval/switching.hpp"

namespace stackless::eval {

HANDLER(call_context_run);
HANDLER(raise_in_context);
HANDLER(end_task_step);

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
           (call.kwnames == nullptr && call_in_frames(ts, callable, call.values + 2,
                                                      call.positional - 2) != AsyncioCall::other);
}

/// begin_run(context, callable, args): enters the context. Returns the AsyncioCall that the call is.
PyObject* begin_run(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(PyTuple_CheckExact(args[2]), args[2], "a tuple of arguments") ||
        PyContext_Enter(args[0]) != 0)
        return nullptr;
    return PyLong_FromLong(static_cast<int>(call_in_frames(
        _PyThreadState_GET(), args[1], reinterpret_cast<PyTupleObject*>(args[2])->ob_item,
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
    const bool is_bound =
        Py_IS_TYPE(wakeup, &PyCFunction_Type) && PyCFunction_GET_SELF(wakeup) != nullptr;
    return check_argument(is_bound, wakeup, "the wakeup of a task")
               ? Py_NewRef(PyCFunction_GET_SELF(wakeup))
               : nullptr;
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
    if (!check_argument(is_asyncio_future(future), future, "a future"))
        return nullptr;
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
    PyObject* type = asyncio_cancelled_error();
    if (type == nullptr) {
        PyErr_SetString(PyExc_RuntimeError, "no task of asyncio has made a step");
    }
    return Py_XNewRef(type);
}

bool check_task(PyObject* object) {
    return check_argument(is_asyncio_task(object), object, "a task");
}

/// begin_step(task): makes the task the current one of its loop. Its coroutine.
PyObject* begin_step(PyObject*, PyObject* object) {
    if (!check_task(object))
        return nullptr;
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
    if (!check_task(object))
        return nullptr;
    AsyncioTask* task = as_task(object);
    PyObject* tasks = asyncio_current_tasks();
    PyObject* current = PyDict_GetItemWithError(tasks, task->future.loop);
    if (current != object) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_RuntimeError, "Leaving task %R does not match the current task %R.",
                         object, current == nullptr ? Py_None : current);
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

/// Has the C code of the task do its step. The coroutine has yielded the result, returned or raised it.
PyObject* replay(AsyncioTask* task, PySendResult how, PyObject* result) {
    if (!ready_type(&replay_type))
        return nullptr;
    const Ref step = Ref::steal(new_asyncio_step(task));
    const Ref stand_in =
        Ref::steal(reinterpret_cast<PyObject*>(PyObject_New(Replay, &replay_type)));
    if (!step || !stand_in)
        return nullptr;
    auto* replay = reinterpret_cast<Replay*>(stand_in.get());
    replay->task = task;
    replay->coroutine = task->coroutine;
    replay->result = result;
    replay->how = how;
    replay->must_cancel = task->must_cancel;
    task->coroutine = Py_NewRef(stand_in.get());
    task->must_cancel = 0;
    PyObject* done = PyObject_CallNoArgs(step.get());
    put_coroutine_back(replay);
    return done;
}

/// replay_step(task, how, result): `how` is 0 if the coroutine has yielded the result, 1 if it has returned it, 2
/// if it has raised it.
PyObject* replay_step(PyObject*, PyObject* const* args, Py_ssize_t) {
    static constexpr PySendResult results[] = {PYGEN_NEXT, PYGEN_RETURN, PYGEN_ERROR};
    const long how = PyLong_CheckExact(args[1]) ? PyLong_AsLong(args[1]) : -1;
    if (!check_task(args[0]) ||
        !check_argument(how >= 0 && how < static_cast<long>(std::size(results)), args[1],
                        "0, 1 or 2") ||
        !check_argument(how != 2 || PyExceptionInstance_Check(args[2]), args[2], "an exception"))
        return nullptr;
    return replay(as_task(args[0]), results[how], args[2]);
}

/// Whether a step just resumes the coroutine with None.
bool resumes_plainly(PyObject* callable, PyObject* const* args, AsyncioCall call) {
    const AsyncioTask* task = asyncio_task(callable, call);
    if (task->must_cancel != 0 || !is_resumable_here(task->coroutine))
        return false;
    if (call == AsyncioCall::step)
        return reinterpret_cast<AsyncioStep*>(callable)->error == nullptr;
    if (!is_asyncio_future(args[0]))
        return false;
    const auto* future = reinterpret_cast<AsyncioFuture*>(args[0]);
    return future->state == AsyncioFuture::finished && future->exception == nullptr;
}

constexpr FunctionRedirect functions[] = {
    {PyContext_methods, "run", {runs_python, Hidden::context_run, call_context_run}},
};

}  // namespace

// Context.run(callable, ...). The context stays on the stack while the callable runs.
HANDLER(call_context_run) {
    PyObject** args = sp - oparg;
    const Py_ssize_t count = oparg - 2;
    PyObject* callable = args[1];
    const AsyncioCall call = call_in_frames(ts, callable, args + 2, count);
    if (call != AsyncioCall::other && !resumes_plainly(callable, args + 2, call)) {
        sp = args;
        Frame* callee = bind_hidden_and_push(ts, frame, Hidden::context_run, args, oparg, nullptr);
        if (callee == nullptr)
            GOTO(raise);
        ENTER_CALLEE(callee);
    }
    if (PyContext_Enter(args[0]) != 0)
        GOTO(raise);
    if (call == AsyncioCall::other) {
        const StartedCall started =
            start_call(ts, frame, callable, Arguments{args + 2, count, nullptr});
        for (Py_ssize_t i = 1; i < oparg; i++) {
            Py_DECREF(args[i]);
        }
        sp = args + 1;
        if (started.callee == nullptr && started.result == nullptr)
            GOTO(raise_in_context);
        CONTINUE_CALL(started, in_context);
    }
    AsyncioTask* task = asyncio_task(callable, call);
    PyObject* coroutine = begin_step(nullptr, reinterpret_cast<PyObject*>(task));
    if (coroutine == nullptr)
        GOTO(raise_in_context);
    Py_DECREF(coroutine);  // the task keeps it
    if (call == AsyncioCall::wakeup) {
        reinterpret_cast<AsyncioFuture*>(args[2])->logs_traceback = 0;
    }
    Py_INCREF(task);
    Py_CLEAR(task->waits_for);
    for (Py_ssize_t i = 1; i < oparg; i++) {
        Py_DECREF(args[i]);
    }
    sp = args + 1;
    *sp++ = reinterpret_cast<PyObject*>(task);
    _PyFrame_SetStackPointer(frame, sp);
    frame = resume_generator(ts, frame, reinterpret_cast<PyGenObject*>(coroutine),
                             Py_NewRef(Py_None), Delivery::task_step);
    GOTO(start_frame);
}

HANDLER(deliver_in_context) {
    PyObject* context = sp[-1];
    if (PyContext_Exit(context) != 0) {
        Py_DECREF(DELIVERED());
        GOTO(raise);
    }
    sp[-1] = DELIVERED();
    DROP_AND_NEXT(context);
}

HANDLER(raise_in_context) {
    PyObject *type, *value, *traceback;
    _PyErr_Fetch(ts, &type, &value, &traceback);
    if (PyContext_Exit(sp[-1]) == 0) {
        _PyErr_Restore(ts, type, value, traceback);
    } else {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    }
    GOTO(raise);
}

// The coroutine of the task on the stack has yielded, returned or raised: the task's C code takes over.

static PyObject* end_step_with(PyObject* task, PySendResult how, PyObject* value) {
    const Ref kept = Ref::steal(value);
    const Ref ended = Ref::steal(end_step(nullptr, task));
    return ended ? replay(as_task(task), how, value) : nullptr;
}

HANDLER(deliver_task_step) {
    oparg = reinterpret_cast<intptr_t>(end_step_with(sp[-1], PYGEN_NEXT, DELIVERED()));
    GOTO(end_task_step);
}

HANDLER(task_returned) {
    oparg = reinterpret_cast<intptr_t>(end_step_with(sp[-1], PYGEN_RETURN, DELIVERED()));
    GOTO(end_task_step);
}

HANDLER(task_raised) {
    oparg = reinterpret_cast<intptr_t>(end_step_with(sp[-1], PYGEN_ERROR, take_error()));
    GOTO(end_task_step);
}

HANDLER(end_task_step) {
    PyObject* task = *--sp;
    Py_DECREF(task);
    if (DELIVERED() == nullptr)
        GOTO(raise_in_context);
    GOTO(deliver_in_context);
}

const RedirectFamily asyncio_redirects = {functions, {}, {}};

PyMethodDef asyncio_primitives[] = {
    {"begin_run", counted<begin_run, 3>(), METH_FASTCALL, nullptr},
    {"end_run", end_run, METH_O, nullptr},
    {"task_of", task_of, METH_O, nullptr},
    {"is_c_future", is_c_future, METH_O, nullptr},
    {"future_error", future_error, METH_O, nullptr},
    {"cancelled_error", cancelled_error, METH_NOARGS, nullptr},
    {"begin_step", begin_step, METH_O, nullptr},
    {"end_step", end_step, METH_O, nullptr},
    {"replay_step", counted<replay_step, 3>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
