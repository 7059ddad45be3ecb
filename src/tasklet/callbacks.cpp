#include "tasklet/callbacks.hpp"

#include "tasklet/channel.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

Callbacks callbacks{};

namespace {

PyObject* object_or_none(Tasklet* tasklet) {
    return tasklet == nullptr ? Py_None : tasklet->object();
}

/// Calls a callback that must not switch tasklets.
template <size_t count>
Ref call(Scheduler* scheduler, PyObject* callback, PyObject* (&args)[count]) {
    const Ref held = Ref::borrow(callback);  // it may replace itself
    const Scheduler::Closed closed(scheduler);
    return Ref::steal(PyObject_Vectorcall(callback, args, count, nullptr));
}

}  // namespace

void announce_switch(Scheduler* scheduler, Tasklet* prev, Tasklet* next) {
    if (!callbacks.watch_switches()) [[likely]]
        return;
    const Ref held_next = Ref::borrow(reinterpret_cast<PyObject*>(next));
    if (callbacks.schedule_hook != nullptr) {
        const Scheduler::Closed closed(scheduler);
        if (callbacks.schedule_hook(prev, next) < 0) {
            PyErr_WriteUnraisable(nullptr);
        }
    }
    if (callbacks.schedule == nullptr)
        return;
    const Ref held = Ref::borrow(callbacks.schedule);
    PyObject* args[] = {object_or_none(prev), object_or_none(next)};
    if (!call(scheduler, callbacks.schedule, args)) {
        PyErr_WriteUnraisable(held.get());
    }
}

bool announce_channel_action(Scheduler* scheduler, Channel* channel, bool sending,
                             bool will_block) {
    if (callbacks.channel == nullptr) [[likely]]
        return true;
    PyObject* args[] = {channel->object(), scheduler->current()->object(),
                        sending ? Py_True : Py_False, will_block ? Py_True : Py_False};
    return static_cast<bool>(call(scheduler, callbacks.channel, args));
}

void drop_callbacks() {
    Py_CLEAR(callbacks.schedule);
    Py_CLEAR(callbacks.channel);
    Py_CLEAR(callbacks.error_handler);
}

}  // namespace stackless
