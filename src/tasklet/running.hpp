// run(): the caller waits while the other tasklets run.
#pragma once

#include "tasklet/scheduler.hpp"

namespace stackless {

/// What stackless.run() does. Returns None, or the tasklet that a watchdog has interrupted; null with the
/// exception set that has left a tasklet.
PyObject* run_tasklets(const SwitchPoint& at, const WatchdogOptions& options, bool threadblock);

}  // namespace stackless
