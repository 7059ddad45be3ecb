// The redirects of what takes all values of an iterable.
#include "cpython/exposed.hpp"
#include "cpython/texts.hpp"
#include "eval/getters.hpp"
#include "eval/redirects.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(sum_at_once);
HANDLER(min_at_once);
HANDLER(max_at_once);

namespace {

bool takes_from_python(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(1, 1) && is_iterated_in_python(ts, call.at(0));
}

/// Whether a value, or the first one of a list or tuple, has the operator's method in Python.
bool has_operator_in_python(PyObject* value, size_t offset, void* python_slot) {
    const PyNumberMethods* slots = Py_TYPE(value)->tp_as_number;
    return slots != nullptr && *reinterpret_cast<void* const*>(
                                   reinterpret_cast<const char*>(slots) + offset) == python_slot;
}
bool first_has_operator_in_python(PyObject* values, size_t offset, void* python_slot) {
    return (PyList_CheckExact(values) || PyTuple_CheckExact(values)) &&
           PySequence_Fast_GET_SIZE(values) != 0 &&
           has_operator_in_python(PySequence_Fast_ITEMS(values)[0], offset, python_slot);
}

bool is_text(PyObject* object) {
    return PyUnicode_Check(object) || PyBytes_Check(object) || PyByteArray_Check(object);
}

bool sums_python_values(PyThreadState* ts, const Arguments& call) {
    if (call.positional < 1 || call.total() > 2 || !call.have_only_keyword("start"))
        return false;
    PyObject* start = call.total() < 2 ? nullptr : call.values[1];
    if (start != nullptr && is_text(start))
        return false;
    constexpr size_t add = offsetof(PyNumberMethods, nb_add);
    auto* slot = reinterpret_cast<void*>(slot_nb_add);
    return is_iterated_in_python(ts, call.at(0)) ||
           (needs_frames(ts) && (first_has_operator_in_python(call.at(0), add, slot) ||
                                 (start != nullptr && has_operator_in_python(start, add, slot))));
}

/// math.prod()
bool multiplies_python_values(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(1, 1) && needs_frames(ts) &&
           (is_iterated_in_python(ts, call.at(0)) ||
            first_has_operator_in_python(call.at(0), offsetof(PyNumberMethods, nb_multiply),
                                         reinterpret_cast<void*>(slot_nb_multiply)));
}

/// The value of a keyword argument, borrowed; null if it is not given.
PyObject* keyword(const Arguments& call, const char* name) {
    for (Py_ssize_t i = 0; i < call.keywords(); i++) {
        if (is_spelled(PyTuple_GET_ITEM(call.kwnames, i), name))
            return call.values[call.positional + i];
    }
    return nullptr;
}

/// Whether all keyword arguments are among these two, and their number.
bool has_no_keywords_but(const Arguments& call, const char* one, const char* two) {
    return call.keywords() ==
           (keyword(call, one) != nullptr ? 1 : 0) + (keyword(call, two) != nullptr ? 1 : 0);
}

bool first_compares_in_python(PyObject* values) {
    if (PyList_CheckExact(values))
        return PyList_GET_SIZE(values) > 0 && compares_in_python(PyList_GET_ITEM(values, 0));
    if (PyTuple_CheckExact(values))
        return PyTuple_GET_SIZE(values) > 0 && compares_in_python(PyTuple_GET_ITEM(values, 0));
    return false;
}

bool picks_in_python(PyThreadState* ts, const Arguments& call) {
    if (call.positional == 0 || !has_no_keywords_but(call, "key", "default"))
        return false;
    PyObject* key = keyword(call, "key");
    if (call.positional == 1) {
        return (key != nullptr && key_calls_back(ts, key, call.at(0))) ||
               is_iterated_in_python(ts, call.at(0)) || first_compares_in_python(call.at(0));
    }
    if (keyword(call, "default") != nullptr)
        return false;
    if (key != nullptr && is_python_callable(ts, key))
        return true;
    for (Py_ssize_t i = 0; i < call.positional; i++) {
        if (compares_in_python(call.at(i)))
            return true;
    }
    return false;
}

bool has_flag(const Arguments& call, const char* name) {
    PyObject* flag = keyword(call, name);
    return flag == nullptr || PyLong_Check(flag);
}

bool sorts_in_python(PyThreadState* ts, const Arguments& call) {
    if (call.positional != 1 || !has_no_keywords_but(call, "key", "reverse") ||
        !has_flag(call, "reverse"))
        return false;
    // What cmp_to_key() makes keys with is a key itself.
    PyObject* key = keyword(call, "key");
    return (key != nullptr && key_calls_back(ts, key, call.at(0))) ||
           is_iterated_in_python(ts, call.at(0)) ||
           (needs_frames(ts) &&
            ((key != nullptr && compares_in_python(key)) || first_compares_in_python(call.at(0))));
}

bool sorts_list_in_python(PyThreadState* ts, const Arguments& call) {
    return call.positional == 1 && PyList_Check(call.at(0)) && sorts_in_python(ts, call);
}

bool reduces_in_python(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 3) &&
           (is_python_callable(ts, call.at(0)) || is_iterated_in_python(ts, call.at(1)));
}

