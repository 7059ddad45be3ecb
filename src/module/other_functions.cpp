// The functions of the module that ask the scheduler, or set what it keeps to.
#include "cpython/arguments.hpp"
#include "cpython/ref.hpp"
#include "cpython/threads.hpp"
#include "module/functions.hpp"
#include "pickle/namespaces.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

// ---- The tasklets of this thread

/// The running tasklet; while the thread sleeps, the main one stands for it.
Tasklet* current_or_main(const Scheduler* scheduler) {
    return scheduler->current() != nullptr ? scheduler->current() : scheduler->main();
}

PyObject* getcurrent(PyObject*, PyObject*) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    return scheduler == nullptr ? nullptr : Py_NewRef(current_or_main(scheduler)->object());
}

PyObject* getmain(PyObject*, PyObject*) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    return scheduler == nullptr ? nullptr : Py_NewRef(scheduler->main()->object());
}

PyObject* getruncount(PyObject*, PyObject*) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    return scheduler == nullptr ? nullptr : PyLong_FromLong(scheduler->run_queue.size());
}

PyObject* getcurrentid(PyObject*, PyObject*) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler == nullptr)
        return nullptr;
    Tasklet* current = current_or_main(scheduler);
    return current->is_main() ? PyLong_FromUnsignedLong(scheduler->thread()->thread_id)
                              : PyLong_FromVoidPtr(current);
}

/// What ps() shows of a tasklet that no attribute says.
PyObject* age_and_switches(PyObject*, PyObject* value) {
    if (!PyObject_TypeCheck(value, &tasklet_type)) {
        PyErr_Format(PyExc_TypeError, "age_and_switches() needs a tasklet, not %s",
                     Py_TYPE(value)->tp_name);
        return nullptr;
    }
    const Tasklet* tasklet = as_tasklet(value);
    return Py_BuildValue("(iI)", tasklet->age(), tasklet->switches);
}

// ---- Threads

/// The ids of all threads, the youngest one first: the order in which the interpreter keeps them.
Ref thread_ids() {
    Ref ids = Ref::steal(PyList_New(0));
    PyThreadState* ts = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    for (; ids && ts != nullptr; ts = PyThreadState_Next(ts)) {
        const Ref id = Ref::steal(PyLong_FromUnsignedLong(ts->thread_id));
        if (!id || PyList_Append(ids.get(), id.get()) < 0) {
            ids.reset();
        }
    }
    return ids;
}

PyObject* getthreads(PyObject*, PyObject*) {
    Ref ids = thread_ids();
    if (!ids || PyList_Reverse(ids.get()) < 0)
        return nullptr;
    return ids.release();
}

PyObject* get_thread_info(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    static const char* const keywords[] = {"thread_id", nullptr};
    static _PyArg_Parser parser = argument_parser("|O:get_thread_info", keywords);
    PyObject* id_object = nullptr;
    unsigned long thread_id;
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &id_object) ||
        !parse_thread_id(id_object, thread_id))
        return nullptr;
    Scheduler* scheduler = thread_id == PyThread_get_thread_ident()
                               ? Scheduler::of_this_thread()
                               : Scheduler::of_thread(thread_id);
    if (scheduler != nullptr)
        return Py_BuildValue("(OOi)", scheduler->main(), current_or_main(scheduler),
                             scheduler->run_queue.size());
    if (PyErr_Occurred())
        return nullptr;
    if (find_thread(thread_id) == nullptr) {
        PyErr_Format(PyExc_RuntimeError, "Thread id not found: there is no thread %lu", thread_id);
        return nullptr;
    }
    // It has never used tasklets.
    return Py_BuildValue("(OOi)", Py_None, Py_None, 0);
}

// ---- Callbacks

PyObject* get_callback(PyObject* callback) {
    return Py_NewRef(callback == nullptr ? Py_None : callback);
}

/// Sets one of the callbacks and returns the old one.
PyObject* set_callback(PyObject*& callback, PyObject* value, const char* what) {
    if (value != Py_None && !PyCallable_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be callable, or None for none, not %s", what,
                     Py_TYPE(value)->tp_name);
        return nullptr;
    }
    PyObject* old = std::exchange(callback, value == Py_None ? nullptr : Py_NewRef(value));
    return old == nullptr ? Py_NewRef(Py_None) : old;
}

