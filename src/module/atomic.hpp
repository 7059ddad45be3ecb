// The context manager `atomic`.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

extern PyTypeObject atomic_type;

}  // namespace stackless
