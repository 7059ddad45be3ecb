// Exceptions that one tasklet raises in another.
#pragma once

#include "cpython/ref.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

/// Ends a tasklet that has not run, or cannot run any more. Returns None.
PyObject* drop_tasklet(Tasklet* tasklet);

/// Raises the exception of `bomb` in a tasklet: tasklet.throw(). Pending: when its turn comes.
/// Returns what the function has to return that was called.
PyObject* throw_bomb(const SwitchPoint& at, Tasklet* target, Ref bomb, bool pending);

/// A bomb with TaskletExit. Null with an exception set if that fails.
Ref make_exit_bomb();

/// For a tasklet that holds a C stack and that nobody can resume any more, when it is about to be
/// destroyed: kills it. False if it is alive nevertheless, and referred to again.
bool kill_unreachable(Tasklet* tasklet);

}  // namespace stackless
