// The methods of the class `tasklet`.
#include "cpython/arguments.hpp"
#include "cpython/threads.hpp"
#include "eval/switching.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/contexts.hpp"
#include "tasklet/native_stack.hpp"
#include "tasklet/parked_stack.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/tasklet.hpp"
#include "tasklet/throwing.hpp"

namespace stackless {

namespace {

PyObject* fail(const char* message) {
    PyErr_SetString(PyExc_RuntimeError, message);
    return nullptr;
}

// ---- bind, setup

PyObject* bind(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    static const char* const keywords[] = {"func", "args", "kwargs", nullptr};
    static _PyArg_Parser parser = argument_parser("|OOO:bind", keywords);
    PyObject *func = nullptr, *func_args = nullptr, *func_kwargs = nullptr;
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &func, &func_args,
                                      &func_kwargs))
        return nullptr;
    return bind_tasklet(as_tasklet(self), func, func_args, func_kwargs) ? Py_NewRef(self) : nullptr;
}

PyObject* setup(PyObject* self, PyObject* args, PyObject* kwargs) {
    return setup_tasklet(as_tasklet(self), args, kwargs) ? Py_NewRef(self) : nullptr;
}

/// Whether a tasklet can go on in another thread. False with RuntimeError set.
bool may_move(const Tasklet* tasklet, const Scheduler* other) {
    if (tasklet->scheduler == other)
        return true;
    if (tasklet->parked != nullptr && !tasklet->is_main()) {
        set_holds_stack_error(tasklet, "cannot move a tasklet to another thread");
        return false;
    }
    if (tasklet->is_main() || tasklet->place == Place::RunQueue ||
        tasklet->place == Place::Runners || tasklet->scheduler->is_closed()) {
        fail(
            "a runnable tasklet, or a main tasklet, cannot be bound to another thread: remove() it "
            "first");
        return false;
    }
    return true;
}

PyObject* bind_thread(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    static const char* const keywords[] = {"thread_id", nullptr};
    static _PyArg_Parser parser = argument_parser("|O:bind_thread", keywords);
    PyObject* id_object = nullptr;
    unsigned long thread_id;
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &id_object) ||
        !parse_thread_id(id_object, thread_id))
        return nullptr;
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler == nullptr || !scheduler->may_act())
        return nullptr;
    PyThreadState* thread = find_thread(thread_id);
    if (thread == nullptr) {
        PyErr_Format(PyExc_ValueError, "bad thread: there is no thread with the id %lu", thread_id);
        return nullptr;
    }
    Scheduler* other = Scheduler::of_other_thread(thread);
    Tasklet* tasklet = as_tasklet(self);
    if (other == nullptr || !may_move(tasklet, other))
        return nullptr;
    if (tasklet->scheduler != other) {
        tasklet->move_to(other);
    }
    Py_RETURN_NONE;
}

// ---- insert, remove

PyObject* insert(PyObject* self, PyObject*) {
    Tasklet* tasklet = as_tasklet(self);
    if (tasklet->is_blocked())
        return fail("a blocked tasklet cannot be inserted: its channel will make it runnable");
    if (!can_run(tasklet) || !has_thread(tasklet))
        return nullptr;
    make_runnable_anywhere(tasklet);
    return Py_NewRef(self);
}

PyObject* remove(PyObject* self, PyObject*) {
    Tasklet* tasklet = as_tasklet(self);
    if (tasklet->is_blocked())
        return fail(
            "a blocked tasklet cannot be removed: it is not in the run queue but in a channel");
    if (tasklet->is_current())
        return fail("the current tasklet cannot be removed: it may call schedule_remove()");
    if (tasklet->place != Place::RunQueue)
        return Py_NewRef(self);
    if (!belongs_to_this_thread(tasklet) || !tasklet->scheduler->may_act())
        return nullptr;
    const RefTo<Tasklet> removed = tasklet->scheduler->take_out(tasklet);
    return Py_NewRef(self);
}

// ---- run, switch

/// Whether tasklet.run() and switch() may go on in a tasklet.
bool may_jump_to(Tasklet* target) {
    if (!has_thread(target))
        return false;
    if (target->is_blocked()) {
        fail("a blocked tasklet cannot be run: its channel will make it runnable");
        return false;
    }
    return can_run(target);
}

PyObject* run(PyObject* self, PyObject*) {
    const SwitchPoint at = SwitchPoint::begin();
    if (!at || !may_jump_to(as_tasklet(self)))
        return nullptr;
    if (as_tasklet(self)->scheduler != at.scheduler) {
        make_runnable_anywhere(as_tasklet(self));
        Py_RETURN_NONE;
    }
    Tasklet* current = at.scheduler->current();
    if (as_tasklet(self) == current)
        return at.scheduler->own_tempval();
    if (!at.scheduler->may_switch())
        return nullptr;
    Tasklet* next = at.scheduler->runnable(as_tasklet(self));
    if (next == nullptr)
        return nullptr;
    if (next == current)
        return at.scheduler->own_tempval();
    if (!at.scheduler->prepare_to_leave(at, next))
        return nullptr;
    return at.scheduler->leave(at, [&] { at.scheduler->bring_to_head(next); });
}

