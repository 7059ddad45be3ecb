// Taking classes apart, for pickles.
#include <string_view>

#include "pickle/class_identity.hpp"
#include "pickle/classes.hpp"
#include "pickle/enums.hpp"
#include "pickle/fingerprint.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

PyObject* entry(PyTypeObject* type, const char* name) {
    return PyDict_GetItemString(type->tp_dict, name);
}

Ref qualified_name(PyTypeObject* type) {
    return Ref::borrow(reinterpret_cast<PyHeapTypeObject*>(type)->ht_qualname);
}

/// What type.__new__() has to know at once: where the class is from, and its slots.
Ref prototype_of(PyTypeObject* type) {
    Ref prototype = Ref::steal(PyDict_New());
    const Ref qualname = qualified_name(type);
    if (!prototype || PyDict_SetItem(prototype.get(), &_Py_ID(__qualname__), qualname.get()) != 0)
        return {};
    for (const char* name : {"__module__", "__slots__"}) {
        PyObject* value = entry(type, name);
        if (value == nullptr)
            continue;
        // An iterator would have nothing left.
        const Ref kept = std::string_view(name) == "__slots__" && !PyUnicode_Check(value)
                             ? Ref::steal(PySequence_Tuple(value))
                             : Ref::borrow(value);
        if (!kept || PyDict_SetItemString(prototype.get(), name, kept.get()) != 0)
            return {};
    }
    return prototype;
}

/// The namespace in which the same program finds the class again by its name; None if it does not.
Ref home_of(PyTypeObject* type, Pickling& pickling) {
    PyObject* name = entry(type, "__module__");
    const Ref module = name != nullptr && PyUnicode_Check(name) && travels_by_value(name, pickling)
                           ? imported_module(name)
                           : nullptr;
    const bool found = module && PyModule_Check(module.get()) &&
                       find_raw(module.get(), qualified_name(type).get()).get() ==
                           reinterpret_cast<PyObject*>(type);
    return found ? namespace_of(PyModule_GetDict(module.get()), pickling) : Ref::borrow(Py_None);
}

/// What a class has for other reasons than that somebody has put it there.
bool comes_by_itself(PyObject* name) {
    for (const char* own : {"__module__", "__slots__", "__slotnames__", "_abc_impl",
                            "__abstractmethods__", "__stackless_blank__"}) {
        if (PyUnicode_CompareWithASCIIString(name, own) == 0)
            return true;
    }
    return false;
}

Ref dictionary_of(PyTypeObject* type) {
    Ref dict = Ref::steal(PyDict_New());
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (dict && PyDict_Next(type->tp_dict, &position, &name, &value)) {
        if (!PyUnicode_Check(name) || comes_by_itself(name) || is_layout(type, value) ||
            is_made_by_enum(type, name, value))
            continue;
        if (PyDict_SetItem(dict.get(), name, value) != 0)
            return {};
    }
    return dict;
}

/// The classes that an abstract one has been told to count as its own; None if there are none. Empty with an exception
/// set.
Ref registered_with(PyTypeObject* type) {
    if (entry(type, "_abc_impl") == nullptr)
        return Ref::borrow(Py_None);
    const Ref module = Ref::steal(PyImport_ImportModule("_abc"));
    const Ref dump =
        Ref::steal(module ? PyObject_CallMethod(module.get(), "_get_dump", "O", type) : nullptr);
    PyObject* references = dump && PyTuple_Check(dump.get()) && PyTuple_GET_SIZE(dump.get()) > 0
                               ? PyTuple_GET_ITEM(dump.get(), 0)
                               : nullptr;
    const Ref items = Ref::steal(references == nullptr ? nullptr : PySequence_List(references));
    Ref classes = items ? Ref::steal(PyList_New(0)) : nullptr;
    for (Py_ssize_t i = 0; classes && i < PyList_GET_SIZE(items.get()); i++) {
        PyObject* registered = PyWeakref_GetObject(PyList_GET_ITEM(items.get(), i));
        if (registered == nullptr ||
            (registered != Py_None && PyList_Append(classes.get(), registered) != 0))
            return {};
    }
    return classes && PyList_GET_SIZE(classes.get()) == 0 ? Ref::borrow(Py_None) : classes;
}

}  // namespace

ClassParts parts_of_class(PyTypeObject* type, Pickling& pickling) {
    const Ref prototype = prototype_of(type);
    const Ref home = prototype ? home_of(type, pickling) : nullptr;
    const Ref number = home ? fingerprint_object(class_fingerprint(type)) : nullptr;
    const Ref members = number ? enum_members(type) : nullptr;
    const Ref dict = members ? dictionary_of(type) : nullptr;
    const Ref registered = dict ? registered_with(type) : nullptr;
    const Ref extras = registered ? enum_extras(type) : nullptr;
    if (!extras)
        return {};
    const Ref name = Ref::borrow(reinterpret_cast<PyHeapTypeObject*>(type)->ht_name);
    return {
        .args = Ref::steal(PyTuple_Pack(7, Py_TYPE(type), name.get(), type->tp_bases,
                                        prototype.get(), home.get(), number.get(), members.get())),
        .state = Ref::steal(PyTuple_Pack(3, dict.get(), registered.get(), extras.get()))};
}

}  // namespace stackless::pickle
