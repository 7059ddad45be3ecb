// Modules whose code is just running, because somebody imports them.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// The spec of the module of that name while it is being imported; else null. Borrowed. Such a module goes by value:
/// elsewhere it is not to be imported anew, but to the end.
PyObject* spec_of_unfinished(PyObject* module_name);

/// Gives a module that came out of a pickle what the import system knows about it, and puts it into sys.modules, unless
/// another one of its name is there. False with an exception set.
[[nodiscard]] bool begin_import(PyObject* module, PyObject* spec);

}  // namespace stackless::pickle
