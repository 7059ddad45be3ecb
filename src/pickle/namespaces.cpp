#include "pickle/namespaces.hpp"

#include <string_view>

#include "pickle/code_facts.hpp"
#include "pickle/errors.hpp"
#include "pickle/imports.hpp"
#include "pickle/programs.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"
#include "pickle/trials.hpp"

namespace stackless::pickle {

bool code_by_value = false;

namespace {

// ---- What stands for globals

struct Namespace {
    PyObject ob_base;
    PyObject* globals;  // owned
    PyObject* carried;  // owned: the set of the names that have been dealt with
};

Namespace* as_namespace(PyObject* object) {
    return reinterpret_cast<Namespace*>(object);
}

int namespace_traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(as_namespace(self)->globals);
    Py_VISIT(as_namespace(self)->carried);
    return 0;
}

int namespace_clear(PyObject* self) {
    Py_CLEAR(as_namespace(self)->globals);
    Py_CLEAR(as_namespace(self)->carried);
    return 0;
}

void namespace_dealloc(PyObject* self) {
    PyObject_GC_UnTrack(self);
    namespace_clear(self);
    Py_TYPE(self)->tp_free(self);
}

Ref new_namespace(PyObject* globals) {
    Ref made = Ref::steal(namespace_type.tp_alloc(&namespace_type, 0));
    if (!made)
        return {};
    as_namespace(made.get())->globals = Py_NewRef(globals);
    as_namespace(made.get())->carried = PySet_New(nullptr);
    return as_namespace(made.get())->carried != nullptr ? made : nullptr;
}

/// The one of this pickle for these globals, borrowed. Null, without an exception, if there is none.
PyObject* known_namespace(PyObject* globals, const Pickling& pickling) {
    const Ref key = Ref::steal(PyLong_FromVoidPtr(globals));
    PyObject* known = key && pickling.namespaces != nullptr
                          ? PyDict_GetItemWithError(pickling.namespaces, key.get())
                          : nullptr;
    PyErr_Clear();
    return known;
}

/// Whether a module is part of Python, or of this interpreter.
bool is_standard(PyObject* module_name) {
    const Py_ssize_t dot =
        PyUnicode_FindChar(module_name, '.', 0, PyUnicode_GET_LENGTH(module_name), 1);
    const Ref top =
        dot < 0 ? Ref::borrow(module_name) : Ref::steal(PyUnicode_Substring(module_name, 0, dot));
    PyObject* names = PySys_GetObject("stdlib_module_names");
    if (!top || names == nullptr) {
        PyErr_Clear();
        return true;
    }
    return PyUnicode_CompareWithASCIIString(top.get(), "stackless") == 0 ||
           PyUnicode_CompareWithASCIIString(top.get(), "_stackless") == 0 ||
           PySequence_Contains(names, top.get()) != 0;
}

/// Whether a module is Python code of the program itself: neither of the standard library nor installed.
bool is_own_code(PyObject* module_name) {
    const Ref module = is_standard(module_name) ? nullptr : imported_module(module_name);
    PyObject* file = module && PyModule_Check(module.get())
                         ? PyDict_GetItemString(PyModule_GetDict(module.get()), "__file__")
                         : nullptr;
    const char* path = file != nullptr && PyUnicode_Check(file) ? PyUnicode_AsUTF8(file) : nullptr;
    if (path == nullptr) {
        PyErr_Clear();
        return false;
    }
    const std::string_view view(path);
    return view.ends_with(".py") && view.find("/site-packages/") == view.npos &&
           view.find("/dist-packages/") == view.npos;
}

/// exec() gives globals the dictionary of the module builtins, which a pickler would write out. The module itself means
/// the same, and goes by its name.
bool name_builtins(PyObject* globals) {
    const PyInterpreterState* interp = PyInterpreterState_Get();
    PyObject* builtins = PyDict_GetItemWithError(globals, &_Py_ID(__builtins__));
    if (builtins == nullptr || builtins != interp->builtins)
        return true;
    const Ref module = Ref::steal(PyImport_ImportModule("builtins"));
    if (!module || PyModule_GetDict(module.get()) != builtins)
        return static_cast<bool>(module);
    return PyDict_SetItem(globals, &_Py_ID(__builtins__), module.get()) == 0;
}

// ---- Names in code

/// Adds to a set the names of the global variables that code refers to.
bool collect_names(PyCodeObject* code, PyObject* names) {
    const Instr* unit = _PyCode_CODE(code);
    const Instr* end = unit + Py_SIZE(code);
    unsigned extended = 0;
    while (unit < end) {
        const int opcode = _PyOpcode_Deopt[_Py_OPCODE(*unit)];
        const unsigned oparg = extended << 8 | _Py_OPARG(*unit);
        extended = opcode == EXTENDED_ARG ? oparg : 0;
        Py_ssize_t index = -1;
        switch (opcode) {
        case LOAD_GLOBAL:
            index = static_cast<Py_ssize_t>(oparg >> 1);
            break;
        case LOAD_NAME:
        case STORE_NAME:
        case DELETE_NAME:
        case STORE_GLOBAL:
        case DELETE_GLOBAL:
            index = static_cast<Py_ssize_t>(oparg);
            break;
        default:
            break;
        }
        if (index >= 0 && index < PyTuple_GET_SIZE(code->co_names) &&
            PySet_Add(names, PyTuple_GET_ITEM(code->co_names, index)) != 0)
            return false;
        unit += 1 + _PyOpcode_Caches[opcode];
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject* constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(constant) &&
            !collect_names(reinterpret_cast<PyCodeObject*>(constant), names))
            return false;
    }
    return true;
}

