// The package `stackless`.
#pragma once

#include "cpython/python.hpp"

/// For PyImport_AppendInittab(): makes `import stackless` find the package in the project's library
/// directory, without an entry for it on sys.path, which stays as python's.
extern "C" PyObject* PyInit_stackless();
