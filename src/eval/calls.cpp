// Calls of what is no plain Python function.
#include "eval/calls.hpp"

#include <algorithm>
#include <iterator>

#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/json_calls.hpp"

namespace stackless::eval {

namespace {

/// The arguments as a tuple and a dict, which is null if there are no keyword arguments.
struct PackedArguments {
    Ref args;
    Ref kwargs;

    explicit PackedArguments(const Arguments& arguments)
        : args(Ref::steal(_PyTuple_FromArray(arguments.values, arguments.positional))) {
        if (args && arguments.kwnames != nullptr) {
            PyObject* const* names = reinterpret_cast<PyTupleObject*>(arguments.kwnames)->ob_item;
            kwargs = Ref::steal(_PyDict_FromItems(names, 1, arguments.values + arguments.positional,
                                                  1, arguments.keywords()));
            if (!kwargs) {
                args.reset();
            }
        }
    }
    explicit operator bool() const { return static_cast<bool>(args); }
};

Frame* push_hidden_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                        const Arguments& arguments) {
    PackedArguments packed(arguments);
    if (packed && !packed.kwargs) {
        packed.kwargs = Ref::steal(PyDict_New());
    }
    if (!packed || !packed.kwargs)
        return nullptr;
    return push_hidden_frame(ts, frame, Hidden::call,
                             {Py_NewRef(callable), packed.args.release(), packed.kwargs.release()});
}

void take_references(const Arguments& arguments) {
    for (Py_ssize_t i = 0; i < arguments.total(); i++) {
        Py_INCREF(arguments.values[i]);
    }
}

StartedCall start_method(PyThreadState* ts, const Frame* frame, PyObject* method,
                         const Arguments& arguments) {
    PyObject* few[8];
    const Py_ssize_t total = arguments.total() + 1;
    if (total > static_cast<Py_ssize_t>(std::size(few)))
        return {push_hidden_call(ts, frame, method, arguments)};
    few[0] = PyMethod_GET_SELF(method);
    std::copy_n(arguments.values, total - 1, few + 1);
    return start_call(ts, frame, PyMethod_GET_FUNCTION(method),
                      Arguments{few, arguments.positional + 1, arguments.kwnames});
}

/// What finally does the call of an object with a __call__ in Python, which may itself be such an object. Empty
/// without an exception if C code is to report that there is none.
Ref find_call_method(PyThreadState* ts, PyObject* callable) {
    Ref method = Ref::borrow(callable);
    for (int depth = 0; method && Py_TYPE(method.get())->tp_call == slot_tp_call; depth++) {
        if (depth >= ts->recursion_remaining) {
            _PyErr_SetString(ts, PyExc_RecursionError,
                             "maximum recursion depth exceeded while calling a Python object");
            return {};
        }
        method = Ref::steal(_PyObject_LookupSpecial(method.get(), &_Py_ID(__call__)));
    }
    return method;
}

}  // namespace

StartedCall start_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                       const Arguments& arguments) {
    if (is_inlinable(ts, callable)) {
        take_references(arguments);
        auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(callable));
        return {bind_and_push(ts, function, locals_for_call(function), arguments.values,
                              arguments.positional, arguments.kwnames)};
    }
    if (Py_IS_TYPE(callable, &PyMethod_Type))
        return start_method(ts, frame, callable, arguments);
    if (may_be_redirected(callable) || is_switching(callable) || is_indirect(ts, callable))
        return {push_hidden_call(ts, frame, callable, arguments)};
    return {nullptr,
            PyObject_Vectorcall(callable, arguments.values,
                                static_cast<size_t>(arguments.positional), arguments.kwnames)};
}

StartedCall start_indirect_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                                const Arguments& arguments) {
    if (is_json_callable(callable)) {
        Frame* callee = push_json_call(ts, frame, callable, arguments);
        if (callee != nullptr || _PyErr_Occurred(ts))
            return {callee};
        return {nullptr, PyObject_Vectorcall(callable, arguments.values,
                                             static_cast<size_t>(arguments.positional),
                                             arguments.kwnames)};
    }
    const PackedArguments packed(arguments);
    if (!packed)
        return {};
    Frame* callee = push_indirect_call(ts, frame, callable, packed.args.get(), packed.kwargs.get());
    if (callee != nullptr || _PyErr_Occurred(ts))
        return {callee};
    return {nullptr, PyObject_Call(callable, packed.args.get(), packed.kwargs.get())};
}

bool is_indirect(PyThreadState*, PyObject* callable) {
    return Py_TYPE(callable)->tp_call == slot_tp_call || is_json_callable(callable);
}

Frame* push_indirect_call(PyThreadState* ts, const Frame* frame, PyObject* callable, PyObject* args,
                          PyObject* kwargs) {
    if (is_json_callable(callable))
        return kwargs == nullptr ? push_json_call(ts, frame, callable,
                                                  {reinterpret_cast<PyTupleObject*>(args)->ob_item,
                                                   PyTuple_GET_SIZE(args), nullptr})
                                 : nullptr;
    const Ref method = find_call_method(ts, callable);
    if (!method)
        return nullptr;
    Ref keywords = kwargs != nullptr ? Ref::borrow(kwargs) : Ref::steal(PyDict_New());
    return keywords
               ? push_hidden_frame(ts, frame, Hidden::call,
                                   {Py_NewRef(method.get()), Py_NewRef(args), keywords.release()})
               : nullptr;
}

}  // namespace stackless::eval
