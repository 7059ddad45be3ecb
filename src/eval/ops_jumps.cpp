// Jumps, and what keeps long-running code interruptible.
#include "eval/counting.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

namespace {

/// True, False and None are never destroyed.
inline void drop_singleton(PyObject* object) {
    (void)drop_was_last(object);
}

/// Code that has run a few times is rewritten into its adaptive form.
inline void warm_up(PyCodeObject* code) {
    if (code->co_warmup != 0 && ++code->co_warmup == 0) {
        _PyCode_Quicken(code);
    }
}

/// The truth of a value: 0, 1, or -1 with an exception set.
inline int truth(PyObject* value) {
    if (value == Py_True)
        return 1;
    if (value == Py_False || value == Py_None)
        return 0;
    return PyObject_IsTrue(value);
}

}  // namespace

OP(RESUME) {
    warm_up(frame->f_code);
    GOTO(op_RESUME_QUICK);
}

OP(RESUME_QUICK) {
    SAVE_IP();
    // 2 and 3 are the resumptions of `yield from` and `await`: the innermost generator has checked.
    if (oparg < 2)
        NEXT_CHECKING_BREAKER();
    NEXT();
}

OP(EXTENDED_ARG) {
    const Instr unit = *ip++;
    oparg = oparg << 8 | _Py_OPARG(unit);
    // The tracing table's entry for the opcode would trace it again.
    GOTO(untraced_handlers[_PyOpcode_Deopt[_Py_OPCODE(unit)]]);
}

OP(EXTENDED_ARG_QUICK) {
    const Instr unit = *ip++;
    oparg = oparg << 8 | _Py_OPARG(unit);
    GOTO(untraced_handlers[_Py_OPCODE(unit)]);
}

OP(JUMP_FORWARD) {
    ip += oparg;
    NEXT();
}

OP(JUMP_BACKWARD) {
    warm_up(frame->f_code);
    GOTO(op_JUMP_BACKWARD_QUICK);
}

OP(JUMP_BACKWARD_QUICK) {
    SAVE_IP();
    ip -= oparg;
    NEXT_CHECKING_BREAKER();
}

// Most loops are `for` loops.
HANDLER(jump_backward_in_a_row) {
    if (breaker_is_set(ts)) [[unlikely]]
        GOTO(op_JUMP_BACKWARD_QUICK);
    ip -= oparg;
    if (_Py_OPCODE(*ip) != FOR_ITER)
        NEXT();
    oparg = _Py_OPARG(*ip++);
    GOTO(for_iter_in_a_row);
}

OP(JUMP_BACKWARD_NO_INTERRUPT) {
    // The loop of `yield from` and `await`: see RESUME.
    ip -= oparg;
    NEXT();
}

// Conditional jumps. Before a backward one the breaker is looked at.
#define FORWARD() \
    ip += oparg; \
    NEXT()
#define BACKWARD() \
    SAVE_IP(); \
    ip -= oparg; \
    NEXT_CHECKING_BREAKER()
// The same while some thread counts.
#define REFUND_FORWARD() \
    refund(oparg); \
    FORWARD()
#define PAY_BACKWARD() \
    SAVE_IP(); \
    ip -= oparg; \
    if (!pay(oparg)) [[unlikely]] \
        GOTO(pay_after_instruction); \
    NEXT_CHECKING_BREAKER()

