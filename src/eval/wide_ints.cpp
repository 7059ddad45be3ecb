#include "eval/wide_ints.hpp"

#include <bit>
#include <functional>

#include "cpython/ints.hpp"

namespace stackless::eval {

namespace {

__extension__ using Magnitude = unsigned __int128;

/// So many bits has a magnitude; the fifth digit has eight of them.
constexpr int most_bits = 128;
constexpr int most_digits = 5;
constexpr int pair_bits = 2 * PyLong_SHIFT;
constexpr size_t pair_mask = (size_t{1} << pair_bits) - 1;

/// Zero is not negative.
struct Number {
    Magnitude magnitude;
    bool is_negative;
};

Number with_sign(bool is_negative, Magnitude magnitude) {
    return {magnitude, is_negative && magnitude != 0};
}

/// The value of two of the digits, of which the second may not be there.
Magnitude pair_value(const digit* digits, Py_ssize_t count, Py_ssize_t index) {
    const size_t second = index + 1 < count ? digits[index + 1] : 0;
    return second << PyLong_SHIFT | digits[index];
}

bool is_wide(PyObject* object) {
    const Py_ssize_t count = digit_count(object);
    constexpr digit limit = 1 << (most_bits - 2 * pair_bits);
    return count < most_digits ||
           (count == most_digits && reinterpret_cast<PyLongObject*>(object)->ob_digit[4] < limit);
}

Number number_of(PyObject* object) {
    const bool is_negative = Py_SIZE(object) < 0;
    const Py_ssize_t count = digit_count(object);
    const digit* digits = reinterpret_cast<PyLongObject*>(object)->ob_digit;
    if (count == 0)
        return {0, false};
    Magnitude magnitude = pair_value(digits, count, 0);
    if (count > 2) {
        magnitude |= pair_value(digits, count, 2) << pair_bits;
    }
    if (count == most_digits) {
        magnitude |= static_cast<Magnitude>(digits[4]) << 2 * pair_bits;
    }
    return {magnitude, is_negative};
}

int bit_width(Magnitude value) {
    const auto high = static_cast<uint64_t>(value >> 64);
    return high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                     : static_cast<int>(std::bit_width(static_cast<uint64_t>(value)));
}

void set_pair(digit* digits, Py_ssize_t count, Py_ssize_t index, size_t value) {
    digits[index] = static_cast<digit>(value) & PyLong_MASK;
    if (index + 1 < count) {
        digits[index + 1] = static_cast<digit>(value >> PyLong_SHIFT);
    }
}

PyObject* int_of(Number value) {
    const auto low = static_cast<size_t>(value.magnitude) & pair_mask;
    const Magnitude rest = value.magnitude >> pair_bits;
    if (rest == 0)
        return new_int(value.is_negative ? -static_cast<Py_ssize_t>(low)
                                         : static_cast<Py_ssize_t>(low));
    const auto high = static_cast<size_t>(rest) & pair_mask;
    const auto last = static_cast<digit>(rest >> pair_bits);
    const Py_ssize_t count = last != 0 ? most_digits : high >> PyLong_SHIFT != 0 ? 4 : 3;
    PyObject* object = reuse_wide_int(count);
    if (object == nullptr) {
        object = reinterpret_cast<PyObject*>(_PyLong_New(count));
        if (object == nullptr)
            return nullptr;
    }
    digit* digits = reinterpret_cast<PyLongObject*>(object)->ob_digit;
    set_pair(digits, count, 0, low);
    set_pair(digits, count, 2, high);
    if (last != 0) {
        digits[4] = last;
    }
    Py_SET_SIZE(reinterpret_cast<PyVarObject*>(object), value.is_negative ? -count : count);
    return object;
}

// The operators: false if the result is too long, or an error.

bool add(Number a, Number b, Number* sum) {
    if (a.is_negative == b.is_negative) {
        sum->is_negative = a.is_negative;
        return !__builtin_add_overflow(a.magnitude, b.magnitude, &sum->magnitude);
    }
    *sum = a.magnitude >= b.magnitude ? with_sign(a.is_negative, a.magnitude - b.magnitude)
                                      : Number{b.magnitude - a.magnitude, b.is_negative};
    return true;
}

bool multiply(Number a, Number b, Number* product) {
    *product = with_sign(a.is_negative != b.is_negative, a.magnitude * b.magnitude);
    return bit_width(a.magnitude) + bit_width(b.magnitude) <= most_bits;
}

/// Python rounds quotients towards minus infinity, and remainders have the sign of the divisor.
bool divide(Number a, Number b, Number* quotient, Number* remainder) {
    if (b.magnitude == 0)
        return false;
    const bool is_negative = a.is_negative != b.is_negative;
    Magnitude whole = a.magnitude / b.magnitude;
    Magnitude rest = a.magnitude - whole * b.magnitude;
    if (is_negative && rest != 0) {
        whole++;
        rest = b.magnitude - rest;
    }
    *quotient = with_sign(is_negative, whole);
    *remainder = with_sign(b.is_negative, rest);
    return true;
}

/// In two's complement; false if it has no room for the sign.
bool get_complement(Number value, Magnitude* complement) {
    *complement = value.is_negative ? -value.magnitude : value.magnitude;
    return value.magnitude >> (most_bits - 1) == 0;
}

template <class Operator>
bool combine_bits(Number a, Number b, Operator combine, Number* result) {
    if (!a.is_negative && !b.is_negative) {
        *result = {combine(a.magnitude, b.magnitude), false};
        return true;
    }
    Magnitude left;
    Magnitude right;
    if (!get_complement(a, &left) || !get_complement(b, &right))
        return false;
    const Magnitude bits = combine(left, right);
    const bool is_negative = bits >> (most_bits - 1) != 0;
    *result = {is_negative ? -bits : bits, is_negative};
    return true;
}

bool shift_left(Number a, Number b, Number* result) {
    if (b.is_negative || b.magnitude > static_cast<Magnitude>(most_bits - bit_width(a.magnitude)) ||
        b.magnitude == most_bits)
        return false;
    *result = {a.magnitude << b.magnitude, a.is_negative};
    return true;
}

bool shift_right(Number a, Number b, Number* result) {
    if (b.is_negative || b.magnitude >= most_bits)
        return false;
    // A negative number is rounded towards minus infinity.
    *result = a.is_negative ? Number{((a.magnitude - 1) >> b.magnitude) + 1, true}
                            : Number{a.magnitude >> b.magnitude, false};
    return true;
}

bool operate(intptr_t operation, Number a, Number b, Number* result) {
    Number other;
    switch (operation < NB_INPLACE_ADD ? operation : operation - NB_INPLACE_ADD) {
    case NB_ADD:
        return add(a, b, result);
    case NB_SUBTRACT:
        return add(a, with_sign(!b.is_negative, b.magnitude), result);
    case NB_MULTIPLY:
        return multiply(a, b, result);
    case NB_FLOOR_DIVIDE:
        return divide(a, b, result, &other);
    case NB_REMAINDER:
        return divide(a, b, &other, result);
    case NB_AND:
        return combine_bits(a, b, std::bit_and<>(), result);
    case NB_OR:
        return combine_bits(a, b, std::bit_or<>(), result);
    case NB_XOR:
        return combine_bits(a, b, std::bit_xor<>(), result);
    case NB_LSHIFT:
        return shift_left(a, b, result);
    case NB_RSHIFT:
        return shift_right(a, b, result);
    default:
        return false;
    }
}

}  // namespace

PyObject* operate_on_wide_ints(intptr_t operation, PyObject* left, PyObject* right) {
    Number result;
    return is_wide(left) && is_wide(right) &&
                   operate(operation, number_of(left), number_of(right), &result)
               ? int_of(result)
               : nullptr;
}

}  // namespace stackless::eval
