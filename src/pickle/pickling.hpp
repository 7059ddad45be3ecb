// One run of a pickler, as far as the reducers of this directory have to know it.
//
// The stock picklers ask their `reducer_override` about every object that is not of the simplest types. For
// picklers of programs that use tasklets, that is a Pickling (hook.cpp): it hands the object to the reducer of
// its type (reducers.hpp).
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

struct Pickling {
    PyObject ob_base;
    vectorcallfunc vectorcall;
    /// Owned, or a proxy of one in Python; null while the module copy asks, or who calls __reduce__() itself.
    PyObject* pickler;
    /// The tasklets, channels, generators and frames that were met, as a list (owned); null before the first. From then
    /// on, the pickle carries a computation: what can be imported goes with a fingerprint, things of __main__ go by
    /// value. A pickle without one is the same as python3.11's.
    PyObject* computations;
    /// What stands for the globals of modules that go by value: a dict with a Namespace for the address of each
    /// (owned), null until it is needed. See namespaces.hpp.
    PyObject* namespaces;
    /// What exceptions.cpp knows about the exceptions whose tracebacks, causes and contexts are written already: a
    /// dict (owned), by address; null until there is one.
    PyObject* linked_exceptions;
    int protocol;
    /// The pickle stays within the program (multiprocessing): things of __main__ go by reference.
    bool within_program;
    /// Nobody reads this pickle: it only shows whether something can be pickled. See trials.hpp.
    bool is_trial;

    bool has_computation() const { return computations != nullptr; }
    /// To be called by the reducers of tasklets, channels, generators and frames, and of functions and classes that the
    /// stock picklers would refuse.
    void note_computation(PyObject* object);
    PyObject* object() { return reinterpret_cast<PyObject*>(this); }
};

/// While there is one, runs of picklers of this thread that begin are trials for what `pickling` may contain.
class Trial {
public:
    explicit Trial(Pickling& pickling);
    ~Trial();
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

private:
    Pickling* outer_;
    Pickling* current_;
};

/// The run that the innermost pickler of this thread is in; one of no pickler, if there is none. Borrowed. Null with
/// MemoryError set.
Pickling* current_pickling();

/// The object, or None in the place of null. Borrowed.
inline PyObject* or_none(PyObject* object) {
    return object == nullptr ? Py_None : object;
}

/// What a reducer returns for an object that it leaves to the stock pickler. New reference.
inline PyObject* leave_to_stock() {
    return Py_NewRef(Py_NotImplemented);
}

}  // namespace stackless::pickle
