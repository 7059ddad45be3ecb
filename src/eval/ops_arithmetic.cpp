// Unary and binary operators.
#include <iterator>

#include "cpython/texts.hpp"
#include "eval/calls.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/medium_ints.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/special_methods.hpp"
#include "eval/wide_ints.hpp"

namespace stackless::eval {

HANDLER(binary_by_methods);
HANDLER(operator_in_general);

namespace {

using BinaryFunction = PyObject* (*)(PyObject*, PyObject*);

/// In the order of the NB_ numbers of <opcode.h>.
constexpr BinaryFunction binary_functions[] = {
    PyNumber_Add,
    PyNumber_And,
    PyNumber_FloorDivide,
    PyNumber_Lshift,
    PyNumber_MatrixMultiply,
    PyNumber_Multiply,
    PyNumber_Remainder,
    PyNumber_Or,
    _PyNumber_PowerNoMod,
    PyNumber_Rshift,
    PyNumber_Subtract,
    PyNumber_TrueDivide,
    PyNumber_Xor,
    PyNumber_InPlaceAdd,
    PyNumber_InPlaceAnd,
    PyNumber_InPlaceFloorDivide,
    PyNumber_InPlaceLshift,
    PyNumber_InPlaceMatrixMultiply,
    PyNumber_InPlaceMultiply,
    PyNumber_InPlaceRemainder,
    PyNumber_InPlaceOr,
    _PyNumber_InPlacePowerNoMod,
    PyNumber_InPlaceRshift,
    PyNumber_InPlaceSubtract,
    PyNumber_InPlaceTrueDivide,
    PyNumber_InPlaceXor,
};
static_assert(std::size(binary_functions) == NB_INPLACE_XOR + 1);

}  // namespace

// A method in Python takes the operand along.
#define UNARY_OPERATOR(opcode_name, function, slot, method_name) \
    HANDLER(method_of_##opcode_name); \
    HANDLER(slow_method_of_##opcode_name); \
    HANDLER(op_##opcode_name) { \
        SAVE_IP(); \
        PyObject* value = sp[-1]; \
        if (is_of_heap_type(value) && Py_TYPE(value)->tp_as_number->nb_##slot == slot_nb_##slot) \
            GOTO(method_of_##opcode_name); \
        PyObject* result = function(value); \
        if (result == nullptr) \
            GOTO(raise); \
        sp[-1] = result; \
        Py_DECREF(value); \
        NEXT(); \
    } \
    HANDLER(method_of_##opcode_name) { \
        PyObject* value = sp[-1]; \
        ENTER_IF_PLAIN_METHOD(Py_TYPE(value), &_Py_ID(method_name), unary, value); \
        GOTO(slow_method_of_##opcode_name); \
    } \
    HANDLER(slow_method_of_##opcode_name) { \
        PyObject* value = sp[-1]; \
        PyObject* method = type_lookup(Py_TYPE(value), &_Py_ID(method_name)); \
        if (method == nullptr) { \
            PyErr_SetObject(PyExc_AttributeError, &_Py_ID(method_name)); \
            GOTO(raise); \
        } \
        CONTINUE_CALL(start_special_method(ts, frame, method, value), unary); \
    }

UNARY_OPERATOR(UNARY_POSITIVE, PyNumber_Positive, positive, __pos__)
UNARY_OPERATOR(UNARY_NEGATIVE, PyNumber_Negative, negative, __neg__)
UNARY_OPERATOR(UNARY_INVERT, PyNumber_Invert, invert, __invert__)

HANDLER(deliver_unary) {
    PyObject* value = sp[-1];
    sp[-1] = DELIVERED();
    DROP_AND_NEXT(value);
}

HANDLER(not_of_others);

OP(UNARY_NOT) {
    PyObject* value = sp[-1];
    if (value != Py_False && value != Py_True && value != Py_None)
        GOTO(not_of_others);
    (void)drop_was_last(value);
    sp[-1] = new_bool(value != Py_True);
    NEXT();
}

HANDLER(not_of_others) {
    SAVE_IP();
    PyObject* value = sp[-1];
    if (has_python_truth(value))
        GOTO(ask_for_truth);
    const int truth = PyObject_IsTrue(value);
    if (truth < 0)
        GOTO(raise);
    sp[-1] = new_bool(truth == 0);
    Py_DECREF(value);
    NEXT();
}

namespace {

/// Whether two ints are floats without loss, so that their quotient is rounded once.
inline bool are_exact_doubles(Py_ssize_t a, Py_ssize_t b) {
    constexpr Py_ssize_t limit = Py_ssize_t{1} << 53;
    return a > -limit && a < limit && b > -limit && b < limit;
}

/// The result of an operator on two medium ints, which CPython does not specialise for all of
/// them; null without an exception for what is left to libpython.
PyObject* medium_int_result(PyThreadState* ts, intptr_t operation, Py_ssize_t a, Py_ssize_t b) {
    Py_ssize_t number;
    if (operate_on_medium_values(operation, a, b, &number))
        return new_int(number);
    const bool divides = operation == NB_TRUE_DIVIDE || operation == NB_INPLACE_TRUE_DIVIDE;
    if (!divides || b == 0 || !are_exact_doubles(a, b))
        return nullptr;
    return new_float(ts, static_cast<double>(a) / static_cast<double>(b));
}

PyObject* int_result(PyThreadState* ts, intptr_t operation, PyObject* left, PyObject* right) {
    if (is_medium_int(left) && is_medium_int(right)) {
        PyObject* result =
            medium_int_result(ts, operation, medium_value(left), medium_value(right));
        if (result != nullptr || _PyErr_Occurred(ts))
            return result;
    }
    return operate_on_wide_ints(operation, left, right);
}

/// The same for floats, or a float and a medium int.
PyObject* float_result(PyThreadState* ts, intptr_t operation, double a, double b) {
    switch (operation) {
    case NB_ADD:
    case NB_INPLACE_ADD:
        return new_float(ts, a + b);
    case NB_SUBTRACT:
    case NB_INPLACE_SUBTRACT:
        return new_float(ts, a - b);
    case NB_MULTIPLY:
    case NB_INPLACE_MULTIPLY:
        return new_float(ts, a * b);
    case NB_TRUE_DIVIDE:
    case NB_INPLACE_TRUE_DIVIDE:
        return b == 0 ? nullptr : new_float(ts, a / b);
    default:
        return nullptr;
    }
}

inline double as_double(PyObject* number) {
    return PyFloat_CheckExact(number) ? float_value(number)
                                      : static_cast<double>(medium_value(number));
}

inline bool is_simple_number(PyObject* object) {
    return PyFloat_CheckExact(object) || is_medium_exact_int(object);
}

inline PyObject* simple_number_result(PyThreadState* ts, intptr_t operation, PyObject* left,
                                      PyObject* right) {
    if (PyLong_CheckExact(left) && PyLong_CheckExact(right))
        return int_result(ts, operation, left, right);
    if (!is_simple_number(left) || !is_simple_number(right))
        return nullptr;
    return float_result(ts, operation, as_double(left), as_double(right));
}

}  // namespace

HANDLER(format_by_modulo);  // ops_format.cpp
/// Whether the right operand of `list +=` is asked before the list is.
static inline bool adds(PyObject* right) {
    const PyNumberMethods* numbers = Py_TYPE(right)->tp_as_number;
    return numbers != nullptr && numbers->nb_add != nullptr;
}

// list += what code in Python gives the values of
HANDLER(extend_list_in_place) {
    sp -= 2;
    Frame* callee = push_hidden_frame(ts, frame, Hidden::list_iadd, {sp[0], sp[1]});
    if (callee == nullptr)
        GOTO(raise);
    SKIP_CACHE(BINARY_OP);
    ENTER_CALLEE(callee);
}

HANDLER(operator_in_general) {
    SAVE_IP();
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    PyObject* result = simple_number_result(ts, oparg, left, right);
    if (result == nullptr) {
        if (is_of_heap_type(left))
            GOTO(binary_by_methods);
        // A str subclass on the right may have a say first.
        if (PyUnicode_CheckExact(left) &&
            (PyUnicode_CheckExact(right) || !PyUnicode_Check(right)) &&
            (oparg == NB_REMAINDER || oparg == NB_INPLACE_REMAINDER))
            GOTO(format_by_modulo);
        if (oparg == NB_INPLACE_ADD && PyList_CheckExact(left) && !adds(right) &&
            is_iterated_in_python(ts, right))
            GOTO(extend_list_in_place);
        if (is_of_heap_type(right))
            GOTO(binary_by_methods);
        result = binary_functions[oparg](left, right);
    }
    if (result == nullptr)
        GOTO(raise);
    sp--;
    sp[-1] = result;
    SKIP_CACHE(BINARY_OP);
    DROP_TWO_AND_NEXT(left, right);
}

OP(BINARY_OP_ADD_UNICODE) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    MISS_IF(!PyUnicode_CheckExact(left) || !PyUnicode_CheckExact(right));
    SAVE_IP();
    PyObject* result = add_texts(left, right);
    if (result == nullptr)
        GOTO(raise);
    sp--;
    sp[-1] = result;
    drop_str(left);
    drop_str(right);
    SKIP_CACHE(BINARY_OP);
    NEXT();
}

OP(BINARY_OP_INPLACE_ADD_UNICODE) {
    // `s = s + t` and `s += t`, with the STORE_FAST behind it: the string is extended in place when the
    // variable and the stack hold the only references to it.
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    MISS_IF(!PyUnicode_CheckExact(left) || !PyUnicode_CheckExact(right));
    PyObject** variable = &frame->localsplus[_Py_OPARG(ip[INLINE_CACHE_ENTRIES_BINARY_OP])];
    MISS_IF(*variable != left);
    SAVE_IP();
    Py_DECREF(left);
    PyUnicode_Append(variable, right);
    drop_str(right);
    sp -= 2;
    if (*variable == nullptr)
        GOTO(raise);
    ip += INLINE_CACHE_ENTRIES_BINARY_OP + 1;
    NEXT();
}

}  // namespace stackless::eval
