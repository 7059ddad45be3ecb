#include "pickle/trials.hpp"

extern "C" {
#include <internal/pycore_namespace.h>
}

#include "cpython/scalars.hpp"
#include "pickle/hook.hpp"
#include "pickle/namespaces.hpp"

namespace stackless::pickle {

namespace {

PyObject* write_nowhere(PyObject*, PyObject*) {
    return PyLong_FromLong(0);
}

PyMethodDef write_definition = {"write", write_nowhere, METH_O, nullptr};

/// A file that forgets what is written.
Ref nowhere() {
    const Ref write = Ref::steal(PyCFunction_New(&write_definition, nullptr));
    const Ref attributes =
        Ref::steal(write ? Py_BuildValue("{sO}", "write", write.get()) : nullptr);
    return Ref::steal(attributes ? _PyNamespace_New(attributes.get()) : nullptr);
}

/// Gives one pickler what a program has set in another. False with an exception set.
bool copy_attribute(PyObject* from, PyObject* to, const char* name) {
    const Ref attribute = Ref::steal(PyUnicode_InternFromString(name));
    PyObject* value = nullptr;
    if (!attribute || _PyObject_LookupAttr(from, attribute.get(), &value) < 0)
        return false;
    const Ref found = Ref::steal(value);
    return !found || PyObject_SetAttr(to, attribute.get(), found.get()) == 0;
}

/// False with an exception set.
bool pickle_to_nowhere(PyObject* value, Pickling& pickling) {
    const Ref file = nowhere();
    const Ref module = file ? Ref::steal(PyImport_ImportModule("_pickle")) : nullptr;
    const Ref pickler = Ref::steal(
        module ? PyObject_CallMethod(module.get(), "Pickler", "Oi", file.get(), pickling.protocol)
               : nullptr);
    if (!pickler)
        return false;
    if (pickling.pickler != nullptr &&
        (!copy_attribute(pickling.pickler, pickler.get(), "dispatch_table") ||
         !copy_attribute(pickling.pickler, pickler.get(), "persistent_id")))
        return false;
    const Trial trial(pickling);
    return static_cast<bool>(Ref::steal(PyObject_CallMethod(pickler.get(), "dump", "O", value)));
}

/// Whether that is clear without a trial.
bool is_plain(PyObject* value, const Pickling& pickling) {
    if (is_scalar(value))
        return true;
    if (PyFunction_Check(value)) {
        const auto* function = reinterpret_cast<PyFunctionObject*>(value);
        return function->func_closure == nullptr && function->func_defaults == nullptr &&
               function->func_kwdefaults == nullptr && function->func_dict == nullptr &&
               function->func_annotations == nullptr;
    }
    PyObject* name = PyModule_Check(value) ? name_of_globals(PyModule_GetDict(value)) : nullptr;
    return name != nullptr && !travels_by_value(name, pickling);
}

}  // namespace

int can_be_pickled(PyObject* value, Pickling& pickling) {
    if (is_plain(value, pickling) || pickle_to_nowhere(value, pickling))
        return 1;
    if (!PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(PyExc_MemoryError))
        return -1;
    PyErr_Clear();
    return 0;
}

}  // namespace stackless::pickle
