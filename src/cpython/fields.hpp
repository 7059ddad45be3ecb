// Fields of CPython's structures that hidden functions (src/hidden/) read and write, as `object.c_NAME`.
#pragma once

#include <cstddef>

#include "cpython/asyncio_tasks.hpp"
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"

namespace stackless {

enum class FieldKind : uint16_t {
    object,   // a reference; null is None
    value,    // a reference; null is read as None, but None is None
    present,  // a reference: whether it is not null
    number,   // Py_ssize_t
    flag,     // int, as a bool
    filled,   // no field: what is stored is added to the object. The offset is a FillKind.
};

enum class FillKind : uint16_t {
    list,  // appends
    set,
    deque,  // appends
    sum,    // adds to the only item of a list
    count,  // counts as a key of a dictionary
    pair,   // to the dictionary in a list; a number behind it counts the pairs
};

/// What may be stored in a field that is a reference.
enum class FieldContent : uint8_t {
    anything,
    iterator,
    iterator_or_null,
    iterators,  // a tuple of as many as there were, or any number if there is no `size`; a copy is stored
};

// Nothing but hidden functions uses them, and each for objects of the right type. But a frame of theirs may come out
// of a pickle, with anything in its variables: so all that C code relies on is checked.
struct Field {
    const char* name;
    FieldKind kind;
    uint16_t offset;
    bool (*is_of)(PyObject* object) = nullptr;
    FieldContent content = FieldContent::anything;
    uint16_t size_offset = 0;  // where the object keeps the number of its iterators
};

#define STACKLESS_FIELD(name, kind, type, member, is_of, ...) \
    Field { \
        "c_" #name, FieldKind::kind, offsetof(type, member), is_of __VA_OPT__(, ) __VA_ARGS__ \
    }

template <PyTypeObject* type>
inline bool is_a(PyObject* object) {
    return PyObject_TypeCheck(object, type) != 0;
}
inline bool is_cached_function(PyObject* object) {
    return Py_TYPE(object)->tp_call == lru_cache_call;
}
inline bool is_compared_key(PyObject* object) {
    return Py_TYPE(object)->tp_richcompare == keyobject_richcompare;
}

inline constexpr Field fields[] = {
    {"c_append", FieldKind::filled, static_cast<uint16_t>(FillKind::list)},
    {"c_push", FieldKind::filled, static_cast<uint16_t>(FillKind::deque)},
    {"c_add", FieldKind::filled, static_cast<uint16_t>(FillKind::set)},
    {"c_sum", FieldKind::filled, static_cast<uint16_t>(FillKind::sum)},
    {"c_pair", FieldKind::filled, static_cast<uint16_t>(FillKind::pair)},
    {"c_count", FieldKind::filled, static_cast<uint16_t>(FillKind::count)},
    STACKLESS_FIELD(lru_function, object, LruCacheObject, function, is_cached_function),
    STACKLESS_FIELD(map_iterators, object, MapIterator, iterators, is_a<&PyMap_Type>,
                    FieldContent::iterators),
    STACKLESS_FIELD(default_factory, object, DefaultDict, factory, is_a<&defdict_type>),
    STACKLESS_FIELD(map_function, object, MapIterator, function, is_a<&PyMap_Type>),
    STACKLESS_FIELD(asend_generator, object, AsyncSend, generator, is_a<&_PyAsyncGenASend_Type>),
    STACKLESS_FIELD(athrow_generator, object, AsyncThrow, generator, is_a<&_PyAsyncGenAThrow_Type>),
    STACKLESS_FIELD(athrow_args, object, AsyncThrow, args, is_a<&_PyAsyncGenAThrow_Type>),
    STACKLESS_FIELD(anext_awaited, object, AnextAwaitable, awaited, is_a<&_PyAnextAwaitable_Type>),
    STACKLESS_FIELD(anext_default, object, AnextAwaitable, default_value,
                    is_a<&_PyAnextAwaitable_Type>),
    STACKLESS_FIELD(step_task, object, AsyncioStep, task, is_asyncio_step),
    STACKLESS_FIELD(step_error, object, AsyncioStep, error, is_asyncio_step),
    STACKLESS_FIELD(task_must_cancel, flag, AsyncioTask, must_cancel, is_asyncio_task),
    STACKLESS_FIELD(task_waits_for, object, AsyncioTask, waits_for, is_asyncio_task),
    STACKLESS_FIELD(sequence_index, number, IndexIterator, index, is_a<&PySeqIter_Type>),
    STACKLESS_FIELD(sequence_sequence, object, IndexIterator, sequence, is_a<&PySeqIter_Type>),
    STACKLESS_FIELD(reversed_index, number, IndexIterator, index, is_a<&PyReversed_Type>),
    STACKLESS_FIELD(reversed_sequence, object, IndexIterator, sequence, is_a<&PyReversed_Type>),
    STACKLESS_FIELD(callable_function, object, CallableIterator, function, is_a<&PyCallIter_Type>),
    STACKLESS_FIELD(callable_sentinel, object, CallableIterator, sentinel, is_a<&PyCallIter_Type>),
    STACKLESS_FIELD(callable_has_sentinel, present, CallableIterator, sentinel,
                    is_a<&PyCallIter_Type>),
    STACKLESS_FIELD(enumerate_index, number, EnumerateIterator, index, is_a<&PyEnum_Type>),
    STACKLESS_FIELD(enumerate_iterator, object, EnumerateIterator, iterator, is_a<&PyEnum_Type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(enumerate_long_index, object, EnumerateIterator, long_index,
                    is_a<&PyEnum_Type>),
    STACKLESS_FIELD(zip_iterators, object, ZipIterator, iterators, is_a<&PyZip_Type>,
                    FieldContent::iterators, offsetof(ZipIterator, size)),
    STACKLESS_FIELD(zip_strict, flag, ZipIterator, strict, is_a<&PyZip_Type>),
    STACKLESS_FIELD(filter_function, object, FunctionIterator, function, is_a<&PyFilter_Type>),
    STACKLESS_FIELD(filter_iterator, object, FunctionIterator, iterator, is_a<&PyFilter_Type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(filterfalse_function, object, FunctionIterator, function,
                    is_a<&filterfalse_type>),
    STACKLESS_FIELD(filterfalse_iterator, object, FunctionIterator, iterator,
                    is_a<&filterfalse_type>, FieldContent::iterator),
    STACKLESS_FIELD(starmap_function, object, FunctionIterator, function, is_a<&starmap_type>),
    STACKLESS_FIELD(starmap_iterator, object, FunctionIterator, iterator, is_a<&starmap_type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(takewhile_function, object, WhileIterator, function, is_a<&takewhile_type>),
    STACKLESS_FIELD(takewhile_iterator, object, WhileIterator, iterator, is_a<&takewhile_type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(takewhile_stopped, number, WhileIterator, is_decided, is_a<&takewhile_type>),
    STACKLESS_FIELD(dropwhile_function, object, WhileIterator, function, is_a<&dropwhile_type>),
    STACKLESS_FIELD(dropwhile_iterator, object, WhileIterator, iterator, is_a<&dropwhile_type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(dropwhile_started, number, WhileIterator, is_decided, is_a<&dropwhile_type>),
    STACKLESS_FIELD(chain_source, object, ChainIterator, source, is_a<&chain_type>,
                    FieldContent::iterator_or_null),
    STACKLESS_FIELD(chain_active, object, ChainIterator, active, is_a<&chain_type>,
                    FieldContent::iterator_or_null),
    STACKLESS_FIELD(islice_iterator, object, SliceIterator, iterator, is_a<&islice_type>,
                    FieldContent::iterator_or_null),
    STACKLESS_FIELD(islice_next, number, SliceIterator, next, is_a<&islice_type>),
    STACKLESS_FIELD(islice_stop, number, SliceIterator, stop, is_a<&islice_type>),
    STACKLESS_FIELD(islice_step, number, SliceIterator, step, is_a<&islice_type>),
    STACKLESS_FIELD(islice_count, number, SliceIterator, count, is_a<&islice_type>),
    STACKLESS_FIELD(accumulate_total, value, AccumulateIterator, total, is_a<&accumulate_type>),
    STACKLESS_FIELD(accumulate_has_total, present, AccumulateIterator, total,
                    is_a<&accumulate_type>),
    STACKLESS_FIELD(accumulate_iterator, object, AccumulateIterator, iterator,
                    is_a<&accumulate_type>, FieldContent::iterator),
    STACKLESS_FIELD(accumulate_function, object, AccumulateIterator, function,
                    is_a<&accumulate_type>),
    STACKLESS_FIELD(accumulate_initial, value, AccumulateIterator, initial, is_a<&accumulate_type>),
    STACKLESS_FIELD(groupby_iterator, object, GroupbyIterator, iterator, is_a<&groupby_type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(groupby_function, object, GroupbyIterator, function, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_target, value, GroupbyIterator, target_key, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_has_target, present, GroupbyIterator, target_key, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_key, value, GroupbyIterator, key, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_has_key, present, GroupbyIterator, key, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_cleared_key, object, GroupbyIterator, key, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_value, value, GroupbyIterator, value, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_has_value, present, GroupbyIterator, value, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_cleared_value, object, GroupbyIterator, value, is_a<&groupby_type>),
    STACKLESS_FIELD(groupby_grouper, number, GroupbyIterator, last_grouper, is_a<&groupby_type>),
    STACKLESS_FIELD(grouper_parent, object, Grouper, parent, is_a<&_grouper_type>),
    STACKLESS_FIELD(grouper_target, value, Grouper, target_key, is_a<&_grouper_type>),
    STACKLESS_FIELD(zip_longest_active, number, LongestZipIterator, active, is_a<&ziplongest_type>),
    STACKLESS_FIELD(zip_longest_iterators, object, LongestZipIterator, iterators,
                    is_a<&ziplongest_type>, FieldContent::iterators,
                    offsetof(LongestZipIterator, size)),
    STACKLESS_FIELD(zip_longest_fill, value, LongestZipIterator, fill, is_a<&ziplongest_type>),
    STACKLESS_FIELD(pairwise_iterator, object, PairwiseIterator, iterator, is_a<&pairwise_type>,
                    FieldContent::iterator_or_null),
    STACKLESS_FIELD(pairwise_old, value, PairwiseIterator, old, is_a<&pairwise_type>),
    STACKLESS_FIELD(pairwise_has_old, present, PairwiseIterator, old, is_a<&pairwise_type>),
    STACKLESS_FIELD(pairwise_cleared_old, object, PairwiseIterator, old, is_a<&pairwise_type>),
    STACKLESS_FIELD(compress_data, object, CompressIterator, data, is_a<&compress_type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(compress_selectors, object, CompressIterator, selectors, is_a<&compress_type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(cycle_iterator, object, CycleIterator, iterator, is_a<&cycle_type>,
                    FieldContent::iterator_or_null),
    STACKLESS_FIELD(cycle_saved, object, CycleIterator, saved, is_a<&cycle_type>),
    STACKLESS_FIELD(cycle_is_saved, flag, CycleIterator, is_saved, is_a<&cycle_type>),
    STACKLESS_FIELD(count_value, object, CountIterator, value, is_a<&count_type>),
    STACKLESS_FIELD(count_step, object, CountIterator, step, is_a<&count_type>),
    STACKLESS_FIELD(tee_iterator, object, TeeBlock, iterator, is_a<&teedataobject_type>,
                    FieldContent::iterator),
    STACKLESS_FIELD(tee_is_running, flag, TeeBlock, is_running, is_a<&teedataobject_type>),
    STACKLESS_FIELD(key_compare, object, ComparedKey, compare, is_compared_key),
    STACKLESS_FIELD(key_object, object, ComparedKey, object, is_compared_key),
};

}  // namespace stackless
