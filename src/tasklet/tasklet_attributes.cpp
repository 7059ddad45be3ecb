// The attributes of the class `tasklet`.
#include "tasklet/channel.hpp"
#include "tasklet/contexts.hpp"
#include "tasklet/cstate.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/tasklet.hpp"
#include "tasklet/tracing.hpp"

namespace stackless {

namespace {

PyObject* object_or_none(Tasklet* tasklet) {
    return Py_NewRef(tasklet == nullptr ? Py_None : tasklet->object());
}

// ---- What state it is in

PyObject* get_alive(PyObject* self, void*) {
    return PyBool_FromLong(as_tasklet(self)->is_alive());
}

PyObject* get_paused(PyObject* self, void*) {
    const Tasklet* tasklet = as_tasklet(self);
    return PyBool_FromLong(tasklet->is_alive() && !tasklet->is_scheduled());
}

PyObject* get_blocked(PyObject* self, void*) {
    return PyBool_FromLong(as_tasklet(self)->is_blocked());
}

PyObject* get_scheduled(PyObject* self, void*) {
    return PyBool_FromLong(as_tasklet(self)->is_scheduled());
}

int nesting_level(const Tasklet* tasklet) {
    return tasklet->scheduler->nesting_level(tasklet);
}

PyObject* get_nesting_level(PyObject* self, void*) {
    return PyLong_FromLong(nesting_level(as_tasklet(self)));
}

PyObject* get_restorable(PyObject* self, void*) {
    const Tasklet* tasklet = as_tasklet(self);
    return PyBool_FromLong(tasklet->parked == nullptr && !tasklet->for_inspection &&
                           nesting_level(tasklet) == 0);
}

PyObject* get_recursion_depth(PyObject* self, void*) {
    const Tasklet* tasklet = as_tasklet(self);
    if (!tasklet->is_current())
        return PyLong_FromLong(tasklet->fields.depth());
    const PyThreadState* ts = tasklet->scheduler->thread();
    return PyLong_FromLong(ts->recursion_limit - ts->recursion_remaining);
}

PyObject* get_atomic(PyObject* self, void*) {
    return PyBool_FromLong(as_tasklet(self)->atomic);
}

PyObject* get_ignore_nesting(PyObject* self, void*) {
    return PyBool_FromLong(as_tasklet(self)->ignore_nesting);
}

PyObject* get_is_current(PyObject* self, void*) {
    return PyBool_FromLong(as_tasklet(self)->is_current());
}

PyObject* get_is_main(PyObject* self, void*) {
    return PyBool_FromLong(as_tasklet(self)->is_main());
}

PyObject* get_thread_id(PyObject* self, void*) {
    const PyThreadState* ts = as_tasklet(self)->scheduler->thread();
    return ts == nullptr ? PyLong_FromLong(-1) : PyLong_FromUnsignedLong(ts->thread_id);
}

// ---- Where it is

PyObject* get_next(PyObject* self, void*) {
    const Tasklet* tasklet = as_tasklet(self);
    return object_or_none(tasklet->is_scheduled() ? tasklet->next : nullptr);
}

PyObject* get_prev(PyObject* self, void*) {
    const Tasklet* tasklet = as_tasklet(self);
    return object_or_none(tasklet->is_scheduled() ? tasklet->prev : nullptr);
}

PyObject* get_channel(PyObject* self, void*) {
    const Tasklet* tasklet = as_tasklet(self);
    return Py_NewRef(tasklet->is_blocked() ? tasklet->channel->object() : Py_None);
}

PyObject* get_cstate(PyObject* self, void*) {
    return cstate_of(as_tasklet(self));
}

PyObject* get_frame(PyObject* self, void*) {
    Tasklet* tasklet = as_tasklet(self);
    if (tasklet->is_current()) {
        auto* frame =
            reinterpret_cast<PyObject*>(PyThreadState_GetFrame(tasklet->scheduler->thread()));
        return frame == nullptr ? Py_NewRef(Py_None) : frame;
    }
    if (tasklet->for_inspection)
        return Py_NewRef(tasklet->function);
    Frame* frame = tasklet->life == Life::Started ? tasklet->fields.frame() : nullptr;
    while (frame != nullptr && _PyFrame_IsIncomplete(frame)) {
        frame = frame->previous;
    }
    if (frame == nullptr)
        Py_RETURN_NONE;
    return Py_XNewRef(reinterpret_cast<PyObject*>(_PyFrame_GetFrameObject(frame)));
}

// ---- What a program may set

/// For a setter: False with AttributeError set if the attribute is being deleted.
bool is_given(PyObject* value, const char* name) {
    if (value == nullptr) {
        PyErr_Format(PyExc_AttributeError, "%s cannot be deleted", name);
    }
    return value != nullptr;
}

PyObject* get_block_trap(PyObject* self, void*) {
    return PyBool_FromLong(as_tasklet(self)->block_trap);
}

int set_block_trap(PyObject* self, PyObject* value, void*) {
    if (!is_given(value, "block_trap"))
        return -1;
    if (!PyLong_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "block_trap must be set to a bool or integer");
        return -1;
    }
    as_tasklet(self)->block_trap = _PyLong_Sign(value) != 0;
    return 0;
}

PyObject* get_tempval(PyObject* self, void*) {
    return as_tasklet(self)->get_tempval();
}

int set_tempval(PyObject* self, PyObject* value, void*) {
    as_tasklet(self)->set_tempval(value);
    return 0;
}

/// The trace functions of a tasklet, wherever they are.
PyObject* trace_function(const Tasklet* tasklet, PyObject* Tracing::* parked,
                         PyObject* PyThreadState::* current) {
    PyObject* function = nullptr;
    if (tasklet->is_current()) {
        function = tasklet->scheduler->thread()->*current;
    } else if (const Tracing* tracing = tasklet->fields.tracing()) {
        function = tracing->*parked;
    }
    return Py_NewRef(function == nullptr ? Py_None : function);
}

PyObject* get_trace_function(PyObject* self, void*) {
    return trace_function(as_tasklet(self), &Tracing::traceobj, &PyThreadState::c_traceobj);
}

int set_own_trace_function(PyObject* self, PyObject* value, void*) {
    return set_trace_function(as_tasklet(self), value, "settrace") ? 0 : -1;
}

PyObject* get_profile_function(PyObject* self, void*) {
    return trace_function(as_tasklet(self), &Tracing::profileobj, &PyThreadState::c_profileobj);
}

int set_own_profile_function(PyObject* self, PyObject* value, void*) {
    return set_trace_function(as_tasklet(self), value, "setprofile") ? 0 : -1;
}

PyObject* get_context_id(PyObject* self, void*) {
    const Ref context = context_of(as_tasklet(self));
    return context ? PyLong_FromVoidPtr(context.get()) : nullptr;
}

}  // namespace

