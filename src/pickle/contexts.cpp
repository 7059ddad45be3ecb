// contextvars: contexts, variables and tokens.
#include "cpython/contexts.hpp"
#include "cpython/interpreter_end.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// Variables go by module and name if a module has them, since what matters is that they are the same ones. Other
// variables are made anew.

/// Where variables have been found last: ContextVar: (module, name).
OfInterpreter<PyObject*> places;

bool is_at(PyObject* variable, PyObject* module, PyObject* name) {
    return PyModule_Check(module) &&
           PyDict_GetItemWithError(PyModule_GetDict(module), name) == variable;
}

/// The name under which a module has the variable (borrowed), or null.
PyObject* name_in(PyObject* variable, PyObject* module) {
    Py_ssize_t position = 0;
    PyObject* name = nullptr;
    PyObject* value = nullptr;
    while (PyDict_Next(PyModule_GetDict(module), &position, &name, &value)) {
        if (value == variable && PyUnicode_Check(name))
            return name;
    }
    return nullptr;
}

/// (module name, name) if the module has it; else empty.
Ref place_in(PyObject* variable, PyObject* module_name, PyObject* module) {
    if (!PyUnicode_Check(module_name) || !PyModule_Check(module))
        return {};
    PyObject* name = name_in(variable, module);
    return name == nullptr ? nullptr : Ref::steal(PyTuple_Pack(2, module_name, name));
}

/// (module name, name) of a variable, or empty if no module has it. What has been found is looked at first.
Ref find_place(PyObject* variable) {
    PyObject* modules = PyImport_GetModuleDict();
    PyObject*& known_places = *places;
    if (known_places == nullptr) {
        known_places = keep_for_interpreter(Ref::steal(PyDict_New()));
    }
    if (known_places == nullptr)
        return {};
    if (PyObject* known = PyDict_GetItemWithError(known_places, variable); known != nullptr) {
        PyObject* module = PyDict_GetItemWithError(modules, PyTuple_GET_ITEM(known, 0));
        if (module != nullptr && is_at(variable, module, PyTuple_GET_ITEM(known, 1)))
            return Ref::borrow(known);
    }
    Py_ssize_t position = 0;
    PyObject* module_name = nullptr;
    PyObject* module = nullptr;
    while (PyDict_Next(modules, &position, &module_name, &module)) {
        Ref place = place_in(variable, module_name, module);
        if (place && PyDict_SetItem(known_places, variable, place.get()) == 0)
            return place;
        if (PyErr_Occurred())
            return {};
    }
    return {};
}

PyObject* reduce_variable_at(PyObject* object, const Ref& place) {
    const auto* variable = reinterpret_cast<PyContextVar*>(object);
    PyObject* module = place ? PyTuple_GET_ITEM(place.get(), 0) : Py_None;
    PyObject* name = place ? PyTuple_GET_ITEM(place.get(), 1) : Py_None;
    if (place && PyUnicode_CompareWithASCIIString(module, "__main__") != 0)
        return reduce_to("load_context_variable", PyTuple_Pack(2, module, name));
    // Another program may have no such variable in its __main__.
    const Ref fallback = Ref::steal(wrap_optional(variable->var_default));
    return fallback ? reduce_to("load_context_variable",
                                PyTuple_Pack(4, module, name, variable->var_name, fallback.get()))
                    : nullptr;
}

/// What is at that place, or empty: without an exception if there is no such thing.
Ref look_up_variable(PyObject* module_name, PyObject* name) {
    const Ref module = Ref::steal(PyImport_Import(module_name));
    PyObject* found = nullptr;
    if (!module || _PyObject_LookupAttr(module.get(), name, &found) < 0)
        return {};
    return Ref::steal(found);
}

PyObject* make_variable(PyObject* name, PyObject* wrapped_default) {
    PyObject* fallback = nullptr;
    if (!unwrap_optional(wrapped_default, &fallback))
        return nullptr;
    if (!PyUnicode_CheckExact(name))
        return unpickling_error("a ContextVar has a name, not %s", Py_TYPE(name)->tp_name);
    const char* text = PyUnicode_AsUTF8(name);
    return text == nullptr ? nullptr : PyContextVar_New(text, fallback);
}

