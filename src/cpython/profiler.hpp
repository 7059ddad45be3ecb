// cProfile and tasklets. The profilers of _lsprof (cProfile.Profile is one) keep a stack of the
// calls that are under way, which tasklets would get into disorder. So a profiler concerns its
// thread and not a tasklet, and a switch exchanges that stack. The time in which a tasklet is parked
// does not count for the calls that are under way in it.
//
// A call is counted when it returns; those that are under way in a parked tasklet while the
// profiler is disabled, and are not resumed under the same one, are never counted.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

struct ProfilerContext;

/// True if `object` is a profiler of _lsprof and enabled.
bool is_enabled_profiler(PyObject* object);

/// Reads the profiler's clock, for the switch that comes next in this thread. It may be a function
/// in Python, so code may run; it is not traced.
void read_profiler_clock(PyThreadState* ts, PyObject* profiler);

/// The calls under way in a tasklet that is parked. Memory filled with zeros has none.
struct ProfiledCalls {
    /// The one that they are to be given back to (owned, or null).
    PyObject* profiler;
    /// What it had. `start` is the time that the call has taken up to now, and `entry` the key of
    /// the entry: the entries may be gone when the tasklet is resumed.
    ProfilerContext* innermost;

    bool any() const { return innermost != nullptr; }
    /// Makes ready for take(). Destructors may run.
    void prepare(PyObject* from);
    /// Takes the calls out of an enabled profiler. Another one than was prepared for loses them.
    void take(PyObject* from);
    /// Gives them back, if `current` is the profiler that they came from and has not been cleared;
    /// else they are dropped uncounted.
    void give_back(PyObject* current);
    /// Drops all. Destructors may run.
    void clear();
};

}  // namespace stackless
