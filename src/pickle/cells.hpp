// Cells, and methods that are bound to an object.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

// As a Reduce.
PyObject* reduce_cell(PyObject* object, Pickling& pickling);
/// In a computation, a method is the function that it is, not what its object has under that name elsewhere.
PyObject* reduce_method(PyObject* object, Pickling& pickling);

// Methods of _stackless.
PyObject* load_cell(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* set_cell_state(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* load_method(PyObject*, PyObject* const* args, Py_ssize_t count);

}  // namespace stackless::pickle
