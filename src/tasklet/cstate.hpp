// tasklet.cstate: what a tasklet's C stack looks like from Python.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

struct Tasklet;

/// Makes the type of cstate and adds it to a module. False with an exception set.
[[nodiscard]] bool add_cstate_type(PyObject* module);

/// A new reference: None for a tasklet that holds no C stack, which can be switched softly. Null with an
/// exception set if there is no memory.
PyObject* cstate_of(Tasklet* tasklet);

}  // namespace stackless
