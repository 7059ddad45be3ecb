// What wraps a function: property(), classmethod(), staticmethod(), and of functools lru_cache(), cmp_to_key() and
// cached_property.
#include <vector>

#include "cpython/layouts.hpp"
#include "pickle/errors.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/references.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// property(), classmethod(), staticmethod(). Programs may rely on a TypeError of stock pickle.

PyObject* reduce_property(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    const auto* property = reinterpret_cast<Property*>(object);
    const Ref doc = Ref::steal(PyObject_GetAttrString(object, "__doc__"));
    if (!doc)
        return nullptr;
    if (property->name != nullptr)
        return reduce_to("load_property",
                         PyTuple_Pack(5, or_none(property->get), or_none(property->set),
                                      or_none(property->del), doc.get(), property->name));
    return Py_BuildValue("O(OOOO)", Py_TYPE(object), or_none(property->get), or_none(property->set),
                         or_none(property->del), doc.get());
}

// load_property(get, set, delete, doc, name)
PyObject* load_property(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_property", count, 5))
        return nullptr;
    if (!PyUnicode_CheckExact(args[4]))
        return unpickling_error("a property cannot have the name %R", args[4]);
    Ref made = Ref::steal(
        PyObject_Vectorcall(reinterpret_cast<PyObject*>(&PyProperty_Type), args, 4, nullptr));
    const Ref named =
        made ? Ref::steal(PyObject_CallMethod(made.get(), "__set_name__", "OO", Py_None, args[4]))
             : nullptr;
    return named ? made.release() : nullptr;
}

PyObject* reduce_method_holder(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    return Py_BuildValue("O(O)", Py_TYPE(object),
                         reinterpret_cast<MethodHolder*>(object)->callable);
}

// lru_cache(): by name where it can be imported, else with its function and without what it remembers.

PyTypeObject* lru_cache_type = nullptr;
PyTypeObject* compared_key_type = nullptr;
PyTypeObject* cached_property_type = nullptr;

bool goes_by_name(PyObject* object, const Pickling& pickling) {
    const Ref module = Ref::steal(PyObject_GetAttrString(object, "__module__"));
    const Ref name = module ? Ref::steal(PyObject_GetAttrString(object, "__qualname__")) : nullptr;
    if (!name || !PyUnicode_Check(module.get()) || !PyUnicode_Check(name.get())) {
        PyErr_Clear();
        return false;
    }
    if (pickling.has_computation() && travels_by_value(module.get(), pickling))
        return false;
    return is_global(object, module.get(), name.get());
}

PyObject* reduce_lru_cache(PyObject* object, Pickling& pickling) {
    if (goes_by_name(object, pickling))
        return leave_to_stock();
    const auto* cache = reinterpret_cast<LruCacheObject*>(object);
    const Ref size =
        Ref::steal(cache->max_size < 0 ? Py_NewRef(Py_None) : PyLong_FromSsize_t(cache->max_size));
    return size ? reduce_to("load_lru_cache",
                            Py_BuildValue("(OOi)", cache->function, size.get(), cache->typed))
                : nullptr;
}

/// The cache that the function has where it is from; empty, without an exception, if it has none.
Ref own_cache(PyObject* function) {
    const auto* object = reinterpret_cast<PyFunctionObject*>(function);
    PyObject* name = PyFunction_Check(function) ? name_of_globals(object->func_globals) : nullptr;
    const Ref module = name != nullptr ? imported_module(name) : nullptr;
    Ref found = module ? find_raw(module.get(), object->func_qualname) : nullptr;
    const bool is_its = found && Py_IS_TYPE(found.get(), lru_cache_type) &&
                        reinterpret_cast<LruCacheObject*>(found.get())->function == function;
    return is_its ? found : nullptr;
}

// load_lru_cache(function, maxsize, typed)
PyObject* load_lru_cache(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_lru_cache";
    if (!check_count(name, count, 3))
        return nullptr;
    if (!PyCallable_Check(args[0]))
        return unpickling_error("%s() needs a function, not %s", name, Py_TYPE(args[0])->tp_name);
    if (!Py_IsNone(args[1]) && to_number(name, args[1], 0) < 0)
        return nullptr;
    if (to_number(name, args[2], 0, 1) < 0)
        return nullptr;
    if (Ref own = own_cache(args[0]))
        return own.release();
    const Ref functools = Ref::steal(PyImport_ImportModule("functools"));
    const Ref decorator =
        functools
            ? Ref::steal(PyObject_CallMethod(functools.get(), "lru_cache", "OO", args[1], args[2]))
            : nullptr;
    return decorator ? PyObject_CallOneArg(decorator.get(), args[0]) : nullptr;
}

// cmp_to_key()

PyObject* reduce_compared_key(PyObject* object, Pickling&) {
    const auto* key = reinterpret_cast<ComparedKey*>(object);
    return reduce_to("load_compared_key", key->object == nullptr
                                              ? PyTuple_Pack(1, key->compare)
                                              : PyTuple_Pack(2, key->compare, key->object));
}

// load_compared_key(compare[, object])
PyObject* load_compared_key(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 1 && !check_count("load_compared_key", count, 2))
        return nullptr;
    const Ref functools = Ref::steal(PyImport_ImportModule("functools"));
    Ref key = functools
                  ? Ref::steal(PyObject_CallMethod(functools.get(), "cmp_to_key", "O", args[0]))
                  : nullptr;
    return !key || count == 1 ? key.release() : PyObject_CallOneArg(key.get(), args[1]);
}