/// What each module has by itself, and what only makes sense in the process.
bool is_of_module(PyObject* name) {
    for (const char* own : {"__builtins__", "__name__", "__loader__", "__spec__", "__package__",
                            "__cached__", "__file__", "__stackless_origin__"}) {
        if (PyUnicode_CompareWithASCIIString(name, own) == 0)
            return true;
    }
    return false;
}

// ---- Values that travel

/// Adds to `values` (made if it is empty) the variable of that name, unless it has been dealt with. False with an
/// exception set.
bool carry(Namespace* space, PyObject* name, Pickling& pickling, Ref& values) {
    const int known = PySet_Contains(space->carried, name);
    if (known != 0)
        return known > 0;
    const Ref value = Ref::borrow(PyDict_GetItemWithError(space->globals, name));
    if (!value)
        return !PyErr_Occurred();
    if (PySet_Add(space->carried, name) != 0)
        return false;
    const int can = is_of_module(name) ? 0 : can_be_pickled(value.get(), pickling);
    if (can <= 0)
        return can == 0;
    if (!values) {
        values = Ref::steal(PyDict_New());
    }
    return values && PyDict_SetItem(values.get(), name, value.get()) == 0;
}

/// Carries the variables with those names, a tuple.
Ref carry_all(PyObject* globals, PyObject* names, Pickling& pickling) {
    const Ref space = namespace_of(globals, pickling);
    Ref values;
    for (Py_ssize_t i = 0; space && i < PyTuple_GET_SIZE(names); i++) {
        PyObject* name = PyTuple_GET_ITEM(names, i);
        if (PyUnicode_Check(name) && !carry(as_namespace(space.get()), name, pickling, values))
            return {};
    }
    if (!space)
        return {};
    return values ? values : Ref::borrow(Py_None);
}

}  // namespace

PyTypeObject namespace_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "_stackless.namespace";
    type.tp_doc = "Stands for the global variables of a module in a pickle.";
    type.tp_basicsize = sizeof(Namespace);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION;
    type.tp_dealloc = namespace_dealloc;
    type.tp_traverse = namespace_traverse;
    type.tp_clear = namespace_clear;
    return type;
}();

bool travels_by_value(PyObject* module_name, const Pickling& pickling) {
    if (pickling.within_program)
        return false;
    return is_main_name(module_name) || spec_of_unfinished(module_name) != nullptr ||
           (code_by_value && is_own_code(module_name));
}

