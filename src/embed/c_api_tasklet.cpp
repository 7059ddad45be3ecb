// PyTasklet_...: see include/stackless/stackless_api.h.
#include "cpython/python.hpp"
#include "embed/methods.hpp"
#include "stackless/stackless_api.h"
#include "tasklet/tasklet.hpp"

using stackless::as_status;
using stackless::Method;
using stackless::Ref;
using stackless::Tasklet;
using stackless::tasklet_methods;
using stackless::tasklet_type;
using stackless::Unwinding;

namespace {

PyObject* object(PyTaskletObject* task) {
    return reinterpret_cast<PyObject*>(task);
}

Tasklet* tasklet(PyTaskletObject* task) {
    return reinterpret_cast<Tasklet*>(task);
}

/// The value of an attribute, whatever a subclass has made of it. New reference.
PyObject* attribute(PyTaskletObject* task, std::string_view name) {
    const PyGetSetDef* found = stackless::tasklet_attributes;
    while (name != found->name) {
        found++;
    }
    return found->get(object(task), nullptr);
}

int number(PyTaskletObject* task, std::string_view name) {
    const Ref value = Ref::steal(attribute(task, name));
    return value ? static_cast<int>(PyLong_AsLong(value.get())) : -1;
}

int throw_at(PyTaskletObject* task, bool pending, PyObject* exc, PyObject* val, PyObject* tb) {
    static const Method method(tasklet_methods, "throw");
    const auto given = [](PyObject* argument) { return argument == nullptr ? Py_None : argument; };
    return as_status(method(Unwinding::no, object(task), exc, given(val), given(tb),
                            pending ? Py_True : Py_False));
}

}  // namespace

PyTaskletObject* PyTasklet_New(PyTypeObject* type, PyObject* func) {
    if (type == nullptr) {
        type = &tasklet_type;
    }
    stackless::Scheduler* scheduler = stackless::ready_scheduler();
    if (scheduler == nullptr)
        return nullptr;
    if (!PyType_IsSubtype(type, &tasklet_type)) {
        PyErr_Format(PyExc_TypeError, "PyTasklet_New() needs a subclass of tasklet, not %s",
                     type->tp_name);
        return nullptr;
    }
    auto made = stackless::new_tasklet(type, scheduler);
    if (!made || !stackless::bind_tasklet(made.get(), func, nullptr, nullptr))
        return nullptr;
    return reinterpret_cast<PyTaskletObject*>(made.release());
}

int PyTasklet_Setup(PyTaskletObject* task, PyObject* args, PyObject* kwds) {
    if (args != nullptr && !PyTuple_Check(args)) {
        PyErr_SetString(PyExc_TypeError, "PyTasklet_Setup() needs a tuple of arguments");
        return -1;
    }
    return stackless::setup_tasklet(tasklet(task), args, kwds) ? 0 : -1;
}

int PyTasklet_BindEx(PyTaskletObject* task, PyObject* func, PyObject* args, PyObject* kwargs) {
    return stackless::bind_tasklet(tasklet(task), func, args, kwargs) ? 0 : -1;
}

int PyTasklet_BindThread(PyTaskletObject* task, unsigned long thread_id) {
    static const Method method(tasklet_methods, "bind_thread");
    const Ref id = Ref::steal(PyLong_FromUnsignedLong(thread_id));
    return id ? as_status(method(Unwinding::no, object(task), id.get())) : -1;
}

static const Method& run_method() {
    static const Method method(tasklet_methods, "run");
    return method;
}

int PyTasklet_Run(PyTaskletObject* task) {
    return as_status(run_method()(Unwinding::no, object(task)));
}

int PyTasklet_Run_nr(PyTaskletObject* task) {
    return as_status(run_method()(Unwinding::yes, object(task)));
}

static const Method& switch_method() {
    static const Method method(tasklet_methods, "switch");
    return method;
}

int PyTasklet_Switch(PyTaskletObject* task) {
    return as_status(switch_method()(Unwinding::no, object(task)));
}

int PyTasklet_Switch_nr(PyTaskletObject* task) {
    return as_status(switch_method()(Unwinding::yes, object(task)));
}

int PyTasklet_Remove(PyTaskletObject* task) {
    static const Method method(tasklet_methods, "remove");
    return as_status(method(Unwinding::no, object(task)));
}

int PyTasklet_Insert(PyTaskletObject* task) {
    static const Method method(tasklet_methods, "insert");
    return as_status(method(Unwinding::no, object(task)));
}

int PyTasklet_RaiseException(PyTaskletObject* self, PyObject* klass, PyObject* args) {
    static const Method method(tasklet_methods, "raise_exception");
    const Ref all = stackless::class_and_arguments(klass, args);
    if (!all)
        return -1;
    return as_status(method.call(Unwinding::no, object(self), _PyTuple_ITEMS(all.get()),
                                 PyTuple_GET_SIZE(all.get())));
}

int PyTasklet_Throw(PyTaskletObject* self, int pending, PyObject* exc, PyObject* val,
                    PyObject* tb) {
    return throw_at(self, pending != 0, exc, val, tb);
}

int PyTasklet_Kill(PyTaskletObject* self) {
    return PyTasklet_KillEx(self, 0);
}

int PyTasklet_KillEx(PyTaskletObject* self, int pending) {
    static const Method method(tasklet_methods, "kill");
    return as_status(method(Unwinding::no, object(self), pending != 0 ? Py_True : Py_False));
}

int PyTasklet_SetAtomic(PyTaskletObject* task, int flag) {
    const bool old = tasklet(task)->atomic;
    tasklet(task)->atomic = flag != 0;
    return old;
}

int PyTasklet_GetAtomic(PyTaskletObject* task) {
    return tasklet(task)->atomic;
}

int PyTasklet_SetIgnoreNesting(PyTaskletObject* task, int flag) {
    const bool old = tasklet(task)->ignore_nesting;
    tasklet(task)->ignore_nesting = flag != 0;
    return old;
}

int PyTasklet_GetIgnoreNesting(PyTaskletObject* task) {
    return tasklet(task)->ignore_nesting;
}

int PyTasklet_GetPendingIrq(PyTaskletObject*) {
    return 0;
}

PyObject* PyTasklet_GetFrame(PyTaskletObject* task) {
    PyObject* frame = attribute(task, "frame");
    if (frame != Py_None)
        return frame;
    Py_DECREF(frame);
    return nullptr;
}

int PyTasklet_GetBlockTrap(PyTaskletObject* task) {
    return tasklet(task)->block_trap;
}

void PyTasklet_SetBlockTrap(PyTaskletObject* task, int value) {
    tasklet(task)->block_trap = value != 0;
}

int PyTasklet_IsMain(PyTaskletObject* task) {
    return tasklet(task)->is_main();
}

int PyTasklet_IsCurrent(PyTaskletObject* task) {
    return tasklet(task)->is_current();
}

int PyTasklet_GetRecursionDepth(PyTaskletObject* task) {
    return number(task, "recursion_depth");
}

int PyTasklet_GetNestingLevel(PyTaskletObject* task) {
    return number(task, "nesting_level");
}

int PyTasklet_Alive(PyTaskletObject* task) {
    return tasklet(task)->is_alive();
}

int PyTasklet_Paused(PyTaskletObject* task) {
    return number(task, "paused");
}

int PyTasklet_Scheduled(PyTaskletObject* task) {
    return tasklet(task)->is_scheduled();
}

int PyTasklet_Restorable(PyTaskletObject* task) {
    return number(task, "restorable");
}