// cached_property: as the attribute of its class where that can be imported, else all but its lock.

/// The class whose attribute of that name it is. Empty, without an exception, if none is found.
Ref owner_of_property(PyObject* object, PyObject* function, PyObject* name,
                      const Pickling& pickling) {
    if (!PyFunction_Check(function) || !PyUnicode_Check(name))
        return {};
    const auto* getter = reinterpret_cast<PyFunctionObject*>(function);
    PyObject* module_name = name_of_globals(getter->func_globals);
    PyObject* qualname = getter->func_qualname;
    const Py_ssize_t dot = PyUnicode_FindChar(qualname, '.', 0, PyUnicode_GET_LENGTH(qualname), -1);
    if (module_name == nullptr || dot < 0 ||
        (pickling.has_computation() && travels_by_value(module_name, pickling)))
        return {};
    const Ref module = imported_module(module_name);
    const Ref owner_name = Ref::steal(PyUnicode_Substring(qualname, 0, dot));
    Ref owner = module && owner_name ? find_raw(module.get(), owner_name.get()) : nullptr;
    PyErr_Clear();
    const bool is_its =
        owner && PyType_Check(owner.get()) &&
        _PyType_Lookup(reinterpret_cast<PyTypeObject*>(owner.get()), name) == object;
    return is_its ? owner : nullptr;
}

PyObject* reduce_cached_property(PyObject* object, Pickling& pickling) {
    const Ref function = Ref::steal(PyObject_GetAttrString(object, "func"));
    const Ref name = function ? Ref::steal(PyObject_GetAttrString(object, "attrname")) : nullptr;
    if (!name)
        return nullptr;
    const Ref owner = owner_of_property(object, function.get(), name.get(), pickling);
    if (owner)
        return reduce_to("load_cached_property", PyTuple_Pack(2, owner.get(), name.get()));
    return Py_BuildValue("O(O){sO}", cached_property_type, function.get(), "attrname", name.get());
}

// load_cached_property(class, name)
PyObject* load_cached_property(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_cached_property";
    if (!check_count(name, count, 2) || !check_type(name, args[0], &PyType_Type) ||
        !check_type(name, args[1], &PyUnicode_Type))
        return nullptr;
    auto* type = reinterpret_cast<PyTypeObject*>(args[0]);
    PyObject* found = _PyType_Lookup(type, args[1]);
    if (found == nullptr || !Py_IS_TYPE(found, cached_property_type))
        return unpickling_error("%s has no cached property %R", type->tp_name, args[1]);
    return Py_NewRef(found);
}

PyMethodDef functions[] = {
    {"load_property", as_method(load_property), METH_FASTCALL,
     "load_property($module, get, set, delete, doc, name, /)\n--\n\n"
     "Makes a property that knows its name, for a pickle.\n\n"
     "pickle.UnpicklingError: the name is no string."},
    {"load_lru_cache", as_method(load_lru_cache), METH_FASTCALL,
     "load_lru_cache($module, function, maxsize, typed, /)\n--\n\n"
     "Makes what functools.lru_cache() makes of a function, for a pickle.\n\n"
     "pickle.UnpicklingError: the arguments are of other types."},
    {"load_compared_key", as_method(load_compared_key), METH_FASTCALL,
     "load_compared_key($module, compare, object=..., /)\n--\n\n"
     "Makes what functools.cmp_to_key() returns, or what that makes of an object, for a pickle."},
    {"load_cached_property", as_method(load_cached_property), METH_FASTCALL,
     "load_cached_property($module, class, name, /)\n--\n\n"
     "The functools.cached_property of a class, for a pickle.\n\n"
     "pickle.UnpicklingError: it has none of that name."},
    {}};

/// An attribute of a module, or its type; the module keeps it. Null with an exception set.
PyTypeObject* type_in(const char* module_name, const char* name) {
    const Ref module = Ref::steal(PyImport_ImportModule(module_name));
    const Ref found = module ? Ref::steal(PyObject_GetAttrString(module.get(), name)) : nullptr;
    return reinterpret_cast<PyTypeObject*>(found.get());
}

bool find_types() {
    lru_cache_type = type_in("functools", "_lru_cache_wrapper");
    cached_property_type = lru_cache_type ? type_in("functools", "cached_property") : nullptr;
    const Ref functools =
        cached_property_type ? Ref::steal(PyImport_ImportModule("functools")) : nullptr;
    const Ref key =
        functools ? Ref::steal(PyObject_CallMethod(functools.get(), "cmp_to_key", "O", Py_None))
                  : nullptr;
    compared_key_type = key ? Py_TYPE(key.get()) : nullptr;
    return static_cast<bool>(key);
}

}  // namespace

ReducerFamily wrapper_reducers() {
    static std::vector<Reducer> reducers;
    if (!find_types())
        return {};
    reducers = {{&PyProperty_Type, reduce_property},
                {&PyClassMethod_Type, reduce_method_holder},
                {&PyStaticMethod_Type, reduce_method_holder},
                {lru_cache_type, reduce_lru_cache},
                {compared_key_type, reduce_compared_key},
                {cached_property_type, reduce_cached_property}};
    return {reducers, functions};
}

}  // namespace stackless::pickle
