// Errors that loaders raise, and what they read.
#pragma once

#include "cpython/python.hpp"

namespace stackless::pickle {

/// Sets pickle.UnpicklingError with a message, formatted as by PyErr_Format(), in the place of an exception that is set. Returns
/// null.
PyObject* unpickling_error(const char* format, ...);

/// The value of an int; `otherwise`, without an exception, if the object is none or does not fit.
long long_or(PyObject* object, long otherwise);

}  // namespace stackless::pickle
