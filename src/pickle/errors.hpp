// Errors that loaders raise.
#pragma once

#include "cpython/python.hpp"

namespace stackless::pickle {

/// Sets pickle.UnpicklingError with a message, formatted as by PyErr_Format(), in the place of an exception that is set. Returns
/// null.
PyObject* unpickling_error(const char* format, ...);
/// The same with PicklingError.
PyObject* pickling_error(const char* format, ...);

}  // namespace stackless::pickle
