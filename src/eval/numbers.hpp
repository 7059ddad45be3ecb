// Compact integers and floats, handled without a call into libpython where that is safe.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// Drops a reference to an exact int: no destructor in Python can run.
inline void drop_int(PyObject* object) {
    _Py_DECREF_SPECIALIZED(object, reinterpret_cast<destructor>(PyObject_Free));
}
inline void drop_float(PyObject* object) {
    _Py_DECREF_SPECIALIZED(object, _PyFloat_ExactDealloc);
}
inline void drop_str(PyObject* object) {
    _Py_DECREF_SPECIALIZED(object, _PyUnicode_ExactDealloc);
}

/// An int of at most one digit (30 bits): its value fits a machine word with room for any operation.
inline bool is_compact_int(PyObject* object) {
    return static_cast<size_t>(Py_SIZE(object) + 1) < 3;
}
inline Py_ssize_t compact_value(PyObject* object) {
    return Py_SIZE(object) * static_cast<Py_ssize_t>(reinterpret_cast<PyLongObject*>(object)->ob_digit[0]);
}

/// An exact int that indexes a sequence from the left; see also index_value().
inline bool is_plain_index(PyObject* object) {
    return static_cast<size_t>(Py_SIZE(object)) <= 1;
}
inline Py_ssize_t index_value(PyObject* object) {
    return static_cast<Py_ssize_t>(reinterpret_cast<PyLongObject*>(object)->ob_digit[0]);
}

inline double float_value(PyObject* object) {
    return reinterpret_cast<PyFloatObject*>(object)->ob_fval;
}

inline void set_float_value(PyObject* object, double value) {
    reinterpret_cast<PyFloatObject*>(object)->ob_fval = value;
}

/// Whether a value is one of the ints that exist once and for all.
inline bool is_small_value(Py_ssize_t value) {
    return value >= -_PY_NSMALLNEGINTS && value < _PY_NSMALLPOSINTS;
}
/// Whether an int of this value has one digit.
inline bool is_compact_value(Py_ssize_t value) {
    return value >= -static_cast<Py_ssize_t>(PyLong_MASK) && value <= static_cast<Py_ssize_t>(PyLong_MASK);
}

inline PyObject* small_int(Py_ssize_t value) {
    return Py_NewRef(reinterpret_cast<PyObject*>(&_PyLong_SMALL_INTS[_PY_NSMALLNEGINTS + value]));
}

/// Gives an int that nobody else can see another compact value.
inline void set_compact_value(PyObject* object, Py_ssize_t value) {
    reinterpret_cast<PyLongObject*>(object)->ob_digit[0] =
        static_cast<digit>(value < 0 ? -value : value);
    reinterpret_cast<PyVarObject*>(object)->ob_size = value < 0 ? -1 : 1;
}

/// The int `value`, a new reference; null with MemoryError set. |value| < 2**60.
inline PyObject* new_int(Py_ssize_t value) {
    if (is_small_value(value))
        return small_int(value);
    const size_t magnitude = value < 0 ? -static_cast<size_t>(value) : static_cast<size_t>(value);
    const Py_ssize_t digits = magnitude > PyLong_MASK ? 2 : 1;
    auto* object = static_cast<PyLongObject*>(
        PyObject_Malloc(offsetof(PyLongObject, ob_digit) + static_cast<size_t>(digits) * sizeof(digit)));
    if (object == nullptr) [[unlikely]]
        return PyErr_NoMemory();
    object->ob_digit[0] = static_cast<digit>(magnitude & PyLong_MASK);
    if (digits == 2) {
        object->ob_digit[1] = static_cast<digit>(magnitude >> PyLong_SHIFT);
    }
    auto* result = reinterpret_cast<PyObject*>(object);
    Py_SET_SIZE(object, value < 0 ? -digits : digits);
#ifdef Py_REF_DEBUG
    PyObject_Init(result, &PyLong_Type);
#else
    result->ob_type = &PyLong_Type;
    result->ob_refcnt = 1;
#endif
    return result;
}

}  // namespace stackless::eval
