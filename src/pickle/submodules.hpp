// Modules that code reaches through the package that they are in: after `import package.module`, only the package is a
// global variable.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// The names of the imported modules that `code` may mean by attributes of the packages among its global variables, as a
/// tuple; None if there are none. Empty with an exception set.
Ref submodules_of(PyObject* globals, PyCodeObject* code);

/// Whether it can be what submodules_of() returns.
bool are_submodules(PyObject* names);
/// Imports them. False with UnpicklingError set.
[[nodiscard]] bool import_submodules(PyObject* names);

}  // namespace stackless::pickle
