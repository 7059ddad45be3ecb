// What the reducers are, and which types have one.
#pragma once

#include <span>

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// Reduces an object of exactly the type that the reducer is for. Returns what object.__reduce__() may return (a
/// tuple; PEP 307, with the sixth item of 3.8), leave_to_stock(), or null with an exception set.
///
/// The items of that tuple after the function (its arguments) are pickled before the object is known to the pickler,
/// the state after it: whatever may lead back to the object belongs into the state.
using Reduce = PyObject* (*)(PyObject* object, Pickling& pickling);

struct Reducer {
    PyTypeObject* type;
    Reduce reduce;
};

/// The reducers of a family of types, and the functions of the module _stackless that their pickles name (they are
/// part of the format: their names stay).
struct ReducerFamily {
    std::span<const Reducer> reducers;
    PyMethodDef* functions;  // ends with an empty one; may be null
};

// Functions, because types that are found at run time are in some of them. Empty with an exception set on failure.
ReducerFamily code_reducers();  // code objects, functions, cells, methods (code.cpp, functions.cpp)
ReducerFamily
module_reducers();  // modules and what stands for the globals of __main__ (modules.cpp)
ReducerFamily value_reducers();  // iterators, views, contexts, weak references (values.cpp)
ReducerFamily frame_reducers();  // frames, tracebacks, generators (frames.cpp, generators.cpp)
ReducerFamily module_dict_reducers();  // what stands for dictionaries of modules (module_dicts.cpp)
ReducerFamily import_reducers();   // what holds the locks of modules being imported (imports.cpp)
ReducerFamily stream_reducers();   // the standard streams (streams.cpp)
ReducerFamily derived_reducers();  // the functions of reduce_derived() (derived_objects.cpp)
ReducerFamily json_reducers();     // the functions of reduce_json_object() (json_objects.cpp)
ReducerFamily
decimal_reducers();             // the functions of reduce_decimal_manager() (decimal_contexts.cpp)
ReducerFamily lock_reducers();  // locks of cached properties (held_locks.cpp)
ReducerFamily tasklet_reducers();  // tasklets, channels, bombs (tasklets.cpp, channels.cpp)

/// Classes have no exact type: their metaclass may be any. As a Reduce.
PyObject* reduce_class(PyObject* object, Pickling& pickling);
/// Modules may be of a class of their own, too.
PyObject* reduce_module(PyObject* object, Pickling& pickling);
/// The same for instances of classes in Python that inherit from a builtin container or descriptor, in a computation.
/// Null, without an exception, for what the stock picklers do well.
PyObject* reduce_derived(PyObject* object, Pickling& pickling);
/// The same for objects of modules in C that need not have been imported (json_objects.cpp).
PyObject* reduce_json_object(PyObject* object, Pickling& pickling);
/// The same for what decimal.localcontext() returns (decimal_contexts.cpp).
PyObject* reduce_decimal_manager(PyObject* object, Pickling& pickling);
/// The same for exceptions, to which a computation adds traceback, cause and context.
PyObject* reduce_exception(PyObject* object, Pickling& pickling);

/// What the stock pickler would do with an object that no reducer is for. A TypeError then tells where in the
/// computation the object is.
PyObject* reduce_as_stock(PyObject* object, Pickling& pickling);
/// Whether the pickler's own dispatch table, or that of copyreg, has an entry for a type. Negative with an exception
/// set.
int is_dispatched(PyTypeObject* type, const Pickling& pickling);

/// What a pickler is told about an object, as its reducer_override.
PyObject* reduce(PyObject* object, Pickling& pickling);

/// Where the functions that pickles name belong: the module _stackless (borrowed, it stays), which gets the methods of
/// tasklets and channels for pickling as well. False with an exception set.
[[nodiscard]] bool keep_functions_in(PyObject* module);

/// Puts the families together on first use, and their functions into that module. False with an exception set.
[[nodiscard]] bool collect_reducers();

/// A function of _stackless that pickles name (borrowed), by its name; for the first item of what a Reduce returns.
/// Null with an exception set.
PyObject* loader(const char* name);

}  // namespace stackless::pickle
