// Counting the instructions that a thread executes, for a watchdog. While some thread counts, a second
// content of the dispatch table does; otherwise there is nothing to pay for.
#pragma once

#include <cstdint>

#include "cpython/python.hpp"

namespace stackless::eval {

/// False in a build that was configured without preemption.
inline constexpr bool can_count = STACKLESS_PREEMPTION != 0;

/// From now on, Hooks::budget_spent is called after `count` instructions of the calling thread.
void count_down(PyThreadState* ts, int64_t count);
/// Ends the counting in the calling thread.
void stop_counting(PyThreadState* ts);

/// Of count_down()'s count in the calling thread; 0 if it does not count, or the count is used up.
int64_t instructions_left();

/// For tracing, which takes the place of counting: counts one instruction. False if the budget is used
/// up.
bool count_instruction();

/// Whether some thread counts.
bool is_any_thread_counting();

}  // namespace stackless::eval
