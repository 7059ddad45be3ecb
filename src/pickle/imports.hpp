// Modules whose code is just running, because somebody imports them.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// Whether the module of that name is being imported. It goes by value then: elsewhere it is not to be imported anew,
/// but to the end.
bool is_being_imported(PyObject* module_name);

/// Puts a module that came out of a pickle into sys.modules, unless another one of its name is there. False with an
/// exception set.
[[nodiscard]] bool announce_module(PyObject* module);

}  // namespace stackless::pickle
