// FOR_ITER over iterators that Python code gives the values of.
#include <utility>

#include "cpython/call_sites.hpp"
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/calls.hpp"
#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/special_methods.hpp"
#include "eval/stages.hpp"
#include "eval/stepping.hpp"

namespace stackless::eval {

HANDLER(for_iter_any_map);
HANDLER(for_iter_filter);
HANDLER(for_iter_stepped);
HANDLER(for_iter_in_c);
HANDLER(for_iter_stage);
HANDLER(call_stage);
HANDLER(call_spreading);
HANDLER(judge_value);
HANDLER(filter_judged);

namespace {

/// start_call() with positional arguments whose references are taken over.
inline StartedCall start_call_stealing(PyThreadState* ts, const Frame* frame, PyObject* callable,
                                       PyObject* const* arguments, int count) {
    if (is_inlinable(ts, callable)) {
        auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(callable));
        return {bind_and_push(ts, function, locals_for_call(function), arguments, count, nullptr)};
    }
    const StartedCall started =
        start_call(ts, frame, callable, Arguments{arguments, count, nullptr});
    for (int i = 0; i < count; i++) {
        Py_DECREF(arguments[i]);
    }
    return started;
}

/// The next value of an iterator that C code steps; null at its end, perhaps with an exception.
inline PyObject* take_next(PyObject* iterator) {
    if (Py_IS_TYPE(iterator, &PyListIter_Type)) {
        auto* it = reinterpret_cast<ListIterator*>(iterator);
        if (it->list != nullptr && it->index < PyList_GET_SIZE(it->list))
            return Py_NewRef(PyList_GET_ITEM(it->list, it->index++));
    }
    return Py_TYPE(iterator)->tp_iternext(iterator);
}

/// The frame of a function of which is_inlinable() is true, with one argument that is taken over. Null with an
/// exception set.
inline Frame* push_stealing(PyThreadState* ts, PyObject* callable, PyObject* argument) {
    auto* function = reinterpret_cast<PyFunctionObject*>(callable);
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    Frame* callee = takes_just(code, 1) ? push_frame_here(ts, function) : nullptr;
    if (callee == nullptr) {
        Py_INCREF(function);
        return bind_and_push(ts, function, locals_for_call(function), &argument, 1, nullptr);
    }
    callee->localsplus[0] = argument;
    fill_with_null(callee, 1);
    return callee;
}

}  // namespace

HANDLER(for_iter_in_python) {
    PyObject* iterator = sp[-1];
    if (Py_IS_TYPE(iterator, &PyFilter_Type))
        GOTO(for_iter_filter);
    GOTO(for_iter_stepped);
}

// Any iterator that Python code may give the next value of.
HANDLER(for_iter_stepped) {
    PyObject* iterator = sp[-1];
    if (PyType_HasFeature(Py_TYPE(iterator), TYPE_STEPPED)) {
        const Step* step = step_of(Py_TYPE(iterator));
        if (!step->wanted(ts, iterator))
            GOTO(for_iter_in_c);
        if (step->stage != nullptr)
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

// The commonest case: map(function, iterable) with a function in Python.
HANDLER(for_iter_map) {
    SAVE_IP();
    auto* map = reinterpret_cast<MapIterator*>(sp[-1]);
    if (PyTuple_GET_SIZE(map->iterators) != 1 || !is_inlinable(ts, map->function))
        GOTO(for_iter_any_map);
    PyObject* source = PyTuple_GET_ITEM(map->iterators, 0);
    if (may_call_back(ts, source))
        GOTO(for_iter_stage);
    PyObject* value = take_next(source);
    if (value == nullptr)
        GOTO(for_iter_ended);
    Frame* callee = push_stealing(ts, map->function, value);
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::iteration);
    ENTER_CALLEE(callee);
}

// filter(function, iterable), the same.
HANDLER(for_iter_filter) {
    auto* filter = reinterpret_cast<FunctionIterator*>(sp[-1]);
    if (!is_inlinable(ts, filter->function) || may_call_back(ts, filter->iterator))
        GOTO(for_iter_stepped);
    PyObject* value = take_next(filter->iterator);
    if (value == nullptr)
        GOTO(for_iter_ended);
    *sp++ = value;
    Frame* callee = push_stealing(ts, filter->function, Py_NewRef(value));
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::judged);
    ENTER_CALLEE(callee);
}

HANDLER(for_iter_any_map) {
    if (wanted_step(ts, sp[-1]) == nullptr)
        GOTO(for_iter_in_c);
    GOTO(for_iter_stage);
}

