// Names that are local to one file of libpython, and global in the copy that is linked
// (exposed_symbols.txt). Hidden again in the program, where extensions may have names like them.
#pragma once

#include "cpython/python.hpp"

#pragma GCC visibility push(hidden)
extern "C" {

/// The methods of the module builtins.
extern PyMethodDef builtin_methods[];

// The slots of a class in Python that has the special method.
PyObject* slot_tp_call(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_iternext(PyObject*);

}  // extern "C"
#pragma GCC visibility pop
