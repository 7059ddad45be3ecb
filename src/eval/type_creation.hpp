// type.__new__() calls __set_name__ of a class's attributes and __init_subclass__ at its end, from C. Here these
// calls are put off until it has returned, and then done by a hidden function.
#pragma once

#include "cpython/exposed.hpp"
#include "eval/calls.hpp"

namespace stackless::eval {

/// Whether it is type.__new__, which may be called like this. (Profilers are to see it called.)
inline bool is_type_new(PyThreadState* ts, PyObject* callable) {
    auto* function = reinterpret_cast<PyCFunctionObject*>(callable);
    return function->m_ml == tp_new_methoddef &&
           function->m_self == reinterpret_cast<PyObject*>(&PyType_Type) &&
           ts->c_profilefunc == nullptr;
}

/// Calls `callable`, which is type.__new__ or a metaclass whose __new__ that is. `description` is the name of the
/// new class, its bases and its namespace.
StartedCall start_type_creation(PyThreadState* ts, const Frame* frame, PyObject* callable,
                                PyObject* const* description, const Arguments& arguments);

/// While a type is being made, whether C code that enters a frame is to do so by enter_beside_type_creation().
class TypeCreation;
extern thread_local constinit TypeCreation* type_creation;

/// Puts the call off and returns None if it is one of those; else it calls `enter` as if no type were being made.
PyObject* enter_beside_type_creation(PyThreadState* ts, Frame* frame, int throwflag,
                                     PyObject* (*enter)(PyThreadState*, Frame*, int));

}  // namespace stackless::eval
