// How much is left of the C stack that runs.
#pragma once

#include <cstdint>

namespace stackless::cstack {

/// Where a C stack lies, as addresses. It grows from `high` down to `low`.
struct Bounds {
    uintptr_t low;
    uintptr_t high;
};

/// The stack that the operating system has given to the calling thread.
Bounds thread_bounds();

/// To be called at each switch of stacks: the one that runs from now on.
void set_running_bounds(const Bounds& bounds);

/// True when so little is left of the running C stack that no further activation of the loop may be
/// put on it. Python code that recurses through C gets a RecursionError then, whatever the recursion
/// limit says.
bool is_exhausted();

}  // namespace stackless::cstack
