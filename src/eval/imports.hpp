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

}  // namespace stackless::eval
