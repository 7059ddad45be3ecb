// Attributes that code in Python computes: found here, called by the loop.
#pragma once

#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/calls.hpp"

namespace stackless::eval {

/// What getting, setting or deleting an attribute comes to.
struct Access {
    enum Kind : uint8_t {
        by_c,          // the C function does it
        value,         // it has been found: `result`, owned
        method,        // it is `function` bound to args[0]
        call,          // it is what function(*args) returns
        call_or_hook,  // the same, but an AttributeError lets __getattr__ be called
        failed,        // an exception is set
    };
    Kind kind = by_c;
    uint8_t count = 0;
    PyObject* result = nullptr;
    /// These are borrowed.
    PyObject* function = nullptr;
    PyObject* args[3] = {};

    template <class... Values>
    static Access to_call(PyObject* function, Values*... values) {
        return {call, sizeof...(values), nullptr, function, {values...}};
    }
    static Access of_value(PyObject* result) { return {value, 0, result}; }

    bool calls() const { return kind == call || kind == call_or_hook; }
    /// Begins the call; if the value is there already, that is the result.
    StartedCall start(PyThreadState* ts, const Frame* frame) const;
};

/// Reading an attribute. The name is a str.
Access find_getter(PyObject* owner, PyObject* name);
/// The same for a type whose tp_getattro is that.
Access find_getter_of(getattrofunc getattro, PyObject* owner, PyObject* name);

/// Setting an attribute, or deleting it if the value is null. Never of kind `value`.
Access find_setter(PyObject* owner, PyObject* name, PyObject* value);
Access find_setter_of(setattrofunc setattro, PyObject* owner, PyObject* name, PyObject* value);

/// The __getattr__ that is called after an AttributeError, if it is a function. Borrowed.
PyObject* getattr_hook(PyObject* owner);

/// The same when there is such an error: takes the error away and returns a new reference. Null, and the error is still
/// set, if there is none.
PyObject* take_over_by_hook(PyObject* owner);

/// A slot of a builtin type: `object.__setattr__` or, bound, that of `super()`.
inline bool is_slot_of_builtin(PyObject* callable) {
    return Py_IS_TYPE(callable, &PyWrapperDescr_Type) ||
           Py_IS_TYPE(callable, &_PyMethodWrapper_Type);
}

/// What calling such a slot comes to. By C if the call is for none of the slots of attributes, or a wrong one.
struct SlotCall {
    Access access;
    bool returns_none = false;  // whatever the function in Python returns
};
SlotCall find_slot_call(PyObject* callable, const Arguments& arguments);

/// Tells an AttributeError, which is set, what attribute of which object was wanted, if it does not know.
void add_attribute_context(PyObject* owner, PyObject* name);

/// Whether reading an attribute of which this is the class's value calls code in Python.
inline bool is_python_getter(PyObject* descriptor) {
    const descrgetfunc get = Py_TYPE(descriptor)->tp_descr_get;
    return get == property_descr_get || get == slot_tp_descr_get;
}

inline bool is_data_descriptor(PyObject* descriptor) {
    return Py_TYPE(descriptor)->tp_descr_set != nullptr;
}

/// Whether a class gives what it, or a base of it, has under some name as it is: a function is bound to instances only.
inline bool is_itself_in_class(PyObject* found) {
    const PyTypeObject* type = Py_TYPE(found);
    return type->tp_descr_get == nullptr || type == &PyFunction_Type ||
           type == &PyWrapperDescr_Type || type == &PyMethodDescr_Type ||
           type == &PyGetSetDescr_Type || type == &PyMemberDescr_Type ||
           type->tp_descr_get == property_descr_get;
}

/// What a class, or a base of it, has under a name that its metaclass does not see to, as CPython's cache of lookups knows it.
/// Borrowed; null if it takes more to tell. Calls nothing.
inline PyObject* cached_class_entry(PyTypeObject* type, PyObject* name) {
    PyObject* const* of_metaclass = known_lookup(Py_TYPE(type), name);
    PyObject* const* own = known_lookup(type, name);
    if (of_metaclass == nullptr || own == nullptr ||
        (*of_metaclass != nullptr && is_data_descriptor(*of_metaclass)))
        return nullptr;
    return *own;
}

/// The same if it is what reading the attribute of the class gives.
inline PyObject* cached_class_attribute(PyTypeObject* type, PyObject* name) {
    PyObject* entry = cached_class_entry(type, name);
    return entry != nullptr && is_itself_in_class(entry) ? entry : nullptr;
}

/// Whether reading an attribute calls code in Python. Runs none, and sets no exception.
bool may_call_unusual_getter(PyObject* owner, PyObject* name);
inline bool may_call_getter(PyObject* owner, PyObject* name) {
    if (Py_TYPE(owner)->tp_getattro == PyObject_GenericGetAttr) {
        PyObject* found = type_lookup(Py_TYPE(owner), name);
        if (found == nullptr || !is_python_getter(found))
            return false;
        if (Py_TYPE(found)->tp_descr_get == property_descr_get)
            return true;
    }
    return may_call_unusual_getter(owner, name);
}

/// What PyObject_GenericGetAttr() reads, for who knows what the class has of that name (`found`, or null): the name is
/// not looked up again. New reference; null without an exception if there is nothing, or if it takes libpython to tell.
PyObject* read_generic(PyObject* owner, PyObject* name, PyObject* found);

/// Reads an attribute by any name that is a str if that calls no code in Python and libpython is not needed: `value` is a new
/// reference then, or null if there is none, or if an exception is set. False if it is for others to read.
bool read_plainly(PyObject* owner, PyObject* name, PyObject*& value);

/// What super(type, object).name finds in the types behind `type` in the MRO of the object's type. Borrowed; null,
/// without an exception, if they have nothing of that name.
PyObject* find_behind(const PyTypeObject* type, const PyTypeObject* object_type, PyObject* name);

/// Whether setting or deleting an attribute that a class has for its instances calls code in Python.
inline bool is_python_setter(PyObject* descriptor) {
    const descrsetfunc set = Py_TYPE(descriptor)->tp_descr_set;
    return set == property_descr_set || set == slot_tp_descr_set;
}

/// Whether classes whose instances read attributes like that may have code in Python for it.
inline bool is_special_getattro(getattrofunc getattro) {
    return getattro == slot_tp_getattr_hook || getattro == type_getattro ||
           getattro == super_getattro || getattro == slot_tp_getattro ||
           getattro == module_getattro;
}

/// The same for setting attributes.
inline bool is_special_setattro(setattrofunc setattro) {
    return setattro == slot_tp_setattro || setattro == type_setattro;
}

/// Whether setting an attribute, or deleting it if the value is null, calls code in Python.
inline bool may_call_setter(PyObject* owner, PyObject* name, PyObject* value) {
    const setattrofunc setattro = Py_TYPE(owner)->tp_setattro;
    if (setattro == PyObject_GenericSetAttr) {
        PyObject* found = type_lookup(Py_TYPE(owner), name);
        return found != nullptr && is_python_setter(found);
    }
    if (!is_special_setattro(setattro))
        return false;
    return find_setter(owner, name, value).calls();
}

}  // namespace stackless::eval