PyGetSetDef tasklet_attributes[] = {
    {"alive", get_alive, nullptr, "True from when it has its arguments until it has ended.",
     nullptr},
    {"paused", get_paused, nullptr,
     "True if it is alive, but neither in the run queue nor blocked.", nullptr},
    {"blocked", get_blocked, nullptr, "True if it waits at a channel for somebody to meet.",
     nullptr},
    {"scheduled", get_scheduled, nullptr,
     "True if it is in the run queue, or blocked on a channel.", nullptr},
    {"restorable", get_restorable, nullptr,
     "True if a pickle of it could run on: it holds no C stack, and no C code is active in it.",
     nullptr},
    {"atomic", get_atomic, nullptr,
     "True while no watchdog may interrupt it, and no other thread the GIL be given: see\n"
     "set_atomic().",
     nullptr},
    {"ignore_nesting", get_ignore_nesting, nullptr,
     "True if a watchdog may interrupt it also where C code is active: see\n"
     "set_ignore_nesting().",
     nullptr},
    {"is_current", get_is_current, nullptr, "True if it is the running tasklet of its thread.",
     nullptr},
    {"is_main", get_is_main, nullptr, "True if it is the main tasklet of its thread.", nullptr},
    {"thread_id", get_thread_id, nullptr,
     "The id of its thread, as threading.get_ident(); -1 if that has ended.", nullptr},
    {"next", get_next, nullptr, "The next tasklet in the run queue, or in the channel; else None.",
     nullptr},
    {"prev", get_prev, nullptr,
     "The previous tasklet in the run queue, or in the channel; else None.", nullptr},
    {"frame", get_frame, nullptr, "Its innermost frame; None if it has not run, or has ended.",
     nullptr},
    {"nesting_level", get_nesting_level, nullptr,
     "How many calls of the interpreter by C code it is inside of (a key function of sorted(), "
     "for\n"
     "instance). With 0, it needs no C stack while others run.",
     nullptr},
    {"recursion_depth", get_recursion_depth, nullptr,
     "How deep its calls are, as the recursion limit counts them.", nullptr},
    {"cstate", get_cstate, nullptr,
     "The C stack that it holds, as a tuple with the fields task, startaddr, size and used (the\n"
     "last two in bytes). None if it holds none.",
     nullptr},
    {"_channel", get_channel, nullptr, "The channel it is blocked on, or None.", nullptr},
    {"block_trap", get_block_trap, set_block_trap,
     "If true, it has RuntimeError raised where it would be blocked on a channel. May be set to a\n"
     "bool or int.",
     nullptr},
    {"tempval", get_tempval, set_tempval,
     "What it will be resumed with: the result of the call it waits in, or a bomb to be raised\n"
     "there. May be set.",
     nullptr},
    {"trace_function", get_trace_function, set_own_trace_function,
     "Its own sys.gettrace(); setting it is its own sys.settrace().", nullptr},
    {"profile_function", get_profile_function, set_own_profile_function,
     "Its own sys.getprofile(); setting it is its own sys.setprofile().", nullptr},
    {"context_id", get_context_id, nullptr,
     "The id of the contextvars context it runs in, as Stackless Python 3.8.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace stackless
