#include "pickle/tasklets.hpp"

#include "cpython/interpreter_end.hpp"
#include "eval/switching.hpp"
#include "pickle/errors.hpp"
#include "pickle/frame_chain.hpp"
#include "pickle/reducers.hpp"
#include "pickle/unfinished.hpp"
#include "tasklet/parked_stack.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/tracing.hpp"

namespace stackless::pickle {

namespace {

// The state is a tuple: (flags, tempval, nesting_level, frames, rest).
//
// frames  see frame_chain.hpp; None if it has not begun, or has ended
// rest    a dictionary with what few tasklets have; None for most
constexpr Py_ssize_t item_count = 5;
enum Item : uint8_t { flags_item, tempval_item, nesting_item, frames_item, rest_item };

enum Flag : uint16_t {
    ready_flag = 1,  // see Life
    started_flag = 2,
    atomic_flag = 4,
    ignore_nesting_flag = 8,
    block_trap_flag = 16,
    interrupted_flag = 32,
    sending_flag = 64,  // see Place
    receiving_flag = 128,
    handles_error_flag = 256,
    for_inspection_flag = 512,
    all_flags = 1023,
};

// The keys of `rest`.
constexpr const char* channel_key = "channel";  // that it is blocked on
constexpr const char* bound_key = "bound";      // (function, args, kwargs) that it is to begin with
constexpr const char* exception_key = "exception";  // that it handles, outside of generators
constexpr const char* contexts_key =
    "contexts";  // its own, and those that Context.run() will return to
constexpr const char* tracing_key = "tracing";  // (trace function, profile function)
constexpr const char* state_key = "state";      // what a subclass has added
constexpr const char* c_code_key = "c_code";    // what stands between its frames

/// In stackless.pickle_flags().
constexpr int preserve_tracing_state = 1;

bool is_restorable(const Tasklet* tasklet) {
    return tasklet->parked == nullptr && !tasklet->for_inspection && !tasklet->is_current() &&
           !tasklet->is_main();
}

long flags_of(const Tasklet* tasklet) {
    long flags = tasklet->life == Life::Ready     ? ready_flag
                 : tasklet->life == Life::Started ? started_flag
                                                  : 0;
    flags |= tasklet->atomic ? atomic_flag : 0;
    flags |= tasklet->ignore_nesting ? ignore_nesting_flag : 0;
    flags |= tasklet->block_trap ? block_trap_flag : 0;
    flags |= tasklet->interrupted ? interrupted_flag : 0;
    flags |= tasklet->place == Place::Sending ? sending_flag : 0;
    flags |= tasklet->place == Place::Receiving ? receiving_flag : 0;
    flags |= tasklet->handles_error ? handles_error_flag : 0;
    return flags;
}

// ---- Taking apart

/// The entries of `rest`, a dictionary once there is one.
class Rest {
public:
    bool set(const char* key, const Ref& value) {
        if (!dict_) {
            dict_ = Ref::steal(PyDict_New());
        }
        return value && dict_ && PyDict_SetItemString(dict_.get(), key, value.get()) == 0;
    }
    Ref take() { return dict_ ? std::move(dict_) : Ref::borrow(Py_None); }

private:
    Ref dict_;
};

/// The contexts that a tasklet is in, the innermost first. Those outside of it are entered again when it is left.
Ref contexts_of(PyObject* innermost) {
    Ref contexts = Ref::steal(PyList_New(0));
    for (auto* context = reinterpret_cast<PyContext*>(innermost); contexts && context != nullptr;
         context = context->ctx_entered != 0 ? context->ctx_prev : nullptr) {
        if (PyList_Append(contexts.get(), reinterpret_cast<PyObject*>(context)) != 0)
            return {};
    }
    return contexts;
}

Ref tracing_of(PyObject* tasklet) {
    const Ref trace = Ref::steal(PyObject_GetAttrString(tasklet, "trace_function"));
    const Ref profile =
        trace ? Ref::steal(PyObject_GetAttrString(tasklet, "profile_function")) : nullptr;
    return profile ? Ref::steal(PyTuple_Pack(2, trace.get(), profile.get())) : nullptr;
}

bool add_rare(Rest& rest, Tasklet* tasklet) {
    const ThreadFields& fields = tasklet->fields;
    const Ref added = added_state(tasklet->object(), &tasklet_type);
    if (!added || (added.get() != Py_None && !rest.set(state_key, added)))
        return false;
    if (tasklet->function != nullptr && !tasklet->for_inspection &&
        !rest.set(bound_key, Ref::steal(PyTuple_Pack(3, tasklet->function, or_none(tasklet->args),
                                                     or_none(tasklet->kwargs)))))
        return false;
    if (tasklet->is_blocked() && !rest.set(channel_key, Ref::borrow(tasklet->channel->object())))
        return false;
    if (fields.exception() != nullptr && fields.exception() != Py_None &&
        !rest.set(exception_key, Ref::borrow(fields.exception())))
        return false;
    if (fields.context() != nullptr && !rest.set(contexts_key, contexts_of(fields.context())))
        return false;
    const Scheduler* scheduler = Scheduler::of_this_thread();
    const bool keeps_tracing =
        scheduler != nullptr && (scheduler->pickle_flags & preserve_tracing_state) != 0;
    return !keeps_tracing || fields.tracing() == nullptr ||
           rest.set(tracing_key, tracing_of(tasklet->object()));
}

/// What of a tasklet can be looked at that cannot go on elsewhere.
Ref describe_for_inspection(Tasklet* tasklet, Rest& rest) {
    if (tasklet->for_inspection)
        return rest.set(c_code_key, Ref::borrow(tasklet->args))
                   ? describe_frame_objects(tasklet->function)
                   : nullptr;
    const PyThreadState* ts = tasklet->scheduler->thread();
    const bool is_running = tasklet->is_current();
    Frame* innermost = is_running ? ts->cframe->current_frame : tasklet->fields.frame();
    const _PyCFrame* cframe = is_running                   ? ts->cframe
                              : tasklet->parked != nullptr ? tasklet->parked->cframe()
                                                           : nullptr;
    const bool is_nested = cframe != nullptr && tasklet->scheduler->nesting_level(tasklet) > 0;
    const Ref c_code = is_nested ? Ref::steal(eval::describe_c_caller(cframe))
                                 : Ref::steal(eval::describe_c_callee(innermost));
    return rest.set(c_code_key, c_code) ? describe_chain_for_inspection(innermost) : nullptr;
}

Ref state_of(Tasklet* tasklet) {
    Rest rest;
    Ref frames = Ref::borrow(Py_None);
    long flags = flags_of(tasklet);
    if (!is_restorable(tasklet)) {
        flags |= for_inspection_flag;
        frames = describe_for_inspection(tasklet, rest);
    } else if (tasklet->fields.frame() != nullptr) {
        frames = describe_chain(tasklet->fields.frame());
    }
    if (!frames || !add_rare(rest, tasklet))
        return {};
    const Ref tempval = Ref::steal(tasklet->get_tempval());
    const Ref others = rest.take();
    return Ref::steal(Py_BuildValue("lOiOO", flags, tempval.get(),
                                    tasklet->scheduler->nesting_level(tasklet), frames.get(),
                                    others.get()));
}

// ---- Putting together

/// A tasklet's state, while it is read. The tuple owns everything.
struct State {
    long flags;
    PyObject* tempval;
    PyObject* frames;
    PyObject* rest;  // a dict, or null

