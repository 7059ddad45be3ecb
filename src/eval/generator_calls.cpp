// Calls of the methods of generators and coroutines: their frames run in the loop, on top of the caller's.
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/calls.hpp"
#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"

namespace stackless::eval {

namespace {

/// What one of the handlers below is called with: a coroutine may come in its wrapper, which keeps it alive.
PyGenObject* generator_at(PyObject* object) {
    PyGenObject* generator = generator_behind(object);
    return generator != nullptr ? generator : reinterpret_cast<PyGenObject*>(object);
}

}  // namespace

PyObject* iterator_of_next(PyObject* callable, const Arguments& arguments) {
    PyObject* iterator = nullptr;
    if (Py_IS_TYPE(callable, &_PyMethodWrapper_Type)) {
        auto* bound = reinterpret_cast<MethodWrapper*>(callable);
        if (arguments.total() != 0)
            return nullptr;
        iterator = bound->self;
        callable = reinterpret_cast<PyObject*>(bound->descriptor);
    } else if (arguments.total() == 1) {
        iterator = arguments.values[0];
    }
    auto* descriptor = reinterpret_cast<PyWrapperDescrObject*>(callable);
    return iterator != nullptr && descriptor->d_common.d_name == &_Py_ID(__next__) &&
                   Py_IS_TYPE(iterator, descriptor->d_common.d_type)
               ? iterator
               : nullptr;
}

// In all of these the generator stays on the caller's stack while it runs, and the result takes its place
// (Delivery::next).

HANDLER(call_send) {
    PyObject* value = *--sp;
    _PyFrame_SetStackPointer(frame, sp);
    frame = resume_generator(ts, frame, generator_at(sp[-1]), value, Delivery::next);
    GOTO(start_frame);
}

HANDLER(call_generator_next) {
    _PyFrame_SetStackPointer(frame, sp);
    frame = resume_generator(ts, frame, generator_at(sp[-1]), Py_NewRef(Py_None), Delivery::next);
    GOTO(start_frame);
}

// A generator that waits for another one is closed by a hidden function, which closes that first.
HANDLER(call_close) {
    PyGenObject* generator = generator_at(sp[-1]);
    if (delegate_of(generator) != nullptr) {
        PyObject* object = *--sp;
        Frame* callee = push_hidden_frame(ts, frame, Hidden::generator_close,
                                          {Py_NewRef(reinterpret_cast<PyObject*>(generator))});
        Py_DECREF(object);
        if (callee == nullptr)
            GOTO(raise);
        ENTER_CALLEE(callee);
    }
    _PyFrame_SetStackPointer(frame, sp);
    _PyErr_SetNone(ts, PyExc_GeneratorExit);
    frame = resume_generator(ts, frame, generator, Py_NewRef(Py_None), Delivery::closed);
    _PyErr_ChainStackItem(nullptr);
    GOTO(start_throwing);
}

HANDLER(deliver_closed) {
    Py_DECREF(DELIVERED());
    _PyErr_SetString(ts, PyExc_RuntimeError,
                     PyCoro_CheckExact(reinterpret_cast<PyObject*>(generator_at(sp[-1])))
                         ? "coroutine ignored GeneratorExit"
                         : "generator ignored GeneratorExit");
    GOTO(raise);
}

HANDLER(close_succeeded) {
    PyObject* generator = sp[-1];
    sp[-1] = Py_NewRef(Py_None);
    DROP_AND_NEXT(generator);
}

HANDLER(close_raised) {
    if (!_PyErr_ExceptionMatches(ts, PyExc_GeneratorExit) &&
        !_PyErr_ExceptionMatches(ts, PyExc_StopIteration))
        GOTO(raise);
    _PyErr_Clear(ts);
    GOTO(close_succeeded);
}

bool set_thrown(PyThreadState* ts, PyObject* type, PyObject* value, PyObject* traceback) {
    if (traceback == Py_None) {
        traceback = nullptr;
    }
    if (traceback != nullptr && !PyTraceBack_Check(traceback)) {
        _PyErr_SetString(ts, PyExc_TypeError, "throw() third argument must be a traceback object");
        return false;
    }
    Py_INCREF(type);
    Py_XINCREF(value);
    Py_XINCREF(traceback);
    if (PyExceptionClass_Check(type)) {
        _PyErr_NormalizeException(ts, &type, &value, &traceback);
    } else if (PyExceptionInstance_Check(type) && (value == nullptr || value == Py_None)) {
        Py_XSETREF(value, type);
        type = Py_NewRef(PyExceptionInstance_Class(value));
        if (traceback == nullptr) {
            traceback = PyException_GetTraceback(value);
        }
    } else {
        if (PyExceptionInstance_Check(type)) {
            _PyErr_SetString(ts, PyExc_TypeError,
                             "instance exception may not have a separate value");
        } else {
            _PyErr_Format(
                ts, PyExc_TypeError,
                "exceptions must be classes or instances deriving from BaseException, not %s",
                Py_TYPE(type)->tp_name);
        }
        Py_DECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return false;
    }
    _PyErr_Restore(ts, type, value, traceback);
    return true;
}

namespace {

/// The frame in which to go on when something is thrown into a generator, and where.
struct Entry {
    Frame* frame;
    Handler handler;
    bool is_started = true;      // else the frame goes on with the rest of its instruction
    PyObject* result = nullptr;  // what that is given
};

/// throw() into one generator after the other, each of which waits for the next.
class Throwing {
public:
    /// `args`, borrowed, are those of throw().
    Throwing(PyThreadState* ts, Frame* caller, PyObject* const* args, Py_ssize_t count)
        : ts_(ts), resumer_(caller), args_(args), count_(count) {}

