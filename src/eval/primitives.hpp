// What hidden functions call that Python has no name for.
#pragma once

#include "eval/calls.hpp"

namespace stackless::eval {

/// In PyMethodDef::ml_flags of a primitive: it is a Starter. CPython never calls it.
inline constexpr int METH_STARTS = 0x40000;
/// A primitive that has a frame. Its arguments are not counted: hidden functions give it as many as it takes.
using Starter = StartedCall (*)(PyThreadState* ts, const Frame* frame, PyObject* const* args);

/// Whether a builtin is a Starter.
inline bool starts_frame(PyObject* function) {
    return Py_IS_TYPE(function, &PyCFunction_Type) &&
           (PyCFunction_GET_FLAGS(function) & METH_STARTS) != 0;
}
inline StartedCall run_starter(PyThreadState* ts, const Frame* frame, PyObject* function,
                               PyObject* const* args) {
    void* meth = reinterpret_cast<void*>(PyCFunction_GET_FUNCTION(function));
    return reinterpret_cast<Starter>(meth)(ts, frame, args);
}

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

/// For a frame of a hidden function that has been put together anew: marks in the objects that it works on what it had
/// marked in those that they are copies of.
void mark_again(PyThreadState* ts, const Frame* frame);

// The primitives of a family, which have a file of their own.
extern PyMethodDef call_primitives[];
extern PyMethodDef conversion_primitives[];
extern PyMethodDef generator_primitives[];
extern PyMethodDef asyncio_primitives[];
extern PyMethodDef execution_primitives[];
extern PyMethodDef import_primitives[];
extern PyMethodDef iteration_primitives[];
extern PyMethodDef operator_primitives[];

/// The type of libpython that hidden functions know by this name, borrowed, or null: those that are not in builtins.
PyObject* find_exposed_type(PyObject* name);

}  // namespace stackless::eval
