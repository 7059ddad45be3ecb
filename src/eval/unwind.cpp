// Exceptions on their way: from the instruction that raised to the one that handles them.
#include "eval/activation.hpp"
#include "eval/frames.hpp"
#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

namespace {

/// An entry of a code object's exception table: the instructions from `start` on, `length` of them,
/// are handled at `target`, with the value stack cut to `depth`.
struct ExceptionHandler {
    int start, length, target, depth;
    bool wants_lasti;
};

/// Reads entries of the table, which are made of variable-length numbers: six bits a byte, the highest first,
/// 0x40 in all but the last; 0x80 marks the first byte of an entry.
class ExceptionTable {
public:
    explicit ExceptionTable(PyCodeObject* code)
        : begin_(reinterpret_cast<unsigned char*>(PyBytes_AS_STRING(code->co_exceptiontable))),
          end_(begin_ + PyBytes_GET_SIZE(code->co_exceptiontable)) {}

    /// The entry for an instruction, given by its index. False if there is none.
    bool find(int index, ExceptionHandler* found) const {
        // The entries are sorted: halve the range until it is a few entries long.
        const unsigned char* low = begin_;
        const unsigned char* high = end_;
        while (high - low > 32) {
            const unsigned char* middle = entry_at(low + (high - low) / 2);
            if (middle == low || read_number(middle) > index) {
                if (middle == low)
                    break;
                high = middle;
            } else {
                low = middle;
            }
        }
        for (const unsigned char* entry = low; entry < end_;) {
            ExceptionHandler handler = read_entry(&entry);
            if (handler.start > index)
                return false;
            if (index < handler.start + handler.length) {
                *found = handler;
                return true;
            }
        }
        return false;
    }

private:
    /// The first byte of the entry that `inside` is in.
    static const unsigned char* entry_at(const unsigned char* inside) {
        while ((*inside & 0x80) == 0) {
            inside--;
        }
        return inside;
    }
    static int read_number(const unsigned char* place) { return take_number(&place); }
    static int take_number(const unsigned char** place) {
        int number = **place & 0x3f;
        while ((*(*place)++ & 0x40) != 0) {
            number = number << 6 | (**place & 0x3f);
        }
        return number;
    }
    static ExceptionHandler read_entry(const unsigned char** place) {
        ExceptionHandler handler{};
        handler.start = take_number(place);
        handler.length = take_number(place);
        handler.target = take_number(place);
        const int depth_and_lasti = take_number(place);
        handler.depth = depth_and_lasti >> 1;
        handler.wants_lasti = (depth_and_lasti & 1) != 0;
        return handler;
    }

    const unsigned char* begin_;
    const unsigned char* end_;
};

/// Adds the frame to the traceback of the exception that is set. Looking up the line in the code's
/// table of lines, which is made once, makes raising a quarter cheaper than PyTraceBack_Here(),
/// which searches it.
void add_to_traceback(PyThreadState* ts, Frame* frame) {
    PyFrameObject* object = _PyFrame_GetFrameObject(frame);
    if (object == nullptr || _PyCode_InitLineArray(frame->f_code) != 0)
        return;
    auto* entry = PyObject_GC_New(PyTracebackObject, &PyTraceBack_Type);
    if (entry == nullptr)
        return;
    const int index = _PyInterpreterFrame_LASTI(frame);
    entry->tb_next = reinterpret_cast<PyTracebackObject*>(ts->curexc_traceback);
    entry->tb_frame =
        reinterpret_cast<PyFrameObject*>(Py_NewRef(reinterpret_cast<PyObject*>(object)));
    entry->tb_lasti = index * static_cast<int>(sizeof(Instr));
    entry->tb_lineno = _PyCode_LineNumberFromArray(frame->f_code, index);
    ts->curexc_traceback = reinterpret_cast<PyObject*>(entry);
    PyObject_GC_Track(entry);
}

/// Takes the exception that is set, as one object with its traceback in it.
PyObject* take_exception(PyThreadState* ts) {
    PyObject *type, *value, *traceback;
    _PyErr_Fetch(ts, &type, &value, &traceback);
    _PyErr_NormalizeException(ts, &type, &value, &traceback);
    PyException_SetTraceback(value, traceback != nullptr ? traceback : Py_None);
    Py_XDECREF(traceback);
    Py_XDECREF(type);
    return value;
}

}  // namespace

