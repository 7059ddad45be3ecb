#include "eval/containers.hpp"

#include <algorithm>

#include "cpython/method_tables.hpp"

namespace stackless::eval {

// A list of a few items that are appended takes half the time.
bool append_and_grow(PyListObject* list, PyObject* value) {
    // The sizes that CPython's lists grow to: 4, 8, 16, 24 ...
    const auto size = static_cast<size_t>(Py_SIZE(list)) + 1;
    const size_t capacity = (size + (size >> 3) + 6) & ~size_t{3};
    auto** items = static_cast<PyObject**>(memory_blocks.take_kept(capacity * sizeof(PyObject*)));
    if (items == nullptr)
        return _PyList_AppendTakeRefListResize(list, value) == 0;
    if (list->ob_item != nullptr) {
        std::copy_n(list->ob_item, size - 1, items);
        memory_blocks.give_back(list->ob_item,
                                static_cast<size_t>(list->allocated) * sizeof(PyObject*));
    }
    items[size - 1] = value;
    list->ob_item = items;
    list->allocated = static_cast<Py_ssize_t>(capacity);
    Py_SET_SIZE(list, static_cast<Py_ssize_t>(size));
    return true;
}

#ifdef Py_REF_DEBUG

void adapt_containers() {}

#else

namespace {

destructor stock_tuple_dealloc = nullptr;

void drop_items(PyThreadState* ts, PyObject** items, Py_ssize_t count) {
    while (count > 0) {
        drop_value(ts, items[--count]);
    }
}

// An object of a subclass is put aside by its own destructor, which has called this one.

void dealloc_tuple(PyObject* object) {
    if (Py_SIZE(object) == 0) [[unlikely]]
        return stock_tuple_dealloc(object);
    PyThreadState* ts = _PyThreadState_GET();
    untrack(object);
    PyObject** items = reinterpret_cast<PyTupleObject*>(object)->ob_item;
    if (!PyTuple_CheckExact(object)) {
        drop_items(ts, items, Py_SIZE(object));
        return Py_TYPE(object)->tp_free(object);
    }
    if (!begin_destruction(ts, object))
        return;
    drop_items(ts, items, Py_SIZE(object));
    if (!keep_tuple(ts, object)) {
        PyObject_GC_Del(object);
    }
    end_destruction(ts);
}

void drop_list_items(PyThreadState* ts, PyListObject* list) {
    if (list->ob_item == nullptr)
        return;
    drop_items(ts, list->ob_item, Py_SIZE(list));
    memory_blocks.give_back(list->ob_item,
                            static_cast<size_t>(list->allocated) * sizeof(PyObject*));
}

void dealloc_list(PyObject* object) {
    PyThreadState* ts = _PyThreadState_GET();
    untrack(object);
    auto* list = reinterpret_cast<PyListObject*>(object);
    if (!PyList_CheckExact(object)) {
        drop_list_items(ts, list);
        return Py_TYPE(object)->tp_free(object);
    }
    if (!begin_destruction(ts, object))
        return;
    drop_list_items(ts, list);
    struct _Py_list_state& lists = ts->interp->list;
    if (lists.numfree < PyList_MAXFREELIST) {
        lists.free_list[lists.numfree++] = list;
    } else {
        PyObject_GC_Del(object);
    }
    end_destruction(ts);
}

PyObject* append(PyObject* list, PyObject* value) {
    return append_value(list, Py_NewRef(value)) ? Py_NewRef(Py_None) : nullptr;
}

}  // namespace

void adapt_containers() {
    if (stock_tuple_dealloc != nullptr)
        return;
    stock_tuple_dealloc = PyTuple_Type.tp_dealloc;
    PyTuple_Type.tp_dealloc = dealloc_tuple;
    PyList_Type.tp_dealloc = dealloc_list;
    find_method(PyList_Type.tp_methods, "append")->ml_meth = append;
}

#endif

}  // namespace stackless::eval
