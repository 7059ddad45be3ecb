// libpython's lookups go the short way too, those between its object files (--wrap): see
// docs/internals/replaced-functions.md.
#include "cpython/type_lookup.hpp"

extern "C" PyObject* __real__PyType_Lookup(PyTypeObject* type, PyObject* name);

extern "C" PyObject* __wrap__PyType_Lookup(PyTypeObject* type, PyObject* name) {
    if (PyObject* const* known = stackless::known_lookup(type, name))
        return *known;
    return __real__PyType_Lookup(type, name);
}
