// What the call instructions share, and how other instructions call something.
#pragma once

#include <algorithm>

#include "cpython/ref.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/activation.hpp"
#include "eval/delivery.hpp"
#include "eval/errors.hpp"
#include "eval/frames.hpp"
#include "eval/handler.hpp"
#include "eval/redirects.hpp"
#include "eval/switching.hpp"

namespace stackless::eval {

HANDLER(call_switching);
HANDLER(call_c);
HANDLER(call_class);
HANDLER(call_cached_class);
HANDLER(call_redirected);
HANDLER(call_object);
HANDLER(call_indirect);

/// The values of a call as they lie on the stack.
struct CallOnStack {
    PyObject** args;   // the first argument: self, if it is the call of a method
    Py_ssize_t count;  // arguments, the keyword ones included
    PyObject** base;   // where the result goes
    PyObject* callable() const { return args[-1]; }
};

inline CallOnStack call_on_stack(PyObject** sp, intptr_t oparg) {
    PyObject** base = sp - oparg - 2;
    const Py_ssize_t is_method = base[0] != nullptr;
    return {sp - oparg - is_method, oparg + is_method, base};
}

inline Py_ssize_t keyword_count(PyObject* kwnames) {
    return kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
}

inline PyObject* take_kwnames(PyThreadState* ts) {
    Activation* run = activation(ts);
    PyObject* kwnames = run->kwnames;
    run->kwnames = nullptr;
    return kwnames;
}

inline void drop_call(const CallOnStack& call) {
    for (Py_ssize_t i = 0; i < call.count; i++) {
        Py_DECREF(call.args[i]);
    }
    Py_DECREF(call.callable());
}

/// Whether the loop has to announce itself to the callable: a C function with METH_SWITCHES.
inline bool is_switching(PyObject* callable) {
    if (Py_IS_TYPE(callable, &PyCFunction_Type))
        return (PyCFunction_GET_FLAGS(callable) & METH_SWITCHES) != 0;
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type))
        return (reinterpret_cast<PyMethodDescrObject*>(callable)->d_method->ml_flags &
                METH_SWITCHES) != 0;
    return false;
}

/// The C function of a method, as the type that its flags tell.
template <class Function>
inline Function method_as(PyMethodDef* definition) {
    return reinterpret_cast<Function>(reinterpret_cast<void*>(definition->ml_meth));
}

/// The redirect that a call takes, or null. A bound method gets its self on the stack then, as if it were not bound.
inline const Redirect* wanted_redirect(PyThreadState* ts, const CallOnStack& call,
                                       PyObject* kwnames) {
    PyObject* callable = call.callable();
    const Py_ssize_t positional = call.count - keyword_count(kwnames);
    if (Py_IS_TYPE(callable, &PyCFunction_Type) && is_of_module(callable))
        return may_be_redirected(callable)
                   ? redirect_of_marked(ts, callable, {call.args, positional, kwnames})
                   : nullptr;
    PyObject* self = bound_self(callable);
    if (self == nullptr)
        return redirect_of(ts, callable, {call.args, positional, kwnames});
    if (call.base[0] != nullptr)
        return nullptr;
    call.args[-1] = self;
    const Redirect* redirect =
        redirect_of_bound(ts, callable, {call.args - 1, positional + 1, kwnames});
    if (redirect == nullptr) {
        call.args[-1] = callable;
        return nullptr;
    }
    Py_INCREF(self);
    call.base[0] = callable;
    return redirect;
}

/// Calls a C function that may switch tasklets as `callable(*args, **kwargs)`, after telling it that the loop does.
PyObject* call_announced_with_mapping(PyThreadState* ts, PyObject* callable, PyObject* args,
                                      PyObject* kwargs);

/// Whether an argument is not is_plain_value(). That may be so of `self` if it is bound to the method.
inline bool has_odd_values(const CallOnStack& call) {
    if (bound_self(call.callable()) != nullptr)
        return true;
    for (Py_ssize_t i = 0; i < call.count; i++) {
        if (!is_plain_value(call.args[i]))
            return true;
    }
    return false;
}

/// A call that has begun: the frame that is to be entered, or else the result, null with an exception set.
struct StartedCall {
    Frame* callee = nullptr;
    PyObject* result = nullptr;
};

/// A frame for a function whose parameters are just the values (borrowed). Null without an exception if they are
/// not, or the frame is not to be had so easily.
template <class... Values>
inline Frame* push_exact(PyThreadState* ts, PyFunctionObject* function, Values*... values) {
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    constexpr int shape = CO_OPTIMIZED | CO_VARARGS | CO_VARKEYWORDS;
    if ((code->co_flags & shape) != CO_OPTIMIZED || code->co_argcount != sizeof...(values) ||
        code->co_kwonlyargcount != 0)
        return nullptr;
    Frame* callee = take_room(ts, frame_size(code));
    if (callee == nullptr) [[unlikely]]
        return nullptr;
    Py_INCREF(function);
    initialize_frame(callee, function, code, nullptr);
    int i = 0;
    ((callee->localsplus[i++] = Py_NewRef(values)), ...);
    while (i < callee->stacktop) {
        callee->localsplus[i++] = nullptr;
    }
    return callee;
}

/// Begins a call on behalf of `frame`. `arguments` are borrowed.
StartedCall start_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                       const Arguments& arguments);
/// The same with positional arguments.
template <class... Values>
StartedCall start_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                       Values*... values) {
    if (is_inlinable(ts, callable)) {
        Frame* callee = push_exact(ts, reinterpret_cast<PyFunctionObject*>(callable), values...);
        if (callee != nullptr)
            return {callee};
    }
    // One more, so that there may be none.
    PyObject* const all[] = {values..., nullptr};
    return start_call(ts, frame, callable, Arguments{all, sizeof...(values), nullptr});
}

/// Whether start_call() may have a frame for something that is neither a function nor redirected.
bool is_indirect(PyThreadState* ts, PyObject* callable);

/// Leaves nothing but the arguments of a call on the stack; returns its new end.
inline PyObject** keep_arguments(PyObject** sp, intptr_t oparg) {
    PyObject** base = sp - oparg - 2;
    const Py_ssize_t count = oparg + (base[0] != nullptr ? 1 : 0);
    PyObject** args = sp - count;
    PyObject* callable = args[-1];
    std::copy_n(args, count, base);
    Py_DECREF(callable);
    return base + count;
}

/// The arguments of a call as a tuple and a dict.
struct PackedArguments {
    Ref args;
    Ref kwargs;  // null if there are no keyword arguments

    explicit PackedArguments(const Arguments& arguments);
    /// The dict, or None.
    PyObject* release_kwargs() { return kwargs ? kwargs.release() : Py_NewRef(Py_None); }
    explicit operator bool() const { return static_cast<bool>(args); }
};

/// Goes on with a call that start_call() has begun, in the middle of an instruction: `sp` is what the
/// continuation of the delivery finds.
#define CONTINUE_CALL(started, delivery) \
    do { \
        const StartedCall begun = started; \
        if (begun.callee != nullptr) { \
            set_delivery(begun.callee, Delivery::delivery); \
            ENTER_CALLEE(begun.callee); \
        } \
        if (begun.result == nullptr) \
            GOTO(raise); \
        oparg = reinterpret_cast<intptr_t>(begun.result); \
        GOTO(deliver_##delivery); \
    } while (0)

}  // namespace stackless::eval
