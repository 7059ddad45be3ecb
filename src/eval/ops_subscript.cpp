// container[key]: loading, storing, deleting.
#include <algorithm>

#include "eval/frames.hpp"
#include "eval/handler.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

HANDLER(build_slice);

namespace {

/// list[int], also with an index from the right, which is not specialised: a borrowed reference, or
/// null for anything else.
inline PyObject* list_item(PyObject* container, PyObject* key) {
    if (!PyList_CheckExact(container) || !PyLong_CheckExact(key) || !is_compact_int(key))
        return nullptr;
    const Py_ssize_t size = PyList_GET_SIZE(container);
    const Py_ssize_t index = compact_value(key);
    const Py_ssize_t place = index < 0 ? index + size : index;
    return place >= 0 && place < size ? PyList_GET_ITEM(container, place) : nullptr;
}

}  // namespace

OP(BINARY_SUBSCR) {
    SAVE_IP();
    PyObject* container = sp[-2];
    PyObject* key = sp[-1];
    PyObject* value = list_item(container, key);
    if (value != nullptr) {
        Py_INCREF(value);
    } else {
        value = PyObject_GetItem(container, key);
        if (value == nullptr)
            GOTO(raise);
    }
    sp--;
    sp[-1] = value;
    SKIP_CACHE(BINARY_SUBSCR);
    DROP_TWO_AND_NEXT(key, container);
}

namespace {

/// A bound of a slice that is None or a compact int, as an index into a sequence of `size` items.
/// False for any other bound.
inline bool slice_bound(PyObject* bound, Py_ssize_t size, Py_ssize_t missing, Py_ssize_t* index) {
    if (bound == Py_None) {
        *index = missing;
        return true;
    }
    if (!PyLong_CheckExact(bound) || !is_compact_int(bound))
        return false;
    const Py_ssize_t value = compact_value(bound);
    *index = std::clamp<Py_ssize_t>(value < 0 ? value + size : value, 0, size);
    return true;
}

/// sequence[start:stop] for the builtin sequences; null without an exception for what is left to
/// the type.
PyObject* simple_slice(PyObject* sequence, PyObject* start, PyObject* stop) {
    Py_ssize_t size;
    if (PyList_CheckExact(sequence) || PyTuple_CheckExact(sequence)) {
        size = Py_SIZE(sequence);
    } else if (PyUnicode_CheckExact(sequence)) {
        size = PyUnicode_GET_LENGTH(sequence);
    } else {
        return nullptr;
    }
    Py_ssize_t first, end;
    if (!slice_bound(start, size, 0, &first) || !slice_bound(stop, size, size, &end))
        return nullptr;
    end = std::max(first, end);
    if (PyList_CheckExact(sequence))
        return PyList_GetSlice(sequence, first, end);
    return PyTuple_CheckExact(sequence) ? PyTuple_GetSlice(sequence, first, end)
                                        : PyUnicode_Substring(sequence, first, end);
}

}  // namespace

OP(BUILD_SLICE) {
    // A slice that only goes into the subscription behind it need not become an object.
    SAVE_IP();
    const int next = _PyOpcode_Deopt[_Py_OPCODE(*ip)];
    if (oparg != 2 || next != BINARY_SUBSCR || ts->cframe->use_tracing != 0)
        GOTO(build_slice);
    PyObject* container = sp[-3];
    PyObject* value = simple_slice(container, sp[-2], sp[-1]);
    if (value == nullptr) {
        if (_PyErr_Occurred(ts))
            GOTO(raise);
        GOTO(build_slice);
    }
    sp[-3] = value;
    sp -= 2;
    ip += 1 + INLINE_CACHE_ENTRIES_BINARY_SUBSCR;
    Py_DECREF(sp[0]);
    Py_DECREF(sp[1]);
    DROP_AND_NEXT(container);
}

HANDLER(build_slice) {
    PyObject* step = oparg == 3 ? *--sp : nullptr;
    PyObject* stop = *--sp;
    PyObject* start = sp[-1];
    PyObject* slice = PySlice_New(start, stop, step);
    Py_DECREF(start);
    Py_DECREF(stop);
    Py_XDECREF(step);
    if (slice == nullptr) {
        sp--;
        GOTO(raise);
    }
    sp[-1] = slice;
    NEXT();
}

