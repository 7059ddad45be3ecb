// Generators and coroutines, and what they yield from and await.
#include "eval/generators.hpp"

#include <initializer_list>

#include "cpython/call_sites.hpp"
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/activation.hpp"
#include "eval/calls.hpp"
#include "eval/frames.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/opcodes.hpp"
#include "eval/stepping.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

void finish_generator(PyGenObject* generator) {
    _PyErr_ClearExcState(&generator->gi_exc_state);
    generator->gi_frame_state = FRAME_CLEARED;
    _PyFrame_Clear(frame_of(generator));
}

void convert_stop_iteration(PyThreadState* ts, PyGenObject* generator) {
    const bool is_async = PyAsyncGen_CheckExact(generator);
    if (_PyErr_ExceptionMatches(ts, PyExc_StopIteration)) {
        const char* kind = PyCoro_CheckExact(generator) ? "coroutine"
                           : is_async                   ? "async generator"
                                                        : "generator";
        _PyErr_FormatFromCause(PyExc_RuntimeError, "%s raised StopIteration", kind);
    } else if (is_async && _PyErr_ExceptionMatches(ts, PyExc_StopAsyncIteration)) {
        _PyErr_FormatFromCause(PyExc_RuntimeError, "async generator raised StopAsyncIteration");
    }
}

PyGenObject* generator_behind(PyObject* object) {
    if (Py_IS_TYPE(object, &_PyCoroWrapper_Type)) {
        object = reinterpret_cast<CoroutineWrapper*>(object)->coroutine;
    }
    return PyGen_CheckExact(object) || PyCoro_CheckExact(object)
               ? reinterpret_cast<PyGenObject*>(object)
               : nullptr;
}

PyObject* delegate_of(PyGenObject* generator) {
    if (generator->gi_frame_state != FRAME_SUSPENDED)
        return nullptr;
    Frame* frame = frame_of(generator);
    const Instr next = frame->prev_instr[1];
    if (_PyOpcode_Deopt[_Py_OPCODE(next)] != RESUME || _Py_OPARG(next) < 2)
        return nullptr;
    return frame->localsplus[frame->stacktop - 1];
}

OP(RETURN_GENERATOR) {
    SAVE_IP();
    auto* generator = reinterpret_cast<PyGenObject*>(_Py_MakeCoro(frame->f_func));
    if (generator == nullptr)
        GOTO(raise);
    _PyFrame_SetStackPointer(frame, sp);
    Frame* own = frame_of(generator);
    _PyFrame_Copy(frame, own);
    generator->gi_frame_state = FRAME_CREATED;
    own->owner = FRAME_OWNED_BY_GENERATOR;
    own->previous = nullptr;
    // The frame has moved. What is left of the old one owns nothing, but whoever entered the loop
    // with it will clear it.
    frame->stacktop = 0;
    frame->f_locals = nullptr;
    Py_INCREF(frame->f_func);
    Py_INCREF(frame->f_code);
    sp = frame->localsplus;
    *sp = reinterpret_cast<PyObject*>(generator);
    GOTO(return_to_caller);
}

HANDLER(yield_specially);
HANDLER(yield_traced);

OP(YIELD_VALUE) {
    SAVE_IP();
    PyObject* value = *--sp;
    PyGenObject* generator = _PyFrame_GetGenerator(frame);
    generator->gi_frame_state = FRAME_SUSPENDED;
    _PyFrame_SetStackPointer(frame, sp);
    if (ts->cframe->use_tracing != 0) [[unlikely]]
        GOTO(yield_traced);
    ts->recursion_remaining++;
    if (!yields_plainly(frame)) [[unlikely]]
        GOTO(yield_specially);
    frame = frame->previous;
    unlink_generator(ts, generator);
    ts->cframe->current_frame = frame;
    sp = _PyFrame_GetStackPointer(frame);
    *sp++ = value;
    GOTO(resume_frame);
}

HANDLER(yield_traced) {
    if (!trace_return(ts, frame, *sp)) {
        Py_DECREF(*sp);
        GOTO(unwind_frame);
    }
    ts->recursion_remaining++;
    GOTO(yield_specially);
}

HANDLER(yield_specially) {
    PyObject* value = *sp;
    if (frame->is_entry) {
        activation(ts)->result = value;
        LEAVE_LOOP();
    }
    const Handler deliver = deliver_table[static_cast<int>(delivery_of(frame))];
    PyGenObject* generator = _PyFrame_GetGenerator(frame);
    frame = frame->previous;
    unlink_generator(ts, generator);
    ts->cframe->current_frame = frame;
    sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
    oparg = reinterpret_cast<intptr_t>(value);
    GOTO(deliver);
}

namespace {

/// While it is traced, a generator that is sent a value ends with an event, and one that is asked
/// for its next value may not. When it ends, that is known for coroutines only, which are always
/// sent one.
inline bool shows_its_end(PyThreadState* ts, PyObject* receiver, PyObject* value) {
    return ts->cframe->use_tracing == 0 || value == Py_None || PyCoro_CheckExact(receiver);
}

}  // namespace