PyObject* switch_to(PyObject* self, PyObject*) {
    const SwitchPoint at = SwitchPoint::begin();
    if (!at || !may_jump_to(as_tasklet(self)) || !belongs_to_this_thread(as_tasklet(self)))
        return nullptr;
    Tasklet* current = at.scheduler->current();
    if (as_tasklet(self) == current)
        return at.scheduler->own_tempval();
    if (!at.scheduler->may_switch())
        return nullptr;
    Tasklet* next = at.scheduler->runnable(as_tasklet(self));
    if (next == nullptr || (next == current && !at.scheduler->successor_without_current(next)))
        return nullptr;
    if (next == current)
        return at.scheduler->own_tempval();
    if (!at.scheduler->prepare_to_leave(at, next))
        return nullptr;
    return at.scheduler->leave(at, [&] {
        at.scheduler->remove_current();
        if (next != nullptr) {
            at.scheduler->bring_to_head(next);
        }
    });
}

// ---- throw, kill

PyObject* throw_exception(PyObject* self, PyObject* const* args, Py_ssize_t nargs,
                          PyObject* kwnames) {
    static const char* const keywords[] = {"exc", "val", "tb", "pending", nullptr};
    static _PyArg_Parser parser = argument_parser("|OOOp:throw", keywords);
    PyObject *exc = nullptr, *val = nullptr, *tb = nullptr;
    int pending = 0;
    const SwitchPoint at = SwitchPoint::begin();
    if (!at ||
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &exc, &val, &tb, &pending))
        return nullptr;
    Ref exception = make_exception(exc, val, tb);
    Ref bomb = exception ? make_bomb(std::move(exception)) : nullptr;
    return bomb ? throw_bomb(at, as_tasklet(self), std::move(bomb), pending != 0) : nullptr;
}

PyObject* raise_exception(PyObject* self, PyObject* const* args, Py_ssize_t nargs) {
    const SwitchPoint at = SwitchPoint::begin();
    if (!at)
        return nullptr;
    Ref exception = make_exception_from_call("raise_exception", args, nargs);
    Ref bomb = exception ? make_bomb(std::move(exception)) : nullptr;
    return bomb ? throw_bomb(at, as_tasklet(self), std::move(bomb), false) : nullptr;
}

PyObject* kill(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    static const char* const keywords[] = {"pending", nullptr};
    static _PyArg_Parser parser = argument_parser("|p:kill", keywords);
    int pending = 0;
    const SwitchPoint at = SwitchPoint::begin();
    if (!at || !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &pending))
        return nullptr;
    Tasklet* tasklet = as_tasklet(self);
    if (tasklet->scheduler->thread() == nullptr)
        return drop_tasklet(tasklet);
    Ref bomb = make_exit_bomb();
    return bomb ? throw_bomb(at, tasklet, std::move(bomb), pending != 0) : nullptr;
}

// ---- Flags

/// An int or bool as a flag; -1 with TypeError set if it is none.
int parse_flag(const char* function, PyObject* flag) {
    if (PyLong_Check(flag))
        return _PyLong_Sign(flag) != 0;
    PyErr_Format(PyExc_TypeError, "%s needs a bool or integer, not %s", function,
                 Py_TYPE(flag)->tp_name);
    return -1;
}

PyObject* set_atomic(PyObject* self, PyObject* flag) {
    const int value = parse_flag("set_atomic", flag);
    if (value < 0)
        return nullptr;
    const bool old = as_tasklet(self)->atomic;
    as_tasklet(self)->atomic = value != 0;
    return PyBool_FromLong(old);
}

PyObject* set_ignore_nesting(PyObject* self, PyObject* flag) {
    const int value = parse_flag("set_ignore_nesting", flag);
    if (value < 0)
        return nullptr;
    const bool old = as_tasklet(self)->ignore_nesting;
    as_tasklet(self)->ignore_nesting = value != 0;
    return PyBool_FromLong(old);
}

// ---- Documentation

constexpr const char* bind_doc =
    "bind($self, /, func=None, args=None, kwargs=None)\n--\n\n"
    "Binds the tasklet to a function, and with args (a tuple) or kwargs (a dict) to the\n"
    "arguments as well; it is alive then, but not yet in the run queue. Without a new\n"
    "function, the arguments are for the one that it is bound to. Without any argument, the\n"
    "tasklet is unbound: a half-run one is dropped without running its finally blocks.\n"
    "Returns the tasklet.\n\n"
    "It will run in a copy of the contextvars context in which it is bound to the function.\n\n"
    "RuntimeError: the tasklet is current, the main tasklet, or scheduled, or there is no\n"
    "function for the arguments. TypeError: an argument of the wrong type.";
constexpr const char* setup_doc =
    "setup($self, /, *args, **kwargs)\n--\n\n"
    "Gives the tasklet, which is bound to a function, the arguments for it, and puts it at\n"
    "the end of the run queue. Returns the tasklet. Calling the tasklet does the same.\n\n"
    "RuntimeError: the tasklet is alive, or not bound.";
