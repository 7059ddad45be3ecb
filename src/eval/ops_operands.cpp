// Operators together with the loads before them, where the operands are in local variables or constants.
//
// The operands are used where they are: nothing is pushed, and no references are counted. The result takes the place of
// the int or float in the variable that it is about to be stored in, if nobody else refers to that. Whatever is not that
// simple is left to the loads and the operator by themselves.
#include "eval/operands.hpp"

#include <initializer_list>

#include "cpython/first_probe.hpp"
#include "eval/conditions.hpp"
#include "eval/counting.hpp"
#include "eval/items.hpp"
#include "eval/medium_ints.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/orderings.hpp"
#include "eval/results.hpp"
#include "eval/wide_ints.hpp"

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
            HAND_OVER(result); \
        } \
    } while (0)

/// The same where memory was needed for it, if there was some.
#define FINISH_NEW(reused) \
    do { \
        PyObject* result = reused; \
        if (result == nullptr) [[unlikely]] \
            GOTO(loads<operands>); \
        FINISH(result); \
    } while (0)

/// The same of a number: takes the place of one that is not needed any more, if there is one.
#define FINISH_NUMBER(value, is_replaceable, set_value, reused) \
    do { \
        if constexpr (left_is_on_stack(operands)) { \
            if (is_replaceable(left)) { \
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
        FINISH_NEW(reused); \
    } while (0)

#define FINISH_FLOAT(value) \
    do { \
        const double number = value; \
        FINISH_NUMBER(number, is_replaceable_float, set_float_value, reuse_float(ts, number)); \
    } while (0)

#define FINISH_INT(value) \
    do { \
        const Py_ssize_t number = value; \
        if (is_small_value(number)) \
            FINISH(small_int(number)); \
        if (!is_compact_value(number)) { \
            if (!is_medium_value(number)) \
                GOTO(loads<operands>); \
            FINISH_NEW(reuse_medium_int(number)); \
        } \
        FINISH_NUMBER(number, is_replaceable_int, set_compact_value, reuse_int(number)); \
    } while (0)

namespace {

// Ints of up to 128 bits, as those of random number generators and hashes. If memory is short, the loads and the operator find out.
template <Operands operands>
HANDLER(operate_on_wide_ints_there) {
    OPERANDS();
    if (!PyLong_CheckExact(left) || !PyLong_CheckExact(right))
        GOTO(loads<operands>);
    SAVE_IP();
    PyObject* result =
        operate_on_wide_ints(_Py_OPARG(ip[distance_to_operator(operands)]), left, right);
    if (result == nullptr) {
        _PyErr_Clear(ts);
        GOTO(loads<operands>);
    }
    FINISH(result);
}

// Ints of two digits, as times.
template <Operands operands>
HANDLER(operate_on_medium_ints) {
    OPERANDS();
    Py_ssize_t result;
    if (!is_medium_exact_int(left) || !is_medium_exact_int(right) ||
        !operate_on_medium_values(_Py_OPARG(ip[distance_to_operator(operands)]), medium_value(left),
                                  medium_value(right), &result))
        GOTO(operate_on_wide_ints_there<operands>);
    FINISH_INT(result);
}

#define INT_OPERATOR(name, result) \
    template <Operands operands> \
    HANDLER(name) { \
        OPERANDS(); \
        if (!are_compact_ints(left, right)) [[unlikely]] \
            GOTO(operate_on_medium_ints<operands>); \
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
        FINISH_FLOAT(float_value(left) operation float_value(right)); \
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
            GOTO(operate_on_medium_ints<operands>); \
        const auto a = static_cast<int>(compact_value(left)); \
        const auto b = static_cast<int>(compact_value(right)); \
        if (!(is_done_here)) [[unlikely]] \
            GOTO(loads<operands>); \
        FINISH_INT(result); \
    }

STACKLESS_INT_ONLY_OPERATORS(INT_ONLY_OPERATOR)

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

// ---- Tests

// A comparison, and the jump behind it; `pays` while some thread counts (see counting.hpp).
#define COMPARE_AND_JUMP(name, opcode_name, ordering_of) \
    template <Operands operands, bool pays> \
    HANDLER(name##_with) { \
        OPERANDS(); \
        if (dispatch_table[opcode_name] != (pays ? pay_for_##opcode_name : op_##opcode_name)) \
            [[unlikely]] \
            GOTO((pays ? loads<operands> : name##_with<operands, true>)); \
        const int ordering = ordering_of(left, right); \
        if (ordering == 0) [[unlikely]] \
            GOTO(loads<operands>); \
        Instr* const compare = ip + distance_to_operator(operands); \
        const int taken = ordering & cache_at<_PyCompareOpCache>(compare + 1)->mask; \
        Instr* const jump = compare + 1 + INLINE_CACHE_ENTRIES_COMPARE_OP; \
        const int distance = _Py_OPARG(*jump); \
        if ((taken & backward_bits) != 0 && \
            (breaker_is_set(ts) || (pays && units_left < distance))) [[unlikely]] \
            GOTO(loads<operands>); \
        ip = jump + 1; \
        if ((taken & backward_bits) != 0) { \
            if constexpr (pays) \
                units_left -= distance; \
            JUMP_BY(-distance); \
        } else if (taken != 0) { \
            if constexpr (pays) \
                refund(distance); \
            JUMP_BY(distance); \
        } \
        if constexpr (left_is_on_stack(operands)) { \
            sp--; \
            DROP_AND_NEXT(left); \
        } \
        NEXT(); \
    } \
    template <Operands operands> \
    constexpr Handler name = name##_with<operands, false>;

COMPARE_AND_JUMP(compare_ints, COMPARE_OP_INT_JUMP, ordering_of_ints)
COMPARE_AND_JUMP(compare_floats, COMPARE_OP_FLOAT_JUMP, ordering_of_floats)
COMPARE_AND_JUMP(compare_strings, COMPARE_OP_STR_JUMP, ordering_of_different_strings)

template <Operands operands>
HANDLER(contains) {
    OPERANDS();
    const Probe probe = probe_known(right, left);
    if (probe == Probe::unknown || (left_is_on_stack(operands) && Py_REFCNT(left) == 1))
        GOTO(loads<operands>);
    if constexpr (left_is_on_stack(operands)) {
        (void)drop_was_last(left);
        sp--;
    }
    ip += distance_to_operator(operands);
    const bool is_inverted = _Py_OPARG(*ip++) != 0;
    const bool is_true = (probe == Probe::present) != is_inverted;
    JUMP_AND_GO_ON(is_true, NEXT());
    *sp++ = new_bool(is_true);
    NEXT();
}

// ---- Subscripts

/// The item, which is borrowed, goes where it belongs.
#define FINISH_ITEM(borrowed) \
    do { \
        PyObject* loaded = Py_NewRef(borrowed); \
        ip += distance_to_operator(operands) + 1 + INLINE_CACHE_ENTRIES_BINARY_SUBSCR; \
        if constexpr (left_is_on_stack(operands)) { \
            sp[-1] = loaded; \
            DROP_AND_NEXT(left); \
        } \
        HAND_OVER(loaded); \
    } while (0)

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
        FINISH_ITEM(items_of(left)[index]); \
    }

#define LIST_ITEMS(list) (reinterpret_cast<PyListObject*>(list)->ob_item)
#define TUPLE_ITEMS(tuple) (reinterpret_cast<PyTupleObject*>(tuple)->ob_item)
ITEM_AT_INDEX(item_of_list, PyList_CheckExact, LIST_ITEMS)
ITEM_AT_INDEX(item_of_tuple, PyTuple_CheckExact, TUPLE_ITEMS)

template <Operands operands>
HANDLER(item_of_any) {
    OPERANDS();
    if (!PyLong_CheckExact(right) || !is_compact_int(right))
        GOTO(loads<operands>);
    PyObject* item = item_of(left, right);
    if (item == nullptr)
        GOTO(loads<operands>);
    FINISH_ITEM(item);
}

template <Operands operands>
HANDLER(item_of_dict) {
    OPERANDS();
    if (!PyDict_CheckExact(left)) [[unlikely]]
        GOTO(loads<operands>);
    const Py_hash_t hash = known_hash(right);
    PyObject* item;
    if (hash == -1 ||
        first_probe(reinterpret_cast<PyDictObject*>(left), right, hash, &item) != Probe::present)
        GOTO(loads<operands>);
    FINISH_ITEM(item);
}

/// list[index] = value: the list and the index are the operands, the value is on the stack.
template <Operands operands>
HANDLER(store_in_list) {
    static_assert(!left_is_on_stack(operands));
    OPERANDS();
    if (!PyList_CheckExact(left) || !PyLong_CheckExact(right) || !is_plain_index(right))
        [[unlikely]]
        GOTO(loads<operands>);
    const Py_ssize_t index = index_value(right);
    if (index >= PyList_GET_SIZE(left)) [[unlikely]]
        GOTO(loads<operands>);
    PyObject* old = PyList_GET_ITEM(left, index);
    PyList_SET_ITEM(left, index, *--sp);
    ip += distance_to_operator(operands) + 1 + INLINE_CACHE_ENTRIES_STORE_SUBSCR;
    DROP_AND_NEXT(old);
}

template <Operands operands>
constexpr HandlersByOpcode operators_on() {
    HandlersByOpcode by_opcode = {};
    by_opcode.set(BINARY_OP_ADD_INT, add_ints<operands>);
    by_opcode.set(BINARY_OP_SUBTRACT_INT, subtract_ints<operands>);
    by_opcode.set(BINARY_OP_MULTIPLY_INT, multiply_ints<operands>);
    by_opcode.set(BINARY_OP_ADD_FLOAT, add_floats<operands>);
    by_opcode.set(BINARY_OP_SUBTRACT_FLOAT, subtract_floats<operands>);
    by_opcode.set(BINARY_OP_MULTIPLY_FLOAT, multiply_floats<operands>);
    by_opcode.set(BINARY_OP, unspecialized_operator<operands>);
    by_opcode.set(BINARY_OP_ADAPTIVE, unspecialized_operator<operands>);
    by_opcode.set(COMPARE_OP_INT_JUMP, compare_ints<operands>);
    by_opcode.set(COMPARE_OP_FLOAT_JUMP, compare_floats<operands>);
    by_opcode.set(COMPARE_OP_STR_JUMP, compare_strings<operands>);
    by_opcode.set(BINARY_SUBSCR_LIST_INT, item_of_list<operands>);
    by_opcode.set(BINARY_SUBSCR_TUPLE_INT, item_of_tuple<operands>);
    by_opcode.set(BINARY_SUBSCR_DICT, item_of_dict<operands>);
    by_opcode.set(BINARY_SUBSCR, item_of_any<operands>);
    if constexpr (operands != Operands::top_and_constant &&
                  operands != Operands::local_and_constant) {
        by_opcode.set(CONTAINS_OP, contains<operands>);
    }
    return by_opcode;
}

}  // namespace

// ---- One local variable

namespace {

/// The truth of what needs no call to tell: 1 or 0; -1 for anything else.
inline int known_truth(PyObject* value) {
    if (value == Py_True)
        return 1;
    if (value == Py_False || value == Py_None)
        return 0;
    if (PyLong_CheckExact(value))
        return static_cast<int>(Py_SIZE(value) != 0);
    const Py_ssize_t length = known_length(value);
    return length < 0 ? -1 : static_cast<int>(length != 0);
}

#define JUMP_ON_LOCAL(name, opcode_name, truth_of, wanted) \
    template <bool pays> \
    HANDLER(name##_with) { \
        PyObject* value = frame->localsplus[oparg]; \
        if (dispatch_table[opcode_name] != (pays ? pay_for_##opcode_name : op_##opcode_name)) \
            [[unlikely]] \
            GOTO((pays ? op_LOAD_FAST : name##_with<true>)); \
        const int truth = value == nullptr ? -1 : truth_of(value); \
        if (truth < 0) [[unlikely]] \
            GOTO(op_LOAD_FAST); \
        const int distance = _Py_OPARG(*ip++); \
        if (truth == (wanted)) { \
            if constexpr (pays) \
                refund(distance); \
            JUMP_BY(distance); \
        } \
        NEXT(); \
    } \
    constexpr Handler name = name##_with<false>;

#define IS_NONE(value) static_cast<int>((value) == Py_None)
JUMP_ON_LOCAL(jump_if_false, POP_JUMP_FORWARD_IF_FALSE, known_truth, 0)
JUMP_ON_LOCAL(jump_if_true, POP_JUMP_FORWARD_IF_TRUE, known_truth, 1)
JUMP_ON_LOCAL(jump_if_none, POP_JUMP_FORWARD_IF_NONE, IS_NONE, 1)
JUMP_ON_LOCAL(jump_if_not_none, POP_JUMP_FORWARD_IF_NOT_NONE, IS_NONE, 0)

/// The value leaves the variable with the function, unless somebody may look at the variable afterwards.
HANDLER(return_local) {
    PyObject* value = frame->localsplus[oparg];
    const Handler return_value = dispatch_table[RETURN_VALUE];
    if (value == nullptr || frame->frame_obj != nullptr ||
        (return_value != op_RETURN_VALUE && return_value != pay_for_RETURN_VALUE)) [[unlikely]]
        GOTO(op_LOAD_FAST);
    frame->localsplus[oparg] = nullptr;
    *sp++ = value;
    ip++;
    GOTO(return_value);
}

/// `COPY 1` behind a LOAD_FAST is the same LOAD_FAST once more: `self.attribute += 1`.
HANDLER(copy_local) {
    PyObject* value = frame->localsplus[oparg];
    if (value == nullptr || _Py_OPARG(*ip) != 1) [[unlikely]]
        GOTO(op_LOAD_FAST);
    *sp++ = Py_NewRef(value);
    ip++;
    GOTO(load_fast_in_a_row);
}

constexpr HandlersByOpcode make_behind_two_locals() {
    HandlersByOpcode by_opcode = operators_on<Operands::two_locals>();
    by_opcode.set(STORE_SUBSCR_LIST_INT, store_in_list<Operands::two_locals>);
    for (const int opcode : {LOAD_FAST, LOAD_FAST__LOAD_FAST, LOAD_FAST__LOAD_CONST, LOAD_CONST,
                             LOAD_ATTR_INSTANCE_VALUE, LOAD_ATTR_SLOT, STORE_ATTR_INSTANCE_VALUE,
                             STORE_ATTR_SLOT, COPY}) {
        by_opcode.set(opcode, push_first_local);
    }
    return by_opcode;
}

constexpr HandlersByOpcode make_behind_local_and_constant() {
    HandlersByOpcode by_opcode = operators_on<Operands::local_and_constant>();
    by_opcode.set(STORE_SUBSCR_LIST_INT, store_in_list<Operands::local_and_constant>);
    return by_opcode;
}

constexpr HandlersByOpcode make_behind_local() {
    HandlersByOpcode by_opcode = operators_on<Operands::top_and_local>();
    by_opcode.set(LOAD_FAST, load_two_locals_in_a_row);
    by_opcode.set(LOAD_FAST__LOAD_FAST, load_two_locals_in_a_row);
    by_opcode.set(LOAD_FAST__LOAD_CONST, load_two_locals_in_a_row);
    by_opcode.set(LOAD_CONST, load_local_and_constant_in_a_row);
    by_opcode.set(LOAD_ATTR_INSTANCE_VALUE, load_value_of_local);
    by_opcode.set(LOAD_ATTR_SLOT, load_slot_of_local);
    by_opcode.set(STORE_ATTR_INSTANCE_VALUE, store_value_of_local);
    by_opcode.set(STORE_ATTR_SLOT, store_slot_of_local);
    by_opcode.set(POP_JUMP_FORWARD_IF_FALSE, jump_if_false);
    by_opcode.set(POP_JUMP_FORWARD_IF_TRUE, jump_if_true);
    by_opcode.set(POP_JUMP_FORWARD_IF_NONE, jump_if_none);
    by_opcode.set(POP_JUMP_FORWARD_IF_NOT_NONE, jump_if_not_none);
    by_opcode.set(RETURN_VALUE, return_local);
    by_opcode.set(COPY, copy_local);
    return by_opcode;
}

}  // namespace

constinit const HandlersByOpcode behind_two_locals = make_behind_two_locals();
constinit const HandlersByOpcode behind_local_and_constant = make_behind_local_and_constant();
constinit const HandlersByOpcode behind_constant_and_local =
    operators_on<Operands::constant_and_local>();
constinit const HandlersByOpcode behind_local = make_behind_local();
constinit const HandlersByOpcode behind_constant = operators_on<Operands::top_and_constant>();

namespace {

constexpr void note(TablesByOpcode& tables, const HandlersByOpcode& by_opcode, TableBehind bit) {
    for (int opcode = 0; opcode < 256; opcode++) {
        if (by_opcode.are_there[opcode]) {
            tables.tables[opcode] |= bit;
        }
    }
}

constexpr TablesByOpcode make_tables_behind() {
    TablesByOpcode tables = {};
    note(tables, make_behind_two_locals(), in_behind_two_locals);
    note(tables, make_behind_local_and_constant(), in_behind_local_and_constant);
    note(tables, operators_on<Operands::constant_and_local>(), in_behind_constant_and_local);
    note(tables, make_behind_local(), in_behind_local);
    note(tables, operators_on<Operands::top_and_constant>(), in_behind_constant);
    return tables;
}

}  // namespace

constinit const TablesByOpcode tables_behind = make_tables_behind();

}  // namespace stackless::eval
