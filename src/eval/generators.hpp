// Generators and coroutines that are resumed by the loop itself, their frame on top of the
// resumer's.
#pragma once

#include "eval/delivery.hpp"
#include "eval/handler.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

inline Frame* frame_of(PyGenObject* generator) {
    return reinterpret_cast<Frame*>(generator->gi_iframe);
}

/// True if the loop can resume the iterator: a generator or coroutine that waits for it.
inline bool is_resumable_here(PyObject* iterator) {
    return (PyGen_CheckExact(iterator) || PyCoro_CheckExact(iterator)) &&
           reinterpret_cast<PyGenObject*>(iterator)->gi_frame_state < FRAME_EXECUTING;
}

/// Says that the loop resumes the frame of a generator, and how what it yields or returns is delivered.
inline void set_resumption(Frame* frame, Delivery delivery) {
    // The last byte says whether yields_plainly() is false.
    const bool is_special = delivery > Delivery::thrown;
    set_frame_flags(frame, uint32_t{FRAME_OWNED_BY_GENERATOR} << 8 |
                               static_cast<uint32_t>(delivery) << 16 | uint32_t{is_special} << 24);
}

/// Whether what a generator yields is pushed on the stack of the frame that has resumed it.
inline bool yields_plainly(const Frame* frame) {
    constexpr uint32_t entry_or_special = 0xff0000ff;
    return (frame_flags(frame) & entry_or_special) == 0;
}

/// Links the generator's frame in front of `resumer`, which the generator is about to run for.
inline void link_generator(PyThreadState* ts, Frame* resumer, PyGenObject* generator,
                           Delivery delivery) {
    Frame* frame = frame_of(generator);
    generator->gi_exc_state.previous_item = ts->exc_info;
    ts->exc_info = &generator->gi_exc_state;
    generator->gi_frame_state = FRAME_EXECUTING;
    set_resumption(frame, delivery);
    frame->previous = resumer;
    ts->cframe->current_frame = frame;
}

/// The same, with `value` (reference stolen) as what its `yield` returns. Returns that frame, which is to be started. `delivery` says what becomes of what it yields, and
/// what its end means.
inline Frame* resume_generator(PyThreadState* ts, Frame* resumer, PyGenObject* generator,
                               PyObject* value, Delivery delivery) {
    Frame* frame = frame_of(generator);
    _PyFrame_StackPush(frame, value);
    link_generator(ts, resumer, generator, delivery);
    return frame;
}

/// The generator or coroutine that a method of such an object, or of a coroutine's wrapper, is about; else null.
PyGenObject* generator_behind(PyObject* object);

/// Whether the loop can resume it with the value.
inline bool can_be_sent(const PyGenObject* generator, const PyObject* value) {
    return generator->gi_frame_state < FRAME_EXECUTING &&
           (value == Py_None || generator->gi_frame_state != FRAME_CREATED);
}

/// If a call is one of a builtin type's __next__(), the iterator that it is about (borrowed); else null.
PyObject* iterator_of_next(PyObject* callable, const Arguments& arguments);

/// What a suspended generator awaits or yields from (borrowed), else null.
PyObject* delegate_of(PyGenObject* generator);

/// Undoes the linking when the generator yields, returns or raises.
inline void unlink_generator(PyThreadState* ts, PyGenObject* generator) {
    ts->exc_info = generator->gi_exc_state.previous_item;
    generator->gi_exc_state.previous_item = nullptr;
    frame_of(generator)->previous = nullptr;
}

/// The generator has returned or raised, and is unlinked: drops what its frame owns.
void finish_generator(PyGenObject* generator);

/// Makes the garbage collector leave generators alone that are being run: in a tasklet that is
/// collected with them, they are dropped with its frames. And makes the destruction of long chains of generators
/// not recurse. To be called before there are tasklets; once is enough.
void adapt_generators();

/// While an exception is thrown into what it awaits or yields from, a generator is not in the chain of those whose
/// exceptions are being handled. Puts it there, for it goes on.
inline void link_exceptions(PyThreadState* ts, Frame* frame) {
    ts->exc_info = &_PyFrame_GetGenerator(frame)->gi_exc_state;
}

/// A StopIteration that leaves a generator would be taken for its end: PEP 479 makes it a
/// RuntimeError. The exception is set.
void convert_stop_iteration(PyThreadState* ts, PyGenObject* generator);

/// For what an asynchronous generator's asend() or __anext__() has returned: the generator, noted as running, if
/// the loop can resume it; else null. `value` is what it is sent, replaced by what it is to be sent.
PyGenObject* begin_anext(PyThreadState* ts, PyObject* awaitable, PyObject** value);

/// The hook in Python (borrowed) that is to be called before an asynchronous generator is iterated over, which then
/// counts as called; null if there is nothing to be called.
PyObject* take_first_iteration_hook(PyThreadState* ts, PyObject* iterator);

/// Sets the exception that throw() is to throw, given its arguments (value and traceback may be null). If they are
/// wrong, another exception is set, and the answer is false.
bool set_thrown(PyThreadState* ts, PyObject* type, PyObject* value, PyObject* traceback);

// Continuations of generators that are resumed.
// clang-format off
HANDLER(yield_specially);       // one that yields_plainly() is not true of has yielded the value at *sp
HANDLER(end_send);              // SEND is over, `oparg` is its value
HANDLER(stop_send);             // the same, and the StopIteration is set
HANDLER(raise_from_delegate);   // `frame` waits in SEND, and gets the exception of whom one was thrown into
HANDLER(anext_returned);        // an asynchronous generator resumed with the delivery `anext` has returned
HANDLER(anext_raised);          // the same: has raised
HANDLER(task_returned);         // the coroutine of the task on the stack has returned `oparg`
HANDLER(task_raised);           // it has raised
HANDLER(raise_in_context);      // what was called in a context, which is on the stack, has raised
HANDLER(raise_invalid_anext);   // an __anext__() has returned what cannot be awaited; an exception is set
HANDLER(send_elsewhere);        // SEND of the value at *sp to what is no generator that waits for it
HANDLER(call_send);             // generator.send(value)
HANDLER(call_generator_next);   // generator.__next__()
HANDLER(call_close);            // generator.close()
HANDLER(close_succeeded);       // the generator on the stack has ended as it should
HANDLER(close_raised);          // it has raised
HANDLER(call_throw);            // generator.throw(type, value, traceback)
HANDLER(call_throw_through);    // the same, but GeneratorExit closes nothing
HANDLER(call_throw_here);       // the same, whatever the generator waits for
// clang-format on

}  // namespace stackless::eval
