// The redirects of itertools.
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

namespace {

// ---- Making iterators: what matters is whether iter() of an argument is in Python.

bool is_made_in_python(PyObject* iterable) {
    return Py_TYPE(iterable)->tp_iter == slot_tp_iter;
}

bool has_python_iterable(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 1) && is_made_in_python(call.at(0));
}

bool has_function_and_python_iterable(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && is_made_in_python(call.at(1));
}

bool has_python_iterable_and_limits(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 4) && is_made_in_python(call.at(0));
}

bool makes_python_accumulate(PyThreadState*, const Arguments& call) {
    return (call.positional == 1 || call.positional == 2) && call.have_only_keyword("initial") &&
           is_made_in_python(call.at(0));
}

bool makes_python_groupby(PyThreadState*, const Arguments& call) {
    return call.positional >= 1 && call.total() <= 2 && call.have_only_keyword("key") &&
           is_made_in_python(call.at(0));
}

bool makes_python_zip_longest(PyThreadState*, const Arguments& call) {
    if (!call.have_only_keyword("fillvalue"))
        return false;
    for (Py_ssize_t i = 0; i < call.positional; i++) {
        if (is_made_in_python(call.at(i)))
            return true;
    }
    return false;
}

bool makes_python_compress(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && (is_made_in_python(call.at(0)) || is_made_in_python(call.at(1)));
}

bool multiplies_python_values(PyThreadState* ts, const Arguments& call) {
    if (!call.have_only_keyword("repeat"))
        return false;
    if (call.keywords() == 1) {
        PyObject* repeat = call.values[call.positional];
        if (!PyLong_CheckExact(repeat) || _PyLong_Sign(repeat) <= 0)
            return false;
    }
    for (Py_ssize_t i = 0; i < call.positional; i++) {
        if (is_iterated_in_python(ts, call.at(i)))
            return true;
    }
    return false;
}

bool chooses_of_python_values(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 2) && is_iterated_in_python(ts, call.at(0));
}

bool permutes_python_values(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(1, 2) && is_iterated_in_python(ts, call.at(0));
}

constexpr FunctionRedirect functions[] = {
    {chain_methods, "from_iterable", {has_python_iterable, Hidden::chain_from_iterable}},
};

constexpr TypeRedirect types[] = {
    {&accumulate_type, {makes_python_accumulate, Hidden::new_accumulate}},
    {&combinations_type, {chooses_of_python_values, Hidden::new_combinations}},
    {&compress_type, {makes_python_compress, Hidden::new_compress}},
    {&cwr_type, {chooses_of_python_values, Hidden::new_combinations_with_replacement}},
    {&cycle_type, {has_python_iterable, Hidden::new_cycle}},
    {&dropwhile_type, {has_function_and_python_iterable, Hidden::new_dropwhile}},
    {&filterfalse_type, {has_function_and_python_iterable, Hidden::new_filterfalse}},
    {&groupby_type, {makes_python_groupby, Hidden::new_groupby}},
    {&islice_type, {has_python_iterable_and_limits, Hidden::new_islice}},
    {&pairwise_type, {has_python_iterable, Hidden::new_pairwise}},
    {&permutations_type, {permutes_python_values, Hidden::new_permutations}},
    {&product_type, {multiplies_python_values, Hidden::new_product}},
    {&starmap_type, {has_function_and_python_iterable, Hidden::new_starmap}},
    {&takewhile_type, {has_function_and_python_iterable, Hidden::new_takewhile}},
    {&ziplongest_type, {makes_python_zip_longest, Hidden::new_zip_longest}},
};

// ---- Stepping

/// What chain() will take its next iterable from, as far as can be told.
bool next_iterable_calls_back(PyThreadState* ts, PyObject* source) {
    PyObject* next = nullptr;
    if (Py_IS_TYPE(source, &PyTupleIter_Type)) {
        auto* it = reinterpret_cast<TupleIterator*>(source);
        if (it->tuple != nullptr && it->index < PyTuple_GET_SIZE(it->tuple)) {
            next = PyTuple_GET_ITEM(it->tuple, it->index);
        }
    } else if (Py_IS_TYPE(source, &PyListIter_Type)) {
        auto* it = reinterpret_cast<ListIterator*>(source);
        if (it->list != nullptr && it->index < PyList_GET_SIZE(it->list)) {
            next = PyList_GET_ITEM(it->list, it->index);
        }
    }
    return next != nullptr && is_iterated_in_python(ts, next);
}

bool chain_calls_back(PyThreadState* ts, PyObject* iterator) {
    auto* chain = reinterpret_cast<ChainIterator*>(iterator);
    if (chain->source == nullptr)
        return false;
    return (chain->active != nullptr && may_call_back(ts, chain->active)) ||
           may_call_back(ts, chain->source) || next_iterable_calls_back(ts, chain->source);
}

bool islice_calls_back(PyThreadState* ts, PyObject* iterator) {
    PyObject* values = reinterpret_cast<SliceIterator*>(iterator)->iterator;
    return values != nullptr && may_call_back(ts, values);
}

