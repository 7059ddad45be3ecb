// The global variables of functions that travel by value.
//
// They are those of `__main__`, or of another module that goes by value. Of these, only what functions in the pickle refer
// to travels: the function that is the first to refer to a variable has it in its state. In the pickle, a Namespace
// stands for the module.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// What stackless.pickle_code is: whether all Python modules go by value that are neither of the standard library nor
/// installed (in site-packages), and not only the program's script.
extern bool code_by_value;

/// Whether a module of that name goes by value: what functions and classes of it are found in the pickle.
bool travels_by_value(PyObject* module_name, const Pickling& pickling);

/// The value of `__name__` in these globals if it is a string, else null. Borrowed.
PyObject* name_of_globals(PyObject* globals);

/// The Namespace that stands for these globals in a pickle. Empty with an exception set.
Ref namespace_of(PyObject* globals, Pickling& pickling);

/// What stands for the globals of a function: a module, a Namespace, or the dictionary itself. Empty with an exception
/// set.
Ref describe_globals(PyObject* globals, Pickling& pickling);

/// The names of the global variables that code and that inside of it refer to, as a sorted tuple: pickles do not depend
/// on the order in sets. Borrowed from the code. Null with an exception set.
PyObject* global_names(PyCodeObject* code);

/// The global variables that `code` refers to, if its module goes by value: those that are in the pickle for the first
/// time. A dict; None if there are none. What cannot be pickled is left out. Empty with an exception set.
Ref globals_to_carry(PyObject* globals, PyCodeObject* code, Pickling& pickling);

/// The same for all of a module that goes by value.
Ref all_globals_to_carry(PyObject* globals, Pickling& pickling);

/// The globals that what stood for them has become, borrowed. Null with UnpicklingError set.
PyObject* described_globals(PyObject* description);

/// Whether these can be the values of global variables.
bool are_globals(PyObject* values);
/// Sets the variables that `globals` does not have, to `values`. False with an exception set.
[[nodiscard]] bool fill_in(PyObject* globals, PyObject* values);

extern PyTypeObject namespace_type;
/// As a Reduce, for a Namespace: load_namespace(name, path, hash, number), see programs.hpp; for a
/// module that is being imported, load_unfinished_module(such a tuple, spec).
PyObject* reduce_namespace(PyObject* object, Pickling& pickling);

}  // namespace stackless::pickle
