// The class `tasklet`: how its instances come and go, and how they are bound to what they run.
#include <utility>

#include "eval/switching.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/contexts.hpp"
#include "tasklet/parked_stack.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/tasklet.hpp"
#include "tasklet/throwing.hpp"

namespace stackless {

namespace {

PyObject* tasklet_new(PyTypeObject* type, PyObject*, PyObject*) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler == nullptr)
        return nullptr;
    return reinterpret_cast<PyObject*>(new_tasklet(type, scheduler).release());
}

int tasklet_traverse(PyObject* self, visitproc visit, void* arg) {
    return as_tasklet(self)->traverse(visit, arg);
}

/// Nobody can resume the tasklet any more. One that holds a C stack has to be ended by running it.
void tasklet_finalize(PyObject* self) {
    if (as_tasklet(self)->parked == nullptr)
        return;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    // With no other reference left than the caller's, nobody will come here again.
    do {
        kill_unreachable(as_tasklet(self));
    } while (as_tasklet(self)->parked != nullptr && Py_REFCNT(self) == 1);
    PyErr_Restore(type, value, traceback);
}

int tasklet_clear(PyObject* self) {
    Tasklet* tasklet = as_tasklet(self);
    // A tasklet among the garbage that had to be killed may have made this one runnable.
    const bool is_garbage = tasklet->place == Place::Nowhere || tasklet->is_blocked();
    if (tasklet->parked != nullptr || !is_garbage)
        return 0;
    // With a tasklet that is blocked, its channel is being collected too.
    if (tasklet->is_blocked()) {
        tasklet->channel->remove(tasklet);
        Py_CLEAR(tasklet->channel);
        Py_DECREF(tasklet);
    }
    tasklet->unbind();
    return 0;
}

void tasklet_dealloc(PyObject* self) {
    if (as_tasklet(self)->parked != nullptr && PyObject_CallFinalizerFromDealloc(self) < 0)
        return;
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, tasklet_dealloc);
    Tasklet* tasklet = as_tasklet(self);
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (tasklet->weakrefs != nullptr) {
        PyObject_ClearWeakRefs(self);
    }
    if (tasklet->parked != nullptr) {
        // The finalizer of a subclass has taken the place of ours.
        tasklet->parked->abandon();
    }
    tasklet->unbind();
    PyErr_Restore(type, value, traceback);
    tasklet->scheduler->release();
    Tasklet::count--;
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

PyObject* tasklet_call(PyObject* self, PyObject* args, PyObject* kwargs) {
    return setup_tasklet(as_tasklet(self), args, kwargs) ? Py_NewRef(self) : nullptr;
}

int tasklet_init(PyObject* self, PyObject* args, PyObject* kwargs) {
    static const char* keywords[] = {"func", "args", "kwargs", nullptr};
    PyObject *func = nullptr, *func_args = nullptr, *func_kwargs = nullptr;
    // tasklet(func) is what nearly all programs say: to parse that takes 10 % of a tasklet's whole life.
    if (kwargs == nullptr && PyTuple_GET_SIZE(args) == 1)
        return bind_tasklet(as_tasklet(self), PyTuple_GET_ITEM(args, 0), nullptr, nullptr) ? 0 : -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOO:tasklet", const_cast<char**>(keywords),
                                     &func, &func_args, &func_kwargs))
        return -1;
    return bind_tasklet(as_tasklet(self), func, func_args, func_kwargs) ? 0 : -1;
}

constexpr const char* tasklet_doc =
    "tasklet(func=None, args=None, kwargs=None)\n--\n\n"
    "A function call that runs beside others in the same thread. A tasklet goes on until it\n"
    "gives way, with schedule() or in a channel; the others run then.\n\n"
    "tasklet(func)(*args, **kwargs) makes a tasklet that runs with the others from the next\n"
    "time on that the scheduler does; nobody needs to keep a reference to it. The arguments\n"
    "are those of bind(), which is called with them.";

}  // namespace

PyTypeObject tasklet_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "stackless.tasklet";
    type.tp_basicsize = sizeof(Tasklet);
    type.tp_doc = tasklet_doc;
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE;
    type.tp_new = tasklet_new;
    type.tp_init = tasklet_init;
    type.tp_call = tasklet_call;
    type.tp_dealloc = tasklet_dealloc;
    type.tp_traverse = tasklet_traverse;
    type.tp_clear = tasklet_clear;
    type.tp_finalize = tasklet_finalize;
    type.tp_weaklistoffset = offsetof(Tasklet, weakrefs);
    type.tp_methods = tasklet_methods;
    type.tp_getset = tasklet_attributes;
    return type;
}();

