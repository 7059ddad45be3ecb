#include "tasklet/greenlets.hpp"

#include <cstring>

#include "cpython/ref.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

/// The table of functions that greenlet offers to other extensions (greenlet.h).
struct GreenletApi {
    PyTypeObject* type;
    PyObject* error;
    PyObject* exit;
    PyObject* (*make)(PyObject* run, PyObject* parent);
    PyObject* (*get_current)();
    PyObject* (*throw_exception)(PyObject* self, PyObject* type, PyObject* value, PyObject* tb);
    PyObject* (*switch_to)(PyObject* self, PyObject* args, PyObject* kwargs);
    int (*set_parent)(PyObject* self, PyObject* parent);
    int (*is_main)(PyObject* self);
    int (*is_started)(PyObject* self);
    int (*is_active)(PyObject* self);
    PyObject* (*get_parent)(PyObject* self);  // a new reference, or null without an exception
};

/// greenlet's own functions, before they were replaced.
struct Originals {
    decltype(GreenletApi::throw_exception) throw_exception;
    decltype(GreenletApi::switch_to) switch_to;
    PyCFunction throw_method;
    PyCFunctionWithKeywords switch_method;
    decltype(GreenletApi::set_parent) set_parent;
    setter set_parent_attribute;
    destructor dealloc;
};

GreenletApi* api = nullptr;
Originals original{};
/// The tasklets that greenlets belong to, by address of the greenlet: tuples of a weak reference and
/// the address of the C stack (the tasklet may have been bound anew). Those that are not in it belong
/// to the main tasklet of their thread.
PyObject* owners = nullptr;

/// The tasklet that runs; null for a main tasklet.
Tasklet* current_owner() {
    Scheduler* scheduler = Scheduler::if_used();
    if (scheduler == nullptr || scheduler->current() == scheduler->main())
        return nullptr;
    return scheduler->current();
}

/// The address of the C stack that runs. New reference, or null with an exception set.
Ref current_stack() {
    return Ref::steal(PyLong_FromSize_t(Scheduler::if_used()->running_stack()->bounds().low));
}

Ref key_of(PyObject* greenlet) {
    return Ref::steal(PyLong_FromVoidPtr(greenlet));
}

/// Whether a greenlet belongs to the running tasklet. A main greenlet does to all.
bool is_own(PyObject* greenlet) {
    if (api->is_main(greenlet) != 0)
        return true;
    const Ref key = key_of(greenlet);
    PyObject* entry = key ? PyDict_GetItemWithError(owners, key.get()) : nullptr;
    Tasklet* current = current_owner();
    if (entry == nullptr || current == nullptr) {
        PyErr_Clear();
        return entry == nullptr && current == nullptr;
    }
    const Ref stack = current_stack();
    const bool same = stack &&
                      PyWeakref_GET_OBJECT(PyTuple_GET_ITEM(entry, 0)) == current->object() &&
                      PyObject_RichCompareBool(PyTuple_GET_ITEM(entry, 1), stack.get(), Py_EQ) > 0;
    PyErr_Clear();
    return same;
}

bool fail(const char* message) {
    PyErr_SetString(api->error, message);
    return false;
}

bool is_foreign(PyObject* greenlet) {
    return api->is_active(greenlet) != 0 && !is_own(greenlet);
}

/// Writes down that a greenlet which has not been started will be, in the running tasklet.
bool claim(PyObject* greenlet) {
    if (api->is_started(greenlet) != 0)
        return true;
    const Ref key = key_of(greenlet);
    if (!key)
        return false;
    Tasklet* owner = current_owner();
    if (owner == nullptr) {
        const int is_written = PyDict_Contains(owners, key.get());
        return is_written == 0 || (is_written > 0 && PyDict_DelItem(owners, key.get()) == 0);
    }
    const Ref reference = Ref::steal(PyWeakref_NewRef(owner->object(), nullptr));
    const Ref stack = current_stack();
    const Ref entry =
        reference && stack ? Ref::steal(PyTuple_Pack(2, reference.get(), stack.get())) : nullptr;
    if (!entry || PyDict_SetItem(owners, key.get(), entry.get()) < 0)
        return false;
    owner->keeps_stack = true;
    return true;
}

/// Whether a switch to a greenlet stays among those of the running tasklet: where one ends, its
/// parent goes on, and is started if it has not been.
bool leads_to_own(PyObject* target) {
    for (Ref greenlet = Ref::borrow(target); greenlet && api->is_main(greenlet.get()) == 0;
         greenlet = Ref::steal(api->get_parent(greenlet.get()))) {
        if (is_foreign(greenlet.get()))
            return fail(
                "the greenlet, or the one that it will return to, has been started by another "
                "tasklet: only that can switch to it");
        if (!claim(greenlet.get()))
            return false;
    }
    return true;
}

/// False with greenlet.error set if the running tasklet must not switch to a greenlet.
bool may_switch_to(PyObject* target) {
    const Ref current = Ref::steal(api->get_current());
    if (!current)
        return false;
    if (!is_own(current.get()))
        return fail(
            "another tasklet is inside of a greenlet: greenlets can be used here when it has left "
            "that");
    return leads_to_own(target);
}

PyObject* guarded_switch(PyObject* self, PyObject* args, PyObject* kwargs) {
    return may_switch_to(self) ? original.switch_to(self, args, kwargs) : nullptr;
}

PyObject* guarded_throw(PyObject* self, PyObject* type, PyObject* value, PyObject* traceback) {
    return may_switch_to(self) ? original.throw_exception(self, type, value, traceback) : nullptr;
}

