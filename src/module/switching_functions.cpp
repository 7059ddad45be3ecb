// The functions of the module that switch tasklets.
#include <algorithm>
#include <cmath>

#include "cpython/arguments.hpp"
#include "eval/counting.hpp"
#include "eval/switching.hpp"
#include "module/functions.hpp"
#include "tasklet/running.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/switch_handlers.hpp"
#include "tasklet/watchdog.hpp"

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
    if (current->next == current && !at.scheduler->watchdog.wants_control())
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
        at.scheduler->run_queue.turn_to(current->next);
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
    Tasklet* next;
    if (!at.scheduler->successor_without_current(next))
        return nullptr;
    if (next == current)
        return Py_NewRef(retval);
    if (!at.scheduler->prepare_to_leave(at, next))
        return nullptr;
    return at.scheduler->leave(at, [&] {
        current->put_tempval(retval);
        at.scheduler->remove_current();
        if (next != nullptr) {
            at.scheduler->bring_to_head(next);
        }
    });
}

/// The arguments of run().
struct RunArguments {
    WatchdogOptions options;
    bool threadblock = false;

    [[nodiscard]] bool parse(PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);

private:
    [[nodiscard]] bool parse_seconds(PyObject* argument);
};

bool RunArguments::parse_seconds(PyObject* argument) {
    constexpr double longest = 1e9;
    if (argument == nullptr || argument == Py_None)
        return true;
    const double seconds = PyFloat_AsDouble(argument);
    if (seconds == -1.0 && PyErr_Occurred())
        return false;
    if (!(seconds > 0)) {
        PyErr_Format(PyExc_ValueError,
                     "run(seconds=...) must be above 0, or None for no limit, not %S", argument);
        return false;
    }
    options.nanoseconds = static_cast<int64_t>(std::ceil(std::min(seconds, longest) * 1e9));
    return true;
}

bool RunArguments::parse(PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    static const char* const keywords[] = {"timeout",      "threadblock", "soft", "ignore_nesting",
                                           "totaltimeout", "seconds",     nullptr};
    static _PyArg_Parser parser = argument_parser("|Lpppp$O:run", keywords);
    long long timeout = 0;
    int blocks = 0, soft = 0, ignore_nesting = 0, total = 0;
    PyObject* seconds = nullptr;
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &timeout, &blocks, &soft,
                                      &ignore_nesting, &total, &seconds) ||
        !parse_seconds(seconds))
        return false;
    if (timeout < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "run(timeout=...) must be a number of instructions, or 0 for no limit");
        return false;
    }
    options.timeout = timeout;
    options.soft = soft != 0;
    options.ignore_nesting = ignore_nesting != 0;
    options.total = total != 0;
    threadblock = blocks != 0;
    if (options.is_limited() && !eval::can_count) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "run() with a limit: this build was configured with --disable-preemption");
        return false;
    }
    return true;
}

PyObject* run(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    const SwitchPoint at = SwitchPoint::begin();
    RunArguments arguments;
    if (!at || !arguments.parse(args, nargs, kwnames))
        return nullptr;
    return run_tasklets(at, arguments.options, arguments.threadblock);
}

constexpr const char* schedule_doc =
    "schedule($module, /, retval=...)\n--\n\n"
    "Puts the running tasklet at the end of the run queue and goes on in the next one.\n"
    "Returns retval, which is the tasklet itself if it is not given.\n\n"
    "RuntimeError: tasklets cannot be switched here.";
constexpr const char* schedule_remove_doc =
    "schedule_remove($module, /, retval=...)\n--\n\n"
    "As schedule(), but the running tasklet is taken out of the run queue. Returns what its\n"
    "tempval is when it is resumed: retval, or what it has been set to in the meantime.\n\n"
    "RuntimeError: tasklets cannot be switched here.";
constexpr const char* run_doc =
    "run($module, /, timeout=0, threadblock=False, soft=False, ignore_nesting=False,\n"
    "    totaltimeout=False, *, seconds=None)\n--\n\n"
    "Lets the other tasklets run, and returns None when none of them is runnable any more.\n"
    "May be called in any tasklet: of several calls, the last one returns first.\n\n"
    "timeout: a tasklet that runs on for so many instructions without a switch is interrupted,\n"
    "taken out of the run queue and returned; insert() lets it go on. With totaltimeout, the\n"
    "instructions of all tasklets count. seconds: the same after so much time, counted from the\n"
    "call. Both have no effect in a call within a call that has one of them.\n"
    "soft: nothing is interrupted; returns None at the first switch after the limit.\n"
    "ignore_nesting: interrupts a tasklet also while C code is active in it; otherwise that is\n"
    "waited for. An atomic tasklet is never interrupted.\n"
    "threadblock: with nothing runnable, waits for other threads to wake a tasklet of this one,\n"
    "as long as there are any.\n\n"
    "Raises an exception that leaves a tasklet meanwhile (if several calls wait, the last one\n"
    "does; if none does, it is raised in the main tasklet, wherever that waits).\n\n"
    "As Stackless Python 3.8; seconds is new. RuntimeError: tasklets cannot be switched here.\n"
    "ValueError: timeout is negative, or seconds not above 0.";

}  // namespace

PyMethodDef switching_functions[] = {
    {"schedule", as_method(schedule), METH_FASTCALL | METH_KEYWORDS | METH_SCHEDULES, schedule_doc},
    {"schedule_remove", as_method(schedule_remove),
     METH_FASTCALL | METH_KEYWORDS | eval::METH_SWITCHES, schedule_remove_doc},
    {"run", as_method(run), METH_FASTCALL | METH_KEYWORDS | eval::METH_SWITCHES, run_doc},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless
