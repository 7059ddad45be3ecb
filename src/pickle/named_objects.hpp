// Objects whose __reduce__() says that they are a global variable, as type variables do.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// What a pickle has in place of the global variable `name` of the object's module if that goes by value, or is another
/// object: load_named(class, namespace or None, name), with its dictionary. Else `name`, for the stock pickler. `name` is stolen. New
/// reference; null with an exception set.
PyObject* reduce_named(PyObject* object, PyObject* name, Pickling& pickling);

/// Method of _stackless.
PyObject* load_named(PyObject*, PyObject* const* args, Py_ssize_t count);

}  // namespace stackless::pickle
