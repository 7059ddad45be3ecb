// Frames as objects: those that somebody looks at, as tracebacks do. All others are only contents (frame_content.hpp).
#pragma once

#include "pickle/frame_content.hpp"
#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// As a Reduce.
PyObject* reduce_frame(PyObject* object, Pickling& pickling);

/// A new frame object for `content`, which belongs to no tasklet and cannot run. `back` (borrowed, may be null) is the
/// frame outside of it. Empty with MemoryError set.
Ref make_frame_object(const FrameContent& content, PyObject* back);

/// Whether a frame object has been made by load_frame(), and has no state yet.
bool is_blank(const PyFrameObject* frame);
/// Where what waits for its state is kept.
inline PyObject** waiting_slot(PyFrameObject* frame) {
    return &frame->f_trace;
}
/// Whether a tasklet may take the frame: it belongs to nobody but the object, nor does the object wait for one.
inline bool is_free(const PyFrameObject* object) {
    return object->f_frame->owner == FRAME_OWNED_BY_FRAME_OBJECT && object->f_lineno >= 0;
}
/// Lets an object that waits for the frame of a generator stand for it.
void stand_for(PyFrameObject* object, Frame* frame);
/// Moves what a free frame object holds to `frame`, which the object then stands for.
void move_frame(PyFrameObject* object, Frame* frame);

}  // namespace stackless::pickle
