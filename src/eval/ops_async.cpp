// await, `async for` and asynchronous generators.
#include "cpython/call_sites.hpp"
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/calls.hpp"
#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

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

namespace {

/// The method in Python that fills a slot of an object's type, borrowed; null if C code does.
PyObject* python_method(PyObject* object, unaryfunc PyAsyncMethods::* slot, unaryfunc python_slot,
                        PyObject* name) {
    if (async_slot(Py_TYPE(object), slot) != python_slot)
        return nullptr;
    PyObject* method = type_lookup(Py_TYPE(object), name);
    return method != nullptr && PyFunction_Check(method) ? method : nullptr;
}

bool is_coroutine(PyObject* object) {
    return PyCoro_CheckExact(object) ||
           (PyGen_CheckExact(object) && (reinterpret_cast<PyGenObject*>(object)->gi_code->co_flags &
                                         CO_ITERABLE_COROUTINE) != 0);
}

/// Checks what an __await__() has returned. False with an exception set.
bool is_iterator_to_await(PyThreadState* ts, PyObject* iterator) {
    if (is_coroutine(iterator)) {
        _PyErr_SetString(ts, PyExc_TypeError, "__await__() returned a coroutine");
        return false;
    }
    if (!PyIter_Check(iterator)) {
        _PyErr_Format(ts, PyExc_TypeError, "__await__() returned non-iterator of type '%.100s'",
                      Py_TYPE(iterator)->tp_name);
        return false;
    }
    return true;
}

}  // namespace

OP(GET_AWAITABLE) {
    SAVE_IP();
    PyObject* object = sp[-1];
    if (PyObject* method =
            python_method(object, &PyAsyncMethods::am_await, slot_am_await, &_Py_ID(__await__))) {
        CONTINUE_CALL(start_call(ts, frame, method, object), awaitable);
    }
    PyObject* iterator = awaitable_iterator(ts, object, oparg);
    if (iterator == nullptr)
        GOTO(raise);
    sp[-1] = iterator;
    Py_DECREF(object);
    NEXT();
}

// What __await__() of the object on the stack has returned.
HANDLER(deliver_awaitable) {
    PyObject* iterator = DELIVERED();
    if (!is_iterator_to_await(ts, iterator)) {
        Py_DECREF(iterator);
        GOTO(raise);
    }
    PyObject* object = sp[-1];
    sp[-1] = iterator;
    DROP_AND_NEXT(object);
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
    if (PyObject* method =
            python_method(object, &PyAsyncMethods::am_aiter, slot_am_aiter, &_Py_ID(__aiter__))) {
        CONTINUE_CALL(start_call(ts, frame, method, object), async_iterator);
    }
    PyObject* iterator = aiter(object);
    if (iterator == nullptr)
        GOTO(raise);
    oparg = reinterpret_cast<intptr_t>(iterator);
    GOTO(deliver_async_iterator);
}

// What __aiter__() of the object on the stack has returned.
HANDLER(deliver_async_iterator) {
    PyObject* object = sp[-1];
    PyObject* iterator = DELIVERED();
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
    PyObject* iterator = sp[-1];
    if (PyObject* hook = take_first_iteration_hook(ts, iterator)) {
        CONTINUE_CALL(start_call(ts, frame, hook, iterator), first_iteration);
    }
    if (PyObject* method =
            python_method(iterator, &PyAsyncMethods::am_anext, slot_am_anext, &_Py_ID(__anext__))) {
        CONTINUE_CALL(start_call(ts, frame, method, iterator), next_value);
    }
    PyObject* awaitable = next_awaitable(ts, iterator);
    if (awaitable == nullptr)
        GOTO(raise);
    *sp++ = awaitable;
    NEXT();
}

// The hook has returned.
HANDLER(deliver_first_iteration) {
    Py_DECREF(DELIVERED());
    GOTO(op_GET_ANEXT);
}

// What __anext__() of the iterator on the stack has returned.
HANDLER(deliver_next_value) {
    PyObject* next = DELIVERED();
    if (is_coroutine(next)) {
        *sp++ = next;
        NEXT();
    }
    *sp++ = next;
    if (PyObject* method =
            python_method(next, &PyAsyncMethods::am_await, slot_am_await, &_Py_ID(__await__))) {
        const StartedCall started = start_call(ts, frame, method, next);
        if (started.callee != nullptr) {
            set_delivery(started.callee, Delivery::next_awaitable);
            ENTER_CALLEE(started.callee);
        }
        GOTO(raise_invalid_anext);
    }
    PyObject* awaitable = _PyCoro_GetAwaitableIter(next);
    if (awaitable == nullptr)
        GOTO(raise_invalid_anext);
    sp[-1] = awaitable;
    DROP_AND_NEXT(next);
}

