// The redirects of the builtins that iterate: iter(), next(), what makes iterators, and how these are stepped.
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/getters.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

HANDLER(next_at_once);

namespace {

bool has_python_iter(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 1) && Py_TYPE(call.at(0))->tp_iter == slot_tp_iter;
}

bool steps_in_python(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(1, 2) && may_call_back(ts, call.at(0));
}

constexpr FunctionRedirect functions[] = {
    {builtin_methods, "iter", {has_python_iter, Hidden::builtin_iter}},
    {builtin_methods, "next", {steps_in_python, Hidden::builtin_next, nullptr, next_at_once}},
};

// ---- Making iterators: what matters is whether iter() of an argument is in Python.

bool is_made_in_python(PyObject* iterable) {
    return Py_TYPE(iterable)->tp_iter == slot_tp_iter;
}

bool makes_python_enumerate(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 2) && is_made_in_python(call.at(0));
}

bool makes_python_filter(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && is_made_in_python(call.at(1));
}

bool any_made_in_python(const Arguments& call, Py_ssize_t from) {
    for (Py_ssize_t i = from; i < call.positional; i++) {
        if (is_made_in_python(call.at(i)))
            return true;
    }
    return false;
}

bool makes_python_map(PyThreadState*, const Arguments& call) {
    return call.kwnames == nullptr && any_made_in_python(call, 1);
}

bool makes_python_zip(PyThreadState*, const Arguments& call) {
    return any_made_in_python(call, 0) && call.have_only_keyword("strict");
}

bool reverses_in_python(PyThreadState*, const Arguments& call) {
    if (!call.are_plain(1, 1))
        return false;
    PyTypeObject* type = Py_TYPE(call.at(0));
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE))
        return false;
    PyObject* method = type_lookup(type, &_Py_ID(__reversed__));
    if (method != nullptr)
        return method != Py_None;
    return PySequence_Check(call.at(0)) && type->tp_as_sequence->sq_length == slot_sq_length;
}

constexpr TypeRedirect types[] = {
    {&PyEnum_Type, {makes_python_enumerate, Hidden::new_enumerate}},
    {&PyFilter_Type, {makes_python_filter, Hidden::new_filter}},
    {&PyMap_Type, {makes_python_map, Hidden::new_map}},
    {&PyZip_Type, {makes_python_zip, Hidden::new_zip}},
    {&PyReversed_Type, {reverses_in_python, Hidden::new_reversed}},
};

// ---- Stepping

bool map_calls_back(PyThreadState* ts, PyObject* iterator) {
    auto* map = reinterpret_cast<MapIterator*>(iterator);
    return is_python_callable(ts, map->function) || any_calls_back(ts, map->iterators) ||
           (PyTuple_GET_SIZE(map->iterators) == 1 &&
            getter_calls_back_for_next(ts, map->function, PyTuple_GET_ITEM(map->iterators, 0)));
}

bool zip_calls_back(PyThreadState* ts, PyObject* iterator) {
    return any_calls_back(ts, reinterpret_cast<ZipIterator*>(iterator)->iterators);
}

bool enumerate_calls_back(PyThreadState* ts, PyObject* iterator) {
    return may_call_back(ts, reinterpret_cast<EnumerateIterator*>(iterator)->iterator);
}

bool filter_calls_back(PyThreadState* ts, PyObject* iterator) {
    auto* filter = reinterpret_cast<FunctionIterator*>(iterator);
    return is_python_callable(ts, filter->function) || may_call_back(ts, filter->iterator) ||
           getter_calls_back_for_next(ts, filter->function, filter->iterator);
}

bool indexes_in_python(PyThreadState*, PyObject* iterator) {
    PyObject* sequence = reinterpret_cast<IndexIterator*>(iterator)->sequence;
    return sequence != nullptr && Py_TYPE(sequence)->tp_as_sequence != nullptr &&
           Py_TYPE(sequence)->tp_as_sequence->sq_item == slot_sq_item;
}

bool sequence_calls_back(PyThreadState* ts, PyObject* iterator) {
    return indexes_in_python(ts, iterator) &&
           reinterpret_cast<IndexIterator*>(iterator)->index != PY_SSIZE_T_MAX;
}

bool reversed_calls_back(PyThreadState* ts, PyObject* iterator) {
    return indexes_in_python(ts, iterator) &&
           reinterpret_cast<IndexIterator*>(iterator)->index >= 0;
}

bool callable_calls_back(PyThreadState* ts, PyObject* iterator) {
    if (!needs_frames(ts))
        return false;
    auto* calls = reinterpret_cast<CallableIterator*>(iterator);
    return calls->function != nullptr && is_python_callable(ts, calls->function);
}

constexpr Step steps[] = {
    {&PyMap_Type, map_calls_back, Hidden::map_next, &map_stage},
    {&PyZip_Type, zip_calls_back, Hidden::zip_next, &zip_stage},
    {&PyEnum_Type, enumerate_calls_back, Hidden::enumerate_next, &enumerate_stage},
    {&PyFilter_Type, filter_calls_back, Hidden::filter_next, &filter_stage},
    {&PySeqIter_Type, sequence_calls_back, Hidden::sequence_next},
    {&PyReversed_Type, reversed_calls_back, Hidden::reversed_next},
    {&PyCallIter_Type, callable_calls_back, Hidden::callable_next},
};

}  // namespace

const RedirectFamily iteration_redirects = {functions, types, steps};

bool any_calls_back(PyThreadState* ts, PyObject* iterators) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(iterators); i++) {
        PyObject* iterator = PyTuple_GET_ITEM(iterators, i);
        if (iterator != nullptr && may_call_back(ts, iterator))
            return true;
    }
    return false;
}

bool is_iterated_in_python(PyThreadState* ts, PyObject* iterable) {
    PyTypeObject* type = Py_TYPE(iterable);
    if (type == &PyList_Type || type == &PyTuple_Type)
        return false;
    if (type->tp_iter == slot_tp_iter)
        return true;
    if (type->tp_iter == nullptr)
        return type->tp_as_sequence != nullptr && type->tp_as_sequence->sq_item == slot_sq_item;
    return type->tp_iternext != nullptr && may_call_back(ts, iterable);
}

bool is_python_mapping(PyObject* mapping) {
    PyTypeObject* type = Py_TYPE(mapping);
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
           !(PyDict_Check(mapping) && type->tp_iter == PyDict_Type.tp_iter);
}

}  // namespace stackless::eval
