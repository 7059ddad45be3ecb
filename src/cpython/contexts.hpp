// The structures of contextvars.
#pragma once

#include "cpython/python.hpp"

extern "C" {
#include <internal/pycore_context.h>
}
