#include "embed/methods.hpp"

#include "eval/switching.hpp"
#include "tasklet/channel.hpp"

namespace stackless {

Scheduler* ready_scheduler() {
    if (Scheduler* scheduler = Scheduler::if_used())
        return scheduler;
    const Ref module = Ref::steal(PyImport_ImportModule("_stackless"));
    return module ? Scheduler::of_this_thread() : nullptr;
}

Method::Method(PyMethodDef* methods, std::string_view name) : definition_(methods) {
    while (name != definition_->ml_name) {
        definition_++;
    }
}

PyObject* Method::operator()(Unwinding unwinding, PyObject* self, PyObject* a, PyObject* b,
                             PyObject* c, PyObject* d) const {
    PyObject* const args[] = {a, b, c, d};
    Py_ssize_t count = 0;
    while (count < 4 && args[count] != nullptr) {
        count++;
    }
    return call(unwinding, self, args, count);
}

PyObject* Method::call(Unwinding unwinding, PyObject* self, PyObject* const* args,
                       Py_ssize_t count) const {
    if (ready_scheduler() == nullptr)
        return nullptr;
    if (unwinding == Unwinding::no) {
        eval::take_soft_call(PyThreadState_Get());
    }
    const auto function = reinterpret_cast<void (*)()>(definition_->ml_meth);
    switch (definition_->ml_flags & (METH_NOARGS | METH_O | METH_FASTCALL | METH_KEYWORDS)) {
    case METH_FASTCALL:
        return reinterpret_cast<_PyCFunctionFast>(function)(self, args, count);
    case METH_FASTCALL | METH_KEYWORDS:
        return reinterpret_cast<_PyCFunctionFastWithKeywords>(function)(self, args, count, nullptr);
    default:
        return definition_->ml_meth(self, count == 0 ? nullptr : args[0]);
    }
}

const Method& send_method() {
    static const Method method(channel_methods, "send");
    return method;
}

const Method& receive_method() {
    static const Method method(channel_methods, "receive");
    return method;
}

int as_status(PyObject* result) {
    if (result == eval::unwind_token())
        return 1;
    Py_XDECREF(result);
    return result == nullptr ? -1 : 0;
}

Ref class_and_arguments(PyObject* klass, PyObject* args) {
    const Ref first = Ref::steal(PyTuple_Pack(1, klass));
    if (args == nullptr || !first)
        return first;
    if (PyTuple_Check(args))
        return Ref::steal(PySequence_Concat(first.get(), args));
    return Ref::steal(PyTuple_Pack(2, klass, args));
}

}  // namespace stackless