PyObject* name_of_globals(PyObject* globals) {
    PyObject* name = PyDict_GetItemWithError(globals, &_Py_ID(__name__));
    return name != nullptr && PyUnicode_Check(name) ? name : nullptr;
}

Ref namespace_of(PyObject* globals, Pickling& pickling) {
    if (PyObject* known = known_namespace(globals, pickling))
        return Ref::borrow(known);
    if (pickling.namespaces == nullptr) {
        pickling.namespaces = PyDict_New();
    }
    const Ref key = Ref::steal(PyLong_FromVoidPtr(globals));
    Ref made = key && pickling.namespaces != nullptr ? new_namespace(globals) : nullptr;
    const bool done = made && PyDict_SetItem(pickling.namespaces, key.get(), made.get()) == 0;
    return done ? made : nullptr;
}

Ref describe_globals(PyObject* globals, Pickling& pickling) {
    PyObject* name = name_of_globals(globals);
    if (name != nullptr && travels_by_value(name, pickling))
        return namespace_of(globals, pickling);
    Ref module = name == nullptr ? nullptr : imported_module(name);
    if (module && PyModule_Check(module.get()) && PyModule_GetDict(module.get()) == globals)
        return module;
    if (PyObject* known = known_namespace(globals, pickling))
        return Ref::borrow(known);
    return name_builtins(globals) ? Ref::borrow(globals) : nullptr;
}

PyObject* global_names(PyCodeObject* code) {
    CodeFacts* facts = facts_of(code);
    if (facts == nullptr || facts->global_names != nullptr)
        return facts == nullptr ? nullptr : facts->global_names;
    const Ref names = Ref::steal(PySet_New(nullptr));
    if (!names || !collect_names(code, names.get()))
        return nullptr;
    const Ref sorted = Ref::steal(PySequence_List(names.get()));
    if (!sorted || PyList_Sort(sorted.get()) != 0)
        return nullptr;
    facts->global_names = PyList_AsTuple(sorted.get());
    return facts->global_names;
}

Ref globals_to_carry(PyObject* globals, PyCodeObject* code, Pickling& pickling) {
    PyObject* name = name_of_globals(globals);
    if (name == nullptr || pickling.is_trial || !travels_by_value(name, pickling))
        return Ref::borrow(Py_None);
    PyObject* names = global_names(code);
    return names == nullptr ? nullptr : carry_all(globals, names, pickling);
}

Ref all_globals_to_carry(PyObject* globals, Pickling& pickling) {
    if (pickling.is_trial)
        return Ref::borrow(Py_None);
    const Ref names = Ref::steal(PySequence_Tuple(globals));
    return names ? carry_all(globals, names.get(), pickling) : nullptr;
}

PyObject* described_globals(PyObject* description) {
    if (PyDict_Check(description))
        return description;
    if (PyModule_Check(description) && PyModule_GetDict(description) != nullptr)
        return PyModule_GetDict(description);
    return unpickling_error("the globals of a function cannot be %s",
                            Py_TYPE(description)->tp_name);
}

bool are_globals(PyObject* values) {
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (PyDict_CheckExact(values) && PyDict_Next(values, &position, &name, &value)) {
        if (!PyUnicode_CheckExact(name) || is_of_module(name))
            return false;
    }
    return PyDict_CheckExact(values);
}

bool fill_in(PyObject* globals, PyObject* values) {
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(values, &position, &name, &value)) {
        if (PyDict_SetDefault(globals, name, value) == nullptr)
            return false;
    }
    return true;
}

PyObject* reduce_namespace(PyObject* object, Pickling&) {
    PyObject* globals = as_namespace(object)->globals;
    const Ref origin = origin_of(globals);
    if (!origin)
        return nullptr;
    PyObject* name = name_of_globals(globals);
    PyObject* spec = name == nullptr ? nullptr : spec_of_unfinished(name);
    if (spec == nullptr)
        return PyTuple_Pack(2, loader("load_namespace"), origin.get());
    return Py_BuildValue("O(OO)", loader("load_unfinished_module"), origin.get(), spec);
}

}  // namespace stackless::pickle
