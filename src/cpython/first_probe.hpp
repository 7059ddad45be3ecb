// Lookups in hash tables without a call. At the first place for a key, if it is free or has just this key, nothing has to be compared.
// That is so for most lookups of strings, small ints, classes and other objects without a comparison of their own.
#pragma once

#include "cpython/ints.hpp"
#include "cpython/python.hpp"

namespace stackless {

/// The hash of a key if it is known without calling anything; -1 if not.
inline Py_hash_t known_hash(PyObject* key) {
    const PyTypeObject* type = Py_TYPE(key);
    if (type == &PyUnicode_Type)
        return reinterpret_cast<PyASCIIObject*>(key)->hash;
    if (type == &PyLong_Type) {
        // Up to two digits, an int is its own hash, but for -1.
        if (is_compact_int(key)) {
            const Py_hash_t value = compact_value(key);
            return value == -1 ? -2 : value;
        }
        return is_medium_int(key) ? medium_value(key) : -1;
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

/// Where a dict has the value of an entry; null if the entry is that of another key. `is_other` tells whether that is sure
/// without comparing.
inline PyObject* const* entry_value(const PyDictObject* dict, Py_ssize_t index, const PyObject* key,
                                    Py_hash_t hash, bool* is_other) {
    PyDictKeysObject* keys = dict->ma_keys;
    if (DK_IS_UNICODE(keys)) {
        const PyDictUnicodeEntry& entry = DK_UNICODE_ENTRIES(keys)[index];
        *is_other = reinterpret_cast<const PyASCIIObject*>(entry.me_key)->hash != hash;
        if (entry.me_key != key)
            return nullptr;
        return dict->ma_values == nullptr ? &entry.me_value : &dict->ma_values->values[index];
    }
    const PyDictKeyEntry& entry = DK_ENTRIES(keys)[index];
    *is_other = entry.me_hash != hash;
    return entry.me_key == key ? &entry.me_value : nullptr;
}

/// Whether the indices of a dict are bytes or words: larger ones are left to libpython.
inline bool has_short_indices(const PyDictKeysObject* keys) {
    return keys->dk_log2_size < 16;
}

inline Py_ssize_t index_at(const PyDictKeysObject* keys, size_t place) {
    return keys->dk_log2_size < 8 ? reinterpret_cast<const int8_t*>(keys->dk_indices)[place]
                                  : reinterpret_cast<const int16_t*>(keys->dk_indices)[place];
}

inline size_t place_mask(const PyDictKeysObject* keys) {
    return (size_t{1} << keys->dk_log2_size) - 1;
}

/// Looks a key up in a dict at the first place; `value`, borrowed, is set if it is present.
inline Probe first_probe(const PyDictObject* dict, const PyObject* key, Py_hash_t hash,
                         PyObject** value) {
    const PyDictKeysObject* keys = dict->ma_keys;
    if (!has_short_indices(keys))
        return Probe::unknown;
    const Py_ssize_t index = index_at(keys, static_cast<size_t>(hash) & place_mask(keys));
    if (index < 0)
        return index == DKIX_EMPTY ? Probe::absent : Probe::unknown;
    bool is_other;
    PyObject* const* found = entry_value(dict, index, key, hash, &is_other);
    if (found == nullptr)
        return Probe::unknown;
    *value = *found;
    return *found == nullptr ? Probe::absent : Probe::present;
}

/// Whether a dict, set or frozenset has a key, if it tells at the first place; unknown for any other container.
[[gnu::always_inline]] inline Probe probe_known(PyObject* container, PyObject* value) {
    const PyTypeObject* type = Py_TYPE(container);
    const bool is_dict = type == &PyDict_Type;
    if (!is_dict && type != &PySet_Type && type != &PyFrozenSet_Type)
        return Probe::unknown;
    const Py_hash_t hash = known_hash(value);
    if (hash == -1)
        return Probe::unknown;
    PyObject* found;
    return is_dict ? first_probe(reinterpret_cast<PyDictObject*>(container), value, hash, &found)
                   : first_probe(reinterpret_cast<PySetObject*>(container), value, hash);
}

/// The same at all places, up to a key that has to be compared: for who is likely to meet others first. The addresses that
/// id() returns are such keys, as multiples of 16.
inline Probe probe_all(const PyDictObject* dict, const PyObject* key, Py_hash_t hash,
                       PyObject** value) {
    const PyDictKeysObject* keys = dict->ma_keys;
    if (!has_short_indices(keys))
        return Probe::unknown;
    auto perturbation = static_cast<size_t>(hash);
    for (size_t place = perturbation & place_mask(keys);;) {
        const Py_ssize_t index = index_at(keys, place);
        if (index == DKIX_EMPTY)
            return Probe::absent;
        if (index >= 0) {
            bool is_other;
            if (PyObject* const* found = entry_value(dict, index, key, hash, &is_other)) {
                *value = *found;
                return *found == nullptr ? Probe::absent : Probe::present;
            }
            if (!is_other)
                return Probe::unknown;
        }
        perturbation >>= 5;
        place = (place * 5 + perturbation + 1) & place_mask(keys);
    }
}

}  // namespace stackless
