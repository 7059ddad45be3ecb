// Calls with * and **: CALL_FUNCTION_EX.
#include "cpython/call_sites.hpp"
#include "eval/activation.hpp"
#include "eval/calls.hpp"
#include "eval/class_calls.hpp"
#include "eval/conversions.hpp"
#include "eval/frames.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/instances.hpp"
#include "eval/opcodes.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

HANDLER(convert_star_args);
HANDLER(convert_star_kwargs);

namespace {

/// Begins `callable(*args, **kwargs)` if there may be a frame for it; else neither callee nor result.
StartedCall start_mapping_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                               PyObject* args, PyObject* kwargs) {
    const bool indirect = is_indirect(ts, callable);
    if (!indirect && !may_be_redirected(callable))
        return {};
    PyObject* self = indirect ? nullptr : bound_self(callable);
    VectorArguments all(ts, args, kwargs, self);
    if (!all)
        return {};
    if (indirect)
        return start_call(ts, frame, callable, all.arguments());
    const Redirect* redirect = self != nullptr ? redirect_of_bound(ts, callable, all.arguments())
                                               : redirect_of(ts, callable, all.arguments());
    if (redirect == nullptr)
        return {};
    Frame* callee = bind_hidden_and_push(ts, frame, redirect->function, all.values(),
                                         all.positional(), all.kwnames());
    all.release();
    return {callee};
}

/// What a bound method calls, or else the callable itself.
inline PyObject* function_of(PyObject* callable) {
    return Py_IS_TYPE(callable, &PyMethod_Type) ? PyMethod_GET_FUNCTION(callable) : callable;
}

/// A frame for callable(*args, **kwargs), a function or a bound method.
Frame* push_function(PyThreadState* ts, PyObject* callable, PyObject* args, PyObject* kwargs) {
    PyObject* found = function_of(callable);
    PyObject* self = found == callable ? nullptr : PyMethod_GET_SELF(callable);
    auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(found));
    return bind_mapping_and_push(ts, function, locals_for_call(function), args, kwargs, self);
}

inline PyFunctionObject* plain_init_of(PyThreadState* ts, PyObject* callable) {
    return PyType_Check(callable) ? plain_init(ts, reinterpret_cast<PyTypeObject*>(callable))
                                  : nullptr;
}

/// A frame for init(object, *args, **kwargs).
Frame* push_init(PyThreadState* ts, PyFunctionObject* init, PyObject* object, PyObject* args,
                 PyObject* kwargs) {
    Py_INCREF(init);
    return bind_mapping_and_push(ts, init, locals_for_call(init), args, kwargs, object);
}

/// The few arguments of `callable(*args)`, borrowed, with the self of a bound method.
struct FewArguments {
    static constexpr Py_ssize_t most = 8;
    PyObject* values[most];
    Py_ssize_t count = 0;

    FewArguments(PyObject* callable, PyObject* args) {
        if (PyObject* self = bound_self(callable)) {
            values[count++] = self;
        }
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
            values[count++] = PyTuple_GET_ITEM(args, i);
        }
    }
    /// Puts owned references there.
    void copy_to(PyObject** place) const {
        for (Py_ssize_t i = 0; i < count; i++) {
            place[i] = Py_NewRef(values[i]);
        }
    }
};

/// Whether that is what a call with such arguments has.
inline bool has_few_arguments(PyObject* args, PyObject* kwargs) {
    return PyTuple_GET_SIZE(args) < FewArguments::most &&
           (kwargs == nullptr || PyDict_GET_SIZE(kwargs) == 0);
}

}  // namespace

HANDLER(call_function_by_c);

// A call with few arguments, all of which are known to be positional, of what may_be_redirected().
HANDLER(call_function_redirected) {
    PyObject** const base = sp - 3 - (oparg & 1);
    PyObject* callable = base[1];
    PyObject* args = base[2];
    PyObject* kwargs = (oparg & 1) != 0 ? base[3] : nullptr;
    const FewArguments few(callable, args);
    const Arguments arguments{few.values, few.count, nullptr};
    const Redirect* redirect = bound_self(callable) != nullptr
                                   ? redirect_of_bound(ts, callable, arguments)
                                   : redirect_of(ts, callable, arguments);
    if (redirect == nullptr)
        GOTO(call_function_by_c);
    constexpr Py_ssize_t room = 3;
    if (redirect->handler != nullptr && few.count <= room) {
        few.copy_to(base);
        sp = base + few.count;
        oparg = few.count;
    } else {
        PyObject* owned[FewArguments::most];
        few.copy_to(owned);
        sp = base;
        Frame* callee =
            bind_hidden_and_push(ts, frame, redirect->function, owned, few.count, nullptr);
        redirect = nullptr;
        if (callee == nullptr) {
            Py_DECREF(callable);
            Py_DECREF(args);
            Py_XDECREF(kwargs);
            GOTO(raise);
        }
        oparg = reinterpret_cast<intptr_t>(callee);
    }
    Py_DECREF(callable);
    Py_DECREF(args);
    Py_XDECREF(kwargs);
    if (redirect != nullptr)
        GOTO(redirect->handler);
    ENTER_CALLEE(reinterpret_cast<Frame*>(oparg));
}

// What Python code has to make a tuple or a dict of first. The instruction then runs anew.

HANDLER(convert_star_args) {
    PyObject** args_place = sp - 1 - (oparg & 1);
    Frame* callee = push_hidden_frame(ts, frame, Hidden::tuple_of, {Py_NewRef(*args_place)});
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::star_args);
    ENTER_CALLEE(callee);
}

