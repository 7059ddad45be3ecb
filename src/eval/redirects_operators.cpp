// The redirects of builtins that do what operators do.
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/conversions.hpp"
#include "eval/redirects.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

namespace {

template <Py_ssize_t count>
bool takes_heap_types(PyThreadState*, const Arguments& call) {
    if (!call.are_plain(count, count))
        return false;
    // The third argument of operator.setitem() has no say.
    return is_of_heap_type(call.values[0]) || (count == 2 && is_of_heap_type(call.values[1]));
}

bool has_python_abs(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 1) && is_of_heap_type(call.values[0]) &&
           Py_TYPE(call.values[0])->tp_as_number->nb_absolute == slot_nb_absolute;
}

bool has_python_round(PyThreadState*, const Arguments& call) {
    if (!call.are_plain(1, 2) || !is_of_heap_type(call.values[0]))
        return false;
    PyObject* method = type_lookup(Py_TYPE(call.values[0]), &_Py_ID(__round__));
    return method != nullptr && !Py_IS_TYPE(method, &PyMethodDescr_Type);
}

bool has_python_power(PyThreadState*, const Arguments& call) {
    if (!call.are_plain(2, 3))
        return false;
    PyObject* base = call.values[0];
    if (call.positional == 2 || call.values[2] == Py_None)
        return is_of_heap_type(base) || is_of_heap_type(call.values[1]);
    return is_of_heap_type(base) && Py_TYPE(base)->tp_as_number->nb_power == slot_nb_power &&
           type_lookup(Py_TYPE(base), &_Py_ID(__pow__)) != nullptr;
}

bool tests_python_truth(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 1) && has_python_truth(call.values[0]);
}

bool contains_python_values(PyThreadState* ts, const Arguments& call) {
    if (!call.are_plain(2, 2))
        return false;
    PyObject* container = call.values[0];
    return is_of_heap_type(container) || is_of_heap_type(call.values[1]) ||
           is_iterated_in_python(ts, container) ||
           ((PyList_CheckExact(container) || PyTuple_CheckExact(container)) &&
            may_compare_in_python(container, call.values[1]));
}

bool has_python_factory(PyThreadState* ts, const Arguments& call) {
    if (!call.are_plain(2, 2) || !PyObject_TypeCheck(call.values[0], &defdict_type))
        return false;
    PyObject* factory = reinterpret_cast<DefaultDict*>(call.values[0])->factory;
    return factory != nullptr && is_python_callable(ts, factory);
}

/// The methods of lists and tuples that compare their items with a value.
bool searches_by_comparing(PyThreadState* ts, const Arguments& call) {
    return needs_frames(ts) && call.are_plain(2, 2) &&
           (PyList_CheckExact(call.values[0]) || PyTuple_CheckExact(call.values[0])) &&
           may_compare_in_python(call.values[0], call.values[1]);
}

bool calls_python_function(PyThreadState* ts, const Arguments& call) {
    return call.positional >= 1 && is_python_callable(ts, call.values[0]);
}

/// list.__getitem__(), which the subscripts of subclasses call.
bool takes_python_index(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && PyList_Check(call.values[0]) && needs_index(call.values[1]);
}

#define STACKLESS_UNARY(name, function) \
    { \
        operator_methods, name, { \
            takes_heap_types<1>, Hidden::operator_##function \
        } \
    }
#define STACKLESS_BINARY(name, function) \
    { \
        operator_methods, name, { \
            takes_heap_types<2>, Hidden::operator_##function \
        } \
    }
#define STACKLESS_OPERATOR(name) STACKLESS_BINARY(#name, name), STACKLESS_BINARY("i" #name, i##name)

constexpr FunctionRedirect functions[] = {
    {builtin_methods, "abs", {has_python_abs, Hidden::abs_by_method}, Attention::heap_types},
    {builtin_methods,
     "divmod",
     {takes_heap_types<2>, Hidden::divmod_by_methods},
     Attention::heap_types},
    {builtin_methods, "pow", {has_python_power, Hidden::power}},
    {builtin_methods, "round", {has_python_round, Hidden::round_by_method}, Attention::heap_types},
    {list_methods, "index", {searches_by_comparing, Hidden::index_in_list}},
    {list_methods, "count", {searches_by_comparing, Hidden::count_in_list}},
    {list_methods, "remove", {searches_by_comparing, Hidden::remove_from_list}},
    {tuple_methods, "index", {searches_by_comparing, Hidden::index_in_tuple}},
    {tuple_methods, "count", {searches_by_comparing, Hidden::count_in_tuple}},
    {operator_methods, "call", {calls_python_function, Hidden::operator_call}},
    {list_methods, "__getitem__", {takes_python_index, Hidden::load_from_list}},
    {defdict_methods, "__missing__", {has_python_factory, Hidden::missing_in_defaultdict}},
    {operator_methods,
     "truth",
     {tests_python_truth, Hidden::operator_truth},
     Attention::heap_types},
    {operator_methods, "not_", {tests_python_truth, Hidden::operator_not}, Attention::heap_types},
    {operator_methods, "abs", {has_python_abs, Hidden::abs_by_method}, Attention::heap_types},
    {operator_methods, "contains", {contains_python_values, Hidden::operator_contains}},
    {operator_methods, "countOf", {contains_python_values, Hidden::operator_count_of}},
    {operator_methods, "indexOf", {contains_python_values, Hidden::operator_index_of}},
    {operator_methods, "setitem", {takes_heap_types<3>, Hidden::operator_setitem}},
    STACKLESS_BINARY("getitem", getitem),
    STACKLESS_BINARY("delitem", delitem),
    STACKLESS_UNARY("neg", neg),
    STACKLESS_UNARY("pos", pos),
    STACKLESS_UNARY("inv", invert),
    STACKLESS_UNARY("invert", invert),
    STACKLESS_BINARY("lt", lt),
    STACKLESS_BINARY("le", le),
    STACKLESS_BINARY("eq", eq),
    STACKLESS_BINARY("ne", ne),
    STACKLESS_BINARY("gt", gt),
    STACKLESS_BINARY("ge", ge),
    STACKLESS_BINARY("and_", and),
    STACKLESS_BINARY("iand", iand),
    STACKLESS_BINARY("or_", or),
    STACKLESS_BINARY("ior", ior),
    STACKLESS_OPERATOR(add),
    STACKLESS_OPERATOR(sub),
    STACKLESS_OPERATOR(mul),
    STACKLESS_OPERATOR(matmul),
    STACKLESS_OPERATOR(floordiv),
    STACKLESS_OPERATOR(truediv),
    STACKLESS_OPERATOR(mod),
    STACKLESS_OPERATOR(pow),
    STACKLESS_OPERATOR(lshift),
    STACKLESS_OPERATOR(rshift),
    STACKLESS_OPERATOR(xor),
};

}  // namespace

const RedirectFamily operator_redirects = {functions, {}, {}};

}  // namespace stackless::eval
