// Enumerations: their members have to be there from the beginning, as the module enum makes them.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// Whether classes of that metaclass are enumerations. False without an exception if nobody has imported enum.
bool is_enum_type(PyTypeObject* metaclass);

/// The names and values of an enumeration's members, aliases as well, as a dict; None for other classes. Empty with an
/// exception set.
Ref enum_members(PyTypeObject* type);

/// What members have in their dictionaries beside that, by name; None if there is nothing. Empty with an exception set.
Ref enum_extras(PyTypeObject* type);

/// Whether an entry of a class's dictionary is one that make_enum() makes.
bool is_made_by_enum(PyTypeObject* type, PyObject* name, PyObject* value);

/// A new enumeration with these members and what else is in `prototype` (dicts). New reference; null with an exception
/// set.
PyObject* make_enum(PyTypeObject* metaclass, PyObject* name, PyObject* bases, PyObject* prototype,
                    PyObject* members);

/// Gives the members what enum_extras() has found. False with an exception set.
[[nodiscard]] bool set_enum_extras(PyTypeObject* type, PyObject* extras);

/// A member that its enumeration does not have yet, or never will, goes by value. As a Reduce; null, without an exception,
/// for others.
PyObject* reduce_unfinished_member(PyObject* object, Pickling& pickling);

}  // namespace stackless::pickle
