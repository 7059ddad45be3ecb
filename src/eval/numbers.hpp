// Compact integers and floats, handled without a call into libpython where that is safe.
#pragma once

#include "cpython/exposed.hpp"
#include "cpython/python.hpp"
#include "eval/instances.hpp"

namespace stackless::eval {

/// Drops a reference to a str: no code in Python can run.
inline void drop_str(PyObject* object) {
    _Py_DECREF_SPECIALIZED(object, _PyUnicode_ExactDealloc);
}

/// An int of at most one digit (30 bits): its value fits a machine word with room for any
/// operation.
inline bool is_compact_int(PyObject* object) {
    return static_cast<size_t>(Py_SIZE(object) + 1) < 3;
}
inline Py_ssize_t compact_value(PyObject* object) {
    return Py_SIZE(object) *
           static_cast<Py_ssize_t>(reinterpret_cast<PyLongObject*>(object)->ob_digit[0]);
}

/// An int of at most two digits (60 bits).
inline bool is_medium_int(PyObject* object) {
    return static_cast<size_t>(Py_SIZE(object) + 2) < 5;
}
inline Py_ssize_t medium_value(PyObject* object) {
    if (is_compact_int(object))
        return compact_value(object);
    const digit* digits = reinterpret_cast<PyLongObject*>(object)->ob_digit;
    const Py_ssize_t value =
        static_cast<Py_ssize_t>(digits[1]) << PyLong_SHIFT | static_cast<Py_ssize_t>(digits[0]);
    return Py_SIZE(object) < 0 ? -value : value;
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
    return value >= -static_cast<Py_ssize_t>(PyLong_MASK) &&
           value <= static_cast<Py_ssize_t>(PyLong_MASK);
}

/// Whether an int of this value has at most two digits.
inline bool is_medium_value(Py_ssize_t value) {
    constexpr Py_ssize_t limit = Py_ssize_t{1} << 2 * PyLong_SHIFT;
    return value > -limit && value < limit;
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

/// Gives an int with room for two digits, that nobody else can see, another medium value.
inline void set_medium_value(PyObject* object, Py_ssize_t value) {
    const Py_ssize_t absolute = value < 0 ? -value : value;
    digit* digits = reinterpret_cast<PyLongObject*>(object)->ob_digit;
    digits[0] = static_cast<digit>(absolute & PyLong_MASK);
    digits[1] = static_cast<digit>(absolute >> PyLong_SHIFT);
    const Py_ssize_t size = digits[1] != 0 ? 2 : 1;
    reinterpret_cast<PyVarObject*>(object)->ob_size = value < 0 ? -size : size;
}

/// Ints that nobody refers to any more, kept for the next ones. They are linked
/// through their type field, as CPython links its free floats. The GIL guards it.
struct FreeInts {
    static constexpr int most = 100;
    PyObject* first = nullptr;
    int count = 0;

    PyObject* take() {
        PyObject* object = first;
        if (object != nullptr) {
            first = reinterpret_cast<PyObject*>(object->ob_type);
            count--;
        }
        return object;
    }
    bool keep(PyObject* object) {
        if (count >= most)
            return false;
        object->ob_type = reinterpret_cast<PyTypeObject*>(first);
        first = object;
        count++;
        return true;
    }
};
/// Those of one digit, and those of two.
inline constinit FreeInts free_ints;
inline constinit FreeInts free_medium_ints;

/// Objects are reused without telling anybody, which tracemalloc and debug builds want to know.
inline bool may_reuse_objects() {
#ifdef Py_REF_DEBUG
    return false;
#else
    return _Py_tracemalloc_config.tracing == 0;
#endif
}

/// Keeps an int or a float without references for the next one; false if it is neither, or enough are kept.
inline bool keep_number(PyThreadState* ts, PyObject* object) {
#ifndef Py_REF_DEBUG
    if (PyLong_CheckExact(object))
        return is_compact_int(object) ? free_ints.keep(object)
                                      : is_medium_int(object) && free_medium_ints.keep(object);
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
    if (Py_TYPE(object)->tp_dealloc == subtype_dealloc)
        return destroy_instance(ts, object);
#endif
    _Py_Dealloc(object);
}

/// An int of one digit, in the place of one that is free; null if none is.
inline PyObject* reuse_int(Py_ssize_t value) {
    PyObject* object = may_reuse_objects() ? free_ints.take() : nullptr;
    if (object != nullptr) {
        object->ob_type = &PyLong_Type;
        object->ob_refcnt = 1;
        set_compact_value(object, value);
    }
    return object;
}

/// The same of an int of two digits.
inline PyObject* reuse_medium_int(Py_ssize_t value) {
    PyObject* object = may_reuse_objects() ? free_medium_ints.take() : nullptr;
    if (object != nullptr) {
        object->ob_type = &PyLong_Type;
        object->ob_refcnt = 1;
        set_medium_value(object, value);
    }
    return object;
}

/// An int that no small one stands for, in an object of its own; null with MemoryError set.
inline PyObject* new_large_int(Py_ssize_t value) {
    PyObject* object = is_compact_value(value)  ? reuse_int(value)
                       : is_medium_value(value) ? reuse_medium_int(value)
                                                : nullptr;
    return object != nullptr ? object : PyLong_FromSsize_t(value);
}

/// The int `value`, a new reference; null with MemoryError set.
inline PyObject* new_int(Py_ssize_t value) {
    return is_small_value(value) ? small_int(value) : new_large_int(value);
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

/// A new float; null with MemoryError set.
inline PyObject* new_float(PyThreadState* ts, double value) {
    PyObject* object = reuse_float(ts, value);
    return object != nullptr ? object : PyFloat_FromDouble(value);
}

}  // namespace stackless::eval