HANDLER(for_iter_in_c) {
    PyObject* iterator = sp[-1];
    PyObject* value = Py_TYPE(iterator)->tp_iternext(iterator);
    if (value == nullptr)
        GOTO(for_iter_ended);
    *sp++ = value;
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
    if (source != nullptr) {
        const StartedStep started = start_step(ts, frame, source);
        if (started.callee != nullptr) {
            set_delivery(started.callee, Delivery::sourced);
            ENTER_CALLEE(started.callee);
        }
        if (started.value == nullptr)
            GOTO(source_ended);
        oparg = reinterpret_cast<intptr_t>(started.value);
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
    PyObject* value = DELIVERED();
    arguments[0] = value;
    PyObject* iterator = sp[-1];
    const Stage* stage = step_of(Py_TYPE(iterator))->stage;
    const int further = stage->call(iterator, &function, arguments + 1);
    if (further < 0) {
        Py_DECREF(value);
        oparg = argument_at(frame, ip - 1);
        GOTO(for_iter_ended);
    }
    if (stage->spreads)
        GOTO(call_spreading);
    if (stage->kept != nullptr) {
        std::swap(arguments[0], arguments[1]);
        if (function == nullptr) {
            PyObject* sum = PyNumber_Add(arguments[0], arguments[1]);
            Py_DECREF(arguments[0]);
            Py_DECREF(arguments[1]);
            if (sum == nullptr)
                GOTO(raise);
            oparg = reinterpret_cast<intptr_t>(sum);
            GOTO(deliver_kept);
        }
        CONTINUE_CALL(start_call_stealing(ts, frame, function, arguments, 2), kept);
    }
    CONTINUE_CALL(start_call_stealing(ts, frame, function, arguments, further + 1), iteration);
}

HANDLER(deliver_kept) {
    PyObject* value = DELIVERED();
    PyObject* iterator = sp[-1];
    PyObject** kept = step_of(Py_TYPE(iterator))->stage->kept(iterator);
    *sp++ = value;
    Py_INCREF(value);
    Py_XSETREF(*kept, value);
    NEXT();
}

// starmap()
HANDLER(call_spreading) {
    PyObject* function = reinterpret_cast<FunctionIterator*>(sp[-1])->function;
    PyObject* value = DELIVERED();
    if (is_iterated_in_python(ts, value)) {
        Frame* callee = push_hidden_frame(ts, frame, Hidden::tuple_of, {value});
        if (callee == nullptr)
            GOTO(raise);
        set_delivery(callee, Delivery::sourced);
        ENTER_CALLEE(callee);
    }
    if (!PyTuple_CheckExact(value)) {
        PyObject* tuple = PySequence_Tuple(value);
        Py_DECREF(value);
        if (tuple == nullptr)
            GOTO(raise);
        value = tuple;
    }
    const Py_ssize_t count = PyTuple_GET_SIZE(value);
    PyObject* const* items = reinterpret_cast<PyTupleObject*>(value)->ob_item;
    StartedCall started;
    if (count <= most_arguments) {
        PyObject* arguments[most_arguments];
        for (Py_ssize_t i = 0; i < count; i++) {
            arguments[i] = Py_NewRef(items[i]);
        }
        started = start_call_stealing(ts, frame, function, arguments, static_cast<int>(count));
    } else {
        started = start_call(ts, frame, function, Arguments{items, count, nullptr});
    }
    Py_DECREF(value);
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
    Py_INCREF(value);
    CONTINUE_CALL(start_call_stealing(ts, frame, function, &value, 1), judged);
}

HANDLER(deliver_judged) {
    PyObject* result = DELIVERED();
    PyObject* iterator = sp[-2];
    if (Py_IS_TYPE(iterator, &PyFilter_Type) && PyBool_Check(result))
        GOTO(filter_judged);
    const int truth = PyObject_IsTrue(result);
    Py_DECREF(result);
    if (truth < 0)
        GOTO(raise);
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

HANDLER(filter_judged) {
    PyObject* result = DELIVERED();
    (void)drop_was_last(result);
    if (result == Py_True)
        NEXT();
    PyObject* value = *--sp;
    Py_DECREF(value);
    oparg = argument_at(frame, ip - 1);
    GOTO(for_iter_filter);
}

HANDLER(stop_source) {
    _PyErr_Clear(ts);
    oparg = argument_at(frame, ip - 1);
    GOTO(source_ended);
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
