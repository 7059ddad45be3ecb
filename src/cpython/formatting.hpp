// `format % values` and str.format() of short ASCII texts and numbers: see docs/internals/replaced-functions.md.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// `format % values` where both are known to be of builtin types and the result is short; null without an exception if they
/// are not, or something is wrong with them, which is left to libpython. `format` is a str.
PyObject* format_by_modulo_at_once(PyObject* format, PyObject* values);

/// format(value, specification) of the same, on the same conditions. `specification` is a str.
PyObject* format_at_once(PyObject* value, PyObject* specification);

/// Replaces str.format(). To be called before Python is initialised; once is enough.
void adapt_formatting();

}  // namespace stackless