RefTo<Tasklet> new_tasklet(PyTypeObject* type, Scheduler* scheduler) {
    auto tasklet = RefTo<Tasklet>::steal(as_tasklet(type->tp_alloc(type, 0)));
    if (tasklet) {
        scheduler->hold();
        tasklet->scheduler = scheduler;
        tasklet->set_made_now();
        Tasklet::count++;
    }
    return tasklet;
}

int Tasklet::traverse(visitproc visit, void* arg) {
    if (tempval != object()) {
        Py_VISIT(tempval);
    }
    Py_VISIT(function);
    Py_VISIT(args);
    Py_VISIT(kwargs);
    Py_VISIT(channel);
    if (fields.frame() != nullptr) {
        const int stop = parked == nullptr
                             ? eval::traverse_frames(fields.frame(), visit, arg)
                             : eval::traverse_nested_frames(fields.frame(), visit, arg);
        if (stop != 0)
            return stop;
    }
    return fields.traverse(visit, arg);
}

PyObject* Tasklet::get_tempval() {
    return Py_NewRef(tempval == nullptr ? Py_None : tempval);
}

void Tasklet::set_tempval(PyObject* value) {
    PyObject* old = tempval;
    put_tempval(value == Py_None ? nullptr : value);
    if (old != object()) {
        Py_XDECREF(old);
    }
}

bool Tasklet::make_first_frame(Scheduler* of_this_thread) {
    if (!make_first_frame(of_this_thread, function, args, kwargs))
        return false;
    clear_tempval();
    return true;
}

bool Tasklet::make_first_frame(Scheduler* of_this_thread, PyObject* callable, PyObject* arguments,
                               PyObject* keywords) {
    PyThreadState* ts = of_this_thread->thread();
    fields.exchange_data_stack(ts);
    fields.set_first_frame(eval::make_first_frame(ts, callable, arguments, keywords));
    fields.exchange_data_stack(ts);
    if (fields.frame() == nullptr)
        return false;
    Py_CLEAR(function);
    Py_CLEAR(args);
    Py_CLEAR(kwargs);
    return true;
}

// Destructors run in the following functions. They may do anything with the tasklet, so nothing is
// dropped while it is still in its place.

namespace {

void drop_fields(ThreadFields dropped) {
    if (Frame* frame = dropped.frame()) {
        PyThreadState* ts = PyThreadState_Get();
        dropped.exchange_data_stack(ts);
        eval::drop_frames(ts, frame);
        dropped.exchange_data_stack(ts);
    }
    dropped.clear();
}

}  // namespace

void Tasklet::drop_frames() {
    drop_fields(fields.take_frames());
}

void Tasklet::unbind() {
    life = Life::Unbound;
    keeps_stack = false;
    handles_error = false;
    waits_for_threads = false;
    interrupted = false;
    for_inspection = false;
    scheduler->watchdog.forget(this);
    const Ref dropped_function = Ref::steal(std::exchange(function, nullptr));
    const Ref dropped_args = Ref::steal(std::exchange(args, nullptr));
    const Ref dropped_kwargs = Ref::steal(std::exchange(kwargs, nullptr));
    // To itself it has no counted reference.
    PyObject* const old_tempval = std::exchange(tempval, nullptr);
    const Ref dropped_tempval = Ref::steal(old_tempval == object() ? nullptr : old_tempval);
    // A destructor may bind it anew, and let it run.
    drop_fields(std::exchange(fields, ThreadFields{}));
}

void Tasklet::show_only(PyObject* frame, PyObject* c_code) {
    for_inspection = true;
    function = Py_NewRef(frame);
    args = Py_NewRef(c_code);
}

bool can_run(const Tasklet* tasklet) {
    if (tasklet->for_inspection) {
        PyErr_Format(
            PyExc_RuntimeError,
            "the tasklet cannot run on: it was pickled while C code was active in it, called as %U",
            tasklet->args);
        return false;
    }
    if (!tasklet->is_alive()) {
        PyErr_SetString(
            PyExc_RuntimeError,
            "the tasklet is dead: bind() it to a function and give it arguments before it can run");
        return false;
    }
    return true;
}

void Tasklet::move_to(Scheduler* other) {
    fields.move_exceptions(scheduler->exception_base(), other->exception_base());
    other->hold();
    std::exchange(scheduler, other)->release();
}

