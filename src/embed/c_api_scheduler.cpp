// PyStackless_...: see include/stackless/stackless_api.h.
#include "cpython/interpreter_end.hpp"
#include "cpython/python.hpp"
#include "embed/methods.hpp"
#include "eval/switching.hpp"
#include "module/functions.hpp"
#include "stackless/stackless_api.h"
#include "tasklet/callbacks.hpp"

using stackless::callbacks;
using stackless::Method;
using stackless::Ref;
using stackless::switching_functions;
using stackless::Unwinding;

PyUnwindObject* Py_UnwindToken = reinterpret_cast<PyUnwindObject*>(stackless::eval::unwind_token());

namespace {

PyObject* schedule(Unwinding unwinding, PyObject* retval, bool remove) {
    static const Method schedule_function(switching_functions, "schedule");
    static const Method remove_function(switching_functions, "schedule_remove");
    return (remove ? remove_function : schedule_function)(unwinding, nullptr, retval);
}

int set_callback(PyObject*& callback, PyObject* callable, const char* what) {
    if (callable == Py_None) {
        callable = nullptr;
    }
    if (callable != nullptr && PyCallable_Check(callable) == 0) {
        PyErr_Format(PyExc_TypeError, "%s must be callable, or NULL for none, not %s", what,
                     Py_TYPE(callable)->tp_name);
        return -1;
    }
    Py_XSETREF(callback, Py_XNewRef(callable));
    return 0;
}

/// The arguments that a format makes: a tuple, whatever it makes.
Ref build_arguments(const char* format, va_list values) {
    if (format == nullptr || *format == '\0')
        return Ref::steal(PyTuple_New(0));
    const Ref built = Ref::steal(Py_VaBuildValue(format, values));
    if (!built || PyTuple_Check(built.get()))
        return built;
    return Ref::steal(PyTuple_Pack(1, built.get()));
}

}  // namespace

int _PyStackless_TakeUnwinding() {
    return stackless::eval::take_soft_call(PyThreadState_Get());
}

void _PyStackless_AllowUnwinding(int may) {
    if (may != 0) {
        stackless::eval::allow_soft_call(PyThreadState_Get());
    }
}

PyObject* PyStackless_Schedule(PyObject* retval, int remove) {
    return schedule(Unwinding::no, retval, remove != 0);
}

PyObject* PyStackless_Schedule_nr(PyObject* retval, int remove) {
    return schedule(Unwinding::yes, retval, remove != 0);
}

int PyStackless_GetRunCount() {
    const stackless::Scheduler* scheduler = stackless::ready_scheduler();
    return scheduler == nullptr ? -1 : scheduler->run_queue.size();
}

PyObject* PyStackless_GetCurrent() {
    const stackless::Scheduler* scheduler = stackless::ready_scheduler();
    return scheduler == nullptr ? nullptr : Py_NewRef(scheduler->current()->object());
}

unsigned long PyStackless_GetCurrentId() {
    const stackless::Scheduler* scheduler = stackless::Scheduler::if_used();
    const stackless::Tasklet* current = scheduler == nullptr ? nullptr : scheduler->current();
    if (current == nullptr || current == scheduler->main())
        return PyThread_get_thread_ident();
    return reinterpret_cast<unsigned long>(current);
}

PyObject* PyStackless_RunWatchdog(long timeout) {
    return PyStackless_RunWatchdogEx(timeout, 0);
}

PyObject* PyStackless_RunWatchdogEx(long timeout, int flags) {
    static const Method run(switching_functions, "run");
    const auto flag = [flags](int bit) { return (flags & bit) != 0 ? Py_True : Py_False; };
    const Ref instructions = Ref::steal(PyLong_FromLong(timeout));
    if (!instructions)
        return nullptr;
    PyObject* const args[] = {
        instructions.get(),
        flag(Py_WATCHDOG_THREADBLOCK),
        flag(PY_WATCHDOG_SOFT),
        flag(PY_WATCHDOG_IGNORE_NESTING),
        flag(PY_WATCHDOG_TOTALTIMEOUT),
    };
    return run.call(Unwinding::no, nullptr, args, std::size(args));
}

