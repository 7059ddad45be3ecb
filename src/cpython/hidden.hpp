// Layouts of CPython 3.11 that no header declares.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Iterators of list and tuple. The sequence is null once the iterator is exhausted.
struct ListIterator {
    PyObject_HEAD Py_ssize_t index;
    PyListObject* list;
};
struct TupleIterator {
    PyObject_HEAD Py_ssize_t index;
    PyTupleObject* tuple;
};

/// The iterator of a range whose numbers all fit a C long.
struct RangeIterator {
    PyObject_HEAD long index;
    long start;
    long step;
    long length;
};

}  // namespace stackless
