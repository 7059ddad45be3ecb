// What a tasklet switch carries: the fields of PyThreadState that belong to the running tasklet and
// not to the thread.
//
// A soft switch leaves the C stack alone, and with it the fields that describe the C stack: those are
// in CStackFields.
#pragma once

#include "cpython/any_set.hpp"
#include "cpython/data_stack.hpp"
#include "cpython/event_loop.hpp"
#include "cpython/profiler.hpp"
#include "cpython/python.hpp"

namespace stackless {

/// The trace and profile functions of a tasklet that has any. While it runs they are in the thread
/// state, and here is nothing but the profiler of the thread, if the tasklet's profile function has
/// taken its place.
struct Tracing {
    Py_tracefunc tracefunc;
    PyObject* traceobj;  // owned
    Py_tracefunc profilefunc;
    PyObject* profileobj;  // owned
    int tracing;           // how deep the trace function itself is running
    int tracing_what;      // the event it is running for
    ProfiledCalls calls;

    bool is_set() const {
        return tracefunc != nullptr || profilefunc != nullptr || tracing != 0 || calls.any();
    }
    /// Exchanges the functions with those of `ts`.
    void exchange(PyThreadState* ts);
    /// The same for a switch: an enabled profiler of cProfile stays in `ts`, only the calls that it
    /// sees under way belong to the tasklet.
    void save(PyThreadState* ts);
    void restore(PyThreadState* ts);
    /// Drops the references. Destructors may run.
    void clear();

private:
    void exchange_trace_function(PyThreadState* ts);
    void exchange_profile_function(PyThreadState* ts);
};

/// The fields that few tasklets have anything in.
struct RareFields {
    Tracing tracing;
    EventLoop event_loop;

    bool is_set() const { return tracing.is_set() || event_loop.is_set(); }
};

/// The fields of one tasklet while another one runs. While it runs itself, they are in the thread
/// state, and here is nothing. Memory filled with zeros is what a tasklet begins with: no frame, no
/// exception being handled, an empty data stack, the empty context.
class ThreadFields {
public:
    /// If `ts` has rare fields, save() needs this before: it makes room, and reads the clock of the
    /// profiler. Code may run. False with MemoryError set if there is no memory.
    [[nodiscard]] bool prepare_rare_fields(PyThreadState* ts);
    /// Moves the fields of `ts` here, with the references they own. restore() of others must come
    /// next.
    void save(PyThreadState* ts);
    /// Moves the fields to `ts`. What `ts` has must have been saved before.
    void restore(PyThreadState* ts);
    /// The same where `ts` has no rare fields, and none are to be restored.
    void save_usual(PyThreadState* ts);
    void restore_usual(PyThreadState* ts);
    /// Whether restore() has rare fields to restore.
    bool has_rare() const { return rare_ != nullptr && rare_->is_set(); }
    /// Exchanges the data stack alone with that of `ts`, for work on frames that are not to run.
    void exchange_data_stack(PyThreadState* ts);
    /// Takes out what belongs to the frames; the context and the trace functions stay.
    [[nodiscard]] ThreadFields take_frames();

    /// Drops what the fields own, the data stack excepted. Destructors may run.
    void clear();
    int traverse(visitproc visit, void* arg) const;

    /// The innermost frame; null while the tasklet runs or has none.
    Frame* frame() const { return frame_; }
    /// For a tasklet that has not run: the frame it will begin in, on its data stack.
    void set_first_frame(Frame* frame) { frame_ = frame; }

    /// For a tasklet that is put together: the innermost of its frames, which are on its data stack, the innermost
    /// exception being handled in a generator (null if in none), and how deep the calls are.
    void set_frames(Frame* frame, _PyErr_StackItem* exceptions, int depth) {
        frame_ = frame;
        exc_info_ = exceptions;
        depth_ = depth;
    }
    /// The same: the exception being handled outside of generators (reference stolen, may be null).
    void set_exception(PyObject* exception) { exc_value_ = exception; }
    /// The exception being handled outside of generators (borrowed), or null.
    PyObject* exception() const { return exc_value_; }

    /// The context, borrowed; null stands for the empty one that nobody has asked for yet.
    PyObject* context() const { return context_; }
    void set_context(PyObject* context);
    /// How deep the calls are, for the recursion limit.
    int depth() const { return depth_; }

    /// The trace functions, in a block made on first use. Null with MemoryError set if there is no
    /// memory.
    Tracing* make_tracing();
    const Tracing* tracing() const { return rare_ == nullptr ? nullptr : &rare_->tracing; }

    /// For a tasklet that ends: takes its rare fields away from `ts`, and reads the clock of the
    /// profiler. Code may run.
    void end_rare_fields(PyThreadState* ts);

    /// Lets the fields go on in another thread: the chain of exceptions being handled ends in `to`
    /// instead of `from`, the exc_state of the thread they come from (which may be gone).
    void move_exceptions(const _PyErr_StackItem* from, _PyErr_StackItem* to);

private:
    [[nodiscard]] bool make_rare_fields();
    static _PyStackChunk* detach_data_stack(PyThreadState* ts);
    static void attach_data_stack(PyThreadState* ts, _PyStackChunk* chunk);

