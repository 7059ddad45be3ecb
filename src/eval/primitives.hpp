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

/// A module that is not inside of a package, without regard to who asks and to a program's __import__().
inline PyObject* import_module(const char* name) {
    return PyImport_ImportModuleLevel(name, nullptr, nullptr, nullptr, 0);
}

// The primitives of a family, which have a file of their own.
extern PyMethodDef conversion_primitives[];
extern PyMethodDef iteration_primitives[];
extern PyMethodDef operator_primitives[];

/// The type of libpython that hidden functions know by this name, borrowed, or null: those that are not in builtins.
PyObject* find_exposed_type(PyObject* name);

}  // namespace stackless::eval
