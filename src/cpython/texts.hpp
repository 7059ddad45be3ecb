// Strings of ASCII letters, made without asking what their letters are: see docs/internals/replaced-functions.md.
#pragma once

#include <string_view>

#include "cpython/python.hpp"

namespace stackless {

/// A str of so many ASCII letters, two at least, that are to be written yet; null with MemoryError set.
/// str() of an int takes 0.8 of the time that it takes with PyUnicode_New().
inline PyObject* new_ascii_text(Py_ssize_t length) {
#ifdef Py_REF_DEBUG
    return PyUnicode_New(length, 127);
#else
    auto* text = static_cast<PyASCIIObject*>(
        PyObject_Malloc(sizeof(PyASCIIObject) + static_cast<size_t>(length) + 1));
    if (text == nullptr) [[unlikely]]
        return PyErr_NoMemory();
    *text = PyASCIIObject{.ob_base = {_PyObject_EXTRA_INIT 1, &PyUnicode_Type},
                          .length = length,
                          .hash = -1,
                          .state = {.interned = SSTATE_NOT_INTERNED,
                                    .kind = PyUnicode_1BYTE_KIND,
                                    .compact = 1,
                                    .ascii = 1,
                                    .ready = 1},
                          .wstr = nullptr};
    reinterpret_cast<Py_UCS1*>(text + 1)[length] = 0;
    return &text->ob_base;
#endif
}

/// Whether an object is a str of ASCII letters, and no instance of a subclass.
inline bool is_ascii_text(PyObject* object) {
    return PyUnicode_CheckExact(object) && PyUnicode_IS_COMPACT_ASCII(object);
}

/// The letters of a str that has a byte for each.
inline std::string_view letters_of(PyObject* text) {
    return {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text)),
            static_cast<size_t>(PyUnicode_GET_LENGTH(text))};
}

/// Whether a str, the name of an argument say, has just these ASCII letters.
inline bool is_spelled(PyObject* text, std::string_view letters) {
    return PyUnicode_IS_COMPACT_ASCII(text) && letters_of(text) == letters;
}

/// A str of some ASCII letters; null with MemoryError set. Those of less than two letters are there already.
PyObject* text_of(std::string_view letters);

/// The concatenation of some instances of str. A new reference; null with MemoryError or OverflowError set.
PyObject* join_texts(PyObject* const* texts, Py_ssize_t count);

/// `left + right` of two instances of str, as PyUnicode_Concat().
PyObject* add_texts(PyObject* left, PyObject* right);

}  // namespace stackless
