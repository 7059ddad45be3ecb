// for loops.
#include "cpython/hidden.hpp"
#include "eval/activation.hpp"
#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

namespace {
iternextfunc switching_iternext = nullptr;

inline PyObject* next_of_range(RangeIterator* iterator) {
    const auto offset = static_cast<unsigned long>(iterator->index++) * static_cast<unsigned long>(iterator->step);
    const auto value = static_cast<long>(static_cast<unsigned long>(iterator->start) + offset);
    constexpr long small = 1L << 59;
    return value > -small && value < small ? new_int(value) : PyLong_FromLong(value);
}
}  // namespace

void set_switching_iternext(iternextfunc function) { switching_iternext = function; }

OP(GET_ITER) {
    SAVE_IP();
    PyObject* iterable = sp[-1];
    PyObject* iterator = PyObject_GetIter(iterable);
    if (iterator == nullptr)
        GOTO(raise);
    sp[-1] = iterator;
    Py_DECREF(iterable);
    NEXT();
}

/// The iterator on top of the stack has no more values.
#define END_LOOP(iterator) \
    sp--; \
    ip += oparg; \
    DROP_AND_NEXT(iterator)

OP(FOR_ITER) {
    // The commonest iterators are stepped without a call.
    PyObject* iterator = sp[-1];
    PyTypeObject* type = Py_TYPE(iterator);
    if (type == &PyListIter_Type) {
        auto* it = reinterpret_cast<ListIterator*>(iterator);
        if (it->list != nullptr && it->index < PyList_GET_SIZE(it->list)) {
            *sp++ = Py_NewRef(PyList_GET_ITEM(it->list, it->index++));
            NEXT();
        }
        GOTO(for_iter_any);
    }
    if (type == &PyRangeIter_Type) {
        auto* it = reinterpret_cast<RangeIterator*>(iterator);
        if (it->index >= it->length) {
            END_LOOP(iterator);
        }
        SAVE_IP();
        PyObject* value = next_of_range(it);
        if (value == nullptr) [[unlikely]]
            GOTO(raise);
        *sp++ = value;
        NEXT();
    }
    GOTO(for_iter_any);
}

HANDLER(for_iter_any) {
    SAVE_IP();
    PyObject* iterator = sp[-1];
    if (PyGen_CheckExact(iterator) && is_resumable_here(iterator) && ts->cframe->use_tracing == 0 &&
        oparg <= 0xff) {
        // When the generator ends, the argument is read from the instruction again: hence the limit.
        _PyFrame_SetStackPointer(frame, sp);
        frame = resume_generator(ts, frame, reinterpret_cast<PyGenObject*>(iterator), Py_NewRef(Py_None));
        GOTO(start_frame);
    }
    iternextfunc iternext = Py_TYPE(iterator)->tp_iternext;
    const bool switches = iternext == switching_iternext;
    activation(ts)->soft_call = switches;
    PyObject* value = iternext(iterator);
    if (value == unwind_token()) {
        _PyFrame_SetStackPointer(frame, sp);
        GOTO(resume_current);
    }
    activation(ts)->soft_call = false;
    if (value != nullptr) {
        *sp++ = value;
        NEXT();
    }
    if (_PyErr_Occurred(ts)) {
        if (!_PyErr_ExceptionMatches(ts, PyExc_StopIteration))
            GOTO(raise);
        if (ts->c_tracefunc != nullptr) {
            trace_exception(ts, frame);
        }
        _PyErr_Clear(ts);
    }
    END_LOOP(iterator);
}

}  // namespace stackless::eval
