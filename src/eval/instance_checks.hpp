// isinstance() for the classes of most calls, without libpython.
#pragma once

#include "cpython/exposed.hpp"
#include "cpython/type_lookup.hpp"

namespace stackless::eval {

/// What is known of an instance without asking libpython.
enum class InstanceCheck : uint8_t { no, yes, unknown };

inline bool is_subtype(const PyTypeObject* type, const PyTypeObject* base) {
    PyObject* mro = type->tp_mro;
    if (mro == nullptr) [[unlikely]]
        return PyType_IsSubtype(const_cast<PyTypeObject*>(type), const_cast<PyTypeObject*>(base)) !=
               0;
    const Py_ssize_t count = PyTuple_GET_SIZE(mro);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyTuple_GET_ITEM(mro, i) == reinterpret_cast<const PyObject*>(base))
            return true;
    }
    return false;
}

/// Whether what a type has as __class__ is what all types inherit from object.
inline bool is_class_of_object(PyObject* descriptor) {
    return descriptor != nullptr && Py_IS_TYPE(descriptor, &PyGetSetDescr_Type) &&
           reinterpret_cast<PyDescrObject*>(descriptor)->d_type == &PyBaseObject_Type;
}

/// Whether the object's __class__ is its type: nothing in its class says otherwise.
inline bool has_plain_class(PyTypeObject* type) {
    return (type->tp_getattro == PyObject_GenericGetAttr || type->tp_getattro == type_getattro) &&
           is_class_of_object(type_lookup(type, &_Py_ID(__class__)));
}

/// check_instance() for what it takes no call to tell.
inline InstanceCheck check_instance_at_once(PyTypeObject* type, PyObject* class_) {
    if (type == reinterpret_cast<PyTypeObject*>(class_))
        return InstanceCheck::yes;
    if (type->tp_mro == nullptr) [[unlikely]]
        return InstanceCheck::unknown;
    if (is_subtype(type, reinterpret_cast<PyTypeObject*>(class_)))
        return InstanceCheck::yes;
    if (type->tp_getattro != PyObject_GenericGetAttr && type->tp_getattro != type_getattro)
        return InstanceCheck::unknown;
    PyObject* const* found = known_lookup(type, &_Py_ID(__class__));
    return found != nullptr && is_class_of_object(*found) ? InstanceCheck::no
                                                          : InstanceCheck::unknown;
}

/// For any class. Where the answer is no, libpython would read __class__, which is most of its work. Where it is an instance
/// of just this class, no metaclass is asked.
inline InstanceCheck check_instance(PyTypeObject* type, PyObject* class_) {
    if (type == reinterpret_cast<PyTypeObject*>(class_))
        return InstanceCheck::yes;
    if (!PyType_CheckExact(class_))
        return InstanceCheck::unknown;
    if (is_subtype(type, reinterpret_cast<PyTypeObject*>(class_)))
        return InstanceCheck::yes;
    return has_plain_class(type) ? InstanceCheck::no : InstanceCheck::unknown;
}

/// For a tuple of classes.
inline InstanceCheck check_instance_of_any(PyTypeObject* type, PyObject* classes) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(classes); i++) {
        const InstanceCheck check = check_instance(type, PyTuple_GET_ITEM(classes, i));
        if (check != InstanceCheck::no)
            return check;
    }
    return InstanceCheck::no;
}

}  // namespace stackless::eval
