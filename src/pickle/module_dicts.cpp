#include "pickle/module_dicts.hpp"

#include <algorithm>

#include "cpython/interpreter_end.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

struct ModuleDict {
    PyObject ob_base;
    PyObject* dict;  // owned
};

int module_dict_traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(reinterpret_cast<ModuleDict*>(self)->dict);
    return 0;
}

int module_dict_clear(PyObject* self) {
    Py_CLEAR(reinterpret_cast<ModuleDict*>(self)->dict);
    return 0;
}

void module_dict_dealloc(PyObject* self) {
    PyObject_GC_UnTrack(self);
    module_dict_clear(self);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject module_dict_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "_stackless.module_dict";
    type.tp_doc = "Stands in a pickle for the dictionary of a module.";
    type.tp_basicsize = sizeof(ModuleDict);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION;
    type.tp_dealloc = module_dict_dealloc;
    type.tp_traverse = module_dict_traverse;
    type.tp_clear = module_dict_clear;
    return type;
}();

/// Whether a dictionary is that of the module whose name is in it.
bool is_module_dict(PyObject* dict) {
    PyObject* name = name_of_globals(dict);
    const Ref module = name == nullptr ? nullptr : imported_module(name);
    return module && PyModule_Check(module.get()) && PyModule_GetDict(module.get()) == dict;
}

PyObject* reduce_module_dict(PyObject* object, Pickling& pickling) {
    const Ref description = describe_globals(reinterpret_cast<ModuleDict*>(object)->dict, pickling);
    return description ? Py_BuildValue("O(O)", loader("load_module_dict"), description.get())
                       : nullptr;
}

PyObject* load_module_dict(PyObject*, PyObject* description) {
    return Py_XNewRef(described_globals(description));
}

constexpr Reducer reducers[] = {{&module_dict_type, reduce_module_dict}};

PyMethodDef functions[] = {
    {"load_module_dict", load_module_dict, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

namespace {

Ref stand_in_for(PyObject* dict) {
    // The type is ready then.
    Ref made =
        collect_reducers() ? Ref::steal(module_dict_type.tp_alloc(&module_dict_type, 0)) : nullptr;
    if (made) {
        reinterpret_cast<ModuleDict*>(made.get())->dict = Py_NewRef(dict);
    }
    return made;
}

bool stands_for_module(PyObject* value) {
    return value != nullptr && PyDict_CheckExact(value) && is_module_dict(value);
}

}  // namespace

Ref without_module_dict(PyObject* value) {
    if (stands_for_module(value))
        return stand_in_for(value);
    if (!PyTuple_CheckExact(value))
        return Ref::borrow(value);
    PyObject* const* items = reinterpret_cast<PyTupleObject*>(value)->ob_item;
    const Py_ssize_t count = PyTuple_GET_SIZE(value);
    if (std::none_of(items, items + count, stands_for_module))
        return Ref::borrow(value);
    Ref changed = Ref::steal(PyTuple_New(count));
    for (Py_ssize_t i = 0; changed && i < count; i++) {
        Ref item = stands_for_module(items[i]) ? stand_in_for(items[i]) : Ref::borrow(items[i]);
        if (!item && items[i] != nullptr)
            return {};
        PyTuple_SET_ITEM(changed.get(), i, item.release());
    }
    return changed;
}

ReducerFamily module_dict_reducers() {
    if (!ready_type(&module_dict_type))
        return {};
    return {reducers, functions};
}

}  // namespace stackless::pickle
