// How two values compare that compare without a call: ints, floats, strings.
#pragma once

#include "eval/numbers.hpp"

namespace stackless::eval {

/// The cache's mask of a comparison has a bit for each ordering on which the jump behind it is taken: 1 less, 2 equal, 4
/// greater. The mask of a backward jump is shifted by three bits.
inline constexpr int backward_bits = 7 << 3;

inline int ordering_bits(bool less, bool greater) {
    const int bit = 1 << (1 + static_cast<int>(greater) - static_cast<int>(less));
    return bit | bit << 3;
}

// The bits of the ordering of two values; 0 if they are not of the type that the instruction is for.

inline int ordering_of_ints(PyObject* left, PyObject* right) {
    if (!are_compact_ints(left, right))
        return 0;
    const Py_ssize_t a = compact_value(left);
    const Py_ssize_t b = compact_value(right);
    return ordering_bits(a<b, a> b);
}

inline int ordering_of_floats(PyObject* left, PyObject* right) {
    if (!PyFloat_CheckExact(left) || !PyFloat_CheckExact(right))
        return 0;
    const double a = float_value(left);
    const double b = float_value(right);
    // A NaN has no ordering, and so no bit.
    return a != a || b != b ? 0 : ordering_bits(a<b, a> b);
}

// Only == and != are specialised: "not equal" is the ordering "less" in the mask.
inline int ordering_of_strings(PyObject* left, PyObject* right) {
    if (!PyUnicode_CheckExact(left) || !PyUnicode_CheckExact(right))
        return 0;
    const int equal = _PyUnicode_Equal(left, right);
    return equal < 0 ? 0 : ordering_bits(equal == 0, false);
}

/// The same without a look at the letters: 0 as well if these would tell.
inline int ordering_of_different_strings(PyObject* left, PyObject* right) {
    if (!PyUnicode_CheckExact(left) || !PyUnicode_CheckExact(right))
        return 0;
    if (left == right)
        return ordering_bits(false, false);
    return PyUnicode_GET_LENGTH(left) == PyUnicode_GET_LENGTH(right) ? 0
                                                                     : ordering_bits(true, false);
}

}  // namespace stackless::eval
