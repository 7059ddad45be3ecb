// What asyncio keeps for each thread while an event loop runs in it. With tasklets, several loops
// may run in a thread, each in a tasklet of its own; in the others none is running.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Memory filled with zeros stands for no loop.
struct EventLoop {
    PyObject*
        firstiter;  // ts->async_gen_firstiter and _finalizer (owned): sys.set_asyncgen_hooks()
    PyObject* finalizer;
    PyObject* running;  // asyncio.get_running_loop() (owned)

    bool is_set() const { return firstiter != nullptr; }
    /// Exchanges these fields with those of `ts`.
    void exchange(PyThreadState* ts);
    /// Drops the references. Destructors may run.
    void clear();
};

/// True if an event loop runs in the tasklet that `ts` is at: it sets this hook.
inline bool runs_event_loop(PyThreadState* ts) {
    return ts->async_gen_firstiter != nullptr;
}

/// Has to be called once before EventLoop::exchange(). False with MemoryError set.
[[nodiscard]] bool prepare_event_loops();

}  // namespace stackless
