// Building containers, strings (but for f-strings, see ops_format.cpp) and functions; unpacking sequences.
#include "cpython/call_sites.hpp"
#include "cpython/ref.hpp"
#include "cpython/texts.hpp"
#include "eval/calls.hpp"
#include "eval/containers.hpp"
#include "eval/errors.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

/// Pops values into a new container. They are few: a call would cost more.
inline void move_values(PyObject** to, PyObject**& sp, intptr_t count) {
    sp -= count;
#ifdef __clang__
#pragma clang loop vectorize(disable) unroll(disable)
#endif
    for (intptr_t i = 0; i < count; i++) {
        to[i] = sp[i];
    }
}

}  // namespace

HANDLER(build_tuple_slowly);
HANDLER(build_list_slowly);

OP(BUILD_TUPLE) {
    PyObject* tuple = reuse_tuple(ts, oparg);
    if (tuple == nullptr) [[unlikely]]
        GOTO(build_tuple_slowly);
    move_values(_PyTuple_ITEMS(tuple), sp, oparg);
    track(ts, tuple);
    *sp++ = tuple;
    NEXT();
}

HANDLER(build_tuple_slowly) {
    SAVE_IP();
    sp -= oparg;
    PyObject* tuple = _PyTuple_FromArraySteal(sp, oparg);
    if (tuple == nullptr)
        GOTO(raise);
    *sp++ = tuple;
    NEXT();
}

OP(BUILD_LIST) {
    if (oparg != 0)
        GOTO(build_list_slowly);
    PyListObject* list = reuse_list(ts);
    if (list == nullptr) [[unlikely]]
        GOTO(build_list_slowly);
    auto* object = reinterpret_cast<PyObject*>(list);
    track(ts, object);
    *sp++ = object;
    NEXT();
}

HANDLER(build_list_slowly) {
    SAVE_IP();
    PyObject* list = new_list(ts, oparg);
    if (list == nullptr)
        GOTO(raise);
    move_values(_PyList_ITEMS(list), sp, oparg);
    *sp++ = list;
    NEXT();
}

OP(BUILD_SET) {
    SAVE_IP();
    PyObject* set = PySet_New(nullptr);
    int failed = set == nullptr ? -1 : 0;
    sp -= oparg;
    for (int i = 0; i < oparg; i++) {
        if (failed == 0) {
            failed = PySet_Add(set, sp[i]);
        }
        Py_DECREF(sp[i]);
    }
    if (failed != 0) {
        Py_XDECREF(set);
        GOTO(raise);
    }
    *sp++ = set;
    NEXT();
}

namespace {

void drop_values(PyObject** values, int count) {
    for (int i = 0; i < count; i++) {
        Py_DECREF(values[i]);
    }
}

}  // namespace

OP(BUILD_MAP) {
    SAVE_IP();
    sp -= 2 * oparg;
    PyObject* map = _PyDict_FromItems(sp, 2, sp + 1, 2, oparg);
    drop_values(sp, 2 * oparg);
    if (map == nullptr)
        GOTO(raise);
    *sp++ = map;
    NEXT();
}

OP(BUILD_CONST_KEY_MAP) {
    SAVE_IP();
    PyObject* keys = *--sp;
    sp -= oparg;
    PyObject* map = nullptr;
    if (!PyTuple_CheckExact(keys) || PyTuple_GET_SIZE(keys) != oparg) {
        _PyErr_SetString(ts, PyExc_SystemError, "bad BUILD_CONST_KEY_MAP keys argument");
    } else {
        map = _PyDict_FromItems(_PyTuple_ITEMS(keys), 1, sp, 1, oparg);
    }
    Py_DECREF(keys);
    drop_values(sp, oparg);
    if (map == nullptr)
        GOTO(raise);
    *sp++ = map;
    NEXT();
}

OP(BUILD_STRING) {
    SAVE_IP();
    sp -= oparg;
    PyObject* string = join_texts(sp, oparg);
    drop_values(sp, oparg);
    if (string == nullptr)
        GOTO(raise);
    *sp++ = string;
    NEXT();
}

