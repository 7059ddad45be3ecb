// The redirects of what gets, sets and deletes attributes.
#include "cpython/exposed.hpp"
#include "eval/attributes.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

HANDLER(getattr_at_once);
HANDLER(hasattr_at_once);

namespace {

/// Other names might run code when they are looked up, or are refused.
bool has_plain_name(const Arguments& call, Py_ssize_t least, Py_ssize_t most) {
    return call.are_plain(least, most) && PyUnicode_CheckExact(call.at(1));
}

bool gets_in_python(PyThreadState*, const Arguments& call) {
    return has_plain_name(call, 2, 3) && may_call_getter(call.at(0), call.at(1));
}

bool looks_in_python(PyThreadState*, const Arguments& call) {
    return has_plain_name(call, 2, 2) && may_call_getter(call.at(0), call.at(1));
}

bool sets_in_python(PyThreadState*, const Arguments& call) {
    return has_plain_name(call, 3, 3) && may_call_setter(call.at(0), call.at(1), call.at(2));
}

bool deletes_in_python(PyThreadState*, const Arguments& call) {
    return has_plain_name(call, 2, 2) && may_call_setter(call.at(0), call.at(1), nullptr);
}

constexpr FunctionRedirect functions[] = {
    {builtin_methods,
     "getattr",
     {gets_in_python, Hidden::builtin_getattr, nullptr, getattr_at_once}},
    {builtin_methods,
     "hasattr",
     {looks_in_python, Hidden::builtin_hasattr, nullptr, hasattr_at_once}},
    {builtin_methods, "setattr", {sets_in_python, Hidden::builtin_setattr}},
    {builtin_methods, "delattr", {deletes_in_python, Hidden::builtin_delattr}},
};

}  // namespace

const RedirectFamily attribute_redirects = {functions, {}, {}};

}  // namespace stackless::eval
