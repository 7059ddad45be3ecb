#include "module/atomic.hpp"

#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

struct Atomic {
    PyObject ob_base;
    bool outer;  // the flag that the block has been entered with
};

/// Sets the flag of the running tasklet and returns the old one; -1 with an exception set.
int set_atomic(bool flag) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler == nullptr)
        return -1;
    Tasklet* current = scheduler->current();
    const bool old = current->atomic;
    current->atomic = flag;
    return old;
}

PyObject* enter(PyObject* self, PyObject*) {
    const int old = set_atomic(true);
    if (old < 0)
        return nullptr;
    reinterpret_cast<Atomic*>(self)->outer = old != 0;
    Py_RETURN_NONE;
}

PyObject* exit(PyObject* self, PyObject*) {
    if (set_atomic(reinterpret_cast<Atomic*>(self)->outer) < 0)
        return nullptr;
    Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"__enter__", enter, METH_NOARGS,
     "__enter__($self, /)\n--\n\nMakes the running tasklet atomic until the block is left."},
    {"__exit__", exit, METH_VARARGS,
     "__exit__($self, /, *exc_info)\n--\n\nGives the running tasklet back the flag it had."},
    {nullptr, nullptr, 0, nullptr},
};

constexpr const char* doc =
    "atomic()\n--\n\n"
    "A context manager: the running tasklet is atomic in the block, see tasklet.set_atomic().";

}  // namespace

PyTypeObject atomic_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "stackless.atomic";
    type.tp_basicsize = sizeof(Atomic);
    type.tp_doc = doc;
    type.tp_flags = Py_TPFLAGS_DEFAULT;
    type.tp_new = PyType_GenericNew;
    type.tp_methods = methods;
    return type;
}();

}  // namespace stackless
