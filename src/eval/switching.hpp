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
// Where the next tasklet has a C stack of its own, step 2 is resume_elsewhere().
//
// Without a soft call, there is C code between the loop and the function. Then the C stack has to stay
// where it is: the scheduler switches C stacks inside of the function, and starts the loop anew on one
// that is free: run_base_loop().
#pragma once

#include <cstdint>

#include "cpython/python.hpp"

namespace stackless::eval {

/// In PyMethodDef::ml_flags: the function may return unwind_token() when take_soft_call() was true.
/// CPython ignores the bit.
inline constexpr int METH_SWITCHES = 0x10000;
/// The upper bits of the flags of such a function are the number of its handler, see switch_handlers.hpp.
inline constexpr int METH_HANDLER_SHIFT = 20;

/// The result that tells the loop "the current frame has been replaced". Not a reference: never
/// counted.
PyObject* unwind_token();

/// True if the function that asks was called by the loop itself. The answer is true once a call.
bool take_soft_call(PyThreadState* ts);

/// Gives back what it took, after which another function may take it: the last one that is called.
void allow_soft_call(PyThreadState* ts);

/// The frame now current receives `value` (reference stolen) as the result of the call it is parked
/// in.
void resume_with_value(PyThreadState* ts, PyObject* value);
/// The frame now current has the exception that is set in `ts` raised: from the call it is parked in, or
/// in front of its first instruction.
void resume_with_error(PyThreadState* ts);
/// The frame now current was made by make_first_frame() and has not run.
void resume_at_start(PyThreadState* ts);
/// The frame now current was interrupted between two instructions.
void resume_interrupted(PyThreadState* ts);
/// Another C stack is to go on: once the loop has parked its frame, it calls Hooks::leave_stack.
void resume_elsewhere(PyThreadState* ts);

/// Keeps a reference (stolen) until drop_kept_values().
void keep_value(PyObject* value);
/// Drops what was kept, unless another C stack is to go on: then nothing may run before it does.
void drop_kept_values_here(PyThreadState* ts);
/// For the loop, after a switch: drops values that the frame that was left has no more use for. A destructor
/// may run that frame, which then uses the places of the values: so none runs before all of them are read.
inline void drop_after_switch(PyThreadState* ts, PyObject* const* values, Py_ssize_t count) {
    bool some_were_kept = false;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject* value = values[i];
        if (value == nullptr)
            continue;
        if (Py_REFCNT(value) > 1) {
            Py_DECREF(value);
        } else {
            keep_value(value);
            some_were_kept = true;
        }
    }
    if (some_were_kept) [[unlikely]] {
        drop_kept_values_here(ts);
    }
}
/// For the scheduler, when a switch of C stacks is complete.
void drop_kept_values();

/// Makes the outermost frame of a tasklet on the data stack that `ts` has at the moment, with no frame
/// before it. A Python function (or a bound method of one) gets its own frame with its arguments bound; any
/// other callable is called from a hidden helper frame.
/// `args` is a tuple, `kwargs` a dict or null; all are borrowed.
/// Returns null with an exception set when the arguments do not fit.
Frame* make_first_frame(PyThreadState* ts, PyObject* callable, PyObject* args, PyObject* kwargs);

/// Runs the loop at the base of a C stack of its own, with one chain of frames after the other. `arrive`
/// has to do step 2, for the first of them.
[[noreturn]] void run_base_loop(PyThreadState* ts, void (*arrive)(PyThreadState* ts));
/// True if the innermost activation is a base loop.
bool runs_base_loop(PyThreadState* ts);

/// What has become of a tasklet at the end of its budget of instructions.
enum class Interruption : uint8_t {
    None,      // it goes on
    Switched,  // another frame is current, as after unwind_token()
};

/// What the loop asks the scheduler to do.
struct Hooks {
    /// The outermost frame of a chain made by make_first_frame() has been left: with its result
    /// (reference stolen), or null with the exception set. The frame is gone already. The function must
    /// do the steps 1 and 2 above: something always goes on, if only the main tasklet. (Step 1 without
    /// the saving.)
    void (*chain_ended)(PyThreadState* ts, PyObject* result);
    /// After resume_elsewhere(): goes on upon another C stack. Returns when this one, whose innermost
    /// activation is a base loop, is to go on, with step 2 done.
    void (*leave_stack)(PyThreadState* ts);
    /// The instructions of count_down() are used up. The function may switch, to resume the tasklet with
    /// resume_interrupted() later; otherwise it must give a new budget or stop the counting.
    Interruption (*budget_spent)(PyThreadState* ts);
    /// They are not enough for the code that comes. The function may add to them, or leave it at that: then the
    /// rest is counted one by one. It may run no code.
    void (*budget_runs_low)(PyThreadState* ts);
    /// Whether the thread keeps the GIL though another one waits for it.
    bool (*keeps_gil)(PyThreadState* ts);
};
void set_hooks(const Hooks& hooks);
const Hooks& hooks();

/// For the loop: leaves the outermost frame of a chain, which is cleared, and calls chain_ended.
void end_chain(PyThreadState* ts, Frame* frame, PyObject* result);

/// Visits what the parked frames from `top` outwards own, for tp_traverse. Frames of generators are
/// left out: their generator is on the stack of the frame outside it and visits them.
int traverse_frames(Frame* top, visitproc visit, void* arg);
/// The same for frames with C code between them. Some of them do not know how much is on their value
/// stacks: of those only the local variables are visited.
int traverse_nested_frames(Frame* top, visitproc visit, void* arg);

/// Drops the parked frames from `top` outwards and gives their memory back, without running
/// anything in them (no `finally` block). `ts` must hold the data stack that they live in.
/// Generators that were being run by these frames end up finished.
void drop_frames(PyThreadState* ts, Frame* top);

/// How many activations of the loop stand on the C stack of `ts`, from `cframe` outwards (1 for the main
/// program's own).
int loop_depth(const PyThreadState* ts, const _PyCFrame* cframe);

/// What the C code between the activation of the loop that `cframe` belongs to and the one outside it
/// was called as, in terms of Python: e.g. "sorted() at line 12 of main.py". New reference to a str, or
/// null with an exception set.
PyObject* describe_c_caller(const _PyCFrame* cframe);
/// The same for the C code that the innermost frame has called.
PyObject* describe_c_callee(Frame* innermost);

/// To be called after the trace or profile function of `ts` was replaced other than by
/// sys.settrace().
void tracing_changed(PyThreadState* ts);

}  // namespace stackless::eval
