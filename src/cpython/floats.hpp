// Values of floats, and floats in the place of those that are free.
#pragma once

#include "cpython/ints.hpp"
#include "cpython/python.hpp"

namespace stackless {

/// The value of a float or a compact int; false for anything else.
inline bool number_value(PyObject* number, double* value) {
    if (PyFloat_CheckExact(number)) {
        *value = PyFloat_AS_DOUBLE(number);
        return true;
    }
    if (!PyLong_CheckExact(number) || !is_compact_int(number))
        return false;
    *value = static_cast<double>(compact_value(number));
    return true;
}

/// A float in the place of one that is free; null if none is.
inline PyObject* reuse_float(PyThreadState* ts, double value) {
    struct _Py_float_state* floats = &ts->interp->float_state;
    PyFloatObject* object = floats->free_list;
    if (object == nullptr || !may_reuse_objects()) [[unlikely]]
        return nullptr;
    floats->free_list = reinterpret_cast<PyFloatObject*>(object->ob_base.ob_type);
    floats->numfree--;
    object->ob_base.ob_type = &PyFloat_Type;
    object->ob_base.ob_refcnt = 1;
    object->ob_fval = value;
    return reinterpret_cast<PyObject*>(object);
}

}  // namespace stackless
