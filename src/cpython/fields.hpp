// Fields of CPython's structures that hidden functions (src/hidden/) read and write, as `object.c_NAME`.
#pragma once

#include <cstddef>

#include "cpython/asyncio_tasks.hpp"
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
    sum,    // adds to the only item of a list
    count,  // counts as a key of a dictionary
    pair,   // to the dictionary in a list; a number behind it counts the pairs
};

struct Field {
    const char* name;
    FieldKind kind;
    uint16_t offset;
};

#define STACKLESS_FIELD(name, kind, type, member) \
    Field { \
        "c_" #name, FieldKind::kind, offsetof(type, member) \
    }

inline constexpr Field fields[] = {
    {"c_append", FieldKind::filled, static_cast<uint16_t>(FillKind::list)},
    {"c_add", FieldKind::filled, static_cast<uint16_t>(FillKind::set)},
    {"c_sum", FieldKind::filled, static_cast<uint16_t>(FillKind::sum)},
    {"c_pair", FieldKind::filled, static_cast<uint16_t>(FillKind::pair)},
    {"c_count", FieldKind::filled, static_cast<uint16_t>(FillKind::count)},
    STACKLESS_FIELD(lru_function, object, LruCacheObject, function),
    STACKLESS_FIELD(map_iterators, object, MapIterator, iterators),
    STACKLESS_FIELD(default_factory, object, DefaultDict, factory),
    STACKLESS_FIELD(map_function, object, MapIterator, function),
    STACKLESS_FIELD(asend_generator, object, AsyncSend, generator),
    STACKLESS_FIELD(athrow_generator, object, AsyncThrow, generator),
    STACKLESS_FIELD(athrow_args, object, AsyncThrow, args),
    STACKLESS_FIELD(anext_awaited, object, AnextAwaitable, awaited),
    STACKLESS_FIELD(anext_default, object, AnextAwaitable, default_value),
    STACKLESS_FIELD(step_task, object, AsyncioStep, task),
    STACKLESS_FIELD(step_error, object, AsyncioStep, error),
    STACKLESS_FIELD(task_must_cancel, flag, AsyncioTask, must_cancel),
    STACKLESS_FIELD(task_waits_for, object, AsyncioTask, waits_for),
    STACKLESS_FIELD(sequence_index, number, IndexIterator, index),
    STACKLESS_FIELD(sequence_sequence, object, IndexIterator, sequence),
    STACKLESS_FIELD(reversed_index, number, IndexIterator, index),
    STACKLESS_FIELD(reversed_sequence, object, IndexIterator, sequence),
    STACKLESS_FIELD(callable_function, object, CallableIterator, function),
    STACKLESS_FIELD(callable_sentinel, object, CallableIterator, sentinel),
    STACKLESS_FIELD(callable_has_sentinel, present, CallableIterator, sentinel),
    STACKLESS_FIELD(enumerate_index, number, EnumerateIterator, index),
    STACKLESS_FIELD(enumerate_iterator, object, EnumerateIterator, iterator),
    STACKLESS_FIELD(enumerate_long_index, object, EnumerateIterator, long_index),
    STACKLESS_FIELD(zip_iterators, object, ZipIterator, iterators),
    STACKLESS_FIELD(zip_strict, flag, ZipIterator, strict),
    STACKLESS_FIELD(filter_function, object, FunctionIterator, function),
    STACKLESS_FIELD(filter_iterator, object, FunctionIterator, iterator),
    STACKLESS_FIELD(filterfalse_function, object, FunctionIterator, function),
    STACKLESS_FIELD(filterfalse_iterator, object, FunctionIterator, iterator),
    STACKLESS_FIELD(starmap_function, object, FunctionIterator, function),
    STACKLESS_FIELD(starmap_iterator, object, FunctionIterator, iterator),
    STACKLESS_FIELD(takewhile_function, object, WhileIterator, function),
    STACKLESS_FIELD(takewhile_iterator, object, WhileIterator, iterator),
    STACKLESS_FIELD(takewhile_stopped, number, WhileIterator, is_decided),
    STACKLESS_FIELD(dropwhile_function, object, WhileIterator, function),
    STACKLESS_FIELD(dropwhile_iterator, object, WhileIterator, iterator),
    STACKLESS_FIELD(dropwhile_started, number, WhileIterator, is_decided),
    STACKLESS_FIELD(chain_source, object, ChainIterator, source),
    STACKLESS_FIELD(chain_active, object, ChainIterator, active),
    STACKLESS_FIELD(islice_iterator, object, SliceIterator, iterator),
    STACKLESS_FIELD(islice_next, number, SliceIterator, next),
    STACKLESS_FIELD(islice_stop, number, SliceIterator, stop),
    STACKLESS_FIELD(islice_step, number, SliceIterator, step),
    STACKLESS_FIELD(islice_count, number, SliceIterator, count),
    STACKLESS_FIELD(accumulate_total, value, AccumulateIterator, total),
    STACKLESS_FIELD(accumulate_has_total, present, AccumulateIterator, total),
    STACKLESS_FIELD(accumulate_iterator, object, AccumulateIterator, iterator),
    STACKLESS_FIELD(accumulate_function, object, AccumulateIterator, function),
    STACKLESS_FIELD(accumulate_initial, value, AccumulateIterator, initial),
    STACKLESS_FIELD(groupby_iterator, object, GroupbyIterator, iterator),
    STACKLESS_FIELD(groupby_function, object, GroupbyIterator, function),
    STACKLESS_FIELD(groupby_target, value, GroupbyIterator, target_key),
    STACKLESS_FIELD(groupby_has_target, present, GroupbyIterator, target_key),
    STACKLESS_FIELD(groupby_key, value, GroupbyIterator, key),
    STACKLESS_FIELD(groupby_has_key, present, GroupbyIterator, key),
    STACKLESS_FIELD(groupby_cleared_key, object, GroupbyIterator, key),
    STACKLESS_FIELD(groupby_value, value, GroupbyIterator, value),
    STACKLESS_FIELD(groupby_has_value, present, GroupbyIterator, value),
    STACKLESS_FIELD(groupby_cleared_value, object, GroupbyIterator, value),
    STACKLESS_FIELD(groupby_grouper, number, GroupbyIterator, last_grouper),
    STACKLESS_FIELD(grouper_parent, object, Grouper, parent),
    STACKLESS_FIELD(grouper_target, value, Grouper, target_key),
    STACKLESS_FIELD(zip_longest_active, number, LongestZipIterator, active),
    STACKLESS_FIELD(zip_longest_iterators, object, LongestZipIterator, iterators),
    STACKLESS_FIELD(zip_longest_fill, value, LongestZipIterator, fill),
    STACKLESS_FIELD(pairwise_iterator, object, PairwiseIterator, iterator),
    STACKLESS_FIELD(pairwise_old, value, PairwiseIterator, old),
    STACKLESS_FIELD(pairwise_has_old, present, PairwiseIterator, old),
    STACKLESS_FIELD(pairwise_cleared_old, object, PairwiseIterator, old),
    STACKLESS_FIELD(compress_data, object, CompressIterator, data),
    STACKLESS_FIELD(compress_selectors, object, CompressIterator, selectors),
    STACKLESS_FIELD(cycle_iterator, object, CycleIterator, iterator),
    STACKLESS_FIELD(cycle_saved, object, CycleIterator, saved),
    STACKLESS_FIELD(cycle_is_saved, flag, CycleIterator, is_saved),
    STACKLESS_FIELD(count_value, object, CountIterator, value),
    STACKLESS_FIELD(count_step, object, CountIterator, step),
    STACKLESS_FIELD(tee_iterator, object, TeeBlock, iterator),
    STACKLESS_FIELD(tee_is_running, flag, TeeBlock, is_running),
    STACKLESS_FIELD(key_compare, object, ComparedKey, compare),
    STACKLESS_FIELD(key_object, object, ComparedKey, object),
};

}  // namespace stackless