bool counts_in_python(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 2) && is_iterated_in_python(ts, call.at(1));
}

bool joins_python_values(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 2) && PyUnicode_Check(call.at(0)) &&
           is_iterated_in_python(ts, call.at(1));
}

bool extends_list(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 2) && PyList_Check(call.at(0)) &&
           is_iterated_in_python(ts, call.at(1));
}

bool fills_deque(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 2) && PyObject_TypeCheck(call.at(0), &deque_type) &&
           is_iterated_in_python(ts, call.at(1));
}

bool makes_deque(PyThreadState* ts, const Arguments& call) {
    return call.positional >= 1 && call.total() <= 2 &&
           (call.keywords() == 0 || keyword(call, "maxlen") != nullptr) &&
           is_iterated_in_python(ts, call.at(0));
}

bool is_dict_source(PyThreadState* ts, PyObject* source) {
    return is_python_mapping(source) ||
           (!PyDict_Check(source) && is_iterated_in_python(ts, source));
}

bool makes_dict(PyThreadState* ts, const Arguments& call) {
    return call.positional == 1 && is_dict_source(ts, call.at(0));
}

bool makes_defaultdict(PyThreadState* ts, const Arguments& call) {
    return call.positional == 2 && (call.at(0) == Py_None || PyCallable_Check(call.at(0))) &&
           is_dict_source(ts, call.at(1));
}

bool updates_dict(PyThreadState* ts, const Arguments& call) {
    return call.positional == 2 && PyDict_Check(call.at(0)) && is_dict_source(ts, call.at(1));
}

bool takes_keys(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(1, 2) && is_iterated_in_python(ts, call.at(0));
}

/// bytes() and bytearray() would rather have something else of an object than its values.
bool takes_bytes(PyThreadState* ts, const Arguments& call) {
    return needs_frames(ts) && takes_from_python(ts, call) && !PyUnicode_Check(call.at(0)) &&
           !PyIndex_Check(call.at(0)) && !PyObject_CheckBuffer(call.at(0)) &&
           type_lookup(Py_TYPE(call.at(0)), &_Py_ID(__bytes__)) == nullptr;
}

bool combines_sets(PyThreadState* ts, const Arguments& call) {
    if (call.kwnames != nullptr || call.positional < 2 || !PyAnySet_Check(call.at(0)))
        return false;
    for (Py_ssize_t i = 1; i < call.positional; i++) {
        if (is_iterated_in_python(ts, call.at(i)))
            return true;
    }
    return false;
}

bool changes_set(PyThreadState* ts, const Arguments& call) {
    return combines_sets(ts, call) && PySet_Check(call.at(0));
}

bool combines_two_sets(PyThreadState* ts, const Arguments& call) {
    return call.positional == 2 && combines_sets(ts, call);
}

bool changes_set_by_one(PyThreadState* ts, const Arguments& call) {
    return call.positional == 2 && changes_set(ts, call);
}

