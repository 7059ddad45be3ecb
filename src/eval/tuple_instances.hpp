// Instances of classes derived from tuple, named tuples above all, made and destroyed without libpython.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// What tuple.__new__(type, items) makes of a class derived from tuple in Python and an exact tuple. New reference; null
/// with MemoryError set, or without an exception if it is left to tuple.__new__.
PyObject* new_tuple_instance(PyThreadState* ts, PyTypeObject* type, PyObject* items);

/// Destroys such an instance, without references and of a class whose tp_dealloc is subtype_dealloc; false if that is left
/// to the class.
bool destroy_tuple_instance(PyThreadState* ts, PyObject* object);

}  // namespace stackless::eval
