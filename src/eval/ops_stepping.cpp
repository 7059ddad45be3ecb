// iter() and next(): what makes an iterator, and takes its next value, in a frame if that is a matter of Python code.
#include "cpython/type_lookup.hpp"
#include "eval/stepping.hpp"

#include <algorithm>

#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "eval/activation.hpp"
#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"

namespace stackless::eval {

namespace {

/// Calls a special method of an object. The method is what type_lookup() has found, borrowed.
StartedCall start_special(PyThreadState* ts, const Frame* frame, PyObject* object, PyObject* method,
                          PyObject* name) {
    if (PyFunction_Check(method))
        return start_call(ts, frame, method, object);
    const Ref bound = Ref::steal(_PyObject_LookupSpecial(object, name));
    if (!bound)
        return {};
    return start_call(ts, frame, bound.get(), Arguments{nullptr, 0, nullptr});
}

}  // namespace

StartedStep start_step(PyThreadState* ts, const Frame* frame, PyObject* iterator) {
    PyTypeObject* type = Py_TYPE(iterator);
    if (PyType_HasFeature(type, TYPE_STEPPED)) {
        if (const Step* step = wanted_step(ts, iterator))
            return {push_hidden_frame(ts, frame, step->function, {Py_NewRef(iterator)})};
    } else if (type->tp_iternext == slot_tp_iternext) {
        PyObject* method = type_lookup(type, &_Py_ID(__next__));
        if (method != nullptr) {
            const StartedCall started =
                start_special(ts, frame, iterator, method, &_Py_ID(__next__));
            return {started.callee, started.result};
        }
    }
    if (type->tp_iternext == nullptr) {
        set_no_iterator_error(ts, iterator);
        return {};
    }
    return {nullptr, type->tp_iternext(iterator)};
}

// The iterable on top of the stack gives way to its iterator. ip is at the next instruction already.
HANDLER(get_python_iter) {
    PyObject* iterable = sp[-1];
    PyObject* method = type_lookup(Py_TYPE(iterable), &_Py_ID(__iter__));
    if (method == nullptr || method == Py_None) {
        _PyErr_Format(ts, PyExc_TypeError, "'%.200s' object is not iterable",
                      Py_TYPE(iterable)->tp_name);
        GOTO(raise);
    }
    CONTINUE_CALL(start_special(ts, frame, iterable, method, &_Py_ID(__iter__)), iterator);
}

HANDLER(deliver_iterator) {
    PyObject* iterator = DELIVERED();
    if (!PyIter_Check(iterator)) {
        _PyErr_Format(ts, PyExc_TypeError, "iter() returned non-iterator of type '%.100s'",
                      Py_TYPE(iterator)->tp_name);
        Py_DECREF(iterator);
        GOTO(raise);
    }
    PyObject* iterable = sp[-1];
    sp[-1] = iterator;
    DROP_AND_NEXT(iterable);
}

// The calls of iter() and next() that run Python code. ip is at the next instruction already.

HANDLER(call_iter) {
    SAVE_IP();
    sp = keep_arguments(sp, oparg);
    GOTO(get_python_iter);
}

HANDLER(call_next) {
    SAVE_IP();
    PyObject** const base = sp - oparg - 2;
    sp = keep_arguments(sp, oparg);
    const bool has_default = sp - base == 2;
    PyObject* iterator = base[0];
    if (is_resumable_here(iterator)) {
        _PyFrame_SetStackPointer(frame, sp);
        frame = resume_generator(ts, frame, reinterpret_cast<PyGenObject*>(iterator),
                                 Py_NewRef(Py_None),
                                 has_default ? Delivery::next_or_default : Delivery::next);
        GOTO(start_frame);
    }
    const StartedStep step = start_step(ts, frame, iterator);
    if (step.callee != nullptr) {
        set_delivery(step.callee, has_default ? Delivery::next_or_default : Delivery::next);
        ENTER_CALLEE(step.callee);
    }
    if (step.value != nullptr) {
        oparg = reinterpret_cast<intptr_t>(step.value);
        if (has_default)
            GOTO(deliver_next_or_default);
        GOTO(deliver_next);
    }
    if (!has_default) {
        if (!_PyErr_Occurred(ts)) {
            _PyErr_SetNone(ts, PyExc_StopIteration);
        }
        GOTO(raise);
    }
    if (!_PyErr_Occurred(ts))
        GOTO(take_default);
    if (_PyErr_ExceptionMatches(ts, PyExc_StopIteration))
        GOTO(stop_next);
    GOTO(raise);
}

HANDLER(deliver_next) {
    PyObject* iterator = sp[-1];
    sp[-1] = DELIVERED();
    DROP_AND_NEXT(iterator);
}

HANDLER(deliver_next_or_default) {
    PyObject* iterator = sp[-2];
    PyObject* unused = sp[-1];
    sp[-2] = DELIVERED();
    sp--;
    DROP_TWO_AND_NEXT(unused, iterator);
}

HANDLER(take_default) {
    PyObject* iterator = sp[-2];
    sp[-2] = sp[-1];
    sp--;
    DROP_AND_NEXT(iterator);
}

HANDLER(stop_next) {
    _PyErr_Clear(ts);
    GOTO(take_default);
}

}  // namespace stackless::eval
