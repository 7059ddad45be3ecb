#include "eval/counting.hpp"

#include <cstdint>

#include "eval/activation.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

namespace {

/// In a thread that does not count, more than it will ever execute.
constexpr int64_t not_counting = INT64_MAX;

thread_local constinit int64_t left = not_counting;
int counting_threads = 0;

/// Whether the tasklet may be parked before the instruction at `ip`. Not between KW_NAMES and its call:
/// the names are in the activation; nor where the frame does not show yet.
bool may_stop_before(PyThreadState* ts, Frame* frame, const Instr* ip) {
    return activation(ts)->kwnames == nullptr &&
           ip - 1 - _PyCode_CODE(frame->f_code) >= frame->f_code->_co_firsttraceable;
}

}  // namespace

void count_down(PyThreadState* ts, int64_t count) {
    if (left == not_counting) {
        counting_threads++;
        left = count;
        choose_dispatch_table(ts);
    }
    left = count;
}

int64_t instructions_left() {
    return left;
}

void stop_counting(PyThreadState* ts) {
    if (left != not_counting) {
        counting_threads--;
        left = not_counting;
        choose_dispatch_table(ts);
    }
}

bool is_any_thread_counting() {
    return counting_threads != 0;
}

bool count_instruction() {
    return --left > 0;
}

// Stands in the dispatch table for every instruction while some thread counts.
HANDLER(count_next_instruction) {
    if (--left <= 0) [[unlikely]]
        GOTO(stop_before_instruction);
    GOTO(untraced_handlers[_Py_OPCODE(ip[-1])]);
}

HANDLER(stop_before_instruction) {
    ip--;
    if (!may_stop_before(ts, frame, ip)) {
        // This instruction, and then another try.
        left = 2;
        NEXT();
    }
    frame->prev_instr = ip - 1;
    _PyFrame_SetStackPointer(frame, sp);
    switch (hooks().budget_spent(ts)) {
    case Interruption::Switched:
        GOTO(resume_current);
    case Interruption::Failed:
        frame->stacktop = -1;
        ip++;
        GOTO(raise);
    case Interruption::None:
        break;
    }
    frame->stacktop = -1;
    if (left <= 0) {
        left = 2;
    }
    NEXT();
}

}  // namespace stackless::eval