OP(SEND) {
    SAVE_IP();
    PyObject* value = *--sp;
    PyObject* receiver = sp[-1];
    if (is_resumable_here(receiver) && shows_its_end(ts, receiver, value) &&
        (value == Py_None ||
         reinterpret_cast<PyGenObject*>(receiver)->gi_frame_state != FRAME_CREATED)) {
        _PyFrame_SetStackPointer(frame, sp);
        frame = resume_generator(ts, frame, reinterpret_cast<PyGenObject*>(receiver), value,
                                 Delivery::sent);
        GOTO(start_frame);
    }
    GOTO(send_elsewhere);
}

namespace {

/// The coroutine that is awaited through its wrapper, if it can be resumed; else null.
PyGenObject* wrapped_coroutine(PyThreadState* ts, PyObject* receiver, PyObject* value) {
    if (!Py_IS_TYPE(receiver, &_PyCoroWrapper_Type) || ts->cframe->use_tracing != 0)
        return nullptr;
    PyGenObject* coroutine = generator_behind(receiver);
    return can_be_sent(coroutine, value) ? coroutine : nullptr;
}

/// The hidden function that sends the value to what is no generator, if that may run code in Python.
bool find_sender(PyThreadState* ts, PyObject* receiver, PyObject* value, Hidden* sender) {
    PyTypeObject* type = Py_TYPE(receiver);
    if (ts->c_profilefunc != nullptr)
        return false;
    if (type == &_PyAsyncGenAThrow_Type) {
        *sender = Hidden::athrow_send;
    } else if (type == &_PyAnextAwaitable_Type || type == &_PyAsyncGenASend_Type ||
               (value != Py_None && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE))) {
        *sender = Hidden::send_value;
    } else {
        return false;
    }
    return true;
}

/// Whether start_step() may have a frame for the next value.
bool is_stepped_in_frame(PyObject* iterator) {
    PyTypeObject* type = Py_TYPE(iterator);
    return PyType_HasFeature(type, TYPE_STEPPED) || type->tp_iternext == slot_tp_iternext;
}

}  // namespace

HANDLER(send_to_object);
HANDLER(send_to_c);

HANDLER(send_elsewhere) {
    PyObject* value = *sp;
    PyObject* receiver = sp[-1];
    PyGenObject* generator = begin_anext(ts, receiver, &value);
    if (generator != nullptr) {
        _PyFrame_SetStackPointer(frame, sp);
        frame = resume_generator(ts, frame, generator, value, Delivery::anext);
        GOTO(start_frame);
    }
    generator = wrapped_coroutine(ts, receiver, value);
    if (generator != nullptr) {
        _PyFrame_SetStackPointer(frame, sp);
        frame = resume_generator(ts, frame, generator, value, Delivery::sent);
        GOTO(start_frame);
    }
    GOTO(send_to_object);
}

// SEND to an iterator or whatever has a send(). The value is at *sp.
HANDLER(send_to_object) {
    PyObject* value = *sp;
    PyObject* receiver = sp[-1];
    Hidden sender;
    if (find_sender(ts, receiver, value, &sender)) {
        Frame* callee = push_hidden_frame(ts, frame, sender, {Py_NewRef(receiver), value});
        if (callee == nullptr)
            GOTO(raise);
        set_delivery(callee, Delivery::sent);
        ENTER_CALLEE(callee);
    }
    if (value == Py_None && ts->c_tracefunc == nullptr && is_stepped_in_frame(receiver)) {
        Py_DECREF(value);
        const StartedStep step = start_step(ts, frame, receiver);
        if (step.callee != nullptr) {
            set_delivery(step.callee, Delivery::sent);
            ENTER_CALLEE(step.callee);
        }
        if (step.value != nullptr) {
            *sp++ = step.value;
            NEXT();
        }
        if (_PyErr_Occurred(ts) && !_PyErr_ExceptionMatches(ts, PyExc_StopIteration))
            GOTO(raise);
        GOTO(stop_send);
    }
    GOTO(send_to_c);
}

// SEND with the C function of what is no generator. The value is at *sp.
HANDLER(send_to_c) {
    PyObject* value = *sp;
    PyObject* receiver = sp[-1];
    PyObject* result = nullptr;
    const PySendResult status = ts->c_tracefunc == nullptr
                                    ? PyIter_Send(receiver, value, &result)
                                    : send_traced(ts, frame, receiver, value, &result);
    Py_DECREF(value);
    if (status == PYGEN_ERROR)
        GOTO(raise);
    if (status == PYGEN_RETURN) {
        sp[-1] = result;
        Py_DECREF(receiver);
        ip += oparg;
        NEXT();
    }
    *sp++ = result;
    NEXT();
}

HANDLER(end_send) {
    PyObject* receiver = sp[-1];
    sp[-1] = DELIVERED();
    oparg = argument_at(frame, ip - 1);
    ip += oparg;
    Py_DECREF(receiver);
    NEXT();
}

