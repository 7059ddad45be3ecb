// Iterators that make their values of those of another one, as enumerate() or filter() do.
//
// For these, FOR_ITER needs no hidden frame of its own, if that other one is a generator or runs no Python code: it
// takes a value from there and then does, as the stage says, what the iterator's C function would do with it.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

enum class Verdict { accept, reject, stop };

struct Stage {
    /// The iterator that the next value is to be taken from, borrowed; null if this is no simple case.
    PyObject* (*source)(PyThreadState* ts, PyObject* iterator);

    // One of the next three.

    /// What the iterator makes of the value (taken over). Null at the end, perhaps with an exception.
    PyObject* (*transform)(PyObject* iterator, PyObject* value) = nullptr;
    /// Function and further arguments, borrowed and owned: the result of the call is the value. Returns their number,
    /// or -1 at the end, perhaps with an exception.
    int (*call)(PyObject* iterator, PyObject** function, PyObject** arguments) = nullptr;
    /// The function (null: none) tells what is to become of the value.
    PyObject* (*judge)(PyObject* iterator) = nullptr;

    /// For judge: what it means that the function has found the value to be true or false.
    Verdict (*verdict)(PyObject* iterator, bool truth) = nullptr;
    /// What is to be done when the source has ended, or failed with an exception: true if to try again. May be null.
    bool (*ended)(PyObject* iterator, bool failed) = nullptr;
    /// For call: the value is a tuple of arguments.
    bool spreads = false;
};

/// Values that Stage::call gives at most.
inline constexpr int most_arguments = 7;

extern const Stage map_stage;
extern const Stage zip_stage;
extern const Stage enumerate_stage;
extern const Stage filter_stage;
extern const Stage filterfalse_stage;
extern const Stage takewhile_stage;
extern const Stage dropwhile_stage;
extern const Stage islice_stage;
extern const Stage chain_stage;
extern const Stage starmap_stage;

}  // namespace stackless::eval
