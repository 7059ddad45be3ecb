// libpython's own ints are made out of kept ones too, and kept: see docs/internals/replaced-functions.md.
#include "cpython/ints.hpp"

namespace stackless {

namespace {

/// Also of subclasses, whose instances cannot be used again.
void dealloc_int(PyObject* object) {
    if (PyLong_CheckExact(object) && may_reuse_objects() && keep_int(object))
        return;
    Py_TYPE(object)->tp_free(object);
}

/// Null if there is none to be used again.
inline PyObject* int_at_once(Py_ssize_t value) {
    if (is_small_value(value))
        return small_int(value);
    return is_compact_value(value) ? reuse_int(value) : nullptr;
}

}  // namespace

void adapt_ints() {
    PyLong_Type.tp_dealloc = dealloc_int;
}

}  // namespace stackless

extern "C" PyObject* __real_PyLong_FromLong(long value);
extern "C" PyObject* __real_PyLong_FromSsize_t(Py_ssize_t value);

extern "C" PyObject* __wrap_PyLong_FromLong(long value) {
    PyObject* number = stackless::int_at_once(value);
    return number != nullptr ? number : __real_PyLong_FromLong(value);
}

extern "C" PyObject* __wrap_PyLong_FromSsize_t(Py_ssize_t value) {
    PyObject* number = stackless::int_at_once(value);
    return number != nullptr ? number : __real_PyLong_FromSsize_t(value);
}
