// Instances of subclasses of list, set and dict: their inherited __init__ fills them from what code in Python produces.
#pragma once

#include "eval/redirects.hpp"

namespace stackless::eval {

/// Whether a function is the __init__ of such a builtin class.
inline bool is_filling_init(initproc init) {
    return init == PyList_Type.tp_init || init == PyDict_Type.tp_init || init == PySet_Type.tp_init;
}

/// The redirect of that function for the arguments behind `self`; null if it is to be called, or is another one.
const Redirect* find_filling(PyThreadState* ts, initproc init, const Arguments& arguments);

}  // namespace stackless::eval
