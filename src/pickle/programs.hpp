// Which program a pickle was written by, and whether it is read by the same one.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// Whether a module of this name is the program's own script, which other programs cannot import. The processes that
/// multiprocessing starts call it `__mp_main__`.
bool is_main_name(PyObject* name);

/// Where the global variables `globals` of a module are from, as a tuple of (name, path of the file, hash of its contents,
/// a number of the process); what is unknown is None. Empty with an exception set.
Ref origin_of(PyObject* globals);

/// The module that such a tuple stands for: that of this program if it is the same, else a new one, which is not in
/// sys.modules. Empty with an exception set: UnpicklingError if it is no such tuple.
Ref module_from(PyObject* const* origin, Py_ssize_t count);

/// Whether a module is one that this program runs, and not one that module_from() has made.
bool is_live(PyObject* module);

}  // namespace stackless::pickle
