// Tasklets and channels.
#pragma once

#include "pickle/pickling.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless::pickle {

/// As a Reduce; also their method __reduce__(), which subclasses may extend.
PyObject* reduce_tasklet(PyObject* object, Pickling& pickling);
PyObject* reduce_channel(PyObject* object, Pickling& pickling);

/// Adds __reduce__() and __setstate__() to the classes. False with an exception set.
[[nodiscard]] bool add_tasklet_methods();

/// What makes an instance of a class in the same way as object.__reduce_ex__() has it: (copyreg.__newobj__, (class,),
/// state). Null with an exception set.
PyObject* reduce_to_state(PyObject* object, const Ref& state);
/// What a subclass has added to an instance, as object.__getstate__() returns it. Empty with an exception set.
Ref added_state(PyObject* object, PyTypeObject* base);
/// Gives that back. False with an exception set.
[[nodiscard]] bool set_added_state(PyObject* object, PyObject* state);

/// A tasklet that waits at a channel has got its state: it comes into its queue when all others have that stand there.
/// False with an exception set.
[[nodiscard]] bool fill_queue(Channel* channel);

PyObject* set_channel_state(PyObject* self, PyObject* state);

}  // namespace stackless::pickle
