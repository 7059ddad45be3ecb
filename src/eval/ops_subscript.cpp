// container[key]: loading, storing, deleting.
#include <algorithm>

#include "cpython/first_probe.hpp"
#include "eval/conversions.hpp"
#include "eval/frames.hpp"
#include "eval/handler.hpp"
#include "eval/items.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(build_slice);
HANDLER(search_in_dict);
HANDLER(subscript_any);
HANDLER(subscript_by_method);
HANDLER(subscript_slowly);
HANDLER(subscript_of_dict);
HANDLER(subscript_of_list);
HANDLER(subscript_of_class);
HANDLER(subscript_in_c);
HANDLER(subscript_by_index);
HANDLER(store_by_method);
HANDLER(store_slowly);
HANDLER(store_by_index);
HANDLER(store_in_c);
HANDLER(delete_by_method);
HANDLER(delete_slowly);
HANDLER(delete_by_index);

namespace {

inline bool is_heap_type(PyObject* type) {
    return PyType_HasFeature(reinterpret_cast<PyTypeObject*>(type), Py_TPFLAGS_HEAPTYPE);
}

/// Whether a key is worth a look at where its numbers come from.
inline bool may_need_index(PyObject* key) {
    return is_of_heap_type(key) || PySlice_Check(key);
}

/// Whether reading items of a container begins with making an int of the key, or ints of a slice.
bool loads_by_index(PyObject* container) {
    const PyTypeObject* type = Py_TYPE(container);
    if (type->tp_as_mapping != nullptr && type->tp_as_mapping->mp_subscript != nullptr) {
        const binaryfunc subscript = type->tp_as_mapping->mp_subscript;
        for (const PyTypeObject* known : {&PyList_Type, &PyTuple_Type, &PyUnicode_Type,
                                          &PyBytes_Type, &PyByteArray_Type, &PyRange_Type}) {
            if (subscript == known->tp_as_mapping->mp_subscript)
                return true;
        }
        return false;
    }
    return type->tp_as_sequence != nullptr && type->tp_as_sequence->sq_item != nullptr;
}

/// The same for setting and deleting them. A bytearray asks a slice again after it has looked at the new values.
bool stores_by_index(PyObject* container, PyObject* key) {
    const PyTypeObject* type = Py_TYPE(container);
    if (type->tp_as_mapping != nullptr && type->tp_as_mapping->mp_ass_subscript != nullptr) {
        const objobjargproc store = type->tp_as_mapping->mp_ass_subscript;
        return store == PyList_Type.tp_as_mapping->mp_ass_subscript ||
               (store == PyByteArray_Type.tp_as_mapping->mp_ass_subscript && !PySlice_Check(key));
    }
    return type->tp_as_sequence != nullptr && type->tp_as_sequence->sq_ass_item != nullptr;
}

/// Whether `container[key] = value` replaces a part of a list by what code in Python produces.
bool replaces_by_iteration(PyThreadState* ts, PyObject* container, PyObject* key, PyObject* value) {
    return PySlice_Check(key) && PyList_Check(container) && !PyList_CheckExact(value) &&
           !PyTuple_CheckExact(value) &&
           Py_TYPE(container)->tp_as_mapping->mp_ass_subscript ==
               PyList_Type.tp_as_mapping->mp_ass_subscript &&
           is_iterated_in_python(ts, value);
}

}  // namespace

OP(BINARY_SUBSCR) {
    PyObject* container = sp[-2];
    PyObject* key = sp[-1];
    if (!PyLong_CheckExact(key) || !is_compact_int(key))
        GOTO(subscript_any);
    PyObject* value = item_of(container, key);
    if (value == nullptr)
        GOTO(subscript_any);
    Py_INCREF(value);
    sp--;
    sp[-1] = value;
    SKIP_CACHE(BINARY_SUBSCR);
    DROP_TWO_AND_NEXT(key, container);
}

HANDLER(subscript_any) {
    SAVE_IP();
    PyObject* container = sp[-2];
    const PyMappingMethods* slots = Py_TYPE(container)->tp_as_mapping;
    if (slots == nullptr || slots->mp_subscript == nullptr) {
        if (PyType_Check(container))
            GOTO(subscript_of_class);
        GOTO(subscript_in_c);
    }
    if (slots->mp_subscript == slot_mp_subscript)
        GOTO(subscript_by_method);
    if (PyDict_Check(container) && slots->mp_subscript == PyDict_Type.tp_as_mapping->mp_subscript)
        GOTO(subscript_of_dict);
    GOTO(subscript_in_c);
}

HANDLER(subscript_in_c) {
    PyObject* container = sp[-2];
    PyObject* key = sp[-1];
    if (may_need_index(key) && needs_index(key) && loads_by_index(container))
        GOTO(subscript_by_index);
    PyObject* value = PyObject_GetItem(container, key);
    if (value == nullptr)
        GOTO(raise);
    sp--;
    sp[-1] = value;
    SKIP_CACHE(BINARY_SUBSCR);
    DROP_TWO_AND_NEXT(key, container);
}

