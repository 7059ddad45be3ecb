#include "pickle/functions.hpp"

#include "eval/hidden_functions.hpp"
#include "pickle/code_facts.hpp"
#include "pickle/errors.hpp"
#include "pickle/fingerprint.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/programs.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"
#include "pickle/submodules.hpp"

namespace stackless::pickle {

namespace {

PyCodeObject* code_of(const PyFunctionObject* function) {
    return reinterpret_cast<PyCodeObject*>(function->func_code);
}

// ---- By reference

/// Where the function says that it is from; empty if it does not.
Ref module_name(const PyFunctionObject* function) {
    if (function->func_module != nullptr && PyUnicode_Check(function->func_module))
        return Ref::borrow(function->func_module);
    return Ref::borrow(name_of_globals(function->func_globals));
}

/// Whether a stock pickler pickles the function.
bool is_stock_global(PyFunctionObject* function) {
    if (PyUnicode_FindChar(function->func_qualname, '<', 0,
                           PyUnicode_GET_LENGTH(function->func_qualname), 1) >= 0)
        return false;
    Ref name = Ref::borrow(function->func_module);
    if (!name || !PyUnicode_Check(name.get())) {
        const Ref pickle = Ref::steal(PyImport_ImportModule("pickle"));
        name = Ref::steal(pickle ? PyObject_CallMethod(pickle.get(), "whichmodule", "OO", function,
                                                       function->func_qualname)
                                 : nullptr);
    }
    if (!name || !PyUnicode_Check(name.get())) {
        PyErr_Clear();
        return false;
    }
    return is_global(reinterpret_cast<PyObject*>(function), name.get(), function->func_qualname);
}

/// (load_function, (module, qualname, fingerprint)), if that leads to the function; else empty, without an exception
/// unless there is no fingerprint.
Ref refer_to(PyFunctionObject* function, PyObject* name) {
    uint64_t fingerprint;
    if (!fingerprint_of(code_of(function), fingerprint))
        return {};
    const Ref module = imported_module(name);
    bool differs;
    if (!module ||
        find_function(module.get(), function->func_qualname, fingerprint, differs).get() !=
            function)
        return {};
    const Ref number = fingerprint_object(fingerprint);
    return number ? Ref::steal(Py_BuildValue("O(OOO)", loader("load_function"), name,
                                             function->func_qualname, number.get()))
                  : nullptr;
}

PyObject* reduce_hidden(const PyFunctionObject* function) {
    const Ref fingerprint = fingerprint_object_of(code_of(function));
    return fingerprint ? Py_BuildValue("O(OO)", loader("load_hidden"), function->func_name,
                                       fingerprint.get())
                       : nullptr;
}

// ---- By value

// The state is a tuple: a sum of these numbers, and the value for each, in their order. What is left out is as
// PyFunction_New() makes it.
enum Part : uint16_t {
    closure_part = 1,
    defaults_part = 2,
    keyword_defaults_part = 4,
    name_part = 8,
    qualname_part = 16,
    doc_part = 32,
    module_part = 64,
    annotations_part = 128,
    dict_part = 256,
    globals_part = 512,
    submodules_part = 1024,
    all_parts = 2047,
};

/// What concerns the program more than the function.
constexpr long outer_parts = globals_part | submodules_part;

/// Puts a state together.
class State {
public:
    State() : items_(Ref::steal(PyList_New(1))) {}

    /// Adds a part that is not null.
    void add(Part part, PyObject* value) {
        if (value == nullptr || !items_)
            return;
        parts_ |= part;
        if (PyList_Append(items_.get(), value) != 0) {
            items_.reset();
        }
    }

    bool is_empty() const { return parts_ == 0; }

