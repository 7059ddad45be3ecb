// FOR_ITER over iterators that Python code gives the values of.
#include "cpython/call_sites.hpp"
#include "cpython/ref.hpp"
#include "eval/calls.hpp"
#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/stages.hpp"
#include "eval/stepping.hpp"

namespace stackless::eval {

HANDLER(for_iter_stage);
HANDLER(call_stage);
HANDLER(judge_value);

HANDLER(for_iter_in_python) {
    PyObject* iterator = sp[-1];
    if (PyType_HasFeature(Py_TYPE(iterator), TYPE_STEPPED)) {
        const Step* step = step_of(Py_TYPE(iterator));
        if (step->stage != nullptr && step->wanted(ts, iterator))
            GOTO(for_iter_stage);
    }
    const StartedStep started = start_step(ts, frame, iterator);
    if (started.callee != nullptr) {
        set_delivery(started.callee, Delivery::iteration);
        ENTER_CALLEE(started.callee);
    }
    if (started.value == nullptr)
        GOTO(for_iter_ended);
    *sp++ = started.value;
    NEXT();
}

HANDLER(for_iter_stage) {
    PyObject* iterator = sp[-1];
    const Step* step = step_of(Py_TYPE(iterator));
    PyObject* source = step->stage->source(ts, iterator);
    if (source != nullptr && PyGen_CheckExact(source) && is_resumable_here(source)) {
        _PyFrame_SetStackPointer(frame, sp);
        frame = resume_generator(ts, frame, reinterpret_cast<PyGenObject*>(source),
                                 Py_NewRef(Py_None), Delivery::sourced);
        GOTO(start_frame);
    }
    if (source != nullptr && !may_call_back(ts, source)) {
        PyObject* value = Py_TYPE(source)->tp_iternext(source);
        if (value == nullptr)
            GOTO(source_ended);
        oparg = reinterpret_cast<intptr_t>(value);
        GOTO(deliver_sourced);
    }
    Frame* callee = push_hidden_frame(ts, frame, step->function, {Py_NewRef(iterator)});
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::iteration);
    ENTER_CALLEE(callee);
}

HANDLER(deliver_sourced) {
    PyObject* iterator = sp[-1];
    const Stage* stage = step_of(Py_TYPE(iterator))->stage;
    if (stage->call != nullptr)
        GOTO(call_stage);
    if (stage->judge != nullptr)
        GOTO(judge_value);
    PyObject* value = stage->transform(iterator, DELIVERED());
    if (value == nullptr) {
        oparg = argument_at(frame, ip - 1);
        GOTO(for_iter_ended);
    }
    *sp++ = value;
    NEXT();
}

HANDLER(call_stage) {
    PyObject* function;
    PyObject* arguments[most_arguments];
    arguments[0] = DELIVERED();
    PyObject* iterator = sp[-1];
    const int further =
        step_of(Py_TYPE(iterator))->stage->call(iterator, &function, arguments + 1);
    if (further < 0) {
        Py_DECREF(arguments[0]);
        oparg = argument_at(frame, ip - 1);
        GOTO(for_iter_ended);
    }
    const StartedCall started =
        start_call(ts, frame, function, Arguments{arguments, further + 1, nullptr});
    for (int i = 0; i <= further; i++) {
        Py_DECREF(arguments[i]);
    }
    CONTINUE_CALL(started, iteration);
}

// The value waits on the stack for the verdict.
HANDLER(judge_value) {
    PyObject* iterator = sp[-1];
    PyObject* value = DELIVERED();
    PyObject* function = step_of(Py_TYPE(iterator))->stage->judge(iterator);
    *sp++ = value;
    if (function == nullptr)
        NEXT();
    if (function == Py_None) {
        Py_INCREF(value);
        GOTO(deliver_judged);
    }
    CONTINUE_CALL(start_call(ts, frame, function, value), judged);
}

HANDLER(deliver_judged) {
    PyObject* result = DELIVERED();
    const int truth = PyObject_IsTrue(result);
    Py_DECREF(result);
    if (truth < 0)
        GOTO(raise);
    PyObject* iterator = sp[-2];
    const Verdict verdict = step_of(Py_TYPE(iterator))->stage->verdict(iterator, truth != 0);
    if (verdict == Verdict::accept)
        NEXT();
    PyObject* value = *--sp;
    Py_DECREF(value);
    oparg = argument_at(frame, ip - 1);
    if (verdict == Verdict::stop)
        GOTO(end_loop);
    GOTO(for_iter_stage);
}

HANDLER(stop_judging) {
    PyObject* value = *--sp;
    Py_DECREF(value);
    GOTO(stop_iteration);
}

// The source has no more values, or an exception is set.
HANDLER(source_ended) {
    PyObject* iterator = sp[-1];
    const Stage* stage = step_of(Py_TYPE(iterator))->stage;
    if (stage->ended != nullptr) {
        const bool failed =
            _PyErr_Occurred(ts) && !_PyErr_ExceptionMatches(ts, PyExc_StopIteration);
        if (stage->ended(iterator, failed)) {
            _PyErr_Clear(ts);
            GOTO(for_iter_in_python);
        }
    }
    GOTO(for_iter_ended);
}

}  // namespace stackless::eval
