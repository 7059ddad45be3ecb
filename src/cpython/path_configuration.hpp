// Where CPython has found its standard library.
#pragma once

#include "cpython/python.hpp"

extern "C" {
#include <internal/pycore_pathconfig.h>
#include <internal/pycore_pylifecycle.h>
}
