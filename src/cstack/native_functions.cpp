#include "cstack/native_functions.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>

#include "cpython/ref.hpp"
#include "cstack/backtrace.hpp"

namespace stackless::cstack {

namespace {

/// How the names of those functions of CPython begin that do nothing but hand a call on.
constexpr std::string_view call_machinery[] = {
    "PyObject_Call",     "PyObject_Vectorcall",    "PyVectorcall_Call",  "_PyVectorcall_Call",
    "_PyObject_Call",    "_PyObject_Vectorcall",   "_PyObject_FastCall", "_PyObject_MakeTpCall",
    "method_vectorcall", "cfunction_vectorcall",   "cfunction_call",     "PyCFunction_Call",
    "_PyEval_Vector",    "_PyFunction_Vectorcall", "_PyEval_EvalFrame"};

/// Whether a C function says anything about what stands between two Python frames.
bool is_of_interest(std::string_view function) {
    return !is_own_function(function) &&
           std::none_of(
               std::begin(call_machinery), std::end(call_machinery),
               [&](std::string_view beginning) { return function.starts_with(beginning); });
}

Ref readable_name(std::string_view function) {
    if (function.starts_with("_Z")) {
        // The demangler needs the end marked.
        char* demangled =
            abi::__cxa_demangle(std::string(function).c_str(), nullptr, nullptr, nullptr);
        if (demangled != nullptr) {
            Ref name = Ref::steal(PyUnicode_DecodeUTF8(
                demangled, static_cast<Py_ssize_t>(std::string_view(demangled).size()), "replace"));
            std::free(demangled);
            return name;
        }
    }
    return Ref::steal(
        PyUnicode_DecodeUTF8(function.data(), static_cast<Py_ssize_t>(function.size()), "replace"));
}

Ref describe(const Symbol& symbol) {
    const Ref file = Ref::steal(PyUnicode_DecodeFSDefaultAndSize(
        symbol.file.data(), static_cast<Py_ssize_t>(symbol.file.size())));
    if (!file)
        return nullptr;
    auto* offset = reinterpret_cast<void*>(symbol.offset);
    if (symbol.file.empty())
        return Ref::steal(PyUnicode_FromFormat("?? (%p)", offset));
    if (symbol.function.empty())
        return Ref::steal(PyUnicode_FromFormat("?? (%U+%p)", file.get(), offset));
    const Ref name = readable_name(symbol.function);
    return name ? Ref::steal(PyUnicode_FromFormat("%U (%U)", name.get(), file.get())) : nullptr;
}

template <class Walk>
bool append_functions(PyObject* list, Walk walk) {
    bool complete = true;
    Py_ssize_t inside = PyList_GET_SIZE(list);  // of the outermost loop known so far
    walk([&](const NativeFrame& frame) {
        const Symbol symbol = find_symbol(frame.address());
        if (is_loop_function(symbol.function)) {
            inside = PyList_GET_SIZE(list);
        } else if (is_of_interest(symbol.function)) {
            const Ref text = describe(symbol);
            complete = text && PyList_Append(list, text.get()) == 0;
        }
        return complete;
    });
    return complete && PyList_SetSlice(list, inside, PY_SSIZE_T_MAX, nullptr) == 0;
}

}  // namespace

bool append_own_functions(PyObject* list) {
    return append_functions(list, [](auto visit) { walk_own_stack(visit); });
}

bool append_suspended_functions(PyObject* list, void* context) {
    return append_functions(list, [=](auto visit) { walk_suspended_stack(context, visit); });
}

Symbol find_suspended_function(void* context) {
    Symbol innermost{};
    bool found = false, is_inside = false;
    walk_suspended_stack(context, [&](const NativeFrame& frame) {
        const Symbol symbol = find_symbol(frame.address());
        is_inside = found && is_loop_function(symbol.function);
        if (!found && is_of_interest(symbol.function)) {
            innermost = symbol;
            found = true;
        }
        return !is_inside;
    });
    return is_inside ? innermost : Symbol{};
}

}  // namespace stackless::cstack