PyObject* guarded_switch_method(PyObject* self, PyObject* args, PyObject* kwargs) {
    return may_switch_to(self) ? original.switch_method(self, args, kwargs) : nullptr;
}

PyObject* guarded_throw_method(PyObject* self, PyObject* args) {
    return may_switch_to(self) ? original.throw_method(self, args) : nullptr;
}

/// A parent is what a greenlet returns to.
bool may_set_parent(PyObject* self, PyObject* parent) {
    if (parent == nullptr || !PyObject_TypeCheck(parent, api->type))
        return true;
    if (is_foreign(self))
        return fail("the greenlet has been started by another tasklet: only that can change it");
    return may_switch_to(parent);
}

int guarded_set_parent(PyObject* self, PyObject* parent) {
    return may_set_parent(self, parent) ? original.set_parent(self, parent) : -1;
}

int guarded_set_parent_attribute(PyObject* self, PyObject* parent, void* closure) {
    return may_set_parent(self, parent) ? original.set_parent_attribute(self, parent, closure) : -1;
}

/// Whether greenlet can end a half-run greenlet by switching to it.
bool can_be_ended(PyObject* greenlet) {
    const Ref current = Ref::steal(api->get_current());
    return current && is_own(current.get()) && is_own(greenlet);
}

void forget_owner(PyObject* greenlet) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const Ref key = key_of(greenlet);
    if (!key || PyDict_DelItem(owners, key.get()) < 0) {
        PyErr_Clear();
    }
    PyErr_Restore(type, value, traceback);
}

/// Lets the memory of a greenlet stay for ever, in the midst of its deallocation.
void keep(PyObject* greenlet) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    fail(
        "a half-run greenlet has been dropped by another tasklet than the one that has started it, "
        "and cannot be ended");
    PyErr_WriteUnraisable(reinterpret_cast<PyObject*>(Py_TYPE(greenlet)));
    PyErr_Restore(type, value, traceback);
    PyObject_GC_UnTrack(greenlet);
    Py_SET_REFCNT(greenlet, 1);
    if (PyType_HasFeature(Py_TYPE(greenlet), Py_TPFLAGS_HEAPTYPE)) {
        Py_INCREF(Py_TYPE(greenlet));  // which subclasses drop next
    }
}

/// greenlet ends a half-run greenlet that is dropped by switching to it.
void guarded_dealloc(PyObject* self) {
    if (api->is_active(self) != 0 && !can_be_ended(self)) {
        keep(self);
    } else {
        original.dealloc(self);
        forget_owner(self);
    }
}

PyMethodDef* find_method(PyTypeObject* type, const char* name) {
    for (PyMethodDef* method = type->tp_methods; method != nullptr && method->ml_name != nullptr;
         method++) {
        if (std::strcmp(method->ml_name, name) == 0)
            return method;
    }
    return nullptr;
}

PyGetSetDef* find_attribute(PyTypeObject* type, const char* name) {
    for (PyGetSetDef* attribute = type->tp_getset;
         attribute != nullptr && attribute->name != nullptr; attribute++) {
        if (std::strcmp(attribute->name, name) == 0)
            return attribute;
    }
    return nullptr;
}

/// Functions of all signatures go through the same field.
template <class To, class From>
To function_cast(From function) {
    return reinterpret_cast<To>(reinterpret_cast<void*>(function));
}

bool replace_functions() {
    PyMethodDef* switch_method = find_method(api->type, "switch");
    PyMethodDef* throw_method = find_method(api->type, "throw");
    PyGetSetDef* parent = find_attribute(api->type, "parent");
    if (parent == nullptr || switch_method == nullptr ||
        switch_method->ml_flags != (METH_VARARGS | METH_KEYWORDS) || throw_method == nullptr ||
        throw_method->ml_flags != METH_VARARGS) {
        PyErr_SetString(PyExc_ImportError,
                        "this version of greenlet cannot be used together with tasklets");
        return false;
    }
    original = {
        api->throw_exception,  api->switch_to,
        throw_method->ml_meth, function_cast<PyCFunctionWithKeywords>(switch_method->ml_meth),
        api->set_parent,       parent->set,
        api->type->tp_dealloc};
    api->throw_exception = guarded_throw;
    api->switch_to = guarded_switch;
    throw_method->ml_meth = guarded_throw_method;
    switch_method->ml_meth = function_cast<PyCFunction>(guarded_switch_method);
    api->set_parent = guarded_set_parent;
    parent->set = guarded_set_parent_attribute;
    api->type->tp_dealloc = guarded_dealloc;
    return true;
}

PyObject* guard_greenlets(PyObject*, PyObject* module) {
    if (api != nullptr)
        Py_RETURN_NONE;
    const Ref capsule = Ref::steal(PyObject_GetAttrString(module, "_C_API"));
    owners = capsule ? PyDict_New() : nullptr;
    if (owners == nullptr)
        return nullptr;
    api = static_cast<GreenletApi*>(PyCapsule_GetPointer(capsule.get(), "greenlet._C_API"));
    if (api == nullptr || !replace_functions()) {
        api = nullptr;
        Py_CLEAR(owners);
        return nullptr;
    }
    Py_RETURN_NONE;
}

}  // namespace

PyMethodDef greenlet_functions[] = {
    {"guard_greenlets", guard_greenlets, METH_O,
     "guard_greenlets($module, greenlet_module, /)\n--\n\n"
     "Lets the functions of greenlet._greenlet raise greenlet.error where switching to a greenlet\n"
     "of another tasklet would crash."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless
