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

/// Whether the object's __class__ is its type: nothing in its class says otherwise.
inline bool has_plain_class(PyTypeObject* type) {
    return (type->tp_getattro == PyObject_GenericGetAttr || type->tp_getattro == type_getattro) &&
           type_lookup(type, &_Py_ID(__class__)) ==
               type_lookup(&PyBaseObject_Type, &_Py_ID(__class__));
}

/// For a class whose own class is `type`. Where the answer is no, libpython would read __class__, which is most of its work.
inline InstanceCheck check_instance(PyTypeObject* type, PyObject* class_) {
    if (type == reinterpret_cast<PyTypeObject*>(class_) ||
        is_subtype(type, reinterpret_cast<PyTypeObject*>(class_)))
        return InstanceCheck::yes;
    return has_plain_class(type) ? InstanceCheck::no : InstanceCheck::unknown;
}

/// For a tuple of classes.
inline InstanceCheck check_instance_of_any(PyTypeObject* type, PyObject* classes) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(classes); i++) {
        PyObject* class_ = PyTuple_GET_ITEM(classes, i);
        const InstanceCheck check =
            PyType_CheckExact(class_) ? check_instance(type, class_) : InstanceCheck::unknown;
        if (check != InstanceCheck::no)
            return check;
    }
    return InstanceCheck::no;
}

}  // namespace stackless::eval