    /// Empty with an exception set.
    Ref tuple() {
        PyObject* parts = items_ ? PyLong_FromLong(parts_) : nullptr;
        if (parts == nullptr)
            return {};
        PyList_SET_ITEM(items_.get(), 0, parts);
        return Ref::steal(PyList_AsTuple(items_.get()));
    }

private:
    Ref items_;
    long parts_ = 0;
};

/// Null if `value` is what the function would have anyway; None if it is null.
PyObject* if_unusual(PyObject* value, PyObject* usual) {
    if (value == nullptr) {
        value = Py_None;
    }
    if (usual == nullptr) {
        usual = Py_None;
    }
    if (value == usual)
        return nullptr;
    const bool is_same =
        PyUnicode_CheckExact(value) && PyUnicode_CheckExact(usual) && _PyUnicode_EQ(value, usual);
    return is_same ? nullptr : value;
}

PyObject* usual_doc(const PyCodeObject* code) {
    PyObject* first =
        PyTuple_GET_SIZE(code->co_consts) > 0 ? PyTuple_GET_ITEM(code->co_consts, 0) : Py_None;
    return PyUnicode_Check(first) ? first : Py_None;
}

/// What there is to say of a function beside code and globals. Empty with an exception set.
void describe(PyFunctionObject* function, State& state) {
    const PyCodeObject* code = code_of(function);
    auto* object = reinterpret_cast<PyObject*>(function);
    state.add(closure_part, function->func_closure);
    state.add(defaults_part, function->func_defaults);
    state.add(keyword_defaults_part, function->func_kwdefaults);
    state.add(name_part, if_unusual(function->func_name, code->co_name));
    state.add(qualname_part, if_unusual(function->func_qualname, code->co_qualname));
    state.add(doc_part, if_unusual(function->func_doc, usual_doc(code)));
    state.add(module_part,
              if_unusual(function->func_module,
                         PyDict_GetItemWithError(function->func_globals, &_Py_ID(__name__))));
    if (function->func_annotations != nullptr) {
        state.add(annotations_part, PyFunction_GetAnnotations(object));
    }
    if (function->func_dict != nullptr && PyDict_GET_SIZE(function->func_dict) > 0) {
        state.add(dict_part, function->func_dict);
    }
}

/// Notes in what module a function has this code, for the reducer of code.
bool note_module(PyFunctionObject* function) {
    CodeFacts* facts = facts_of(code_of(function));
    if (facts == nullptr)
        return false;
    if (PyObject* name = name_of_globals(function->func_globals); name != facts->module) {
        Py_XSETREF(facts->module, Py_XNewRef(name));
    }
    return true;
}

/// The name by which the same program finds the function again; True if it does not.
Ref name_at_home(PyFunctionObject* function) {
    PyObject* name = name_of_globals(function->func_globals);
    const Ref module = name == nullptr ? nullptr : imported_module(name);
    uint64_t fingerprint;
    bool differs;
    const bool found =
        module && PyModule_Check(module.get()) &&
        PyModule_GetDict(module.get()) == function->func_globals &&
        fingerprint_of(code_of(function), fingerprint) &&
        find_function(module.get(), function->func_qualname, fingerprint, differs).get() ==
            function;
    return Ref::borrow(found ? function->func_qualname : Py_True);
}

/// What a function whose globals travel with it refers to: what is in the pickle for the first time. False with an
/// exception set.
bool describe_globals_of(PyFunctionObject* function, Pickling& pickling, State& state) {
    const Ref values = globals_to_carry(function->func_globals, code_of(function), pickling);
    const Ref submodules =
        values ? submodules_of(function->func_globals, code_of(function)) : nullptr;
    if (!submodules)
        return false;
    state.add(globals_part, values.get() == Py_None ? nullptr : values.get());
    state.add(submodules_part, submodules.get() == Py_None ? nullptr : submodules.get());
    return true;
}

PyObject* reduce_by_value(PyFunctionObject* function, Pickling& pickling) {
    const Ref globals =
        note_module(function) ? describe_globals(function->func_globals, pickling) : nullptr;
    if (!globals)
        return nullptr;
    State state;
    describe(function, state);
    const bool has_namespace = Py_IS_TYPE(globals.get(), &namespace_type);
    if (has_namespace && !describe_globals_of(function, pickling, state))
        return nullptr;
    PyObject* load = loader("load_new_function");
    const Ref name = has_namespace ? name_at_home(function) : Ref::borrow(Py_True);
    if (state.is_empty() && name.get() == Py_True)
        return Py_BuildValue("O(OO)", load, function->func_code, globals.get());
    const Ref tuple = state.tuple();
    return tuple ? Py_BuildValue("O(OOO)OOOO", load, function->func_code, globals.get(), name.get(),
                                 tuple.get(), Py_None, Py_None, loader("set_function_state"))
                 : nullptr;
}

// ---- Loading by value

/// What a function does that has not got its state yet.
PyObject* call_blank(PyObject* function, PyObject* const*, size_t, PyObject*) {
    PyErr_Format(PyExc_RuntimeError, "the function %U() is called while it is being unpickled",
                 reinterpret_cast<PyFunctionObject*>(function)->func_qualname);
    return nullptr;
}

bool is_blank(const PyFunctionObject* function) {
    return function->vectorcall == call_blank;
}

/// The function of a module of this program that has that name and the same code. Empty if there is none.
RefTo<PyFunctionObject> own_function(PyObject* module, PyObject* name, PyCodeObject* code) {
    uint64_t fingerprint;
    bool differs;
    if (!PyUnicode_CheckExact(name) || !fingerprint_of(code, fingerprint))
        return {};
    return find_function(module, name, fingerprint, differs);
}

/// The same for code.
RefTo<PyCodeObject> own_code(PyObject* module, PyCodeObject* code) {
    uint64_t fingerprint;
    bool differs;
    if (!fingerprint_of(code, fingerprint))
        return {};
    return find_code(module, code->co_qualname, fingerprint, differs);
}

/// Its code expects that there is a closure.
bool give_empty_cells(PyFunctionObject* function) {
    const int count = code_of(function)->co_nfreevars;
    const Ref cells = count > 0 ? Ref::steal(PyTuple_New(count)) : nullptr;
    for (int i = 0; cells && i < count; i++) {
        PyObject* cell = PyCell_New(nullptr);
        if (cell == nullptr)
            return false;
        PyTuple_SET_ITEM(cells.get(), i, cell);
    }
    return count == 0 || (cells && PyFunction_SetClosure(reinterpret_cast<PyObject*>(function),
                                                         cells.get()) == 0);
}

bool is_closure_for(PyObject* closure, const PyCodeObject* code) {
    if (!PyTuple_CheckExact(closure) || PyTuple_GET_SIZE(closure) != code->co_nfreevars)
        return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(closure); i++) {
        if (!PyCell_Check(PyTuple_GET_ITEM(closure, i)))
            return false;
    }
    return true;
}

/// Whether a part of a function can have this value.
bool fits(Part part, PyObject* value, const PyFunctionObject* function) {
    switch (part) {
    case closure_part:
        return is_closure_for(value, code_of(function));
    case defaults_part:
        return PyTuple_CheckExact(value);
    case keyword_defaults_part:
    case annotations_part:
    case dict_part:
        return PyDict_CheckExact(value);
    case globals_part:
        return are_globals(value);
    case submodules_part:
        return are_submodules(value);
    case name_part:
    case qualname_part:
        return PyUnicode_CheckExact(value);
    default:
        return true;
    }
}

/// Sets a part; the value fits. False with an exception set.
bool set_part(PyFunctionObject* function, Part part, PyObject* value) {
    auto* object = reinterpret_cast<PyObject*>(function);
    switch (part) {
    case closure_part:
        return PyFunction_SetClosure(object, value) == 0;
    case defaults_part:
        return PyFunction_SetDefaults(object, value) == 0;
    case keyword_defaults_part:
        return PyFunction_SetKwDefaults(object, value) == 0;
    case annotations_part:
        return PyFunction_SetAnnotations(object, value) == 0;
    case name_part:
        Py_SETREF(function->func_name, Py_NewRef(value));
        return true;
    case qualname_part:
        Py_SETREF(function->func_qualname, Py_NewRef(value));
        return true;
    case doc_part:
        Py_XSETREF(function->func_doc, Py_NewRef(value));
        return true;
    case module_part:
        Py_XSETREF(function->func_module, Py_NewRef(value));
        return true;
    case dict_part:
        Py_XSETREF(function->func_dict, Py_NewRef(value));
        return true;
    case globals_part:
        return fill_in(function->func_globals, value);
    case submodules_part:
        return import_submodules(value);
    default:
        return true;
    }
}

PyObject* bad_state() {
    return unpickling_error("the state of a function is not one that a function can have");
}

/// Sets those parts that a state has and `wanted` contains. None, or null with an exception set.
PyObject* set_parts(PyFunctionObject* function, PyObject* state, long wanted) {
    PyObject* number = PyTuple_GET_ITEM(state, 0);
    int overflow = 1;
    const long parts = PyLong_CheckExact(number) ? PyLong_AsLongAndOverflow(number, &overflow) : 0;
    if (overflow != 0 || parts < 0 || parts > all_parts ||
        PyTuple_GET_SIZE(state) - 1 != __builtin_popcountl(static_cast<unsigned long>(parts)))
        return bad_state();
    Py_ssize_t position = 1;
    for (long part = 1; part < all_parts; part <<= 1) {
        if ((parts & part) == 0)
            continue;
        PyObject* value = PyTuple_GET_ITEM(state, position++);
        if (!fits(static_cast<Part>(part), value, function))
            return bad_state();
        if ((wanted & part) != 0 && !set_part(function, static_cast<Part>(part), value))
            return nullptr;
    }
    Py_RETURN_NONE;
}

}  // namespace

