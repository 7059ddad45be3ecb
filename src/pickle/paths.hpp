// Where in a computation an object is.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// Adds to the TypeError that is set, which says that `object` cannot be pickled, the path that leads to it from the
/// pickle's computation, e.g. "tasklet 'worker' → frame serve() line 41 → local 'conn': socket".
void add_path(PyObject* object, const Pickling& pickling);

}  // namespace stackless::pickle
