#include "eval/hidden_functions.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <iterator>

#include <marshal.h>

#include "cpython/fields.hpp"
#include "cpython/ref.hpp"
#include "eval/frames.hpp"
#include "eval/opcodes.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

constexpr int hidden_count = static_cast<int>(std::size(frozen_functions));

/// Which of the frozen functions has this name; -1 if none has.
int find_hidden(PyObject* name) {
    for (int i = 0; i < hidden_count; i++) {
        if (PyUnicode_CompareWithASCIIString(name, frozen_functions[i].name) == 0)
            return i;
    }
    return -1;
}

/// What the global name of a hidden function stands for. Borrowed; null with an exception set.
PyObject* find_global(PyThreadState* ts, PyObject* globals, PyObject* name) {
    PyObject* known = PyDict_GetItemWithError(globals, name);
    if (known != nullptr || PyErr_Occurred())
        return known;
    Ref found;
    if (PyObject* builtin = PyDict_GetItemWithError(ts->interp->builtins_copy, name)) {
        // A hidden function of this name is what calls of the builtin are redirected to.
        found = Ref::borrow(builtin);
    } else if (PyMethodDef* primitive = find_primitive(name)) {
        found = Ref::steal(PyCFunction_New(primitive, nullptr));
    } else if (PyObject* type = find_exposed_type(name)) {
        found = Ref::borrow(type);
    } else if (const int hidden = find_hidden(name); hidden >= 0 && !PyErr_Occurred()) {
        found = Ref::borrow(
            reinterpret_cast<PyObject*>(hidden_function(ts, static_cast<Hidden>(hidden))));
    }
    if (!found) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError, "hidden functions know no %R", name);
        }
        return nullptr;
    }
    return PyDict_SetItem(globals, name, found.get()) == 0 ? found.get() : nullptr;
}

const Field* find_field(PyObject* name) {
    for (const Field& field : fields) {
        if (PyUnicode_CompareWithASCIIString(name, field.name) == 0)
            return &field;
    }
    return nullptr;
}

/// Turns CPython's instructions into ours where hidden functions have their own: what is known for good goes into
/// the inline cache.
class Rewriter {
public:
    Rewriter(PyThreadState* ts, PyCodeObject* code, PyObject* globals)
        : ts_(ts), code_(code), globals_(globals) {}

    bool rewrite() {
        // First, because it would take the caches of ours for instructions.
        _PyCode_Quicken(code_);
        code_->co_warmup = 0;
        Instr* end = _PyCode_CODE(code_) + Py_SIZE(code_);
        for (Instr* unit = _PyCode_CODE(code_); unit < end; unit++) {
            const int opcode = _PyOpcode_Deopt[_Py_OPCODE(*unit)];
            if (!rewrite(unit, opcode))
                return false;
            unit += _PyOpcode_Caches[opcode];
        }
        return true;
    }

private:
    /// Whether this is a function of the module operator, in which ~ and @ are what they look like.
    bool is_operator() const {
        constexpr const char* prefix = "operator_";
        const char* name = PyUnicode_AsUTF8(code_->co_name);
        return name != nullptr && std::strncmp(name, prefix, std::strlen(prefix)) == 0;
    }

    bool rewrite(Instr* unit, int opcode) {
        switch (opcode) {
        case RESUME:
            _Py_SET_OPCODE(*unit, RESUME_HIDDEN);
            return true;
        case RETURN_VALUE:
            _Py_SET_OPCODE(*unit, RETURN_HIDDEN);
            return true;
        case UNARY_INVERT:
            if (!is_operator()) {
                _Py_SET_OPCODE(*unit, STEP);
            }
            return true;
        case BINARY_OP:
            if (_Py_OPARG(*unit) == NB_MATRIX_MULTIPLY && !is_operator()) {
                _Py_SET_OPCODE(*unit, STEP_OR_MISSING);
            }
            return true;
        case LOAD_GLOBAL:
            return rewrite_global(unit);
        case LOAD_ATTR:
            return rewrite_field(unit, LOAD_FIELD);
        case LOAD_METHOD:
            return rewrite_field(unit, LOAD_FIELD_TO_CALL);
        case STORE_ATTR:
            return rewrite_field(unit, STORE_FIELD);
        case DELETE_ATTR:
            return rewrite_named(unit, DELETE_NAMED_ATTR);
        default:
            return true;
        }
    }

