// Functions of the host as objects.
#pragma once

#include "cpython/ref.hpp"
#include "stackless/stackless_embed.h"

namespace stackless {

/// A function object, for stackless_define_function(). Takes over `data`, whether it succeeds or not. Null with an
/// exception set.
Ref make_native_function(const char* module, const char* name, stackless_function function,
                         void (*drop)(void*), void* data, const char* signature);

/// Makes it an attribute of a module, and the module if there is none. False with an exception set.
[[nodiscard]] bool add_to_module(const char* module, const char* name, PyObject* function);

}  // namespace stackless
