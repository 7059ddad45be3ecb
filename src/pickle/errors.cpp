#include "pickle/errors.hpp"

#include <cstdarg>

#include "cpython/ref.hpp"

namespace stackless::pickle {

namespace {

void set_error(const char* class_name, const char* format, va_list arguments) {
    // What a failed conversion has set, say, takes second place.
    PyErr_Clear();
    Ref message = Ref::steal(PyUnicode_FromFormatV(format, arguments));
    if (!message && PyErr_ExceptionMatches(PyExc_Exception)) {
        // The __repr__ of something has failed, which may well be why there is an error to report.
        PyErr_Clear();
        message = Ref::steal(PyUnicode_FromString(format));
    }
    const Ref module = message ? Ref::steal(PyImport_ImportModule("_pickle")) : nullptr;
    const Ref error =
        module ? Ref::steal(PyObject_GetAttrString(module.get(), class_name)) : nullptr;
    if (error) {
        PyErr_SetObject(error.get(), message.get());
    }
}

}  // namespace

PyObject* unpickling_error(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_error("UnpicklingError", format, arguments);
    va_end(arguments);
    return nullptr;
}

long long_or(PyObject* object, long otherwise) {
    int overflow = 0;
    const long value =
        PyLong_CheckExact(object) ? PyLong_AsLongAndOverflow(object, &overflow) : otherwise;
    return overflow == 0 ? value : otherwise;
}

}  // namespace stackless::pickle
