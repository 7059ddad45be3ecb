// Code objects.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// As a Reduce.
///
/// Code that is found in a module is load_code(module, qualname, fingerprint), other code is
/// load_new_code(bytecode revision, fingerprint, checksum, bytes of the module marshal).
PyObject* reduce_code(PyObject* object, Pickling& pickling);

/// Methods of _stackless.
PyObject* load_code(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* load_new_code(PyObject*, PyObject* const* args, Py_ssize_t count);

}  // namespace stackless::pickle
