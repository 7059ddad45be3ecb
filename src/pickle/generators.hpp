// Generators, coroutines and asynchronous generators.
#pragma once

#include "pickle/frame_content.hpp"
#include "pickle/pickling.hpp"

namespace stackless::pickle {

/// Whether an object is exactly of one of the three types.
inline bool is_generator(PyObject* object) {
    return PyGen_CheckExact(object) || PyCoro_CheckExact(object) || PyAsyncGen_CheckExact(object);
}

/// What makes a generator again: the function of its frame, or, if that is gone or has another code, one with its code.
/// Empty with an exception set.
Ref function_of_generator(PyGenObject* generator);

/// The object (borrowed) that is to stand for the frame of a generator that has no state yet; null if there is none.
PyObject* waiting_frame(PyGenObject* generator);
/// Keeps such an object; there is none. False with an exception set.
[[nodiscard]] bool let_frame_wait(PyGenObject* generator, PyObject* object);

/// As a Reduce.
PyObject* reduce_generator(PyObject* object, Pickling& pickling);

// The functions that pickles name.
PyObject* load_generator(PyObject* module, PyObject* function);
PyObject* set_generator_state(PyObject* module, PyObject* const* args, Py_ssize_t count);

/// The state of a generator that runs in a tasklet that is still to be put together. Until that takes it, the generator
/// looks as if it had ended.
class RunningGenerator {
public:
    explicit RunningGenerator(PyGenObject* generator) : generator_(generator) {}

    /// Whether the state is there. Else waiting_slot() says who waits for it.
    bool is_prepared() const;
    PyObject** waiting_slot() { return &generator_->gi_exc_state.exc_value; }
    /// The content of its frame (borrowed).
    PyObject* content() const;
    /// Fills the frame in, linked to the one that has resumed it. `content` is what content() holds. Nothing is
    /// checked or allocated.
    void start(const FrameContent& content, Frame* resumer);

private:
    PyObject* prepared() const { return generator_->gi_exc_state.exc_value; }

    PyGenObject* generator_;
};

}  // namespace stackless::pickle
