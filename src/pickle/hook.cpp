// A reducer_override for the stock picklers: an attribute of their classes, so that subclasses inherit it, and may
// have their own.
//
// The C pickler reads the attribute once a dump(), the one in Python once an object. For the latter, it is kept in
// the pickler's dictionary.
#include "pickle/hook.hpp"

#include <string_view>

#include "cpython/layouts.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/reducers.hpp"

namespace stackless::pickle {

namespace {

constexpr const char* attribute = "reducer_override";

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

/// The reducer_override that a subclass of a pickler inherits from another class as well, bound to the pickler. That goes
/// first, wherever it stands among the bases: a stock pickler has none. Empty, without an exception, if there is none.
Ref other_override(PyObject* hook, PyObject* pickler) {
    PyTypeObject* type = Py_TYPE(pickler);
    const Ref name = Ref::steal(PyUnicode_InternFromString(attribute));
    for (Py_ssize_t i = 0; name && i < PyTuple_GET_SIZE(type->tp_mro); i++) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_mro, i));
        const Ref found = Ref::borrow(PyDict_GetItemWithError(base->tp_dict, name.get()));
        if (!found || Py_IS_TYPE(found.get(), Py_TYPE(hook)))
            continue;
        const descrgetfunc get = Py_TYPE(found.get())->tp_descr_get;
        return get == nullptr
                   ? found
                   : Ref::steal(get(found.get(), pickler, reinterpret_cast<PyObject*>(type)));
    }
    return {};
}

PyObject* hook_get(PyObject* self, PyObject* pickler, PyObject*) {
    if (pickler == nullptr)
        return Py_NewRef(self);
    Ref other = other_override(self, pickler);
    if (other || PyErr_Occurred())
        return other.release();
    const int protocol = protocol_of(pickler);
    if (protocol < 0 && PyErr_Occurred())
        return nullptr;
    const bool is_in_python =
        c_pickler_type == nullptr || !PyObject_TypeCheck(pickler, c_pickler_type);
    // What is in its dictionary must not keep the pickler, and all that it has met, alive.
    const Ref held =
        is_in_python ? Ref::steal(PyWeakref_NewProxy(pickler, nullptr)) : Ref::borrow(pickler);
    auto pickling = held ? new_pickling(held.get(), protocol) : nullptr;
    if (!pickling)
        return nullptr;
    pickling->within_program = pickling->within_program || stays_within_program(Py_TYPE(pickler));
    if (is_in_python && PyObject_SetAttrString(pickler, attribute, pickling->object()) != 0)
        return nullptr;
    return pickling.release()->object();
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
    if (PyType_Ready(&pickling_type) < 0 || PyType_Ready(&namespace_type) < 0 ||
        PyType_Ready(&hook_type) < 0 || !keep_functions_in(module))
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
