#include "eval/hidden_frames.hpp"

#include <algorithm>
#include <climits>
#include <iterator>

#include "cpython/ref.hpp"
#include "eval/frames.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

struct HiddenFunction {
    const char* name;
    int stack_size;
    Py_ssize_t length;
    unsigned char bytecode[4];
};

constexpr HiddenFunction hidden_functions[] = {
    {"<tasklet>", 4, 4, {CALL_FUNCTION_EX, 1, RETURN_VALUE, 0}},
    {"<init>", 2, 4, {CHECK_INIT_RESULT, 0, RETURN_VALUE, 0}},
};

Ref make_code(const HiddenFunction& function) {
    Ref bytecode = Ref::steal(PyBytes_FromStringAndSize(
        reinterpret_cast<const char*>(function.bytecode), function.length));
    Ref empty_bytes = Ref::steal(PyBytes_FromStringAndSize(nullptr, 0));
    Ref empty_tuple = Ref::steal(PyTuple_New(0));
    Ref name = Ref::steal(PyUnicode_InternFromString(function.name));
    if (!bytecode || !empty_bytes || !empty_tuple || !name)
        return {};
    PyObject* none = empty_tuple.get();
    PyCodeObject* code = PyCode_New(
        0, 0, 0, function.stack_size, CO_OPTIMIZED | CO_NEWLOCALS, bytecode.get(), none, none, none,
        none, none, name.get(), name.get(), name.get(), 1, empty_bytes.get(), empty_bytes.get());
    if (code != nullptr) {
        // A frame that has not reached this place yet counts as incomplete, and is left out
        // everywhere.
        code->_co_firsttraceable = INT_MAX / 4;
    }
    return Ref::steal(reinterpret_cast<PyObject*>(code));
}

Ref make_function(const HiddenFunction& function) {
    Ref code = make_code(function);
    Ref globals = Ref::steal(code ? PyDict_New() : nullptr);
    return Ref::steal(globals ? PyFunction_New(code.get(), globals.get()) : nullptr);
}

/// The function behind hidden frames of a kind, kept in the interpreter's dictionary. Borrowed.
PyFunctionObject* find_function(PyThreadState* ts, const HiddenFunction& function) {
    PyObject* store = PyInterpreterState_GetDict(ts->interp);
    Ref key = Ref::steal(PyUnicode_FromFormat("stackless.%s", function.name));
    if (store == nullptr || !key)
        return nullptr;
    PyObject* known = PyDict_GetItemWithError(store, key.get());
    if (known == nullptr && !PyErr_Occurred()) {
        Ref made = make_function(function);
        if (made && PyDict_SetItem(store, key.get(), made.get()) == 0) {
            known = made.get();
        }
    }
    return reinterpret_cast<PyFunctionObject*>(known);
}

/// The functions of the interpreter that asked last. Interpreters are numbered anew after
/// Py_Finalize(), so that forgets them.
struct {
    int64_t interpreter = -1;
    PyFunctionObject* functions[std::size(hidden_functions)] = {};
    bool is_forgotten_at_exit = false;
} cache;

void forget_cache() {
    cache.interpreter = -1;
    cache.is_forgotten_at_exit = false;
}

PyFunctionObject* function_for(PyThreadState* ts, HiddenCode what) {
    if (cache.interpreter != ts->interp->id) [[unlikely]] {
        if (!cache.is_forgotten_at_exit) {
            cache.is_forgotten_at_exit = Py_AtExit(forget_cache) == 0;
        }
        std::fill(std::begin(cache.functions), std::end(cache.functions), nullptr);
        cache.interpreter = cache.is_forgotten_at_exit ? ts->interp->id : -1;
    }
    PyFunctionObject*& function = cache.functions[static_cast<int>(what)];
    if (function == nullptr) [[unlikely]] {
        function = find_function(ts, hidden_functions[static_cast<int>(what)]);
    }
    return function;
}

}  // namespace

Frame* push_hidden_frame(PyThreadState* ts, HiddenCode what) {
    PyFunctionObject* function = function_for(ts, what);
    if (function == nullptr)
        return nullptr;
    Py_INCREF(function);
    return push_frame(ts, function);
}

}  // namespace stackless::eval
