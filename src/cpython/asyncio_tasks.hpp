// What the extension module _asyncio keeps in its tasks. It is loaded at run time, so its types are found by name
// and their layout is checked before it is relied on.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// The beginning of _asyncio.Future and _asyncio.Task.
struct AsyncioFuture {
    // States. The third is that of a cancelled one.
    static constexpr int pending = 0;
    static constexpr int finished = 2;

    PyObject_HEAD PyObject* loop;
    PyObject* first_callback;
    PyObject* first_context;
    PyObject* callbacks;
    PyObject* exception;
    PyObject* exception_traceback;
    PyObject* result;
    PyObject* source_traceback;
    PyObject* cancel_message;
    int state;
    int logs_traceback;
    int is_blocking;
    PyObject* dict;
    PyObject* weak_references;
    PyObject* cancelled_error;
};

struct AsyncioTask {
    AsyncioFuture future;
    PyObject* waits_for;  // a future, or null
    PyObject* coroutine;
    PyObject* name;
    PyObject* context;
    int must_cancel;
    int logs_destruction;
    int cancel_requests;
};

/// What a task lets the event loop call for a step.
struct AsyncioStep {
    PyObject_HEAD AsyncioTask* task;
    PyObject* error;  // to be thrown into the coroutine; may be null
};

/// What the event loop calls.
enum class AsyncioCall : int { other, step, wakeup };

/// Whether a call of `callable` with these arguments is one of a task that steps a generator or coroutine.
AsyncioCall asyncio_call(PyObject* callable, PyObject* const* args, Py_ssize_t count);

/// The task behind such a callable, borrowed.
AsyncioTask* asyncio_task(PyObject* callable, AsyncioCall call);

/// Whether an object is a Future or Task in C, and no instance of a subclass.
bool is_asyncio_future(PyObject* object);
/// The same for tasks and their steps. False as long as no step has been seen by asyncio_call().
bool is_asyncio_task(PyObject* object);
bool is_asyncio_step(PyObject* object);

/// asyncio.CancelledError and _asyncio._current_tasks, borrowed.
PyObject* asyncio_cancelled_error();
PyObject* asyncio_current_tasks();

/// A new AsyncioStep without an error.
PyObject* new_asyncio_step(AsyncioTask* task);

}  // namespace stackless
