#include "pickle/enums.hpp"

#include <utility>

#include "pickle/errors.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

/// The members by name; null, without an exception, if it is no enumeration. Borrowed.
PyObject* member_map(PyTypeObject* type) {
    PyObject* map =
        is_enum_type(Py_TYPE(type)) ? PyDict_GetItemString(type->tp_dict, "_member_map_") : nullptr;
    return map != nullptr && PyDict_Check(map) ? map : nullptr;
}

bool is_one_of(PyObject* name, std::initializer_list<const char*> names) {
    for (const char* each : names) {
        if (PyUnicode_CompareWithASCIIString(name, each) == 0)
            return true;
    }
    return false;
}

/// What programs have added to a member; empty with an exception set.
Ref extras_of(PyObject* member) {
    Ref extras = Ref::steal(PyDict_New());
    PyObject** dict = _PyObject_GetDictPtr(member);
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (extras && dict != nullptr && *dict != nullptr &&
           PyDict_Next(*dict, &position, &name, &value)) {
        if (PyUnicode_Check(name) &&
            !is_one_of(name, {"_value_", "_name_", "__objclass__", "_sort_order_"}) &&
            PyDict_SetItem(extras.get(), name, value) != 0)
            return {};
    }
    return extras;
}

/// Whether the enumeration has the member under its name or value. An exception on the way counts as no.
bool is_known_member(PyObject* member) {
    const std::pair<const char*, const char*> maps[] = {{"_member_map_", "_name_"},
                                                        {"_value2member_map_", "_value_"}};
    for (const auto& [map_name, key_name] : maps) {
        PyObject* map = PyDict_GetItemString(Py_TYPE(member)->tp_dict, map_name);
        const Ref key = Ref::steal(PyObject_GetAttrString(member, key_name));
        PyObject* found = map != nullptr && PyDict_Check(map) && key
                              ? PyDict_GetItemWithError(map, key.get())
                              : nullptr;
        PyErr_Clear();
        if (found == member)
            return true;
    }
    return false;
}

}  // namespace

bool is_enum_type(PyTypeObject* metaclass) {
    const Ref name = Ref::steal(PyUnicode_InternFromString("enum"));
    const Ref module = name ? imported_module(name.get()) : nullptr;
    PyObject* base = module && PyModule_Check(module.get())
                         ? PyDict_GetItemString(PyModule_GetDict(module.get()), "EnumType")
                         : nullptr;
    return base != nullptr && PyType_Check(base) &&
           PyType_IsSubtype(metaclass, reinterpret_cast<PyTypeObject*>(base)) != 0;
}

Ref enum_members(PyTypeObject* type) {
    PyObject* map = member_map(type);
    if (map == nullptr)
        return Ref::borrow(Py_None);
    Ref members = Ref::steal(PyDict_New());
    PyObject *name, *member;
    Py_ssize_t position = 0;
    while (members && PyDict_Next(map, &position, &name, &member)) {
        const Ref value = Ref::steal(PyObject_GetAttrString(member, "_value_"));
        if (!value || PyDict_SetItem(members.get(), name, value.get()) != 0)
            return {};
    }
    return members;
}

Ref enum_extras(PyTypeObject* type) {
    PyObject* map = member_map(type);
    Ref all = map == nullptr ? nullptr : Ref::steal(PyDict_New());
    PyObject *name, *member;
    Py_ssize_t position = 0;
    while (all && PyDict_Next(map, &position, &name, &member)) {
        const Ref extras = extras_of(member);
        if (!extras)
            return {};
        if (PyDict_GET_SIZE(extras.get()) > 0 && PyDict_SetItem(all.get(), name, extras.get()) != 0)
            return {};
    }
    if (map != nullptr && !all)
        return {};
    return all && PyDict_GET_SIZE(all.get()) > 0 ? all : Ref::borrow(Py_None);
}

bool is_made_by_enum(PyTypeObject* type, PyObject* name, PyObject* value) {
    PyObject* map = member_map(type);
    if (map == nullptr)
        return false;
    if (is_one_of(name, {"_member_names_", "_member_map_", "_value2member_map_",
                         "_unhashable_values_", "_member_type_", "_value_repr_", "_use_args_"}) ||
        PyDict_Contains(map, name) == 1)
        return true;
    // Much of it is what the base has.
    return _PyType_Lookup(type->tp_base, name) == value || PyCFunction_Check(value);
}

PyObject* make_enum(PyTypeObject* metaclass, PyObject* name, PyObject* bases, PyObject* prototype,
                    PyObject* members) {
    auto* object = reinterpret_cast<PyObject*>(metaclass);
    const Ref dict = Ref::steal(PyObject_CallMethod(object, "__prepare__", "OO", name, bases));
    if (!dict)
        return nullptr;
    for (PyObject* source : {prototype, members}) {
        PyObject *key, *value;
        Py_ssize_t position = 0;
        while (PyDict_Next(source, &position, &key, &value)) {
            if (PyObject_SetItem(dict.get(), key, value) != 0)
                return nullptr;
        }
    }
    return PyObject_CallMethod(object, "__new__", "OOOO", metaclass, name, bases, dict.get());
}

PyObject* reduce_unfinished_member(PyObject* object, Pickling&) {
    PyTypeObject* type = Py_TYPE(object);
    if (!is_enum_type(Py_TYPE(type)) || is_known_member(object))
        return nullptr;
    // As the old protocols do: without __new__() of the class.
    const Ref module = Ref::steal(PyImport_ImportModule("copyreg"));
    return module ? PyObject_CallMethod(module.get(), "_reduce_ex", "Oi", object, 1) : nullptr;
}

bool set_enum_extras(PyTypeObject* type, PyObject* extras) {
    PyObject* map = member_map(type);
    PyObject *name, *values;
    Py_ssize_t position = 0;
    while (PyDict_Next(extras, &position, &name, &values)) {
        PyObject* member = map == nullptr ? nullptr : PyDict_GetItemWithError(map, name);
        const Ref dict =
            Ref::steal(member == nullptr ? nullptr : PyObject_GenericGetDict(member, nullptr));
        if (!dict || !PyDict_Check(values) || PyDict_Update(dict.get(), values) != 0) {
            PyErr_Clear();
            unpickling_error("the enumeration %s has no member %R", type->tp_name, name);
            return false;
        }
    }
    return true;
}

}  // namespace stackless::pickle