inline constexpr int INLINE_CACHE_ENTRIES_NO_CACHE = 0;

/// Goes on with a call that has been begun and needs nothing more of this frame's stack: pops `count` values.
#define POP_AND_CONTINUE_CALL(count, opcode_name, started, delivery) \
    do { \
        const StartedCall begun_before = started; \
        for (int i = 0; i < (count); i++) { \
            Py_DECREF(*--sp); \
        } \
        if (begun_before.callee != nullptr || begun_before.result != nullptr) { \
            ip += INLINE_CACHE_ENTRIES_##opcode_name; \
        } \
        CONTINUE_CALL(begun_before, delivery); \
    } while (0)

/// The same for a method in Python, if nothing stands in the way: the method has its own references to the values.
#define POP_AND_ENTER_IF_PLAIN_METHOD(count, opcode_name, name, delivery, container, ...) \
    PyObject* cached = cached_special_method(Py_TYPE(container), &_Py_ID(name)); \
    if (Frame* callee = push_plain_method(ts, cached, container, __VA_ARGS__)) [[likely]] { \
        set_delivery(callee, Delivery::delivery); \
        for (int i = 0; i < (count); i++) { \
            (void)drop_was_last(*--sp); \
        } \
        ip += INLINE_CACHE_ENTRIES_##opcode_name; \
        ENTER_CALLEE(callee); \
    }

HANDLER(subscript_by_index) {
    POP_AND_CONTINUE_CALL(2, BINARY_SUBSCR,
                          start_hidden(ts, frame, Hidden::load_by_index, sp[-2], sp[-1]), value);
}

HANDLER(subscript_by_method) {
    PyObject* container = sp[-2];
    PyObject* key = sp[-1];
    POP_AND_ENTER_IF_PLAIN_METHOD(2, BINARY_SUBSCR, __getitem__, value, container, key);
    GOTO(subscript_slowly);
}

HANDLER(subscript_slowly) {
    PyObject* container = sp[-2];
    PyObject* key = sp[-1];
    PyObject* method = type_lookup(Py_TYPE(container), &_Py_ID(__getitem__));
    if (method == nullptr)
        GOTO(subscript_in_c);
    // It may be inherited from dict, where it is a method, which CPython takes for one in Python.
    if (PyDict_Check(container) && method == type_lookup(&PyDict_Type, &_Py_ID(__getitem__)))
        GOTO(subscript_of_dict);
    if (PyList_Check(container) && is_method_of(method, &PyList_Type) && !may_need_index(key))
        GOTO(subscript_of_list);
    POP_AND_CONTINUE_CALL(2, BINARY_SUBSCR, start_special_method(ts, frame, method, container, key),
                          value);
}

// An object of a subclass of list that has no __getitem__ of its own.
HANDLER(subscript_of_list) {
    PyObject* list = sp[-2];
    PyObject* key = sp[-1];
    PyObject* value = PyList_Type.tp_as_mapping->mp_subscript(list, key);
    if (value == nullptr)
        GOTO(raise);
    sp--;
    sp[-1] = value;
    SKIP_CACHE(BINARY_SUBSCR);
    DROP_TWO_AND_NEXT(key, list);
}

// A dict, or an object of a subclass that looks keys up as dicts do.
HANDLER(subscript_of_dict) {
    PyObject* dict = sp[-2];
    PyObject* key = sp[-1];
    PyObject* value = PyDict_GetItemWithError(dict, key);
    if (value == nullptr) {
        if (_PyErr_Occurred(ts))
            GOTO(raise);
        PyObject* method =
            PyDict_CheckExact(dict) ? nullptr : type_lookup(Py_TYPE(dict), &_Py_ID(__missing__));
        if (method == nullptr) {
            _PyErr_SetKeyError(key);
            GOTO(raise);
        }
        POP_AND_CONTINUE_CALL(2, BINARY_SUBSCR, start_special_method(ts, frame, method, dict, key),
                              value);
    }
    Py_INCREF(value);
    sp--;
    sp[-1] = value;
    SKIP_CACHE(BINARY_SUBSCR);
    DROP_TWO_AND_NEXT(key, dict);
}

