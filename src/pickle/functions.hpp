// Functions.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// As a Reduce.
///
/// In a computation, a function that can be imported is load_function(module, qualname, fingerprint), another one
/// load_new_function(code, globals), with a state if there is more to say. A hidden function is load_hidden(name,
/// fingerprint).
PyObject* reduce_function(PyObject* object, Pickling& pickling);

/// Methods of _stackless.
PyObject* load_function(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* load_new_function(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* set_function_state(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* load_hidden(PyObject*, PyObject* const* args, Py_ssize_t count);

}  // namespace stackless::pickle
