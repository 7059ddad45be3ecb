// The garbage collector.
#pragma once

#include "cpython/python.hpp"

extern "C" {
#include <internal/pycore_gc.h>
}

namespace stackless {

/// Lets an object be finalized once more: the collector does it but once.
inline void forget_finalization(PyObject* object) {
    _Py_AS_GC(object)->_gc_prev &= ~static_cast<uintptr_t>(_PyGC_PREV_MASK_FINALIZED);
}

}  // namespace stackless