PyObject* reduce_function(PyObject* object, Pickling& pickling) {
    auto* function = reinterpret_cast<PyFunctionObject*>(object);
    if (eval::is_hidden(code_of(function)))
        return reduce_hidden(function);
    if (!pickling.has_computation() && is_stock_global(function))
        return leave_to_stock();
    if (!pickling.has_computation()) {
        pickling.note_computation(object);
    }
    const Ref name = module_name(function);
    PyObject* home = name_of_globals(function->func_globals);
    const bool by_value = (home != nullptr && travels_by_value(home, pickling)) ||
                          (name && travels_by_value(name.get(), pickling));
    if (name && !by_value) {
        Ref reference = refer_to(function, name.get());
        if (reference || PyErr_Occurred())
            return reference.release();
    }
    return reduce_by_value(function, pickling);
}

// load_function(module, qualname, fingerprint)
PyObject* load_function(PyObject*, PyObject* const* args, Py_ssize_t count) {
    uint64_t fingerprint;
    if (count != 3 || !PyUnicode_CheckExact(args[0]) || !PyUnicode_CheckExact(args[1]) ||
        !read_fingerprint(args[2], fingerprint))
        return unpickling_error(
            "load_function() takes the names of a module and a function, and a fingerprint");
    const Ref module = import_for_pickle(args[0]);
    if (!module)
        return nullptr;
    bool differs;
    auto function = find_function(module.get(), args[1], fingerprint, differs);
    if (function)
        return reinterpret_cast<PyObject*>(function.release());
    return differs ? unpickling_error(
                         "the function %U.%U has changed since it was pickled: its "
                         "bytecode differs",
                         args[0], args[1])
                   : unpickling_error("the module %U has no function %U", args[0], args[1]);
}

