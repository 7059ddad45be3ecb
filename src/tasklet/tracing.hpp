// The trace and profile functions of tasklets.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

struct Tasklet;

/// Sets the trace function (or profile function) of a tasklet as sys.settrace (or sys.setprofile),
/// `setter`, does. Null and None take it away. False with an exception set if that fails.
[[nodiscard]] bool set_trace_function(Tasklet* tasklet, PyObject* function, const char* setter);

/// Gives a tasklet that is about to run for the first time the functions that a new thread begins
/// with, unless it has been given its own. False with an exception set if that fails.
[[nodiscard]] bool begin_tracing(Tasklet* tasklet, PyThreadState* ts);

}  // namespace stackless
