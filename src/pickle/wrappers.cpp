#include "pickle/wrappers.hpp"

#include <iterator>

#include "cpython/arguments.hpp"
#include "cpython/layouts.hpp"
#include "pickle/errors.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

Ref functools_attribute(const char* name) {
    const Ref module = Ref::steal(PyImport_ImportModule("functools"));
    return module ? Ref::steal(PyObject_GetAttrString(module.get(), name)) : nullptr;
}

// classmethod(function), staticmethod(function)
PyObject* reduce_method_holder(PyObject* object, Pickling&) {
    return Py_BuildValue("O(O)", Py_TYPE(object),
                         reinterpret_cast<MethodHolder*>(object)->callable);
}

// property(getter, setter, deleter, doc)
PyObject* reduce_property(PyObject* object, Pickling&) {
    const Ref getter = Ref::steal(PyObject_GetAttrString(object, "fget"));
    const Ref setter = Ref::steal(PyObject_GetAttrString(object, "fset"));
    const Ref deleter = Ref::steal(PyObject_GetAttrString(object, "fdel"));
    const Ref doc = Ref::steal(PyObject_GetAttrString(object, "__doc__"));
    if (!getter || !setter || !deleter || !doc)
        return nullptr;
    // That of the getter is not the property's own.
    PyObject* getter_doc = nullptr;
    if (_PyObject_LookupAttr(getter.get(), &_Py_ID(__doc__), &getter_doc) < 0)
        return nullptr;
    const Ref usual = Ref::steal(getter_doc);
    return Py_BuildValue("O(OOOO)", &PyProperty_Type, getter.get(), setter.get(), deleter.get(),
                         usual.get() == doc.get() ? Py_None : doc.get());
}

// functools.cached_property: its lock is one of the process.
PyObject* reduce_cached_property(PyObject* object, Pickling&) {
    const Ref function = Ref::steal(PyObject_GetAttrString(object, "func"));
    const Ref name = function ? Ref::steal(PyObject_GetAttrString(object, "attrname")) : nullptr;
    return name ? Py_BuildValue("O(O){sO}", Py_TYPE(object), function.get(), "attrname", name.get())
                : nullptr;
}

// ---- functools.lru_cache

/// Whether its function can be imported, and the cache with it.
bool is_importable(PyObject* cache, const Pickling& pickling) {
    const Ref module = Ref::steal(PyObject_GetAttrString(cache, "__module__"));
    const Ref name = module ? Ref::steal(PyObject_GetAttrString(cache, "__qualname__")) : nullptr;
    if (!name || !PyUnicode_Check(module.get()) || !PyUnicode_Check(name.get())) {
        PyErr_Clear();
        return false;
    }
    return !(pickling.has_computation() && travels_by_value(module.get(), pickling)) &&
           is_global(cache, module.get(), name.get());
}

/// What is in the cache stays behind: it can be had again.
PyObject* reduce_cache(PyObject* object, Pickling& pickling) {
    if (is_importable(object, pickling))
        return leave_to_stock();
    const Ref parameters = Ref::steal(PyObject_CallMethod(object, "cache_parameters", nullptr));
    if (!parameters || !PyDict_Check(parameters.get()))
        return parameters ? leave_to_stock() : nullptr;
    PyObject* size = PyDict_GetItemString(parameters.get(), "maxsize");
    PyObject* typed = PyDict_GetItemString(parameters.get(), "typed");
    if (size == nullptr || typed == nullptr)
        return leave_to_stock();
    return Py_BuildValue("O(OOO)", loader("load_cache"),
                         reinterpret_cast<LruCacheObject*>(object)->function, size, typed);
}

/// The cache that the function has where it is from; empty, without an exception, if it has none.
Ref own_cache(PyObject* function, PyTypeObject* cache_type) {
    const auto* object = reinterpret_cast<PyFunctionObject*>(function);
    PyObject* name = PyFunction_Check(function) ? name_of_globals(object->func_globals) : nullptr;
    const Ref module = name != nullptr ? imported_module(name) : nullptr;
    Ref found = module ? find_raw(module.get(), object->func_qualname) : nullptr;
    const bool is_its = found && Py_IS_TYPE(found.get(), cache_type) &&
                        reinterpret_cast<LruCacheObject*>(found.get())->function == function;
    return is_its ? found : nullptr;
}

// load_cache(function, maxsize, typed)
PyObject* load_cache(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 3 || !PyCallable_Check(args[0]) ||
        (args[1] != Py_None && !PyLong_CheckExact(args[1])) || !PyBool_Check(args[2]))
        return unpickling_error("load_cache() takes a function and how lru_cache() caches it");
    const Ref type = functools_attribute("_lru_cache_wrapper");
    const Ref decorate = type ? functools_attribute("lru_cache") : nullptr;
    if (!decorate || !PyType_Check(type.get()))
        return nullptr;
    if (Ref own = own_cache(args[0], reinterpret_cast<PyTypeObject*>(type.get())))
        return own.release();
    const Ref decorator =
        Ref::steal(PyObject_CallFunctionObjArgs(decorate.get(), args[1], args[2], nullptr));
    return decorator ? PyObject_CallOneArg(decorator.get(), args[0]) : nullptr;
}

PyMethodDef functions[] = {
    {"load_cache", as_method(load_cache), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

ReducerFamily wrapper_reducers() {
    static Reducer reducers[] = {
        {&PyClassMethod_Type, reduce_method_holder},
        {&PyStaticMethod_Type, reduce_method_holder},
        {&PyProperty_Type, reduce_property},
        {nullptr, reduce_cached_property},
        {nullptr, reduce_cache},
    };
    // Types are kept alive by being in the table.
    Ref property = functools_attribute("cached_property");
    Ref cache = property ? functools_attribute("_lru_cache_wrapper") : nullptr;
    if (!cache)
        return {};
    reducers[std::size(reducers) - 2].type = reinterpret_cast<PyTypeObject*>(property.release());
    reducers[std::size(reducers) - 1].type = reinterpret_cast<PyTypeObject*>(cache.release());
    return {reducers, functions};
}

}  // namespace stackless::pickle
