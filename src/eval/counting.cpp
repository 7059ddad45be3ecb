#include "eval/counting.hpp"

#include <algorithm>

#include "eval/activation.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

namespace {

constexpr int64_t units_each = 2;
/// A switch takes about as long as ten instructions.
constexpr int64_t units_of_switch = 20;
/// A thread that does not count may be given back what it has not paid, which must not overflow.
constexpr int64_t unlimited = INT64_MAX / 4;

int64_t units_of(int64_t instructions) {
    return instructions <= unlimited / units_each ? instructions * units_each : unlimited;
}

}  // namespace

thread_local constinit int64_t units_left = unlimited;
thread_local constinit int64_t unpaid_units = 0;

namespace {

enum class Counting : uint8_t { off, by_length, each };

thread_local constinit Counting counting = Counting::off;
/// What was left after the last switch, or of a new budget.
thread_local constinit int64_t units_at_switch = unlimited;
int counting_threads = 0;
int threads_counting_each = 0;

void set_counting(PyThreadState* ts, Counting now) {
    if (now == counting)
        return;
    counting_threads += (now != Counting::off) - (counting != Counting::off);
    threads_counting_each += (now == Counting::each) - (counting == Counting::each);
    counting = now;
    choose_dispatch_table(ts);
}

/// From `next` to the end of the code.
int64_t units_from(const PyCodeObject* code, const Instr* next) {
    return reinterpret_cast<const Instr*>(code->co_code_adaptive) + Py_SIZE(code) - next;
}

/// Whether the tasklet may be parked before the instruction at `ip`. Not between KW_NAMES and its call:
/// the names are in the activation; nor where the frame does not show yet.
bool may_stop_before(PyThreadState* ts, Frame* frame, const Instr* ip) {
    return activation(ts)->kwnames == nullptr &&
           ip - 1 - _PyCode_CODE(frame->f_code) >= frame->f_code->_co_firsttraceable;
}

void pay_late(PyThreadState* ts) {
    units_left += unpaid_units;
    hooks().budget_runs_low(ts);
    if (counting != Counting::by_length)
        return;
    if (units_left >= unpaid_units) {
        units_left -= unpaid_units;
    } else {
        set_counting(ts, Counting::each);
    }
}

}  // namespace

void count_down(PyThreadState* ts, int64_t count, Frame* next) {
    units_left = units_of(count);
    units_at_switch = units_left;
    // One that has not begun pays when it does.
    const bool has_paid = next != nullptr && !_PyFrame_IsIncomplete(next);
    const int64_t price = has_paid ? units_from(next->f_code, next->prev_instr + 1) : 0;
    if (count <= largest_exact_budget || units_left < price) {
        set_counting(ts, Counting::each);
    } else {
        units_left -= price;
        set_counting(ts, Counting::by_length);
    }
}

void stop_counting(PyThreadState* ts) {
    units_left = unlimited;
    set_counting(ts, Counting::off);
}

void count_switch(PyThreadState* ts, bool keeps_refunds) {
    if (counting != Counting::by_length)
        return;
    if (!keeps_refunds) {
        units_left = std::min(units_left, units_at_switch);
    }
    if (!pay(units_of_switch)) {
        pay_late(ts);
    }
    units_at_switch = units_left;
}

void add_to_budget(int64_t count) {
    units_left += units_of(count);
    units_at_switch = units_left;
}

int64_t instructions_left() {
    return counting != Counting::off && units_left > 0 ? units_left / units_each : 0;
}

bool is_any_thread_counting() {
    return counting_threads != 0;
}

bool is_any_thread_counting_each() {
    return threads_counting_each != 0;
}

bool count_instruction() {
    units_left -= units_each;
    return units_left >= 0;
}

// Stands in the dispatch table for every instruction while some thread counts each.
HANDLER(count_next_instruction) {
    const int opcode = _Py_OPCODE(ip[-1]);
    if (counting != Counting::each) [[unlikely]]
        GOTO(paying_handlers[opcode]);
    if (!count_instruction()) [[unlikely]]
        GOTO(stop_before_instruction);
    GOTO(untraced_handlers[general_form(opcode)]);
}

HANDLER(stop_before_instruction) {
    ip--;
    if (!may_stop_before(ts, frame, ip)) {
        // This instruction, and then another try.
        units_left = units_each;
        NEXT();
    }
    frame->prev_instr = ip - 1;
    _PyFrame_SetStackPointer(frame, sp);
    if (hooks().budget_spent(ts) == Interruption::Switched)
        GOTO(resume_current);
    frame->stacktop = -1;
    if (units_left < units_each) {
        units_left = units_each;
    }
    NEXT();
}

HANDLER(pay_before_instruction) {
    pay_late(ts);
    GOTO(untraced_handlers[_Py_OPCODE(ip[-1])]);
}

HANDLER(pay_after_instruction) {
    pay_late(ts);
    NEXT_CHECKING_BREAKER();
}

#define PAY_BEFORE(units) \
    if (!pay(units)) [[unlikely]] \
    GOTO(pay_before_instruction)

// A generator that is resumed has paid when it began.
#define RESUME_PAYING(opcode_name) \
    HANDLER(pay_for_##opcode_name) { \
        if (oparg == 0) { \
            PAY_BEFORE(units_from(frame->f_code, ip)); \
        } \
        GOTO(op_##opcode_name); \
    }
RESUME_PAYING(RESUME)
RESUME_PAYING(RESUME_QUICK)
RESUME_PAYING(RESUME_HIDDEN)

HANDLER(pay_for_JUMP_BACKWARD) {
    PAY_BEFORE(oparg);
    GOTO(op_JUMP_BACKWARD);
}

HANDLER(pay_for_JUMP_BACKWARD_QUICK) {
    PAY_BEFORE(oparg);
    GOTO(jump_backward_in_a_row);
}

HANDLER(pay_for_RETURN_VALUE) {
    refund(units_from(frame->f_code, ip));
    GOTO(op_RETURN_VALUE);
}

HANDLER(pay_for_RETURN_HIDDEN) {
    refund(units_from(frame->f_code, ip));
    GOTO(op_RETURN_HIDDEN);
}

HANDLER(pay_for_JUMP_FORWARD) {
    refund(oparg);
    GOTO(op_JUMP_FORWARD);
}

// The jump back is two instructions on.
HANDLER(pay_for_FILL_LOCAL) {
    PAY_BEFORE(_Py_OPARG(ip[1 + INLINE_CACHE_ENTRIES_STORE_ATTR]));
    GOTO(op_FILL_LOCAL);
}

HANDLER(pay_for_EXTENDED_ARG) {
    const Instr unit = *ip++;
    oparg = oparg << 8 | _Py_OPARG(unit);
    GOTO(paying_handlers[_PyOpcode_Deopt[_Py_OPCODE(unit)]]);
}

HANDLER(pay_for_EXTENDED_ARG_QUICK) {
    const Instr unit = *ip++;
    oparg = oparg << 8 | _Py_OPARG(unit);
    GOTO(paying_handlers[_Py_OPCODE(unit)]);
}

}  // namespace stackless::eval
