// Declaring C functions that take their arguments from an array (METH_FASTCALL).
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// A function of any of the METH_... conventions as the one type that PyMethodDef knows.
template <class Function>
PyCFunction as_method(Function function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

/// For _PyArg_ParseStackAndKeywords(): a format as of PyArg_ParseTupleAndKeywords(), and the names.
/// The parser remembers what it has found out about them, so it must be static.
inline _PyArg_Parser argument_parser(const char* format, const char* const* keywords) {
    _PyArg_Parser parser{};
    parser.format = format;
    parser.keywords = keywords;
    return parser;
}

}  // namespace stackless
