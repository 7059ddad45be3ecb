// Exceptions as the host sees them: see include/stackless/stackless_embed.h.
#include "cpython/ref.hpp"
#include "embed/memory.hpp"
#include "embed/runtime.hpp"

namespace stackless {

namespace {

/// The exception instance that is set, with its traceback. Null if there is none.
Ref fetch_exception() {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == nullptr)
        return {};
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) {
        PyException_SetTraceback(value, traceback);
        Py_DECREF(traceback);
    }
    Py_DECREF(type);
    return Ref::steal(value);
}

/// A string, or what is said in its place if it could not be made. The exception is cleared. Null only if there is no
/// memory for an empty one.
PyObject* text_or(Ref text, const char* otherwise) {
    if (text && PyUnicode_Check(text.get()))
        return text.release();
    PyErr_Clear();
    PyObject* replacement = PyUnicode_FromString(otherwise);
    return replacement != nullptr ? replacement : PyUnicode_New(0, 0);
}

Ref class_name(PyObject* exception) {
    auto* type = reinterpret_cast<PyObject*>(Py_TYPE(exception));
    const Ref name = Ref::steal(PyType_GetQualName(Py_TYPE(exception)));
    const Ref module = Ref::steal(name ? PyObject_GetAttrString(type, "__module__") : nullptr);
    if (!module)
        return {};
    if (!PyUnicode_Check(module.get()) ||
        _PyUnicode_EqualToASCIIString(module.get(), "builtins") != 0)
        return name;
    return Ref::steal(PyUnicode_FromFormat("%U.%U", module.get(), name.get()));
}

Ref format_traceback(PyObject* exception) {
    const Ref module = Ref::steal(PyImport_ImportModule("traceback"));
    const Ref lines = Ref::steal(
        module ? PyObject_CallMethod(module.get(), "format_exception", "O", exception) : nullptr);
    const Ref empty = Ref::steal(lines ? PyUnicode_New(0, 0) : nullptr);
    return Ref::steal(empty ? PyUnicode_Join(empty.get(), lines.get()) : nullptr);
}

void write_to_stderr(PyObject* exception) {
    const Ref traceback = Ref::steal(PyException_GetTraceback(exception));
    PyErr_Display(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception, traceback.get());
    PyErr_Clear();
}

}  // namespace

void report_error(PyObject* tasklet) {
    const memory::Reserve reserve;
    const Ref exception = fetch_exception();
    if (!exception)
        return;
    if (the_runtime.on_error == nullptr) {
        write_to_stderr(exception.get());
        return;
    }
    const CallbackActive active;
    the_runtime.on_error(the_runtime.on_error_data, tasklet, exception.get());
    PyErr_Clear();
}

}  // namespace stackless

void stackless_describe_error(stackless_object* exception, stackless_error* error) {
    const stackless::memory::Reserve reserve;
    using stackless::Ref;
    using stackless::text_or;
    *error = {
        .exception = Py_NewRef(exception),
        .type = text_or(stackless::class_name(exception), Py_TYPE(exception)->tp_name),
        .message =
            text_or(Ref::steal(PyObject_Str(exception)), "(no message: its __str__() fails)"),
        .traceback = text_or(stackless::format_traceback(exception), ""),
    };
}

void stackless_fetch_error(stackless_error* error) {
    const stackless::Ref exception = stackless::fetch_exception();
    *error = {};
    if (exception) {
        stackless_describe_error(exception.get(), error);
    }
}

void stackless_on_error(stackless_runtime* runtime, stackless_error_callback callback, void* data) {
    runtime->on_error = callback;
    runtime->on_error_data = data;
}
