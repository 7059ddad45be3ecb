#include "eval/special_methods.hpp"

#include "cpython/ref.hpp"

namespace stackless::eval {

StartedCall start_special_method_slowly(PyThreadState* ts, const Frame* frame, PyObject* method,
                                        PyObject* const* values, Py_ssize_t count) {
    // The class may lose it while it runs.
    Ref callable = Ref::borrow(method);
    Arguments arguments{values, count, nullptr};
    const descrgetfunc get = Py_TYPE(method)->tp_descr_get;
    if (!PyType_HasFeature(Py_TYPE(method), Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        if (get != nullptr) {
            PyObject* self = values[0];
            callable = Ref::steal(get(method, self, reinterpret_cast<PyObject*>(Py_TYPE(self))));
            if (!callable)
                return {};
        }
        arguments = {values + 1, count - 1, nullptr};
    }
    return start_call(ts, frame, callable.get(), arguments);
}

}  // namespace stackless::eval
