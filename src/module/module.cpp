#include "module/module.hpp"

#include "cpython/fatal_errors.hpp"
#include "cpython/interpreter_end.hpp"
#include "cpython/ref.hpp"
#include "eval/switching.hpp"
#include "module/atomic.hpp"
#include "module/functions.hpp"
#include "pickle/hook.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/crash_report.hpp"
#include "tasklet/cstate.hpp"
#include "tasklet/exceptions.hpp"
#include "tasklet/greenlets.hpp"
#include "tasklet/python_methods.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/switch_handlers.hpp"

namespace stackless {

namespace {

bool ready_types() {
    for (PyTypeObject* type : {&tasklet_type, &channel_type, &atomic_type, &bomb_type}) {
        if (!ready_type(type))
            return false;
    }
    return true;
}

bool add_types(PyObject* module) {
    for (PyTypeObject* type : {&tasklet_type, &channel_type, &atomic_type, &bomb_type}) {
        if (PyModule_AddType(module, type) < 0)
            return false;
    }
    return PyModule_AddObjectRef(module, "TaskletExit", TaskletExit) == 0;
}

/// When the interpreter ends, while Python code can still run: destructors of what runnable tasklets hold may
/// be such code.
PyObject* at_exit(PyObject*, PyObject*) {
    if (Scheduler* scheduler = Scheduler::of_this_thread()) {
        scheduler->end_tasklets();
    }
    drop_callbacks();
    Py_RETURN_NONE;
}

PyMethodDef pickle_functions[] = {
    {"teach_pickle", pickle::teach_pickle, METH_O, pickle::teach_pickle_doc},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef at_exit_definition = {"drop_tasklets", at_exit, METH_NOARGS, nullptr};

bool register_at_exit() {
    const Ref atexit = Ref::steal(PyImport_ImportModule("atexit"));
    const Ref function = Ref::steal(PyCFunction_New(&at_exit_definition, nullptr));
    if (!atexit || !function)
        return false;
    const Ref done = Ref::steal(PyObject_CallMethod(atexit.get(), "register", "O", function.get()));
    return static_cast<bool>(done);
}

void connect_loop() {
    eval::set_hooks({
        .chain_ended = Scheduler::chain_ended,
        .leave_stack = Scheduler::leave_stack,
        .budget_spent = Scheduler::budget_spent,
        .budget_runs_low = Scheduler::budget_runs_low,
        .keeps_gil = Scheduler::keeps_gil,
    });
    install_switch_handlers();
    set_fatal_error_report(report_tasklets);
}

int exec_module(PyObject* module) {
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "_stackless can be used in the main interpreter only");
        return -1;
    }
    connect_loop();
    if (!read_cstack_options() || !ready_types() || !init_exceptions() || !add_python_methods() ||
        !add_types(module) || PyModule_AddFunctions(module, switching_functions) < 0 ||
        PyModule_AddFunctions(module, other_functions) < 0 ||
        PyModule_AddFunctions(module, cstack_functions) < 0 ||
        PyModule_AddFunctions(module, greenlet_functions) < 0 || !add_cstate_type(module) ||
        PyModule_AddFunctions(module, pickle_functions) < 0 || !pickle::install_hook(module) ||
        !register_at_exit())
        return -1;
    return 0;
}

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(exec_module)},
    {0, nullptr},
};

PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_stackless",
    .m_doc =
        "Tasklets and channels, as far as they are not written in Python: see the package "
        "stackless.",
    .m_slots = slots,
};

}  // namespace

}  // namespace stackless

PyObject* PyInit__stackless() {
    return PyModuleDef_Init(&stackless::definition);
}
