// container[start:stop:step] of lists, tuples, strings and bytes without an object for the slice.
#include <algorithm>

#include "eval/containers.hpp"
#include "eval/handler.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

HANDLER(build_slice);
HANDLER(load_slice);
HANDLER(store_slice);
HANDLER(delete_slice);
HANDLER(drop_bounds_and_container);

namespace {

/// Which items of a sequence a slice stands for.
struct Slice {
    Py_ssize_t first;
    Py_ssize_t step;
    Py_ssize_t count;
};

/// A bound or step of a slice that is None or an int of one digit; false for any other.
inline bool read_bound(PyObject* bound, Py_ssize_t missing, Py_ssize_t* value) {
    if (bound == Py_None) {
        *value = missing;
        return true;
    }
    if (!PyLong_CheckExact(bound) || !is_compact_int(bound))
        return false;
    *value = compact_value(bound);
    return true;
}

/// The same as an index into a sequence of `size` items, which is to lie between `least` and `most`.
inline bool read_index(PyObject* bound, Py_ssize_t missing, Py_ssize_t size, Py_ssize_t least,
                       Py_ssize_t most, Py_ssize_t* index) {
    if (bound == Py_None) {
        *index = missing;
        return true;
    }
    if (!read_bound(bound, missing, index))
        return false;
    *index = std::clamp(*index < 0 ? *index + size : *index, least, most);
    return true;
}

/// The slice that two or three bounds on the stack make of a sequence of `size` items. False if the bounds are to be
/// looked at by the type, which also reports errors.
inline bool read_slice(PyObject** bounds, intptr_t count, Py_ssize_t size, Slice* slice) {
    slice->step = 1;
    if (count == 3 && (!read_bound(bounds[2], 1, &slice->step) || slice->step == 0))
        return false;
    Py_ssize_t stop;
    if (slice->step > 0) {
        if (!read_index(bounds[0], 0, size, 0, size, &slice->first) ||
            !read_index(bounds[1], size, size, 0, size, &stop))
            return false;
        slice->count = std::max<Py_ssize_t>(stop - slice->first, 0);
    } else {
        if (!read_index(bounds[0], size - 1, size, -1, size - 1, &slice->first) ||
            !read_index(bounds[1], -1, size, -1, size - 1, &stop))
            return false;
        slice->count = std::max<Py_ssize_t>(slice->first - stop, 0);
    }
    const Py_ssize_t distance = slice->step < 0 ? -slice->step : slice->step;
    if (distance != 1) [[unlikely]] {
        slice->count = (slice->count + distance - 1) / distance;
    }
    return true;
}

/// Fills a new container.
inline void copy_items(PyObject** to, PyObject* const* from, const Slice& slice) {
    for (Py_ssize_t i = 0; i < slice.count; i++) {
        to[i] = Py_NewRef(from[slice.first + i * slice.step]);
    }
}

inline bool is_all(const Slice& slice, Py_ssize_t size) {
    return slice.step == 1 && slice.count == size;
}

PyObject* slice_of_list(PyThreadState* ts, PyObject* list, const Slice& slice) {
    PyObject* result = new_list(ts, slice.count);
    if (result != nullptr) {
        copy_items(_PyList_ITEMS(result), _PyList_ITEMS(list), slice);
    }
    return result;
}

PyObject* slice_of_tuple(PyThreadState* ts, PyObject* tuple, const Slice& slice) {
    if (is_all(slice, Py_SIZE(tuple)))
        return Py_NewRef(tuple);
    PyObject* result = reuse_tuple(ts, slice.count);
    if (result == nullptr) {
        result = PyTuple_New(slice.count);
        if (result != nullptr) {
            copy_items(_PyTuple_ITEMS(result), _PyTuple_ITEMS(tuple), slice);
        }
        return result;
    }
    copy_items(_PyTuple_ITEMS(result), _PyTuple_ITEMS(tuple), slice);
    track(ts, result);
    return result;
}

PyObject* slice_of_text(PyObject* text, const Slice& slice) {
    if (slice.step == 1)
        return PyUnicode_Substring(text, slice.first, slice.first + slice.count);
    if (!PyUnicode_IS_ASCII(text))
        return nullptr;
    PyObject* result = PyUnicode_New(slice.count, PyUnicode_MAX_CHAR_VALUE(text));
    if (result != nullptr) {
        const Py_UCS1* from = PyUnicode_1BYTE_DATA(text);
        Py_UCS1* to = PyUnicode_1BYTE_DATA(result);
        for (Py_ssize_t i = 0; i < slice.count; i++) {
            to[i] = from[slice.first + i * slice.step];
        }
    }
    return result;
}

PyObject* slice_of_bytes(PyObject* bytes, const Slice& slice) {
    return is_all(slice, Py_SIZE(bytes))
               ? Py_NewRef(bytes)
               : PyBytes_FromStringAndSize(PyBytes_AS_STRING(bytes) + slice.first, slice.count);
}

/// The slice that the bounds on the stack make of the container below them; null without an exception for what is left
/// to the type.
PyObject* simple_slice(PyThreadState* ts, PyObject** bounds, intptr_t count) {
    PyObject* container = bounds[-1];
    Slice slice;
    if (PyList_CheckExact(container))
        return read_slice(bounds, count, Py_SIZE(container), &slice)
                   ? slice_of_list(ts, container, slice)
                   : nullptr;
    if (PyTuple_CheckExact(container))
        return read_slice(bounds, count, Py_SIZE(container), &slice)
                   ? slice_of_tuple(ts, container, slice)
                   : nullptr;
    if (PyUnicode_CheckExact(container))
        return read_slice(bounds, count, PyUnicode_GET_LENGTH(container), &slice)
                   ? slice_of_text(container, slice)
                   : nullptr;
    return PyBytes_CheckExact(container) && read_slice(bounds, count, Py_SIZE(container), &slice) &&
                   slice.step == 1
               ? slice_of_bytes(container, slice)
               : nullptr;
}

/// Whether bounds on the stack stand for a part of the list below them.
inline bool read_part_of_list(PyObject** bounds, intptr_t count, Slice* slice) {
    PyObject* container = bounds[-1];
    return PyList_CheckExact(container) && read_slice(bounds, count, Py_SIZE(container), slice) &&
           slice->step == 1;
}

/// Puts all that is in one list, which nobody else can see, in the place of as many items of another one. What was there
/// dies with the former.
inline void exchange_items(PyObject* list, Py_ssize_t first, PyObject* values) {
    PyObject** items = _PyList_ITEMS(list) + first;
    std::swap_ranges(items, items + Py_SIZE(values), _PyList_ITEMS(values));
}

}  // namespace

