// Operators on ints of at most two digits: the values are machine words.
#pragma once

#include "cpython/ints.hpp"
#include "cpython/python.hpp"

namespace stackless::eval {

inline bool is_medium_exact_int(PyObject* object) {
    return PyLong_CheckExact(object) && is_medium_int(object);
}

/// A floor division and remainder of C rounds towards zero, Python's towards minus infinity.
inline Py_ssize_t floor_divide(Py_ssize_t a, Py_ssize_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
inline Py_ssize_t floor_remainder(Py_ssize_t a, Py_ssize_t b) {
    const Py_ssize_t remainder = a % b;
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

/// Applies an operator (an NB_ number of <opcode.h>) to two medium values. False for what is no int of a machine word, or
/// no int at all, or an error.
inline bool operate_on_medium_values(intptr_t operation, Py_ssize_t a, Py_ssize_t b,
                                     Py_ssize_t* result) {
    switch (operation < NB_INPLACE_ADD ? operation : operation - NB_INPLACE_ADD) {
    case NB_ADD:
        *result = a + b;
        return true;
    case NB_SUBTRACT:
        *result = a - b;
        return true;
    case NB_MULTIPLY:
        return !__builtin_mul_overflow(a, b, result);
    case NB_AND:
        *result = a & b;
        return true;
    case NB_OR:
        *result = a | b;
        return true;
    case NB_XOR:
        *result = a ^ b;
        return true;
    case NB_FLOOR_DIVIDE:
        if (b == 0)
            return false;
        *result = floor_divide(a, b);
        return true;
    case NB_REMAINDER:
        if (b == 0)
            return false;
        *result = floor_remainder(a, b);
        return true;
    case NB_RSHIFT:
        if (b < 0 || b >= 64)
            return false;
        *result = a >> b;
        return true;
    case NB_LSHIFT:
        if (b < 0 || b >= PyLong_SHIFT || !is_compact_value(a))
            return false;
        *result = a * (Py_ssize_t{1} << b);
        return true;
    default:
        return false;
    }
}

}  // namespace stackless::eval
