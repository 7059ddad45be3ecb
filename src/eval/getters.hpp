// operator.attrgetter and operator.itemgetter.
#pragma once

#include "cpython/exposed.hpp"
#include "eval/switching.hpp"

namespace stackless::eval {

/// Whether what is called like that is one of them.
inline bool is_getter_call(ternaryfunc call) {
    return call == attrgetter_call || call == itemgetter_call;
}

/// Whether to look at each object that it is called with, because nothing should nest.
inline bool is_watched_getter(PyThreadState* ts, PyObject* callable) {
    return is_getter_call(Py_TYPE(callable)->tp_call) && runs_base_loop(ts);
}

/// Whether what a getter returns for an object is computed by code in Python. A guess. Runs none, and sets no
/// exception.
bool getter_calls_back(PyObject* getter, PyObject* object);

/// Whether calling something, possibly a getter, runs code in Python if it is the key for the items of a list or tuple: the first one stands for
/// them all.
bool key_calls_back(PyThreadState* ts, PyObject* key, PyObject* items);

/// The same where a getter is called with what an iterator over a list or tuple gives next.
bool getter_calls_back_for_next(PyThreadState* ts, PyObject* getter, PyObject* iterator);

/// A hidden frame that does what the getter does with an object. Null with an exception set.
Frame* push_getter_frame(PyThreadState* ts, const Frame* caller, PyObject* getter,
                         PyObject* object);

}  // namespace stackless::eval
