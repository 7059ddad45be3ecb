// Every opcode of CPython 3.11, once: the general instructions with their specialised forms behind
// them. The handlers' declarations and the dispatch table are made from this list.
#pragma once

#include "eval/handler.hpp"

// clang-format off
#define STACKLESS_OPCODES(X) \
    X(CACHE) \
    X(POP_TOP) \
    X(PUSH_NULL) \
    X(NOP) \
    X(UNARY_POSITIVE) \
    X(UNARY_NEGATIVE) \
    X(UNARY_NOT) \
    X(UNARY_INVERT) \
    X(BINARY_SUBSCR) X(BINARY_SUBSCR_ADAPTIVE) X(BINARY_SUBSCR_DICT) X(BINARY_SUBSCR_GETITEM) \
        X(BINARY_SUBSCR_LIST_INT) X(BINARY_SUBSCR_TUPLE_INT) \
    X(GET_LEN) \
    X(MATCH_MAPPING) \
    X(MATCH_SEQUENCE) \
    X(MATCH_KEYS) \
    X(PUSH_EXC_INFO) \
    X(CHECK_EXC_MATCH) \
    X(CHECK_EG_MATCH) \
    X(WITH_EXCEPT_START) \
    X(GET_AITER) \
    X(GET_ANEXT) \
    X(BEFORE_ASYNC_WITH) \
    X(BEFORE_WITH) \
    X(END_ASYNC_FOR) \
    X(STORE_SUBSCR) X(STORE_SUBSCR_ADAPTIVE) X(STORE_SUBSCR_DICT) X(STORE_SUBSCR_LIST_INT) \
    X(DELETE_SUBSCR) \
    X(GET_ITER) \
    X(GET_YIELD_FROM_ITER) \
    X(PRINT_EXPR) \
    X(LOAD_BUILD_CLASS) \
    X(LOAD_ASSERTION_ERROR) \
    X(RETURN_GENERATOR) \
    X(LIST_TO_TUPLE) \
    X(RETURN_VALUE) \
    X(IMPORT_STAR) \
    X(SETUP_ANNOTATIONS) \
    X(YIELD_VALUE) \
    X(ASYNC_GEN_WRAP) \
    X(PREP_RERAISE_STAR) \
    X(POP_EXCEPT) \
    X(STORE_NAME) \
    X(DELETE_NAME) \
    X(UNPACK_SEQUENCE) X(UNPACK_SEQUENCE_ADAPTIVE) X(UNPACK_SEQUENCE_LIST) \
        X(UNPACK_SEQUENCE_TUPLE) X(UNPACK_SEQUENCE_TWO_TUPLE) \
    X(FOR_ITER) \
    X(UNPACK_EX) \
    X(STORE_ATTR) X(STORE_ATTR_ADAPTIVE) X(STORE_ATTR_INSTANCE_VALUE) X(STORE_ATTR_SLOT) \
        X(STORE_ATTR_WITH_HINT) \
    X(DELETE_ATTR) \
    X(STORE_GLOBAL) \
    X(DELETE_GLOBAL) \
    X(SWAP) \
    X(LOAD_CONST) X(LOAD_CONST__LOAD_FAST) \
    X(LOAD_NAME) \
    X(BUILD_TUPLE) \
    X(BUILD_LIST) \
    X(BUILD_SET) \
    X(BUILD_MAP) \
    X(LOAD_ATTR) X(LOAD_ATTR_ADAPTIVE) X(LOAD_ATTR_INSTANCE_VALUE) X(LOAD_ATTR_MODULE) \
        X(LOAD_ATTR_SLOT) X(LOAD_ATTR_WITH_HINT) \
    X(COMPARE_OP) X(COMPARE_OP_ADAPTIVE) X(COMPARE_OP_FLOAT_JUMP) X(COMPARE_OP_INT_JUMP) \
        X(COMPARE_OP_STR_JUMP) \
    X(IMPORT_NAME) \
    X(IMPORT_FROM) \
    X(JUMP_FORWARD) \
    X(JUMP_IF_FALSE_OR_POP) \
    X(JUMP_IF_TRUE_OR_POP) \
    X(POP_JUMP_FORWARD_IF_FALSE) \
    X(POP_JUMP_FORWARD_IF_TRUE) \
    X(LOAD_GLOBAL) X(LOAD_GLOBAL_ADAPTIVE) X(LOAD_GLOBAL_BUILTIN) X(LOAD_GLOBAL_MODULE) \
    X(IS_OP) \
    X(CONTAINS_OP) \
    X(RERAISE) \
    X(COPY) \
    X(BINARY_OP) X(BINARY_OP_ADAPTIVE) X(BINARY_OP_ADD_FLOAT) X(BINARY_OP_ADD_INT) \
        X(BINARY_OP_ADD_UNICODE) X(BINARY_OP_INPLACE_ADD_UNICODE) X(BINARY_OP_MULTIPLY_FLOAT) \
        X(BINARY_OP_MULTIPLY_INT) X(BINARY_OP_SUBTRACT_FLOAT) X(BINARY_OP_SUBTRACT_INT) \
    X(SEND) \
    X(LOAD_FAST) X(LOAD_FAST__LOAD_CONST) X(LOAD_FAST__LOAD_FAST) \
    X(STORE_FAST) X(STORE_FAST__LOAD_FAST) X(STORE_FAST__STORE_FAST) \
    X(DELETE_FAST) \
    X(POP_JUMP_FORWARD_IF_NOT_NONE) \
    X(POP_JUMP_FORWARD_IF_NONE) \
    X(RAISE_VARARGS) \
    X(GET_AWAITABLE) \
    X(MAKE_FUNCTION) \
    X(BUILD_SLICE) \
    X(JUMP_BACKWARD_NO_INTERRUPT) \
    X(MAKE_CELL) \
    X(LOAD_CLOSURE) \
    X(LOAD_DEREF) \
    X(STORE_DEREF) \
    X(DELETE_DEREF) \
    X(JUMP_BACKWARD) X(JUMP_BACKWARD_QUICK) \
    X(CALL_FUNCTION_EX) \
    X(EXTENDED_ARG) X(EXTENDED_ARG_QUICK) \
    X(LIST_APPEND) \
    X(SET_ADD) \
    X(MAP_ADD) \
    X(LOAD_CLASSDEREF) \
    X(COPY_FREE_VARS) \
    X(RESUME) X(RESUME_QUICK) \
    X(MATCH_CLASS) \
    X(FORMAT_VALUE) \
    X(BUILD_CONST_KEY_MAP) \
    X(BUILD_STRING) \
    X(LOAD_METHOD) X(LOAD_METHOD_ADAPTIVE) X(LOAD_METHOD_CLASS) X(LOAD_METHOD_MODULE) \
        X(LOAD_METHOD_NO_DICT) X(LOAD_METHOD_WITH_DICT) X(LOAD_METHOD_WITH_VALUES) \
    X(LIST_EXTEND) \
    X(SET_UPDATE) \
    X(DICT_MERGE) \
    X(DICT_UPDATE) \
    X(PRECALL) X(PRECALL_ADAPTIVE) X(PRECALL_BOUND_METHOD) X(PRECALL_BUILTIN_CLASS) \
        X(PRECALL_BUILTIN_FAST_WITH_KEYWORDS) X(PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS) \
        X(PRECALL_NO_KW_BUILTIN_FAST) X(PRECALL_NO_KW_BUILTIN_O) X(PRECALL_NO_KW_ISINSTANCE) \
        X(PRECALL_NO_KW_LEN) X(PRECALL_NO_KW_LIST_APPEND) \
        X(PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST) X(PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS) \
        X(PRECALL_NO_KW_METHOD_DESCRIPTOR_O) X(PRECALL_NO_KW_STR_1) X(PRECALL_NO_KW_TUPLE_1) \
        X(PRECALL_NO_KW_TYPE_1) X(PRECALL_PYFUNC) \
    X(CALL) X(CALL_ADAPTIVE) X(CALL_PY_EXACT_ARGS) X(CALL_PY_WITH_DEFAULTS) \
    X(KW_NAMES) \
    X(POP_JUMP_BACKWARD_IF_NOT_NONE) \
    X(POP_JUMP_BACKWARD_IF_NONE) \
    X(POP_JUMP_BACKWARD_IF_FALSE) \
    X(POP_JUMP_BACKWARD_IF_TRUE)
