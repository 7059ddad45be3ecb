// The global variables of functions that travel by value.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// What stands for these globals in a pickle: their module, or the dictionary itself. Empty with an exception set.
Ref describe_globals(PyObject* globals, Pickling& pickling);

/// The globals that such an object stands for, borrowed. Null with UnpicklingError set.
PyObject* described_globals(PyObject* description);

/// The value of `__name__` in these globals if it is a string, else null. Borrowed.
PyObject* name_of_globals(PyObject* globals);

}  // namespace stackless::pickle
