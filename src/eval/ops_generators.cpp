// Generators, coroutines and asynchronous generators.
#include "eval/generators.hpp"

#include <initializer_list>

#include "cpython/call_sites.hpp"
#include "cpython/ref.hpp"
#include "eval/activation.hpp"
#include "eval/frames.hpp"
#include "eval/opcodes.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

void finish_generator(PyGenObject* generator) {
    _PyErr_ClearExcState(&generator->gi_exc_state);
    generator->gi_frame_state = FRAME_CLEARED;
    _PyFrame_Clear(frame_of(generator));
}

namespace {

// CPython's finalizer would close the generator, and complain that it is executing.
void finalize_generator(PyObject* generator) {
    if (reinterpret_cast<PyGenObject*>(generator)->gi_frame_state != FRAME_EXECUTING) {
        _PyGen_Finalize(generator);
    }
}

}  // namespace

void spare_running_generators() {
    for (PyTypeObject* type : {&PyGen_Type, &PyCoro_Type, &PyAsyncGen_Type}) {
        type->tp_finalize = finalize_generator;
    }
}

void convert_stop_iteration(PyThreadState* ts, PyGenObject* generator) {
    if (!_PyErr_ExceptionMatches(ts, PyExc_StopIteration))
        return;
    _PyErr_FormatFromCause(PyExc_RuntimeError, "%s raised StopIteration",
                           PyCoro_CheckExact(generator) ? "coroutine" : "generator");
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

OP(YIELD_VALUE) {
    SAVE_IP();
    PyObject* value = *--sp;
    PyGenObject* generator = _PyFrame_GetGenerator(frame);
    generator->gi_frame_state = FRAME_SUSPENDED;
    _PyFrame_SetStackPointer(frame, sp);
    if (ts->cframe->use_tracing != 0 && !trace_return(ts, frame, value)) {
        Py_DECREF(value);
        GOTO(unwind_frame);
    }
    ts->recursion_remaining++;
    if (frame->is_entry) {
        activation(ts)->result = value;
        LEAVE_LOOP();
    }
    if (delivery_of(frame) > Delivery::sent) [[unlikely]] {
        oparg = reinterpret_cast<intptr_t>(value);
        GOTO(yield_specially);
    }
    frame = frame->previous;
    unlink_generator(ts, generator);
    ts->cframe->current_frame = frame;
    sp = _PyFrame_GetStackPointer(frame);
    *sp++ = value;
    GOTO(resume_frame);
}

// Who has resumed the generator does not just push what it yields: oparg.
HANDLER(yield_specially) {
    const Handler deliver = deliver_table[static_cast<int>(delivery_of(frame))];
    PyGenObject* generator = _PyFrame_GetGenerator(frame);
    frame = frame->previous;
    unlink_generator(ts, generator);
    ts->cframe->current_frame = frame;
    sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
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

}  // namespace

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
    if (delivery == Delivery::value ||
        (delivery > Delivery::sent && delivery != Delivery::sourced)) {
        (void)_PyGen_SetStopIterationValue(result);
        Py_DECREF(result);
        GOTO(raise);
    }
    if (ts->c_tracefunc != nullptr) [[unlikely]] {
        result = trace_end_of_generator(ts, frame, sp[-1], result);
        if (result == nullptr) {
            if (delivery == Delivery::sent)
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

// A frame that is no generator's never gets this delivery.
HANDLER(deliver_sent) {
    GOTO(deliver_value);
}

namespace {

/// `async with` awaits what the manager's methods return; the message names the method.
void set_not_awaitable_error(PyThreadState* ts, PyTypeObject* type, int method) {
    if (method == 0 || (type->tp_as_async != nullptr && type->tp_as_async->am_await != nullptr))
        return;
    _PyErr_Format(
        ts, PyExc_TypeError,
        "'async with' received an object from %s that does not implement __await__: %.100s",
        method == 1 ? "__aenter__" : "__aexit__", type->tp_name);
}

/// The iterator that `await` steps; null with an exception set.
PyObject* awaitable_iterator(PyThreadState* ts, PyObject* object, int method) {
    Ref iterator = Ref::steal(_PyCoro_GetAwaitableIter(object));
    if (!iterator) {
        set_not_awaitable_error(ts, Py_TYPE(object), method);
        return nullptr;
    }
    if (PyCoro_CheckExact(iterator.get())) {
        Ref awaited = Ref::steal(_PyGen_yf(reinterpret_cast<PyGenObject*>(iterator.get())));
        if (awaited) {
            _PyErr_SetString(ts, PyExc_RuntimeError, "coroutine is being awaited already");
            return nullptr;
        }
    }
    return iterator.release();
}

unaryfunc async_slot(PyTypeObject* type, unaryfunc PyAsyncMethods::* slot) {
    return type->tp_as_async == nullptr ? nullptr : type->tp_as_async->*slot;
}

/// What `async for` awaits for the next value of an asynchronous iterator; null with an exception
/// set.
PyObject* next_awaitable(PyThreadState* ts, PyObject* iterator) {
    PyTypeObject* type = Py_TYPE(iterator);
    unaryfunc anext = async_slot(type, &PyAsyncMethods::am_anext);
    if (anext == nullptr) {
        _PyErr_Format(ts, PyExc_TypeError,
                      "'async for' requires an iterator with __anext__ method, got %.100s",
                      type->tp_name);
        return nullptr;
    }
    Ref next = Ref::steal(anext(iterator));
    if (!next || PyAsyncGen_CheckExact(iterator))
        return next.release();
    PyObject* awaitable = _PyCoro_GetAwaitableIter(next.get());
    if (awaitable == nullptr) {
        _PyErr_FormatFromCause(PyExc_TypeError,
                               "'async for' received an invalid object from __anext__: %.100s",
                               Py_TYPE(next.get())->tp_name);
    }
    return awaitable;
}

}  // namespace

OP(GET_AWAITABLE) {
    SAVE_IP();
    PyObject* object = sp[-1];
    PyObject* iterator = awaitable_iterator(ts, object, oparg);
    if (iterator == nullptr)
        GOTO(raise);
    sp[-1] = iterator;
    Py_DECREF(object);
    NEXT();
}

OP(GET_AITER) {
    SAVE_IP();
    PyObject* object = sp[-1];
    unaryfunc aiter = async_slot(Py_TYPE(object), &PyAsyncMethods::am_aiter);
    if (aiter == nullptr) {
        _PyErr_Format(ts, PyExc_TypeError,
                      "'async for' requires an object with __aiter__ method, got %.100s",
                      Py_TYPE(object)->tp_name);
        GOTO(raise);
    }
    PyObject* iterator = aiter(object);
    if (iterator == nullptr)
        GOTO(raise);
    sp[-1] = iterator;
    Py_DECREF(object);
    if (async_slot(Py_TYPE(iterator), &PyAsyncMethods::am_anext) == nullptr) {
        _PyErr_Format(ts, PyExc_TypeError,
                      "'async for' received an object from __aiter__ that does not implement "
                      "__anext__: %.100s",
                      Py_TYPE(iterator)->tp_name);
        GOTO(raise);
    }
    NEXT();
}

OP(GET_ANEXT) {
    SAVE_IP();
    PyObject* awaitable = next_awaitable(ts, sp[-1]);
    if (awaitable == nullptr)
        GOTO(raise);
    *sp++ = awaitable;
    NEXT();
}

OP(ASYNC_GEN_WRAP) {
    SAVE_IP();
    PyObject* value = sp[-1];
    PyObject* wrapped = _PyAsyncGenValueWrapperNew(value);
    if (wrapped == nullptr)
        GOTO(raise);
    sp[-1] = wrapped;
    Py_DECREF(value);
    NEXT();
}

OP(END_ASYNC_FOR) {
    // The exception that has ended the loop is on top of the iterator.
    SAVE_IP();
    PyObject* exception = *--sp;
    if (PyErr_GivenExceptionMatches(exception, PyExc_StopAsyncIteration)) {
        Py_DECREF(exception);
        Py_DECREF(*--sp);
        NEXT();
    }
    _PyErr_Restore(ts, Py_NewRef(PyExceptionInstance_Class(exception)), exception,
                   PyException_GetTraceback(exception));
    GOTO(unwind);
}

}  // namespace stackless::eval
