// Whether a signal has come, for loops in C that ask so again and again (--wrap): see
// docs/internals/replaced-functions.md.
#include "cpython/exposed.hpp"

extern "C" int __real_PyErr_CheckSignals();

extern "C" int __wrap_PyErr_CheckSignals() {
    return _Py_atomic_load_relaxed(&is_tripped) == 0 ? 0 : __real_PyErr_CheckSignals();
}
