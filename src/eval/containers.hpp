// Tuples and lists without calls of libpython, out of the ones that it keeps for reuse: making and dropping a pair takes
// half the time.
#pragma once

#include "cpython/ints.hpp"
#include "cpython/kept_blocks.hpp"
#include "cpython/python.hpp"
#include "eval/destruction.hpp"

namespace stackless::eval {

/// Shows a new object to the garbage collector.
inline void track(PyThreadState* ts, PyObject* object) {
    PyGC_Head* head = _Py_AS_GC(object);
    PyGC_Head* youngest = ts->interp->gc.generation0;
    auto* last = reinterpret_cast<PyGC_Head*>(youngest->_gc_prev);
    _PyGCHead_SET_NEXT(last, head);
    _PyGCHead_SET_PREV(head, last);
    _PyGCHead_SET_NEXT(head, youngest);
    youngest->_gc_prev = reinterpret_cast<uintptr_t>(head);
}

/// A tuple whose items are to be filled and which is then to be tracked; null if there is none of that size.
inline PyObject* reuse_tuple(PyThreadState* ts, Py_ssize_t size) {
    struct _Py_tuple_state& tuples = ts->interp->tuple;
    const size_t list = static_cast<size_t>(size) - 1;
    if (list >= PyTuple_NFREELISTS || !may_reuse_objects()) [[unlikely]]
        return nullptr;
    PyTupleObject* tuple = tuples.free_list[list];
    if (tuple == nullptr) [[unlikely]]
        return nullptr;
    tuples.free_list[list] = reinterpret_cast<PyTupleObject*>(tuple->ob_item[0]);
    tuples.numfree[list]--;
    auto* object = reinterpret_cast<PyObject*>(tuple);
    object->ob_refcnt = 1;
    return object;
}

/// Keeps an exact tuple, which is not tracked and whose items are dropped or moved; false if there are enough of its size.
inline bool keep_tuple(PyThreadState* ts, PyObject* object) {
    struct _Py_tuple_state& tuples = ts->interp->tuple;
    const size_t list = static_cast<size_t>(Py_SIZE(object)) - 1;
    if (list >= PyTuple_NFREELISTS || tuples.numfree[list] >= PyTuple_MAXFREELIST) [[unlikely]]
        return false;
    auto* tuple = reinterpret_cast<PyTupleObject*>(object);
    tuple->ob_item[0] = reinterpret_cast<PyObject*>(tuples.free_list[list]);
    tuples.free_list[list] = tuple;
    tuples.numfree[list]++;
    return true;
}

/// An empty list that is not tracked yet; null if there is none.
inline PyListObject* reuse_list(PyThreadState* ts) {
    struct _Py_list_state& lists = ts->interp->list;
    if (lists.numfree == 0 || !may_reuse_objects()) [[unlikely]]
        return nullptr;
    PyListObject* list = lists.free_list[--lists.numfree];
    list->ob_base.ob_base.ob_refcnt = 1;
    list->ob_base.ob_size = 0;
    list->ob_item = nullptr;
    list->allocated = 0;
    return list;
}

/// A list of so many items, which the caller fills before it does anything else. New reference; null with MemoryError set.
inline PyObject* new_list(PyThreadState* ts, Py_ssize_t size) {
    PyListObject* list = reuse_list(ts);
    if (list == nullptr) [[unlikely]]
        return PyList_New(size);
    auto* object = reinterpret_cast<PyObject*>(list);
    track(ts, object);
    if (size == 0)
        return object;
    list->ob_item =
        static_cast<PyObject**>(memory_blocks.take(static_cast<size_t>(size) * sizeof(PyObject*)));
    if (list->ob_item == nullptr) [[unlikely]] {
        Py_DECREF(object);
        return PyErr_NoMemory();
    }
    list->ob_base.ob_size = size;
    list->allocated = size;
    return object;
}

/// Appends to a list that has no room left. As append_value().
bool append_and_grow(PyListObject* list, PyObject* value);

/// Appends a value, whose reference it takes over, to a list. False with MemoryError set.
inline bool append_value(PyObject* object, PyObject* value) {
    auto* list = reinterpret_cast<PyListObject*>(object);
    const Py_ssize_t size = Py_SIZE(object);
    if (size >= list->allocated) [[unlikely]]
        return append_and_grow(list, value);
    list->ob_item[size] = value;
    Py_SET_SIZE(object, size + 1);
    return true;
}

/// Makes tuples and lists be destroyed here, also those that libpython drops, and lists grow here. To be called before
/// Python is initialised; once is enough.
void adapt_containers();

}  // namespace stackless::eval
