// sys.stdout and sys.stderr of a host: see include/stackless/stackless_embed.h.
#include "cpython/ref.hpp"
#include "embed/runtime.hpp"

namespace stackless {

namespace {

/// A text file that gives what is written to it to the output callback.
struct Output {
    PyObject ob_base;
    int stream;
};

PyObject* write(PyObject* self, PyObject* text) {
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "write() argument must be str, not %s",
                     Py_TYPE(text)->tp_name);
        return nullptr;
    }
    // Lone surrogates are shown as escapes, so that nothing that is printed can fail.
    const Ref bytes = Ref::steal(PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace"));
    if (!bytes)
        return nullptr;
    if (the_runtime.on_output != nullptr) {
        the_runtime.on_output(the_runtime.on_output_data, reinterpret_cast<Output*>(self)->stream,
                              PyBytes_AS_STRING(bytes.get()),
                              static_cast<size_t>(PyBytes_GET_SIZE(bytes.get())));
    }
    return PyLong_FromSsize_t(PyUnicode_GET_LENGTH(text));
}

PyObject* flush(PyObject*, PyObject*) {
    Py_RETURN_NONE;
}

PyObject* answer_true(PyObject*, PyObject*) {
    Py_RETURN_TRUE;
}

PyObject* answer_false(PyObject*, PyObject*) {
    Py_RETURN_FALSE;
}

PyObject* get_encoding(PyObject*, void*) {
    return PyUnicode_FromString("utf-8");
}

PyObject* get_errors(PyObject*, void*) {
    return PyUnicode_FromString("backslashreplace");
}

PyObject* get_closed(PyObject*, void*) {
    Py_RETURN_FALSE;
}

void dealloc(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"write", write, METH_O, "Gives text to the host. Returns its length."},
    {"flush", flush, METH_NOARGS, "Does nothing: nothing is kept back."},
    {"writable", answer_true, METH_NOARGS, nullptr},
    {"readable", answer_false, METH_NOARGS, nullptr},
    {"seekable", answer_false, METH_NOARGS, nullptr},
    {"isatty", answer_false, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef attributes[] = {
    {"encoding", get_encoding, nullptr, nullptr, nullptr},
    {"errors", get_errors, nullptr, nullptr, nullptr},
    {"closed", get_closed, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
    {0, nullptr},
};

PyType_Spec spec = {
    .name = "stackless.HostOutput",
    .basicsize = sizeof(Output),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

bool set_stream(PyObject* type, const char* name, int stream) {
    auto* class_object = reinterpret_cast<PyTypeObject*>(type);
    const Ref file = Ref::steal(class_object->tp_alloc(class_object, 0));
    if (!file)
        return false;
    reinterpret_cast<Output*>(file.get())->stream = stream;
    return PySys_SetObject(name, file.get()) == 0;
}

bool use_callback() {
    const Ref type = Ref::steal(PyType_FromSpec(&spec));
    return type && set_stream(type.get(), "stdout", 1) && set_stream(type.get(), "stderr", 2);
}

bool use_own_streams() {
    return PySys_SetObject("stdout", PySys_GetObject("__stdout__")) == 0 &&
           PySys_SetObject("stderr", PySys_GetObject("__stderr__")) == 0;
}

}  // namespace

}  // namespace stackless

int stackless_on_output(stackless_runtime* runtime, stackless_output_callback callback,
                        void* data) {
    runtime->on_output = callback;
    runtime->on_output_data = data;
    return (callback != nullptr ? stackless::use_callback() : stackless::use_own_streams()) ? 0
                                                                                            : -1;
}
