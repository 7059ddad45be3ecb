// The exceptions that instructions raise, worded as CPython words them.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// UnboundLocalError or NameError for the local, cell or free variable number `index` of `code`.
void set_unbound_local_error(PyThreadState* ts, PyCodeObject* code, int index);
void set_unbound_cell_error(PyThreadState* ts, PyCodeObject* code, int index);
/// The NameError of that for a free variable.
void set_unbound_free_error(PyThreadState* ts, PyObject* name);

/// NameError for a global or builtin that does not exist; the exception's `name` is set.
void set_name_error(PyThreadState* ts, PyObject* name);

/// TypeError for something that is stepped but has no next value to give.
void set_no_iterator_error(PyThreadState* ts, PyObject* object);

/// TypeError (or what the exception set is already) for `f(*args)` with something not iterable.
void set_star_args_error(PyThreadState* ts, PyObject* callable, PyObject* args);
/// Turns the exception of a failed merge of `**kwargs` into one that names the function.
void set_star_kwargs_error(PyThreadState* ts, PyObject* callable, PyObject* kwargs);

/// Looks a name up in a namespace, a dict or any other mapping. False with an exception set on failure;
/// `*value` is a new reference, or null if the name is not there.
bool lookup_in_namespace(PyThreadState* ts, PyObject* locals, PyObject* name, PyObject** value);

}  // namespace stackless::eval
