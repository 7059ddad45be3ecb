// The redirects of what makes classes, runs code and imports.
#include "cpython/exposed.hpp"
#include "cpython/texts.hpp"
#include "eval/calls.hpp"
#include "eval/imports.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

namespace {

bool builds_class(PyThreadState*, const Arguments& call) {
    return call.positional >= 2 && PyFunction_Check(call.at(0)) && PyUnicode_Check(call.at(1));
}

bool executes(PyThreadState*, const Arguments& call) {
    return call.positional >= 1 && call.positional <= 3 && call.have_only_keyword("closure");
}

bool evaluates(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 3);
}

bool imports(PyThreadState* ts, const Arguments& call) {
    if (call.positional < 1 || call.positional > 5)
        return false;
    PyObject* values[] = {call.at(0), call.at(1), call.at(2), call.at(3), call.at(4)};
    constexpr const char* names[] = {"name", "globals", "locals", "fromlist", "level"};
    for (Py_ssize_t i = 0; i < call.keywords(); i++) {
        PyObject* name = PyTuple_GET_ITEM(call.kwnames, i);
        int place = 0;
        while (place < 5 && !is_spelled(name, names[place])) {
            place++;
        }
        if (place == 5 || values[place] != nullptr)
            return false;
        values[place] = call.values[call.positional + i];
    }
    PyObject* level = values[4] != nullptr ? values[4] : _PyLong_GetZero();
    return import_runs_python(ts, {values[0], values[1], values[3], level});
}

constexpr FunctionRedirect functions[] = {
    {builtin_methods, "__build_class__", {builds_class, Hidden::__build_class__}},
    {builtin_methods, "exec", {executes, Hidden::exec}},
    {builtin_methods, "eval", {evaluates, Hidden::eval}},
    {builtin_methods, "__import__", {imports, Hidden::__import__}},
};

}  // namespace

const RedirectFamily call_redirects = {functions, {}, {}};

}  // namespace stackless::eval
