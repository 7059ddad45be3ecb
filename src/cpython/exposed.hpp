// Names that are local to one file of libpython, and global in the copy that is linked
// (exposed_symbols.txt). Hidden again in the program, where extensions may have names like them.
#pragma once

#include "cpython/python.hpp"

#pragma GCC visibility push(hidden)
extern "C" {

/// The methods of the module builtins.
extern PyMethodDef builtin_methods[];
/// The same of _operator.
extern PyMethodDef operator_methods[];
/// collections.defaultdict.
extern PyMethodDef defdict_methods[];
extern PyTypeObject defdict_type;

// The slots of a class in Python that has the special method.
PyObject* slot_tp_call(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_iternext(PyObject*);

// The same for operators and containers.
PyObject* slot_mp_subscript(PyObject*, PyObject*);
int slot_mp_ass_subscript(PyObject*, PyObject*, PyObject*);
int slot_nb_bool(PyObject*);
PyObject* slot_nb_absolute(PyObject*);
PyObject* slot_nb_invert(PyObject*);
PyObject* slot_nb_negative(PyObject*);
PyObject* slot_nb_positive(PyObject*);
PyObject* slot_nb_power(PyObject*, PyObject*, PyObject*);
PyObject* slot_nb_inplace_power(PyObject*, PyObject*, PyObject*);
PyObject* slot_nb_add(PyObject*, PyObject*);
PyObject* slot_nb_and(PyObject*, PyObject*);
PyObject* slot_nb_divmod(PyObject*, PyObject*);
PyObject* slot_nb_floor_divide(PyObject*, PyObject*);
PyObject* slot_nb_inplace_add(PyObject*, PyObject*);
PyObject* slot_nb_inplace_and(PyObject*, PyObject*);
PyObject* slot_nb_inplace_floor_divide(PyObject*, PyObject*);
PyObject* slot_nb_inplace_lshift(PyObject*, PyObject*);
PyObject* slot_nb_inplace_matrix_multiply(PyObject*, PyObject*);
PyObject* slot_nb_inplace_multiply(PyObject*, PyObject*);
PyObject* slot_nb_inplace_or(PyObject*, PyObject*);
PyObject* slot_nb_inplace_remainder(PyObject*, PyObject*);
PyObject* slot_nb_inplace_rshift(PyObject*, PyObject*);
PyObject* slot_nb_inplace_subtract(PyObject*, PyObject*);
PyObject* slot_nb_inplace_true_divide(PyObject*, PyObject*);
PyObject* slot_nb_inplace_xor(PyObject*, PyObject*);
PyObject* slot_nb_lshift(PyObject*, PyObject*);
PyObject* slot_nb_matrix_multiply(PyObject*, PyObject*);
PyObject* slot_nb_multiply(PyObject*, PyObject*);
PyObject* slot_nb_or(PyObject*, PyObject*);
PyObject* slot_nb_remainder(PyObject*, PyObject*);
PyObject* slot_nb_rshift(PyObject*, PyObject*);
PyObject* slot_nb_subtract(PyObject*, PyObject*);
PyObject* slot_nb_true_divide(PyObject*, PyObject*);
PyObject* slot_nb_xor(PyObject*, PyObject*);
int slot_sq_contains(PyObject*, PyObject*);
PyObject* slot_sq_item(PyObject*, Py_ssize_t);
Py_ssize_t slot_sq_length(PyObject*);
PyObject* slot_tp_iter(PyObject*);
PyObject* slot_tp_richcompare(PyObject*, PyObject*, int);

}  // extern "C"
#pragma GCC visibility pop
