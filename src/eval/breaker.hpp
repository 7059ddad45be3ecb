#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// Does what the eval breaker asks for. False with an exception set when a signal handler or a
/// pending call raised, or another thread has sent an exception.
bool service_breaker_requests(PyThreadState* ts);

/// Has an exception (reference stolen) raised in the running tasklet, at the next place where one of a
/// signal handler would be: between any two instructions, one could get between the end of a `with`
/// block and its __exit__().
void raise_soon(PyThreadState* ts, PyObject* exception);
/// Raises ts->async_exc, which is set, at once.
void raise_pending_exception(PyThreadState* ts);
/// Raises what is due to be raised soon, at once. False if there is nothing.
inline bool raise_async_exception(PyThreadState* ts) {
    if (ts->async_exc == nullptr) [[likely]]
        return false;
    raise_pending_exception(ts);
    return true;
}

}  // namespace stackless::eval
