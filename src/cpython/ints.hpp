// The layout of ints of one and two digits, and ints of up to five that are kept to be used again.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// An int of at most one digit (30 bits): its value fits a machine word with room for any
/// operation.
inline bool is_compact_int(PyObject* object) {
    return static_cast<size_t>(Py_SIZE(object) + 1) < 3;
}
inline Py_ssize_t compact_value(PyObject* object) {
    return Py_SIZE(object) *
           static_cast<Py_ssize_t>(reinterpret_cast<PyLongObject*>(object)->ob_digit[0]);
}

/// Whether two objects are ints, of no subclass, and compact.
inline bool are_compact_ints(PyObject* left, PyObject* right) {
    return PyLong_CheckExact(left) && PyLong_CheckExact(right) && is_compact_int(left) &&
           is_compact_int(right);
}

inline Py_ssize_t digit_count(PyObject* object) {
    const Py_ssize_t size = Py_SIZE(object);
    return size < 0 ? -size : size;
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

/// Objects are reused without telling anybody, which tracemalloc and debug builds want to know.
inline bool may_reuse_objects() {
#ifdef Py_REF_DEBUG
    return false;
#else
    return _Py_tracemalloc_config.tracing == 0;
#endif
}

/// Ints that nobody refers to any more, kept for the next ones. They are linked
/// through their type field, as CPython links its free floats. The GIL guards it.
struct FreeInts {
    static constexpr int most = 4000;
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
/// Those of one digit, those of two, and those of three to five.
inline constinit FreeInts free_ints;
inline constinit FreeInts free_medium_ints;
inline constinit FreeInts free_wide_ints[3];

inline FreeInts* free_wide_ints_of(Py_ssize_t digits) {
    return digits >= 3 && digits <= 5 ? &free_wide_ints[digits - 3] : nullptr;
}

/// Keeps an exact int without references for the next one; false if it is too long, or enough are kept.
inline bool keep_int(PyObject* object) {
    if (is_compact_int(object))
        return free_ints.keep(object);
    if (is_medium_int(object))
        return free_medium_ints.keep(object);
    FreeInts* free = free_wide_ints_of(digit_count(object));
    return free != nullptr && free->keep(object);
}

/// One of the free ints, which is then to get its value; null if there is none.
inline PyObject* take_int(FreeInts& free) {
    PyObject* object = may_reuse_objects() ? free.take() : nullptr;
    if (object != nullptr) {
        object->ob_type = &PyLong_Type;
        object->ob_refcnt = 1;
    }
    return object;
}

/// An int of one digit, in the place of one that is free; null if none is.
inline PyObject* reuse_int(Py_ssize_t value) {
    PyObject* object = take_int(free_ints);
    if (object != nullptr) {
        set_compact_value(object, value);
    }
    return object;
}

/// The same of an int of two digits.
inline PyObject* reuse_medium_int(Py_ssize_t value) {
    PyObject* object = take_int(free_medium_ints);
    if (object != nullptr) {
        set_medium_value(object, value);
    }
    return object;
}

/// An int with room for so many digits, which are to be set; null if none is free.
inline PyObject* reuse_wide_int(Py_ssize_t digits) {
    FreeInts* free = free_wide_ints_of(digits);
    return free == nullptr ? nullptr : take_int(*free);
}

/// An int of three digits, which any machine word has at most.
inline PyObject* reuse_long_int(Py_ssize_t value) {
    PyObject* object = reuse_wide_int(3);
    if (object != nullptr) {
        const size_t absolute =
            value < 0 ? -static_cast<size_t>(value) : static_cast<size_t>(value);
        digit* digits = reinterpret_cast<PyLongObject*>(object)->ob_digit;
        digits[0] = absolute & PyLong_MASK;
        digits[1] = absolute >> PyLong_SHIFT & PyLong_MASK;
        digits[2] = static_cast<digit>(absolute >> 2 * PyLong_SHIFT);
        reinterpret_cast<PyVarObject*>(object)->ob_size = value < 0 ? -3 : 3;
    }
    return object;
}

/// An int that no small one stands for, in an object of its own; null with MemoryError set.
inline PyObject* new_large_int(Py_ssize_t value) {
    PyObject* object = is_compact_value(value)  ? reuse_int(value)
                       : is_medium_value(value) ? reuse_medium_int(value)
                                                : reuse_long_int(value);
    return object != nullptr ? object : PyLong_FromSsize_t(value);
}

/// The int `value`, a new reference; null with MemoryError set.
inline PyObject* new_int(Py_ssize_t value) {
    return is_small_value(value) ? small_int(value) : new_large_int(value);
}

/// So many letters has an int of two digits at most, as a decimal number with its sign.
constexpr size_t most_letters_of_medium_int = 20;

/// Writes a value as a decimal number before `end`. Returns where it begins.
inline char* write_decimal(Py_ssize_t value, char* end) {
    auto rest = static_cast<size_t>(value < 0 ? -value : value);
    do {
        *--end = static_cast<char>('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        *--end = '-';
    }
    return end;
}

/// int(value) where that is known at once: of a str of a few decimal digits, a float, or an int; not of their subclasses.
/// A new reference; null without an exception if it is not known, with OverflowError, ValueError or MemoryError set if it fails.
PyObject* convert_to_int(PyObject* value);

/// Makes ints that libpython drops be kept as well. To be called before Python is initialised; once is enough.
void adapt_ints();

}  // namespace stackless