    Entry enter(PyGenObject* generator, bool looks_at_delegates) {
        PyObject* delegate = looks_at_delegates ? delegate_of(generator) : nullptr;
        while (delegate != nullptr && is_resumable_here(delegate)) {
            link_waiting(generator);
            generator = reinterpret_cast<PyGenObject*>(delegate);
            delegate = delegate_of(generator);
        }
        return delegate == nullptr ? throw_here(generator) : call_throw_of(generator, delegate);
    }

private:
    /// Links a generator as if it had just resumed what it waits for. It is not in the chain of those whose
    /// exceptions are being handled: the exception is thrown past it.
    void link_waiting(PyGenObject* generator) {
        Frame* frame = frame_of(generator);
        frame->prev_instr--;  // from YIELD_VALUE to its SEND
        generator->gi_frame_state = FRAME_EXECUTING;
        generator->gi_exc_state.previous_item = ts_->exc_info;
        set_resumption(frame, delivery_);
        frame->previous = resumer_;
        ts_->cframe->current_frame = frame;
        ts_->recursion_remaining--;
        resumer_ = frame;
        delivery_ = Delivery::thrown;
    }

    Entry throw_here(PyGenObject* generator) {
        // Making the exception counts as the call of a C function, which throw() is elsewhere.
        if (_Py_EnterRecursiveCallTstate(ts_, " while calling a Python object"))
            return failed();
        const bool is_set = set_thrown(ts_, args_[0], argument(1), argument(2));
        _Py_LeaveRecursiveCallTstate(ts_);
        if (!is_set)
            return failed();
        Frame* frame = resume_generator(ts_, resumer_, generator, Py_NewRef(Py_None), delivery_);
        _PyErr_ChainStackItem(nullptr);
        return {frame, start_throwing};
    }

    /// The generator waits for what is none.
    Entry call_throw_of(PyGenObject* generator, PyObject* delegate) {
        PyObject* found;
        if (_PyObject_LookupAttr(delegate, &_Py_ID(throw), &found) < 0)
            return failed();
        if (found == nullptr)
            return throw_here(generator);
        const Ref method = Ref::steal(found);
        link_waiting(generator);
        const StartedCall started =
            start_call(ts_, resumer_, method.get(), Arguments{args_, count_, nullptr});
        if (started.callee != nullptr) {
            set_delivery(started.callee, Delivery::thrown);
            started.callee->previous = resumer_;
            ts_->cframe->current_frame = started.callee;
            return {started.callee, start_frame};
        }
        if (started.result == nullptr)
            return failed();
        return {resumer_, deliver_thrown, false, started.result};
    }

    /// An exception is set that was raised in the attempt to throw one.
    Entry failed() const {
        return {resumer_, delivery_ == Delivery::thrown ? raise_from_delegate : raise, false};
    }

    PyObject* argument(Py_ssize_t index) const { return index < count_ ? args_[index] : nullptr; }

    PyThreadState* ts_;
    Frame* resumer_;
    Delivery delivery_ = Delivery::next;
    PyObject* const* args_;
    Py_ssize_t count_;
};

/// Throws into the generator `args[0]`, the first of `count` values on the stack of `frame`. Drops the others.
Entry begin_throwing(PyThreadState* ts, Frame* frame, PyObject** args, Py_ssize_t count,
                     bool looks_at_delegates) {
    PyObject* thrown[3];
    for (Py_ssize_t i = 1; i < count; i++) {
        thrown[i - 1] = args[i];
    }
    _PyFrame_SetStackPointer(frame, args + 1);
    const Entry entry =
        Throwing(ts, frame, thrown, count - 1).enter(generator_at(args[0]), looks_at_delegates);
    for (Py_ssize_t i = 1; i < count; i++) {
        Py_DECREF(thrown[i - 1]);
    }
    return entry;
}

/// GeneratorExit closes what the generator waits for before it is thrown: a hidden function does that. Drops the
/// `count` arguments.
Frame* push_throwing_exit(PyThreadState* ts, const Frame* frame, PyObject** args,
                          Py_ssize_t count) {
    PyObject* generator = reinterpret_cast<PyObject*>(generator_at(args[0]));
    Frame* callee = push_hidden_frame(
        ts, frame, Hidden::generator_throw_exit,
        {Py_NewRef(generator), Py_NewRef(args[1]), Py_NewRef(count > 2 ? args[2] : Py_None),
         Py_NewRef(count > 3 ? args[3] : Py_None)});
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_DECREF(args[i]);
    }
    return callee;
}

}  // namespace

#define ENTER_THROWING(looks_at_delegates) \
    do { \
        const Entry entry = begin_throwing(ts, frame, sp - oparg, oparg, looks_at_delegates); \
        frame = entry.frame; \
        if (entry.is_started) \
            GOTO(entry.handler); \
        sp = _PyFrame_GetStackPointer(frame); \
        frame->stacktop = -1; \
        ip = frame->prev_instr + 1; \
        oparg = reinterpret_cast<intptr_t>(entry.result); \
        GOTO(entry.handler); \
    } while (0)

HANDLER(call_throw) {
    PyObject** args = sp - oparg;
    if (delegate_of(generator_at(args[0])) != nullptr &&
        PyErr_GivenExceptionMatches(args[1], PyExc_GeneratorExit)) {
        Frame* callee = push_throwing_exit(ts, frame, args, oparg);
        sp = args;
        if (callee == nullptr)
            GOTO(raise);
        ENTER_CALLEE(callee);
    }
    ENTER_THROWING(true);
}

HANDLER(call_throw_through) {
    ENTER_THROWING(true);
}

HANDLER(call_throw_here) {
    ENTER_THROWING(false);
}

}  // namespace stackless::eval
