// Objects that a pickle has made, and not yet given their state.
//
// Where things refer to each other in a circle, a tasklet may get its state before a generator or a frame of it does.
// It is put together when the last of them has got it.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// Remembers in `slot` (a reference of the unfinished object, null at first) to finish the tasklet with `state`.
/// False with an exception set.
[[nodiscard]] bool wait_for(PyObject** slot, PyObject* tasklet, PyObject* state);

/// Takes out of `slot` what waits, and finishes each. False with an exception set.
[[nodiscard]] bool finish_waiting(PyObject** slot);

/// Gives a tasklet the state, a tuple, that its reducer has made (tasklets.cpp). False with an exception set.
[[nodiscard]] bool restore_tasklet(PyObject* object, PyObject* tuple);

}  // namespace stackless::pickle
