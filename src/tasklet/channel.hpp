// The channel object: a meeting point of tasklets that send and tasklets that receive.
#pragma once

#include "cpython/python.hpp"
#include "tasklet/queues.hpp"

namespace stackless {

struct Channel {
    PyObject ob_base;
    PyObject* weakrefs;
    /// The tasklets blocked on the channel: all of them senders, or all of them receivers. Each
    /// owns a reference to the channel: it lives as long as one of them may be resumed.
    WaitingLine waiting;
    /// How many senders wait, or minus how many receivers.
    Py_ssize_t balance;
    /// 1: after an exchange the sender goes on; -1: the receiver; 0: the one that acted.
    int8_t preference;
    /// Both are scheduled after an exchange, whatever `preference` is.
    bool schedule_all;
    bool closing;
    /// While it comes out of a pickle: a list of the tasklets that will wait (owned), until all have their state.
    PyObject* restoring;

    /// Puts a tasklet at the end of the line. Steals a reference to it.
    void append(Tasklet* tasklet, Place place) {
        waiting.append(tasklet, place);
        balance += place == Place::Sending ? 1 : -1;
        tasklet->channel = this;
        Py_INCREF(this);
    }
    /// Takes a tasklet out of the line. Gives the line's reference to it, but not its reference to
    /// the channel.
    void remove(Tasklet* tasklet) {
        balance -= tasklet->place == Place::Sending ? 1 : -1;
        waiting.remove(tasklet);
    }

    PyObject* object() { return reinterpret_cast<PyObject*>(this); }
};

/// PyChannel_Type of the C API.
extern PyTypeObject channel_type __asm__("PyChannel_Type") __attribute__((visibility("default")));
extern PyMethodDef channel_methods[];

inline Channel* as_channel(PyObject* object) {
    return reinterpret_cast<Channel*>(object);
}

/// The next value of an iteration over the channel, as tp_iternext.
PyObject* channel_next(PyObject* self);

}  // namespace stackless
