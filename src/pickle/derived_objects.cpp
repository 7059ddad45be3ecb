// Instances of classes in Python that inherit from a builtin container or descriptor.
//
// Stock pickle refuses the descriptors. It fills containers by their methods, before they have their attributes; where a
// class has overridden these methods, that is not what it expects. Here, an object first gets its attributes, and then
// its items, without any of its methods.
#include <span>

#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "pickle/causes.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

struct Base {
    PyTypeObject* type;
    /// Whether the stock picklers are not good enough for a class.
    bool (*is_wanted)(PyTypeObject* type);
    /// What it contains, as a list, dict or tuple. New reference; null with an exception set.
    PyObject* (*content)(PyObject* object);
    /// Puts that into an object. False with an exception set.
    bool (*fill)(PyObject* object, PyObject* content);
};

// Containers

bool has_overridden(PyTypeObject* type, PyTypeObject* base, std::span<const char* const> names) {
    for (const char* name : names) {
        const Ref key = Ref::steal(PyUnicode_InternFromString(name));
        if (!key) {
            PyErr_Clear();
        } else if (_PyType_Lookup(type, key.get()) != _PyType_Lookup(base, key.get())) {
            return true;
        }
    }
    return false;
}

bool is_wanted_dict(PyTypeObject* type) {
    constexpr const char* names[] = {"__setitem__"};
    return has_overridden(type, &PyDict_Type, names);
}

bool is_wanted_list(PyTypeObject* type) {
    constexpr const char* names[] = {"append", "extend"};
    return has_overridden(type, &PyList_Type, names);
}

// set.__reduce__() gives the items to the class.
bool is_wanted_set(PyTypeObject* type) {
    constexpr const char* names[] = {"__new__", "__init__"};
    return has_overridden(type, &PySet_Type, names);
}

bool fill_dict(PyObject* object, PyObject* content) {
    return PyDict_CheckExact(content) && PyDict_Merge(object, content, 1) == 0;
}

PyObject* list_content(PyObject* object) {
    return PyList_GetSlice(object, 0, PY_SSIZE_T_MAX);
}

bool fill_list(PyObject* object, PyObject* content) {
    return PyList_CheckExact(content) &&
           PyList_SetSlice(object, PY_SSIZE_T_MAX, PY_SSIZE_T_MAX, content) == 0;
}

PyObject* set_content(PyObject* object) {
    Ref items = Ref::steal(PyList_New(0));
    PyObject* item;
    Py_ssize_t position = 0;
    Py_hash_t hash;
    while (items && _PySet_NextEntry(object, &position, &item, &hash) != 0) {
        if (PyList_Append(items.get(), item) != 0)
            return nullptr;
    }
    return items.release();
}

bool fill_set(PyObject* object, PyObject* content) {
    return PyList_CheckExact(content) && _PySet_Update(object, content) == 0;
}

// Descriptors

bool is_always_wanted(PyTypeObject*) {
    return true;
}

PyObject* property_content(PyObject* object) {
    const auto* property = reinterpret_cast<Property*>(object);
    return PyTuple_Pack(3, or_none(property->get), or_none(property->set), or_none(property->del));
}

PyObject* method_content(PyObject* object) {
    return PyTuple_Pack(1, or_none(reinterpret_cast<MethodHolder*>(object)->callable));
}

template <PyTypeObject* type>
bool initialize(PyObject* object, PyObject* content) {
    return PyTuple_CheckExact(content) && type->tp_init(object, content, nullptr) == 0;
}

const Base bases[] = {
    {&PyDict_Type, is_wanted_dict, PyDict_Copy, fill_dict},
    {&PyList_Type, is_wanted_list, list_content, fill_list},
    {&PySet_Type, is_wanted_set, set_content, fill_set},
    {&PyProperty_Type, is_always_wanted, property_content, initialize<&PyProperty_Type>},
    {&PyClassMethod_Type, is_always_wanted, method_content, initialize<&PyClassMethod_Type>},
    {&PyStaticMethod_Type, is_always_wanted, method_content, initialize<&PyStaticMethod_Type>},
};

/// Null if the type has none of them, or is one.
const Base* base_of(PyTypeObject* type) {
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE))
        return nullptr;
    for (const Base& base : bases) {
        if (PyType_IsSubtype(type, base.type) != 0)
            return &base;
    }
    return nullptr;
}

/// Whether nobody but the builtin type says how an object is pickled.
bool reduces_as(PyTypeObject* type, PyTypeObject* base) {
    constexpr const char* names[] = {"__reduce__", "__reduce_ex__", "__getnewargs__",
                                     "__getnewargs_ex__"};
    return !has_overridden(type, base, names);
}

// The state, as object.__getstate__() gives it.

