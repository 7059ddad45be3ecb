#include "tasklet/cstate.hpp"

#include "cpython/ref.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

PyTypeObject* cstate_type = nullptr;

PyStructSequence_Field fields[] = {
    {"task", "The tasklet."},
    {"startaddr", "The address that the stack grows down from."},
    {"size", "How large the stack may get, in bytes."},
    {"used", "How much of it is in use, in bytes."},
    {nullptr, nullptr},
};

PyStructSequence_Desc description = {
    .name = "stackless.cstate",
    .doc = "The C stack that a tasklet holds, at the time of asking.",
    .fields = fields,
    .n_in_sequence = 4,
};

/// The stack that a tasklet holds, or null.
cstack::Stack* stack_of(const Tasklet* tasklet) {
    if (tasklet->parked != nullptr)
        return tasklet->parked->stack();
    const Scheduler* scheduler = tasklet->scheduler;
    const bool holds =
        tasklet->is_current() && (tasklet->is_main() || scheduler->nesting_level(tasklet) != 0);
    return holds ? scheduler->running_stack() : nullptr;
}

/// Where the stack has got to.
uintptr_t innermost_address(const Tasklet* tasklet, const cstack::Stack* stack) {
    if (tasklet->parked != nullptr)
        return reinterpret_cast<uintptr_t>(stack->context());
    return reinterpret_cast<uintptr_t>(tasklet->scheduler->thread()->cframe);
}

}  // namespace

bool add_cstate_type(PyObject* module) {
    if (cstate_type == nullptr) {
        cstate_type = PyStructSequence_NewType(&description);
    }
    return cstate_type != nullptr && PyModule_AddType(module, cstate_type) == 0;
}

PyObject* cstate_of(Tasklet* tasklet) {
    const cstack::Stack* stack = stack_of(tasklet);
    if (stack == nullptr)
        Py_RETURN_NONE;
    Ref state = Ref::steal(PyStructSequence_New(cstate_type));
    if (!state)
        return nullptr;
    const uintptr_t high = stack->bounds().high;
    PyStructSequence_SET_ITEM(state.get(), 0, Py_NewRef(tasklet->object()));
    PyStructSequence_SET_ITEM(state.get(), 1, PyLong_FromSize_t(high));
    PyStructSequence_SET_ITEM(state.get(), 2, PyLong_FromSize_t(stack->size()));
    PyStructSequence_SET_ITEM(state.get(), 3,
                              PyLong_FromSize_t(high - innermost_address(tasklet, stack)));
    return PyErr_Occurred() ? nullptr : state.release();
}

}  // namespace stackless