PyObject* set_schedule_callback(PyObject*, PyObject* value) {
    return set_callback(callbacks.schedule, value, "the schedule callback");
}

PyObject* get_schedule_callback(PyObject*, PyObject*) {
    return get_callback(callbacks.schedule);
}

PyObject* set_channel_callback(PyObject*, PyObject* value) {
    return set_callback(callbacks.channel, value, "the channel callback");
}

PyObject* get_channel_callback(PyObject*, PyObject*) {
    return get_callback(callbacks.channel);
}

PyObject* set_error_handler(PyObject*, PyObject* value) {
    return set_callback(callbacks.error_handler, value, "the error handler");
}

// ---- How the scheduler works

PyObject* switch_trap(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
    int change = 0;
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler == nullptr || !_PyArg_ParseStack(args, nargs, "|i:switch_trap", &change))
        return nullptr;
    const int old = scheduler->switch_trap;
    if (__builtin_add_overflow(old, change, &scheduler->switch_trap)) {
        scheduler->switch_trap = old;
        PyErr_SetString(PyExc_OverflowError, "the trap level would not fit an int");
        return nullptr;
    }
    return PyLong_FromLong(old);
}

constexpr int all_pickle_flags = 7;

/// Changes the flags that `mask` selects to those of `new_flags`, unless that is -1. Returns the
/// old ones.
PyObject* change_pickle_flags(int& flags, PyObject* const* args, Py_ssize_t nargs,
                              PyObject* kwnames) {
    static const char* const keywords[] = {"new", "mask", nullptr};
    static _PyArg_Parser parser = argument_parser("|ll:pickle_flags", keywords);
    long new_flags = -1;
    long mask = -1;
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &new_flags, &mask))
        return nullptr;
    const int old = flags;
    if (new_flags == -1)
        return PyLong_FromLong(old);
    if (new_flags < -1 || (new_flags & mask & ~static_cast<long>(all_pickle_flags)) != 0) {
        PyErr_SetString(
            PyExc_ValueError,
            "there are no such pickle flags: they are a sum of the PICKLEFLAGS_ constants");
        return nullptr;
    }
    flags = static_cast<int>((old & ~mask) | (new_flags & mask));
    return PyLong_FromLong(old);
}

PyObject* pickle_flags(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    return scheduler == nullptr
               ? nullptr
               : change_pickle_flags(scheduler->pickle_flags, args, nargs, kwnames);
}

PyObject* pickle_flags_default(PyObject*, PyObject* const* args, Py_ssize_t nargs,
                               PyObject* kwnames) {
    return change_pickle_flags(Scheduler::default_pickle_flags, args, nargs, kwnames);
}

PyObject* pickle_code(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
    const char* old = pickle::code_by_value ? "value" : "reference";
    if (nargs > 1) {
        PyErr_SetString(PyExc_TypeError, "pickle_code() takes at most one argument");
        return nullptr;
    }
    if (nargs == 1) {
        const bool is_text = PyUnicode_Check(args[0]);
        const bool by_value = is_text && PyUnicode_CompareWithASCIIString(args[0], "value") == 0;
        if (!by_value &&
            !(is_text && PyUnicode_CompareWithASCIIString(args[0], "reference") == 0)) {
            PyErr_Format(PyExc_ValueError,
                         "stackless.pickle_code is \"reference\" or \"value\", not %R", args[0]);
            return nullptr;
        }
        pickle::code_by_value = by_value;
    }
    return PyUnicode_FromString(old);
}

PyObject* getdebug(PyObject*, PyObject*) {
#ifdef Py_DEBUG
    Py_RETURN_TRUE;
#else
    Py_RETURN_FALSE;
#endif
}

}  // namespace

