// Weak references, which stock pickle refuses, and what the module weakref builds on them.
//
// A weak reference travels with what it refers to. After loading, that is gone unless something else in the pickle
// refers to it, too.
#include <vector>

#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

/// (object or None, callback or None)
PyObject* reference_args(PyObject* object) {
    const auto* reference = reinterpret_cast<PyWeakReference*>(object);
    PyObject* referent = PyWeakref_GET_OBJECT(object);
    PyObject* callback = reference->wr_callback;
    return PyTuple_Pack(2, referent, callback == nullptr ? Py_None : callback);
}

PyObject* reduce_reference(PyObject* object, Pickling&) {
    return reduce_to("load_reference", reference_args(object));
}

PyObject* reduce_weak_proxy(PyObject* object, Pickling& pickling) {
    // The proxy then answers like the object, of which stock pickle makes a copy.
    if (!pickling.has_computation())
        return leave_to_stock();
    return reduce_to("load_weak_proxy", reference_args(object));
}

using Make = PyObject* (*)(PyObject* object, PyObject* callback);

/// A dead one.
PyObject* make_dead(Make make) {
    // What is thrown away at once: a set, since few other builtin types can be referred to weakly.
    const Ref gone = Ref::steal(PySet_New(nullptr));
    return gone ? make(gone.get(), nullptr) : nullptr;
}

PyObject* load(const char* name, Make make, PyObject* const* args, Py_ssize_t count) {
    if (!check_count(name, count, 2))
        return nullptr;
    if (Py_IsNone(args[0]))
        return make_dead(make);
    PyObject* made = make(args[0], Py_IsNone(args[1]) ? nullptr : args[1]);
    if (made == nullptr && PyErr_ExceptionMatches(PyExc_TypeError))
        return unpickling_error("%s(): nothing can refer to a %s weakly", name,
                                Py_TYPE(args[0])->tp_name);
    return made;
}

// load_reference(object, callback)
PyObject* load_reference(PyObject*, PyObject* const* args, Py_ssize_t count) {
    return load("load_reference", PyWeakref_NewRef, args, count);
}

// load_weak_proxy(object, callback)
PyObject* load_weak_proxy(PyObject*, PyObject* const* args, Py_ssize_t count) {
    return load("load_weak_proxy", PyWeakref_NewProxy, args, count);
}

PyTypeObject* weak_set_type = nullptr;

// The classes of the module weakref. Pickled attribute by attribute, they would need their callbacks, which are
// functions inside of methods.

/// (class, (), None, None, items)
PyObject* reduce_weak_dict(PyObject* object, Pickling&) {
    const Ref items = Ref::steal(PyObject_CallMethod(object, "items", nullptr));
    const Ref list = items ? Ref::steal(PySequence_List(items.get())) : nullptr;
    const Ref iterator = list ? Ref::steal(PyObject_GetIter(list.get())) : nullptr;
    return iterator ? Py_BuildValue("O()OOO", Py_TYPE(object), Py_None, Py_None, iterator.get())
                    : nullptr;
}

PyObject* reduce_weak_set(PyObject* object, Pickling&) {
    const Ref items = Ref::steal(PySequence_List(object));
    return items ? Py_BuildValue("O()OOOO", Py_TYPE(object), items.get(), Py_None, Py_None,
                                 loader("set_weak_set_state"))
                 : nullptr;
}

// set_weak_set_state(set, items)
PyObject* set_weak_set_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("set_weak_set_state", count, 2) ||
        !check_type("set_weak_set_state", args[0], weak_set_type))
        return nullptr;
    if (!PyList_CheckExact(args[1]))
        return unpickling_error("set_weak_set_state() needs a list, not %s",
                                Py_TYPE(args[1])->tp_name);
    return PyObject_CallMethod(args[0], "update", "O", args[1]);
}

/// (class, (method,)); after its object has gone, a reference to nothing.
PyObject* reduce_weak_method(PyObject* object, Pickling&) {
    const Ref method = Ref::steal(PyObject_CallNoArgs(object));
    if (!method)
        return nullptr;
    if (Py_IsNone(method.get()))
        return reduce_to("load_reference", PyTuple_Pack(2, Py_None, Py_None));
    return Py_BuildValue("O(O)", Py_TYPE(object), method.get());
}

/// A class of the module (borrowed: the module keeps it). Null with an exception set.
PyTypeObject* class_of_module(const Ref& module, const char* name) {
    const Ref found = Ref::steal(PyObject_GetAttrString(module.get(), name));
    return reinterpret_cast<PyTypeObject*>(found.get());
}

std::vector<Reducer> make_reducers() {
    const Ref module = Ref::steal(PyImport_ImportModule("weakref"));
    if (!module)
        return {};
    weak_set_type = class_of_module(module, "WeakSet");
    return {{&_PyWeakref_RefType, reduce_reference},
            {&_PyWeakref_ProxyType, reduce_weak_proxy},
            {&_PyWeakref_CallableProxyType, reduce_weak_proxy},
            {class_of_module(module, "WeakKeyDictionary"), reduce_weak_dict},
            {class_of_module(module, "WeakValueDictionary"), reduce_weak_dict},
            {weak_set_type, reduce_weak_set},
            {class_of_module(module, "WeakMethod"), reduce_weak_method}};
}

PyMethodDef functions[] = {{"load_reference", as_method(load_reference), METH_FASTCALL,
                            "load_reference($module, object, callback, /)\n--\n\n"
                            "Makes a weak reference for a pickle; a dead one to None.\n\n"
                            "pickle.UnpicklingError: there cannot be one to that object."},
                           {"load_weak_proxy", as_method(load_weak_proxy), METH_FASTCALL,
                            "load_weak_proxy($module, object, callback, /)\n--\n\n"
                            "Makes a weakref.proxy() for a pickle; a dead one of None.\n\n"
                            "pickle.UnpicklingError: there cannot be one of that object."},
                           {"set_weak_set_state", as_method(set_weak_set_state), METH_FASTCALL,
                            "set_weak_set_state($module, set, items, /)\n--\n\n"
                            "Fills a weakref.WeakSet from a list.\n\n"
                            "pickle.UnpicklingError: those are not a set and a list."},
                           {}};

}  // namespace

ReducerFamily weak_reference_reducers() {
    static std::vector<Reducer> reducers;
    // Each interpreter has classes of its own.
    reducers = make_reducers();
    return {reducers, functions};
}

}  // namespace stackless::pickle
