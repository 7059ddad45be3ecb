// How the stock picklers come to ask the reducers.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// What the module copy asks __reduce_ex__() for, and pickle.dumps() writes.
inline constexpr int default_protocol = 4;

extern PyTypeObject pickling_type;

/// For `pickler` (borrowed; may be null). Empty with MemoryError set.
RefTo<Pickling> new_pickling(PyObject* pickler, int protocol);

/// teach_pickle(module), a function of the module _stackless.
PyObject* teach_pickle(PyObject* self, PyObject* module);
extern const char* const teach_pickle_doc;

/// Gets ready for that: `module` is _stackless. False with an exception set.
[[nodiscard]] bool install_hook(PyObject* module);

}  // namespace stackless::pickle
