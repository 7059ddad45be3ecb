// bytes(view): see docs/internals/replaced-functions.md.
#include "cpython/bytes_construction.hpp"

#include <cstring>

#include "cpython/python.hpp"

namespace stackless {

namespace {

/// Whether an object is a memoryview whose bytes lie one behind the other, and which has not been released.
bool is_plain_view(PyObject* object) {
    if (!Py_IS_TYPE(object, &PyMemoryView_Type))
        return false;
    const auto* view = reinterpret_cast<PyMemoryViewObject*>(object);
    return (view->flags & (_Py_MEMORYVIEW_RELEASED | _Py_MEMORYVIEW_C)) == _Py_MEMORYVIEW_C &&
           (view->mbuf->flags & _Py_MANAGED_BUFFER_RELEASED) == 0;
}

PyObject* copy_of(const Py_buffer* buffer) {
    PyObject* bytes = PyBytes_FromStringAndSize(nullptr, buffer->len);
    if (bytes != nullptr && buffer->len > 0) {
        std::memcpy(PyBytes_AS_STRING(bytes), buffer->buf, static_cast<size_t>(buffer->len));
    }
    return bytes;
}

PyObject* call_bytes(PyObject* type, PyObject* const* args, size_t flagged_count,
                     PyObject* kwnames) {
    const Py_ssize_t count = PyVectorcall_NARGS(flagged_count);
    if (count == 1 && kwnames == nullptr && is_plain_view(args[0]))
        return copy_of(PyMemoryView_GET_BUFFER(args[0]));
    return _PyObject_MakeTpCall(_PyThreadState_GET(), type, args, count, kwnames);
}

}  // namespace

void adapt_bytes_construction() {
    PyBytes_Type.tp_vectorcall = call_bytes;
}

}  // namespace stackless