bool update_dict(PyObject* object, PyObject* attributes) {
    if (Py_IsNone(attributes))
        return true;
    const Ref dict = Ref::steal(PyObject_GenericGetDict(object, nullptr));
    if (!dict || !PyDict_Check(attributes)) {
        PyErr_Clear();
        unpickling_error("%s cannot have such attributes", Py_TYPE(object)->tp_name);
        return false;
    }
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(attributes, &position, &name, &value)) {
        Ref key = Ref::borrow(name);
        const Ref kept = Ref::borrow(value);
        if (PyUnicode_CheckExact(name)) {
            PyObject* interned = key.release();
            PyUnicode_InternInPlace(&interned);
            key = Ref::steal(interned);
        }
        if (PyObject_SetItem(dict.get(), key.get(), kept.get()) != 0)
            return false;
    }
    return true;
}

bool set_slots(PyObject* object, PyObject* slots) {
    if (Py_IsNone(slots))
        return true;
    const Ref items = PyDict_CheckExact(slots) ? Ref::steal(PyDict_Items(slots)) : nullptr;
    for (Py_ssize_t i = 0; items && i < PyList_GET_SIZE(items.get()); ++i) {
        PyObject* pair = PyList_GET_ITEM(items.get(), i);
        if (PyObject_SetAttr(object, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1)) != 0)
            return false;
    }
    if (!items && !PyErr_Occurred()) {
        unpickling_error("the slots of a state are a dict, not %s", Py_TYPE(slots)->tp_name);
    }
    return static_cast<bool>(items);
}

/// Gives an object the state as a pickler does.
bool set_attributes(PyObject* object, PyObject* state) {
    PyObject* found = nullptr;
    if (_PyObject_LookupAttr(object, &_Py_ID(__setstate__), &found) < 0)
        return false;
    const Ref set = Ref::steal(found);
    if (Py_IsNone(state))
        return true;
    if (set)
        return static_cast<bool>(Ref::steal(PyObject_CallOneArg(set.get(), state)));
    const bool has_slots = PyTuple_CheckExact(state) && PyTuple_GET_SIZE(state) == 2;
    return update_dict(object, has_slots ? PyTuple_GET_ITEM(state, 0) : state) &&
           (!has_slots || set_slots(object, PyTuple_GET_ITEM(state, 1)));
}

// load_derived(class): a new object, as its builtin base makes them.
PyObject* load_derived(PyObject*, PyObject* cls) {
    const Base* base = PyType_Check(cls) ? base_of(reinterpret_cast<PyTypeObject*>(cls)) : nullptr;
    if (base == nullptr)
        return unpickling_error("load_derived() needs a class that inherits from a container");
    PyObject* made =
        PyObject_CallMethod(reinterpret_cast<PyObject*>(base->type), "__new__", "O", cls);
    if (made == nullptr && PyErr_ExceptionMatches(PyExc_TypeError)) {
        caused_unpickling_error("load_derived() cannot make one");
    }
    return made;
}

// set_derived_state(object, (state, content))
PyObject* set_derived_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("set_derived_state", count, 2))
        return nullptr;
    const Base* base = base_of(Py_TYPE(args[0]));
    if (base == nullptr || !PyTuple_CheckExact(args[1]) || PyTuple_GET_SIZE(args[1]) != 2)
        return unpickling_error("set_derived_state() has no such state for %s",
                                Py_TYPE(args[0])->tp_name);
    const Ref state = Ref::borrow(PyTuple_GET_ITEM(args[1], 0));
    const Ref content = Ref::borrow(PyTuple_GET_ITEM(args[1], 1));
    // property() may set an attribute, which is in the state as well.
    const bool is_container = base->is_wanted != is_always_wanted;
    if (is_container && !set_attributes(args[0], state.get()))
        return nullptr;
    if (!base->fill(args[0], content.get()))
        return PyErr_Occurred() ? nullptr
                                : unpickling_error("a %s cannot contain %s", base->type->tp_name,
                                                   Py_TYPE(content.get())->tp_name);
    if (!is_container && !set_attributes(args[0], state.get()))
        return nullptr;
    Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"load_derived", load_derived, METH_O,
     "load_derived($module, class, /)\n--\n\n"
     "Makes an empty object of a class that inherits from a builtin container or descriptor, for "
     "a pickle.\n\n"
     "pickle.UnpicklingError: it does not."},
    {"set_derived_state", as_method(set_derived_state), METH_FASTCALL,
     "set_derived_state($module, object, state, /)\n--\n\n"
     "Gives such an object its attributes and its content.\n\n"
     "pickle.UnpicklingError: it has no such state."},
    {}};

}  // namespace

PyObject* reduce_derived(PyObject* object, Pickling& pickling) {
    PyTypeObject* type = Py_TYPE(object);
    const Base* base = base_of(type);
    if (base == nullptr || !base->is_wanted(type) || !reduces_as(type, base->type))
        return nullptr;
    const int dispatched = is_dispatched(type, pickling);
    if (dispatched != 0)
        return nullptr;
    const Ref state = Ref::steal(PyObject_CallMethod(object, "__getstate__", nullptr));
    const Ref content = state ? Ref::steal(base->content(object)) : nullptr;
    return content ? Py_BuildValue("O(O)(OO)OOO", loader("load_derived"), type, state.get(),
                                   content.get(), Py_None, Py_None, loader("set_derived_state"))
                   : nullptr;
}

ReducerFamily derived_reducers() {
    return {{}, functions};
}

}  // namespace stackless::pickle