bool function_calls_back(PyThreadState* ts, PyObject* iterator) {
    auto* filter = reinterpret_cast<FunctionIterator*>(iterator);
    return is_python_callable(ts, filter->function) || may_call_back(ts, filter->iterator);
}

bool takewhile_calls_back(PyThreadState* ts, PyObject* iterator) {
    auto* values = reinterpret_cast<WhileIterator*>(iterator);
    return values->is_decided == 0 &&
           (is_python_callable(ts, values->function) || may_call_back(ts, values->iterator));
}

bool dropwhile_calls_back(PyThreadState* ts, PyObject* iterator) {
    auto* values = reinterpret_cast<WhileIterator*>(iterator);
    return (values->is_decided == 0 && is_python_callable(ts, values->function)) ||
           may_call_back(ts, values->iterator);
}

bool accumulate_calls_back(PyThreadState* ts, PyObject* iterator) {
    auto* values = reinterpret_cast<AccumulateIterator*>(iterator);
    return (values->function != nullptr && is_python_callable(ts, values->function)) ||
           may_call_back(ts, values->iterator);
}

bool groupby_calls_back(PyThreadState* ts, PyObject* iterator) {
    if (!needs_frames(ts))
        return false;
    auto* groups = reinterpret_cast<GroupbyIterator*>(iterator);
    return is_python_callable(ts, groups->function) || may_call_back(ts, groups->iterator);
}

bool grouper_calls_back(PyThreadState* ts, PyObject* iterator) {
    if (!needs_frames(ts))
        return false;
    PyObject* groups = reinterpret_cast<Grouper*>(iterator)->parent;
    return reinterpret_cast<GroupbyIterator*>(groups)->last_grouper == iterator &&
           groupby_calls_back(ts, groups);
}

bool zip_longest_calls_back(PyThreadState* ts, PyObject* iterator) {
    if (!needs_frames(ts))
        return false;
    return any_calls_back(ts, reinterpret_cast<LongestZipIterator*>(iterator)->iterators);
}

bool pairwise_calls_back(PyThreadState* ts, PyObject* iterator) {
    PyObject* values = reinterpret_cast<PairwiseIterator*>(iterator)->iterator;
    return values != nullptr && may_call_back(ts, values);
}

bool compress_calls_back(PyThreadState* ts, PyObject* iterator) {
    if (!needs_frames(ts))
        return false;
    auto* values = reinterpret_cast<CompressIterator*>(iterator);
    return may_call_back(ts, values->data) || may_call_back(ts, values->selectors);
}

bool cycle_calls_back(PyThreadState* ts, PyObject* iterator) {
    if (!needs_frames(ts))
        return false;
    PyObject* values = reinterpret_cast<CycleIterator*>(iterator)->iterator;
    return values != nullptr && may_call_back(ts, values);
}

bool tee_calls_back(PyThreadState* ts, PyObject* iterator) {
    if (!needs_frames(ts))
        return false;
    auto* tee = reinterpret_cast<TeeIterator*>(iterator);
    const TeeBlock* block = tee->block;
    int index = tee->index;
    if (index == TeeBlock::capacity && block->next != nullptr) {
        block = reinterpret_cast<TeeBlock*>(block->next);
        index = 0;
    }
    return (index == TeeBlock::capacity || index == block->filled) &&
           may_call_back(ts, block->iterator);
}

bool count_calls_back(PyThreadState* ts, PyObject* iterator) {
    if (!needs_frames(ts))
        return false;
    auto* count = reinterpret_cast<CountIterator*>(iterator);
    return count->value != nullptr &&
           (PyType_HasFeature(Py_TYPE(count->value), Py_TPFLAGS_HEAPTYPE) ||
            PyType_HasFeature(Py_TYPE(count->step), Py_TPFLAGS_HEAPTYPE));
}

constexpr Step steps[] = {
    {&chain_type, chain_calls_back, Hidden::chain_next, &chain_stage},
    {&islice_type, islice_calls_back, Hidden::islice_next, &islice_stage},
    {&takewhile_type, takewhile_calls_back, Hidden::takewhile_next, &takewhile_stage},
    {&dropwhile_type, dropwhile_calls_back, Hidden::dropwhile_next, &dropwhile_stage},
    {&starmap_type, function_calls_back, Hidden::starmap_next, &starmap_stage},
    {&filterfalse_type, function_calls_back, Hidden::filterfalse_next, &filterfalse_stage},
    {&accumulate_type, accumulate_calls_back, Hidden::accumulate_next, &accumulate_stage},
    {&groupby_type, groupby_calls_back, Hidden::groupby_next},
    {&_grouper_type, grouper_calls_back, Hidden::grouper_next},
    {&ziplongest_type, zip_longest_calls_back, Hidden::zip_longest_next},
    {&pairwise_type, pairwise_calls_back, Hidden::pairwise_next, &pairwise_stage},
    {&compress_type, compress_calls_back, Hidden::compress_next},
    {&cycle_type, cycle_calls_back, Hidden::cycle_next, &cycle_stage},
    {&tee_type, tee_calls_back, Hidden::tee_next},
    {&count_type, count_calls_back, Hidden::count_next},
};

}  // namespace

const RedirectFamily itertools_redirects = {functions, types, steps};

}  // namespace stackless::eval
