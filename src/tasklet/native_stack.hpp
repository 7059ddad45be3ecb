// tasklet.native_stack()
#pragma once

#include "cpython/python.hpp"

namespace stackless {

PyObject* native_stack(PyObject* self, PyObject*);
extern const char* const native_stack_doc;

}  // namespace stackless
