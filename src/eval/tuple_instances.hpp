// Instances of classes derived from tuple, named tuples above all, made and destroyed without libpython.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// What tuple.__new__(type, items) makes of an exact tuple and a class derived from tuple in Python that it may be called
/// for. New reference; null with MemoryError set.
PyObject* new_tuple_instance(PyThreadState* ts, PyTypeObject* type, PyObject* items);

/// Destroys such an instance, without references and of a class whose tp_dealloc is subtype_dealloc; false if that is left
/// to the class.
bool destroy_tuple_instance(PyThreadState* ts, PyObject* object);

}  // namespace stackless::eval
