#include "eval/stages.hpp"

#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/generators.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

namespace {

template <class Type>
Type* as(PyObject* iterator) {
    return reinterpret_cast<Type*>(iterator);
}

PyObject* next_of(PyObject* iterator) {
    return Py_TYPE(iterator)->tp_iternext(iterator);
}

/// The first of a tuple of iterators, if the others run no Python code.
PyObject* first_source(PyThreadState* ts, PyObject* iterators) {
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(iterators); i++) {
        if (may_call_back(ts, PyTuple_GET_ITEM(iterators, i)))
            return nullptr;
    }
    return PyTuple_GET_SIZE(iterators) == 0 ? nullptr : PyTuple_GET_ITEM(iterators, 0);
}

// ---- map()

PyObject* map_source(PyThreadState* ts, PyObject* iterator) {
    PyObject* iterators = as<MapIterator>(iterator)->iterators;
    if (PyTuple_GET_SIZE(iterators) == 1)
        return PyTuple_GET_ITEM(iterators, 0);
    return PyTuple_GET_SIZE(iterators) <= most_arguments ? first_source(ts, iterators) : nullptr;
}

int map_call(PyObject* iterator, PyObject** function, PyObject** arguments) {
    auto* map = as<MapIterator>(iterator);
    *function = map->function;
    int count = 0;
    if (PyTuple_GET_SIZE(map->iterators) > most_arguments) {
        // map_source() does not take one like that, but a pickle may.
        PyErr_SetString(PyExc_SystemError, "map() of so many iterables is not stepped like that");
        return -1;
    }
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(map->iterators); i++) {
        arguments[count] = next_of(PyTuple_GET_ITEM(map->iterators, i));
        if (arguments[count] == nullptr) {
            while (count > 0) {
                Py_DECREF(arguments[--count]);
            }
            return -1;
        }
        count++;
    }
    return count;
}

// ---- zip(), enumerate(), islice(), chain()

PyObject* zip_source(PyThreadState* ts, PyObject* iterator) {
    auto* zip = as<ZipIterator>(iterator);
    return zip->strict != 0 ? nullptr : first_source(ts, zip->iterators);
}

/// The tuple that the iterator keeps for its results, if nobody else has it, or a new one. It is to be filled.
PyObject* tuple_for_result(PyObject* kept, Py_ssize_t size) {
    if (Py_REFCNT(kept) != 1)
        return PyTuple_New(size);
    // The collector has perhaps found that it needs no tracking.
    if (!_PyObject_GC_IS_TRACKED(kept)) {
        _PyObject_GC_TRACK(kept);
    }
    return Py_NewRef(kept);
}

inline void replace_item(PyObject* tuple, Py_ssize_t index, PyObject* value) {
    PyObject* old = PyTuple_GET_ITEM(tuple, index);
    PyTuple_SET_ITEM(tuple, index, value);
    Py_XDECREF(old);
}

PyObject* zip_transform(PyObject* iterator, PyObject* value) {
    PyObject* iterators = as<ZipIterator>(iterator)->iterators;
    const Py_ssize_t size = PyTuple_GET_SIZE(iterators);
    PyObject* result =
        size == 0 ? nullptr : tuple_for_result(as<ZipIterator>(iterator)->result, size);
    if (result == nullptr) {
        Py_DECREF(value);
        return nullptr;
    }
    replace_item(result, 0, value);
    for (Py_ssize_t i = 1; i < size; i++) {
        PyObject* other = next_of(PyTuple_GET_ITEM(iterators, i));
        if (other == nullptr) {
            Py_DECREF(result);
            return nullptr;
        }
        replace_item(result, i, other);
    }
    return result;
}

PyObject* enumerate_source(PyThreadState*, PyObject* iterator) {
    auto* numbers = as<EnumerateIterator>(iterator);
    return numbers->index == PY_SSIZE_T_MAX ? nullptr : numbers->iterator;
}

PyObject* enumerate_transform(PyObject* iterator, PyObject* value) {
    auto* numbers = as<EnumerateIterator>(iterator);
    PyObject* index = PyLong_FromSsize_t(numbers->index);
    PyObject* result = index == nullptr ? nullptr : tuple_for_result(numbers->result, 2);
    if (result == nullptr) {
        Py_XDECREF(index);
        Py_DECREF(value);
        return nullptr;
    }
    numbers->index++;
    replace_item(result, 0, index);
    replace_item(result, 1, value);
    return result;
}

PyObject* islice_source(PyThreadState*, PyObject* iterator) {
    auto* slice = as<SliceIterator>(iterator);
    const bool is_next = slice->count >= slice->next;
    const bool is_stopped = slice->stop != -1 && slice->count >= slice->stop;
    return is_next && !is_stopped ? slice->iterator : nullptr;
}

PyObject* islice_transform(PyObject* iterator, PyObject* value) {
    auto* slice = as<SliceIterator>(iterator);
    slice->count++;
    const size_t next = static_cast<size_t>(slice->next) + static_cast<size_t>(slice->step);
    const bool is_beyond = next > static_cast<size_t>(PY_SSIZE_T_MAX) ||
                           (slice->stop != -1 && next > static_cast<size_t>(slice->stop));
    slice->next = is_beyond ? slice->stop : static_cast<Py_ssize_t>(next);
    return value;
}

bool islice_ended(PyObject* iterator, bool) {
    Py_CLEAR(as<SliceIterator>(iterator)->iterator);
    return false;
}

PyObject* chain_source(PyThreadState*, PyObject* iterator) {
    return as<ChainIterator>(iterator)->active;
}

PyObject* chain_transform(PyObject*, PyObject* value) {
    return value;
}