// A slice that only goes into the subscription behind it need not become an object.
OP(BUILD_SLICE) {
    const int next = _PyOpcode_Deopt[_Py_OPCODE(*ip)];
    if (ts->cframe->use_tracing != 0) [[unlikely]]
        GOTO(build_slice);
    if (next == BINARY_SUBSCR)
        GOTO(load_slice);
    if (next == STORE_SUBSCR)
        GOTO(store_slice);
    if (next == DELETE_SUBSCR)
        GOTO(delete_slice);
    GOTO(build_slice);
}

HANDLER(load_slice) {
    frame->prev_instr = ip;
    PyObject* value = simple_slice(ts, sp - oparg, oparg);
    if (value == nullptr) {
        if (_PyErr_Occurred(ts)) {
            ip++;
            GOTO(raise);
        }
        GOTO(build_slice);
    }
    ip += 1 + INLINE_CACHE_ENTRIES_BINARY_SUBSCR;
    while (oparg-- > 0) {
        drop_value(ts, *--sp);
    }
    PyObject* container = sp[-1];
    sp[-1] = value;
    DROP_AND_NEXT(container);
}

HANDLER(store_slice) {
    PyObject** bounds = sp - oparg;
    PyObject* list = bounds[-1];
    PyObject* values = bounds[-2];
    Slice slice;
    if ((!PyList_CheckExact(values) && !PyTuple_CheckExact(values)) || values == list ||
        !read_part_of_list(bounds, oparg, &slice))
        GOTO(build_slice);
    frame->prev_instr = ip;
    if (slice.count == Py_SIZE(values) && PyList_CheckExact(values) && Py_REFCNT(values) == 1) {
        exchange_items(list, slice.first, values);
    } else if (PyList_SetSlice(list, slice.first, slice.first + slice.count, values) < 0) {
        ip++;
        GOTO(raise);
    }
    ip += 1 + INLINE_CACHE_ENTRIES_STORE_SUBSCR;
    while (oparg-- > 0) {
        drop_value(ts, *--sp);
    }
    sp -= 2;
    DROP_TWO_AND_NEXT(values, list);
}

HANDLER(delete_slice) {
    PyObject** bounds = sp - oparg;
    PyObject* list = bounds[-1];
    Slice slice;
    if (!read_part_of_list(bounds, oparg, &slice))
        GOTO(build_slice);
    frame->prev_instr = ip;
    if (PyList_SetSlice(list, slice.first, slice.first + slice.count, nullptr) < 0) {
        ip++;
        GOTO(raise);
    }
    ip++;
    while (oparg-- > 0) {
        drop_value(ts, *--sp);
    }
    sp--;
    DROP_AND_NEXT(list);
}

HANDLER(build_slice) {
    SAVE_IP();
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

}  // namespace stackless::eval
