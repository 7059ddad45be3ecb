// Layouts of CPython 3.11 that no header declares.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

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

/// functools.partial.
struct PartialObject {
    PyObject_HEAD PyObject* function;
    PyObject* args;      // a tuple
    PyObject* keywords;  // a dict
    PyObject* dict;
    PyObject* weakrefs;
    vectorcallfunc vectorcall;
};

/// What functools.lru_cache keeps for one call, in a ring that begins with the least recently used.
struct LruLink {
    PyObject_HEAD LruLink* previous;
    LruLink* next;
    Py_hash_t hash;
    PyObject* key;
    PyObject* result;
};

/// What functools.lru_cache makes of a function.
struct LruCacheObject {
    LruLink root;
    PyObject* (*wrapper)(LruCacheObject*, PyObject*, PyObject*);
    int typed;
    PyObject* cache;  // a dict: results by key, or LruLinks if their number is bounded
    Py_ssize_t hits;
    PyObject* function;
    Py_ssize_t max_size;
    Py_ssize_t misses;
    PyObject* keyword_mark;
    PyTypeObject* link_type;
};

/// operator.methodcaller.
struct MethodCaller {
    PyObject_HEAD PyObject* name;
    PyObject* args;
    PyObject* keywords;  // a dict, or null
};

/// classmethod and staticmethod objects.
struct MethodHolder {
    PyObject_HEAD PyObject* callable;
    PyObject* dict;
};

/// A slot of a builtin type, bound to an object ("method-wrapper").
struct SlotWrapper {
    PyObject_HEAD PyWrapperDescrObject* descriptor;
    PyObject* self;
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