OP(BINARY_SUBSCR_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(BINARY_SUBSCR);
    if (_Py_Specialize_BinarySubscr(sp[-2], sp[-1], ip - 1) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

OP(BINARY_SUBSCR_LIST_INT) {
    PyObject* list = sp[-2];
    PyObject* key = sp[-1];
    MISS_IF(!PyLong_CheckExact(key) || !PyList_CheckExact(list));
    MISS_IF(!is_plain_index(key));
    const Py_ssize_t index = index_value(key);
    MISS_IF(index >= PyList_GET_SIZE(list));
    sp--;
    sp[-1] = Py_NewRef(PyList_GET_ITEM(list, index));
    SKIP_CACHE(BINARY_SUBSCR);
    DROP_TWO_AND_NEXT(key, list);
}

OP(BINARY_SUBSCR_TUPLE_INT) {
    PyObject* tuple = sp[-2];
    PyObject* key = sp[-1];
    MISS_IF(!PyLong_CheckExact(key) || !PyTuple_CheckExact(tuple));
    MISS_IF(!is_plain_index(key));
    const Py_ssize_t index = index_value(key);
    MISS_IF(index >= PyTuple_GET_SIZE(tuple));
    sp--;
    sp[-1] = Py_NewRef(PyTuple_GET_ITEM(tuple, index));
    SKIP_CACHE(BINARY_SUBSCR);
    DROP_TWO_AND_NEXT(key, tuple);
}

OP(BINARY_SUBSCR_DICT) {
    PyObject* dict = sp[-2];
    PyObject* key = sp[-1];
    MISS_IF(!PyDict_CheckExact(dict));
    SAVE_IP();
    PyObject* value = PyDict_GetItemWithError(dict, key);
    if (value == nullptr) {
        if (!_PyErr_Occurred(ts)) {
            _PyErr_SetKeyError(key);
        }
        GOTO(raise);
    }
    Py_INCREF(value);
    sp--;
    sp[-1] = value;
    Py_DECREF(dict);
    Py_DECREF(key);
    SKIP_CACHE(BINARY_SUBSCR);
    NEXT();
}

OP(BINARY_SUBSCR_GETITEM) {
    // A __getitem__ in Python: its frame goes on top of this one.
    auto* cache = cache_at<_PyBinarySubscrCache>(ip);
    PyObject* container = sp[-2];
    PyTypeObject* type = Py_TYPE(container);
    MISS_IF(type->tp_version_tag != read_u32(cache->type_version));
    auto* getitem = reinterpret_cast<PyFunctionObject*>(
        reinterpret_cast<PyHeapTypeObject*>(type)->_spec_cache.getitem);
    MISS_IF(getitem->func_version != cache->func_version);
    SAVE_IP();
    Frame* callee = push_frame(
        ts, reinterpret_cast<PyFunctionObject*>(Py_NewRef(reinterpret_cast<PyObject*>(getitem))));
    if (callee == nullptr)
        GOTO(raise);
    callee->localsplus[0] = container;
    callee->localsplus[1] = sp[-1];
    for (int i = 2; i < callee->f_code->co_nlocalsplus; i++) {
        callee->localsplus[i] = nullptr;
    }
    sp -= 2;
    SKIP_CACHE(BINARY_SUBSCR);
    ENTER_CALLEE(callee);
}

OP(STORE_SUBSCR) {
    SAVE_IP();
    PyObject* key = sp[-1];
    PyObject* container = sp[-2];
    PyObject* value = sp[-3];
    const int failed = PyObject_SetItem(container, key, value);
    sp -= 3;
    Py_DECREF(value);
    Py_DECREF(container);
    Py_DECREF(key);
    if (failed != 0)
        GOTO(raise);
    SKIP_CACHE(STORE_SUBSCR);
    NEXT();
}

OP(STORE_SUBSCR_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(STORE_SUBSCR);
    if (_Py_Specialize_StoreSubscr(sp[-2], sp[-1], ip - 1) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

OP(STORE_SUBSCR_LIST_INT) {
    PyObject* key = sp[-1];
    PyObject* list = sp[-2];
    MISS_IF(!PyLong_CheckExact(key) || !PyList_CheckExact(list));
    MISS_IF(!is_plain_index(key));
    const Py_ssize_t index = index_value(key);
    MISS_IF(index >= PyList_GET_SIZE(list));
    PyObject* old = PyList_GET_ITEM(list, index);
    PyList_SET_ITEM(list, index, sp[-3]);
    sp -= 3;
    SKIP_CACHE(STORE_SUBSCR);
    DROP(key);
    DROP_TWO_AND_NEXT(old, list);
}

OP(STORE_SUBSCR_DICT) {
    PyObject* dict = sp[-2];
    MISS_IF(!PyDict_CheckExact(dict));
    SAVE_IP();
    PyObject* key = sp[-1];
    PyObject* value = sp[-3];
    sp -= 3;
    const int failed = _PyDict_SetItem_Take2(reinterpret_cast<PyDictObject*>(dict), key, value);
    Py_DECREF(dict);
    if (failed != 0)
        GOTO(raise);
    SKIP_CACHE(STORE_SUBSCR);
    NEXT();
}

OP(DELETE_SUBSCR) {
    SAVE_IP();
    PyObject* key = sp[-1];
    PyObject* container = sp[-2];
    const int failed = PyObject_DelItem(container, key);
    sp -= 2;
    Py_DECREF(container);
    Py_DECREF(key);
    if (failed != 0)
        GOTO(raise);
    NEXT();
}

}  // namespace stackless::eval