OP(LIST_TO_TUPLE) {
    SAVE_IP();
    PyObject* list = sp[-1];
    PyObject* tuple = PyList_AsTuple(list);
    if (tuple == nullptr)
        GOTO(raise);
    sp[-1] = tuple;
    Py_DECREF(list);
    NEXT();
}

// The next ones add to a container further down on the stack, which a comprehension or display is
// filling.

HANDLER(append_to_full_list_below);

OP(LIST_APPEND) {
    PyObject* list = sp[-oparg - 1];
    const Py_ssize_t size = PyList_GET_SIZE(list);
    if (size >= reinterpret_cast<PyListObject*>(list)->allocated) [[unlikely]]
        GOTO(append_to_full_list_below);
    PyList_SET_ITEM(list, size, *--sp);
    Py_SET_SIZE(list, size + 1);
    NEXT();
}

HANDLER(append_to_full_list_below) {
    SAVE_IP();
    PyObject* value = *--sp;
    if (!append_and_grow(reinterpret_cast<PyListObject*>(sp[-oparg]), value))
        GOTO(raise);
    NEXT();
}

OP(SET_ADD) {
    SAVE_IP();
    PyObject* value = *--sp;
    const int failed = PySet_Add(sp[-oparg], value);
    Py_DECREF(value);
    if (failed != 0)
        GOTO(raise);
    NEXT();
}

OP(MAP_ADD) {
    SAVE_IP();
    PyObject* value = sp[-1];
    PyObject* key = sp[-2];
    sp -= 2;
    if (_PyDict_SetItem_Take2(reinterpret_cast<PyDictObject*>(sp[-oparg]), key, value) != 0)
        GOTO(raise);
    NEXT();
}

// Where Python code gives the values, a hidden function adds them. sp is where the container counts from, oparg
// tells its place.

namespace {

/// Takes over the iterable.
Frame* push_adder(PyThreadState* ts, const Frame* frame, Hidden adder, PyObject* container,
                  PyObject* iterable) {
    Frame* callee = push_hidden_frame(ts, frame, adder, {Py_NewRef(container), iterable});
    if (callee != nullptr) {
        set_delivery(callee, Delivery::nothing);
    }
    return callee;
}

}  // namespace

#define ADD_IN_CALLEE(adder, iterable) \
    do { \
        Frame* callee = push_adder(ts, frame, Hidden::adder, sp[-oparg], iterable); \
        if (callee == nullptr) \
            GOTO(raise); \
        ENTER_CALLEE(callee); \
    } while (0)

HANDLER(extend_list_in_callee) {
    PyObject* iterable = *--sp;
    ADD_IN_CALLEE(extend_list, iterable);
}

HANDLER(update_set_in_callee) {
    PyObject* iterable = *--sp;
    ADD_IN_CALLEE(update_set, iterable);
}

HANDLER(update_dict_in_callee) {
    PyObject* mapping = *--sp;
    ADD_IN_CALLEE(update_display, mapping);
}

HANDLER(merge_dict_in_callee) {
    PyObject* mapping = *--sp;
    Frame* callee = push_hidden_frame(ts, frame, Hidden::merge_keywords,
                                      {Py_NewRef(sp[-oparg - 2]), Py_NewRef(sp[-oparg]), mapping});
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::nothing);
    ENTER_CALLEE(callee);
}

OP(LIST_EXTEND) {
    SAVE_IP();
    if (is_iterated_in_python(ts, sp[-1]))
        GOTO(extend_list_in_callee);
    PyObject* iterable = *--sp;
    PyObject* none = _PyList_Extend(reinterpret_cast<PyListObject*>(sp[-oparg]), iterable);
    if (none == nullptr) {
        if (_PyErr_ExceptionMatches(ts, PyExc_TypeError) && Py_TYPE(iterable)->tp_iter == nullptr &&
            !PySequence_Check(iterable)) {
            _PyErr_Clear(ts);
            _PyErr_Format(ts, PyExc_TypeError, "Value after * must be an iterable, not %.200s",
                          Py_TYPE(iterable)->tp_name);
        }
        Py_DECREF(iterable);
        GOTO(raise);
    }
    Py_DECREF(none);
    Py_DECREF(iterable);
    NEXT();
}