bool chain_ended(PyObject* iterator, bool failed) {
    if (!failed) {
        Py_CLEAR(as<ChainIterator>(iterator)->active);
    }
    return !failed;
}

// ---- pairwise(), cycle(), tee()

PyObject* pairwise_source(PyThreadState*, PyObject* iterator) {
    auto* pairs = as<PairwiseIterator>(iterator);
    return pairs->old != nullptr ? pairs->iterator : nullptr;
}

PyObject* pairwise_transform(PyObject* iterator, PyObject* value) {
    auto* pairs = as<PairwiseIterator>(iterator);
    PyObject* result = pairs->old == nullptr ? nullptr : PyTuple_Pack(2, pairs->old, value);
    Py_XSETREF(pairs->old, value);
    return result;
}

bool pairwise_ended(PyObject* iterator, bool) {
    Py_CLEAR(as<PairwiseIterator>(iterator)->iterator);
    Py_CLEAR(as<PairwiseIterator>(iterator)->old);
    return false;
}

PyObject* cycle_source(PyThreadState*, PyObject* iterator) {
    return as<CycleIterator>(iterator)->iterator;
}

PyObject* cycle_transform(PyObject* iterator, PyObject* value) {
    auto* cycle = as<CycleIterator>(iterator);
    if (cycle->is_saved == 0 && PyList_Append(cycle->saved, value) != 0) {
        Py_CLEAR(value);
    }
    return value;
}

bool cycle_ended(PyObject* iterator, bool failed) {
    if (!failed) {
        Py_CLEAR(as<CycleIterator>(iterator)->iterator);
    }
    return !failed;
}

// ---- accumulate()

PyObject* accumulate_source(PyThreadState*, PyObject* iterator) {
    auto* values = as<AccumulateIterator>(iterator);
    const bool is_under_way = values->total != nullptr && values->initial == Py_None;
    // Other objects may have an __add__ in Python.
    const bool is_simple =
        is_under_way && (values->function != nullptr || PyLong_CheckExact(values->total) ||
                         PyFloat_CheckExact(values->total));
    return is_simple ? values->iterator : nullptr;
}

int accumulate_call(PyObject* iterator, PyObject** function, PyObject** arguments) {
    auto* values = as<AccumulateIterator>(iterator);
    if (values->total == nullptr)
        return -1;
    *function = values->function;
    arguments[0] = Py_NewRef(values->total);
    return 1;
}

PyObject** accumulate_kept(PyObject* iterator) {
    return &as<AccumulateIterator>(iterator)->total;
}

// ---- filter() and its like

PyObject* filter_source(PyThreadState*, PyObject* iterator) {
    return as<FunctionIterator>(iterator)->iterator;
}

int starmap_call(PyObject* iterator, PyObject** function, PyObject**) {
    *function = as<FunctionIterator>(iterator)->function;
    return 0;
}

PyObject* filter_judge(PyObject* iterator) {
    PyObject* function = as<FunctionIterator>(iterator)->function;
    const bool is_truth = function == reinterpret_cast<PyObject*>(&PyBool_Type);
    return is_truth ? Py_None : function;
}

Verdict filter_verdict(PyObject*, bool truth) {
    return truth ? Verdict::accept : Verdict::reject;
}

Verdict filterfalse_verdict(PyObject*, bool truth) {
    return truth ? Verdict::reject : Verdict::accept;
}

PyObject* while_source(PyThreadState*, PyObject* iterator) {
    return as<WhileIterator>(iterator)->iterator;
}

PyObject* takewhile_judge(PyObject* iterator) {
    return as<WhileIterator>(iterator)->function;
}

Verdict takewhile_verdict(PyObject* iterator, bool truth) {
    if (truth)
        return Verdict::accept;
    as<WhileIterator>(iterator)->is_decided = 1;
    return Verdict::stop;
}

PyObject* dropwhile_judge(PyObject* iterator) {
    auto* values = as<WhileIterator>(iterator);
    return values->is_decided != 0 ? nullptr : values->function;
}

Verdict dropwhile_verdict(PyObject* iterator, bool truth) {
    if (truth)
        return Verdict::reject;
    as<WhileIterator>(iterator)->is_decided = 1;
    return Verdict::accept;
}

}  // namespace

const Stage map_stage = {.source = map_source, .call = map_call};
const Stage starmap_stage = {.source = filter_source, .call = starmap_call, .spreads = true};
const Stage zip_stage = {.source = zip_source, .transform = zip_transform};
const Stage enumerate_stage = {.source = enumerate_source, .transform = enumerate_transform};
const Stage islice_stage = {
    .source = islice_source, .transform = islice_transform, .ended = islice_ended};
const Stage chain_stage = {
    .source = chain_source, .transform = chain_transform, .ended = chain_ended};
const Stage pairwise_stage = {
    .source = pairwise_source, .transform = pairwise_transform, .ended = pairwise_ended};
const Stage cycle_stage = {
    .source = cycle_source, .transform = cycle_transform, .ended = cycle_ended};
const Stage accumulate_stage = {
    .source = accumulate_source, .call = accumulate_call, .kept = accumulate_kept};
const Stage filter_stage = {
    .source = filter_source, .judge = filter_judge, .verdict = filter_verdict};
const Stage filterfalse_stage = {
    .source = filter_source, .judge = filter_judge, .verdict = filterfalse_verdict};
const Stage takewhile_stage = {
    .source = while_source, .judge = takewhile_judge, .verdict = takewhile_verdict};
const Stage dropwhile_stage = {
    .source = while_source, .judge = dropwhile_judge, .verdict = dropwhile_verdict};

}  // namespace stackless::eval
