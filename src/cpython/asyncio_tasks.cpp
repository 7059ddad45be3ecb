#include "cpython/asyncio_tasks.hpp"

#include <cstring>

#include "cpython/interpreter_end.hpp"
#include "cpython/ref.hpp"

namespace stackless {

namespace {

/// What is known of _asyncio, an extension of the kind that is loaded once.
struct AsyncioFacts {
    PyTypeObject* step;
    PyTypeObject* task;
    PyTypeObject* future;
    PyObject* current_tasks;
    PyObject* cancelled_error;
    bool is_unknown;  // its layout is another one
};
OfInterpreter<AsyncioFacts> known;

/// Whether an attribute of an object is what a field of its struct holds. None is null.
bool attribute_is(PyObject* object, const char* name, PyObject* field) {
    const Ref value = Ref::steal(PyObject_GetAttrString(object, name));
    return value && (value.get() == field || (value.get() == Py_None && field == nullptr));
}

bool has_known_layout(PyTypeObject* task_type, PyObject* object) {
    auto* task = reinterpret_cast<AsyncioTask*>(object);
    if (task_type->tp_basicsize != sizeof(AsyncioTask) ||
        task_type->tp_dictoffset != offsetof(AsyncioFuture, dict))
        return false;
    return attribute_is(object, "_coro", task->coroutine) &&
           attribute_is(object, "_loop", task->future.loop) &&
           attribute_is(object, "_fut_waiter", task->waits_for) &&
           attribute_is(object, "_exception", task->future.exception) &&
           attribute_is(object, "_must_cancel", task->must_cancel != 0 ? Py_True : Py_False);
}

/// Finds the types, given a step of a task.
bool learn(PyTypeObject* step_type, PyObject* task) {
    const Ref module =
        Ref::steal(PyImport_GetModule(Ref::steal(PyUnicode_FromString("_asyncio")).get()));
    const Ref exceptions = Ref::steal(
        PyImport_GetModule(Ref::steal(PyUnicode_FromString("asyncio.exceptions")).get()));
    if (!module || !exceptions)
        return false;
    Ref task_type = Ref::steal(PyObject_GetAttrString(module.get(), "Task"));
    Ref future_type = Ref::steal(PyObject_GetAttrString(module.get(), "Future"));
    Ref current_tasks = Ref::steal(PyObject_GetAttrString(module.get(), "_current_tasks"));
    Ref cancelled = Ref::steal(PyObject_GetAttrString(exceptions.get(), "CancelledError"));
    if (!task_type || !future_type || !current_tasks || !cancelled ||
        !PyDict_CheckExact(current_tasks.get()) || !PyType_Check(future_type.get()) ||
        Py_TYPE(task) != reinterpret_cast<PyTypeObject*>(task_type.get()) ||
        !has_known_layout(Py_TYPE(task), task))
        return false;
    known->step = step_type;
    known->task = reinterpret_cast<PyTypeObject*>(task_type.get());
    known->future = reinterpret_cast<PyTypeObject*>(future_type.get());
    known->current_tasks = current_tasks.get();
    known->cancelled_error = cancelled.get();
    return keep_for_interpreter(std::move(task_type)) != nullptr &&
           keep_for_interpreter(std::move(future_type)) != nullptr &&
           keep_for_interpreter(std::move(current_tasks)) != nullptr &&
           keep_for_interpreter(std::move(cancelled)) != nullptr;
}

/// Looks at the first callable that may be the step of a task.
void look_at(PyObject* callable) {
    PyTypeObject* type = Py_TYPE(callable);
    if (known->is_unknown || std::strcmp(type->tp_name, "TaskStepMethWrapper") != 0 ||
        type->tp_basicsize != sizeof(AsyncioStep))
        return;
    PyObject *error_type, *error, *traceback;
    PyErr_Fetch(&error_type, &error, &traceback);
    known->is_unknown =
        !learn(type, reinterpret_cast<PyObject*>(reinterpret_cast<AsyncioStep*>(callable)->task));
    PyErr_Restore(error_type, error, traceback);
}

bool is_wakeup(PyObject* callable) {
    if (!Py_IS_TYPE(callable, &PyCFunction_Type))
        return false;
    const PyMethodDef* method = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
    PyObject* self = PyCFunction_GET_SELF(callable);
    return self != nullptr && Py_IS_TYPE(self, known->task) && method->ml_flags == METH_O &&
           std::strcmp(method->ml_name, "task_wakeup") == 0;
}

bool can_be_stepped(const AsyncioTask* task) {
    PyObject* coroutine = task->coroutine;
    return task->future.state == AsyncioFuture::pending && coroutine != nullptr &&
           (PyCoro_CheckExact(coroutine) || PyGen_CheckExact(coroutine));
}

}  // namespace

AsyncioCall asyncio_call(PyObject* callable, PyObject* const*, Py_ssize_t count) {
    if (known->step == nullptr) [[unlikely]] {
        look_at(callable);
        if (known->step == nullptr)
            return AsyncioCall::other;
    }
    AsyncioCall call = AsyncioCall::other;
    if (Py_IS_TYPE(callable, known->step)) {
        call = count == 0 ? AsyncioCall::step : AsyncioCall::other;
    } else if (count == 1 && is_wakeup(callable)) {
        call = AsyncioCall::wakeup;
    }
    if (call == AsyncioCall::other)
        return call;
    AsyncioTask* task = asyncio_task(callable, call);
    return Py_IS_TYPE(reinterpret_cast<PyObject*>(task), known->task) && can_be_stepped(task)
               ? call
               : AsyncioCall::other;
}

AsyncioTask* asyncio_task(PyObject* callable, AsyncioCall call) {
    return call == AsyncioCall::step
               ? reinterpret_cast<AsyncioStep*>(callable)->task
               : reinterpret_cast<AsyncioTask*>(PyCFunction_GET_SELF(callable));
}

bool is_asyncio_future(PyObject* object) {
    return Py_IS_TYPE(object, known->future) || Py_IS_TYPE(object, known->task);
}

bool is_asyncio_task(PyObject* object) {
    return known->task != nullptr && Py_IS_TYPE(object, known->task);
}

bool is_asyncio_step(PyObject* object) {
    return known->step != nullptr && Py_IS_TYPE(object, known->step);
}

PyObject* asyncio_cancelled_error() {
    return known->cancelled_error;
}

PyObject* asyncio_current_tasks() {
    return known->current_tasks;
}

PyObject* new_asyncio_step(AsyncioTask* task) {
    auto* step = PyObject_GC_New(AsyncioStep, known->step);
    if (step == nullptr)
        return nullptr;
    Py_INCREF(task);
    step->task = task;
    step->error = nullptr;
    auto* object = reinterpret_cast<PyObject*>(step);
    PyObject_GC_Track(object);
    return object;
}

}  // namespace stackless