HANDLER(convert_star_kwargs) {
    Frame* callee =
        push_hidden_frame(ts, frame, Hidden::keywords_of, {Py_NewRef(sp[-3]), Py_NewRef(sp[-1])});
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::star_kwargs);
    ENTER_CALLEE(callee);
}

HANDLER(deliver_star_args) {
    PyObject* args = DELIVERED();
    oparg = argument_at(frame, ip - 1);
    PyObject** args_place = sp - 1 - (oparg & 1);
    Py_SETREF(*args_place, args);
    GOTO(op_CALL_FUNCTION_EX);
}

HANDLER(deliver_star_kwargs) {
    PyObject* kwargs = DELIVERED();
    oparg = argument_at(frame, ip - 1);
    Py_SETREF(sp[-1], kwargs);
    GOTO(op_CALL_FUNCTION_EX);
}

OP(CALL_FUNCTION_EX) {
    SAVE_IP();
    // Stack: null, callable, iterable of arguments and, with the flag, a mapping of keywords.
    const bool has_kwargs = (oparg & 1) != 0;
    PyObject* callable = sp[has_kwargs ? -3 : -2];
    PyObject** args_place = has_kwargs ? sp - 2 : sp - 1;
    if (has_kwargs && !PyDict_CheckExact(sp[-1])) {
        if (is_python_mapping(sp[-1]))
            GOTO(convert_star_kwargs);
        PyObject* kwargs = PyDict_New();
        if (kwargs == nullptr)
            GOTO(raise);
        if (_PyDict_MergeEx(kwargs, sp[-1], 2) < 0) {
            Py_DECREF(kwargs);
            set_star_kwargs_error(ts, callable, sp[-1]);
            GOTO(raise);
        }
        Py_SETREF(sp[-1], kwargs);
    }
    if (!PyTuple_CheckExact(*args_place)) {
        if (is_iterated_in_python(ts, *args_place))
            GOTO(convert_star_args);
        PyObject* args = PySequence_Tuple(*args_place);
        if (args == nullptr) {
            set_star_args_error(ts, callable, *args_place);
            GOTO(raise);
        }
        Py_SETREF(*args_place, args);
    }
    PyObject* args = *args_place;
    PyObject* kwargs = has_kwargs ? sp[-1] : nullptr;
    PyObject** const top = sp;
    sp = args_place - 2;
    Frame* callee = nullptr;
    if (is_inlinable(ts, function_of(callable))) {
        callee = push_function(ts, callable, args, kwargs);
        Py_DECREF(callable);
        Py_DECREF(args);
        Py_XDECREF(kwargs);
        if (callee == nullptr)
            GOTO(raise);
        ENTER_CALLEE(callee);
    }
    if (PyFunctionObject* init = plain_init_of(ts, callable)) {
        PyObject* object = new_plain_object(ts, reinterpret_cast<PyTypeObject*>(callable));
        callee = object == nullptr ? nullptr : push_init(ts, init, object, args, kwargs);
        Py_DECREF(callable);
        Py_DECREF(args);
        Py_XDECREF(kwargs);
        if (object == nullptr)
            GOTO(raise);
        *sp++ = object;
        if (callee == nullptr)
            GOTO(raise);
        set_delivery(callee, Delivery::init);
        ENTER_CALLEE(callee);
    }
    if (may_be_redirected(callable) && has_few_arguments(args, kwargs)) {
        sp = top;
        GOTO(call_function_redirected);
    }
    const StartedCall started = start_mapping_call(ts, frame, callable, args, kwargs);
    if (started.callee == nullptr && started.result == nullptr && !_PyErr_Occurred(ts)) {
        sp = top;
        GOTO(call_function_by_c);
    }
    Py_DECREF(callable);
    Py_DECREF(args);
    Py_XDECREF(kwargs);
    if (started.callee != nullptr) {
        ENTER_CALLEE(started.callee);
    }
    if (started.result == nullptr)
        GOTO(raise);
    *sp++ = started.result;
    NEXT_AFTER_C_CALL();
}

// The end of CALL_FUNCTION_EX where no frame of the loop does the call.
HANDLER(call_function_by_c) {
    const bool has_kwargs = (oparg & 1) != 0;
    PyObject** const top = sp;
    sp -= has_kwargs ? 4 : 3;
    PyObject* callable = sp[1];
    PyObject* args = sp[2];
    PyObject* kwargs = has_kwargs ? sp[3] : nullptr;
    PyObject* result;
    if (is_switching(callable)) {
        _PyFrame_SetStackPointer(frame, top);
        result = call_announced_with_mapping(ts, callable, args, kwargs);
    } else if (ts->cframe->use_tracing != 0) {
        result = call_traced_with_mapping(ts, frame, callable, args, kwargs);
    } else {
        result = PyObject_Call(callable, args, kwargs);
    }
    if (result == unwind_token()) {
        _PyFrame_SetStackPointer(frame, sp);
        PyObject* const values[] = {callable, args, kwargs};
        drop_after_switch(ts, values, 3);
        GOTO(resume_current);
    }
    activation(ts)->soft_call = false;
    frame->stacktop = -1;
    Py_DECREF(callable);
    Py_DECREF(args);
    Py_XDECREF(kwargs);
    if (result == nullptr)
        GOTO(raise);
    *sp++ = result;
    NEXT_AFTER_C_CALL();
}

}  // namespace stackless::eval
