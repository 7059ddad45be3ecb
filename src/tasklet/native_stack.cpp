#include "tasklet/native_stack.hpp"

#include "cstack/native_functions.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

const char* const native_stack_doc =
    "native_stack($self, /)\n--\n\n"
    "The C functions that stand between the Python functions of the tasklet, or have been called\n"
    "by the innermost one, the innermost first: a list of str, each with the program or library\n"
    "that the function is in, as 'list_sort (stackless)'. It is empty for a tasklet without a C\n"
    "stack.\n\n"
    "RuntimeError: it is running in another thread.";

PyObject* native_stack(PyObject* self, PyObject*) {
    // It comes first, because garbage may be collected for it.
    Ref list = Ref::steal(PyList_New(0));
    if (!list)
        return nullptr;
    const Tasklet* tasklet = as_tasklet(self);
    bool complete = true;
    if (tasklet->parked != nullptr) {
        void* context = tasklet->parked->stack()->context();
        complete = cstack::append_suspended_functions(list.get(), context);
    } else if (tasklet->is_current()) {
        if (tasklet->scheduler->thread() != PyThreadState_Get()) {
            PyErr_SetString(PyExc_RuntimeError,
                            "the tasklet is running in another thread: only there can it be asked "
                            "for its native stack");
            return nullptr;
        }
        complete = cstack::append_own_functions(list.get());
    }
    return complete ? list.release() : nullptr;
}

}  // namespace stackless