// clang-format on

// Instructions of our own, for the code of hidden functions (hidden_functions.cpp) only. Their numbers
// are free in CPython 3.11, whose tables do not know them.
#define STACKLESS_OWN_OPCODES(X) \
    X(RESUME_HIDDEN) \
    X(RETURN_HIDDEN) \
    X(LOAD_KNOWN) \
    X(LOAD_FIELD) \
    X(LOAD_FIELD_TO_CALL) \
    X(STORE_FIELD) \
    X(FILL) \
    X(FILL_LOCAL) \
    X(STEP) X(STEP_OR_MISSING) X(LOAD_NAMED_ATTR) X(STORE_NAMED_ATTR) X(DELETE_NAMED_ATTR)

// Those that begin or leave a function or may jump, and those that may come before them: see counting.hpp.
// clang-format off
#define STACKLESS_PAYING_OPCODES(X) \
    X(RESUME) X(RESUME_QUICK) X(RESUME_HIDDEN) \
    X(RETURN_VALUE) X(RETURN_HIDDEN) \
    X(JUMP_FORWARD) \
    X(JUMP_IF_FALSE_OR_POP) \
    X(JUMP_IF_TRUE_OR_POP) \
    X(POP_JUMP_FORWARD_IF_FALSE) \
    X(POP_JUMP_FORWARD_IF_TRUE) \
    X(POP_JUMP_FORWARD_IF_NONE) \
    X(POP_JUMP_FORWARD_IF_NOT_NONE) \
    X(JUMP_BACKWARD) X(JUMP_BACKWARD_QUICK) \
    X(POP_JUMP_BACKWARD_IF_FALSE) \
    X(POP_JUMP_BACKWARD_IF_TRUE) \
    X(POP_JUMP_BACKWARD_IF_NONE) \
    X(POP_JUMP_BACKWARD_IF_NOT_NONE) \
    X(COMPARE_OP_ADAPTIVE) X(COMPARE_OP_FLOAT_JUMP) X(COMPARE_OP_INT_JUMP) X(COMPARE_OP_STR_JUMP) \
    X(EXTENDED_ARG) X(EXTENDED_ARG_QUICK) \
    X(FILL_LOCAL)
