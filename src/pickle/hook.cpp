// A reducer_override for the stock picklers: an attribute of their classes, so that subclasses inherit it, and may
// have their own.
//
// The C pickler reads the attribute once a dump(), the one in Python once an object. For the latter, it is kept in
// the pickler's dictionary.
#include "pickle/hook.hpp"

#include <string_view>

#include "cpython/interpreter_end.hpp"
#include "cpython/layouts.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/reducers.hpp"

namespace stackless::pickle {

namespace {

constexpr const char* attribute = "reducer_override";
/// Where a pickler has the reducer whose class has a reducer_override() of its own.
constexpr const char* kept_reducer = "_stackless_reducer";

PyTypeObject* c_pickler_type = nullptr;  // borrowed: builtin types stay

/// The protocol that a pickler writes; negative with an exception set.
int protocol_of(PyObject* pickler) {
    if (c_pickler_type != nullptr && PyObject_TypeCheck(pickler, c_pickler_type))
        return reinterpret_cast<CPickler*>(pickler)->protocol;
    const Ref protocol = Ref::steal(PyObject_GetAttrString(pickler, "proto"));
    const long value = protocol ? PyLong_AsLong(protocol.get()) : -1;
    return static_cast<int>(value);
}

/// Whether a pickler is one of multiprocessing: what it writes is read by the same program.
bool stays_within_program(PyTypeObject* type) {
    for (; type != nullptr; type = type->tp_base) {
        if (std::string_view(type->tp_name) == "ForkingPickler")
            return true;
    }
    return false;
}

/// The attribute that a class behind stock pickle's in the order of resolution has (borrowed), as in
/// `class Own(pickle.Pickler, Mixin)`; null if there is none.
PyObject* find_behind(PyTypeObject* type, PyObject* hook) {
    bool is_behind = false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_mro); ++i) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_mro, i));
        PyObject* found = PyDict_GetItemString(base->tp_dict, attribute);
        if (found != nullptr && is_behind)
            return found;
        is_behind = is_behind || found == hook;
    }
    return nullptr;
}

/// A reducer for a run of the pickler. One in Python keeps it, and one whose subclass asks super() for it.
PyObject* make_reducer(PyObject* pickler, bool is_asked_by_super) {
    const int protocol = protocol_of(pickler);
    if (protocol < 0 && PyErr_Occurred())
        return nullptr;
    const bool is_kept = is_asked_by_super || c_pickler_type == nullptr ||
                         !PyObject_TypeCheck(pickler, c_pickler_type);
    // What is in its dictionary must not keep the pickler, and all that it has met, alive.
    const Ref held =
        is_kept ? Ref::steal(PyWeakref_NewProxy(pickler, nullptr)) : Ref::borrow(pickler);
    auto pickling = held ? new_pickling(held.get(), protocol) : nullptr;
    if (!pickling)
        return nullptr;
    pickling->within_program = pickling->within_program || stays_within_program(Py_TYPE(pickler));
    const char* name = is_asked_by_super ? kept_reducer : attribute;
    if (is_kept && PyObject_SetAttrString(pickler, name, pickling->object()) != 0)
        return nullptr;
    return pickling.release()->object();
}

PyObject* hook_get(PyObject* self, PyObject* pickler, PyObject* type) {
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        // The class is the same in all interpreters. Tasklets are known in this one only.
        PyErr_SetString(PyExc_AttributeError, attribute);
        return nullptr;
    }
    if (pickler == nullptr)
        return Py_NewRef(self);
    if (PyObject* found = find_behind(Py_TYPE(pickler), self); found != nullptr) {
        const auto get = Py_TYPE(found)->tp_descr_get;
        return get == nullptr ? Py_NewRef(found) : get(found, pickler, type);
    }
    // A subclass that asks super() for each object is to get the same reducer each time.
    const Ref name = Ref::steal(PyUnicode_InternFromString(attribute));
    const bool is_asked_by_super = name && _PyType_Lookup(Py_TYPE(pickler), name.get()) != self;
    PyObject** dict = is_asked_by_super ? _PyObject_GetDictPtr(pickler) : nullptr;
    PyObject* kept =
        dict != nullptr && *dict != nullptr ? PyDict_GetItemString(*dict, kept_reducer) : nullptr;
    return kept != nullptr ? Py_NewRef(kept) : make_reducer(pickler, dict != nullptr);
}

PyTypeObject hook_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "_stackless.reducer_hook";
    type.tp_doc = "Makes a reducer for each run of a pickler.";
    type.tp_basicsize = sizeof(PyObject);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION;
    type.tp_descr_get = hook_get;
    return type;
}();

bool set_attribute(PyTypeObject* type, PyObject* hook) {
    if (PyDict_SetItemString(type->tp_dict, attribute, hook) != 0)
        return false;
    PyType_Modified(type);
    return true;
}

/// Gives a class the attribute, if the module has it. False with an exception set.
bool teach_class(PyObject* module, const char* name) {
    PyObject* found = PyDict_GetItemString(PyModule_GetDict(module), name);
    if (found == nullptr || !PyType_Check(found))
        return true;
    const Ref hook = Ref::steal(hook_type.tp_alloc(&hook_type, 0));
    auto* type = reinterpret_cast<PyTypeObject*>(found);
    if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) {
        c_pickler_type = type;
    }
    return hook && set_attribute(type, hook.get());
}

}  // namespace

const char* const teach_pickle_doc =
    "teach_pickle($module, module, /)\n--\n\n"
    "Lets the picklers of a module, pickle or _pickle, pickle tasklets and what they consist of.";

PyObject* teach_pickle(PyObject*, PyObject* module) {
    if (!PyModule_Check(module)) {
        PyErr_Format(PyExc_TypeError, "teach_pickle() needs a module, not %s",
                     Py_TYPE(module)->tp_name);
        return nullptr;
    }
    if (!collect_reducers() || !teach_class(module, "Pickler") || !teach_class(module, "_Pickler"))
        return nullptr;
    Py_RETURN_NONE;
}

bool install_hook(PyObject* module) {
    if (!ready_type(&pickling_type) || !ready_type(&namespace_type) || !ready_type(&hook_type) ||
        !keep_functions_in(module))
        return false;
    // A pickle may be what imports us.
    PyObject* modules = PyImport_GetModuleDict();
    for (const char* name : {"_pickle", "pickle"}) {
        PyObject* imported = PyDict_GetItemString(modules, name);
        const Ref taught =
            imported != nullptr ? Ref::steal(teach_pickle(module, imported)) : Ref::borrow(Py_None);
        if (!taught)
            return false;
    }
    return true;
}

}  // namespace stackless::pickle
