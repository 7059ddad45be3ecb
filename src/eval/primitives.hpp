// What hidden functions call that Python has no name for.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// The primitive of this name, or null.
PyMethodDef* find_primitive(PyObject* name);

/// As PyMethodDef wants it.
template <class Function>
PyCFunction fast_method(Function function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

// The primitives of a family, which have a file of their own.
extern PyMethodDef conversion_primitives[];
extern PyMethodDef generator_primitives[];
extern PyMethodDef asyncio_primitives[];
extern PyMethodDef iteration_primitives[];

/// The type of libpython that hidden functions know by this name, borrowed, or null: those that are not in builtins.
PyObject* find_exposed_type(PyObject* name);

}  // namespace stackless::eval