OP(SET_UPDATE) {
    SAVE_IP();
    if (is_iterated_in_python(ts, sp[-1]))
        GOTO(update_set_in_callee);
    PyObject* iterable = *--sp;
    const int failed = _PySet_Update(sp[-oparg], iterable);
    Py_DECREF(iterable);
    if (failed < 0)
        GOTO(raise);
    NEXT();
}

OP(DICT_UPDATE) {
    SAVE_IP();
    if (is_python_mapping(sp[-1]))
        GOTO(update_dict_in_callee);
    PyObject* mapping = *--sp;
    if (PyDict_Update(sp[-oparg], mapping) < 0) {
        if (_PyErr_ExceptionMatches(ts, PyExc_AttributeError)) {
            _PyErr_Format(ts, PyExc_TypeError, "'%.200s' object is not a mapping",
                          Py_TYPE(mapping)->tp_name);
        }
        Py_DECREF(mapping);
        GOTO(raise);
    }
    Py_DECREF(mapping);
    NEXT();
}

OP(DICT_MERGE) {
    SAVE_IP();
    if (is_python_mapping(sp[-1]))
        GOTO(merge_dict_in_callee);
    PyObject* mapping = *--sp;
    // 2: a key that is there already is an error, since these are keyword arguments.
    if (_PyDict_MergeEx(sp[-oparg], mapping, 2) < 0) {
        set_star_kwargs_error(ts, sp[-oparg - 2], mapping);
        Py_DECREF(mapping);
        GOTO(raise);
    }
    Py_DECREF(mapping);
    NEXT();
}

OP(MAKE_FUNCTION) {
    SAVE_IP();
    PyObject* code = *--sp;
    auto* function = reinterpret_cast<PyFunctionObject*>(PyFunction_New(code, frame->f_globals));
    Py_DECREF(code);
    if (function == nullptr)
        GOTO(raise);
    if ((oparg & 0x08) != 0) {
        function->func_closure = *--sp;
    }
    if ((oparg & 0x04) != 0) {
        function->func_annotations = *--sp;
    }
    if ((oparg & 0x02) != 0) {
        function->func_kwdefaults = *--sp;
    }
    if ((oparg & 0x01) != 0) {
        function->func_defaults = *--sp;
    }
    *sp++ = reinterpret_cast<PyObject*>(function);
    NEXT();
}

namespace {

bool set_not_enough_values(PyThreadState* ts, int before, int after, Py_ssize_t got) {
    if (after < 0) {
        _PyErr_Format(ts, PyExc_ValueError, "not enough values to unpack (expected %d, got %zd)",
                      before, got);
    } else {
        _PyErr_Format(ts, PyExc_ValueError,
                      "not enough values to unpack (expected at least %d, got %zd)", before + after,
                      got);
    }
    return false;
}

/// Unpacks `before` values, and with `after` >= 0 a list of those in the middle and `after` more,
/// to the places below `end`, the first one topmost. False with an exception set on failure;
/// nothing is left then.
bool unpack(PyThreadState* ts, PyObject* iterable, int before, int after, PyObject** end) {
    Ref iterator = Ref::steal(PyObject_GetIter(iterable));
    if (!iterator) {
        if (_PyErr_ExceptionMatches(ts, PyExc_TypeError) && Py_TYPE(iterable)->tp_iter == nullptr &&
            !PySequence_Check(iterable)) {
            _PyErr_Format(ts, PyExc_TypeError, "cannot unpack non-iterable %.200s object",
                          Py_TYPE(iterable)->tp_name);
        }
        return false;
    }
    PyObject** place = end;
    auto give_up = [&] {
        while (place != end) {
            Py_DECREF(*place++);
        }
        return false;
    };
    for (int i = 0; i < before; i++) {
        PyObject* value = PyIter_Next(iterator.get());
        if (value == nullptr) {
            if (!_PyErr_Occurred(ts)) {
                set_not_enough_values(ts, before, after, i);
            }
            return give_up();
        }
        *--place = value;
    }
    if (after < 0) {
        Ref excess = Ref::steal(PyIter_Next(iterator.get()));
        if (excess) {
            _PyErr_Format(ts, PyExc_ValueError, "too many values to unpack (expected %d)", before);
        }
        return _PyErr_Occurred(ts) ? give_up() : true;
    }
    PyObject* rest = PySequence_List(iterator.get());
    if (rest == nullptr)
        return give_up();
    *--place = rest;
    const Py_ssize_t length = PyList_GET_SIZE(rest);
    if (length < after) {
        set_not_enough_values(ts, before, after, before + length);
        return give_up();
    }
    for (Py_ssize_t i = after; i > 0; i--) {
        *--place = PyList_GET_ITEM(rest, length - i);
    }
    Py_SET_SIZE(rest, length - after);
    return true;
}

}  // namespace

