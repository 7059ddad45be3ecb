#include "pickle/imports.hpp"

#include "cpython/arguments.hpp"
#include "pickle/errors.hpp"
#include "pickle/reducers.hpp"

extern "C" {
#include <internal/pycore_moduleobject.h>
}

namespace stackless::pickle {

namespace {

/// importlib's class of what holds the lock of a module while it is imported.
PyObject* lock_manager_class() {
    static PyObject* found = nullptr;
    if (found == nullptr) {
        const Ref module = Ref::steal(PyImport_ImportModule("_frozen_importlib"));
        found = module ? PyObject_GetAttrString(module.get(), "_ModuleLockManager") : nullptr;
    }
    return found;
}

PyObject* reduce_lock(PyObject* manager, Pickling&) {
    const Ref name = Ref::steal(PyObject_GetAttrString(manager, "_name"));
    const Ref lock = name ? Ref::steal(PyObject_GetAttrString(manager, "_lock")) : nullptr;
    if (!lock)
        return nullptr;
    return Py_BuildValue("O(OO)", loader("load_import_lock"), name.get(),
                         lock.get() == Py_None ? Py_False : Py_True);
}

// load_import_lock(name, is_held): waits for it, if another thread is importing the module.
PyObject* load_import_lock(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !PyUnicode_CheckExact(args[0]) || !PyBool_Check(args[1]))
        return unpickling_error(
            "load_import_lock() takes the name of a module, and whether the lock is held");
    PyObject* type = lock_manager_class();
    Ref manager = type != nullptr ? Ref::steal(PyObject_CallOneArg(type, args[0])) : nullptr;
    if (!manager)
        return nullptr;
    if (args[1] == Py_True) {
        const Ref done = Ref::steal(PyObject_CallMethod(manager.get(), "__enter__", nullptr));
        if (!done)
            return nullptr;
    }
    return manager.release();
}

PyMethodDef functions[] = {
    {"load_import_lock", as_method(load_import_lock), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyObject* spec_of_unfinished(PyObject* module_name) {
    PyObject* module = PyDict_GetItemWithError(PyImport_GetModuleDict(), module_name);
    PyObject* spec = module != nullptr && PyModule_Check(module)
                         ? PyDict_GetItemWithError(PyModule_GetDict(module), &_Py_ID(__spec__))
                         : nullptr;
    const bool is_unfinished =
        spec != nullptr && spec != Py_None && _PyModuleSpec_IsInitializing(spec) != 0;
    PyErr_Clear();
    return is_unfinished ? spec : nullptr;
}

bool begin_import(PyObject* module, PyObject* spec) {
    const Ref importlib = Ref::steal(PyImport_ImportModule("_frozen_importlib"));
    const Ref done = importlib ? Ref::steal(PyObject_CallMethod(
                                     importlib.get(), "_init_module_attrs", "OO", spec, module))
                               : nullptr;
    const Ref name = done ? Ref::steal(PyModule_GetNameObject(module)) : nullptr;
    return name && PyDict_SetDefault(PyImport_GetModuleDict(), name.get(), module) != nullptr;
}

ReducerFamily import_reducers() {
    static Reducer reducers[1];
    PyObject* type = lock_manager_class();
    if (type == nullptr)
        return {};
    reducers[0] = {reinterpret_cast<PyTypeObject*>(type), reduce_lock};
    return {reducers, functions};
}

}  // namespace stackless::pickle
