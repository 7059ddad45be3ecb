// The first place that a hash table has for a key: where it is free, or has just this key, nothing has to be compared.
// That is so for most lookups of strings, small ints, classes and other objects without a comparison of their own.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// The hash of a key if it is known without calling anything; -1 if not.
inline Py_hash_t known_hash(PyObject* key) {
    const PyTypeObject* type = Py_TYPE(key);
    if (type == &PyUnicode_Type)
        return reinterpret_cast<PyASCIIObject*>(key)->hash;
    if (type == &PyLong_Type) {
        // Two digits at most, without a sign: the int is its own hash.
        const digit* digits = reinterpret_cast<PyLongObject*>(key)->ob_digit;
        if (static_cast<size_t>(Py_SIZE(key)) <= 1)
            return static_cast<Py_hash_t>(Py_SIZE(key) == 0 ? 0 : digits[0]);
        return Py_SIZE(key) == 2 ? static_cast<Py_hash_t>(digits[1]) << PyLong_SHIFT | digits[0]
                                 : -1;
    }
    // What object has, and with it most types.
    if (type->tp_hash != reinterpret_cast<hashfunc>(_Py_HashPointer))
        return -1;
    const auto address = reinterpret_cast<uintptr_t>(key);
    return static_cast<Py_hash_t>(address >> 4 | address << (8 * sizeof(address) - 4));
}

enum class Probe : uint8_t { absent, present, unknown };

/// Looks a key up in a set or frozenset. `hash` is its known_hash(), and not -1.
inline Probe first_probe(const PySetObject* set, const PyObject* key, Py_hash_t hash) {
    const setentry& entry = set->table[static_cast<size_t>(hash) & static_cast<size_t>(set->mask)];
    if (entry.key == key)
        return Probe::present;
    return entry.key == nullptr ? Probe::absent : Probe::unknown;
}

/// The same for a dict; `value`, borrowed, is set if the key is present.
inline Probe first_probe(const PyDictObject* dict, const PyObject* key, Py_hash_t hash,
                         PyObject** value) {
    PyDictKeysObject* keys = dict->ma_keys;
    const size_t place = static_cast<size_t>(hash) & ((size_t{1} << keys->dk_log2_size) - 1);
    Py_ssize_t index;
    if (keys->dk_log2_size < 8) {
        index = reinterpret_cast<const int8_t*>(keys->dk_indices)[place];
    } else if (keys->dk_log2_size < 16) {
        index = reinterpret_cast<const int16_t*>(keys->dk_indices)[place];
    } else {
        return Probe::unknown;
    }
    if (index < 0)
        return index == DKIX_EMPTY ? Probe::absent : Probe::unknown;
    PyObject* found;
    if (DK_IS_UNICODE(keys)) {
        const PyDictUnicodeEntry& entry = DK_UNICODE_ENTRIES(keys)[index];
        if (entry.me_key != key)
            return Probe::unknown;
        found = dict->ma_values == nullptr ? entry.me_value : dict->ma_values->values[index];
    } else {
        const PyDictKeyEntry& entry = DK_ENTRIES(keys)[index];
        if (entry.me_key != key)
            return Probe::unknown;
        found = entry.me_value;
    }
    *value = found;
    return found == nullptr ? Probe::absent : Probe::present;
}

}  // namespace stackless
