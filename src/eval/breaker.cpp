// What the eval breaker asks for: signal handlers, pending calls, the GIL for another thread,
// asynchronous exceptions.
#include "eval/breaker.hpp"
#include "cpython/python.hpp"
#include "eval/handler.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

namespace {

bool is_set(_Py_atomic_int* flag) {
    return _Py_atomic_load_relaxed(flag) != 0;
}

/// Computes the breaker anew out of the requests that are left.
void update_breaker(PyInterpreterState* interp) {
    struct _ceval_state* state = &interp->ceval;
    const bool on =
        is_set(&state->gil_drop_request) ||
        (is_set(&_PyRuntime.ceval.signals_pending) && _Py_ThreadCanHandleSignals(interp)) ||
        (is_set(&state->pending.calls_to_do) && _Py_ThreadCanHandlePendingCalls()) ||
        state->pending.async_exc != 0;
    _Py_atomic_store_relaxed(&state->eval_breaker, on ? 1 : 0);
}

/// Signals and pending calls are the main thread's business.
bool run_signals_and_pending_calls(PyInterpreterState* interp) {
    struct _ceval_state* state = &interp->ceval;
    const bool due =
        (is_set(&_PyRuntime.ceval.signals_pending) && _Py_ThreadCanHandleSignals(interp)) ||
        (is_set(&state->pending.calls_to_do) && _Py_ThreadCanHandlePendingCalls());
    return !due || Py_MakePendingCalls() == 0;
}

}  // namespace

void raise_soon(PyThreadState* ts, PyObject* exception) {
    Py_XSETREF(ts->async_exc, exception);
    ts->interp->ceval.pending.async_exc = 1;
    update_breaker(ts->interp);
}

void raise_pending_exception(PyThreadState* ts) {
    PyObject* exception = ts->async_exc;
    ts->async_exc = nullptr;
    ts->interp->ceval.pending.async_exc = 0;
    update_breaker(ts->interp);
    if (PyExceptionInstance_Check(exception)) {
        _PyErr_Restore(ts, Py_NewRef(PyExceptionInstance_Class(exception)), Py_NewRef(exception),
                       PyException_GetTraceback(exception));
    } else {
        _PyErr_SetNone(ts, exception);
    }
    Py_DECREF(exception);
}

bool service_breaker_requests(PyThreadState* ts) {
    if (!run_signals_and_pending_calls(ts->interp))
        return false;
    if (is_set(&ts->interp->ceval.gil_drop_request) && !hooks().keeps_gil(ts)) {
        // Another thread waits for the GIL: this one goes to the end of the line.
        PyEval_RestoreThread(PyEval_SaveThread());
    }
    if (raise_async_exception(ts))
        return false;
    // The request may concern another thread only; it will see the breaker when it takes the GIL.
    update_breaker(ts->interp);
    return true;
}

HANDLER(service_breaker) {
    if (!service_breaker_requests(ts))
        GOTO(raise);
    NEXT();
}

HANDLER(service_requests) {
    start_tracing_if_wanted(ts);
    if (breaker_is_set(ts))
        GOTO(service_breaker);
    NEXT();
}

}  // namespace stackless::eval
