// Jumps, and what keeps long-running code interruptible.
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

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

OP(JUMP_BACKWARD_NO_INTERRUPT) {
    // The loop of `yield from` and `await`: see RESUME.
    ip -= oparg;
    NEXT();
}

#define FORWARD() \
    ip += oparg; \
    NEXT()
#define BACKWARD() \
    SAVE_IP(); \
    ip -= oparg; \
    NEXT_CHECKING_BREAKER()

#define POP_JUMP_ON_TRUTH(opcode_name, wanted, JUMP) \
    HANDLER(op_##opcode_name) { \
        PyObject* value = sp[-1]; \
        int is_true; \
        if (value == Py_True) { \
            is_true = 1; \
        } else if (value == Py_False) { \
            is_true = 0; \
        } else { \
            SAVE_IP(); \
            is_true = truth(value); \
            if (is_true < 0) \
                GOTO(raise); \
        } \
        sp--; \
        DROP(value); \
        if (is_true == (wanted)) { \
            JUMP(); \
        } \
        NEXT(); \
    }

POP_JUMP_ON_TRUTH(POP_JUMP_FORWARD_IF_FALSE, 0, FORWARD)
POP_JUMP_ON_TRUTH(POP_JUMP_FORWARD_IF_TRUE, 1, FORWARD)
POP_JUMP_ON_TRUTH(POP_JUMP_BACKWARD_IF_FALSE, 0, BACKWARD)
POP_JUMP_ON_TRUTH(POP_JUMP_BACKWARD_IF_TRUE, 1, BACKWARD)

#define POP_JUMP_ON_NONE(opcode_name, condition, JUMP) \
    HANDLER(op_##opcode_name) { \
        PyObject* value = *--sp; \
        const bool taken = condition; \
        DROP(value); \
        if (taken) { \
            JUMP(); \
        } \
        NEXT(); \
    }

POP_JUMP_ON_NONE(POP_JUMP_FORWARD_IF_NONE, value == Py_None, FORWARD)
POP_JUMP_ON_NONE(POP_JUMP_FORWARD_IF_NOT_NONE, value != Py_None, FORWARD)
POP_JUMP_ON_NONE(POP_JUMP_BACKWARD_IF_NONE, value == Py_None, BACKWARD)
POP_JUMP_ON_NONE(POP_JUMP_BACKWARD_IF_NOT_NONE, value != Py_None, BACKWARD)

#define JUMP_OR_POP(opcode_name, wanted) \
    HANDLER(op_##opcode_name) { \
        SAVE_IP(); \
        PyObject* value = sp[-1]; \
        const int is_true = truth(value); \
        if (is_true < 0) \
            GOTO(raise); \
        if (is_true == (wanted)) { \
            ip += oparg; \
        } else { \
            sp--; \
            Py_DECREF(value); \
        } \
        NEXT(); \
    }

JUMP_OR_POP(JUMP_IF_FALSE_OR_POP, 0)
JUMP_OR_POP(JUMP_IF_TRUE_OR_POP, 1)

}  // namespace stackless::eval
