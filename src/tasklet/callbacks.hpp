// The functions that a program may install to watch the scheduler.
#pragma once

#include "cpython/any_set.hpp"
#include "cpython/python.hpp"

namespace stackless {

struct Channel;
class Scheduler;
struct Tasklet;

/// For all threads of the process. Owned by the program through the set_... functions of the
/// module; null where there is none.
struct Callbacks {
    PyObject* schedule;
    PyObject* channel;
    PyObject* error_handler;
    /// Beside `schedule`, from C: with borrowed references, -1 with an exception set.
    int (*schedule_hook)(Tasklet* prev, Tasklet* next);

    bool watch_switches() const { return any_set(schedule, schedule_hook); }
    bool watch_anything() const { return any_set(schedule, schedule_hook, channel); }
};
extern Callbacks callbacks;

/// Calls the schedule callbacks, as far as there are any. Null stands for None. An exception that leaves the
/// callback is reported as unraisable: the switch takes place.
void announce_switch(Scheduler* scheduler, Tasklet* prev, Tasklet* next);

/// Calls the channel callback, if there is one. False with an exception set if it has raised one:
/// then the action must not take place.
[[nodiscard]] bool announce_channel_action(Scheduler* scheduler, Channel* channel, bool sending,
                                           bool will_block);

/// Drops the callbacks, when the interpreter ends.
void drop_callbacks();

}  // namespace stackless
