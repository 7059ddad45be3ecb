// Errors of loaders that have a cause.
#pragma once

#include "cpython/python.hpp"

namespace stackless::pickle {

/// Sets pickle.UnpicklingError with a message, formatted as by PyErr_Format(), that ends with what the exception that
/// is set says; that becomes its cause. Returns null.
PyObject* caused_unpickling_error(const char* format, ...);

}  // namespace stackless::pickle