// load_hidden(name, fingerprint)
PyObject* load_hidden(PyObject*, PyObject* const* args, Py_ssize_t count) {
    uint64_t fingerprint, own;
    if (count != 2 || !PyUnicode_CheckExact(args[0]) || !read_fingerprint(args[1], fingerprint))
        return unpickling_error("load_hidden() takes a name and a fingerprint");
    PyFunctionObject* function = eval::hidden_function_named(PyThreadState_Get(), args[0]);
    if (function == nullptr)
        return PyErr_Occurred() ? nullptr
                                : unpickling_error("the interpreter has no function %R", args[0]);
    if (!fingerprint_of(code_of(function), own))
        return nullptr;
    if (own != fingerprint)
        return unpickling_error(
            "the pickle was written by another version of stackless: the "
            "interpreter's function %U differs",
            args[0]);
    return Py_NewRef(reinterpret_cast<PyObject*>(function));
}

// load_new_function(code, globals): a function that is complete. load_new_function(code, globals, True): one that waits
// for its state. With a name in place of True, it is the one that the program has by that name, if it is the same.
PyObject* load_new_function(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if ((count != 2 && count != 3) || !PyCode_Check(args[0]))
        return unpickling_error("load_new_function() takes code and globals");
    if (eval::is_hidden(reinterpret_cast<PyCodeObject*>(args[0])))
        return unpickling_error("load_new_function() takes no code of the interpreter itself");
    PyObject* globals = described_globals(args[1]);
    if (globals == nullptr)
        return nullptr;
    auto code = RefTo<PyCodeObject>::borrow(reinterpret_cast<PyCodeObject*>(args[0]));
    if (PyModule_Check(args[1]) && is_live(args[1])) {
        if (auto own = count == 3 ? own_function(args[1], args[2], code.get()) : nullptr)
            return reinterpret_cast<PyObject*>(own.release());
        if (auto own = own_code(args[1], code.get())) {
            code = std::move(own);
        }
        PyErr_Clear();
    }
    auto made = RefTo<PyFunctionObject>::steal(reinterpret_cast<PyFunctionObject*>(
        PyFunction_New(reinterpret_cast<PyObject*>(code.get()), globals)));
    if (!made || !give_empty_cells(made.get()))
        return nullptr;
    if (count == 3) {
        made->vectorcall = call_blank;
    }
    return reinterpret_cast<PyObject*>(made.release());
}

// set_function_state(function, state)
PyObject* set_function_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !PyFunction_Check(args[0]) || !PyTuple_CheckExact(args[1]) ||
        PyTuple_GET_SIZE(args[1]) == 0)
        return unpickling_error("set_function_state() takes a function and its state");
    auto* function = reinterpret_cast<PyFunctionObject*>(args[0]);
    // One that the program had already stays as it is; only what it refers to may be new.
    if (!is_blank(function))
        return set_parts(function, args[1], outer_parts);
    PyObject* done = set_parts(function, args[1], all_parts);
    if (done != nullptr) {
        function->vectorcall = _PyFunction_Vectorcall;
    }
    return done;
}

}  // namespace stackless::pickle