HANDLER(stop_send) {
    if (ts->c_tracefunc != nullptr) {
        trace_exception(ts, frame);
    }
    PyObject* value;
    if (_PyGen_FetchStopIterationValue(&value) != 0)
        GOTO(raise);
    oparg = reinterpret_cast<intptr_t>(value);
    GOTO(end_send);
}

HANDLER(raise_from_delegate) {
    link_exceptions(ts, frame);
    if (_PyErr_ExceptionMatches(ts, PyExc_StopIteration))
        GOTO(stop_send);
    _PyErr_ChainStackItem(nullptr);
    GOTO(raise);
}

OP(GET_YIELD_FROM_ITER) {
    SAVE_IP();
    PyObject* iterable = sp[-1];
    if (PyCoro_CheckExact(iterable)) {
        if ((frame->f_code->co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)) == 0) {
            _PyErr_SetString(ts, PyExc_TypeError,
                             "cannot 'yield from' a coroutine object in a non-coroutine generator");
            GOTO(raise);
        }
    } else if (!PyGen_CheckExact(iterable)) {
        if (Py_TYPE(iterable)->tp_iter == slot_tp_iter)
            GOTO(get_python_iter);
        PyObject* iterator = PyObject_GetIter(iterable);
        if (iterator == nullptr)
            GOTO(raise);
        sp[-1] = iterator;
        Py_DECREF(iterable);
    }
    NEXT();
}

namespace {

/// A traced `for` or `await` learns the end of an iteration from a StopIteration, if it has a value
/// or comes from a coroutine. Takes and returns the value; null with an exception set if the trace
/// function raised.
PyObject* trace_end_of_generator(PyThreadState* ts, Frame* resumer, PyObject* generator,
                                 PyObject* value) {
    if (value == Py_None && !PyCoro_CheckExact(generator))
        return value;
    const int failed = _PyGen_SetStopIterationValue(value);
    Py_DECREF(value);
    if (failed == 0) {
        trace_exception(ts, resumer);
    }
    return _PyGen_FetchStopIterationValue(&value) == 0 ? value : nullptr;
}

/// Sets the exception that tells the caller of a method of its end. Drops the result.
void set_end_of_generator(PyThreadState* ts, PyGenObject* generator, PyObject* result) {
    if (PyAsyncGen_CheckExact(generator)) {
        _PyErr_SetNone(ts, PyExc_StopAsyncIteration);
    } else {
        (void)_PyGen_SetStopIterationValue(result);
    }
    Py_DECREF(result);
}

}  // namespace

/// Whether the end of a generator is an exception for the one who has resumed it.
static inline bool raises_stop_iteration(Delivery delivery) {
    switch (delivery) {
    case Delivery::iteration:
    case Delivery::sent:
    case Delivery::thrown:
    case Delivery::closed:
    case Delivery::anext:
    case Delivery::sourced:
        return false;
    default:
        return true;
    }
}

HANDLER(return_from_generator) {
    PyObject* result = *sp;
    Frame* resumer = frame->previous;
    const Delivery delivery = delivery_of(frame);
    PyGenObject* generator = _PyFrame_GetGenerator(frame);
    unlink_generator(ts, generator);
    ts->cframe->current_frame = resumer;
    finish_generator(generator);
    frame = resumer;
    sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
    if (delivery == Delivery::next_or_default) {
        Py_DECREF(result);
        GOTO(take_default);
    }
    if (delivery == Delivery::anext) {
        Py_DECREF(result);
        GOTO(anext_returned);
    }
    if (delivery == Delivery::task_step) {
        oparg = reinterpret_cast<intptr_t>(result);
        GOTO(task_returned);
    }
    if (delivery == Delivery::closed) {
        Py_DECREF(result);
        GOTO(close_succeeded);
    }
    if (raises_stop_iteration(delivery)) {
        set_end_of_generator(ts, generator, result);
        GOTO(raise);
    }
    if (delivery == Delivery::thrown) {
        link_exceptions(ts, frame);
    }
    if (ts->c_tracefunc != nullptr) [[unlikely]] {
        result = trace_end_of_generator(ts, frame, sp[-1], result);
        if (result == nullptr) {
            if (delivery != Delivery::iteration)
                GOTO(raise);
            _PyErr_Clear(ts);
            result = Py_NewRef(Py_None);
        }
    }
    oparg = argument_at(frame, ip - 1);
    if (delivery == Delivery::iteration) {
        Py_DECREF(result);
        GOTO(end_loop);
    }
    if (delivery == Delivery::sourced) {
        Py_DECREF(result);
        GOTO(source_ended);
    }
    PyObject* receiver = sp[-1];
    sp[-1] = result;
    ip += oparg;
    Py_DECREF(receiver);
    NEXT();
}

// The next value of an iterator that is no generator.
HANDLER(deliver_sent) {
    GOTO(deliver_value);
}
// What its throw() has returned.
HANDLER(deliver_thrown) {
    GOTO(deliver_value);
}

}  // namespace stackless::eval
