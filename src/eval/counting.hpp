// Counting the instructions that a thread executes, for a watchdog. While nobody counts, there is nothing to pay for.
//
// A large budget is estimated, by the length of the code: an instruction has two code units on average, its inline
// cache included. A function pays for all of its code when it begins, and gets back what it skips; a jump backwards
// pays for what is then executed again. Nothing else is looked at: of the processor's instructions, 4 % are added
// where there are nothing but calls, and less elsewhere. (Counting each took 15 % of the time.) The cost is the same
// for code that has been specialised and for code that has not.
//
// What is left when that is not enough for the code that comes, and a small budget from the beginning, is counted
// instruction by instruction, each in its general form.
#pragma once

#include <cstdint>

#include "cpython/python.hpp"
#include "eval/handler.hpp"

namespace stackless::eval {

/// False in a build that was configured without preemption.
inline constexpr bool can_count = STACKLESS_PREEMPTION != 0;

/// The largest budget, in instructions, that is counted one by one from the beginning.
inline constexpr int64_t largest_exact_budget = 256;

/// From now on, Hooks::budget_spent is called after `count` instructions of the calling thread. `next` is the frame
/// that goes on, which is parked; null if that is not known.
void count_down(PyThreadState* ts, int64_t count, Frame* next);
/// Ends the counting in the calling thread.
void stop_counting(PyThreadState* ts);

/// Counts a switch to another tasklet, which goes on with the same budget: between two of them there may be nothing
/// that pays. Without `keeps_refunds`, what has been given back since the last switch is not: many tasklets, each of
/// which skips code that it has paid for before, could put off the end of the budget.
void count_switch(PyThreadState* ts, bool keeps_refunds);

/// For Hooks::budget_runs_low: adds so many instructions to what is left.
void add_to_budget(int64_t count);

/// Of count_down()'s count in the calling thread; 0 if it does not count, or the count is used up.
int64_t instructions_left();

/// For tracing, which takes the place of counting: counts one instruction. False if the budget is used
/// up.
bool count_instruction();

/// Whether some thread counts.
bool is_any_thread_counting();
/// Whether some thread counts each instruction.
bool is_any_thread_counting_each();

/// What is left, in code units. A thread that does not count has more than it will ever use.
extern thread_local constinit int64_t units_left;
/// What the instruction costs that it was not enough for.
extern thread_local constinit int64_t unpaid_units;

/// Takes away what the code that comes costs. False if that is more than what is left.
[[gnu::always_inline]] inline bool pay(int64_t units) {
    units_left -= units;
    if (units_left >= 0) [[likely]]
        return true;
    unpaid_units = units;
    return false;
}

/// Gives back what has been paid for code that is skipped.
[[gnu::always_inline]] inline void refund(int64_t units) {
    units_left += units;
}

/// Where not enough was left: goes on with the instruction, which has not begun.
HANDLER(pay_before_instruction);
/// The same with the next one.
HANDLER(pay_after_instruction);

}  // namespace stackless::eval
