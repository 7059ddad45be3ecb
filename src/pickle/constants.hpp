// Objects that are what they are by their identity alone: `missing = object()` and the like.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// If `object` holds nothing, or only what it is called, and is a global variable of an importable module: how it is found there, as a Reduce. Null,
/// without an exception unless something fails, if it is not.
PyObject* reduce_constant(PyObject* object, Pickling& pickling);

}  // namespace stackless::pickle
