// What the call instructions share.
#pragma once

#include "eval/errors.hpp"
#include "eval/handler.hpp"
#include "eval/switching.hpp"

namespace stackless::eval {

HANDLER(call_switching);

/// Whether the loop has to announce itself to the callable: a C function with METH_SWITCHES.
inline bool is_switching(PyObject* callable) {
    if (Py_IS_TYPE(callable, &PyCFunction_Type))
        return (PyCFunction_GET_FLAGS(callable) & METH_SWITCHES) != 0;
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type))
        return (reinterpret_cast<PyMethodDescrObject*>(callable)->d_method->ml_flags &
                METH_SWITCHES) != 0;
    return false;
}

}  // namespace stackless::eval
