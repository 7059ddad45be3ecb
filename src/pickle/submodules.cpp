#include "pickle/submodules.hpp"

#include "pickle/namespaces.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

/// Whether it is a module that others are in.
bool is_package(PyObject* object) {
    return PyModule_Check(object) && PyModule_GetDict(object) != nullptr &&
           PyDict_GetItemString(PyModule_GetDict(object), "__path__") != nullptr;
}

/// Adds to `found` (a list) the modules of a package that code has a name of.
bool add_of_package(PyObject* package_name, PyCodeObject* code, PyObject* found) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_names); i++) {
        const Ref name = Ref::steal(
            PyUnicode_FromFormat("%U.%U", package_name, PyTuple_GET_ITEM(code->co_names, i)));
        if (!name)
            return false;
        const Ref module = imported_module(name.get());
        if (!module || !PyModule_Check(module.get()) || PySequence_Contains(found, name.get()) == 1)
            continue;
        if (PyList_Append(found, name.get()) != 0 ||
            (is_package(module.get()) && !add_of_package(name.get(), code, found)))
            return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject* constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(constant) &&
            !add_of_package(package_name, reinterpret_cast<PyCodeObject*>(constant), found))
            return false;
    }
    return true;
}

}  // namespace

Ref submodules_of(PyObject* globals, PyCodeObject* code) {
    PyObject* names = global_names(code);
    Ref found;
    for (Py_ssize_t i = 0; names != nullptr && i < PyTuple_GET_SIZE(names); i++) {
        PyObject* value = PyDict_GetItemWithError(globals, PyTuple_GET_ITEM(names, i));
        PyObject* package = value != nullptr && is_package(value)
                                ? name_of_globals(PyModule_GetDict(value))
                                : nullptr;
        if (package == nullptr)
            continue;
        if (!found) {
            found = Ref::steal(PyList_New(0));
        }
        if (!found || !add_of_package(package, code, found.get()))
            return {};
    }
    if (names == nullptr)
        return {};
    return found && PyList_GET_SIZE(found.get()) > 0 ? Ref::steal(PyList_AsTuple(found.get()))
                                                     : Ref::borrow(Py_None);
}

bool are_submodules(PyObject* names) {
    for (Py_ssize_t i = 0; PyTuple_CheckExact(names) && i < PyTuple_GET_SIZE(names); i++) {
        if (!PyUnicode_CheckExact(PyTuple_GET_ITEM(names, i)))
            return false;
    }
    return PyTuple_CheckExact(names);
}

bool import_submodules(PyObject* names) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        if (!import_for_pickle(PyTuple_GET_ITEM(names, i)))
            return false;
    }
    return true;
}

}  // namespace stackless::pickle
