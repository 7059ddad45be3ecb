// How pickles name what can be imported: by module and qualified name, as `__module__` and `__qualname__` have them.
#pragma once

#include <cstdint>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// The module of that name if it has been imported. Empty, without an exception, if it has not.
Ref imported_module(PyObject* name);

/// The same, but it is imported if need be. Empty with UnpicklingError set.
Ref import_for_pickle(PyObject* name);

/// Whether a stock pickler would pickle `object` as a global of that module, which has been imported. An exception on
/// the way counts as no.
bool is_global(PyObject* object, PyObject* module_name, PyObject* qualname);

/// What is found in `module` under a qualified name, as it lies in the dictionaries of modules and classes: nothing is
/// called on the way there. Empty, without an exception, if there is nothing.
Ref find_raw(PyObject* module, PyObject* qualname);

/// The name of the variable of a module, whose globals are its dictionary, that is this very object. Borrowed; null,
/// without an exception, if there is none.
PyObject* name_in(PyObject* module, PyObject* object);

/// The function in `module` that has this qualified name and fingerprint. If something is wrapped around it there (a
/// decorator, a property, ...), it is looked for inside. Empty, without an exception, if there is none; then `differs`
/// says whether there is a function of that name with another fingerprint.
RefTo<PyFunctionObject> find_function(PyObject* module, PyObject* qualname, uint64_t fingerprint,
                                      bool& differs);

/// The code object in `module` that has this qualified name and fingerprint: that of a function, or one inside of a
/// function's code, if `<locals>` is in the name. As find_function().
RefTo<PyCodeObject> find_code(PyObject* module, PyObject* qualname, uint64_t fingerprint,
                              bool& differs);

}  // namespace stackless::pickle
