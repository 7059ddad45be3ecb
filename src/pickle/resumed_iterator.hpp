// Iterators of containers whose place in them cannot be found before the container is complete, or at all.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// What iterates over a set, an OrderedDict or a deque after it has been pickled half-way through.
///
/// A set has another order after loading: what is left to give travels along. In the others, the place is counted,
/// and looked for when the first item is asked for: when the pickle makes the iterator, the container may still be
/// empty. As with the original, it is an error if the container changes meanwhile, as far as its size tells.
struct ResumedIterator {
    enum Kind : int {
        set = 0,
        // What iterators of OrderedDict are, see OrderedDictIterator: a sum of
        reversed = 1,
        keys = 2,
        values = 4,
        // and
        deque = 8,
    };
    static constexpr Py_ssize_t has_changed = -1;

    PyObject ob_base;
    PyObject* container;  // null once it is exhausted
    PyObject*
        inner;  // for a set, iterates over what is left; else null until the place has been looked for
    int kind;
    Py_ssize_t size;    // which the container must have; has_changed: it had not
    Py_ssize_t passed;  // how many items have been given
};

extern PyTypeObject resumed_iterator_type;

/// Makes one. References are borrowed; `inner` may be null. Null with MemoryError set.
PyObject* make_resumed_iterator(PyObject* container, PyObject* inner, int kind, Py_ssize_t size,
                                Py_ssize_t passed);

}  // namespace stackless::pickle
