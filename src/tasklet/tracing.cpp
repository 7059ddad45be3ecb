#include "tasklet/tracing.hpp"

#include "cpython/ref.hpp"
#include "cpython/thread_hooks.hpp"
#include "eval/switching.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless {

bool set_trace_function(Tasklet* tasklet, PyObject* function, const char* setter) {
    PyThreadState* ts = PyThreadState_Get();
    if (!belongs_to_this_thread(tasklet))
        return false;
    const Ref set = Ref::borrow(PySys_GetObject(setter));
    if (!set) {
        PyErr_Format(PyExc_RuntimeError, "there is no sys.%s", setter);
        return false;
    }
    // It is set for the running tasklet, so the functions of another one change places with its for
    // that time.
    Tracing* parked = nullptr;
    if (!tasklet->is_current()) {
        parked = tasklet->fields.make_tracing();
        if (parked == nullptr)
            return false;
        parked->exchange(ts);
    }
    const Ref done =
        Ref::steal(PyObject_CallOneArg(set.get(), function == nullptr ? Py_None : function));
    if (parked != nullptr) {
        parked->exchange(ts);
        eval::tracing_changed(ts);
    }
    return static_cast<bool>(done);
}

bool begin_tracing(Tasklet* tasklet, PyThreadState* ts) {
    const ThreadHooks hooks = ThreadHooks::get(ts);
    if (!hooks.any()) [[likely]]
        return true;
    const Ref trace = Ref::borrow(hooks.trace);
    const Ref profile = Ref::borrow(hooks.profile);
    const Tracing* own = tasklet->fields.tracing();
    const bool has_trace = own != nullptr && own->tracefunc != nullptr;
    const bool has_profile = own != nullptr && own->profilefunc != nullptr;
    return (!trace || has_trace || set_trace_function(tasklet, trace.get(), "settrace")) &&
           (!profile || has_profile || set_trace_function(tasklet, profile.get(), "setprofile"));
}

}  // namespace stackless
