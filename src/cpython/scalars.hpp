// Values without parts.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// A number, a text or nothing, and no instance of a subclass: it refers to no object, and no code in Python can have to do
/// with it.
inline bool is_scalar(PyObject* object) {
    const PyTypeObject* type = Py_TYPE(object);
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type ||
           type == &PyBytes_Type || type == &PyBool_Type || type == &_PyNone_Type;
}

}  // namespace stackless
