#include "pickle/imports.hpp"

#include "cpython/arguments.hpp"
#include "cpython/interpreter_end.hpp"
#include "pickle/errors.hpp"
#include "pickle/reducers.hpp"

extern "C" {
#include <internal/pycore_moduleobject.h>
}

namespace stackless::pickle {

namespace {

/// Borrowed.
PyObject* class_of_importlib(OfInterpreter<PyObject*>& known, const char* name) {
    if (*known == nullptr) {
        const Ref module = Ref::steal(PyImport_ImportModule("_frozen_importlib"));
        *known = keep_for_interpreter(
            Ref::steal(module ? PyObject_GetAttrString(module.get(), name) : nullptr));
    }
    return *known;
}

/// The class of what holds the lock of a module while it is imported.
PyObject* lock_manager_class() {
    static OfInterpreter<PyObject*> known;
    return class_of_importlib(known, "_ModuleLockManager");
}

/// The class of what holds the lock of the import system while a finder is asked. There is only `with` for it.
PyObject* lock_context_class() {
    static OfInterpreter<PyObject*> known;
    return class_of_importlib(known, "_ImportLockContext");
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

PyObject* reduce_lock_context(PyObject*, Pickling&) {
    return Py_BuildValue("O()", loader("load_import_lock_context"));
}

// load_import_lock_context(): one that holds the lock, for which it may have to wait.
PyObject* load_import_lock_context(PyObject*, PyObject*) {
    PyObject* type = lock_context_class();
    Ref context = type != nullptr ? Ref::steal(PyObject_CallNoArgs(type)) : nullptr;
    const Ref done =
        context ? Ref::steal(PyObject_CallMethod(context.get(), "__enter__", nullptr)) : nullptr;
    return done ? context.release() : nullptr;
}

PyMethodDef functions[] = {
    {"load_import_lock", as_method(load_import_lock), METH_FASTCALL, nullptr},
    {"load_import_lock_context", load_import_lock_context, METH_NOARGS, nullptr},
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
    static Reducer reducers[2];
    PyObject* manager = lock_manager_class();
    PyObject* context = manager != nullptr ? lock_context_class() : nullptr;
    if (context == nullptr)
        return {};
    reducers[0] = {reinterpret_cast<PyTypeObject*>(manager), reduce_lock};
    reducers[1] = {reinterpret_cast<PyTypeObject*>(context), reduce_lock_context};
    return {reducers, functions};
}

}  // namespace stackless::pickle
