// Imports that run Python code: importlib's, and that of the module.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// What an import statement, or a call of __import__(), says.
struct ImportRequest {
    PyObject* name;
    PyObject* globals;
    PyObject* fromlist;
    PyObject* level;
};

/// Whether the import will find no module that is there already. A guess; no Python code runs for it, and no
/// exception is set.
bool import_runs_python(PyThreadState* ts, const ImportRequest& request);

/// The submodule that `from module import name` gives where the module has no such attribute: one that is half-way
/// through being imported. New reference; null with an exception set, ImportError if there is none.
PyObject* import_submodule(PyObject* module, PyObject* name);

}  // namespace stackless::eval
