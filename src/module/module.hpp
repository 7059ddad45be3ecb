// The builtin module `_stackless`, on which Lib/stackless/ is built.
#pragma once

#include "cpython/python.hpp"

extern "C" PyObject* PyInit__stackless();
