// Locks that are held in the middle of a computation, and may be pickled with it.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// What a pickle has in place of a builtin method, if that is the `lock.__exit__` by which a cached property of the
/// computation releases its lock: load_lock_exit(property). New reference; null, without an exception, for other
/// methods, and null with MemoryError set.
PyObject* reduce_lock_exit(PyObject* method, const Pickling& pickling);

}  // namespace stackless::pickle
