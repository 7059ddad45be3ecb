// The contextvars contexts of tasklets (PEP 567).
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless {

struct Tasklet;

/// The context that a tasklet runs in. One that has none yet gets an empty one. Null with an
/// exception set if that fails.
Ref context_of(Tasklet* tasklet);

/// A copy of the context that the caller runs in; null stands for the empty one. False with
/// MemoryError set if there is no memory.
[[nodiscard]] bool copy_own_context(Ref& copy);

/// tasklet.set_context()
PyObject* set_tasklet_context(PyObject* self, PyObject* context);
extern const char* const set_tasklet_context_doc;

}  // namespace stackless
