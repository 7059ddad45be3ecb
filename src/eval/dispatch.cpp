// The dispatch table, and what happens when a specialised instruction misses.
#include "eval/frames.hpp"
#include "eval/handler.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/operands.hpp"

namespace stackless::eval {

namespace {

HANDLER(unknown_opcode) {
    SAVE_IP();
    _PyErr_Format(ts, PyExc_SystemError, "%U:%d: unknown opcode %d", frame->f_code->co_filename,
                  _PyInterpreterFrame_GetLine(frame), _Py_OPCODE(ip[-1]));
    GOTO(raise);
}

struct HandlerTable {
    /// With `in_a_row`, handlers that do the next instruction too where they see how; with `paying`, those that pay
    /// for the code that comes (see counting.hpp).
    constexpr HandlerTable(bool in_a_row, bool paying) : handlers() {
        for (Handler& handler : handlers) {
            handler = unknown_opcode;
        }
#define STACKLESS_ENTRY(opcode_name) handlers[opcode_name] = op_##opcode_name;
        STACKLESS_OPCODES(STACKLESS_ENTRY)
        STACKLESS_OWN_OPCODES(STACKLESS_ENTRY)
#undef STACKLESS_ENTRY
        if (in_a_row) {
            handlers[LOAD_FAST] = load_fast_in_a_row;
            handlers[LOAD_CONST] = load_const_in_a_row;
            handlers[LOAD_FAST__LOAD_FAST] = load_two_locals_in_a_row;
            handlers[LOAD_FAST__LOAD_CONST] = load_local_and_constant_in_a_row;
            handlers[LOAD_CONST__LOAD_FAST] = load_constant_and_local_in_a_row;
            handlers[STORE_FAST__LOAD_FAST] = store_and_load_in_a_row;
            handlers[PRECALL_BUILTIN_CLASS] = call_builtin_class_in_a_row;
            handlers[FOR_ITER] = for_iter_in_a_row;
            handlers[JUMP_BACKWARD_QUICK] = jump_backward_in_a_row;
        }
        if (paying) {
#define STACKLESS_ENTRY(opcode_name) handlers[opcode_name] = pay_for_##opcode_name;
            STACKLESS_PAYING_OPCODES(STACKLESS_ENTRY)
#undef STACKLESS_ENTRY
        }
    }
    Handler handlers[256];
};

constexpr HandlerTable one_by_one(false, false);
constexpr HandlerTable in_a_row(true, false);
constexpr HandlerTable paying(true, true);

#define STACKLESS_HANDLER_AT(index) TABLE.handlers[index]
#define STACKLESS_4(index) \
    STACKLESS_HANDLER_AT(index), STACKLESS_HANDLER_AT((index) + 1), \
        STACKLESS_HANDLER_AT((index) + 2), STACKLESS_HANDLER_AT((index) + 3)
#define STACKLESS_16(index) \
    STACKLESS_4(index), STACKLESS_4((index) + 4), STACKLESS_4((index) + 8), \
        STACKLESS_4((index) + 12)
#define STACKLESS_64(index) \
    STACKLESS_16(index), STACKLESS_16((index) + 16), STACKLESS_16((index) + 32), \
        STACKLESS_16((index) + 48)
#define STACKLESS_256 STACKLESS_64(0), STACKLESS_64(64), STACKLESS_64(128), STACKLESS_64(192)

}  // namespace

#define TABLE one_by_one
constinit const Handler untraced_handlers[256] = {STACKLESS_256};
#undef TABLE
#define TABLE in_a_row
constinit const Handler usual_handlers[256] = {STACKLESS_256};
constinit Handler dispatch_table[256] = {STACKLESS_256};
#undef TABLE
#define TABLE paying
constinit const Handler paying_handlers[256] = {STACKLESS_256};
#undef TABLE

// In handlers these would be in the way.
[[gnu::noinline]] void destroy_of_frame(PyThreadState* ts, PyObject* object) {
    ts->recursion_remaining--;
    destroy(ts, object);
    ts->recursion_remaining++;
}

[[gnu::noinline]] void clear_known_frame(PyThreadState* ts, Frame* frame) {
    ts->recursion_remaining--;
    _PyFrame_Clear(frame);
    ts->recursion_remaining++;
}

HANDLER(deallocate_and_next);
HANDLER(deallocate_and_drop_next);

HANDLER(destroy_and_next) {
    if (keep_number(ts, reinterpret_cast<PyObject*>(oparg)))
        NEXT();
    GOTO(deallocate_and_next);
}

HANDLER(deallocate_and_next) {
    SAVE_IP();
    destroy(ts, reinterpret_cast<PyObject*>(oparg));
    NEXT_CHECKING_BREAKER();
}

HANDLER(destroy_and_drop_next) {
    if (!keep_number(ts, reinterpret_cast<PyObject*>(oparg)))
        GOTO(deallocate_and_drop_next);
    PyObject* other = sp[0];
    DROP_AND_NEXT(other);
}

HANDLER(deallocate_and_drop_next) {
    SAVE_IP();
    PyObject* other = sp[0];
    destroy(ts, reinterpret_cast<PyObject*>(oparg));
    if (drop_was_last(other)) {
        oparg = reinterpret_cast<intptr_t>(other);
        GOTO(deallocate_and_next);
    }
    NEXT_CHECKING_BREAKER();
}

HANDLER(miss) {
    // Too many misses, and the instruction goes back to its adaptive form.
    const int general = _PyOpcode_Deopt[_Py_OPCODE(ip[-1])];
    if (--*ip == 0) {
        _Py_SET_OPCODE(ip[-1], _PyOpcode_Adaptive[general]);
        *ip = adaptive_counter_start();
    }
    GOTO(untraced_handlers[general]);
}

}  // namespace stackless::eval
