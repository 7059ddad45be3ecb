#include "pickle/causes.hpp"

#include <cstdarg>

#include "cpython/ref.hpp"

namespace stackless::pickle {

namespace {

Ref unpickling_error_class() {
    const Ref module = Ref::steal(PyImport_ImportModule("_pickle"));
    return module ? Ref::steal(PyObject_GetAttrString(module.get(), "UnpicklingError")) : nullptr;
}

}  // namespace

PyObject* caused_unpickling_error(const char* format, ...) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    va_list arguments;
    va_start(arguments, format);
    const Ref message = Ref::steal(PyUnicode_FromFormatV(format, arguments));
    va_end(arguments);
    const Ref error = message ? unpickling_error_class() : nullptr;
    const Ref reason = error ? Ref::steal(PyObject_Str(value)) : nullptr;
    if (!reason) {
        PyErr_Clear();
    }
    PyErr_Restore(type, value, traceback);
    if (reason) {
        _PyErr_FormatFromCause(error.get(), "%U: %U", message.get(), reason.get());
    }
    return nullptr;
}

}  // namespace stackless::pickle