    /// ts->cframe->current_frame
    Frame* frame_;
    /// ts->exc_info: the innermost exception being handled. Null stands for ts->exc_state, the
    /// bottom of that chain, else it is in a generator that is running.
    _PyErr_StackItem* exc_info_;
    /// The content of ts->exc_state (owned): the bottom has a fixed address, so its content is
    /// carried.
    PyObject* exc_value_;
    /// ts->context (owned)
    PyObject* context_;
    /// ts->datastack_chunk; datastack_top is in its header, where CPython keeps it for the chunks
    /// below the top one, and datastack_limit follows from its size.
    _PyStackChunk* chunk_;
    /// c_tracefunc, c_traceobj, c_profilefunc, c_profileobj, tracing, tracing_what, and what hangs
    /// on c_profileobj; what asyncio keeps for a thread (owned)
    RareFields* rare_;
    /// ts->recursion_limit - ts->recursion_remaining: the limit may be another one next time.
    int depth_;
};

/// The fields that belong to a C stack: a switch of C stacks carries them too. (trash_delete_later, what
/// destructors have put off, may be done by any of them.)
class CStackFields {
public:
    void save(const PyThreadState* ts) {
        cframe_ = ts->cframe;
        trash_delete_nesting_ = ts->trash_delete_nesting;
        recursion_headroom_ = ts->recursion_headroom;
    }
    void restore(PyThreadState* ts) const {
        ts->cframe = cframe_;
        ts->trash_delete_nesting = trash_delete_nesting_;
        ts->recursion_headroom = recursion_headroom_;
    }
    /// The innermost activation of the loop on the stack.
    _PyCFrame* cframe() const { return cframe_; }

private:
    _PyCFrame* cframe_;
    int trash_delete_nesting_;  // how deep destructors are nested in C
    int recursion_headroom_;    // whether C code is just making an error
};

/// True if `ts` has trace or profile functions, or is just running one.
inline bool is_traced(PyThreadState* ts) {
    return any_set(ts->c_tracefunc, ts->c_profilefunc, ts->tracing);
}

/// True if a switch away from what `ts` is at has to do with RareFields.
inline bool has_rare_fields(PyThreadState* ts) {
    return any_set(is_traced(ts), runs_event_loop(ts));
}

/// Whether Context.run() is in the middle of a call with this context.
bool context_is_entered(PyObject* context);

/// Puts `context` (reference stolen, or null) in the place of the thread's, and returns that
/// (owned, or null).
PyObject* exchange_context(PyThreadState* ts, PyObject* context);

inline void ThreadFields::save_usual(PyThreadState* ts) {
    frame_ = ts->cframe->current_frame;
    exc_info_ = ts->exc_info == &ts->exc_state ? nullptr : ts->exc_info;
    exc_value_ = ts->exc_state.exc_value;
    context_ = ts->context;
    chunk_ = detach_data_stack(ts);
    depth_ = ts->recursion_limit - ts->recursion_remaining;
}

inline void ThreadFields::save(PyThreadState* ts) {
    save_usual(ts);
    if (has_rare_fields(ts) && rare_ != nullptr) [[unlikely]] {
        rare_->tracing.save(ts);
        rare_->event_loop.exchange(ts);
    }
}

inline void ThreadFields::restore_usual(PyThreadState* ts) {
    ts->cframe->current_frame = frame_;
    ts->exc_info = exc_info_ == nullptr ? &ts->exc_state : exc_info_;
    ts->exc_state.exc_value = exc_value_;
    if (ts->context != context_) {
        ts->context = context_;
        ts->context_ver++;  // what context variables have cached is no longer right
    }
    attach_data_stack(ts, chunk_);
    ts->recursion_remaining = ts->recursion_limit - depth_;
    frame_ = nullptr;
    exc_info_ = nullptr;
    exc_value_ = nullptr;
    context_ = nullptr;
    chunk_ = nullptr;
}

inline void ThreadFields::restore(PyThreadState* ts) {
    restore_usual(ts);
    if (has_rare()) [[unlikely]] {
        rare_->tracing.restore(ts);
        rare_->event_loop.exchange(ts);
    }
}

inline void ThreadFields::exchange_data_stack(PyThreadState* ts) {
    _PyStackChunk* own = chunk_;
    chunk_ = detach_data_stack(ts);
    attach_data_stack(ts, own);
}

inline _PyStackChunk* ThreadFields::detach_data_stack(PyThreadState* ts) {
    _PyStackChunk* chunk = ts->datastack_chunk;
    if (chunk != nullptr) {
        chunk->top = static_cast<size_t>(ts->datastack_top - chunk->data);
    }
    return chunk;
}

inline void ThreadFields::attach_data_stack(PyThreadState* ts, _PyStackChunk* chunk) {
    if (chunk == nullptr) {
        set_empty_tasklet_stack(ts);
        return;
    }
    ts->datastack_chunk = chunk;
    ts->datastack_top = chunk->data + chunk->top;
    ts->datastack_limit =
        reinterpret_cast<PyObject**>(reinterpret_cast<char*>(chunk) + chunk->size);
}

}  // namespace stackless