int PyStackless_SetChannelCallback(PyObject* callable) {
    return set_callback(callbacks.channel, callable, "the channel callback");
}

int PyStackless_SetScheduleCallback(PyObject* callable) {
    return set_callback(callbacks.schedule, callable, "the schedule callback");
}

void PyStackless_SetScheduleFastcallback(slp_schedule_hook_func* func) {
    callbacks.schedule_hook =
        reinterpret_cast<int (*)(stackless::Tasklet*, stackless::Tasklet*)>(func);
}

PyObject* PyStackless_Call_Main(PyObject* func, PyObject* args, PyObject* kwds) {
    if (stackless::ready_scheduler() == nullptr)
        return nullptr;
    stackless::eval::take_soft_call(PyThreadState_Get());
    const Ref all = args == nullptr ? Ref::steal(PyTuple_New(0)) : Ref::borrow(args);
    return all ? PyObject_Call(func, all.get(), kwds) : nullptr;
}

/// Calls `callable`, to which it takes over the reference, with the arguments that a format makes. Null: an exception
/// is set.
static PyObject* call_main(PyObject* callable, const char* format, va_list values) {
    const Ref function = Ref::steal(callable);
    const Ref args = function ? build_arguments(format, values) : Ref();
    return args ? PyStackless_Call_Main(function.get(), args.get(), nullptr) : nullptr;
}

PyObject* PyStackless_CallMethod_Main(PyObject* o, const char* name, const char* format, ...) {
    va_list values;
    va_start(values, format);
    PyObject* result = call_main(PyObject_GetAttrString(o, name), format, values);
    va_end(values);
    return result;
}

PyObject* PyStackless_CallCMethod_Main(PyMethodDef* meth, PyObject* self, const char* format, ...) {
    va_list values;
    va_start(values, format);
    PyObject* result = call_main(PyCFunction_New(meth, self), format, values);
    va_end(values);
    return result;
}

PyTypeObject PyStacklessFunctionDeclaration_Type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "stackless.FunctionDeclaration";
    type.tp_basicsize = sizeof(PyStacklessFunctionDeclarationObject);
    type.tp_flags = Py_TPFLAGS_DEFAULT;
    type.tp_doc =
        "A function in C that a module declares with PyStackless_InitFunctionDeclaration().";
    return type;
}();

int PyStackless_InitFunctionDeclaration(PyStacklessFunctionDeclarationObject* sfd, PyObject* module,
                                        PyModuleDef* module_def) {
    if (sfd->sfunc == nullptr || sfd->name == nullptr) {
        PyErr_SetString(PyExc_SystemError, "a function declaration needs a function and a name");
        return -1;
    }
    if (!stackless::ready_type(&PyStacklessFunctionDeclaration_Type))
        return -1;
    Py_SET_TYPE(reinterpret_cast<PyObject*>(sfd), &PyStacklessFunctionDeclaration_Type);
    if (sfd->module_name == nullptr) {
        sfd->module_name = module_def->m_name;
    }
    return PyModule_AddObjectRef(module, sfd->name, reinterpret_cast<PyObject*>(sfd));
}

PyObject* PyStackless_CallFunction(PyStacklessFunctionDeclarationObject* sfd, PyObject* arg,
                                   PyObject* ob1, PyObject* ob2, PyObject* ob3, long n, void* any) {
    if (stackless::ready_scheduler() == nullptr)
        return nullptr;
    stackless::eval::take_soft_call(PyThreadState_Get());
    long step = 0;
    return sfd->sfunc(arg == nullptr ? Py_None : arg, &step, &ob1, &ob2, &ob3, &n, &any);
}
