// `format % values` where the str() or repr() of a value is code in Python.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// Whether that is so, and nothing else can go wrong or run code in Python: Hidden::modulo() does it.
bool is_modulo_in_python(PyObject* format, PyObject* values);

extern PyMethodDef formatting_primitives[];

}  // namespace stackless::eval
