#include "tasklet/contexts.hpp"

#include "tasklet/scheduler.hpp"

namespace stackless {

Ref context_of(Tasklet* tasklet) {
    if (!tasklet->is_current()) {
        if (tasklet->fields.context() == nullptr) {
            const Ref empty = Ref::steal(PyContext_New());
            if (!empty)
                return nullptr;
            tasklet->fields.set_context(empty.get());
        }
        return Ref::borrow(tasklet->fields.context());
    }
    PyThreadState* ts = tasklet->scheduler->thread();
    if (ts->context == nullptr) {
        const Ref empty = Ref::steal(PyContext_New());
        if (!empty)
            return nullptr;
        exchange_context(ts, Py_NewRef(empty.get()));
    }
    return Ref::borrow(ts->context);
}

bool copy_own_context(Ref& copy) {
    if (PyThreadState_Get()->context == nullptr) {
        copy.reset();
        return true;
    }
    copy = Ref::steal(PyContext_CopyCurrent());
    return static_cast<bool>(copy);
}

const char* const set_tasklet_context_doc =
    "set_context($self, context, /)\n--\n\n"
    "Lets the tasklet go on in this contextvars context, as Stackless Python 3.8. Returns the\n"
    "tasklet.\n\n"
    "RuntimeError: it is inside of Context.run(), or belongs to another thread. TypeError:\n"
    "context is no contextvars.Context.";

PyObject* set_tasklet_context(PyObject* self, PyObject* context) {
    Tasklet* tasklet = as_tasklet(self);
    if (!PyContext_CheckExact(context)) {
        PyErr_Format(PyExc_TypeError, "set_context() needs a contextvars.Context, not %s",
                     Py_TYPE(context)->tp_name);
        return nullptr;
    }
    if (!belongs_to_this_thread(tasklet))
        return nullptr;
    PyThreadState* ts = tasklet->scheduler->thread();
    const bool is_current = tasklet->is_current();
    if (context_is_entered(is_current ? ts->context : tasklet->fields.context())) {
        PyErr_SetString(
            PyExc_RuntimeError,
            "the current context of the tasklet has been entered: leave its Context.run() first");
        return nullptr;
    }
    if (is_current) {
        const Ref old = Ref::steal(exchange_context(ts, Py_NewRef(context)));
    } else {
        tasklet->fields.set_context(context);
    }
    return Py_NewRef(self);
}

}  // namespace stackless
