// The C functions that are active in a tasklet, for messages and for tasklet.native_stack().
#pragma once

#include "cpython/python.hpp"
#include "cstack/symbols.hpp"

namespace stackless::cstack {

/// Adds the C functions on the caller's stack to a list, the innermost one first, each as a str:
/// "list_sort (stackless)". The loop and what else is this project's own is left out, what only hands
/// calls on in CPython, and what lies outside of the outermost run of the loop. False with MemoryError
/// set. No garbage is collected meanwhile, so nothing else can run.
[[nodiscard]] bool append_own_functions(PyObject* list);

/// The same for a stack that jump_fcontext() has left, see walk_suspended_stack().
[[nodiscard]] bool append_suspended_functions(PyObject* list, void* context);

/// Only the innermost of them; nothing is known of it if there is none. Can be used in signal
/// handlers.
Symbol find_suspended_function(void* context);

}  // namespace stackless::cstack