constexpr FunctionRedirect functions[] = {
    {builtin_methods,
     "sum",
     {sums_python_values, Hidden::sum, nullptr, sum_at_once},
     Attention::odd_values},
    {math_methods, "prod", {multiplies_python_values, Hidden::product_of}, Attention::odd_values},
    {builtin_methods, "any", {takes_from_python, Hidden::any}, Attention::odd_values},
    {builtin_methods, "all", {takes_from_python, Hidden::all}, Attention::odd_values},
    {builtin_methods,
     "min",
     {picks_in_python, Hidden::min, nullptr, min_at_once},
     Attention::odd_values},
    {builtin_methods,
     "max",
     {picks_in_python, Hidden::max, nullptr, max_at_once},
     Attention::odd_values},
    {builtin_methods, "sorted", {sorts_in_python, Hidden::sorted}, Attention::odd_values},
    {list_methods, "sort", {sorts_list_in_python, Hidden::sort_list}, Attention::odd_values},
    {list_methods, "extend", {extends_list, Hidden::extend_list}, Attention::odd_values},
    {unicode_methods, "join", {joins_python_values, Hidden::join}, Attention::odd_values},
    {mapp_methods, "update", {updates_dict, Hidden::dict_update}, Attention::odd_values},
    {mapp_methods, "fromkeys", {takes_keys, Hidden::dict_fromkeys}, Attention::odd_values},
    {deque_methods, "extend", {fills_deque, Hidden::deque_extend}, Attention::odd_values},
    {deque_methods, "extendleft", {fills_deque, Hidden::deque_extendleft}, Attention::odd_values},
    {_functools_methods, "reduce", {reduces_in_python, Hidden::reduce}, Attention::odd_values},
    {collections_methods,
     "_count_elements",
     {counts_in_python, Hidden::count_elements},
     Attention::odd_values},
    {set_methods, "update", {changes_set, Hidden::set_update}, Attention::odd_values},
    {set_methods,
     "difference_update",
     {changes_set, Hidden::set_difference_update},
     Attention::odd_values},
    {set_methods,
     "intersection_update",
     {changes_set, Hidden::set_intersection_update},
     Attention::odd_values},
    {set_methods,
     "symmetric_difference_update",
     {changes_set_by_one, Hidden::set_symmetric_difference_update},
     Attention::odd_values},
    {set_methods, "union", {combines_sets, Hidden::set_union}, Attention::odd_values},
    {set_methods, "difference", {combines_sets, Hidden::set_difference}, Attention::odd_values},
    {set_methods, "intersection", {combines_sets, Hidden::set_intersection}, Attention::odd_values},
    {set_methods,
     "symmetric_difference",
     {combines_two_sets, Hidden::set_symmetric_difference},
     Attention::odd_values},
    {set_methods, "issubset", {combines_two_sets, Hidden::set_issubset}, Attention::odd_values},
    {set_methods, "issuperset", {combines_two_sets, Hidden::set_issuperset}, Attention::odd_values},
    {set_methods, "isdisjoint", {combines_two_sets, Hidden::set_isdisjoint}, Attention::odd_values},
    {frozenset_methods, "union", {combines_sets, Hidden::set_union}, Attention::odd_values},
    {frozenset_methods,
     "difference",
     {combines_sets, Hidden::set_difference},
     Attention::odd_values},
    {frozenset_methods,
     "intersection",
     {combines_sets, Hidden::set_intersection},
     Attention::odd_values},
    {frozenset_methods,
     "symmetric_difference",
     {combines_two_sets, Hidden::set_symmetric_difference},
     Attention::odd_values},
    {frozenset_methods,
     "issubset",
     {combines_two_sets, Hidden::set_issubset},
     Attention::odd_values},
    {frozenset_methods,
     "issuperset",
     {combines_two_sets, Hidden::set_issuperset},
     Attention::odd_values},
    {frozenset_methods,
     "isdisjoint",
     {combines_two_sets, Hidden::set_isdisjoint},
     Attention::odd_values},
};

constexpr TypeRedirect types[] = {
    {&PyList_Type, {takes_from_python, Hidden::new_list}, Attention::odd_values},
    {&PyTuple_Type, {takes_from_python, Hidden::tuple_of}, Attention::odd_values},
    {&PySet_Type, {takes_from_python, Hidden::new_set}, Attention::odd_values},
    {&PyFrozenSet_Type, {takes_from_python, Hidden::new_frozenset}, Attention::odd_values},
    {&PyDict_Type, {makes_dict, Hidden::new_dict}, Attention::odd_values},
    {&defdict_type, {makes_defaultdict, Hidden::new_defaultdict}},
    {&PyBytes_Type, {takes_bytes, Hidden::new_bytes}},
    {&PyByteArray_Type, {takes_bytes, Hidden::new_bytearray}},
    {&deque_type, {makes_deque, Hidden::new_deque}},
};

}  // namespace

const RedirectFamily consumer_redirects = {functions, types, {}};

}  // namespace stackless::eval