    bool rewrite_global(Instr* unit) {
        PyObject* name = PyTuple_GET_ITEM(code_->co_names, _Py_OPARG(*unit) >> 1);
        PyObject* value = find_global(ts_, globals_, name);
        if (value == nullptr)
            return false;
        write_obj(unit + 1, value);
        _Py_SET_OPCODE(*unit, LOAD_KNOWN);
        return true;
    }

    bool rewrite_field(Instr* unit, int opcode) {
        PyObject* name = PyTuple_GET_ITEM(code_->co_names, _Py_OPARG(*unit));
        if (PyUnicode_READ_CHAR(name, 0) == 'n' && opcode != LOAD_FIELD_TO_CALL)
            return rewrite_named(unit, opcode == LOAD_FIELD ? LOAD_NAMED_ATTR : STORE_NAMED_ATTR);
        if (PyUnicode_READ_CHAR(name, 0) != 'c' || PyUnicode_READ_CHAR(name, 1) != '_')
            return true;
        if (PyUnicode_CompareWithASCIIString(name, "c_itself") == 0) {
            // `for value in iterator.c_itself`: over the GET_ITER behind it.
            *unit = static_cast<Instr>(
                _Py_MAKECODEUNIT(JUMP_FORWARD, INLINE_CACHE_ENTRIES_LOAD_ATTR + 1));
            return true;
        }
        const Field* field = find_field(name);
        if (field == nullptr) {
            PyErr_Format(PyExc_SystemError, "src/cpython/fields.hpp has no %R", name);
            return false;
        }
        if (field->kind == FieldKind::filled) {
            *unit = static_cast<Instr>(_Py_MAKECODEUNIT(FILL, field->offset));
            rewrite_filling_loop(unit);
            return true;
        }
        *unit = static_cast<Instr>(_Py_MAKECODEUNIT(opcode, static_cast<int>(field->kind)));
        unit[1] = static_cast<Instr>(field - fields);
        return true;
    }

    /// `for variable.c_append in iterable: pass`
    static void rewrite_filling_loop(Instr* fill) {
        const Instr* jump = fill + 1 + INLINE_CACHE_ENTRIES_STORE_ATTR;
        if (_Py_OPCODE(fill[-1]) == LOAD_FAST && _Py_OPCODE(*jump) == JUMP_BACKWARD_QUICK &&
            _Py_OPCODE(jump[1 - _Py_OPARG(*jump)]) == FOR_ITER) {
            _Py_SET_OPCODE(fill[-1], FILL_LOCAL);
        }
    }

    /// The attribute is called n_VARIABLE.
    bool rewrite_named(Instr* unit, int opcode) {
        const char* name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(code_->co_names, _Py_OPARG(*unit)));
        for (Py_ssize_t i = 0;
             name != nullptr && std::strncmp(name, "n_", 2) == 0 && i < code_->co_nlocalsplus;
             i++) {
            PyObject* variable = PyTuple_GET_ITEM(code_->co_localsplusnames, i);
            if (PyUnicode_CompareWithASCIIString(variable, name + 2) == 0) {
                *unit = static_cast<Instr>(_Py_MAKECODEUNIT(opcode, static_cast<int>(i)));
                return true;
            }
        }
        return name != nullptr;
    }

    PyThreadState* ts_;
    PyCodeObject* code_;
    PyObject* globals_;
};

/// The functions of the interpreter that asked last.
struct {
    int64_t interpreter = -1;
    PyFunctionObject* functions[hidden_count] = {};
} cache;

/// The interpreter's dictionary goes, and the functions with it.
void forget_cache(PyObject*) {
    cache.interpreter = -1;
}

void turn_cache_to(const PyInterpreterState* interp) {
    std::fill(std::begin(cache.functions), std::end(cache.functions), nullptr);
    cache.interpreter = interp->id;
}

