// Calls of classes whose __new__ or __init__ is in Python.
#pragma once

#include "cpython/exposed.hpp"
#include "eval/calls.hpp"

namespace stackless::eval {

/// Whether calling the class, as type.__call__() does it, may run code in Python.
inline bool class_is_python(const PyTypeObject* type) {
    return type->tp_init == slot_tp_init || type->tp_new == slot_tp_new ||
           (type->tp_new == type_new && type != &PyType_Type) || type == &PyType_Type;
}

/// What a class in Python has as __init__, if that is a plain function; else null.
inline PyFunctionObject* init_function(PyThreadState* ts, PyTypeObject* type) {
    if (type->tp_init != slot_tp_init)
        return nullptr;
    PyObject* init = type_lookup(type, &_Py_ID(__init__));
    return init != nullptr && is_inlinable(ts, init) ? reinterpret_cast<PyFunctionObject*>(init)
                                                     : nullptr;
}

/// Whether object.__new__() makes the instances of a class, and nothing but __init__ comes behind it.
inline bool makes_plain_objects(const PyTypeObject* type) {
    return Py_TYPE(type)->tp_call == PyType_Type.tp_call &&
           type->tp_new == PyBaseObject_Type.tp_new && type->tp_vectorcall == nullptr &&
           (type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) == 0;
}

/// The __init__ of such a class, if that is a plain function; else null.
inline PyFunctionObject* plain_init(PyThreadState* ts, PyTypeObject* type) {
    return makes_plain_objects(type) ? init_function(ts, type) : nullptr;
}

/// The __new__ in Python of a class, as calling the class finds it. New reference.
PyObject* find_new(PyTypeObject* type);

/// The new object of a class whose __new__ is in C.
PyObject* new_object(PyTypeObject* type, const Arguments& arguments);

/// Begins the call of a class as type.__call__() does it.
StartedCall start_class_call(PyThreadState* ts, const Frame* frame, PyTypeObject* type,
                             const Arguments& arguments);

/// Begins what is done with the object (stolen) that __new__ has returned for `type`; its result is that of the
/// call.
StartedCall start_init(PyThreadState* ts, const Frame* frame, PyTypeObject* type, PyObject* object,
                       const Arguments& arguments);

/// Rewrites a CALL of a class with a plain __init__ and without keywords, so that it goes to call_cached_class. False if
/// the callable is no such class. CPython does not specialise such calls, and the one opcode stands for both: its
/// cache has the version of the function or the class.
bool specialize_class_call(PyThreadState* ts, PyObject* callable, PyObject* kwnames,
                           Instr* instruction);

/// Complains about an __init__ that has returned `result`.
void set_init_result_error(PyThreadState* ts, PyObject* result);

/// Whether it is the __new__ of a builtin class that the loop does itself.
inline bool is_known_new(PyObject* callable) {
    auto* function = reinterpret_cast<PyCFunctionObject*>(callable);
    return function->m_ml == tp_new_methoddef &&
           (function->m_self == reinterpret_cast<PyObject*>(&PyTuple_Type) ||
            function->m_self == reinterpret_cast<PyObject*>(&PyBaseObject_Type));
}

}  // namespace stackless::eval
