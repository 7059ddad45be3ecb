// Operators together with the loads before them, where the operands are in local variables or constants.
//
// The operands are used where they are: nothing is pushed, and no references are counted. The result takes the place of
// the int or float in the variable that it is about to be stored in, if nobody else refers to that. Whatever is not that
// simple is left to the loads and the operator by themselves.
#include "eval/operands.hpp"

#include "eval/conditions.hpp"
#include "eval/loop_values.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/orderings.hpp"

namespace stackless::eval {

namespace {

constexpr bool left_is_on_stack(Operands operands) {
    return operands == Operands::top_and_local || operands == Operands::top_and_constant;
}

/// Where the operator is, from ip.
constexpr int distance_to_operator(Operands operands) {
    return left_is_on_stack(operands) ? 0 : 1;
}

template <Operands operands>
inline PyObject* left_operand(Frame* frame, PyObject** sp, intptr_t oparg) {
    if constexpr (left_is_on_stack(operands))
        return sp[-1];
    if constexpr (operands == Operands::constant_and_local)
        return constant(frame, oparg);
    return frame->localsplus[oparg];
}

template <Operands operands>
inline PyObject* right_operand(Frame* frame, const Instr* ip, intptr_t oparg) {
    const intptr_t index = left_is_on_stack(operands) ? oparg : _Py_OPARG(*ip);
    if constexpr (operands == Operands::local_and_constant ||
                  operands == Operands::top_and_constant)
        return constant(frame, index);
    return frame->localsplus[index];
}

/// The loads by themselves.
template <Operands operands>
constexpr Handler loads = nullptr;
template <>
constexpr Handler loads<Operands::two_locals> = op_LOAD_FAST__LOAD_FAST;
template <>
constexpr Handler loads<Operands::local_and_constant> = op_LOAD_FAST__LOAD_CONST;
template <>
constexpr Handler loads<Operands::constant_and_local> = op_LOAD_CONST__LOAD_FAST;
template <>
constexpr Handler loads<Operands::top_and_local> = op_LOAD_FAST;
template <>
constexpr Handler loads<Operands::top_and_constant> = op_LOAD_CONST;

/// A float in a variable whose place the next one can take.
inline bool is_replaceable_float(PyObject* value) {
    return value != nullptr && Py_REFCNT(value) == 1 && PyFloat_CheckExact(value);
}

}  // namespace

/// Gets both operands, or leaves it to the loads to find that one is not there.
#define OPERANDS() \
    PyObject* left = left_operand<operands>(frame, sp, oparg); \
    PyObject* right = right_operand<operands>(frame, ip, oparg); \
    if (left == nullptr || right == nullptr) [[unlikely]] \
        GOTO(loads<operands>); \
    [[maybe_unused]] Instr* const behind = \
        ip + distance_to_operator(operands) + 1 + INLINE_CACHE_ENTRIES_BINARY_OP

/// The result, which is a new reference, goes where it belongs.
#define FINISH(result) \
    do { \
        ip = behind; \
        if constexpr (left_is_on_stack(operands)) { \
            sp[-1] = result; \
            DROP_AND_NEXT(left); \
        } else { \
            STORE_LOOP_VALUE(result); \
        } \
    } while (0)

/// The same of a number: takes the place of one that is not needed any more, if there is one.
#define FINISH_NUMBER(value, is_replaceable, set_value, reused) \
    do { \
        if constexpr (left_is_on_stack(operands)) { \
            if (Py_REFCNT(left) == 1) { \
                set_value(left, value); \
                ip = behind; \
                NEXT(); \
            } \
        } else if (stores_in_local(behind)) { \
            PyObject* last = frame->localsplus[_Py_OPARG(*behind)]; \
            if (is_replaceable(last)) { \
                set_value(last, value); \
                ip = behind + 1; \
                NEXT(); \
            } \
        } \
        PyObject* result = reused; \
        if (result == nullptr) [[unlikely]] \
            GOTO(loads<operands>); \
        FINISH(result); \
    } while (0)

#define FINISH_INT(value) \
    do { \
        const Py_ssize_t number = value; \
        if (is_small_value(number)) \
            FINISH(small_int(number)); \
        if (!is_compact_value(number)) [[unlikely]] \
            GOTO(loads<operands>); \
        FINISH_NUMBER(number, is_replaceable_int, set_compact_value, reuse_int(number)); \
    } while (0)

namespace {

#define INT_OPERATOR(name, result) \
    template <Operands operands> \
    HANDLER(name) { \
        OPERANDS(); \
        if (!are_compact_ints(left, right)) [[unlikely]] \
            GOTO(loads<operands>); \
        const Py_ssize_t a = compact_value(left); \
        const Py_ssize_t b = compact_value(right); \
        FINISH_INT(result); \
    }

INT_OPERATOR(add_ints, a + b)
INT_OPERATOR(subtract_ints, a - b)
INT_OPERATOR(multiply_ints, a* b)

#define FLOAT_OPERATOR(name, operation) \
    template <Operands operands> \
    HANDLER(name) { \
        OPERANDS(); \
        if (!PyFloat_CheckExact(left) || !PyFloat_CheckExact(right)) [[unlikely]] \
            GOTO(loads<operands>); \
        const double number = float_value(left) operation float_value(right); \
        FINISH_NUMBER(number, is_replaceable_float, set_float_value, reuse_float(ts, number)); \
    }

FLOAT_OPERATOR(add_floats, +)
FLOAT_OPERATOR(subtract_floats, -)
FLOAT_OPERATOR(multiply_floats, *)

// Operators that CPython specialises nothing of.
#define INT_ONLY_OPERATOR(name, is_done_here, result) \
    template <Operands operands> \
    HANDLER(name) { \
        OPERANDS(); \
        if (!are_compact_ints(left, right)) [[unlikely]] \
            GOTO(loads<operands>); \
        const auto a = static_cast<int>(compact_value(left)); \
        const auto b = static_cast<int>(compact_value(right)); \
        if (!(is_done_here)) [[unlikely]] \
            GOTO(loads<operands>); \
        FINISH_INT(result); \
    }

INT_ONLY_OPERATOR(bitwise_and, true, a& b)
INT_ONLY_OPERATOR(bitwise_or, true, a | b)
INT_ONLY_OPERATOR(bitwise_xor, true, a ^ b)
INT_ONLY_OPERATOR(shift_left, b >= 0 && b < PyLong_SHIFT, a*(Py_ssize_t{1} << b))
INT_ONLY_OPERATOR(shift_right, b >= 0 && b < PyLong_SHIFT, a >> b)
INT_ONLY_OPERATOR(floor_divide, b != 0, a / b - static_cast<int>(a % b != 0 && (a ^ b) < 0))
INT_ONLY_OPERATOR(remainder, b != 0, a % b + (a % b != 0 && (a ^ b) < 0 ? b : 0))

/// In the order of the NB_ numbers of <opcode.h>; of those that CPython specialises, the operator itself is to see to it.
template <Operands operands>
constexpr Handler unspecialized_operators[] = {
    loads<operands>,       bitwise_and<operands>, floor_divide<operands>, shift_left<operands>,
    loads<operands>,       loads<operands>,       remainder<operands>,    bitwise_or<operands>,
    loads<operands>,       shift_right<operands>, loads<operands>,        loads<operands>,
    bitwise_xor<operands>,
};

template <Operands operands>
HANDLER(unspecialized_operator) {
    const int operation = _Py_OPARG(ip[distance_to_operator(operands)]);
    GOTO(
        unspecialized_operators<operands>[operation < NB_INPLACE_ADD ? operation
                                                                     : operation - NB_INPLACE_ADD]);
}

// A comparison, and the jump behind it.
#define COMPARE_AND_JUMP(name, opcode_name, ordering_of) \
    template <Operands operands> \
    HANDLER(name) { \
        OPERANDS(); \
        const int ordering = ordering_of(left, right); \
        if (ordering == 0 || dispatch_table[opcode_name] != op_##opcode_name) [[unlikely]] \
            GOTO(loads<operands>); \
        Instr* const compare = ip + distance_to_operator(operands); \
        const int taken = ordering & cache_at<_PyCompareOpCache>(compare + 1)->mask; \
        if ((taken & backward_bits) != 0 && breaker_is_set(ts)) [[unlikely]] \
            GOTO(loads<operands>); \
        ip = compare + 1 + INLINE_CACHE_ENTRIES_COMPARE_OP; \
        const int distance = _Py_OPARG(*ip++); \
        if ((taken & backward_bits) != 0) { \
            JUMP_BY(-distance); \
        } else if (taken != 0) { \
            JUMP_BY(distance); \
        } \
        if constexpr (left_is_on_stack(operands)) { \
            sp--; \
            DROP_AND_NEXT(left); \
        } \
        NEXT(); \
    }

COMPARE_AND_JUMP(compare_ints, COMPARE_OP_INT_JUMP, ordering_of_ints)
COMPARE_AND_JUMP(compare_floats, COMPARE_OP_FLOAT_JUMP, ordering_of_floats)
COMPARE_AND_JUMP(compare_strings, COMPARE_OP_STR_JUMP, ordering_of_different_strings)

#define ITEM_AT_INDEX(name, is_sequence, items_of) \
    template <Operands operands> \
    HANDLER(name) { \
        OPERANDS(); \
        if (!is_sequence(left) || !PyLong_CheckExact(right) || !is_plain_index(right)) \
            [[unlikely]] \
            GOTO(loads<operands>); \
        const Py_ssize_t index = index_value(right); \
        if (index >= Py_SIZE(left)) [[unlikely]] \
            GOTO(loads<operands>); \
        PyObject* item = Py_NewRef(items_of(left)[index]); \
        ip += distance_to_operator(operands) + 1 + INLINE_CACHE_ENTRIES_BINARY_SUBSCR; \
        if constexpr (left_is_on_stack(operands)) { \
            sp[-1] = item; \
            DROP_AND_NEXT(left); \
        } \
        STORE_LOOP_VALUE(item); \
    }

#define LIST_ITEMS(list) (reinterpret_cast<PyListObject*>(list)->ob_item)
#define TUPLE_ITEMS(tuple) (reinterpret_cast<PyTupleObject*>(tuple)->ob_item)
ITEM_AT_INDEX(item_of_list, PyList_CheckExact, LIST_ITEMS)
ITEM_AT_INDEX(item_of_tuple, PyTuple_CheckExact, TUPLE_ITEMS)

template <Operands operands>
constexpr HandlersByOpcode operators_on() {
    HandlersByOpcode by_opcode = {};
    Handler* handlers = by_opcode.handlers;
    handlers[BINARY_OP_ADD_INT] = add_ints<operands>;
    handlers[BINARY_OP_SUBTRACT_INT] = subtract_ints<operands>;
    handlers[BINARY_OP_MULTIPLY_INT] = multiply_ints<operands>;
    handlers[BINARY_OP_ADD_FLOAT] = add_floats<operands>;
    handlers[BINARY_OP_SUBTRACT_FLOAT] = subtract_floats<operands>;
    handlers[BINARY_OP_MULTIPLY_FLOAT] = multiply_floats<operands>;
    handlers[BINARY_OP] = unspecialized_operator<operands>;
    handlers[BINARY_OP_ADAPTIVE] = unspecialized_operator<operands>;
    handlers[COMPARE_OP_INT_JUMP] = compare_ints<operands>;
    handlers[COMPARE_OP_FLOAT_JUMP] = compare_floats<operands>;
    handlers[COMPARE_OP_STR_JUMP] = compare_strings<operands>;
    handlers[BINARY_SUBSCR_LIST_INT] = item_of_list<operands>;
    handlers[BINARY_SUBSCR_TUPLE_INT] = item_of_tuple<operands>;
    return by_opcode;
}

}  // namespace

HANDLER(load_attribute_of_local);

namespace {

constexpr HandlersByOpcode make_behind_two_locals() {
    HandlersByOpcode by_opcode = operators_on<Operands::two_locals>();
    by_opcode.handlers[LOAD_FAST] = push_first_local;
    by_opcode.handlers[LOAD_FAST__LOAD_FAST] = push_first_local;
    by_opcode.handlers[LOAD_FAST__LOAD_CONST] = push_first_local;
    by_opcode.handlers[LOAD_CONST] = push_first_local;
    return by_opcode;
}

constexpr HandlersByOpcode make_behind_local() {
    HandlersByOpcode by_opcode = operators_on<Operands::top_and_local>();
    by_opcode.handlers[LOAD_FAST] = load_two_locals_in_a_row;
    by_opcode.handlers[LOAD_FAST__LOAD_FAST] = load_two_locals_in_a_row;
    by_opcode.handlers[LOAD_FAST__LOAD_CONST] = load_two_locals_in_a_row;
    by_opcode.handlers[LOAD_CONST] = load_local_and_constant_in_a_row;
    by_opcode.handlers[LOAD_ATTR_INSTANCE_VALUE] = load_attribute_of_local;
    return by_opcode;
}

}  // namespace

constinit const HandlersByOpcode behind_two_locals = make_behind_two_locals();
constinit const HandlersByOpcode behind_local_and_constant =
    operators_on<Operands::local_and_constant>();
constinit const HandlersByOpcode behind_constant_and_local =
    operators_on<Operands::constant_and_local>();
constinit const HandlersByOpcode behind_local = make_behind_local();
constinit const HandlersByOpcode behind_constant = operators_on<Operands::top_and_constant>();

}  // namespace stackless::eval
