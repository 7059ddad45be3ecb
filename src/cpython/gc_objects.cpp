// What libpython makes for the garbage collector to know takes its memory out of blocks that are kept: see
// docs/internals/replaced-functions.md.
#include "cpython/gc_objects.hpp"

#include "cpython/exposed.hpp"
#include "cpython/kept_blocks.hpp"

namespace stackless {

namespace {

/// Whether objects of a type have nothing but the garbage collector's header before them, and all the same size.
inline bool has_plain_objects(const PyTypeObject* type) {
    return type->tp_itemsize == 0 &&
           (type->tp_flags & (Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_MANAGED_DICT)) == 0;
}

inline size_t whole_size(const PyTypeObject* type) {
    return sizeof(PyGC_Head) + static_cast<size_t>(type->tp_basicsize);
}

/// Null if there is no memory kept for it, or the collector is to run first, or somebody else allocates objects: that may
/// count them, or refuse.
inline PyObject* object_at_once(PyTypeObject* type) {
    struct gc_generation& youngest = _PyInterpreterState_GET()->gc.generations[0];
    if (!has_plain_objects(type) || youngest.count >= youngest.threshold ||
        _PyObject.malloc != _PyObject_Malloc)
        return nullptr;
    auto* head = static_cast<PyGC_Head*>(object_blocks.take_kept(whole_size(type)));
    if (head == nullptr)
        return nullptr;
    youngest.count++;
    *head = PyGC_Head{};
    auto* object = reinterpret_cast<PyObject*>(head + 1);
    object->ob_type = type;
    object->ob_refcnt = 1;
    return object;
}

}  // namespace

}  // namespace stackless

extern "C" PyObject* __real__PyObject_GC_New(PyTypeObject* type);
extern "C" void __real_PyObject_GC_Del(void* object);

extern "C" PyObject* __wrap__PyObject_GC_New(PyTypeObject* type) {
    PyObject* object = stackless::object_at_once(type);
    return object != nullptr ? object : __real__PyObject_GC_New(type);
}

extern "C" void __wrap_PyObject_GC_Del(void* memory) {
    using namespace stackless;
    auto* object = static_cast<PyObject*>(memory);
    const PyTypeObject* type = Py_TYPE(object);
    if (!has_plain_objects(type))
        return __real_PyObject_GC_Del(memory);
    untrack(object);
    uncount_for_collector(_PyInterpreterState_GET());
    object_blocks.give_back(_Py_AS_GC(object), whole_size(type));
}
