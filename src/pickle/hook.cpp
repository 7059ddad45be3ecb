// A reducer_override for the stock picklers: an attribute of their classes, so that subclasses inherit it, and may
// have their own.
//
// The C pickler reads the attribute once a dump(), the one in Python once an object. For the latter, it is kept in
// the pickler's dictionary.
#include "pickle/hook.hpp"

#include <string_view>

#include "cpython/layouts.hpp"
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

PyObject* hook_get(PyObject* self, PyObject* pickler, PyObject*) {
    if (pickler == nullptr)
        return Py_NewRef(self);
    const int protocol = protocol_of(pickler);
    if (protocol < 0 && PyErr_Occurred())
        return nullptr;
    const bool is_in_python =
        c_pickler_type != nullptr && !PyObject_TypeCheck(pickler, c_pickler_type);
    // What is in its dictionary must not keep the pickler, and all that it has met, alive.
    const Ref held =
        is_in_python ? Ref::steal(PyWeakref_NewProxy(pickler, nullptr)) : Ref::borrow(pickler);
    auto pickling = held ? new_pickling(held.get(), protocol) : nullptr;
    if (!pickling)
        return nullptr;
    pickling->within_program = stays_within_program(Py_TYPE(pickler));
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

bool install_in_picklers() {
    const Ref c_module = Ref::steal(PyImport_ImportModule("_pickle"));
    const Ref module = c_module ? Ref::steal(PyImport_ImportModule("pickle")) : nullptr;
    const Ref c_class =
        module ? Ref::steal(PyObject_GetAttrString(c_module.get(), "Pickler")) : nullptr;
    const Ref python_class =
        c_class ? Ref::steal(PyObject_GetAttrString(module.get(), "_Pickler")) : nullptr;
    const Ref hook = python_class ? Ref::steal(hook_type.tp_alloc(&hook_type, 0)) : nullptr;
    if (!hook)
        return false;
    c_pickler_type = reinterpret_cast<PyTypeObject*>(c_class.get());
    return set_attribute(c_pickler_type, hook.get()) &&
           PyObject_SetAttrString(python_class.get(), attribute, hook.get()) == 0;
}

}  // namespace

bool install_hook(PyObject* module) {
    return PyType_Ready(&pickling_type) == 0 && PyType_Ready(&hook_type) == 0 &&
           collect_reducers(module) && install_in_picklers();
}

}  // namespace stackless::pickle
