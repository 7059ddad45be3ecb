// How the stock picklers come to ask the reducers.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// What the module copy asks __reduce_ex__() for, and pickle.dumps() writes.
inline constexpr int default_protocol = 4;

extern PyTypeObject pickling_type;

/// For `pickler` (borrowed; may be null). Empty with MemoryError set.
RefTo<Pickling> new_pickling(PyObject* pickler, int protocol);

/// Gives pickle.Pickler and pickle._Pickler their reducer_override, and adds the functions that pickles name to the
/// module _stackless. False with an exception set.
[[nodiscard]] bool install_hook(PyObject* module);

}  // namespace stackless::pickle
