// One activation of the loop: what a run of it keeps on the C stack.
#pragma once

#include "eval/handler.hpp"

namespace stackless::eval {

struct Redirect;

struct Activation {
    /// Puts an activation on top of the C stack, with `entry` as its frame.
    Activation(PyThreadState* ts, Frame* entry)
        : Activation(ts, ts->cframe, ts->cframe->use_tracing, entry) {
        entry->is_entry = true;
        entry->previous = cframe.previous->current_frame;
    }
    /// The first activation on a C stack of its own. It has no frame: the scheduler gives it one after
    /// the other.
    explicit Activation(PyThreadState* ts) : Activation(ts, &ts->root_cframe, 0, nullptr) {}
    ~Activation() {
        ts_->cframe = cframe.previous;
        ts_->cframe->use_tracing = cframe.use_tracing;
    }
    Activation(const Activation&) = delete;
    Activation& operator=(const Activation&) = delete;

    /// Comes first: while the loop runs, ts->cframe points to it.
    _PyCFrame cframe;
    /// The loop is left when this frame is; never, if it is null.
    Frame* entry_frame;
    /// The result with which the loop is left; null with an exception set.
    PyObject* result = nullptr;
    /// What KW_NAMES leaves for the call after it (borrowed from the code's constants), else null.
    PyObject* kwnames = nullptr;
    /// What the frame that a switch made current is resumed with (owned), see switching.cpp. If
    /// null, these:
    PyObject* resume_value = nullptr;
    PyObject* resume_type = nullptr;
    PyObject* resume_exception = nullptr;
    PyObject* resume_traceback = nullptr;
    /// Where call_redirected is to go.
    const Redirect* redirect = nullptr;
    /// The loop is just calling a METH_SWITCHES function itself.
    bool soft_call = false;

private:
    Activation(PyThreadState* ts, _PyCFrame* previous, uint8_t use_tracing, Frame* entry)
        : entry_frame(entry), ts_(ts) {
        cframe.use_tracing = use_tracing;
        cframe.previous = previous;
        cframe.current_frame = entry;
// The destructor takes the pointer back, which g++ 12 does not see.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif
        ts->cframe = &cframe;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
    }

    PyThreadState* ts_;
};

/// The activation that the running handler belongs to.
inline Activation* activation(PyThreadState* ts) {
    return reinterpret_cast<Activation*>(ts->cframe);
}

/// Runs the loop from the handler `first` on, with `frame`, until the activation's entry frame is
/// left. Returns the result, or null with an exception set.
PyObject* run_loop(PyThreadState* ts, Activation* run, Frame* frame, Handler first);

}  // namespace stackless::eval
