// Finding out whether something can be pickled.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// Whether `value` can go into the pickle, which is found out by pickling it to nowhere, unless it is plain. 1 or 0; -1
/// with an exception set (MemoryError, KeyboardInterrupt, ...).
int can_be_pickled(PyObject* value, Pickling& pickling);

}  // namespace stackless::pickle