namespace {

bool check_binding(Tasklet* tasklet, PyObject* func, PyObject* args, PyObject* kwargs) {
    const char* problem = nullptr;
    if (func != nullptr && !PyCallable_Check(func)) {
        problem = "the function of a tasklet must be callable, or None";
    } else if (args != nullptr && !PyTuple_Check(args)) {
        problem = "the args of a tasklet must be a tuple, or None";
    } else if (kwargs != nullptr && !PyDict_Check(kwargs)) {
        problem = "the kwargs of a tasklet must be a dict, or None";
    }
    if (problem != nullptr) {
        PyErr_SetString(PyExc_TypeError, problem);
        return false;
    }
    if (tasklet->is_current()) {
        problem = "the current tasklet cannot be bound or unbound: another one has to do that";
    } else if (tasklet->is_main()) {
        problem = "the main tasklet cannot be bound or unbound";
    } else if (tasklet->is_scheduled()) {
        problem =
            "the tasklet is scheduled: remove() it, or take it from its channel, before binding it";
    } else if (tasklet->parked != nullptr) {
        set_holds_stack_error(tasklet, "cannot bind or unbind a tasklet");
        return false;
    }
    if (problem != nullptr) {
        PyErr_SetString(PyExc_RuntimeError, problem);
        return false;
    }
    return true;
}

/// What a tasklet without a new function goes on with: the one it has been bound to, if it has not
/// run it; else null. As long as there are no arguments, the function is the tempval, and a program
/// may have set that to anything.
PyObject* bound_function(Tasklet* tasklet) {
    if (tasklet->is_alive() && !tasklet->for_inspection)
        return tasklet->function;
    PyObject* tempval = tasklet->tempval;
    return tempval != nullptr && PyCallable_Check(tempval) ? tempval : nullptr;
}

/// Gives a tasklet that is not alive its arguments, so that it can run.
bool make_ready(Tasklet* tasklet, PyObject* func, PyObject* args, PyObject* kwargs) {
    if (func == nullptr) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the tasklet has no function for these arguments: bind() it to one first");
        return false;
    }
    Ref own_args = args != nullptr ? Ref::borrow(args) : Ref::steal(PyTuple_New(0));
    Ref own_kwargs;
    if (kwargs != nullptr && PyDict_GET_SIZE(kwargs) != 0) {
        own_kwargs = Ref::steal(PyDict_Copy(kwargs));
        if (!own_kwargs)
            return false;
    }
    if (!own_args)
        return false;
    tasklet->function = Py_NewRef(func);
    tasklet->args = own_args.release();
    tasklet->kwargs = own_kwargs.release();
    tasklet->life = Life::Ready;
    tasklet->clear_tempval();
    return true;
}

}  // namespace

bool bind_tasklet(Tasklet* tasklet, PyObject* func, PyObject* args, PyObject* kwargs) {
    const auto given = [](PyObject* object) { return object == Py_None ? nullptr : object; };
    func = given(func);
    args = given(args);
    kwargs = given(kwargs);
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler == nullptr || !scheduler->may_act() ||
        !check_binding(tasklet, func, args, kwargs))
        return false;
    const bool with_args = args != nullptr || kwargs != nullptr;
    Ref function = Ref::borrow(func != nullptr || !with_args ? func : bound_function(tasklet));
    Ref context = Ref::borrow(tasklet->fields.context());
    if (with_args && !function) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the tasklet has no function for these arguments: give bind() one as well");
        return false;
    }
    if (func != nullptr && !copy_own_context(context))
        return false;
    // It may wait in run().
    const RefTo<Tasklet> held = tasklet->scheduler->take_out(tasklet);
    tasklet->unbind();
    if (tasklet->is_alive()) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the tasklet has been bound anew by a destructor of what it was bound to");
        return false;
    }
    if (func != nullptr || with_args) {
        tasklet->fields.set_context(context.get());
    }
    if (with_args)
        return make_ready(tasklet, function.get(), args, kwargs);
    tasklet->set_tempval(func);
    return true;
}

bool setup_tasklet(Tasklet* tasklet, PyObject* args, PyObject* kwargs) {
    if (tasklet->is_alive()) {
        PyErr_SetString(PyExc_RuntimeError, "the tasklet is alive: it has its arguments already");
        return false;
    }
    const Ref function = Ref::borrow(bound_function(tasklet));
    if (!has_thread(tasklet) || !make_ready(tasklet, function.get(), args, kwargs))
        return false;
    make_runnable_anywhere(tasklet);
    return true;
}

}  // namespace stackless