constexpr const char* bind_thread_doc =
    "bind_thread($self, /, thread_id=-1)\n--\n\n"
    "Moves the tasklet to a thread; -1 is the calling one.\n\n"
    "RuntimeError: it is in a run queue, or a main tasklet, or C code is active in it.\n"
    "ValueError: there is no such thread.";
constexpr const char* insert_doc =
    "insert($self, /)\n--\n\n"
    "Puts the tasklet at the end of the run queue, if it is not in it. Returns the tasklet.\n\n"
    "RuntimeError: it is blocked on a channel, or dead.";
constexpr const char* remove_doc =
    "remove($self, /)\n--\n\n"
    "Takes the tasklet out of the run queue, if it is in it. Returns the tasklet.\n\n"
    "RuntimeError: it is blocked on a channel, or the current tasklet.";
constexpr const char* run_doc =
    "run($self, /)\n--\n\n"
    "Goes on in the tasklet at once; the caller stays in the run queue. A tasklet that is in\n"
    "it already is run with those after it, before its turn comes again. One of another thread\n"
    "is made runnable there.\n\n"
    "RuntimeError: it is blocked on a channel, or dead, or tasklets cannot be switched here.";
constexpr const char* switch_doc =
    "switch($self, /)\n--\n\n"
    "As run(), but the caller is taken out of the run queue: somebody else has to insert() it.\n"
    "Returns what the tempval of the caller is when it is resumed.\n\n"
    "RuntimeError: as run(), or the tasklet belongs to another thread.";
constexpr const char* throw_doc =
    "throw($self, /, exc=None, val=None, tb=None, pending=False)\n--\n\n"
    "Raises an exception in the tasklet: an instance, or a class with a value. With a\n"
    "traceback, it goes on from there. The tasklet goes on at once, taken from its channel if\n"
    "it is blocked, and the caller comes right after it; if pending is true, the tasklet is\n"
    "put at the end of the run queue instead.\n\n"
    "One that has not run yet just ends with TaskletExit; another exception ends it as one\n"
    "that leaves it. For a tasklet of another thread, it is always pending.\n\n"
    "RuntimeError: the tasklet is dead (TaskletExit does nothing then), or tasklets cannot be\n"
    "switched here.";
constexpr const char* raise_exception_doc =
    "raise_exception($self, exc_class, /, *args)\n--\n\n"
    "The same as throw(exc_class(*args)): the tasklet goes on at once, with the exception.";
constexpr const char* kill_doc =
    "kill($self, /, pending=False)\n--\n\n"
    "Ends the tasklet: the same as throw(TaskletExit, pending=pending), so its finally blocks\n"
    "run. A tasklet whose thread has ended is unbound. Nothing happens to a dead one.\n\n"
    "RuntimeError: tasklets cannot be switched here.";
constexpr const char* set_atomic_doc =
    "set_atomic($self, flag, /)\n--\n\n"
    "An atomic tasklet is not interrupted by a watchdog, and does not let go of the GIL\n"
    "unless it wants to. Returns the old flag. The context manager stackless.atomic() does this\n"
    "for a block.\n\n"
    "TypeError: flag is neither a bool nor an int.";
constexpr const char* set_ignore_nesting_doc =
    "set_ignore_nesting($self, flag, /)\n--\n\n"
    "Whether a watchdog may interrupt the tasklet where its nesting_level is not 0. Returns\n"
    "the old flag.\n\n"
    "TypeError: flag is neither a bool nor an int.";

}  // namespace

PyMethodDef tasklet_methods[] = {
    {"bind", as_method(bind), METH_FASTCALL | METH_KEYWORDS, bind_doc},
    {"setup", as_method(setup), METH_VARARGS | METH_KEYWORDS, setup_doc},
    {"bind_thread", as_method(bind_thread), METH_FASTCALL | METH_KEYWORDS, bind_thread_doc},
    {"insert", insert, METH_NOARGS, insert_doc},
    {"remove", remove, METH_NOARGS, remove_doc},
    {"run", run, METH_NOARGS | eval::METH_SWITCHES, run_doc},
    {"switch", switch_to, METH_NOARGS | eval::METH_SWITCHES, switch_doc},
    {"throw", as_method(throw_exception), METH_FASTCALL | METH_KEYWORDS | eval::METH_SWITCHES,
     throw_doc},
    {"raise_exception", as_method(raise_exception), METH_FASTCALL | eval::METH_SWITCHES,
     raise_exception_doc},
    {"kill", as_method(kill), METH_FASTCALL | METH_KEYWORDS | eval::METH_SWITCHES, kill_doc},
    {"set_atomic", set_atomic, METH_O, set_atomic_doc},
    {"set_ignore_nesting", set_ignore_nesting, METH_O, set_ignore_nesting_doc},
    {"native_stack", native_stack, METH_NOARGS, native_stack_doc},
    {"set_context", set_tasklet_context, METH_O, set_tasklet_context_doc},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless
