// What destructors of containers have in common: they drop what is in them, and do not call each other too deeply.
#pragma once

#include "cpython/gc_objects.hpp"
#include "eval/handler.hpp"
#include "eval/numbers.hpp"

namespace stackless::eval {

/// So deep destructors may call each other, as in CPython.
inline constexpr int deepest_destruction = 50;

/// False if the object, which is not tracked, has been put aside to be destroyed later.
inline bool begin_destruction(PyThreadState* ts, PyObject* object) {
    if (ts->trash_delete_nesting >= deepest_destruction) [[unlikely]] {
        (void)_PyTrash_begin(ts, object);
        return false;
    }
    ts->trash_delete_nesting++;
    return true;
}

inline void end_destruction(PyThreadState* ts) {
    if (ts->trash_delete_later == nullptr) [[likely]] {
        ts->trash_delete_nesting--;
    } else {
        _PyTrash_end(ts);
    }
}

inline void drop_value(PyThreadState* ts, PyObject* value) {
    if (value != nullptr && drop_was_last(value)) {
        destroy(ts, value);
    }
}

}  // namespace stackless::eval
