// What hidden functions call that Python has no name for.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// The primitive of this name, or null.
PyMethodDef* find_primitive(PyObject* name);

/// The type of libpython that hidden functions know by this name, borrowed, or null: those that are not in builtins.
PyObject* find_exposed_type(PyObject* name);

/// What iteration and sorting needs.
extern PyMethodDef iteration_primitives[];

template <class Function>
PyCFunction as_method(Function function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

}  // namespace stackless::eval
