// Whether a class of this program is the one that a pickle was written with.
#pragma once

#include <cstdint>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// A hash of the names of a class's bases, and of the names and fingerprints of its functions, also those in properties
/// and class methods.
uint64_t class_fingerprint(PyTypeObject* type);

/// The class in `module` that has this qualified name and fingerprint. Empty, without an exception, if there is none.
Ref find_class(PyObject* module, PyObject* qualname, uint64_t fingerprint);

/// Whether an entry of a class's dictionary is there because of its layout: `__dict__`, `__weakref__`, and its slots.
bool is_layout(PyTypeObject* type, PyObject* value);

}  // namespace stackless::pickle
