// Modules, and the globals of __main__.
#include "cpython/arguments.hpp"
#include "pickle/errors.hpp"
#include "pickle/imports.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/programs.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

// load_module(name): an imported one. load_module(module): what a namespace has become.
PyObject* load_module(PyObject*, PyObject* name) {
    if (PyModule_Check(name))
        return Py_NewRef(name);
    if (!PyUnicode_CheckExact(name))
        return unpickling_error("load_module() takes the name of a module");
    return import_for_pickle(name).release();
}

// load_namespace(name, path, hash, number)
PyObject* load_namespace(PyObject*, PyObject* const* args, Py_ssize_t count) {
    return module_from(args, count).release();
}

// load_unfinished_module(origin, spec): one that is being imported.
PyObject* load_unfinished_module(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !PyTuple_CheckExact(args[0]))
        return unpickling_error(
            "load_unfinished_module() takes the origin and the spec of a module");
    PyObject* const* origin = reinterpret_cast<PyTupleObject*>(args[0])->ob_item;
    Ref module = module_from(origin, PyTuple_GET_SIZE(args[0]));
    const bool is_done = module && (is_live(module.get()) || begin_import(module.get(), args[1]));
    return is_done ? module.release() : nullptr;
}

// set_module_state(module, values): sets what it does not have.
PyObject* set_module_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !PyModule_Check(args[0]) || PyModule_GetDict(args[0]) == nullptr ||
        !are_globals(args[1]))
        return unpickling_error("set_module_state() takes a module and its variables");
    if (!fill_in(PyModule_GetDict(args[0]), args[1]))
        return nullptr;
    Py_RETURN_NONE;
}

constexpr Reducer reducers[] = {{&namespace_type, reduce_namespace}};

PyMethodDef functions[] = {
    {"load_module", load_module, METH_O, nullptr},
    {"load_namespace", as_method(load_namespace), METH_FASTCALL, nullptr},
    {"load_unfinished_module", as_method(load_unfinished_module), METH_FASTCALL, nullptr},
    {"set_module_state", as_method(set_module_state), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

/// With all its variables, as a program that refers to a module may ask for each of them.
PyObject* reduce_by_value(PyObject* globals, Pickling& pickling) {
    const Ref space = namespace_of(globals, pickling);
    const Ref values = space ? all_globals_to_carry(globals, pickling) : nullptr;
    if (!values)
        return nullptr;
    PyObject* load = loader("load_module");
    return values.get() == Py_None ? Py_BuildValue("O(O)", load, space.get())
                                   : Py_BuildValue("O(O)OOOO", load, space.get(), values.get(),
                                                   Py_None, Py_None, loader("set_module_state"));
}

}  // namespace

PyObject* reduce_module(PyObject* object, Pickling& pickling) {
    const Ref name = Ref::steal(PyModule_GetNameObject(object));
    if (!name)
        return nullptr;
    PyObject* globals = PyModule_GetDict(object);
    const bool is_imported = imported_module(name.get()).get() == object;
    // What is made at run time, nobody can import.
    if (!is_imported || (pickling.has_computation() && travels_by_value(name.get(), pickling)))
        return reduce_by_value(globals, pickling);
    return Py_BuildValue("O(O)", loader("load_module"), name.get());
}

ReducerFamily module_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