/// The dictionary that keeps what hidden functions refer to, in that of the interpreter. Borrowed.
PyObject* hidden_globals(PyThreadState* ts) {
    PyObject* store = PyInterpreterState_GetDict(ts->interp);
    Ref key = Ref::steal(PyUnicode_InternFromString("stackless.hidden"));
    if (store == nullptr || !key)
        return nullptr;
    PyObject* known = PyDict_GetItemWithError(store, key.get());
    if (known != nullptr || PyErr_Occurred())
        return known;
    const Ref made = Ref::steal(PyDict_New());
    const Ref missing =
        Ref::steal(PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type)));
    const Ref guard = Ref::steal(PyCapsule_New(&cache, nullptr, forget_cache));
    const bool done = made && missing && guard &&
                      PyDict_SetItemString(made.get(), "missing", missing.get()) == 0 &&
                      PyDict_SetItemString(made.get(), "cache", guard.get()) == 0 &&
                      PyDict_SetItem(store, key.get(), made.get()) == 0;
    return done ? made.get() : nullptr;
}

/// In the defaults of hidden functions, `...` stands for the object `missing`, which no program has.
void replace_missing(PyObject* defaults, PyObject* missing) {
    for (Py_ssize_t i = 0; defaults != Py_None && i < PyTuple_GET_SIZE(defaults); i++) {
        if (PyTuple_GET_ITEM(defaults, i) == Py_Ellipsis) {
            // The tuple is fresh from marshal.
            PyTuple_SET_ITEM(defaults, i, Py_NewRef(missing));
            Py_DECREF(Py_Ellipsis);
        }
    }
}

bool replace_missing_keywords(PyObject* defaults, PyObject* missing) {
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (defaults != Py_None && PyDict_Next(defaults, &position, &key, &value)) {
        if (value == Py_Ellipsis && PyDict_SetItem(defaults, key, missing) != 0)
            return false;
    }
    return true;
}

/// Gives a function its defaults: `frozen` is what marshal has read.
bool set_defaults(PyObject* function, PyObject* frozen, PyObject* globals) {
    PyObject* missing = PyDict_GetItemString(globals, "missing");
    PyObject* defaults = PyTuple_GET_ITEM(frozen, 1);
    PyObject* keyword_defaults = PyTuple_GET_ITEM(frozen, 2);
    replace_missing(defaults, missing);
    return replace_missing_keywords(keyword_defaults, missing) &&
           PyFunction_SetDefaults(function, defaults) == 0 &&
           PyFunction_SetKwDefaults(function, keyword_defaults) == 0;
}

/// The key of a function in the dictionary: no name that the code of another could have.
Ref function_key(Hidden which) {
    return Ref::steal(
        PyUnicode_FromFormat("hidden %s", frozen_functions[static_cast<int>(which)].name));
}

/// A new tuple of a function's code, its defaults, and those of its keyword-only parameters. Empty with an exception
/// set.
Ref read_frozen(Hidden which) {
    const FrozenFunction& frozen = frozen_functions[static_cast<int>(which)];
    return Ref::steal(PyMarshal_ReadObjectFromString(reinterpret_cast<const char*>(frozen.data),
                                                     static_cast<Py_ssize_t>(frozen.size)));
}

/// Borrowed from the dictionary.
PyFunctionObject* load(PyThreadState* ts, PyObject* globals, Hidden which) {
    const Ref read = read_frozen(which);
    if (!read)
        return nullptr;
    PyObject* code = PyTuple_GET_ITEM(read.get(), 0);
    const Ref function = Ref::steal(PyFunction_New(code, globals));
    const Ref key = function_key(which);
    // It is entered before its code is rewritten: functions may refer to each other.
    if (!function || !key || !set_defaults(function.get(), read.get(), globals) ||
        PyDict_SetItem(globals, key.get(), function.get()) != 0)
        return nullptr;
    auto* code_object = reinterpret_cast<PyCodeObject*>(code);
    code_object->_co_firsttraceable = INT_MAX / 4;
    if (!Rewriter(ts, code_object, globals).rewrite()) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        (void)PyDict_DelItem(globals, key.get());
        PyErr_Restore(type, value, traceback);
        return nullptr;
    }
    return reinterpret_cast<PyFunctionObject*>(function.get());
}

