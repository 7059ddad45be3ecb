// Memory of the objects that the garbage collector knows.
#pragma once

#include "cpython/ints.hpp"
#include "cpython/python.hpp"

namespace stackless {

/// Makes the header of a new object and counts it as allocated for the garbage collector, which may run now.
inline void count_for_collector(PyInterpreterState* interp, PyObject* object) {
    PyGC_Head* head = _Py_AS_GC(object);
    head->_gc_next = 0;
    head->_gc_prev = 0;
    struct gc_generation& youngest = interp->gc.generations[0];
    if (youngest.count >= youngest.threshold) [[unlikely]] {
        _PyObject_GC_Link(object);
    } else {
        youngest.count++;
    }
}

/// The opposite for an object that is freed.
inline void uncount_for_collector(PyInterpreterState* interp) {
    struct gc_generation& youngest = interp->gc.generations[0];
    if (youngest.count > 0) {
        youngest.count--;
    }
}

/// Hides an object from the garbage collector, if that knows it.
inline void untrack(PyObject* object) {
    if (_PyObject_GC_IS_TRACKED(object)) {
        _PyObject_GC_UNTRACK(object);
    }
}

/// _PyObject_Init(), which calls a function for tracemalloc.
inline void init_object(PyObject* object, PyTypeObject* type) {
    if (!may_reuse_objects()) [[unlikely]] {
        _PyObject_Init(object, type);
        return;
    }
    object->ob_type = type;
    object->ob_refcnt = 1;
    if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        Py_INCREF(type);
    }
}

}  // namespace stackless
