// Types of the interpreter that no module has a name for, such as those of iterators.
#pragma once

#include "pickle/reducers.hpp"

namespace stackless::pickle {

/// load_type(name); what is left to the stock pickler if the type is not in the table. New reference; null with
/// MemoryError set.
PyObject* reduce_unnamed_type(PyTypeObject* type);

/// Method of _stackless.
PyObject* load_type(PyObject*, PyObject* name);

}  // namespace stackless::pickle
