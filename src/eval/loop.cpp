// Entering and leaving the loop; entering and leaving frames within it.
#include "cstack/limits.hpp"
#include "eval/activation.hpp"
#include "eval/delivery.hpp"
#include "eval/frames.hpp"
#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"
#include "eval/type_creation.hpp"

namespace stackless::eval {

PyObject* run_loop(PyThreadState* ts, Activation* run, Frame* frame, Handler first) {
    PyObject** sp = nullptr;
    Instr* ip = nullptr;
    intptr_t oparg = 0;
#if STACKLESS_TAIL_CALLS
    first(frame, sp, ts, ip, oparg);
#else
    while (first != nullptr) {
        first = first(frame, sp, ts, ip, oparg).handler;
    }
#endif
    if (run->cframe.use_tracing != 0) [[unlikely]] {
        start_tracing_if_wanted(ts);
    }
    return run->result;
}

HANDLER(return_with_care);

// A frame or a generator's frame is entered at its next instruction.
INLINED_HANDLER(start_frame) {
    if (ts->recursion_remaining-- <= 0) [[unlikely]]
        GOTO(recurse_too_deep);
    GOTO(resume_suspended);
}

HANDLER(recurse_too_deep) {
    if (!_Py_CheckRecursiveCall(ts, ""))
        GOTO(resume_suspended);
    // Leaving the frame counts it off again.
    ts->recursion_remaining--;
    GOTO(unwind_frame);
}

INLINED_HANDLER(resume_suspended) {
    sp = _PyFrame_GetStackPointer(frame);
    GOTO(resume_frame);
}

INLINED_HANDLER(resume_frame) {
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
    NEXT();
}

// A generator or coroutine that C code resumes with an exception (throw(), close()).
HANDLER(start_throwing) {
    if (_Py_EnterRecursiveCallTstate(ts, "")) {
        ts->recursion_remaining--;
        GOTO(unwind_frame);
    }
    if (ts->cframe->use_tracing != 0 && !_PyFrame_IsIncomplete(frame)) {
        // What the call event raises takes the place of the exception that is thrown.
        PyObject *type, *value, *traceback;
        _PyErr_Fetch(ts, &type, &value, &traceback);
        if (trace_call(ts, frame)) {
            _PyErr_Restore(ts, type, value, traceback);
        } else {
            Py_XDECREF(type);
            Py_XDECREF(value);
            Py_XDECREF(traceback);
        }
    }
    sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
    GOTO(raise);
}

OP(RETURN_VALUE) {
    if (!returns_to_frame(frame) || frame->frame_obj != nullptr || frame->f_locals != nullptr ||
        ts->cframe->use_tracing != 0) [[unlikely]]
        GOTO(return_with_care);
    // The commonest way out of a frame, with as little as possible: calls gain 5 %.
    PyObject* result = *--sp;
    Frame* callee = frame;
    frame = callee->previous;
    ts->cframe->current_frame = frame;
    ts->recursion_remaining++;
    for (PyObject** local = callee->localsplus; local != sp; local++) {
        if (*local != nullptr) {
            drop_of_frame(ts, *local);
        }
    }
    drop_of_frame(ts, reinterpret_cast<PyObject*>(callee->f_func));
    drop_of_frame(ts, reinterpret_cast<PyObject*>(callee->f_code));
    const Delivery delivery = delivery_of(callee);
    pop_frame(ts, callee);
    sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
    if (delivery != Delivery::value) {
        oparg = reinterpret_cast<intptr_t>(result);
        GOTO(deliver_table[static_cast<int>(delivery)]);
    }
    *sp++ = result;
    NEXT();
}

HANDLER(return_with_care) {
    SAVE_IP();
    sp--;
    _PyFrame_SetStackPointer(frame, sp);
    if (ts->cframe->use_tracing != 0 && !trace_return(ts, frame, *sp)) {
        Py_DECREF(*sp);
        GOTO(unwind_frame);
    }
    GOTO(return_to_caller);
}

// The frame's stack pointer is set.
HANDLER(return_to_caller) {
    PyObject* result = *sp;
    ts->recursion_remaining++;
    if (!returns_plainly(frame)) [[unlikely]]
        GOTO(return_specially);
    Frame* caller = frame->previous;
    ts->cframe->current_frame = caller;
    clear_thread_frame(ts, frame);
    frame = caller;
    sp = _PyFrame_GetStackPointer(frame);
    *sp++ = result;
    GOTO(resume_frame);
}

HANDLER(return_specially) {
    if (frame->is_entry)
        GOTO(leave_entry_frame);
    if (frame->owner == FRAME_OWNED_BY_GENERATOR)
        GOTO(return_from_generator);
    oparg = reinterpret_cast<intptr_t>(*sp);
    const Handler deliver = deliver_table[static_cast<int>(delivery_of(frame))];
    Frame* caller = frame->previous;
    ts->cframe->current_frame = caller;
    clear_thread_frame(ts, frame);
    frame = caller;
    sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
    GOTO(deliver);
}

const Handler deliver_table[] = {
#define STACKLESS_CONTINUATION(name) deliver_##name,
    STACKLESS_DELIVERIES(STACKLESS_CONTINUATION)
#undef STACKLESS_CONTINUATION
};

HANDLER(deliver_value) {
    *sp++ = DELIVERED();
    NEXT();
}

HANDLER(deliver_nothing) {
    DROP_AND_NEXT(DELIVERED());
}

HANDLER(leave_entry_frame) {
    PyObject* result = *sp;
    if (frame == activation(ts)->entry_frame) {
        activation(ts)->result = result;
        LEAVE_LOOP();
    }
    end_chain(ts, frame, result);
    GOTO(resume_current);
}

OP(CACHE) {
    Py_FatalError("the loop ran into an inline cache entry");
}

OP(DO_TRACING) {
    Py_FatalError("the loop ran into CPython's tracing opcode");
}

}  // namespace stackless::eval

namespace stackless::eval {
namespace {

PyObject* enter_loop(PyThreadState* ts, Frame* frame, int throwflag) {
    if (stackless::cstack::is_exhausted()) [[unlikely]] {
        _PyErr_SetString(ts, PyExc_RecursionError,
                         "maximum recursion depth exceeded: the C stack is full");
        return nullptr;
    }
    Activation run(ts, frame);
    return run_loop(ts, &run, frame, throwflag != 0 ? start_throwing : start_frame);
}

}  // namespace
}  // namespace stackless::eval

// Takes the place of libpython's own loop: see docs/internals/replaced-functions.md.
extern "C" PyObject* _PyEval_EvalFrameDefault(PyThreadState* ts, struct _PyInterpreterFrame* frame,
                                              int throwflag) {
    using namespace stackless::eval;
    if (type_creation != nullptr) [[unlikely]]
        return enter_beside_type_creation(ts, frame, throwflag, enter_loop);
    return enter_loop(ts, frame, throwflag);
}

// In libpython these two jump straight to its own loop, past the function above.
extern "C" PyObject* PyEval_EvalFrameEx(PyFrameObject* object, int throwflag) {
    return _PyEval_EvalFrame(PyThreadState_Get(), object->f_frame, throwflag);
}

extern "C" PyObject* PyEval_EvalFrame(PyFrameObject* object) {
    return PyEval_EvalFrameEx(object, 0);
}
