// What the hidden function for imports calls.
#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "eval/imports.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

using Args = PyObject* const*;

/// `package` without `levels` of its last parts; null with an exception set if it has not so many.
Ref outer_package(PyObject* package, Py_ssize_t levels) {
    Py_ssize_t end = PyUnicode_GET_LENGTH(package);
    if (end == 0) {
        PyErr_SetString(PyExc_ImportError,
                        "attempted relative import with no known parent package");
        return {};
    }
    for (; levels > 0; levels--) {
        end = PyUnicode_FindChar(package, '.', 0, end, -1);
        if (end < 0) {
            if (end == -1) {
                PyErr_SetString(PyExc_ImportError,
                                "attempted relative import beyond top-level package");
            }
            return {};
        }
    }
    return Ref::steal(PyUnicode_Substring(package, 0, end));
}

Ref name_in_package(PyObject* package, PyObject* name, Py_ssize_t level) {
    Ref base = outer_package(package, level - 1);
    if (!base || PyUnicode_GET_LENGTH(name) == 0)
        return base;
    return Ref::steal(PyUnicode_FromFormat("%U.%U", base.get(), name));
}

/// The __package__ of a module that says it plainly; borrowed. The others are left to C code.
PyObject* plain_package(PyObject* globals) {
    if (globals == nullptr || !PyDict_Check(globals))
        return nullptr;
    PyObject* package = PyDict_GetItemWithError(globals, &_Py_ID(__package__));
    return package != nullptr && PyUnicode_CheckExact(package) ? package : nullptr;
}

/// Warns if the module's __spec__ says something else about its package.
bool check_spec(PyObject* globals, PyObject* package) {
    const Ref spec = Ref::borrow(PyDict_GetItemWithError(globals, &_Py_ID(__spec__)));
    if (!spec || spec.get() == Py_None)
        return !PyErr_Occurred();
    const Ref parent = Ref::steal(PyObject_GetAttr(spec.get(), &_Py_ID(parent)));
    if (!parent)
        return false;
    const int equal = PyObject_RichCompareBool(package, parent.get(), Py_EQ);
    return equal > 0 || (equal == 0 && PyErr_WarnEx(PyExc_ImportWarning,
                                                    "__package__ != __spec__.parent", 1) == 0);
}

/// absolute_name(name, globals, level)
PyObject* absolute_name(PyObject*, Args args, Py_ssize_t) {
    const Py_ssize_t level = PyLong_CheckExact(args[2]) ? PyLong_AsSsize_t(args[2]) : -1;
    if (!check_argument(PyUnicode_Check(args[0]), args[0], "a name") ||
        !check_argument(level >= 0, args[2], "a level"))
        return nullptr;
    if (level == 0)
        return Py_NewRef(args[0]);
    // It was there when import_runs_python() looked.
    const Ref package = Ref::borrow(plain_package(args[1]));
    if (!package) {
        PyErr_SetString(PyExc_ImportError,
                        "attempted relative import with no known parent package");
        return nullptr;
    }
    return check_spec(args[1], package.get())
               ? name_in_package(package.get(), args[0], level).release()
               : nullptr;
}

/// The module that sys.modules has under the name. None stands for no module there, too.
Ref loaded_module(PyObject* modules, PyObject* name) {
    PyObject* found;
    if (PyDict_CheckExact(modules)) {
        found = Py_XNewRef(PyDict_GetItemWithError(modules, name));
    } else {
        found = PyObject_GetItem(modules, name);
        if (found == nullptr && PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_Clear();
        }
    }
    if (found == nullptr && !PyErr_Occurred())
        return Ref::borrow(Py_None);
    return Ref::steal(found);
}

PyInterpreterState* interpreter() {
    return PyInterpreterState_Get();
}

PyObject* find_loaded(PyObject*, PyObject* name) {
    PyObject* modules = interpreter()->modules;
    if (modules == nullptr) {
        PyErr_SetString(PyExc_RuntimeError, "unable to get sys.modules");
        return nullptr;
    }
    return loaded_module(modules, name).release();
}

PyObject* is_initializing(PyObject*, PyObject* module) {
    PyObject* found;
    if (_PyObject_LookupAttr(module, &_Py_ID(__spec__), &found) < 0)
        return nullptr;
    const Ref spec = Ref::steal(found);
    return PyBool_FromLong(_PyModuleSpec_IsInitializing(spec.get()));
}

PyObject* sys_object_or_none(const char* name) {
    PyObject* found = PySys_GetObject(name);
    return found != nullptr ? found : Py_None;
}

/// Tells the audit hooks.
PyObject* announce_import(PyObject*, PyObject* name) {
    if (PySys_Audit("import", "OOOOO", name, Py_None, sys_object_or_none("path"),
                    sys_object_or_none("meta_path"), sys_object_or_none("path_hooks")) < 0)
        return nullptr;
    Py_RETURN_NONE;
}

PyObject* bootstrap_function(PyObject*, PyObject* name) {
    return PyObject_GetAttr(interpreter()->importlib, name);
}

