// Classes that travel by value.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// What a class consists of, for load_class() and set_class_state().
struct ClassParts {
    Ref args;
    Ref state;
};

/// Empty parts with an exception set.
ClassParts parts_of_class(PyTypeObject* type, Pickling& pickling);

/// Methods of _stackless.
PyObject* load_class(PyObject*, PyObject* const* args, Py_ssize_t count);
PyObject* set_class_state(PyObject*, PyObject* const* args, Py_ssize_t count);

}  // namespace stackless::pickle