HANDLER(raise) {
    // A trace function may have raised between KW_NAMES and its call.
    activation(ts)->kwnames = nullptr;
    if (!_PyErr_Occurred(ts)) [[unlikely]] {
        // C code has reported a failure and not said which.
        _PyErr_SetString(ts, PyExc_SystemError, "error return without exception set");
    }
    if (!_PyFrame_IsIncomplete(frame)) {
        add_to_traceback(ts, frame);
    }
    if (ts->c_tracefunc != nullptr) {
        trace_exception(ts, frame);
    }
    GOTO(unwind);
}

HANDLER(unwind) {
    PyObject** const base = _PyFrame_Stackbase(frame);
    ExceptionHandler handler;
    const int index = static_cast<int>(ip - 1 - _PyCode_CODE(frame->f_code));
    if (!ExceptionTable(frame->f_code).find(index, &handler)) {
        while (sp > base) {
            Py_XDECREF(*--sp);
        }
        _PyFrame_SetStackPointer(frame, sp);
        if (ts->cframe->use_tracing != 0) {
            trace_unwind(ts, frame);
        }
        GOTO(unwind_frame);
    }
    while (sp > base + handler.depth) {
        Py_XDECREF(*--sp);
    }
    if (handler.wants_lasti) {
        PyObject* place = PyLong_FromLong(_PyInterpreterFrame_LASTI(frame));
        if (place == nullptr)
            GOTO(unwind);
        *sp++ = place;
    }
    *sp++ = take_exception(ts);
    ip = _PyCode_CODE(frame->f_code) + handler.target;
    NEXT();
}

namespace {

Handler if_stopped(PyThreadState* ts, Handler stopped) {
    return _PyErr_ExceptionMatches(ts, PyExc_StopIteration) ? stopped : raise;
}

/// Where the frame that waits for a result goes on, when the one that was to deliver it has been left with an
/// exception.
Handler after_exception(PyThreadState* ts, Delivery delivery) {
    switch (delivery) {
    case Delivery::value:
        return raise;
    case Delivery::iteration:
    case Delivery::kept:
        return if_stopped(ts, stop_iteration);
    case Delivery::sent:
        return if_stopped(ts, stop_send);
    case Delivery::sourced:
        return if_stopped(ts, stop_source);
    case Delivery::judged:
        return if_stopped(ts, stop_judging);
    case Delivery::next_or_default:
        return if_stopped(ts, stop_next);
    case Delivery::thrown:
        return raise_from_delegate;
    case Delivery::closed:
        return close_raised;
    case Delivery::anext:
        return anext_raised;
    case Delivery::task_step:
        return task_raised;
    case Delivery::in_context:
        return raise_in_context;
    case Delivery::next_awaitable:
        return raise_invalid_anext;
    default:
        return is_attribute(delivery) && _PyErr_ExceptionMatches(ts, PyExc_AttributeError)
                   ? attribute_error
                   : raise;
    }
}

}  // namespace

HANDLER(unwind_frame) {
    ts->recursion_remaining++;
    if (is_hidden(frame) && frame->prev_instr >= _PyCode_CODE(frame->f_code)) [[unlikely]] {
        // It has begun, and has not counted since.
        ts->recursion_remaining--;
    }
    if (frame->is_entry) {
        if (frame == activation(ts)->entry_frame) {
            activation(ts)->result = nullptr;
            LEAVE_LOOP();
        }
        end_chain(ts, frame, nullptr);
        GOTO(resume_current);
    }
    Frame* outer = frame->previous;
    const Delivery delivery = delivery_of(frame);
    ts->cframe->current_frame = outer;
    if (frame->owner == FRAME_OWNED_BY_GENERATOR) {
        PyGenObject* generator = _PyFrame_GetGenerator(frame);
        unlink_generator(ts, generator);
        finish_generator(generator);
        convert_stop_iteration(ts, generator);
    } else {
        clear_thread_frame(ts, frame);
    }
    frame = outer;
    sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
    oparg = static_cast<intptr_t>(delivery);
    GOTO(after_exception(ts, delivery));
}

}  // namespace stackless::eval
