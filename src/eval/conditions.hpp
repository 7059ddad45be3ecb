// The end of an instruction whose result is true or false.
#pragma once

#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

/// Whether the instruction at `ip` is this conditional jump, and may be done by the handler of the one before: nobody
/// traces or counts each.
#define JUMPS_BY(opcode_name) \
    (_Py_OPCODE(*ip) == (opcode_name) && dispatch_table[opcode_name] == op_##opcode_name)

/// A branch, which the processor guesses, and no conditional move, for which the next instruction would wait.
#define JUMP_BY(distance) \
    do { \
        ip += distance; \
        asm(""); \
    } while (0)

/// Does the conditional jump on a test that is mostly the next instruction, and then `go_on`; nothing if it is another one.
#define JUMP_AND_GO_ON(is_true, go_on) \
    do { \
        if (JUMPS_BY(POP_JUMP_FORWARD_IF_FALSE)) { \
            const int distance = _Py_OPARG(*ip++); \
            if (!(is_true)) \
                JUMP_BY(distance); \
            go_on; \
        } \
        if (JUMPS_BY(POP_JUMP_FORWARD_IF_TRUE)) { \
            const int distance = _Py_OPARG(*ip++); \
            if (is_true) \
                JUMP_BY(distance); \
            go_on; \
        } \
    } while (0)

#define POP_TWO_AND_NEXT(left, right) \
    do { \
        sp -= 2; \
        DROP_TWO_AND_NEXT(left, right); \
    } while (0)

/// Puts a bool in the place of two operands and goes on. The jump on it is done here, without the object: where the processor
/// has guessed wrong, it knows sooner. Not if an operand is about to be destroyed: its destructor is to see the line of
/// the test.
#define FINISH_TEST(truth, left, right) \
    do { \
        const bool is_true = truth; \
        if (Py_REFCNT(left) > 1 && Py_REFCNT(right) > 1) \
            JUMP_AND_GO_ON(is_true, POP_TWO_AND_NEXT(left, right)); \
        sp--; \
        sp[-1] = new_bool(is_true); \
        DROP_TWO_AND_NEXT(left, right); \
    } while (0)

}  // namespace stackless::eval
