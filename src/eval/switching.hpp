// How the scheduler asks the loop to go on in another chain of frames.
//
// A C function that may switch tasklets carries the flag METH_SWITCHES in its PyMethodDef. When the
// loop calls such a function straight from a call instruction (no C code in between), it says so
// beforehand; the function learns it from take_soft_call(). It may then
//   1. save the thread-state fields of the running tasklet and put those of the next one in their place
//      (ThreadFields), ts->cframe->current_frame among them,
//   2. say with what the next one goes on: resume_with_value(), resume_with_error() or resume_at_start(),
//   3. return unwind_token().
// The loop parks the frame that it left (its stack pointer and instruction pointer) and goes on in
// ts->cframe->current_frame. Nothing of this uses the C stack or allocates memory.
//
// Without a soft call, there is C code between the loop and the function: switch_in_nested_loop().
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// In PyMethodDef::ml_flags: the function may return unwind_token() when take_soft_call() was true.
/// CPython ignores the bit.
inline constexpr int METH_SWITCHES = 0x10000;

/// The result that tells the loop "the current frame has been replaced". Not a reference: never
/// counted.
PyObject* unwind_token();

/// The one tp_iternext that may switch as well (a channel's): FOR_ITER calls it as a METH_SWITCHES
/// function.
void set_switching_iternext(iternextfunc function);

/// True if the function that asks was called by the loop itself. The answer is true once a call.
bool take_soft_call(PyThreadState* ts);

/// The frame now current receives `value` (reference stolen) as the result of the call it is parked
/// in.
void resume_with_value(PyThreadState* ts, PyObject* value);
/// The frame now current has the exception that is set in `ts` raised from the call it is parked
/// in.
void resume_with_error(PyThreadState* ts);
/// The frame now current was made by make_first_frame() and has not run.
void resume_at_start(PyThreadState* ts);

/// Makes the outermost frame of a tasklet on the data stack that `ts` has at the moment, with no frame
/// before it. A Python function (or a bound method of one) gets its own frame with its arguments bound; any
/// other callable is called from a hidden helper frame.
/// `args` is a tuple, `kwargs` a dict or null; all are borrowed.
/// Returns null with an exception set when the arguments do not fit.
Frame* make_first_frame(PyThreadState* ts, PyObject* callable, PyObject* args, PyObject* kwargs);

/// For a switch that is asked for by C code (the loop did not call the function itself): runs the loop anew
/// on top of the C stack. A hidden frame becomes current; then `prepare(ts, argument)` does the steps 1 and 2
/// above; the call returns what the hidden frame is resumed with once it becomes current again: a new
/// reference, or null with the exception set.
/// `prepare` returns false, with an exception set, to give up: null is returned then.
PyObject* switch_in_nested_loop(PyThreadState* ts, bool (*prepare)(PyThreadState*, void*),
                                void* argument);

/// Called when the outermost frame of a chain made by make_first_frame() is left: with its result
/// (reference stolen), or null with the exception set. The frame is gone already. The function must
/// do the steps 1 and 2 above: something always goes on, if only the main tasklet. (Step 1 without
/// the saving.)
using ChainEnded = void (*)(PyThreadState* ts, PyObject* result);
void set_chain_ended(ChainEnded function);

/// For the loop: leaves the outermost frame of a chain, which is cleared, and lets the function
/// above go on.
void end_chain(PyThreadState* ts, Frame* frame, PyObject* result);

/// Visits what the parked frames from `top` outwards own, for tp_traverse. Frames of generators are
/// left out: their generator is on the stack of the frame outside it and visits them.
int traverse_frames(Frame* top, visitproc visit, void* arg);

/// Drops the parked frames from `top` outwards and gives their memory back, without running
/// anything in them (no `finally` block). `ts` must hold the data stack that they live in.
/// Generators that were being run by these frames end up finished.
void drop_frames(PyThreadState* ts, Frame* top);

/// How many activations of the loop stand on the C stack of `ts` (1 for the main program's own).
int loop_depth(PyThreadState* ts);

/// What the C code between the innermost loop and the loop outside it was called as, in terms of
/// Python: e.g. "sorted() at line 12 of main.py". New reference to a str, or null with an exception
/// set.
PyObject* describe_c_caller(PyThreadState* ts);

/// To be called after the trace or profile function of `ts` was replaced other than by
/// sys.settrace().
void tracing_changed(PyThreadState* ts);

}  // namespace stackless::eval
