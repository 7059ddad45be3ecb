// Layouts of CPython 3.11 that no header declares.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Of what can be awaited once.
enum class AwaitableState : int { initial, iterating, closed };

/// Iterators of list and tuple. The sequence is null once the iterator is exhausted.
struct ListIterator {
    PyObject_HEAD Py_ssize_t index;
    PyListObject* list;
};
struct TupleIterator {
    PyObject_HEAD Py_ssize_t index;
    PyTupleObject* tuple;
};

/// The iterator of a range whose numbers all fit a C long.
struct RangeIterator {
    PyObject_HEAD long index;
    long start;
    long step;
    long length;
};

/// map(function, *iterables).
struct MapIterator {
    PyObject_HEAD PyObject* iterators;  // a tuple
    PyObject* function;
};

/// coroutine.__await__().
struct CoroutineWrapper {
    PyObject_HEAD PyObject* coroutine;
};

/// What async_generator.asend() and __anext__() return to be awaited.
struct AsyncSend {
    PyObject_HEAD PyGenObject* generator;
    PyObject* value;  // may be null
    AwaitableState state;
};
/// The same of athrow() and aclose().
struct AsyncThrow {
    PyObject_HEAD PyGenObject* generator;
    PyObject* args;  // a tuple; null for aclose()
    AwaitableState state;
};
/// What an asynchronous generator yields to its own methods, so that they know it from what it awaits.
struct AsyncYield {
    PyObject_HEAD PyObject* value;
};
/// anext(iterator, default).
struct AnextAwaitable {
    PyObject_HEAD PyObject* awaited;
    PyObject* default_value;
};

/// property() and its subclasses. Each function is null where there is none.
struct Property {
    PyObject_HEAD PyObject* get;
    PyObject* set;
    PyObject* del;
};

/// super().
struct Super {
    PyObject_HEAD PyTypeObject* type;  // the search begins behind it
    PyObject* object;                  // null if unbound
    PyTypeObject* object_type;         // the type whose MRO is searched
};

/// A slot of a builtin type as a method that is bound: `(1).__add__`.
struct MethodWrapper {
    PyObject_HEAD PyWrapperDescrObject* descriptor;
    PyObject* self;
};

/// What _abc keeps for an abstract class. The sets are of weak references to classes, or null.
struct AbcData {
    PyObject_HEAD PyObject* registry;
    PyObject* cache;
    PyObject* negative_cache;
    unsigned long long negative_cache_version;
};
/// The state of the module _abc.
struct AbcState {
    PyTypeObject* data_type;
    unsigned long long invalidations;
};

/// What _asyncio keeps in the dictionary of a thread state.
struct RunningLoopHolder {
    PyObject_HEAD PyObject* loop;  // owned; None while no loop is running
    pid_t process;
};

/// The header of a node of the binary search trees of _lsprof, ordered by `key`.
struct ProfilerNode {
    void* key;
    ProfilerNode* left;
    ProfilerNode* right;
};

/// What a profiler of _lsprof has summed up of one function called by another. The key is the
/// ProfilerEntry of the former.
struct ProfilerSubentry {
    ProfilerNode header;
    _PyTime_t total_time;
    _PyTime_t inline_time;
    long calls;
    long recursive_calls;
    long recursion_level;  // how many calls of it are under way
};

/// What it has summed up of one function. The key is the code object, or the PyMethodDef.
struct ProfilerEntry {
    ProfilerNode header;
    PyObject* function;
    _PyTime_t total_time;
    _PyTime_t inline_time;
    long calls;
    long recursive_calls;
    long recursion_level;
    ProfilerNode* callees;  // ProfilerSubentry
};

/// A call that is under way.
struct ProfilerContext {
    _PyTime_t start;
    _PyTime_t callees_time;
    ProfilerContext* caller;
    ProfilerEntry* entry;
};

/// _lsprof.Profiler, the base class of cProfile.Profile.
struct ProfilerObject {
    static constexpr int enabled = 1;
    static constexpr int with_subentries = 2;

    PyObject_HEAD ProfilerNode* entries;  // ProfilerEntry
    ProfilerContext* innermost;
    ProfilerContext* free_contexts;
    int flags;
    PyObject* timer;    // null: the performance counter
    double timer_unit;  // 0: the timer returns seconds
};

}  // namespace stackless