PyObject* import_function(PyObject*, PyObject*) {
    return Py_NewRef(interpreter()->import_func);
}

/// imported_package(name, absolute, module, level): what `import name` binds, the outermost package.
PyObject* imported_package(PyObject*, Args args, Py_ssize_t) {
    PyObject* name = args[0];
    for (PyObject* each : {name, args[1]}) {
        if (!check_argument(PyUnicode_Check(each), each, "a name"))
            return nullptr;
    }
    const Py_ssize_t length = PyUnicode_GET_LENGTH(name);
    const Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, length, 1);
    if (dot < 0)
        return dot == -1 ? Py_NewRef(args[2]) : nullptr;
    if (!check_argument(PyLong_CheckExact(args[3]), args[3], "a level"))
        return nullptr;
    if (_PyLong_Sign(args[3]) == 0) {
        const Ref front = Ref::steal(PyUnicode_Substring(name, 0, dot));
        return front ? PyImport_ImportModuleLevelObject(front.get(), nullptr, nullptr, nullptr, 0)
                     : nullptr;
    }
    const Py_ssize_t end = PyUnicode_GET_LENGTH(args[1]) - (length - dot);
    const Ref front = Ref::steal(PyUnicode_Substring(args[1], 0, end));
    Ref module = front ? loaded_module(interpreter()->modules, front.get()) : Ref();
    if (module && module.get() == Py_None) {
        PyErr_Format(PyExc_KeyError, "%R not in sys.modules as expected", front.get());
        return nullptr;
    }
    return module.release();
}

/// Raises the exception, without importlib's frames in its traceback.
PyObject* raise_without_importlib(PyObject*, PyObject* error) {
    if (!check_argument(PyExceptionInstance_Check(error), error, "an exception"))
        return nullptr;
    PyErr_Restore(Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(error))), Py_NewRef(error),
                  PyException_GetTraceback(error));
    remove_importlib_frames(PyThreadState_Get());
    return nullptr;
}

/// Whether `from module import ...` has to look for submodules, or asks a module's __getattr__() for its __path__.
bool lacks_names(PyObject* module, PyObject* fromlist) {
    if (fromlist == nullptr || fromlist == Py_None)
        return false;
    if (!PyModule_CheckExact(module) || !PyTuple_CheckExact(fromlist))
        return true;
    PyObject* dict = PyModule_GetDict(module);
    if (PyDict_GetItemWithError(dict, &_Py_ID(__path__)) == nullptr)
        return PyTuple_GET_SIZE(fromlist) != 0 &&
               PyDict_GetItemWithError(dict, &_Py_ID(__getattr__)) != nullptr;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(fromlist); i++) {
        PyObject* name = PyTuple_GET_ITEM(fromlist, i);
        if (!PyUnicode_CheckExact(name) || PyDict_GetItemWithError(dict, name) == nullptr)
            return true;
    }
    return false;
}

}  // namespace

bool import_runs_python(PyThreadState* ts, const ImportRequest& request) {
    const PyInterpreterState* interp = ts->interp;
    if (interp->importlib == nullptr || interp->import_func == nullptr ||
        interp->modules == nullptr || !PyDict_CheckExact(interp->modules) ||
        _PyInterpreterState_GetConfig(ts->interp)->import_time != 0)
        return false;
    if (!PyUnicode_CheckExact(request.name) || !PyLong_CheckExact(request.level))
        return false;
    const int level = _PyLong_AsInt(request.level);
    Ref name;
    if (level > 0) {
        if (PyObject* package = plain_package(request.globals)) {
            name = name_in_package(package, request.name, level);
        }
    } else if (level == 0 && PyUnicode_GET_LENGTH(request.name) != 0) {
        name = Ref::borrow(request.name);
    }
    if (!name) {
        _PyErr_Clear(ts);
        return false;
    }
    PyObject* module = PyDict_GetItemWithError(interp->modules, name.get());
    return module == nullptr || module == Py_None || lacks_names(module, request.fromlist);
}

/// import_submodule(module, name): what `from module import name` takes where that is no attribute.
static PyObject* import_submodule_of(PyObject*, PyObject* const* args, Py_ssize_t) {
    return check_argument(PyUnicode_Check(args[1]), args[1], "a name")
               ? import_submodule(args[0], args[1])
               : nullptr;
}

PyMethodDef import_primitives[] = {
    {"absolute_name", counted<absolute_name, 3>(), METH_FASTCALL, nullptr},
    {"find_loaded", find_loaded, METH_O, nullptr},
    {"is_initializing", is_initializing, METH_O, nullptr},
    {"announce_import", announce_import, METH_O, nullptr},
    {"bootstrap_function", bootstrap_function, METH_O, nullptr},
    {"import_function", import_function, METH_NOARGS, nullptr},
    {"import_submodule", counted<import_submodule_of, 2>(), METH_FASTCALL, nullptr},
    {"imported_package", counted<imported_package, 4>(), METH_FASTCALL, nullptr},
    {"raise_without_importlib", raise_without_importlib, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
