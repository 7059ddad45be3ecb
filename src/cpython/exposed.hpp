// Names that are local to one file of libpython, and global in the copy that is linked
// (exposed_symbols.txt). Hidden again in the program, where extensions may have names like them.
#pragma once

#include "cpython/python.hpp"

#pragma GCC visibility push(hidden)
extern "C" {

/// The methods of the module builtins.
extern PyMethodDef builtin_methods[];

// The methods of builtin types.
extern PyMethodDef list_methods[];
extern PyMethodDef mapp_methods[];
extern PyMethodDef set_methods[];
extern PyMethodDef frozenset_methods[];
extern PyMethodDef unicode_methods[];
extern PyMethodDef deque_methods[];
extern PyMethodDef chain_methods[];

/// The functions of _collections and of _functools.
extern PyMethodDef collections_methods[];
extern PyMethodDef _functools_methods[];

// The types of _collections and itertools.
extern PyTypeObject deque_type;
extern PyTypeObject _grouper_type;
extern PyTypeObject accumulate_type;
extern PyTypeObject chain_type;
extern PyTypeObject combinations_type;
extern PyTypeObject compress_type;
extern PyTypeObject count_type;
extern PyTypeObject cwr_type;  // combinations_with_replacement
extern PyTypeObject cycle_type;
extern PyTypeObject dropwhile_type;
extern PyTypeObject filterfalse_type;
extern PyTypeObject groupby_type;
extern PyTypeObject islice_type;
extern PyTypeObject pairwise_type;
extern PyTypeObject permutations_type;
extern PyTypeObject product_type;
extern PyTypeObject starmap_type;
extern PyTypeObject takewhile_type;
extern PyTypeObject tee_type;
extern PyTypeObject teedataobject_type;
extern PyTypeObject ziplongest_type;

// The slots of a class in Python that has the special method.
PyObject* slot_tp_call(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_iternext(PyObject*);
PyObject* slot_sq_item(PyObject*, Py_ssize_t);
Py_ssize_t slot_sq_length(PyObject*);
PyObject* slot_tp_iter(PyObject*);
PyObject* slot_tp_richcompare(PyObject*, PyObject*, int);

}  // extern "C"
#pragma GCC visibility pop
