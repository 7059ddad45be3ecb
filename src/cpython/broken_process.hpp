// Looking at objects in a process that is about to die of a fatal error. Can be used in signal handlers
// and without the GIL: nothing is allocated or locked, no reference counted, and no loop goes on for
// ever. What is broken may lead to a fault: see cstack/fault_guard.hpp.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Where in Python something is.
struct PythonLocation {
    PyObject* file;
    PyObject* function;
    int line;
};

/// The place of the innermost frame that is no hidden one, looking from `frame` outwards. False if
/// there is none.
bool find_location(const Frame* frame, PythonLocation& location);
/// Where a function begins. False if it is not one in Python.
bool find_location(const PyObject* function, PythonLocation& location);

/// Goes through all objects of the main interpreter that are instances of `type`, which the
/// garbage collector must know, or of a class derived from it, until `visit` returns false.
void visit_instances(PyTypeObject* type, bool (*visit)(PyObject*, void*), void* argument);

}  // namespace stackless
