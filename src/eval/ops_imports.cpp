// import statements.
#include "cpython/ref.hpp"
#include "eval/attributes.hpp"
#include "eval/calls.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/imports.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

/// Whether the import system is still at work on a module. Yes if that is not plain to see. Sets no exception.
bool may_be_initializing(PyObject* module) {
    PyObject* dict = reinterpret_cast<PyModuleObject*>(module)->md_dict;
    const Ref spec = Ref::borrow(PyDict_GetItemWithError(dict, &_Py_ID(__spec__)));
    PyObject* answer = nullptr;
    const bool is_known = spec && read_plainly(spec.get(), &_Py_ID(_initializing), answer);
    if (PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        return true;
    }
    Py_XDECREF(answer);
    return !is_known || (answer != nullptr && answer != Py_False);
}

/// A module that has been imported before, and is no instance of a subclass. Borrowed; null, without an exception, if it
/// takes the import system to tell.
PyObject* loaded_module(PyObject* modules, PyObject* name) {
    PyObject* module = PyDict_GetItemWithError(modules, name);
    if (module == nullptr) {
        PyErr_Clear();
        return nullptr;
    }
    return PyModule_CheckExact(module) && !may_be_initializing(module) ? module : nullptr;
}

/// Whether a module is a package, from which submodules may have to be imported. Yes if that is not plain to see.
bool may_be_package(PyObject* module) {
    PyObject* dict = reinterpret_cast<PyModuleObject*>(module)->md_dict;
    for (PyObject* name : {&_Py_ID(__path__), &_Py_ID(__getattr__)}) {
        if (PyDict_Contains(dict, name) != 0) {
            PyErr_Clear();
            return true;
        }
    }
    return false;
}

/// What importing a module once more comes to: most `import` statements within functions, in a quarter of the time. New
/// reference; null, without an exception, if it is for the import system.
PyObject* import_again(PyObject* name, PyObject* fromlist, PyObject* level) {
    PyObject* modules = PyImport_GetModuleDict();
    if (modules == nullptr || !PyDict_CheckExact(modules) || !PyLong_CheckExact(level) ||
        Py_SIZE(level) != 0)
        return nullptr;
    PyObject* module = loaded_module(modules, name);
    if (module == nullptr)
        return nullptr;
    if (PyTuple_CheckExact(fromlist))
        return may_be_package(module) ? nullptr : Py_NewRef(module);
    if (fromlist != Py_None)
        return nullptr;
    const Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), 1);
    if (dot == -1)
        return Py_NewRef(module);
    const Ref package_name = Ref::steal(dot < 0 ? nullptr : PyUnicode_Substring(name, 0, dot));
    PyObject* package = package_name ? loaded_module(modules, package_name.get()) : nullptr;
    PyErr_Clear();
    return Py_XNewRef(package);
}

/// Begins `import name`, with __import__ from the frame's builtins: normally the import system's own.
StartedCall start_import(PyThreadState* ts, Frame* frame, PyObject* name, PyObject* fromlist,
                         PyObject* level) {
    PyObject* import_function = _PyDict_GetItemWithError(frame->f_builtins, &_Py_ID(__import__));
    if (import_function == nullptr) {
        if (!_PyErr_Occurred(ts)) {
            _PyErr_SetString(ts, PyExc_ImportError, "__import__ not found");
        }
        return {};
    }
    PyObject* globals = frame->f_globals;
    PyObject* locals = frame->f_locals == nullptr ? Py_None : frame->f_locals;
    if (import_function == ts->interp->import_func) {
        if (PyObject* module = import_again(name, fromlist, level))
            return {nullptr, module};
        if (import_runs_python(ts, {name, globals, fromlist, level}))
            return {push_hidden_frame(ts, frame, Hidden::__import__,
                                      {Py_NewRef(name), Py_NewRef(globals), Py_NewRef(locals),
                                       Py_NewRef(fromlist), Py_NewRef(level)})};
        const int number = _PyLong_AsInt(level);
        if (number == -1 && _PyErr_Occurred(ts))
            return {};
        return {nullptr, PyImport_ImportModuleLevelObject(name, globals, locals, fromlist, number)};
    }
    const Ref function = Ref::borrow(import_function);
    return start_call(ts, frame, function.get(), name, globals, locals, fromlist, level);
}

void set_cannot_import(PyObject* module, PyObject* package, PyObject* name) {
    Ref package_name = package != nullptr
                           ? Ref::borrow(package)
                           : Ref::steal(PyUnicode_FromString("<unknown module name>"));
    if (!package_name)
        return;
    Ref path = Ref::steal(PyModule_GetFilenameObject(module));
    Ref message;
    if (!path) {
        PyErr_Clear();
        message = Ref::steal(PyUnicode_FromFormat(
            "cannot import name %R from %R (unknown location)", name, package_name.get()));
    } else {
        Ref spec = Ref::steal(PyObject_GetAttr(module, &_Py_ID(__spec__)));
        PyErr_Clear();
        const char* format = _PyModuleSpec_IsInitializing(spec.get())
                                 ? "cannot import name %R from partially initialized module %R "
                                   "(most likely due to a circular "
                                   "import) (%S)"
                                 : "cannot import name %R from %R (%S)";
        message = Ref::steal(PyUnicode_FromFormat(format, name, package_name.get(), path.get()));
    }
    PyErr_SetImportError(message.get(), package_name.get(), path.get());
}

}  // namespace

