// What is wrapped around functions: properties, class methods, caches.
#pragma once

#include "pickle/pickling.hpp"

namespace stackless::pickle {

struct ReducerFamily;

/// Their reducers and loaders. Empty with an exception set.
ReducerFamily wrapper_reducers();

}  // namespace stackless::pickle