PyMethodDef other_functions[] = {
    {"getcurrent", getcurrent, METH_NOARGS,
     "getcurrent($module, /)\n--\n\n"
     "The running tasklet of this thread. stackless.current is the same."},
    {"getmain", getmain, METH_NOARGS,
     "getmain($module, /)\n--\n\n"
     "The main tasklet of this thread, the one that is not started by anybody.\n"
     "stackless.main is the same."},
    {"getruncount", getruncount, METH_NOARGS,
     "getruncount($module, /)\n--\n\n"
     "How many tasklets are in the run queue of this thread, the running one counted."},
    {"getcurrentid", getcurrentid, METH_NOARGS,
     "getcurrentid($module, /)\n--\n\n"
     "A number that no other running tasklet has: for a main tasklet, the id of its thread."},
    {"age_and_switches", age_and_switches, METH_O,
     "age_and_switches($module, tasklet, /)\n--\n\n"
     "How many seconds ago a tasklet was made in this process, by the system's clock, and how\n"
     "often it has been switched to since; the count ends at 4294967295.\n\n"
     "TypeError: it is not a tasklet."},
    {"getthreads", getthreads, METH_NOARGS,
     "getthreads($module, /)\n--\n\n"
     "The ids of all threads, the oldest one first, as a list. stackless.threads is the same."},
    {"get_thread_info", as_method(get_thread_info), METH_FASTCALL | METH_KEYWORDS,
     "get_thread_info($module, /, thread_id=-1)\n--\n\n"
     "The main tasklet, the running tasklet and the run count of a thread; -1 is this one.\n"
     "Without tasklets there: (None, None, 0).\n\n"
     "RuntimeError: there is no such thread."},
    {"set_schedule_callback", set_schedule_callback, METH_O,
     "set_schedule_callback($module, callback, /)\n--\n\n"
     "Lets callback(prev, next) be called at each switch of tasklets, in all threads. When a\n"
     "tasklet ends, next is None, and in the call after that prev is. None for no callback.\n"
     "Returns the old one.\n\n"
     "An exception in the callback does not stop the switch. Switching in it raises\n"
     "RuntimeError."},
    {"get_schedule_callback", get_schedule_callback, METH_NOARGS,
     "get_schedule_callback($module, /)\n--\n\n"
     "The function that set_schedule_callback() has set, or None."},
    {"set_channel_callback", set_channel_callback, METH_O,
     "set_channel_callback($module, callback, /)\n--\n\n"
     "Lets callback(channel, tasklet, sending, willblock) be called before each action on a\n"
     "channel, in all threads. None for no callback. Returns the old one.\n\n"
     "An exception in the callback stops the action. Switching or using channels in it raises\n"
     "RuntimeError."},
    {"get_channel_callback", get_channel_callback, METH_NOARGS,
     "get_channel_callback($module, /)\n--\n\n"
     "The function that set_channel_callback() has set, or None."},
    {"set_error_handler", set_error_handler, METH_O,
     "set_error_handler($module, handler, /)\n--\n\n"
     "Lets handler(type, value, traceback) be called, in the tasklet, for an exception that\n"
     "leaves a tasklet of any thread, except SystemExit. If it returns, the exception is\n"
     "handled; else what it raises takes its place. None for no handler.\n"
     "Returns the old one."},
    {"switch_trap", as_method(switch_trap), METH_FASTCALL,
     "switch_trap($module, change=0, /)\n--\n\n"
     "Adds to the trap level of this thread and returns the old one. While it is not zero,\n"
     "each switch of tasklets raises RuntimeError."},
    {"pickle_flags", as_method(pickle_flags), METH_FASTCALL | METH_KEYWORDS,
     "pickle_flags($module, /, new=-1, mask=-1)\n--\n\n"
     "Sets those of this thread's pickle flags that are in mask, unless new is -1. Returns\n"
     "the old ones.\n\n"
     "ValueError: there are no such flags."},
    {"pickle_flags_default", as_method(pickle_flags_default), METH_FASTCALL | METH_KEYWORDS,
     "pickle_flags_default($module, /, new=-1, mask=-1)\n--\n\n"
     "As pickle_flags(), for threads that have not yet used tasklets."},
    {"pickle_code", as_method(pickle_code), METH_FASTCALL,
     "pickle_code($module, new=..., /)\n--\n\n"
     "Sets what stackless.pickle_code is, in all threads. Returns the old one.\n\n"
     "ValueError: it is neither \"reference\" nor \"value\"."},
    {"getdebug", getdebug, METH_NOARGS,
     "getdebug($module, /)\n--\n\n"
     "Whether this is a debug build (configure --enable-debug). stackless.debug is the same."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless
