// The linker leads Py_FinalizeEx()'s call of PyInterpreterState_Delete here (--wrap): see
// docs/internals/replaced-functions.md.
#include "cpython/interpreter_end.hpp"

#include "cpython/python.hpp"

extern "C" {
#include <internal/pycore_typeobject.h>
}

namespace stackless {

unsigned long ended_interpreters = 0;

PyObject* keep_for_interpreter(Ref object) {
    PyObject* store = PyInterpreterState_GetDict(PyInterpreterState_Get());
    const Ref key = Ref::steal(object ? PyLong_FromVoidPtr(object.get()) : nullptr);
    return store != nullptr && key && PyDict_SetItem(store, key.get(), object.get()) == 0
               ? object.get()
               : nullptr;
}

namespace {

constexpr int most_types = 32;
PyTypeObject* ready_types[most_types];
int ready_count = 0;

/// What CPython does with its own static types. The modules are gone.
void unready_types(PyObject*) {
    while (ready_count > 0) {
        PyTypeObject* type = ready_types[--ready_count];
        Py_CLEAR(type->tp_subclasses);
        _PyStaticType_Dealloc(type);
    }
}

}  // namespace

bool ready_type(PyTypeObject* type) {
    if ((type->tp_flags & Py_TPFLAGS_READY) != 0)
        return true;
    if (PyType_Ready(type) < 0)
        return false;
    if (ready_count == most_types) {
        Py_FatalError("there are more static types than ready_type() has room for");
    }
    ready_types[ready_count++] = type;
    return ready_count > 1 ||
           keep_for_interpreter(Ref::steal(PyCapsule_New(ready_types, nullptr, unready_types))) !=
               nullptr;
}

namespace {

/// Objects that are left, because a static type or the like refers to them, are in lists that the next interpreter will
/// not know. One that left such a list later would spoil the new lists. CPython sees to that for
/// subinterpreters only.
void untrack_all(struct _gc_runtime_state& state) {
    for (gc_generation& generation : state.generations) {
        PyGC_Head* list = &generation.head;
        for (PyGC_Head* next = _PyGCHead_NEXT(list); next != list; next = _PyGCHead_NEXT(list)) {
            // The object begins behind what the collector keeps in front of it.
            _PyObject_GC_UNTRACK(reinterpret_cast<PyObject*>(next + 1));
        }
    }
}

}  // namespace

}  // namespace stackless

extern "C" void __real_PyInterpreterState_Delete(PyInterpreterState* interpreter);

// Nothing of the interpreter is freed any more.
extern "C" void __wrap_PyInterpreterState_Delete(PyInterpreterState* interpreter) {
    if (interpreter == _PyInterpreterState_Main()) {
        stackless::untrack_all(interpreter->gc);
        stackless::ended_interpreters++;
    }
    __real_PyInterpreterState_Delete(interpreter);
}
