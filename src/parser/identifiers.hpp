// The names of a source text, which mostly occur again and again.
#pragma once

#include <cstdint>
#include <cstring>

#include "parser/layouts.hpp"

namespace stackless::parser {

/// Remembers the interned strings of names, so that each need not be decoded and interned again. The arena has the
/// references.
class Identifiers {
public:
    /// The name of a NAME token. Null with an exception set.
    PyObject* identifier(ParserState* state, const Token* token) {
        const char* text = PyBytes_AS_STRING(token->bytes);
        const Py_ssize_t length = PyBytes_GET_SIZE(token->bytes);
        PyObject*& known = known_[slot(text, length)];
        if (known && is(known, text, length))
            return known;
        PyObject* name = _PyPegen_new_identifier(state, text);
        // Names that are not ASCII may be normalized.
        if (name && PyUnicode_IS_COMPACT_ASCII(name))
            known = name;
        return name;
    }

private:
    static constexpr size_t slots = 128;

    static bool is(PyObject* name, const char* text, Py_ssize_t length) {
        return PyUnicode_GET_LENGTH(name) == length &&
               std::memcmp(PyUnicode_DATA(name), text, length) == 0;
    }
    static size_t slot(const char* text, Py_ssize_t length) {
        // The middle differs where prefixes and suffixes are alike.
        const uint8_t first = text[0], middle = text[length / 2], last = text[length - 1];
        return (first * 7 + middle * 31 + last * 5 + length * 3) % slots;
    }

    PyObject* known_[slots] = {};
};

}  // namespace stackless::parser
