#include "cpython/thread_hooks.hpp"

#include "cpython/ref.hpp"

namespace stackless {

namespace {

/// A value of a dictionary, borrowed, or null. None counts as nothing.
PyObject* find(PyObject* dict, const char* name) {
    const Ref key = Ref::steal(PyUnicode_FromString(name));
    PyObject* value = key ? PyDict_GetItemWithError(dict, key.get()) : nullptr;
    PyErr_Clear();
    return value == Py_None ? nullptr : value;
}

}  // namespace

ThreadHooks ThreadHooks::look(PyObject* modules) {
    PyObject* module = modules == nullptr ? nullptr : find(modules, "threading");
    threading_ = module == nullptr || !PyModule_Check(module) ? nullptr : PyModule_GetDict(module);
    hooks_ = {};
    if (threading_ != nullptr) {
        hooks_.trace = find(threading_, "_trace_hook");
        hooks_.profile = find(threading_, "_profile_hook");
    }
    modules_version_ = version(modules);
    threading_version_ = version(threading_);
    return hooks_;
}

}  // namespace stackless