PyFunctionObject* find_or_load(PyThreadState* ts, Hidden which) {
    PyObject* globals = hidden_globals(ts);
    if (globals == nullptr)
        return nullptr;
    // Somebody may be raising an exception just now, which loading is not to lose.
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const Ref key = function_key(which);
    PyObject* known = key ? PyDict_GetItemWithError(globals, key.get()) : nullptr;
    PyFunctionObject* loaded = reinterpret_cast<PyFunctionObject*>(known);
    if (loaded == nullptr && !PyErr_Occurred()) {
        loaded = load(ts, globals, which);
    }
    if (loaded != nullptr) {
        PyErr_Restore(type, value, traceback);
    } else {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    }
    return loaded;
}

PyFunctionObject* new_reference(PyFunctionObject* function) {
    Py_XINCREF(function);
    return function;
}

}  // namespace

Frame* act_for(const Frame* caller, Frame* frame) {
    if (frame != nullptr && caller != nullptr) {
        frame->f_globals = caller->f_globals;
        frame->f_builtins = caller->f_builtins;
    } else if (frame != nullptr) {
        frame->f_globals = frame->f_builtins;
    }
    return frame;
}

PyObject* hidden_missing(PyThreadState* ts) {
    PyObject* globals = hidden_globals(ts);
    return globals == nullptr ? nullptr : PyDict_GetItemString(globals, "missing");
}

PyFunctionObject* hidden_function(PyThreadState* ts, Hidden which) {
    if (cache.interpreter != ts->interp->id) [[unlikely]] {
        turn_cache_to(ts->interp);
    }
    PyFunctionObject*& function = cache.functions[static_cast<int>(which)];
    if (function == nullptr) [[unlikely]] {
        PyFunctionObject* found = find_or_load(ts, which);
        // Loading may have run other code, of another interpreter.
        if (cache.interpreter != ts->interp->id)
            return found;
        function = found;
    }
    return function;
}

PyFunctionObject* hidden_function_named(PyThreadState* ts, PyObject* name) {
    const int which = find_hidden(name);
    return which < 0 ? nullptr : hidden_function(ts, static_cast<Hidden>(which));
}

PyObject* pristine_hidden_code(PyObject* name) {
    const int which = find_hidden(name);
    const Ref read = which < 0 ? nullptr : read_frozen(static_cast<Hidden>(which));
    if (!read) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError, "there is no hidden function %R", name);
        }
        return nullptr;
    }
    return Py_NewRef(PyTuple_GET_ITEM(read.get(), 0));
}

Frame* push_hidden_frame(PyThreadState* ts, const Frame* caller, Hidden which,
                         std::initializer_list<PyObject*> args) {
    PyFunctionObject* function = new_reference(hidden_function(ts, which));
    Frame* frame = function == nullptr ? nullptr : push_frame(ts, function);
    if (frame == nullptr) {
        for (PyObject* arg : args) {
            Py_DECREF(arg);
        }
        return nullptr;
    }
    std::copy(args.begin(), args.end(), frame->localsplus);
    std::fill(frame->localsplus + args.size(), frame->localsplus + frame->stacktop, nullptr);
    return act_for(caller, frame);
}

Frame* bind_hidden_and_push(PyThreadState* ts, const Frame* caller, Hidden which,
                            PyObject* const* args, Py_ssize_t positional, PyObject* kwnames) {
    PyFunctionObject* function = new_reference(hidden_function(ts, which));
    if (function == nullptr) {
        const Py_ssize_t total = positional + (kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames));
        for (Py_ssize_t i = 0; i < total; i++) {
            Py_DECREF(args[i]);
        }
        return nullptr;
    }
    return act_for(caller, bind_and_push(ts, function, nullptr, args, positional, kwnames));
}

Frame* bind_hidden_mapping_and_push(PyThreadState* ts, const Frame* caller, Hidden which,
                                    PyObject* args, PyObject* kwargs) {
    PyFunctionObject* function = new_reference(hidden_function(ts, which));
    return function == nullptr
               ? nullptr
               : act_for(caller, bind_mapping_and_push(ts, function, nullptr, args, kwargs));
}

}  // namespace stackless::eval
