// Items of sequences by their index, and lengths.
#pragma once

#include "cpython/exposed.hpp"
#include "cpython/ints.hpp"
#include "cpython/python.hpp"

namespace stackless::eval {

/// The place of an index, perhaps one from the right, among so many items; at least `count` if there is none.
inline size_t place_of(PyObject* index, Py_ssize_t count) {
    const Py_ssize_t value = compact_value(index);
    return static_cast<size_t>(value < 0 ? value + count : value);
}

/// What a list, tuple or ASCII string has at an index of one digit, borrowed; null for anything else. CPython specialises
/// nothing for strings, nor for indices from the right.
inline PyObject* item_of(PyObject* sequence, PyObject* index) {
    if (PyUnicode_CheckExact(sequence)) {
        if (!PyUnicode_IS_COMPACT_ASCII(sequence))
            return nullptr;
        const auto* text = reinterpret_cast<PyASCIIObject*>(sequence);
        const size_t place = place_of(index, text->length);
        if (place >= static_cast<size_t>(text->length))
            return nullptr;
        const auto letter = reinterpret_cast<const unsigned char*>(text + 1)[place];
        return reinterpret_cast<PyObject*>(&_Py_SINGLETON(strings).ascii[letter]);
    }
    if (!PyList_CheckExact(sequence) && !PyTuple_CheckExact(sequence))
        return nullptr;
    const size_t place = place_of(index, Py_SIZE(sequence));
    return place < static_cast<size_t>(Py_SIZE(sequence)) ? PySequence_Fast_ITEMS(sequence)[place]
                                                          : nullptr;
}

/// The length of an object of some builtin types; -1 for all others.
inline Py_ssize_t known_length(PyObject* object) {
    const PyTypeObject* type = Py_TYPE(object);
    if (type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type)
        return Py_SIZE(object);
    if (type == &PyUnicode_Type)
        return PyUnicode_IS_READY(object) ? PyUnicode_GET_LENGTH(object) : -1;
    if (type == &PyDict_Type)
        return reinterpret_cast<PyDictObject*>(object)->ma_used;
    return type == &PySet_Type ? reinterpret_cast<PySetObject*>(object)->used : -1;
}

}  // namespace stackless::eval
