#include "pickle/constants.hpp"

#include "pickle/namespaces.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

PyObject* reduce_in(PyObject* module_name, PyObject* module, PyObject* object,
                    const Pickling& pickling) {
    PyObject* name = travels_by_value(module_name, pickling) ? nullptr : name_in(module, object);
    PyObject* get =
        name == nullptr ? nullptr : PyDict_GetItemString(PyEval_GetBuiltins(), "getattr");
    return get == nullptr ? nullptr : Py_BuildValue("O(OO)", get, module, name);
}

/// The module may be any.
PyObject* reduce_plain_object(PyObject* object, const Pickling& pickling) {
    PyObject* modules = PyInterpreterState_Get()->modules;
    PyObject *name, *module;
    Py_ssize_t position = 0;
    while (PyDict_CheckExact(modules) && PyDict_Next(modules, &position, &name, &module)) {
        if (!PyUnicode_CheckExact(name))
            continue;
        PyObject* reduced = reduce_in(name, module, object, pickling);
        if (reduced != nullptr || PyErr_Occurred())
            return reduced;
    }
    return nullptr;
}

/// Whether a type leaves it to object how it is pickled.
bool reduces_as_object(PyTypeObject* type) {
    for (const char* name : {"__reduce__", "__reduce_ex__", "__getstate__"}) {
        PyObject* own = PyDict_GetItemString(PyBaseObject_Type.tp_dict, name);
        const Ref key = Ref::steal(PyUnicode_InternFromString(name));
        if (!key || _PyType_Lookup(type, key.get()) != own)
            return false;
    }
    return true;
}

/// Whether there is nothing in an object, or only what it is called.
bool holds_nothing(PyObject* object) {
    PyObject** dict = _PyObject_GetDictPtr(object);
    if (dict == nullptr || *dict == nullptr || PyDict_GET_SIZE(*dict) == 0)
        return true;
    PyObject* value;
    Py_ssize_t position = 0;
    return PyDict_GET_SIZE(*dict) == 1 && PyDict_Next(*dict, &position, nullptr, &value) != 0 &&
           PyUnicode_Check(value);
}

}  // namespace

PyObject* reduce_constant(PyObject* object, Pickling& pickling) {
    PyTypeObject* type = Py_TYPE(object);
    if (type == &PyBaseObject_Type)
        return reduce_plain_object(object, pickling);
    // The class of such an object is next to it.
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) || type->tp_itemsize != 0 ||
        !holds_nothing(object) || !reduces_as_object(type))
        return nullptr;
    PyObject* name = PyDict_GetItemWithError(type->tp_dict, &_Py_ID(__module__));
    const Ref module = name != nullptr && PyUnicode_Check(name) ? imported_module(name) : nullptr;
    return module ? reduce_in(name, module.get(), object, pickling) : nullptr;
}

}  // namespace stackless::pickle
