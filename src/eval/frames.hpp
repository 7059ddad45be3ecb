// Making and dropping frames: the loop's calls and returns.
#pragma once

#include <new>

#include "cpython/data_stack.hpp"
#include "cpython/python.hpp"
#include "eval/delivery.hpp"
#include "eval/handler.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

inline size_t frame_size(const PyCodeObject* code) {
    return static_cast<size_t>(code->co_nlocalsplus + code->co_stacksize) + FRAME_SPECIALS_SIZE;
}

/// Fills in a new frame for `func` (reference stolen), but for its locals and its link.
inline void initialize_frame(Frame* frame, PyFunctionObject* func, PyCodeObject* code,
                             PyObject* locals) {
    Py_INCREF(code);
    frame->f_func = func;
    frame->f_code = code;
    frame->f_builtins = func->func_builtins;
    frame->f_globals = func->func_globals;
    frame->f_locals = locals;
    frame->frame_obj = nullptr;
    frame->prev_instr = _PyCode_CODE(code) - 1;
    frame->stacktop = code->co_nlocalsplus;
    static_assert(FRAME_OWNED_BY_THREAD == 0 && static_cast<int>(Delivery::value) == 0);
    set_frame_flags(frame, 0);
}

/// A new frame for `func` (reference stolen) on the data stack, its locals not yet set.
/// Null with MemoryError set when there is no memory; `func` is dropped then.
inline Frame* push_frame(PyThreadState* ts, PyFunctionObject* func, PyObject* locals = nullptr) {
    auto* code = reinterpret_cast<PyCodeObject*>(func->func_code);
    Frame* frame = _PyThreadState_BumpFramePointer(ts, frame_size(code));
    if (frame == nullptr) [[unlikely]] {
        Py_DECREF(func);
        return nullptr;
    }
    initialize_frame(frame, func, code, locals);
    return frame;
}

/// Room for a frame on the data stack, which has so much.
inline Frame* take_room_here(PyThreadState* ts, size_t size) {
    auto* frame = reinterpret_cast<Frame*>(ts->datastack_top);
    ts->datastack_top += size;
    return frame;
}

/// Room for a frame on the data stack, as `size` words. Null, without an exception, if there is no memory. A call only
/// at the end of a chunk: those of tasklets are small, so that theirs are at it often. Programs in tasklets gain up to a fifth by
/// not leaving that to the general call.
inline Frame* take_room(PyThreadState* ts, size_t size) {
    if (!_PyThreadState_HasStackSpace(ts, size)) [[unlikely]]
        return take_room_in_another_chunk(ts, size);
    return take_room_here(ts, size);
}

/// The same with a new reference to `func`. Null without an exception if that takes more: memory that there is not, or
/// a namespace for the locals.
inline Frame* push_frame_here(PyThreadState* ts, PyFunctionObject* func) {
    auto* code = reinterpret_cast<PyCodeObject*>(func->func_code);
    Frame* frame = (code->co_flags & CO_OPTIMIZED) == 0 ? nullptr : take_room(ts, frame_size(code));
    if (frame == nullptr) [[unlikely]]
        return nullptr;
    Py_INCREF(func);
    initialize_frame(frame, func, code, nullptr);
    return frame;
}

/// Gives the memory of the topmost frame back.
inline void pop_frame(PyThreadState* ts, Frame* frame) {
    auto** base = reinterpret_cast<PyObject**>(frame);
    if (base == &ts->datastack_chunk->data[0]) [[unlikely]] {
        _PyThreadState_PopFrame(ts, frame);
    } else {
        ts->datastack_top = base;
    }
}

/// Destroys what a frame that has been left has held the last reference to. Destructors are not that frame's doing:
/// they get the room it had on the recursion limit.
void destroy_of_frame(PyThreadState* ts, PyObject* object);

inline void drop_of_frame(PyThreadState* ts, PyObject* object) {
    if (drop_was_last(object)) {
        destroy_of_frame(ts, object);
    }
}

/// Clears a frame that somebody has looked at, and may keep.
void clear_known_frame(PyThreadState* ts, Frame* frame);

/// Drops what a frame of the thread owns, and its memory. The frame is no longer linked to any
/// other, its value stack is empty (or counted in stacktop).
inline void clear_thread_frame(PyThreadState* ts, Frame* frame) {
    if (frame->frame_obj != nullptr) [[unlikely]] {
        clear_known_frame(ts, frame);
    } else {
        PyObject** end = frame->localsplus + frame->stacktop;
        for (PyObject** local = frame->localsplus; local != end; local++) {
            if (*local != nullptr) {
                drop_of_frame(ts, *local);
            }
        }
        if (frame->f_locals != nullptr) {
            drop_of_frame(ts, frame->f_locals);
        }
        drop_of_frame(ts, reinterpret_cast<PyObject*>(frame->f_func));
        drop_of_frame(ts, reinterpret_cast<PyObject*>(frame->f_code));
    }
    pop_frame(ts, frame);
}

