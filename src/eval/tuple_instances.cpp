#include "eval/tuple_instances.hpp"

#include <algorithm>
#include <utility>

#include "cpython/exposed.hpp"
#include "cpython/gc_objects.hpp"
#include "cpython/kept_blocks.hpp"
#include "eval/destruction.hpp"

namespace stackless::eval {

namespace {

/// Whether instances consist of a tuple, and perhaps a place for a dictionary behind it.
bool has_plain_layout(const PyTypeObject* type) {
    if ((type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0 || type->tp_weaklistoffset != 0 ||
        type->tp_alloc != PyType_GenericAlloc || type->tp_free != PyObject_GC_Del)
        return false;
    while (type->tp_dealloc == subtype_dealloc) {
        type = type->tp_base;
    }
    return type == &PyTuple_Type;
}

/// With the header for the garbage collector.
size_t whole_size(PyTypeObject* type, Py_ssize_t count) {
    return sizeof(PyGC_Head) + _PyObject_VAR_SIZE(type, count + 1);
}

void copy_items(PyObject** to, PyObject* items) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
        to[i] = Py_NewRef(PyTuple_GET_ITEM(items, i));
    }
}

PyObject* allocate_and_fill(PyTypeObject* type, PyObject* items) {
    PyObject* tuple = type->tp_alloc(type, PyTuple_GET_SIZE(items));
    if (tuple != nullptr) {
        copy_items(_PyTuple_ITEMS(tuple), items);
    }
    return tuple;
}

}  // namespace

PyObject* new_tuple_instance(PyThreadState* ts, PyTypeObject* type, PyObject* items) {
    if (!has_plain_layout(type))
        return allocate_and_fill(type, items);
    const Py_ssize_t count = Py_SIZE(items);
    const size_t size = whole_size(type, count);
    auto* head = static_cast<PyGC_Head*>(object_blocks.take(size));
    if (head == nullptr) [[unlikely]]
        return PyErr_NoMemory();
    auto* object = reinterpret_cast<PyObject*>(head + 1);
    count_for_collector(ts->interp, object);
    init_object(object, type);
    Py_SET_SIZE(object, count);
    copy_items(_PyTuple_ITEMS(object), items);
    std::fill(_PyTuple_ITEMS(object) + count,
              reinterpret_cast<PyObject**>(reinterpret_cast<char*>(head) + size), nullptr);
    _PyObject_GC_TRACK(object);
    return object;
}

bool destroy_tuple_instance(PyThreadState* ts, PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    if (type->tp_finalize != nullptr || type->tp_del != nullptr || !has_plain_layout(type) ||
        ts->trash_delete_nesting >= deepest_destruction)
        return false;
    ts->trash_delete_nesting++;
    untrack(object);
    if (type->tp_dictoffset != 0) {
        PyObject** dict = _PyObject_DictPointer(object);
        drop_value(ts, std::exchange(*dict, nullptr));
    }
    const Py_ssize_t count = Py_SIZE(object);
    for (Py_ssize_t i = count; i > 0; i--) {
        drop_value(ts, PyTuple_GET_ITEM(object, i - 1));
    }
    uncount_for_collector(ts->interp);
    object_blocks.give_back(_Py_AS_GC(object), whole_size(type, count));
    Py_DECREF(type);
    end_destruction(ts);
    return true;
}

}  // namespace stackless::eval
