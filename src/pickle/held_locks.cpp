// The lock of a functools.cached_property, which is held while the function runs.
//
// Locks in general cannot be pickled. But the only trace of this one in a computation is that the frame of
// cached_property.__get__() has its method __exit__ on its stack, for the end of `with`. Its copy has that of the lock
// of the copied property, which is acquired for it: by the thread that loads the pickle.
#include "pickle/held_locks.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "cpython/exposed.hpp"
#include "cpython/interpreter_end.hpp"
#include "eval/generators.hpp"
#include "pickle/errors.hpp"
#include "pickle/generators.hpp"
#include "pickle/values.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless::pickle {

namespace {

/// functools.cached_property. Borrowed, the module keeps it; null with an exception set.
PyTypeObject* cached_property_type() {
    static OfInterpreter<PyTypeObject*> known;
    if (*known == nullptr) {
        const Ref module = Ref::steal(PyImport_ImportModule("functools"));
        const Ref found =
            module ? Ref::steal(PyObject_GetAttrString(module.get(), "cached_property")) : nullptr;
        *known = reinterpret_cast<PyTypeObject*>(found.get());
    }
    return *known;
}

bool is_lock(PyObject* object) {
    return object != nullptr && std::strcmp(Py_TYPE(object)->tp_name, "_thread.RLock") == 0 &&
           Py_TYPE(object)->tp_dealloc != subtype_dealloc;
}

/// The lock of a property. Empty with an exception set.
Ref lock_of(PyObject* property) {
    return Ref::steal(PyObject_GetAttrString(property, "lock"));
}

/// The property whose lock a frame releases by that method in the end. Borrowed, null if it is no such frame.
PyObject* property_of(const Frame* frame, PyObject* method) {
    const PyCodeObject* code = frame->f_code;
    const int size = std::max(frame->stacktop, code->co_nlocalsplus);
    const std::span stack(frame->localsplus + code->co_nlocalsplus, frame->localsplus + size);
    if (std::ranges::find(stack, method) == stack.end() || code->co_nlocalsplus == 0)
        return nullptr;
    PyObject* self = frame->localsplus[0];
    PyTypeObject* type = cached_property_type();
    if (self == nullptr || type == nullptr || !PyObject_TypeCheck(self, type)) {
        PyErr_Clear();
        return nullptr;
    }
    const Ref lock = lock_of(self);
    PyErr_Clear();
    return lock.get() == PyCFunction_GET_SELF(method) ? self : nullptr;
}

const Frame* innermost_of(PyObject* computation) {
    if (PyObject_TypeCheck(computation, &tasklet_type)) {
        Tasklet* tasklet = as_tasklet(computation);
        return tasklet->is_current() ? nullptr : tasklet->fields.frame();
    }
    if (is_generator(computation) &&
        reinterpret_cast<PyGenObject*>(computation)->gi_frame_state < FRAME_COMPLETED)
        return eval::frame_of(reinterpret_cast<PyGenObject*>(computation));
    return PyFrame_Check(computation) ? reinterpret_cast<PyFrameObject*>(computation)->f_frame
                                      : nullptr;
}

PyObject* find_property(PyObject* method, const Pickling& pickling) {
    PyObject* list = pickling.computations;
    for (Py_ssize_t i = 0; list != nullptr && i < PyList_GET_SIZE(list); ++i) {
        const Frame* frame = innermost_of(PyList_GET_ITEM(list, i));
        for (; frame != nullptr; frame = frame->previous) {
            PyObject* property = property_of(frame, method);
            if (property != nullptr)
                return property;
        }
    }
    return nullptr;
}

// load_lock_exit(cached property): acquires its lock, and returns what releases it.
PyObject* load_lock_exit(PyObject*, PyObject* property) {
    PyTypeObject* type = cached_property_type();
    if (type == nullptr || !check_type("load_lock_exit", property, type))
        return nullptr;
    const Ref lock = lock_of(property);
    if (!is_lock(lock.get()))
        return unpickling_error("load_lock_exit(): the property has no lock");
    Ref exit = Ref::steal(PyObject_GetAttrString(lock.get(), "__exit__"));
    const Ref acquired =
        exit ? Ref::steal(PyObject_CallMethod(lock.get(), "acquire", nullptr)) : nullptr;
    return acquired ? exit.release() : nullptr;
}

PyMethodDef functions[] = {
    {"load_lock_exit", load_lock_exit, METH_O,
     "load_lock_exit($module, property, /)\n--\n\n"
     "Acquires the lock of a functools.cached_property whose function runs, for a pickle. Returns "
     "the lock's method __exit__.\n\n"
     "pickle.UnpicklingError: it is no such property."},
    {}};

}  // namespace

PyObject* reduce_lock_exit(PyObject* method, const Pickling& pickling) {
    const auto* function = reinterpret_cast<PyCFunctionObject*>(method);
    if (!is_lock(function->m_self) || std::strcmp(function->m_ml->ml_name, "__exit__") != 0)
        return nullptr;
    PyObject* property = find_property(method, pickling);
    return property == nullptr ? nullptr : reduce_to("load_lock_exit", PyTuple_Pack(1, property));
}

ReducerFamily lock_reducers() {
    return {{}, functions};
}

}  // namespace stackless::pickle
