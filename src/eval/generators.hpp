// Generators and coroutines that are resumed by the loop itself, their frame on top of the
// resumer's.
#pragma once

#include "eval/delivery.hpp"
#include "eval/handler.hpp"

namespace stackless::eval {

inline Frame* frame_of(PyGenObject* generator) {
    return reinterpret_cast<Frame*>(generator->gi_iframe);
}

/// True if the loop can resume the iterator: a generator or coroutine that waits for it.
inline bool is_resumable_here(PyObject* iterator) {
    return (PyGen_CheckExact(iterator) || PyCoro_CheckExact(iterator)) &&
           reinterpret_cast<PyGenObject*>(iterator)->gi_frame_state < FRAME_EXECUTING;
}

/// Links the generator's frame in front of `resumer`, with `value` (reference stolen) as what its
/// `yield` returns. Returns that frame, which is to be started. `delivery` says what its end means: value
/// (StopIteration is raised), iteration or sent.
inline Frame* resume_generator(PyThreadState* ts, Frame* resumer, PyGenObject* generator,
                               PyObject* value, Delivery delivery) {
    Frame* frame = frame_of(generator);
    _PyFrame_StackPush(frame, value);
    generator->gi_exc_state.previous_item = ts->exc_info;
    ts->exc_info = &generator->gi_exc_state;
    generator->gi_frame_state = FRAME_EXECUTING;
    frame->is_entry = false;
    set_delivery(frame, delivery);
    frame->previous = resumer;
    ts->cframe->current_frame = frame;
    return frame;
}

/// Undoes the linking when the generator yields, returns or raises.
inline void unlink_generator(PyThreadState* ts, PyGenObject* generator) {
    ts->exc_info = generator->gi_exc_state.previous_item;
    generator->gi_exc_state.previous_item = nullptr;
    frame_of(generator)->previous = nullptr;
}

/// The generator has returned or raised, and is unlinked: drops what its frame owns.
void finish_generator(PyGenObject* generator);

/// Makes the garbage collector leave generators alone that are being run: in a tasklet that is
/// collected with them, they are dropped with its frames. To be called once, before there are
/// tasklets.
void spare_running_generators();

/// A StopIteration that leaves a generator would be taken for its end: PEP 479 makes it a
/// RuntimeError. The exception is set.
void convert_stop_iteration(PyThreadState* ts, PyGenObject* generator);

}  // namespace stackless::eval
