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

}  // namespace stackless::eval
