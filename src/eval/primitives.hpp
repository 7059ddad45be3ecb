// What hidden functions call that Python has no name for.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// The primitive of this name, or null.
PyMethodDef* find_primitive(PyObject* name);

/// Those of src/hidden/generators.py.
extern PyMethodDef generator_primitives[];

}  // namespace stackless::eval