    [[nodiscard]] bool read(PyObject* tuple) {
        if (!PyTuple_CheckExact(tuple) || PyTuple_GET_SIZE(tuple) != item_count) {
            unpickling_error("the state of a tasklet is a tuple of %zd items, not %R", item_count,
                             tuple);
            return false;
        }
        PyObject* const* items = reinterpret_cast<PyTupleObject*>(tuple)->ob_item;
        flags = long_or(items[flags_item], -1);
        tempval = items[tempval_item];
        frames = items[frames_item];
        rest = items[rest_item] == Py_None ? nullptr : items[rest_item];
        const bool has_begun_twice = has(ready_flag) && has(started_flag);
        const bool lacks_flag = frames != Py_None && !has(ready_flag) && !has(started_flag) &&
                                !has(for_inspection_flag);
        if (flags < 0 || flags > all_flags || has_begun_twice || lacks_flag ||
            (rest != nullptr && !PyDict_CheckExact(rest))) {
            unpickling_error("a tasklet cannot have the state %R", tuple);
            return false;
        }
        return true;
    }
    bool has(Flag flag) const { return (flags & flag) != 0; }
    /// Borrowed, or null.
    PyObject* get(const char* key) const {
        return rest == nullptr ? nullptr : PyDict_GetItemString(rest, key);
    }
};

bool restore_flags(Tasklet* tasklet, const State& state) {
    tasklet->atomic = state.has(atomic_flag);
    tasklet->ignore_nesting = state.has(ignore_nesting_flag);
    tasklet->block_trap = state.has(block_trap_flag);
    tasklet->handles_error = state.has(handles_error_flag);
    tasklet->interrupted = state.has(interrupted_flag);
    PyObject* added = state.get(state_key);
    return added == nullptr || set_added_state(tasklet->object(), added);
}

/// What a tasklet begins with that has no frame yet.
bool restore_binding(Tasklet* tasklet, const State& state) {
    PyObject* bound = state.get(bound_key);
    if (bound == nullptr || !PyTuple_CheckExact(bound) || PyTuple_GET_SIZE(bound) != 3 ||
        !PyCallable_Check(PyTuple_GET_ITEM(bound, 0)) ||
        !PyTuple_Check(PyTuple_GET_ITEM(bound, 1))) {
        unpickling_error("a tasklet cannot begin with %R", bound == nullptr ? Py_None : bound);
        return false;
    }
    PyObject* kwargs = PyTuple_GET_ITEM(bound, 2);
    if (kwargs != Py_None && !PyDict_Check(kwargs)) {
        unpickling_error("the kwargs of a tasklet cannot be %R", kwargs);
        return false;
    }
    tasklet->function = Py_NewRef(PyTuple_GET_ITEM(bound, 0));
    tasklet->args = Py_NewRef(PyTuple_GET_ITEM(bound, 1));
    tasklet->kwargs = kwargs == Py_None ? nullptr : Py_NewRef(kwargs);
    tasklet->life = Life::Ready;
    return true;
}

bool restore_contexts(Tasklet* tasklet, PyObject* contexts) {
    if (contexts == nullptr)
        return true;
    const bool is_list = PyList_CheckExact(contexts) && PyList_GET_SIZE(contexts) > 0;
    for (Py_ssize_t i = 0; is_list && i < PyList_GET_SIZE(contexts); i++) {
        if (PyContext_CheckExact(PyList_GET_ITEM(contexts, i)) &&
            !context_is_entered(PyList_GET_ITEM(contexts, i)))
            continue;
        unpickling_error("a tasklet cannot be in the context %R", PyList_GET_ITEM(contexts, i));
        return false;
    }
    if (!is_list) {
        unpickling_error("a tasklet needs a list of contexts, not %R", contexts);
        return false;
    }
    for (Py_ssize_t i = 0; i + 1 < PyList_GET_SIZE(contexts); i++) {
        auto* context = reinterpret_cast<PyContext*>(PyList_GET_ITEM(contexts, i));
        if (context->ctx_entered != 0) {
            unpickling_error("a tasklet cannot be twice in the same context");
            return false;
        }
        context->ctx_entered = 1;
        context->ctx_prev =
            reinterpret_cast<PyContext*>(Py_NewRef(PyList_GET_ITEM(contexts, i + 1)));
    }
    tasklet->fields.set_context(PyList_GET_ITEM(contexts, 0));
    return true;
}

bool restore_tracing(Tasklet* tasklet, PyObject* tracing) {
    const Scheduler* scheduler = Scheduler::of_this_thread();
    if (tracing == nullptr || scheduler == nullptr ||
        (scheduler->pickle_flags & preserve_tracing_state) == 0)
        return true;
    if (!PyTuple_CheckExact(tracing) || PyTuple_GET_SIZE(tracing) != 2) {
        unpickling_error("a tasklet needs a trace and a profile function, not %R", tracing);
        return false;
    }
    return set_trace_function(tasklet, PyTuple_GET_ITEM(tracing, 0), "settrace") &&
           set_trace_function(tasklet, PyTuple_GET_ITEM(tracing, 1), "setprofile");
}

/// The frames of a tasklet that can go on.
bool restore_frames(Tasklet* tasklet, const State& state, FrameChain& chain) {
    PyObject* exception = state.get(exception_key);
    if (exception != nullptr && !PyExceptionInstance_Check(exception)) {
        unpickling_error("a tasklet cannot handle %R as an exception", exception);
        return false;
    }
    const Resumption how = state.has(ready_flag)         ? Resumption::at_start
                           : state.has(interrupted_flag) ? Resumption::interrupted
                                                         : Resumption::with_value;
    if (!chain.check(how) || !chain.build(PyThreadState_Get(), tasklet))
        return false;
    tasklet->fields.set_exception(Py_XNewRef(exception));
    tasklet->life = state.has(ready_flag) ? Life::Ready : Life::Started;
    return true;
}

bool restore_for_inspection(Tasklet* tasklet, const State& state) {
    FrameChain chain;
    PyObject* c_code = state.get(c_code_key);
    if (c_code == nullptr || !PyUnicode_CheckExact(c_code)) {
        unpickling_error("a tasklet that cannot go on does not say why");
        return false;
    }
    Ref frame = Ref::borrow(Py_None);
    if (!PyTuple_CheckExact(state.frames) || PyTuple_GET_SIZE(state.frames) != 0) {
        frame = chain.read(state.frames) ? chain.make_frame_objects() : nullptr;
    }
    if (!frame)
        return false;
    tasklet->show_only(frame.get(), c_code);
    return true;
}

/// Puts a tasklet into the channel that it waits at.
bool restore_channel(Tasklet* tasklet, const State& state) {
    PyObject* channel = state.get(channel_key);
    if (channel == nullptr)
        return true;
    if (!PyObject_TypeCheck(channel, &channel_type) ||
        state.has(sending_flag) == state.has(receiving_flag)) {
        unpickling_error("a tasklet cannot be blocked on %R", channel);
        return false;
    }
    tasklet->waits_to_send = state.has(sending_flag);
    return fill_queue(as_channel(channel));
}

bool may_get_state(Tasklet* tasklet) {
    if (tasklet->is_alive() || tasklet->place != Place::Nowhere || tasklet->is_main() ||
        tasklet->is_current()) {
        PyErr_SetString(
            PyExc_RuntimeError,
            "the tasklet is alive: only a new tasklet can be given the state of another one");
        return false;
    }
    return true;
}

// ---- Methods of tasklets

PyObject* tasklet_reduce(PyObject* self, PyObject*) {
    Pickling* pickling = current_pickling();
    return pickling == nullptr ? nullptr : reduce_tasklet(self, *pickling);
}

PyObject* tasklet_setstate(PyObject* self, PyObject* state) {
    return restore_tasklet(self, state) ? Py_NewRef(self) : nullptr;
}

PyObject* channel_reduce(PyObject* self, PyObject*) {
    Pickling* pickling = current_pickling();
    return pickling == nullptr ? nullptr : reduce_channel(self, *pickling);
}

PyMethodDef tasklet_pickle_methods[] = {
    {"__reduce__", tasklet_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\n"
     "What pickle needs: (copyreg.__newobj__, (class,), state). A subclass may add items to the "
     "state, if\n"
     "its __setstate__() takes them off again. As Stackless Python 3.8, but for what the state "
     "is."},
    {"__setstate__", tasklet_setstate, METH_O,
     "__setstate__($self, state, /)\n--\n\n"
     "Gives a new tasklet the state of another one, as __reduce__() has returned it. Returns the\n"
     "tasklet, which is paused, or blocked on a channel.\n\n"
     "RuntimeError: it is alive. pickle.UnpicklingError: that is no such state."},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef channel_pickle_methods[] = {
    {"__reduce__", channel_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\n"
     "What pickle needs: (copyreg.__newobj__, (class,), state). The tasklets that wait are in the "
     "state."},
    {"__setstate__", set_channel_state, METH_O,
     "__setstate__($self, state, /)\n--\n\n"
     "Gives a channel that nobody waits at the state of another one. Returns the channel.\n\n"
     "RuntimeError: tasklets wait at it. pickle.UnpicklingError: that is no such state."},
    {nullptr, nullptr, 0, nullptr},
};

bool add_methods(PyTypeObject* type, PyMethodDef* methods) {
    for (; methods->ml_name != nullptr; methods++) {
        const Ref method = Ref::steal(PyDescr_NewMethod(type, methods));
        if (!method || PyDict_SetItemString(type->tp_dict, methods->ml_name, method.get()) != 0)
            return false;
    }
    PyType_Modified(type);
    return true;
}

constexpr Reducer reducers[] = {
    {&tasklet_type, reduce_tasklet},
    {&channel_type, reduce_channel},
};

}  // namespace

PyObject* reduce_to_state(PyObject* object, const Ref& state) {
    static OfInterpreter<PyObject*> newobj;
    if (*newobj == nullptr) {
        const Ref copyreg = Ref::steal(PyImport_ImportModule("copyreg"));
        *newobj = keep_for_interpreter(
            Ref::steal(copyreg ? PyObject_GetAttrString(copyreg.get(), "__newobj__") : nullptr));
    }
    return *newobj == nullptr || !state
               ? nullptr
               : Py_BuildValue("O(O)O", *newobj, Py_TYPE(object), state.get());
}

Ref added_state(PyObject* object, PyTypeObject* base) {
    return Py_IS_TYPE(object, base)
               ? Ref::borrow(Py_None)
               : Ref::steal(PyObject_CallMethod(object, "__getstate__", nullptr));
}

namespace {

bool set_attributes(PyObject* object, PyObject* attributes) {
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (attributes != Py_None && PyDict_Next(attributes, &position, &key, &value)) {
        const Ref held_key = Ref::borrow(key);
        const Ref held_value = Ref::borrow(value);
        if (PyObject_SetAttr(object, key, value) != 0)
            return false;
    }
    return true;
}

bool is_dict_or_none(PyObject* object) {
    return object == Py_None || PyDict_CheckExact(object);
}

}  // namespace

bool set_added_state(PyObject* object, PyObject* state) {
    if (is_dict_or_none(state))
        return set_attributes(object, state);
    if (!PyTuple_CheckExact(state) || PyTuple_GET_SIZE(state) != 2 ||
        !is_dict_or_none(PyTuple_GET_ITEM(state, 0)) ||
        !is_dict_or_none(PyTuple_GET_ITEM(state, 1))) {
        unpickling_error("%R are no attributes", state);
        return false;
    }
    return set_attributes(object, PyTuple_GET_ITEM(state, 0)) &&
           set_attributes(object, PyTuple_GET_ITEM(state, 1));
}

PyObject* reduce_tasklet(PyObject* object, Pickling& pickling) {
    pickling.note_computation(object);
    return reduce_to_state(object, state_of(as_tasklet(object)));
}

bool restore_tasklet(PyObject* object, PyObject* tuple) {
    Tasklet* tasklet = as_tasklet(object);
    State state;
    FrameChain chain;
    if (!may_get_state(tasklet) || !state.read(tuple))
        return false;
    if (state.has(for_inspection_flag))
        return restore_flags(tasklet, state) && restore_for_inspection(tasklet, state);
    if (state.frames != Py_None) {
        if (!chain.read(state.frames))
            return false;
        if (PyObject** unfinished = chain.unfinished())
            return wait_for(unfinished, object, tuple);
    }
    if (!restore_flags(tasklet, state) || !may_get_state(tasklet))
        return false;
    if (state.frames != Py_None ? !restore_frames(tasklet, state, chain)
                                : state.has(ready_flag) && !restore_binding(tasklet, state))
        return false;
    tasklet->set_tempval(state.tempval);
    return restore_contexts(tasklet, state.get(contexts_key)) &&
           restore_tracing(tasklet, state.get(tracing_key)) && restore_channel(tasklet, state);
}

bool add_tasklet_methods() {
    return add_methods(&tasklet_type, tasklet_pickle_methods) &&
           add_methods(&channel_type, channel_pickle_methods);
}

ReducerFamily tasklet_reducers() {
    return {reducers, nullptr};
}

}  // namespace stackless::pickle
