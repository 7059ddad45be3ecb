// Taking the next value of an iterator.
#pragma once

#include "eval/calls.hpp"
#include "eval/handler.hpp"

namespace stackless::eval {

/// A frame that is to be entered and will give the next value, or the value. With neither, the iterator has ended,
/// perhaps with StopIteration, or an exception is set.
struct StartedStep {
    Frame* callee = nullptr;
    PyObject* value = nullptr;
};

/// Takes the next value of an iterator that is no generator.
StartedStep start_step(PyThreadState* ts, const Frame* frame, PyObject* iterator);

HANDLER(for_iter_in_python);  // FOR_ITER where Python code may have to give the value
HANDLER(for_iter_map);        // the same over map()
HANDLER(for_iter_ended);      // there is no value: the iterator has ended, or an exception is set
HANDLER(get_python_iter);     // GET_ITER where the class has an __iter__ in Python

}  // namespace stackless::eval