PyObject* import_submodule(PyObject* module, PyObject* name) {
    Ref package = Ref::steal(PyObject_GetAttr(module, &_Py_ID(__name__)));
    if (!package || !PyUnicode_Check(package.get())) {
        PyErr_Clear();
        set_cannot_import(module, nullptr, name);
        return nullptr;
    }
    Ref full_name = Ref::steal(PyUnicode_FromFormat("%U.%U", package.get(), name));
    if (!full_name)
        return nullptr;
    PyObject* value = PyImport_GetModule(full_name.get());
    if (value == nullptr && !PyErr_Occurred()) {
        set_cannot_import(module, package.get(), name);
    }
    return value;
}

namespace {

/// from module import name: an attribute, or a submodule that is half-way through being imported.
PyObject* import_from(PyObject* module, PyObject* name) {
    PyObject* value = nullptr;
    return _PyObject_LookupAttr(module, name, &value) != 0 ? value : import_submodule(module, name);
}

void set_star_name_error(PyThreadState* ts, PyObject* module, PyObject* name, bool from_all) {
    Ref module_name = Ref::steal(PyObject_GetAttr(module, &_Py_ID(__name__)));
    if (!module_name)
        return;
    if (!PyUnicode_Check(module_name.get())) {
        _PyErr_Format(ts, PyExc_TypeError, "module __name__ must be a string, not %.100s",
                      Py_TYPE(module_name.get())->tp_name);
        return;
    }
    _PyErr_Format(ts, PyExc_TypeError, "%s in %U.%s must be str, not %.100s",
                  from_all ? "Item" : "Key", module_name.get(), from_all ? "__all__" : "__dict__",
                  Py_TYPE(name)->tp_name);
}

/// from module import *
bool import_star(PyThreadState* ts, PyObject* locals, PyObject* module) {
    PyObject* found = nullptr;
    if (_PyObject_LookupAttr(module, &_Py_ID(__all__), &found) < 0)
        return false;
    const bool from_all = found != nullptr;
    if (!from_all) {
        if (_PyObject_LookupAttr(module, &_Py_ID(__dict__), &found) < 0)
            return false;
        if (found == nullptr) {
            _PyErr_SetString(ts, PyExc_ImportError,
                             "from-import-* object has no __dict__ and no __all__");
            return false;
        }
        Ref dict = Ref::steal(found);
        found = PyMapping_Keys(dict.get());
    }
    Ref names = Ref::steal(found);
    if (!names)
        return false;
    for (Py_ssize_t i = 0;; i++) {
        Ref name = Ref::steal(PySequence_GetItem(names.get(), i));
        if (!name) {
            if (!_PyErr_ExceptionMatches(ts, PyExc_IndexError))
                return false;
            _PyErr_Clear(ts);
            return true;
        }
        if (!PyUnicode_Check(name.get())) {
            set_star_name_error(ts, module, name.get(), from_all);
            return false;
        }
        if (!from_all && PyUnicode_GET_LENGTH(name.get()) != 0 &&
            PyUnicode_READ_CHAR(name.get(), 0) == '_')
            continue;
        Ref value = Ref::steal(PyObject_GetAttr(module, name.get()));
        if (!value)
            return false;
        const int failed = PyDict_CheckExact(locals)
                               ? PyDict_SetItem(locals, name.get(), value.get())
                               : PyObject_SetItem(locals, name.get(), value.get());
        if (failed != 0)
            return false;
    }
}

}  // namespace

OP(IMPORT_NAME) {
    SAVE_IP();
    PyObject* fromlist = sp[-1];
    PyObject* level = sp[-2];
    const StartedCall started = start_import(ts, frame, name(frame, oparg), fromlist, level);
    sp -= 2;
    Py_DECREF(level);
    Py_DECREF(fromlist);
    CONTINUE_CALL(started, value);
}

OP(IMPORT_FROM) {
    SAVE_IP();
    PyObject* wanted = name(frame, oparg);
    if (may_call_getter(sp[-1], wanted)) {
        Frame* callee = push_hidden_frame(ts, frame, Hidden::import_from,
                                          {Py_NewRef(sp[-1]), Py_NewRef(wanted)});
        if (callee == nullptr)
            GOTO(raise);
        ENTER_CALLEE(callee);
    }
    PyObject* value = import_from(sp[-1], wanted);
    if (value == nullptr)
        GOTO(raise);
    *sp++ = value;
    NEXT();
}

OP(IMPORT_STAR) {
    SAVE_IP();
    PyObject* module = *--sp;
    bool done = false;
    if (_PyFrame_FastToLocalsWithError(frame) >= 0) {
        if (frame->f_locals == nullptr) {
            _PyErr_SetString(ts, PyExc_SystemError, "no locals found during 'import *'");
        } else {
            done = import_star(ts, frame->f_locals, module);
            _PyFrame_LocalsToFast(frame, 0);
        }
    }
    Py_DECREF(module);
    if (!done)
        GOTO(raise);
    NEXT();
}

}  // namespace stackless::eval