HANDLER(subscript_of_class) {
    PyObject* type = sp[-2];
    PyObject* key = sp[-1];
    if (!is_heap_type(type))
        GOTO(subscript_in_c);
    PyObject* method;
    if (_PyObject_LookupAttr(type, &_Py_ID(__class_getitem__), &method) < 0)
        GOTO(raise);
    if (method == nullptr || method == Py_None) {
        Py_XDECREF(method);
        GOTO(subscript_in_c);
    }
    const StartedCall started = start_call(ts, frame, method, key);
    Py_DECREF(method);
    POP_AND_CONTINUE_CALL(2, BINARY_SUBSCR, started, value);
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

ADAPTIVE_OP(BINARY_SUBSCR) {
    SAVE_IP();
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
    const Py_hash_t hash = known_hash(key);
    PyObject* value;
    if (hash == -1 ||
        first_probe(reinterpret_cast<PyDictObject*>(dict), key, hash, &value) != Probe::present)
        GOTO(search_in_dict);
    Py_INCREF(value);
    sp--;
    sp[-1] = value;
    SKIP_CACHE(BINARY_SUBSCR);
    DROP_TWO_AND_NEXT(key, dict);
}

// What is not at the first place for the key, or not there at all.
HANDLER(search_in_dict) {
    PyObject* dict = sp[-2];
    PyObject* key = sp[-1];
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
    if (is_of_heap_type(container) &&
        Py_TYPE(container)->tp_as_mapping->mp_ass_subscript == slot_mp_ass_subscript)
        GOTO(store_by_method);
    if (may_need_index(key))
        GOTO(store_by_index);
    GOTO(store_in_c);
}

HANDLER(store_by_index) {
    PyObject* key = sp[-1];
    PyObject* container = sp[-2];
    PyObject* value = sp[-3];
    if (replaces_by_iteration(ts, container, key, value)) {
        POP_AND_CONTINUE_CALL(
            3, STORE_SUBSCR,
            start_hidden(ts, frame, Hidden::replace_in_list, container, key, value), nothing);
    }
    if (needs_index(key) && stores_by_index(container, key)) {
        POP_AND_CONTINUE_CALL(
            3, STORE_SUBSCR, start_hidden(ts, frame, Hidden::store_by_index, container, key, value),
            nothing);
    }
    GOTO(store_in_c);
}

HANDLER(store_in_c) {
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

HANDLER(store_by_method) {
    PyObject* key = sp[-1];
    PyObject* container = sp[-2];
    PyObject* value = sp[-3];
    POP_AND_ENTER_IF_PLAIN_METHOD(3, STORE_SUBSCR, __setitem__, nothing, container, key, value);
    GOTO(store_slowly);
}

HANDLER(store_slowly) {
    PyObject* key = sp[-1];
    PyObject* container = sp[-2];
    PyObject* method = type_lookup(Py_TYPE(container), &_Py_ID(__setitem__));
    if (method == nullptr) {
        PyErr_SetObject(PyExc_AttributeError, &_Py_ID(__setitem__));
        GOTO(raise);
    }
    POP_AND_CONTINUE_CALL(3, STORE_SUBSCR,
                          start_special_method(ts, frame, method, container, key, sp[-3]), nothing);
}

ADAPTIVE_OP(STORE_SUBSCR) {
    SAVE_IP();
    if (_Py_Specialize_StoreSubscr(sp[-2], sp[-1], ip - 1) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

HANDLER(destroy_index_and_drop_two);

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
    if (drop_was_last(key)) [[unlikely]] {
        sp[0] = old;
        sp[1] = list;
        oparg = reinterpret_cast<intptr_t>(key);
        GOTO(destroy_index_and_drop_two);
    }
    DROP_TWO_AND_NEXT(old, list);
}

// An int has no reference left, and two objects above the stack are to be dropped.
HANDLER(destroy_index_and_drop_two) {
    PyObject* old = sp[0];
    PyObject* list = sp[1];
    destroy(ts, reinterpret_cast<PyObject*>(oparg));
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
    if (is_of_heap_type(container) &&
        Py_TYPE(container)->tp_as_mapping->mp_ass_subscript == slot_mp_ass_subscript)
        GOTO(delete_by_method);
    if (may_need_index(key) && needs_index(key) && stores_by_index(container, key))
        GOTO(delete_by_index);
    const int failed = PyObject_DelItem(container, key);
    sp -= 2;
    Py_DECREF(container);
    Py_DECREF(key);
    if (failed != 0)
        GOTO(raise);
    NEXT();
}

HANDLER(delete_by_index) {
    POP_AND_CONTINUE_CALL(
        2, NO_CACHE, start_hidden(ts, frame, Hidden::delete_by_index, sp[-2], sp[-1]), nothing);
}

HANDLER(delete_by_method) {
    PyObject* key = sp[-1];
    PyObject* container = sp[-2];
    POP_AND_ENTER_IF_PLAIN_METHOD(2, NO_CACHE, __delitem__, nothing, container, key);
    GOTO(delete_slowly);
}

HANDLER(delete_slowly) {
    PyObject* key = sp[-1];
    PyObject* container = sp[-2];
    PyObject* method = type_lookup(Py_TYPE(container), &_Py_ID(__delitem__));
    if (method == nullptr) {
        PyErr_SetObject(PyExc_AttributeError, &_Py_ID(__delitem__));
        GOTO(raise);
    }
    POP_AND_CONTINUE_CALL(2, NO_CACHE, start_special_method(ts, frame, method, container, key),
                          nothing);
}

}  // namespace stackless::eval
