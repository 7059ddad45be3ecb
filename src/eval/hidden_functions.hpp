// Hidden functions: what the interpreter itself does in frames of the loop, written in Python (src/hidden/).
// Tracebacks, f_back, trace functions and the recursion limit do not see their frames.
#pragma once

#include <initializer_list>

#include "cpython/python.hpp"
#include "hidden_code.hpp"

namespace stackless::eval {

/// The hidden function, loaded on first use. Borrowed; null with an exception set if that fails.
PyFunctionObject* hidden_function(PyThreadState* ts, Hidden which);

/// Pushes a frame of a hidden function on behalf of `caller` (null: of nobody), with its arguments (references
/// stolen, whatever happens), as many as it has parameters. It is neither linked nor entered. Null with an
/// exception set.
Frame* push_hidden_frame(PyThreadState* ts, const Frame* caller, Hidden which,
                         std::initializer_list<PyObject*> args);

/// The same for the arguments of a call, `positional + len(kwnames)` of them (stolen).
Frame* bind_hidden_and_push(PyThreadState* ts, const Frame* caller, Hidden which,
                            PyObject* const* args, Py_ssize_t positional, PyObject* kwnames);

/// The same for `f(*args, **kwargs)`: a tuple, and a dict or null, both borrowed.
Frame* bind_hidden_mapping_and_push(PyThreadState* ts, const Frame* caller, Hidden which,
                                    PyObject* args, PyObject* kwargs);

/// C functions that ask for the globals or the builtins of who calls them get those of the function that has called the
/// hidden one. `caller` and `frame` may be null. Returns `frame`.
Frame* act_for(const Frame* caller, Frame* frame);

/// The object that hidden functions know as `missing`. Borrowed; null with an exception set.
PyObject* hidden_missing(PyThreadState* ts);

/// The hidden function of this name, loaded on first use. Borrowed; null, without an exception if there is none of that
/// name.
PyFunctionObject* hidden_function_named(PyThreadState* ts, PyObject* name);

/// The code of the hidden function of this name (its co_name) as the compiler made it. New reference; null with an
/// exception set.
PyObject* pristine_hidden_code(PyObject* name);

/// Whether code is a hidden function's: it lies before the place where CPython takes a frame as complete.
inline bool is_hidden(const PyCodeObject* code) {
    return code->_co_firsttraceable > Py_SIZE(code);
}
inline bool is_hidden(const Frame* frame) {
    return is_hidden(frame->f_code);
}

}  // namespace stackless::eval
