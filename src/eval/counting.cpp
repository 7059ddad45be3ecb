#include "eval/counting.hpp"

#include <cstdint>

#include "eval/activation.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

namespace {

/// What a thread that does not count has left. It counts down too, while another one counts: so this is
/// more than it will ever execute.
constexpr int64_t unlimited = INT64_MAX;

thread_local constinit int64_t left = unlimited;
thread_local constinit bool counts = false;
int counting_threads = 0;

/// Whether the tasklet may be parked before the instruction at `ip`. Not between KW_NAMES and its call:
/// the names are in the activation; nor where the frame does not show yet.
bool may_stop_before(PyThreadState* ts, Frame* frame, const Instr* ip) {
    return activation(ts)->kwnames == nullptr &&
           ip - 1 - _PyCode_CODE(frame->f_code) >= frame->f_code->_co_firsttraceable;
}

}  // namespace

void count_down(PyThreadState* ts, int64_t count) {
    left = count;
    if (!counts) {
        counts = true;
        counting_threads++;
        choose_dispatch_table(ts);
    }
}

void stop_counting(PyThreadState* ts) {
    left = unlimited;
    if (counts) {
        counts = false;
        counting_threads--;
        choose_dispatch_table(ts);
    }
}

int64_t instructions_left() {
    return counts && left > 0 ? left : 0;
}

bool is_any_thread_counting() {
    return counting_threads != 0;
}

bool count_instruction() {
    return --left >= 0;
}

// Stands in the dispatch table for every instruction while some thread counts.
HANDLER(count_next_instruction) {
    if (!count_instruction()) [[unlikely]]
        GOTO(stop_before_instruction);
    GOTO(untraced_handlers[_Py_OPCODE(ip[-1])]);
}

HANDLER(stop_before_instruction) {
    ip--;
    if (!may_stop_before(ts, frame, ip)) {
        // This instruction, and then another try.
        left = 1;
        NEXT();
    }
    frame->prev_instr = ip - 1;
    _PyFrame_SetStackPointer(frame, sp);
    if (hooks().budget_spent(ts) == Interruption::Switched)
        GOTO(resume_current);
    frame->stacktop = -1;
    if (left <= 0) {
        left = 1;
    }
    NEXT();
}

}  // namespace stackless::eval
