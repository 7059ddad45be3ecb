#include "eval/tracing.hpp"

#include <algorithm>
#include <iterator>

#include "cpython/ref.hpp"
#include "eval/calls.hpp"
#include "eval/counting.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/switching.hpp"

namespace stackless::eval {

namespace {

/// Calls a trace or profile function, unless the thread is inside of one already or the frame is a
/// hidden one. False when it raised.
bool call_trace_function(PyThreadState* ts, Py_tracefunc function, PyObject* self, Frame* frame,
                         int event, PyObject* argument) {
    if (ts->tracing != 0 || _PyFrame_IsIncomplete(frame))
        return true;
    PyFrameObject* object = _PyFrame_GetFrameObject(frame);
    if (object == nullptr || _PyCode_InitLineArray(frame->f_code) != 0)
        return false;
    const int outer_event = ts->tracing_what;
    ts->tracing_what = event;
    PyThreadState_EnterTracing(ts);
    object->f_lineno = _PyCode_LineNumberFromArray(frame->f_code, _PyInterpreterFrame_LASTI(frame));
    const int failed = function(self, object, event, argument);
    object->f_lineno = 0;
    PyThreadState_LeaveTracing(ts);
    ts->tracing_what = outer_event;
    // It may have taken itself away, which ends the tracing of the table, and then set another.
    start_tracing_if_wanted(ts);
    return failed == 0;
}

/// An exception set aside for as long as something else runs.
class ExceptionAside {
public:
    explicit ExceptionAside(PyThreadState* ts) : ts_(ts) {
        _PyErr_Fetch(ts, &type_, &value_, &traceback_);
    }
    ExceptionAside(const ExceptionAside&) = delete;
    ExceptionAside& operator=(const ExceptionAside&) = delete;
    /// Brings it back, unless `keep` is false: then the newer one stays.
    void settle(bool keep) {
        if (keep) {
            _PyErr_Restore(ts_, type_, value_, traceback_);
        } else {
            Py_XDECREF(type_);
            Py_XDECREF(value_);
            Py_XDECREF(traceback_);
        }
    }
    /// The exception as the argument of an event: a tuple of type, value and traceback.
    Ref as_tuple() {
        if (value_ == nullptr) {
            value_ = Py_NewRef(Py_None);
        }
        _PyErr_NormalizeException(ts_, &type_, &value_, &traceback_);
        return Ref::steal(
            PyTuple_Pack(3, type_, value_, traceback_ == nullptr ? Py_None : traceback_));
    }

private:
    PyThreadState* ts_;
    PyObject *type_, *value_, *traceback_;
};

/// The same event for the trace and the profile function.
bool call_both(PyThreadState* ts, Frame* frame, int event, PyObject* argument) {
    if (ts->c_tracefunc != nullptr &&
        !call_trace_function(ts, ts->c_tracefunc, ts->c_traceobj, frame, event, argument))
        return false;
    return ts->c_profilefunc == nullptr ||
           call_trace_function(ts, ts->c_profilefunc, ts->c_profileobj, frame, event, argument);
}

/// The line and opcode events due before the instruction at frame->prev_instr. `previous` is the
/// index of the instruction before.
bool trace_instruction(PyThreadState* ts, Frame* frame, int previous) {
    PyCodeObject* code = frame->f_code;
    if (_PyCode_InitLineArray(code) != 0)
        return false;
    const int index = _PyInterpreterFrame_LASTI(frame);
    const int line = _PyCode_LineNumberFromArray(code, index);
    // The first instruction of a function begins a line, even the line of its `def`.
    const int last_line =
        previous <= code->_co_firsttraceable ? -1 : _PyCode_LineNumberFromArray(code, previous);
    Ref object = Ref::borrow(reinterpret_cast<PyObject*>(_PyFrame_GetFrameObject(frame)));
    if (!object)
        return false;
    auto* traced = reinterpret_cast<PyFrameObject*>(object.get());
    if (line != -1 && traced->f_trace_lines != 0) {
        // A jump backwards makes a line run again, except in the loop of `yield from`.
        const bool again = index < previous && _Py_OPCODE(*frame->prev_instr) != SEND;
        if ((line != last_line || again) &&
            !call_trace_function(ts, ts->c_tracefunc, ts->c_traceobj, frame, PyTrace_LINE, Py_None))
            return false;
    }
    return traced->f_trace_opcodes == 0 || ts->c_tracefunc == nullptr ||
           call_trace_function(ts, ts->c_tracefunc, ts->c_traceobj, frame, PyTrace_OPCODE, Py_None);
}

bool is_tracing_installed() {
    return dispatch_table[NOP] == trace_next_instruction;
}

bool is_any_thread_traced(PyThreadState* ts) {
    for (PyThreadState* other = PyInterpreterState_ThreadHead(ts->interp); other != nullptr;
         other = PyThreadState_Next(other)) {
        if (other->c_tracefunc != nullptr || other->c_profilefunc != nullptr)
            return true;
    }
    return false;
}

/// Whether the traced instruction at `ip` comes right after the one that was executed before it. A
/// tasklet that is stopped after a jump would not know any more where it came from, and so whether a
/// line begins.
bool follows_previous(const Frame* frame, const Instr* ip) {
    const Instr* previous = frame->prev_instr;
    return previous >= _PyCode_CODE(frame->f_code) &&
           previous + 1 + _PyOpcode_Caches[_PyOpcode_Deopt[_Py_OPCODE(*previous)]] == ip;
}

/// PyTrace_C_CALL and what follows, around the call of a C function by `call`.
template <class Call>
PyObject* call_profiled(PyThreadState* ts, Frame* frame, PyObject* callable, Call call) {
    if (ts->c_profilefunc == nullptr)
        return call();
    if (!call_trace_function(ts, ts->c_profilefunc, ts->c_profileobj, frame, PyTrace_C_CALL,
                             callable))
        return nullptr;
    PyObject* result = call();
    if (ts->c_profilefunc == nullptr)
        return result;
    if (result == nullptr) {
        ExceptionAside aside(ts);
        aside.settle(call_trace_function(ts, ts->c_profilefunc, ts->c_profileobj, frame,
                                         PyTrace_C_EXCEPTION, callable));
    } else if (!call_trace_function(ts, ts->c_profilefunc, ts->c_profileobj, frame,
                                    PyTrace_C_RETURN, callable)) {
        Py_CLEAR(result);
    }
    return result;
}

/// What profile events are to show for a callable: a C function, for a method of a builtin type the
/// method bound to its object, or null for what has no such events.
Ref profiled_callable(PyObject* callable, PyObject* self) {
    if (PyCFunction_CheckExact(callable) || PyCMethod_CheckExact(callable))
        return Ref::borrow(callable);
    if (self != nullptr && Py_IS_TYPE(callable, &PyMethodDescr_Type))
        return Ref::steal(Py_TYPE(callable)->tp_descr_get(
            callable, self, reinterpret_cast<PyObject*>(Py_TYPE(self))));
    return {};
}

/// The function that a call instruction is about to call if it may switch tasklets, else null; and
/// the first argument, null if there is none. Both are borrowed.
struct SwitchingCall {
    PyObject* callable = nullptr;
    PyObject* self = nullptr;
};

SwitchingCall switching_call(int opcode, PyObject** sp, intptr_t oparg) {
    SwitchingCall call;
    if (opcode == CALL) {
        PyObject** base = sp - oparg - 2;
        PyObject** callable = base[0] != nullptr ? base : base + 1;
        call = {*callable, callable + 1 < sp ? callable[1] : nullptr};
    } else if (opcode == CALL_FUNCTION_EX) {
        call = {sp[(oparg & 1) != 0 ? -3 : -2], nullptr};
    }
    return call.callable != nullptr && is_switching(call.callable) ? call : SwitchingCall{};
}

/// The events of a call that may switch tasklets. Both come before the call: it may end when other
/// tasklets have run, and itself takes no time.
bool profile_switching_call(PyThreadState* ts, Frame* frame, const SwitchingCall& call) {
    const Ref shown = profiled_callable(call.callable, call.self);
    if (!shown)
        return _PyErr_Occurred(ts) == nullptr;
    for (const int event : {PyTrace_C_CALL, PyTrace_C_RETURN}) {
        if (ts->c_profilefunc != nullptr &&
            !call_trace_function(ts, ts->c_profilefunc, ts->c_profileobj, frame, event,
                                 shown.get()))
            return false;
    }
    return true;
}

/// Does what the tracing of the instruction at `ip` asks for, and gives the loop's state back as
/// the trace function left it (it may have jumped to another line).
bool trace_at(PyThreadState* ts, Frame* frame, PyObject*** sp, Instr** ip) {
    const int previous = _PyInterpreterFrame_LASTI(frame);
    frame->prev_instr = *ip;
    if (_PyOpcode_Deopt[_Py_OPCODE(**ip)] == RESUME) {
        _PyFrame_SetStackPointer(frame, *sp);
        const bool done = trace_call(ts, frame);
        *sp = _PyFrame_GetStackPointer(frame);
        frame->stacktop = -1;
        return done;
    }
    // Instructions that prepare the frame, before its first RESUME, are no lines of the program.
    if (ts->c_tracefunc == nullptr || ts->tracing != 0 ||
        _PyInterpreterFrame_LASTI(frame) < frame->f_code->_co_firsttraceable)
        return true;
    _PyFrame_SetStackPointer(frame, *sp);
    const bool done = trace_instruction(ts, frame, previous);
    *sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    if (done) {
        // If it jumped and then raised, the exception belongs to the old place.
        *ip = frame->prev_instr;
    }
    return done;
}

}  // namespace

bool trace_call(PyThreadState* ts, Frame* frame) {
    return call_both(ts, frame, PyTrace_CALL, Py_None);
}

bool trace_return(PyThreadState* ts, Frame* frame, PyObject* result) {
    return call_both(ts, frame, PyTrace_RETURN, result);
}

void trace_unwind(PyThreadState* ts, Frame* frame) {
    ExceptionAside aside(ts);
    aside.settle(call_both(ts, frame, PyTrace_RETURN, nullptr));
}

void trace_exception(PyThreadState* ts, Frame* frame) {
    ExceptionAside aside(ts);
    Ref argument = aside.as_tuple();
    const bool done = argument && call_trace_function(ts, ts->c_tracefunc, ts->c_traceobj, frame,
                                                      PyTrace_EXCEPTION, argument.get());
    aside.settle(done);
}

PyObject* call_traced(PyThreadState* ts, Frame* frame, PyObject* callable, PyObject* const* args,
                      Py_ssize_t positional, PyObject* kwnames) {
    auto call = [&] {
        return PyObject_Vectorcall(callable, args, positional | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                   kwnames);
    };
    Ref shown = profiled_callable(callable, positional > 0 ? args[0] : nullptr);
    if (!shown)
        return _PyErr_Occurred(ts) ? nullptr : call();
    return call_profiled(ts, frame, shown.get(), call);
}

PyObject* call_traced_with_mapping(PyThreadState* ts, Frame* frame, PyObject* callable,
                                   PyObject* args, PyObject* kwargs) {
    auto call = [&] { return PyObject_Call(callable, args, kwargs); };
    Ref shown = profiled_callable(callable,
                                  PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : nullptr);
    if (!shown)
        return _PyErr_Occurred(ts) ? nullptr : call();
    return call_profiled(ts, frame, shown.get(), call);
}

PySendResult send_traced(PyThreadState* ts, Frame* frame, PyObject* receiver, PyObject* value,
                         PyObject** result) {
    *result = value == Py_None && PyIter_Check(receiver)
                  ? Py_TYPE(receiver)->tp_iternext(receiver)
                  : PyObject_CallMethodOneArg(receiver, &_Py_ID(send), value);
    if (*result != nullptr)
        return PYGEN_NEXT;
    if (ts->c_tracefunc != nullptr && _PyErr_ExceptionMatches(ts, PyExc_StopIteration)) {
        trace_exception(ts, frame);
    }
    return _PyGen_FetchStopIterationValue(result) == 0 ? PYGEN_RETURN : PYGEN_ERROR;
}

void choose_dispatch_table(PyThreadState* ts) {
    if (is_any_thread_traced(ts)) {
        std::fill(std::begin(dispatch_table), std::end(dispatch_table), trace_next_instruction);
    } else if (is_any_thread_counting_each()) {
        std::fill(std::begin(dispatch_table), std::end(dispatch_table), count_next_instruction);
    } else {
        const Handler* handlers = is_any_thread_counting() ? paying_handlers : usual_handlers;
        std::copy_n(handlers, std::size(dispatch_table), dispatch_table);
    }
}

void start_tracing_if_wanted(PyThreadState* ts) {
    if (ts->cframe->use_tracing != 0 && !is_tracing_installed()) {
        choose_dispatch_table(ts);
    }
}

void tracing_changed(PyThreadState* ts) {
    _PyThreadState_UpdateTracingState(ts);
    // A trace function that is running is not traced itself, but what comes after it is.
    const bool is_traced = ts->c_tracefunc != nullptr || ts->c_profilefunc != nullptr;
    if (is_traced && !is_tracing_installed()) {
        choose_dispatch_table(ts);
    }
}

// Stands in the dispatch table for every instruction while some thread is traced.
HANDLER(trace_next_instruction) {
    if (can_count && is_any_thread_counting() && !count_instruction() &&
        (ts->cframe->use_tracing == 0 || follows_previous(frame, ip - 1)))
        GOTO(stop_before_instruction);
    ip--;
    if (ts->cframe->use_tracing == 0) {
        if (!is_any_thread_traced(ts)) {
            choose_dispatch_table(ts);
        }
    } else if (!trace_at(ts, frame, &sp, &ip)) {
        ip++;
        GOTO(raise);
    }
    // Traced code runs in its general form, so that each instruction is seen.
    oparg = _Py_OPARG(*ip);
    int opcode = _Py_OPCODE(*ip);
    if (ts->cframe->use_tracing != 0) {
        opcode = general_form(opcode);
    }
    ip++;
    if (ts->c_profilefunc != nullptr) {
        const SwitchingCall call = switching_call(opcode, sp, oparg);
        if (call.callable != nullptr && !profile_switching_call(ts, frame, call))
            GOTO(raise);
    }
    GOTO(untraced_handlers[opcode]);
}

}  // namespace stackless::eval
