// What is known about a code object, kept with it.
#pragma once

#include <cstdint>

#include "cpython/python.hpp"

namespace stackless::pickle {

struct CodeFacts {
    /// See fingerprint.hpp; valid if has_fingerprint.
    uint64_t fingerprint;
    bool has_fingerprint;
    /// The name of the module in which a function with this code has been seen (owned), or null.
    PyObject* module;
    /// The names of global variables that the code and that inside of it refer to (owned, a tuple), or null as long as
    /// nobody has asked, see namespaces.hpp.
    PyObject* global_names;
    /// What others know, and how to free it; may be null.
    void* stack_map;
    void (*free_stack_map)(void* stack_map);
};

/// What is known about `code`, which owns it. Null with MemoryError set.
CodeFacts* facts_of(PyCodeObject* code);

}  // namespace stackless::pickle
