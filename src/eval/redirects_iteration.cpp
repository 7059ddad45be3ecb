// The redirects of what iterates.
#include "cpython/exposed.hpp"
#include "cpython/hidden.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

namespace {

bool sums_python_values(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(1, 2) && may_call_back(ts, call.at(0));
}

constexpr FunctionRedirect functions[] = {
    {builtin_methods, "sum", {sums_python_values, Hidden::sum}},
};

bool map_calls_back(PyThreadState* ts, PyObject* iterator) {
    auto* map = reinterpret_cast<MapIterator*>(iterator);
    if (is_python_callable(ts, map->function))
        return true;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(map->iterators); i++) {
        if (may_call_back(ts, PyTuple_GET_ITEM(map->iterators, i)))
            return true;
    }
    return false;
}

constexpr Step steps[] = {
    {&PyMap_Type, map_calls_back, Hidden::map_next},
};

}  // namespace

const RedirectFamily iteration_redirects = {functions, {}, steps};

bool step_simple_map(PyThreadState* ts, PyObject* iterator, PyObject** function, PyObject** value) {
    auto* map = reinterpret_cast<MapIterator*>(iterator);
    if (!Py_IS_TYPE(iterator, &PyMap_Type) || PyTuple_GET_SIZE(map->iterators) != 1 ||
        !is_python_callable(ts, map->function))
        return false;
    PyObject* values = PyTuple_GET_ITEM(map->iterators, 0);
    if (may_call_back(ts, values))
        return false;
    *function = map->function;
    *value = Py_TYPE(values)->tp_iternext(values);
    return true;
}

}  // namespace stackless::eval
