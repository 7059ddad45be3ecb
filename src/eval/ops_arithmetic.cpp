// Unary and binary operators.
#include <iterator>

#include "eval/handler.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

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

#define UNARY_OPERATOR(opcode_name, function) \
    HANDLER(op_##opcode_name) { \
        SAVE_IP(); \
        PyObject* value = sp[-1]; \
        PyObject* result = function(value); \
        if (result == nullptr) \
            GOTO(raise); \
        sp[-1] = result; \
        Py_DECREF(value); \
        NEXT(); \
    }

UNARY_OPERATOR(UNARY_POSITIVE, PyNumber_Positive)
UNARY_OPERATOR(UNARY_NEGATIVE, PyNumber_Negative)
UNARY_OPERATOR(UNARY_INVERT, PyNumber_Invert)

OP(UNARY_NOT) {
    SAVE_IP();
    PyObject* value = sp[-1];
    const int truth = PyObject_IsTrue(value);
    if (truth < 0)
        GOTO(raise);
    sp[-1] = new_bool(truth == 0);
    Py_DECREF(value);
    NEXT();
}

OP(BINARY_OP) {
    SAVE_IP();
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    PyObject* result = binary_functions[oparg](left, right);
    if (result == nullptr)
        GOTO(raise);
    sp--;
    sp[-1] = result;
    Py_DECREF(left);
    Py_DECREF(right);
    SKIP_CACHE(BINARY_OP);
    NEXT();
}

OP(BINARY_OP_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(BINARY_OP);
    _Py_Specialize_BinaryOp(sp[-2], sp[-1], ip - 1, oparg, frame->localsplus);
    RUN_SPECIALIZED();
}

// Ints of one digit are calculated here, longer ones by libpython. The result takes the place of an operand
// that nobody else will see again: one that only the stack refers to, or the variable that the result is about
// to be stored in (`i += 1`), which saves allocating it.

namespace {

/// Whether the instruction at `ip` stores into the local that holds `value`, with no reference elsewhere but
/// the stack's.
inline bool is_about_to_be_replaced(Frame* frame, const Instr* ip, PyObject* value) {
    if (Py_REFCNT(value) != 2)
        return false;
    const int opcode = _Py_OPCODE(*ip);
    return (opcode == STORE_FAST || opcode == STORE_FAST__LOAD_FAST) &&
           frame->localsplus[_Py_OPARG(*ip)] == value;
}

}  // namespace

#define INT_OPERATOR(opcode_name, operation) \
    HANDLER(op_##opcode_name) { \
        PyObject* left = sp[-2]; \
        PyObject* right = sp[-1]; \
        MISS_IF(!PyLong_CheckExact(left) || !PyLong_CheckExact(right)); \
        if (!is_compact_int(left) || !is_compact_int(right)) [[unlikely]] \
            GOTO(op_BINARY_OP); \
        const Py_ssize_t value = compact_value(left) operation compact_value(right); \
        sp--; \
        ip += INLINE_CACHE_ENTRIES_BINARY_OP; \
        if (is_small_value(value)) { \
            sp[-1] = small_int(value); \
            DROP_TWO_AND_NEXT(left, right); \
        } \
        if (is_compact_value(value) && \
            (Py_REFCNT(left) == 1 || is_about_to_be_replaced(frame, ip, left))) { \
            set_compact_value(left, value); \
            DROP_AND_NEXT(right); \
        } \
        SAVE_IP(); \
        PyObject* result = new_large_int(value); \
        if (result == nullptr) [[unlikely]] { \
            sp++; \
            GOTO(raise); \
        } \
        sp[-1] = result; \
        DROP_TWO_AND_NEXT(left, right); \
    }

INT_OPERATOR(BINARY_OP_ADD_INT, +)
INT_OPERATOR(BINARY_OP_SUBTRACT_INT, -)
INT_OPERATOR(BINARY_OP_MULTIPLY_INT, *)

#define FLOAT_OPERATOR(opcode_name, operation) \
    HANDLER(op_##opcode_name) { \
        PyObject* left = sp[-2]; \
        PyObject* right = sp[-1]; \
        MISS_IF(!PyFloat_CheckExact(left) || !PyFloat_CheckExact(right)); \
        const double value = float_value(left) operation float_value(right); \
        sp--; \
        ip += INLINE_CACHE_ENTRIES_BINARY_OP; \
        if (Py_REFCNT(left) == 1 || is_about_to_be_replaced(frame, ip, left)) { \
            set_float_value(left, value); \
            DROP_AND_NEXT(right); \
        } \
        if (Py_REFCNT(right) == 1) { \
            set_float_value(right, value); \
            sp[-1] = right; \
            DROP_AND_NEXT(left); \
        } \
        SAVE_IP(); \
        PyObject* result = new_float(ts, value); \
        if (result == nullptr) [[unlikely]] { \
            sp++; \
            GOTO(raise); \
        } \
        sp[-1] = result; \
        DROP_TWO_AND_NEXT(left, right); \
    }

FLOAT_OPERATOR(BINARY_OP_ADD_FLOAT, +)
FLOAT_OPERATOR(BINARY_OP_SUBTRACT_FLOAT, -)
FLOAT_OPERATOR(BINARY_OP_MULTIPLY_FLOAT, *)

OP(BINARY_OP_ADD_UNICODE) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    MISS_IF(!PyUnicode_CheckExact(left) || !PyUnicode_CheckExact(right));
    SAVE_IP();
    PyObject* result = PyUnicode_Concat(left, right);
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
