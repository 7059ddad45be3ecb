// for loops.
#include "cpython/call_sites.hpp"
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/activation.hpp"
#include "eval/calls.hpp"
#include "eval/errors.hpp"
#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/results.hpp"
#include "eval/stepping.hpp"
#include "eval/switch_handlers.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

HANDLER(for_iter_none);

namespace {
iternextfunc switching_iternext = nullptr;
Handler switching_iternext_handler = nullptr;

inline bool has_next(const RangeIterator* iterator) {
    return iterator->index < iterator->length;
}

inline long take_next(RangeIterator* iterator) {
    const auto offset =
        static_cast<unsigned long>(iterator->index++) * static_cast<unsigned long>(iterator->step);
    return static_cast<long>(static_cast<unsigned long>(iterator->start) + offset);
}

}  // namespace

void set_switching_iternext(iternextfunc function, Handler handler) {
    switching_iternext = function;
    switching_iternext_handler = handler;
}

OP(GET_ITER) {
    SAVE_IP();
    PyObject* iterable = sp[-1];
    if (Py_TYPE(iterable)->tp_iter == slot_tp_iter)
        GOTO(get_python_iter);
    PyObject* iterator = PyObject_GetIter(iterable);
    if (iterator == nullptr)
        GOTO(raise);
    sp[-1] = iterator;
    Py_DECREF(iterable);
    NEXT();
}

// The iterator on top of the stack has no more values.
HANDLER(end_loop) {
    SAVE_IP();
    PyObject* iterator = *--sp;
    Py_DECREF(iterator);
    ip += oparg;
    NEXT();
}

HANDLER(for_iter_generator);

// The value is oparg.
HANDLER(push_new_loop_int) {
    SAVE_IP();
    PyObject* value = PyLong_FromLong(oparg);
    if (value == nullptr)
        GOTO(raise);
    *sp++ = value;
    NEXT();
}

#define NOT_IN_PLACE(number)

/// An int that takes the place of the loop variable's last one, which nobody else refers to, need not be allocated.
#define STORE_INT_IN_PLACE(number) \
    if (stores_in_local(ip)) { \
        PyObject* last = frame->localsplus[_Py_OPARG(*ip)]; \
        if (is_replaceable_int(last)) { \
            set_compact_value(last, number); \
            ip++; \
            NEXT(); \
        } \
    }

// The commonest iterators are stepped without a call.
#define FOR_ITER_HANDLER(handler_name, FINISH, FINISH_INT_IN_PLACE, for_iter_others) \
    HANDLER(handler_name) { \
        PyObject* iterator = sp[-1]; \
        PyTypeObject* type = Py_TYPE(iterator); \
        if (type == &PyListIter_Type) { \
            auto* it = reinterpret_cast<ListIterator*>(iterator); \
            if (it->list == nullptr || it->index >= PyList_GET_SIZE(it->list)) \
                GOTO(for_iter_any); \
            PyObject* value = Py_NewRef(PyList_GET_ITEM(it->list, it->index++)); \
            FINISH(value); \
        } \
        if (type == &PyRangeIter_Type) { \
            auto* it = reinterpret_cast<RangeIterator*>(iterator); \
            if (!has_next(it)) \
                GOTO(end_loop); \
            const long number = take_next(it); \
            if (is_small_value(number)) { \
                PyObject* value = small_int(number); \
                FINISH(value); \
            } \
            if (is_compact_value(number)) { \
                FINISH_INT_IN_PLACE(number); \
                if (PyObject* value = reuse_int(number)) \
                    FINISH(value); \
            } \
            oparg = number; \
            GOTO(push_new_loop_int); \
        } \
        if (type == &PyGen_Type && is_resumable_here(iterator)) \
            GOTO(for_iter_generator); \
        if (type == &PyMap_Type) \
            GOTO(for_iter_map); \
        GOTO(for_iter_others); \
    }

FOR_ITER_HANDLER(op_FOR_ITER, PUSH_RESULT, NOT_IN_PLACE, for_iter_any)
// Loops gain 5 %.
FOR_ITER_HANDLER(for_iter_in_a_row, HAND_OVER, STORE_INT_IN_PLACE, for_iter_others_in_a_row)

