// Compact integers and floats, handled without a call into libpython where that is safe.
#pragma once

#include "cpython/exposed.hpp"
#include "cpython/floats.hpp"
#include "cpython/ints.hpp"
#include "cpython/python.hpp"
#include "eval/instances.hpp"

namespace stackless::eval {

/// Drops a reference to a str: no code in Python can run.
inline void drop_str(PyObject* object) {
    _Py_DECREF_SPECIALIZED(object, _PyUnicode_ExactDealloc);
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

// clang-format off
/// The operators on ints of one digit, `a` and `b`, of which there are none on floats: the name, whether the operator is
/// done here, and the result.
#define STACKLESS_INT_ONLY_OPERATORS(X) \
    X(bitwise_and, true, a & b) \
    X(bitwise_or, true, a | b) \
    X(bitwise_xor, true, a ^ b) \
    X(shift_left, b >= 0 && b < PyLong_SHIFT, a * (Py_ssize_t{1} << b)) \
    X(shift_right, b >= 0 && b < PyLong_SHIFT, a >> b) \
    X(floor_divide, b != 0, a / b - static_cast<int>(a % b != 0 && (a ^ b) < 0)) \
    X(remainder, b != 0, a % b + (a % b != 0 && (a ^ b) < 0 ? b : 0))
// clang-format on

/// Keeps an int or a float without references for the next one; false if it is neither, or enough are kept.
inline bool keep_number(PyThreadState* ts, PyObject* object) {
#ifndef Py_REF_DEBUG
    if (PyLong_CheckExact(object))
        return keep_int(object);
    if (!PyFloat_CheckExact(object))
        return false;
    struct _Py_float_state* floats = &ts->interp->float_state;
    if (floats->numfree >= PyFloat_MAXFREELIST)
        return false;
    object->ob_type = reinterpret_cast<PyTypeObject*>(floats->free_list);
    floats->free_list = reinterpret_cast<PyFloatObject*>(object);
    floats->numfree++;
    return true;
#else
    (void)ts;
    (void)object;
    return false;
#endif
}

/// Destroys an object without references. Ints, floats and instances of classes in Python are what is destroyed most.
inline void destroy(PyThreadState* ts, PyObject* object) {
    if (keep_number(ts, object))
        return;
#ifndef Py_REF_DEBUG
    const destructor destruct = Py_TYPE(object)->tp_dealloc;
    if (destruct == subtype_dealloc)
        return destroy_instance(ts, object);
    destruct(object);
#else
    _Py_Dealloc(object);
#endif
}

/// A new float; null with MemoryError set.
inline PyObject* new_float(PyThreadState* ts, double value) {
    PyObject* object = reuse_float(ts, value);
    return object != nullptr ? object : PyFloat_FromDouble(value);
}

}  // namespace stackless::eval