// clang-format on

namespace stackless::eval {

enum OwnOpcode : uint8_t {
    /// In the place of RESUME.
    RESUME_HIDDEN = 240,
    /// In the place of RETURN_VALUE.
    RETURN_HIDDEN,
    /// In the place of LOAD_GLOBAL: the object is in the cache.
    LOAD_KNOWN,
    /// In the place of LOAD_ATTR: the argument is the FieldKind, the index of the field is in the cache.
    LOAD_FIELD,
    /// The same in the place of LOAD_METHOD: pushes null before.
    LOAD_FIELD_TO_CALL,
    /// The same for STORE_ATTR.
    STORE_FIELD,
    /// In the place of LOAD_ATTR, STORE_ATTR and DELETE_ATTR: the argument is the local variable that holds the
    /// name.
    LOAD_NAMED_ATTR,
    STORE_NAMED_ATTR,
    DELETE_NAMED_ATTR,
    /// In the place of STORE_ATTR: the argument is the FillKind.
    FILL,
    /// In the place of a LOAD_FAST before FILL and the jump back to FOR_ITER: does all three.
    FILL_LOCAL,
    /// In the place of UNARY_INVERT: next() of the iterator on top of the stack.
    STEP,
    /// In the place of BINARY_OP @: the same with `missing`, which is on top of the iterator, as the default.
    STEP_OR_MISSING,
};

#define STACKLESS_DECLARE(opcode_name) HANDLER(op_##opcode_name);
STACKLESS_OPCODES(STACKLESS_DECLARE)
STACKLESS_OWN_OPCODES(STACKLESS_DECLARE)
#undef STACKLESS_DECLARE
#define STACKLESS_DECLARE(opcode_name) HANDLER(pay_for_##opcode_name);
STACKLESS_PAYING_OPCODES(STACKLESS_DECLARE)
#undef STACKLESS_DECLARE

/// The instruction that a specialised or adaptive one stands for. (Our own have but one form.)
inline int general_form(int opcode) {
    return _PyOpcode_Deopt[opcode] != CACHE ? _PyOpcode_Deopt[opcode] : opcode;
}

/// In the place of PRECALL_BUILTIN_CLASS where instructions are not traced or counted one by one. (For those of loads, see
/// operands.hpp.)
HANDLER(call_builtin_class_in_a_row);
/// The same of FOR_ITER.
HANDLER(for_iter_in_a_row);
HANDLER(for_iter_others_in_a_row);
HANDLER(for_iter_in_one_step);
/// The same of JUMP_BACKWARD_QUICK.
HANDLER(jump_backward_in_a_row);

/// Stands in the dispatch table for all of them while a thread is traced.
HANDLER(trace_next_instruction);
/// The same while a thread counts each instruction.
HANDLER(count_next_instruction);
HANDLER(stop_before_instruction);

}  // namespace stackless::eval
