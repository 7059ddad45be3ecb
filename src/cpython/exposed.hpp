// Names that are local to one file of libpython, and global in the copy that is linked
// (exposed_symbols.txt). Hidden again in the program, where extensions may have names like them.
#pragma once

#include "cpython/python.hpp"

#pragma GCC visibility push(hidden)
extern "C" {

/// The methods of the module builtins.
extern PyMethodDef builtin_methods[];

// How builtin types read and write attributes.
PyObject* module_getattro(PyObject*, PyObject*);
PyObject* property_descr_get(PyObject*, PyObject*, PyObject*);
int property_descr_set(PyObject*, PyObject*, PyObject*);
PyObject* super_getattro(PyObject*, PyObject*);
PyObject* type_getattro(PyObject*, PyObject*);
int type_setattro(PyObject*, PyObject*, PyObject*);

// The slots of a class in Python that has the special method.
PyObject* slot_tp_call(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_descr_get(PyObject*, PyObject*, PyObject*);
int slot_tp_descr_set(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_getattr_hook(PyObject*, PyObject*);
PyObject* slot_tp_getattro(PyObject*, PyObject*);
PyObject* slot_tp_iternext(PyObject*);
int slot_tp_setattro(PyObject*, PyObject*, PyObject*);

}  // extern "C"
#pragma GCC visibility pop
