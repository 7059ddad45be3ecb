#include "pickle/namespaces.hpp"

#include "pickle/errors.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

/// exec() gives globals the dictionary of the module builtins, which a pickler would write out. The module itself means
/// the same, and goes by its name.
bool name_builtins(PyObject* globals) {
    const PyInterpreterState* interp = PyInterpreterState_Get();
    PyObject* builtins = PyDict_GetItemWithError(globals, &_Py_ID(__builtins__));
    if (builtins == nullptr || builtins != interp->builtins)
        return true;
    const Ref name = Ref::steal(PyUnicode_InternFromString("builtins"));
    const Ref module = name ? imported_module(name.get()) : nullptr;
    if (!module || !PyModule_Check(module.get()) || PyModule_GetDict(module.get()) != builtins)
        return static_cast<bool>(name);
    return PyDict_SetItem(globals, &_Py_ID(__builtins__), module.get()) == 0;
}

}  // namespace

PyObject* name_of_globals(PyObject* globals) {
    PyObject* name = PyDict_GetItemWithError(globals, &_Py_ID(__name__));
    return name != nullptr && PyUnicode_Check(name) ? name : nullptr;
}

Ref describe_globals(PyObject* globals, Pickling&) {
    PyObject* name = name_of_globals(globals);
    Ref module = name == nullptr ? nullptr : imported_module(name);
    if (module && PyModule_Check(module.get()) && PyModule_GetDict(module.get()) == globals)
        return module;
    return name_builtins(globals) ? Ref::borrow(globals) : nullptr;
}

PyObject* described_globals(PyObject* description) {
    if (PyDict_CheckExact(description))
        return description;
    if (PyModule_Check(description) && PyModule_GetDict(description) != nullptr)
        return PyModule_GetDict(description);
    return unpickling_error("the globals of a function cannot be %s",
                            Py_TYPE(description)->tp_name);
}

}  // namespace stackless::pickle
