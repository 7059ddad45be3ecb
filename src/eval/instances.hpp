// Making and destroying the instances of classes in Python. What libpython does with a dozen calls is done here
// without them where the class allows it.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// What object.__new__() makes of a class that inherits it. New reference; null with an exception set.
PyObject* new_plain_object(PyThreadState* ts, PyTypeObject* type);

/// Destroys an instance without references, of a class whose tp_dealloc is subtype_dealloc.
void destroy_instance(PyThreadState* ts, PyObject* object);

}  // namespace stackless::eval
