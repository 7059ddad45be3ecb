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
Py_hash_t slot_tp_hash(PyObject*);
PyObject* slot_tp_str(PyObject*);
PyObject* slot_tp_repr(PyObject*);
int slot_nb_bool(PyObject*);
PyObject* slot_nb_int(PyObject*);
PyObject* slot_nb_float(PyObject*);
PyObject* slot_nb_index(PyObject*);
Py_ssize_t slot_sq_length(PyObject*);

/// object.__str__().
PyObject* object_str(PyObject*);

// The methods of str, operator and math.
extern PyMethodDef unicode_methods[];
extern PyMethodDef operator_methods[];
extern PyMethodDef math_methods[];
// Those of _abc, of patterns, _heapq and _bisect.
extern PyMethodDef _abcmodule_methods[];
extern PyMethodDef pattern_methods[];
extern PyMethodDef heapq_methods[];
extern PyMethodDef bisect_methods[];

/// Adds a weak reference to the set, which is made if it is null; the reference removes itself when the object is
/// destroyed. -1 with an exception set.
int _add_to_weak_set(PyObject** set, PyObject* object);

PyObject* slot_tp_richcompare(PyObject*, PyObject*, int);

}  // extern "C"
#pragma GCC visibility pop
