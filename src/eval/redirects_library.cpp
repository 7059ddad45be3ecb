// The redirects of what C code of the standard library calls back.
#include "cpython/exposed.hpp"
#include "cpython/texts.hpp"
#include "eval/abc.hpp"
#include "eval/redirects.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(abc_instancecheck_at_once);
HANDLER(abc_subclasscheck_at_once);

namespace {

bool instance_is_unknown(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && is_abstract(call.at(0)) &&
           !is_known_to_abc(call.at(0), reinterpret_cast<PyObject*>(Py_TYPE(call.at(1))));
}

bool class_is_unknown(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && is_abstract(call.at(0)) && PyType_Check(call.at(1)) &&
           !is_known_to_abc(call.at(0), call.at(1)) && !is_registered(call.at(0), call.at(1));
}

/// sub() and subn() of a pattern with a function.
bool substitutes_by_function(PyThreadState* ts, const Arguments& call) {
    return needs_frames(ts) && call.are_plain(3, 4) && is_python_callable(ts, call.at(1)) &&
           (PyUnicode_CheckExact(call.at(2)) || PyBytes_CheckExact(call.at(2))) &&
           (call.at(3) == nullptr || PyLong_CheckExact(call.at(3)));
}

/// compares_in_python() for a value that may be a tuple or list: a guess.
bool may_compare_in_python(PyObject* value) {
    if (compares_in_python(value))
        return true;
    if (!PyTuple_CheckExact(value) && !PyList_CheckExact(value))
        return false;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(value); i++) {
        if (compares_in_python(PySequence_Fast_GET_ITEM(value, i)))
            return true;
    }
    return false;
}

bool heap_compares(PyThreadState* ts, const Arguments& call) {
    if (!needs_frames(ts) || !call.are_plain(1, 2) || !PyList_CheckExact(call.at(0)))
        return false;
    if (call.at(1) != nullptr && may_compare_in_python(call.at(1)))
        return true;
    const Py_ssize_t size = PyList_GET_SIZE(call.at(0));
    return size > 0 && (may_compare_in_python(PyList_GET_ITEM(call.at(0), 0)) ||
                        may_compare_in_python(PyList_GET_ITEM(call.at(0), size - 1)));
}

template <int count>
bool heap_calls_back(PyThreadState* ts, const Arguments& call) {
    return call.positional == count && heap_compares(ts, call);
}

bool is_indexable(PyObject* sequence) {
    const PySequenceMethods* slots = Py_TYPE(sequence)->tp_as_sequence;
    return slots != nullptr && slots->sq_item != nullptr && slots->sq_length != nullptr;
}

/// The functions of bisect: their arguments fit, and something is in Python.
bool bisects_in_python(PyThreadState* ts, const Arguments& call) {
    if (call.positional < 2 || call.positional > 4 || !is_indexable(call.at(0)))
        return false;
    bool calls_back = PyType_HasFeature(Py_TYPE(call.at(0)), Py_TPFLAGS_HEAPTYPE) ||
                      may_compare_in_python(call.at(1));
    for (Py_ssize_t i = 2; i < call.total(); i++) {
        PyObject* value = call.values[i];
        PyObject* name =
            i < call.positional ? nullptr : PyTuple_GET_ITEM(call.kwnames, i - call.positional);
        if (name != nullptr && is_spelled(name, "key")) {
            calls_back = calls_back || is_python_callable(ts, value);
        } else if ((name != nullptr && !is_spelled(name, "lo") && !is_spelled(name, "hi")) ||
                   (!PyLong_CheckExact(value) && value != Py_None)) {
            return false;
        }
    }
    return calls_back;
}

constexpr FunctionRedirect functions[] = {
    {_abcmodule_methods,
     "_abc_instancecheck",
     {instance_is_unknown, Hidden::abc_instancecheck, nullptr, abc_instancecheck_at_once}},
    {_abcmodule_methods,
     "_abc_subclasscheck",
     {class_is_unknown, Hidden::abc_subclasscheck, nullptr, abc_subclasscheck_at_once}},
    {pattern_methods, "sub", {substitutes_by_function, Hidden::pattern_sub}},
    {pattern_methods, "subn", {substitutes_by_function, Hidden::pattern_subn}},
    {heapq_methods, "heappush", {heap_calls_back<2>, Hidden::heap_push}},
    {heapq_methods, "heappop", {heap_calls_back<1>, Hidden::heap_pop}},
    {heapq_methods, "heappushpop", {heap_calls_back<2>, Hidden::heap_pushpop}},
    {heapq_methods, "heapreplace", {heap_calls_back<2>, Hidden::heap_replace}},
    {heapq_methods, "heapify", {heap_calls_back<1>, Hidden::heap_make}},
    {heapq_methods, "_heappop_max", {heap_calls_back<1>, Hidden::heap_pop_max}},
    {heapq_methods, "_heapreplace_max", {heap_calls_back<2>, Hidden::heap_replace_max}},
    {heapq_methods, "_heapify_max", {heap_calls_back<1>, Hidden::heap_make_max}},
    {bisect_methods, "bisect_right", {bisects_in_python, Hidden::bisect_right_}},
    {bisect_methods, "bisect_left", {bisects_in_python, Hidden::bisect_left_}},
    {bisect_methods, "insort_right", {bisects_in_python, Hidden::insort_right_}},
    {bisect_methods, "insort_left", {bisects_in_python, Hidden::insort_left_}},
};

}  // namespace

const RedirectFamily library_redirects = {functions, {}, {}};

}  // namespace stackless::eval
