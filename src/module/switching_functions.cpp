// The functions of the module that switch tasklets.
#include "cpython/arguments.hpp"
#include "eval/switching.hpp"
#include "module/functions.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

/// The argument of schedule() and schedule_remove(): null if it is not given. False with an
/// exception set.
bool parse_retval(PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames, PyObject*& retval) {
    static const char* const keywords[] = {"retval", nullptr};
    static _PyArg_Parser parser = argument_parser("|O:schedule", keywords);
    retval = nullptr;
    return (nargs == 0 && kwnames == nullptr) ||
           _PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &retval);
}

PyObject* schedule(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    const SwitchPoint at = SwitchPoint::begin();
    PyObject* retval;
    if (!at || !parse_retval(args, nargs, kwnames, retval))
        return nullptr;
    Tasklet* current = at.scheduler->current();
    if (retval == nullptr) {
        retval = current->object();
    }
    if (current->next == current)
        return Py_NewRef(retval);
    if (!at.scheduler->may_switch())
        return nullptr;
    current->clear_tempval();
    Tasklet* next = at.scheduler->successor();
    if (next == nullptr)
        return nullptr;
    if (next == current)
        return Py_NewRef(retval);
    if (!at.scheduler->prepare_to_leave(at, next))
        return nullptr;
    return at.scheduler->leave(at, [&] {
        current->put_tempval(retval);
        at.scheduler->bring_to_head(next);
    });
}

PyObject* schedule_remove(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    const SwitchPoint at = SwitchPoint::begin();
    PyObject* retval;
    if (!at || !parse_retval(args, nargs, kwnames, retval) || !at.scheduler->may_switch())
        return nullptr;
    Tasklet* current = at.scheduler->current();
    if (retval == nullptr) {
        retval = current->object();
    }
    current->clear_tempval();
    Tasklet* next = at.scheduler->successor_without_current();
    if (next == nullptr)
        return nullptr;
    if (next == current)
        return Py_NewRef(retval);
    if (!at.scheduler->prepare_to_leave(at, next))
        return nullptr;
    return at.scheduler->leave(at, [&] {
        current->put_tempval(retval);
        at.scheduler->remove_current();
        at.scheduler->bring_to_head(next);
    });
}

/// False with an exception set if run() has been given something that is not there yet.
bool check_timeout(long timeout) {
    if (timeout > 0) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "run(timeout=...) is not supported yet: call run() without it");
    } else if (timeout < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "run(timeout=...) must be a number of instructions, or 0 for no limit");
    }
    return timeout == 0;
}

PyObject* run(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    static const char* const keywords[] = {"timeout",        "threadblock",  "soft",
                                           "ignore_nesting", "totaltimeout", nullptr};
    static _PyArg_Parser parser = argument_parser("|lpppp:run", keywords);
    const SwitchPoint at = SwitchPoint::begin();
    long timeout = 0;
    // Without a timeout, and as long as no other thread can wake a tasklet of this one, these mean
    // nothing.
    int threadblock, soft, ignore_nesting, totaltimeout;
    if (!at ||
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &timeout, &threadblock, &soft,
                                      &ignore_nesting, &totaltimeout) ||
        !check_timeout(timeout))
        return nullptr;
    Tasklet* current = at.scheduler->current();
    if (current->next == current)
        Py_RETURN_NONE;
    if (!at.scheduler->may_switch())
        return nullptr;
    current->clear_tempval();
    Tasklet* next = at.scheduler->successor();
    if (next == nullptr)
        return nullptr;
    if (next == current)
        Py_RETURN_NONE;
    if (!at.scheduler->prepare_to_leave(at, next))
        return nullptr;
    return at.scheduler->leave(at, [&] {
        at.scheduler->run_queue.remove(current);
        at.scheduler->runners.append(current, Place::Runners);
        at.scheduler->bring_to_head(next);
    });
}

constexpr const char* schedule_doc =
    "schedule($module, /, retval=...)\n--\n\n"
    "Puts the running tasklet at the end of the run queue and goes on in the next one.\n"
    "Returns retval, which is the tasklet itself if it is not given.\n\n"
    "RuntimeError: tasklets cannot be switched here.";
constexpr const char* schedule_remove_doc =
    "schedule_remove($module, /, retval=...)\n--\n\n"
    "As schedule(), but the running tasklet is taken out of the run queue. Returns what its\n"
    "tempval is when it is resumed: retval, or what it has been set to in the meantime.";
constexpr const char* run_doc =
    "run($module, /, timeout=0, threadblock=False, soft=False, ignore_nesting=False,\n"
    "    totaltimeout=False)\n--\n\n"
    "Lets the other tasklets run, and returns None when none of them is runnable any more.\n"
    "May be called in any tasklet: of several calls, the last one returns first.\n\n"
    "Raises an exception that leaves a tasklet meanwhile (if several calls wait, the last one\n"
    "does; if none does, it is raised in the main tasklet, wherever that waits).\n\n"
    "RuntimeError: tasklets cannot be switched here. NotImplementedError: a timeout is not\n"
    "supported yet; the other arguments have no effect without it.";

}  // namespace

PyMethodDef switching_functions[] = {
    {"schedule", as_method(schedule), METH_FASTCALL | METH_KEYWORDS | eval::METH_SWITCHES,
     schedule_doc},
    {"schedule_remove", as_method(schedule_remove),
     METH_FASTCALL | METH_KEYWORDS | eval::METH_SWITCHES, schedule_remove_doc},
    {"run", as_method(run), METH_FASTCALL | METH_KEYWORDS | eval::METH_SWITCHES, run_doc},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless
