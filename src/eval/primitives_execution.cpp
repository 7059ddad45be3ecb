// Frames for code objects: exec(), eval() and the bodies of classes.
#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "eval/frames.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

/// Where the function that has called a hidden one stands; null if there is none.
Frame* visible_caller(PyThreadState* ts) {
    Frame* frame = ts->cframe->current_frame;
    while (frame != nullptr && _PyFrame_IsIncomplete(frame)) {
        frame = frame->previous;
    }
    return frame;
}

/// run_body(function, namespace): the body of a class, which has its locals there.
StartedCall run_body(PyThreadState* ts, const Frame*, PyObject* const* args) {
    if (!check_argument(is_inlinable(ts, args[0]), args[0], "a function") ||
        !check_argument(PyMapping_Check(args[1]) != 0, args[1], "a namespace"))
        return {};
    auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(args[0]));
    return {bind_and_push(ts, function, Py_NewRef(args[1]), nullptr, 0, nullptr)};
}

/// What exec() and eval() run code in.
struct Namespaces {
    Ref globals;
    Ref locals;

    /// The arguments; None stands for the caller's.
    Namespaces(PyObject* given_globals, PyObject* given_locals)
        : globals(given_globals == Py_None ? nullptr : Ref::borrow(given_globals)),
          locals(given_locals == Py_None ? globals : Ref::borrow(given_locals)) {}

    /// Takes those of the calling function where none are given.
    bool complete(PyThreadState* ts) {
        if (globals)
            return true;
        Frame* caller = visible_caller(ts);
        if (caller == nullptr)
            return true;
        globals = Ref::borrow(caller->f_globals);
        if (!locals) {
            if (_PyFrame_FastToLocalsWithError(caller) < 0)
                return false;
            locals = Ref::borrow(caller->f_locals);
        }
        return true;
    }

    bool add_builtins() const {
        const int known = PyDict_Contains(globals.get(), &_Py_ID(__builtins__));
        return known > 0 || (known == 0 && PyDict_SetItem(globals.get(), &_Py_ID(__builtins__),
                                                          PyEval_GetBuiltins()) == 0);
    }
};

/// A frame that runs the code. `closure` is a tuple or null.
StartedCall start_code(PyThreadState* ts, PyObject* code, const Namespaces& namespaces,
                       PyObject* closure = nullptr) {
    if (PySys_Audit("exec", "O", code) < 0)
        return {};
    PyObject* globals = namespaces.globals.get();
    PyObject* builtins = _PyEval_BuiltinsFromGlobals(ts, globals);  // borrowed
    if (builtins == nullptr)
        return {};
    auto* code_object = reinterpret_cast<PyCodeObject*>(code);
    PyFrameConstructor description{};
    description.fc_globals = globals;
    description.fc_builtins = builtins;
    description.fc_name = code_object->co_name;
    description.fc_qualname = code_object->co_name;
    description.fc_code = code;
    description.fc_closure = closure;
    PyFunctionObject* function = _PyFunction_FromConstructor(&description);
    return function == nullptr
               ? StartedCall{}
               : StartedCall{bind_and_push(ts, function, Py_NewRef(namespaces.locals.get()),
                                           nullptr, 0, nullptr)};
}

/// Compiles what exec() or eval() has been given, for that function.
Ref compile_source(PyThreadState* ts, PyObject* source, const char* function, int start) {
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    flags.cf_flags = PyCF_SOURCE_IS_UTF8;
    PyObject* copy = nullptr;
    const char* text = _Py_SourceAsString(source, function, "string, bytes or code", &flags, &copy);
    const Ref owned_copy = Ref::steal(copy);
    if (text == nullptr)
        return {};
    while (start == Py_eval_input && (*text == ' ' || *text == '\t')) {
        text++;
    }
    if (const Frame* caller = visible_caller(ts)) {
        flags.cf_flags |= caller->f_code->co_flags & PyCF_MASK;
    }
    const Ref filename = Ref::steal(PyUnicode_FromString("<string>"));
    return filename ? Ref::steal(Py_CompileStringObject(text, filename.get(), start, &flags, -1))
                    : Ref();
}

StartedCall start_source(PyThreadState* ts, PyObject* source, const char* function, int start,
                         const Namespaces& namespaces) {
    const Ref code = compile_source(ts, source, function, start);
    return code ? start_code(ts, code.get(), namespaces) : StartedCall{};
}

bool are_cells(PyObject* closure, Py_ssize_t count) {
    if (closure == Py_None || !PyTuple_CheckExact(closure) || PyTuple_GET_SIZE(closure) != count)
        return false;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!PyCell_Check(PyTuple_GET_ITEM(closure, i)))
            return false;
    }
    return true;
}

bool check_exec_namespaces(PyThreadState* ts, const Namespaces& namespaces) {
    PyObject* globals = namespaces.globals.get();
    PyObject* locals = namespaces.locals.get();
    if (globals == nullptr || locals == nullptr) {
        _PyErr_SetString(ts, PyExc_SystemError, "globals and locals cannot be NULL");
    } else if (!PyDict_Check(globals)) {
        _PyErr_Format(ts, PyExc_TypeError, "exec() globals must be a dict, not %.100s",
                      Py_TYPE(globals)->tp_name);
    } else if (!PyMapping_Check(locals)) {
        _PyErr_Format(ts, PyExc_TypeError, "locals must be a mapping or None, not %.100s",
                      Py_TYPE(locals)->tp_name);
    } else {
        return true;
    }
    return false;
}

/// start_exec(source, globals, locals, closure)
StartedCall start_exec(PyThreadState* ts, const Frame*, PyObject* const* args) {
    PyObject* source = args[0];
    PyObject* closure = args[3];
    Namespaces namespaces(args[1], args[2]);
    if (!namespaces.complete(ts) || !check_exec_namespaces(ts, namespaces) ||
        !namespaces.add_builtins())
        return {};
    if (!PyCode_Check(source)) {
        if (closure != Py_None) {
            _PyErr_SetString(ts, PyExc_TypeError,
                             "closure can only be used when source is a code object");
            return {};
        }
        return start_source(ts, source, "exec", Py_file_input, namespaces);
    }
    const Py_ssize_t free = PyCode_GetNumFree(reinterpret_cast<PyCodeObject*>(source));
    if (free == 0) {
        if (closure == Py_None)
            return start_code(ts, source, namespaces);
        _PyErr_SetString(ts, PyExc_TypeError, "cannot use a closure with this code object");
        return {};
    }
    if (!are_cells(closure, free)) {
        _PyErr_Format(ts, PyExc_TypeError, "code object requires a closure of exactly length %zd",
                      free);
        return {};
    }
    return start_code(ts, source, namespaces, closure);
}

bool check_eval_arguments(PyThreadState* ts, PyObject* globals, PyObject* locals) {
    const char* message;
    if (locals != Py_None && !PyMapping_Check(locals)) {
        message = "locals must be a mapping";
    } else if (globals != Py_None && !PyDict_Check(globals)) {
        message = PyMapping_Check(globals)
                      ? "globals must be a real dict; try eval(expr, {}, mapping)"
                      : "globals must be a dict";
    } else {
        return true;
    }
    _PyErr_SetString(ts, PyExc_TypeError, message);
    return false;
}

/// start_eval(source, globals, locals)
StartedCall start_eval(PyThreadState* ts, const Frame*, PyObject* const* args) {
    PyObject* source = args[0];
    Namespaces namespaces(args[1], args[2]);
    if (!check_eval_arguments(ts, args[1], args[2]) || !namespaces.complete(ts))
        return {};
    if (!namespaces.globals || !namespaces.locals) {
        _PyErr_SetString(ts, PyExc_TypeError,
                         "eval must be given globals and locals when called without a frame");
        return {};
    }
    if (!namespaces.add_builtins())
        return {};
    if (!PyCode_Check(source))
        return start_source(ts, source, "eval", Py_eval_input, namespaces);
    if (PyCode_GetNumFree(reinterpret_cast<PyCodeObject*>(source)) == 0)
        return start_code(ts, source, namespaces);
    // The audit hooks come first.
    if (PySys_Audit("exec", "O", source) == 0) {
        _PyErr_SetString(ts, PyExc_TypeError,
                         "code object passed to eval() may not contain free variables");
    }
    return {};
}

}  // namespace

StarterDefinition execution_starters[] = {
    starter_definition("run_body", run_body, 2),
    starter_definition("start_exec", start_exec, 4),
    starter_definition("start_eval", start_eval, 3),
    {},
};

}  // namespace stackless::eval
