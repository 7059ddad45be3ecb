// What a native function returns to let its tasklet wait.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Whether a result of a native function is what stackless_await() has returned: no object.
bool is_awaiting(PyObject* result);

/// Waits for it: the result of the call, or unwind_token() after a soft call, or null with an exception set.
PyObject* wait_for(PyObject* awaiting);

}  // namespace stackless
