// Looking a name up in a class and its bases, by way of CPython's cache of such lookups.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Where the cache has what a lookup finds; null if it does not know. The main interpreter's cache is asked for others
/// too: what has a version is the same in all of them.
inline PyObject* const* known_lookup(const PyTypeObject* type, PyObject* name) {
    constexpr unsigned mask = (1U << MCACHE_SIZE_EXP) - 1;
    const unsigned version = type->tp_version_tag;
    const auto name_hash = static_cast<unsigned>(reinterpret_cast<intptr_t>(name) >> 3);
    const type_cache_entry& entry =
        _PyRuntime._main_interpreter.type_cache.hashtable[(version ^ name_hash) & mask];
    return entry.version == version && entry.name == name ? &entry.value : nullptr;
}

/// What _PyType_Lookup() returns: borrowed; null, without an exception, if there is nothing of that name.
inline PyObject* type_lookup(PyTypeObject* type, PyObject* name) {
    if (PyObject* const* known = known_lookup(type, name)) [[likely]]
        return *known;
    return _PyType_Lookup(type, name);
}

}  // namespace stackless