// What Python code gives the values of, a hidden function makes a list of that has as many as are wanted.
HANDLER(unpack_in_callee) {
    const bool is_extended = _PyOpcode_Deopt[_Py_OPCODE(ip[-1])] == UNPACK_EX;
    PyObject* before = PyLong_FromSsize_t(is_extended ? oparg & 0xff : oparg);
    PyObject* after = PyLong_FromSsize_t(is_extended ? oparg >> 8 : -1);
    if (before == nullptr || after == nullptr) {
        Py_XDECREF(before);
        Py_XDECREF(after);
        GOTO(raise);
    }
    PyObject* iterable = *--sp;
    Frame* callee = push_hidden_frame(ts, frame, Hidden::unpack, {iterable, before, after});
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::unpacked);
    ENTER_CALLEE(callee);
}

namespace {

/// How many values an instruction that unpacks wants.
inline Py_ssize_t unpacked_count(const Frame* frame, const Instr* instruction) {
    const int argument = argument_at(frame, instruction);
    return _PyOpcode_Deopt[_Py_OPCODE(*instruction)] == UNPACK_EX
               ? (argument & 0xff) + 1 + (argument >> 8)
               : argument;
}

}  // namespace

HANDLER(deliver_unpacked) {
    PyObject* values = DELIVERED();
    // A frame out of a pickle may have returned something else.
    if (!PyList_CheckExact(values) || PyList_GET_SIZE(values) != unpacked_count(frame, ip - 1))
        [[unlikely]] {
        Py_DECREF(values);
        _PyErr_SetString(ts, PyExc_SystemError, "another number of values was to be unpacked");
        GOTO(raise);
    }
    for (Py_ssize_t i = PyList_GET_SIZE(values); i > 0; i--) {
        *sp++ = Py_NewRef(PyList_GET_ITEM(values, i - 1));
    }
    if (_PyOpcode_Deopt[_Py_OPCODE(ip[-1])] == UNPACK_SEQUENCE) {
        SKIP_CACHE(UNPACK_SEQUENCE);
    }
    Py_DECREF(values);
    NEXT();
}

OP(UNPACK_SEQUENCE) {
    SAVE_IP();
    if (needs_frames(ts) && is_iterated_in_python(ts, sp[-1]))
        GOTO(unpack_in_callee);
    PyObject* sequence = *--sp;
    const bool done = unpack(ts, sequence, oparg, -1, sp + oparg);
    Py_DECREF(sequence);
    if (!done)
        GOTO(raise);
    sp += oparg;
    SKIP_CACHE(UNPACK_SEQUENCE);
    NEXT();
}

ADAPTIVE_OP(UNPACK_SEQUENCE) {
    SAVE_IP();
    _Py_Specialize_UnpackSequence(sp[-1], ip - 1, oparg);
    RUN_SPECIALIZED();
}

// A tuple or list that nobody else refers to gives its items away.

