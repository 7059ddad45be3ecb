// Trace and profile functions (sys.settrace, sys.setprofile).
//
// While no thread has one, the loop pays nothing: the dispatch table has the plain handlers. Where
// a function may have been set (after calls of C functions, and when an activation of the loop is
// left) the loop looks at ts->cframe->use_tracing, and if it is set, fills the table with one
// handler that traces each instruction before it runs it. That handler takes itself out again when
// no thread is traced any more.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// Fills the dispatch table for what is wanted at the moment: tracing, counting (see counting.hpp), or
/// neither.
void choose_dispatch_table(PyThreadState* ts);

/// Makes the dispatch table trace, if the thread is traced and the table does not yet.
void start_tracing_if_wanted(PyThreadState* ts);

/// Events. Each returns false, with an exception set, when the function raised.
bool trace_call(PyThreadState* ts, Frame* frame);
bool trace_return(PyThreadState* ts, Frame* frame, PyObject* result);
/// The frame is left by an exception, which stays set (or is replaced by what the function raises).
void trace_unwind(PyThreadState* ts, Frame* frame);
/// The exception that is set was raised or passed on in the frame.
void trace_exception(PyThreadState* ts, Frame* frame);

/// Calls a callable with profile events if it is a C function; the arguments are as for
/// PyObject_Vectorcall().
PyObject* call_traced(PyThreadState* ts, Frame* frame, PyObject* callable, PyObject* const* args,
                      Py_ssize_t positional, PyObject* kwnames);
PyObject* call_traced_with_mapping(PyThreadState* ts, Frame* frame, PyObject* callable,
                                   PyObject* args, PyObject* kwargs);

/// PyIter_Send() for a traced thread: a StopIteration shows up as an exception event.
PySendResult send_traced(PyThreadState* ts, Frame* frame, PyObject* receiver, PyObject* value,
                         PyObject** result);

}  // namespace stackless::eval