/// Moves the arguments into the callee's locals, of which there are `total`, and sets the others to null. A loop of
/// stores by the pair beats a call of memset().
inline void move_arguments(Frame* callee, PyObject* const* args, Py_ssize_t count,
                           Py_ssize_t total) {
    struct Pair {
        PyObject* values[2];
    };
    PyObject** locals = callee->localsplus;
    Py_ssize_t i = 0;
    for (; i < count; i++) {
        locals[i] = args[i];
        asm("" : "+r"(i));  // or the compiler makes a call of the loop
    }
    if (((total - count) & 1) != 0) {
        locals[i++] = nullptr;
    }
    for (; i < total; i += 2) {
        new (locals + i) Pair{};
        asm("" : "+r"(i));
    }
}

/// Whether a call with so many positional arguments, and no others, fits a function that takes no other ones: the
/// commonest case by far. Defaults may be left to add.
inline bool takes_positional(const PyFunctionObject* func, Py_ssize_t given) {
    const auto* code = reinterpret_cast<const PyCodeObject*>(func->func_code);
    if (code->co_kwonlyargcount != 0 || (code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) != 0)
        return false;
    const Py_ssize_t missing = code->co_argcount - given;
    if (missing <= 0)
        return missing == 0;
    return func->func_defaults != nullptr && missing <= PyTuple_GET_SIZE(func->func_defaults);
}

/// Gives the parameters behind the positional arguments their defaults.
inline void add_defaults(Frame* frame, const PyFunctionObject* func, Py_ssize_t given) {
    const Py_ssize_t count = frame->f_code->co_argcount;
    if (given == count)
        return;
    PyObject* const* end =
        &PyTuple_GET_ITEM(func->func_defaults, 0) + PyTuple_GET_SIZE(func->func_defaults);
    for (Py_ssize_t i = given; i < count; i++) {
        frame->localsplus[i] = Py_NewRef(end[i - count]);
    }
}

/// Binds the arguments of a call to the parameters of `func` and pushes its frame.
/// Steals `func`, `locals` and the `positional + len(kwnames)` values at `args`, whatever happens.
/// Returns null with an exception set when they do not fit.
Frame* bind_and_push(PyThreadState* ts, PyFunctionObject* func, PyObject* locals,
                     PyObject* const* args, Py_ssize_t positional, PyObject* kwnames);

/// The same with the arguments of `f(*args, **kwargs)` or `f(self, *args, **kwargs)`: `args` a tuple,
/// `kwargs` a dict or null, borrowed.
Frame* bind_mapping_and_push(PyThreadState* ts, PyFunctionObject* func, PyObject* locals,
                             PyObject* args, PyObject* kwargs, PyObject* self = nullptr);

/// The arguments of `f(*args, **kwargs)` as a vectorcall has them. Owns references to all of them.
class VectorArguments {
public:
    /// `args` is a tuple, `kwargs` a dict or null; `self` comes first, if it is not null. All are borrowed.
    VectorArguments(PyThreadState* ts, PyObject* args, PyObject* kwargs, PyObject* self = nullptr);
    ~VectorArguments();
    VectorArguments(const VectorArguments&) = delete;
    VectorArguments& operator=(const VectorArguments&) = delete;

    /// False if there was no memory or a keyword is no string; the exception is set.
    explicit operator bool() const { return values_ != nullptr; }
    PyObject* const* values() const { return values_; }
    Py_ssize_t positional() const { return positional_; }
    PyObject* kwnames() const { return kwnames_; }
    Arguments arguments() const { return {values_, positional_, kwnames_}; }
    /// Whoever got the values owns the references now.
    void release() { count_ = 0; }

private:
    void drop_values();

    PyObject* few_[8];
    PyObject** values_ = nullptr;
    PyObject* kwnames_ = nullptr;
    Py_ssize_t positional_;
    Py_ssize_t count_ = 0;
};

/// The value for f_locals of a new frame of `func` (new reference, or null): module-like code works
/// in its globals, functions have no dictionary.
inline PyObject* locals_for_call(PyFunctionObject* func) {
    auto* code = reinterpret_cast<PyCodeObject*>(func->func_code);
    return (code->co_flags & CO_OPTIMIZED) != 0 ? nullptr : Py_NewRef(func->func_globals);
}

/// Whether a call of `callable` can go on in the loop: a plain Python function, and nobody has
/// installed another frame evaluator (PEP 523).
inline bool is_inlinable(PyThreadState* ts, PyObject* callable) {
    return Py_IS_TYPE(callable, &PyFunction_Type) && ts->interp->eval_frame == nullptr &&
           reinterpret_cast<PyFunctionObject*>(callable)->vectorcall == _PyFunction_Vectorcall;
}

}  // namespace stackless::eval
