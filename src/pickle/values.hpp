// The families of values that a computation holds and that stock pickle cannot pickle, or not well enough.
#pragma once

#include "cpython/arguments.hpp"
#include "pickle/reducers.hpp"

namespace stackless::pickle {

// Each of them may be asked once. Empty with an exception set on failure.
ReducerFamily
iterator_reducers();  // iterators that go on in what they iterate over (iterators.cpp)
ReducerFamily
shared_iterator_reducers();  // those that share what they have read (shared_iterators.cpp)
ReducerFamily hash_iterator_reducers();  // those of dicts, sets and deques (hash_iterators.cpp)
ReducerFamily view_reducers();           // views of dicts (views.cpp)
ReducerFamily context_reducers();        // contextvars (contexts.cpp)
ReducerFamily
weak_reference_reducers();  // and what the module weakref builds on them (weak_references.cpp)
ReducerFamily
awaitable_reducers();  // what coroutines and asynchronous generators give to await (awaitables.cpp)
ReducerFamily exception_reducers();  // the functions of reduce_exception() (exceptions.cpp)
ReducerFamily traceback_reducers();  // tracebacks and bombs (tracebacks.cpp)
ReducerFamily
pattern_reducers();  // matches and scanners of re, and what struct compiles (patterns.cpp)
ReducerFamily code_iterator_reducers();  // of co_positions() and co_lines() (code_iterators.cpp)
ReducerFamily wrapper_reducers();  // what wraps a function: property, lru_cache, ... (wrappers.cpp)
ReducerFamily format_iterator_reducers();  // what str.format() goes on with (format_iterators.cpp)
ReducerFamily descriptor_reducers();       // descriptors of C types, super (descriptors.cpp)

/// What reducers return: the function `name` of _stackless, with `args` (a tuple; stolen, may be null with an
/// exception set). New reference.
PyObject* reduce_to(const char* name, PyObject* args);
/// The same with a state (stolen) that the function `setter_name` gives to the object.
PyObject* reduce_to(const char* name, PyObject* args, PyObject* state, const char* setter_name);

/// Whether a loader has got `expected` arguments. False with UnpicklingError set.
[[nodiscard]] bool check_count(const char* function, Py_ssize_t count, Py_ssize_t expected);
/// Whether an argument is an instance of a type. False with UnpicklingError set.
[[nodiscard]] bool check_type(const char* function, PyObject* argument, PyTypeObject* type);
/// The value of an int in [low, high]; negative `low` - 1 with UnpicklingError set if it is none.
Py_ssize_t to_number(const char* function, PyObject* argument, Py_ssize_t low,
                     Py_ssize_t high = PY_SSIZE_T_MAX);

/// A value that may be null as one that may not, and which None is told from: None, or (value,). New reference.
PyObject* wrap_optional(PyObject* value);
/// Gives it back (borrowed, may be null). False with UnpicklingError set if it is no such thing.
[[nodiscard]] bool unwrap_optional(PyObject* wrapped, PyObject** value);

/// Whether it is an iterator of an empty tuple, which nobody can be in the middle of.
bool is_spent_iterator(PyObject* iterator);

/// load_inherited_method(type, name, object) for a method of a builtin type that the class of its object has overridden.
/// New reference; null, without an exception, for other builtin functions, and null with MemoryError set.
PyObject* reduce_inherited_method(PyObject* object);

}  // namespace stackless::pickle