HANDLER(take_two_items);
HANDLER(take_items_of_tuple);
HANDLER(take_items_of_list);
HANDLER(free_emptied_tuple);
HANDLER(delete_emptied_tuple);

OP(UNPACK_SEQUENCE_TWO_TUPLE) {
    PyObject* tuple = sp[-1];
    MISS_IF(!PyTuple_CheckExact(tuple) || PyTuple_GET_SIZE(tuple) != 2);
    if (Py_REFCNT(tuple) == 1)
        GOTO(take_two_items);
    sp[-1] = Py_NewRef(PyTuple_GET_ITEM(tuple, 1));
    *sp++ = Py_NewRef(PyTuple_GET_ITEM(tuple, 0));
    SKIP_CACHE(UNPACK_SEQUENCE);
    (void)drop_was_last(tuple);
    NEXT();
}

HANDLER(take_two_items) {
    PyObject* tuple = sp[-1];
    sp[-1] = PyTuple_GET_ITEM(tuple, 1);
    *sp++ = PyTuple_GET_ITEM(tuple, 0);
    SKIP_CACHE(UNPACK_SEQUENCE);
    oparg = reinterpret_cast<intptr_t>(tuple);
    GOTO(free_emptied_tuple);
}

#define UNPACK_ARRAY(opcode_name, check, size, items, take) \
    HANDLER(op_##opcode_name) { \
        PyObject* sequence = sp[-1]; \
        MISS_IF(!check(sequence) || size(sequence) != oparg); \
        if (Py_REFCNT(sequence) == 1) \
            GOTO(take); \
        sp--; \
        for (intptr_t i = oparg; i > 0; i--) { \
            *sp++ = Py_NewRef(items(sequence)[i - 1]); \
        } \
        (void)drop_was_last(sequence); \
        SKIP_CACHE(UNPACK_SEQUENCE); \
        NEXT(); \
    }

UNPACK_ARRAY(UNPACK_SEQUENCE_TUPLE, PyTuple_CheckExact, PyTuple_GET_SIZE, _PyTuple_ITEMS,
             take_items_of_tuple)
UNPACK_ARRAY(UNPACK_SEQUENCE_LIST, PyList_CheckExact, PyList_GET_SIZE, _PyList_ITEMS,
             take_items_of_list)

HANDLER(take_items_of_tuple) {
    PyObject* tuple = *--sp;
    for (intptr_t i = oparg; i > 0; i--) {
        *sp++ = PyTuple_GET_ITEM(tuple, i - 1);
    }
    SKIP_CACHE(UNPACK_SEQUENCE);
    oparg = reinterpret_cast<intptr_t>(tuple);
    GOTO(free_emptied_tuple);
}

HANDLER(free_emptied_tuple) {
    auto* tuple = reinterpret_cast<PyObject*>(oparg);
    (void)drop_was_last(tuple);
    untrack(tuple);
    if (!keep_tuple(ts, tuple)) [[unlikely]]
        GOTO(delete_emptied_tuple);
    NEXT();
}

HANDLER(delete_emptied_tuple) {
    PyObject_GC_Del(reinterpret_cast<PyObject*>(oparg));
    NEXT();
}

HANDLER(take_items_of_list) {
    PyObject* list = *--sp;
    for (intptr_t i = oparg; i > 0; i--) {
        *sp++ = PyList_GET_ITEM(list, i - 1);
    }
    Py_SET_SIZE(list, 0);
    SKIP_CACHE(UNPACK_SEQUENCE);
    DROP_AND_NEXT(list);
}

OP(UNPACK_EX) {
    SAVE_IP();
    if (needs_frames(ts) && is_iterated_in_python(ts, sp[-1]))
        GOTO(unpack_in_callee);
    const int before = oparg & 0xff;
    const int after = oparg >> 8;
    PyObject* sequence = *--sp;
    const bool done = unpack(ts, sequence, before, after, sp + before + 1 + after);
    Py_DECREF(sequence);
    if (!done)
        GOTO(raise);
    sp += before + 1 + after;
    NEXT();
}

}  // namespace stackless::eval