// load_context_variable(module, name[, own name, default])
PyObject* load_context_variable(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 && !check_count("load_context_variable", count, 4))
        return nullptr;
    const bool has_place = !Py_IsNone(args[0]) || count == 2;
    if (has_place && (!PyUnicode_CheckExact(args[0]) || !PyUnicode_CheckExact(args[1])))
        return unpickling_error(
            "load_context_variable() needs the names of a module and a variable");
    Ref found = has_place ? look_up_variable(args[0], args[1]) : nullptr;
    if (PyErr_Occurred())
        return nullptr;
    if (found && PyContextVar_CheckExact(found.get()))
        return found.release();
    if (count == 2)
        return unpickling_error("%U has no ContextVar %U", args[0], args[1]);
    return make_variable(args[2], args[3]);
}

// The one of decimal is in no module: only its functions know it.

/// Empty with an exception set.
Ref decimal_variable() {
    const Ref decimal = Ref::steal(PyImport_ImportModule("decimal"));
    const Ref context = decimal ? Ref::steal(PyContext_New()) : nullptr;
    const Ref get =
        context ? Ref::steal(PyObject_GetAttrString(decimal.get(), "getcontext")) : nullptr;
    const Ref value =
        get ? Ref::steal(PyObject_CallMethod(context.get(), "run", "O", get.get())) : nullptr;
    const Ref variables = value ? Ref::steal(PyObject_GetIter(context.get())) : nullptr;
    return variables ? Ref::steal(PyIter_Next(variables.get())) : nullptr;
}

/// Negative with an exception set.
int is_decimal_variable(PyObject* object) {
    auto* variable = reinterpret_cast<PyContextVar*>(object);
    if (PyUnicode_CompareWithASCIIString(variable->var_name, "decimal_context") != 0)
        return 0;
    const Ref known = decimal_variable();
    return known ? known.get() == object : PyErr_Occurred() ? -1 : 0;
}

// load_decimal_variable()
PyObject* load_decimal_variable(PyObject*, PyObject*) {
    Ref variable = decimal_variable();
    if (!variable && !PyErr_Occurred())
        return unpickling_error("decimal has no ContextVar");
    return variable.release();
}

PyObject* reduce_variable(PyObject* object, Pickling&) {
    const Ref place = find_place(object);
    if (PyErr_Occurred())
        return nullptr;
    if (!place) {
        const int is_decimal = is_decimal_variable(object);
        if (is_decimal != 0)
            return is_decimal > 0 ? reduce_to("load_decimal_variable", PyTuple_New(0)) : nullptr;
    }
    return reduce_variable_at(object, place);
}

// Contexts

/// Whether a value says itself that it cannot be pickled: a file, a lock. What it refers to is not asked. Negative
/// with an exception set.
int can_be_pickled(PyObject* value, Pickling& pickling) {
    // Exceptions note who writes what they are linked to.
    if (PyExceptionInstance_Check(value))
        return 1;
    const Ref reduced = Ref::steal(reduce(value, pickling));
    if (reduced)
        return 1;
    if (!PyErr_ExceptionMatches(PyExc_TypeError))
        return -1;
    PyErr_Clear();
    return 0;
}

PyObject* reduce_context(PyObject* object, Pickling& pickling) {
    const Ref entries = Ref::steal(PyList_New(0));
    const Ref items = entries ? Ref::steal(PyObject_CallMethod(object, "items", nullptr)) : nullptr;
    const Ref iterator = items ? Ref::steal(PyObject_GetIter(items.get())) : nullptr;
    while (iterator) {
        const Ref entry = Ref::steal(PyIter_Next(iterator.get()));
        if (!entry)
            break;
        const int is_picklable = can_be_pickled(PyTuple_GET_ITEM(entry.get(), 1), pickling);
        if (is_picklable < 0 ||
            (is_picklable > 0 && PyList_Append(entries.get(), entry.get()) != 0))
            return nullptr;
    }
    if (PyErr_Occurred())
        return nullptr;
    return reduce_to("load_context", PyTuple_New(0), Py_NewRef(entries.get()), "set_context_state");
}

// load_context(): an empty one.
PyObject* load_context(PyObject*, PyObject*) {
    return PyContext_New();
}

bool is_entry(PyObject* entry) {
    return PyTuple_CheckExact(entry) && PyTuple_GET_SIZE(entry) == 2 &&
           PyContextVar_CheckExact(PyTuple_GET_ITEM(entry, 0));
}