// What __await__() of the object on the stack has returned, which an __anext__() had returned.
HANDLER(deliver_next_awaitable) {
    if (!is_iterator_to_await(ts, DELIVERED())) {
        Py_DECREF(DELIVERED());
        GOTO(raise_invalid_anext);
    }
    GOTO(deliver_awaitable);
}

HANDLER(raise_invalid_anext) {
    _PyErr_FormatFromCause(PyExc_TypeError,
                           "'async for' received an invalid object from __anext__: %.100s",
                           Py_TYPE(sp[-1])->tp_name);
    GOTO(raise);
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

namespace {

/// What an asynchronous generator has raised is set: notes that it is no longer awaited.
void leave_async_generator(PyThreadState* ts, PyGenObject* generator) {
    auto* async = reinterpret_cast<PyAsyncGenObject*>(generator);
    if (_PyErr_ExceptionMatches(ts, PyExc_StopAsyncIteration) ||
        _PyErr_ExceptionMatches(ts, PyExc_GeneratorExit)) {
        async->ag_closed = 1;
    }
    async->ag_running_async = 0;
}

}  // namespace

PyGenObject* begin_anext(PyThreadState* ts, PyObject* awaitable, PyObject** value) {
    if (!Py_IS_TYPE(awaitable, &_PyAsyncGenASend_Type) || ts->cframe->use_tracing != 0)
        return nullptr;
    auto* send = reinterpret_cast<AsyncSend*>(awaitable);
    auto* async = reinterpret_cast<PyAsyncGenObject*>(send->generator);
    PyObject* sent = *value;
    if (send->state == AwaitableState::closed)
        return nullptr;
    if (send->state == AwaitableState::initial) {
        if (async->ag_running_async != 0)
            return nullptr;
        if (sent == Py_None && send->value != nullptr) {
            sent = send->value;
        }
    }
    if (!can_be_sent(send->generator, sent))
        return nullptr;
    send->state = AwaitableState::iterating;
    async->ag_running_async = 1;
    if (sent != *value) {
        Py_INCREF(sent);
        Py_SETREF(*value, sent);
    }
    return send->generator;
}

HANDLER(deliver_anext) {
    PyObject* yielded = DELIVERED();
    if (!Py_IS_TYPE(yielded, &_PyAsyncGenWrappedValue_Type)) {
        // It awaits something itself.
        *sp++ = yielded;
        NEXT();
    }
    auto* send = reinterpret_cast<AsyncSend*>(sp[-1]);
    reinterpret_cast<PyAsyncGenObject*>(send->generator)->ag_running_async = 0;
    send->state = AwaitableState::closed;
    oparg = reinterpret_cast<intptr_t>(Py_NewRef(reinterpret_cast<AsyncYield*>(yielded)->value));
    Py_DECREF(yielded);
    GOTO(end_send);
}

HANDLER(anext_returned) {
    _PyErr_SetNone(ts, PyExc_StopAsyncIteration);
    GOTO(anext_raised);
}

HANDLER(anext_raised) {
    auto* send = reinterpret_cast<AsyncSend*>(sp[-1]);
    leave_async_generator(ts, send->generator);
    send->state = AwaitableState::closed;
    GOTO(raise);
}

PyObject* take_first_iteration_hook(PyThreadState* ts, PyObject* iterator) {
    if (!PyAsyncGen_CheckExact(iterator))
        return nullptr;
    auto* generator = reinterpret_cast<PyAsyncGenObject*>(iterator);
    PyObject* hook = ts->async_gen_firstiter;
    if (generator->ag_hooks_inited != 0 || hook == nullptr || !is_python_callable(ts, hook))
        return nullptr;
    generator->ag_hooks_inited = 1;
    Py_XINCREF(ts->async_gen_finalizer);
    generator->ag_origin_or_finalizer = ts->async_gen_finalizer;
    return hook;
}

}  // namespace stackless::eval