#define POP_JUMP_ON_TRUTH(handler_name, wanted, JUMP) \
    HANDLER(slow_##handler_name); \
    HANDLER(handler_name) { \
        PyObject* value = sp[-1]; \
        if (value == ((wanted) ? Py_True : Py_False)) { \
            drop_singleton(value); \
            sp--; \
            JUMP(); \
        } \
        if (value == ((wanted) ? Py_False : Py_True)) { \
            drop_singleton(value); \
            sp--; \
            NEXT(); \
        } \
        GOTO(slow_##handler_name); \
    } \
    HANDLER(slow_##handler_name) { \
        SAVE_IP(); \
        PyObject* value = sp[-1]; \
        if (has_python_truth(value)) \
            GOTO(ask_for_truth); \
        const int is_true = truth(value); \
        if (is_true < 0) \
            GOTO(raise); \
        sp--; \
        Py_DECREF(value); \
        if (is_true == (wanted)) { \
            JUMP(); \
        } \
        NEXT(); \
    }

POP_JUMP_ON_TRUTH(op_POP_JUMP_FORWARD_IF_FALSE, 0, FORWARD)
POP_JUMP_ON_TRUTH(op_POP_JUMP_FORWARD_IF_TRUE, 1, FORWARD)
POP_JUMP_ON_TRUTH(op_POP_JUMP_BACKWARD_IF_FALSE, 0, BACKWARD)
POP_JUMP_ON_TRUTH(op_POP_JUMP_BACKWARD_IF_TRUE, 1, BACKWARD)
POP_JUMP_ON_TRUTH(pay_for_POP_JUMP_FORWARD_IF_FALSE, 0, REFUND_FORWARD)
POP_JUMP_ON_TRUTH(pay_for_POP_JUMP_FORWARD_IF_TRUE, 1, REFUND_FORWARD)
POP_JUMP_ON_TRUTH(pay_for_POP_JUMP_BACKWARD_IF_FALSE, 0, PAY_BACKWARD)
POP_JUMP_ON_TRUTH(pay_for_POP_JUMP_BACKWARD_IF_TRUE, 1, PAY_BACKWARD)

#define POP_JUMP_ON_NONE(handler_name, comparison, JUMP) \
    HANDLER(last_of_##handler_name); \
    HANDLER(handler_name) { \
        PyObject* value = sp[-1]; \
        if (drop_was_last(value)) [[unlikely]] \
            GOTO(last_of_##handler_name); \
        sp--; \
        if (value comparison Py_None) { \
            JUMP(); \
        } \
        NEXT(); \
    } \
    /* The value is not None, which is never destroyed. */ \
    HANDLER(last_of_##handler_name) { \
        SAVE_IP(); \
        PyObject* value = sp[-1]; \
        _Py_Dealloc(value); \
        sp--; \
        if (value comparison Py_None) { \
            JUMP(); \
        } \
        NEXT(); \
    }

POP_JUMP_ON_NONE(op_POP_JUMP_FORWARD_IF_NONE, ==, FORWARD)
POP_JUMP_ON_NONE(op_POP_JUMP_FORWARD_IF_NOT_NONE, !=, FORWARD)
POP_JUMP_ON_NONE(op_POP_JUMP_BACKWARD_IF_NONE, ==, BACKWARD)
POP_JUMP_ON_NONE(op_POP_JUMP_BACKWARD_IF_NOT_NONE, !=, BACKWARD)
POP_JUMP_ON_NONE(pay_for_POP_JUMP_FORWARD_IF_NONE, ==, REFUND_FORWARD)
POP_JUMP_ON_NONE(pay_for_POP_JUMP_FORWARD_IF_NOT_NONE, !=, REFUND_FORWARD)
POP_JUMP_ON_NONE(pay_for_POP_JUMP_BACKWARD_IF_NONE, ==, PAY_BACKWARD)
POP_JUMP_ON_NONE(pay_for_POP_JUMP_BACKWARD_IF_NOT_NONE, !=, PAY_BACKWARD)

#define JUMP_OR_POP(handler_name, wanted, REFUND) \
    HANDLER(handler_name) { \
        SAVE_IP(); \
        PyObject* value = sp[-1]; \
        if (has_python_truth(value)) \
            GOTO(ask_for_truth); \
        const int is_true = truth(value); \
        if (is_true < 0) \
            GOTO(raise); \
        if (is_true == (wanted)) { \
            REFUND(oparg); \
            ip += oparg; \
        } else { \
            sp--; \
            Py_DECREF(value); \
        } \
        NEXT(); \
    }

#define NO_REFUND(units)
JUMP_OR_POP(op_JUMP_IF_FALSE_OR_POP, 0, NO_REFUND)
JUMP_OR_POP(op_JUMP_IF_TRUE_OR_POP, 1, NO_REFUND)
JUMP_OR_POP(pay_for_JUMP_IF_FALSE_OR_POP, 0, refund)
JUMP_OR_POP(pay_for_JUMP_IF_TRUE_OR_POP, 1, refund)

}  // namespace stackless::eval