/// The variables and values as a context holds them. Empty with an exception set.
RefTo<PyHamtObject> make_variables(PyObject* entries) {
    auto variables = RefTo<PyHamtObject>::steal(_PyHamt_New());
    for (Py_ssize_t i = 0; variables && i < PyList_GET_SIZE(entries); ++i) {
        const Ref entry = Ref::borrow(PyList_GET_ITEM(entries, i));
        if (!is_entry(entry.get())) {
            unpickling_error("a context has pairs of a ContextVar and its value");
            return {};
        }
        variables = RefTo<PyHamtObject>::steal(_PyHamt_Assoc(
            variables.get(), PyTuple_GET_ITEM(entry.get(), 0), PyTuple_GET_ITEM(entry.get(), 1)));
    }
    return variables;
}

// set_context_state(context, [(variable, value), ...])
PyObject* set_context_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("set_context_state", count, 2))
        return nullptr;
    if (!PyContext_CheckExact(args[0]) || !PyList_CheckExact(args[1]))
        return unpickling_error("set_context_state() needs a context and a list");
    auto* context = reinterpret_cast<PyContext*>(args[0]);
    // Variables remember the value that they have in a context. In an empty one, they have none.
    if (_PyHamt_Len(context->ctx_vars) != 0)
        return unpickling_error("set_context_state() needs an empty context");
    auto variables = make_variables(args[1]);
    if (!variables)
        return nullptr;
    const auto old = RefTo<PyHamtObject>::steal(context->ctx_vars);
    context->ctx_vars = variables.release();
    Py_RETURN_NONE;
}

// Tokens

PyObject* reduce_token(PyObject* object, Pickling&) {
    const auto* token = reinterpret_cast<PyContextToken*>(object);
    const Ref old = Ref::steal(wrap_optional(token->tok_oldval));
    return old ? reduce_to("load_token", Py_BuildValue("(OOOi)", token->tok_ctx, token->tok_var,
                                                       old.get(), token->tok_used))
               : nullptr;
}

// load_token(context, variable, old value, is used)
PyObject* load_token(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_token", count, 4))
        return nullptr;
    PyObject* old = nullptr;
    if (!unwrap_optional(args[2], &old))
        return nullptr;
    const Py_ssize_t is_used = to_number("load_token", args[3], 0, 1);
    if (is_used < 0)
        return nullptr;
    if (!PyContext_CheckExact(args[0]) || !PyContextVar_CheckExact(args[1]))
        return unpickling_error("load_token() needs a context and a variable");
    auto* token = PyObject_GC_New(PyContextToken, &PyContextToken_Type);
    if (token == nullptr)
        return nullptr;
    token->tok_ctx = reinterpret_cast<PyContext*>(Py_NewRef(args[0]));
    token->tok_var = reinterpret_cast<PyContextVar*>(Py_NewRef(args[1]));
    token->tok_oldval = Py_XNewRef(old);
    token->tok_used = static_cast<int>(is_used);
    PyObject_GC_Track(token);
    return reinterpret_cast<PyObject*>(token);
}

const Reducer reducers[] = {{&PyContext_Type, reduce_context},
                            {&PyContextVar_Type, reduce_variable},
                            {&PyContextToken_Type, reduce_token}};

PyMethodDef functions[] = {
    {"load_context_variable", as_method(load_context_variable), METH_FASTCALL,
     "load_context_variable($module, module, name, own_name=..., default=..., /)\n--\n\n"
     "The ContextVar of a module, for a pickle. With `own_name` and `default` (None, or a tuple "
     "with "
     "the value), a new one if there is none; then `module` may be None.\n\n"
     "pickle.UnpicklingError: there is none, or the arguments are of other types."},
    {"load_decimal_variable", load_decimal_variable, METH_NOARGS,
     "load_decimal_variable($module, /)\n--\n\nThe ContextVar of the module decimal, for a "
     "pickle."},
    {"load_context", load_context, METH_NOARGS,
     "load_context($module, /)\n--\n\nMakes an empty context for a pickle."},
    {"set_context_state", as_method(set_context_state), METH_FASTCALL,
     "set_context_state($module, context, entries, /)\n--\n\n"
     "Sets the variables of a context from a list of pairs.\n\n"
     "pickle.UnpicklingError: they are no such pairs, or somebody is in the context."},
    {"load_token", as_method(load_token), METH_FASTCALL,
     "load_token($module, context, variable, old_value, is_used, /)\n--\n\n"
     "Makes what ContextVar.set() returns, for a pickle. `old_value` is None, or a tuple with "
     "it.\n\n"
     "pickle.UnpicklingError: the arguments are of other types."},
    {}};

}  // namespace

ReducerFamily context_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