namespace {

/// Whether a generator that is resumed goes on with throwing away what it is sent, so that it need not be sent anything.
/// Not while each instruction is traced or counted, nor if something has asked for the loop's attention.
inline bool ignores_what_it_is_sent(PyThreadState* ts, const Frame* generator) {
    constexpr int resume_after_yield = 1;
    const Instr* next = generator->prev_instr + 1;
    return next[0] == _Py_MAKECODEUNIT(RESUME_QUICK, resume_after_yield) &&
           _Py_OPCODE(next[1]) == POP_TOP && dispatch_table[POP_TOP] == op_POP_TOP &&
           !breaker_is_set(ts) && ts->recursion_remaining > 0;
}

}  // namespace

HANDLER(for_iter_generator) {
    auto* generator = reinterpret_cast<PyGenObject*>(sp[-1]);
    Frame* callee = frame_of(generator);
    SAVE_IP();
    _PyFrame_SetStackPointer(frame, sp);
    if (!ignores_what_it_is_sent(ts, callee)) [[unlikely]] {
        frame = resume_generator(ts, frame, generator, Py_NewRef(Py_None), Delivery::iteration);
        GOTO(start_frame);
    }
    // RESUME and POP_TOP are done here: a generator in a `for` gains 8 %.
    link_generator(ts, frame, generator, Delivery::iteration);
    ts->recursion_remaining--;
    frame = callee;
    sp = _PyFrame_GetStackPointer(frame);
    frame->stacktop = -1;
    ip = frame->prev_instr + 3;
    NEXT();
}

HANDLER(for_iter_any) {
    SAVE_IP();
    PyObject* iterator = sp[-1];
    iternextfunc iternext = Py_TYPE(iterator)->tp_iternext;
    if (iternext == nullptr) [[unlikely]]
        GOTO(for_iter_none);
    if (PyType_HasFeature(Py_TYPE(iterator), TYPE_STEPPED) || iternext == slot_tp_iternext)
        GOTO(for_iter_in_python);
    if (iternext == switching_iternext)
        GOTO(switching_iternext_handler);
    PyObject* value = iternext(iterator);
    if (value != nullptr) {
        *sp++ = value;
        NEXT();
    }
    GOTO(for_iter_ended);
}

// The same of an iterator that is not TYPE_STEPPED, with the STORE_FAST behind it.
HANDLER(for_iter_in_one_step) {
    SAVE_IP();
    iternextfunc iternext = Py_TYPE(sp[-1])->tp_iternext;
    if (iternext == nullptr || iternext == slot_tp_iternext || iternext == switching_iternext)
        GOTO(for_iter_any);
    PyObject* value = iternext(sp[-1]);
    if (value == nullptr)
        GOTO(for_iter_ended);
    HAND_OVER(value);
}

HANDLER(call_switching_iternext) {
    activation(ts)->soft_call = true;
    _PyFrame_SetStackPointer(frame, sp);
    PyObject* value = switching_iternext(sp[-1]);
    if (value == unwind_token())
        GOTO(resume_current);
    frame->stacktop = -1;
    activation(ts)->soft_call = false;
    if (value == nullptr)
        GOTO(for_iter_ended);
    *sp++ = value;
    NEXT();
}

// A function made of a comprehension's code takes anything, and a frame may come out of a pickle.
HANDLER(for_iter_none) {
    set_no_iterator_error(ts, sp[-1]);
    GOTO(raise);
}

/// The iterator has given no value: it has ended, or an exception is set.
HANDLER(for_iter_ended) {
    if (!_PyErr_Occurred(ts))
        GOTO(end_loop);
    if (!_PyErr_ExceptionMatches(ts, PyExc_StopIteration))
        GOTO(raise);
    if (ts->c_tracefunc != nullptr) {
        trace_exception(ts, frame);
    }
    _PyErr_Clear(ts);
    GOTO(end_loop);
}

HANDLER(deliver_iteration) {
    GOTO(deliver_value);
}

// The frame that was to give the next value has raised StopIteration, which is set.
HANDLER(stop_iteration) {
    if (ts->c_tracefunc != nullptr) {
        trace_exception(ts, frame);
    }
    _PyErr_Clear(ts);
    oparg = argument_at(frame, ip - 1);
    GOTO(end_loop);
}

}  // namespace stackless::eval
