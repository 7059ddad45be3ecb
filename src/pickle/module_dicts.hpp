// The dictionaries of modules, as values: globals() returns one, and exec() is given one. Picklers take a dictionary
// apart without asking anybody, so frames have something in its place.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// What is to be pickled instead of a value (borrowed): for the dictionary of a module, an object that is loaded as such
/// a dictionary, also where it is an item of a tuple of arguments; the value itself for all others. Empty with MemoryError set.
Ref without_module_dict(PyObject* value);

}  // namespace stackless::pickle
