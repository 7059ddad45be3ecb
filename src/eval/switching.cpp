#include "eval/switching.hpp"

#include <algorithm>

#include "cpython/call_sites.hpp"
#include "cpython/ref.hpp"
#include "eval/activation.hpp"
#include "eval/frames.hpp"
#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

/// Instead of a value to resume a frame with. Not references: never counted.
PyObject tokens[3];
constexpr PyObject* at_start = &tokens[0];  // also what a function returns that has switched
constexpr PyObject* interrupted_before = &tokens[1];
constexpr PyObject* elsewhere = &tokens[2];

bool is_token(const PyObject* value) {
    return reinterpret_cast<uintptr_t>(value) - reinterpret_cast<uintptr_t>(tokens) <
           sizeof(tokens);
}

/// As long as there is no scheduler.
Hooks scheduler_hooks{
    .chain_ended = nullptr,
    .leave_stack = nullptr,
    .budget_spent = nullptr,
    .budget_runs_low = nullptr,
    .keeps_gil = [](PyThreadState*) { return false; },
};

bool runs_loop(PyThreadState* ts) {
    return ts->cframe != &ts->root_cframe;
}

}  // namespace

PyObject* unwind_token() {
    return at_start;
}

bool take_soft_call(PyThreadState* ts) {
    return runs_loop(ts) && std::exchange(activation(ts)->soft_call, false);
}

void allow_soft_call(PyThreadState* ts) {
    activation(ts)->soft_call = true;
}

bool runs_base_loop(PyThreadState* ts) {
    return runs_loop(ts) && activation(ts)->entry_frame == nullptr;
}

void resume_with_value(PyThreadState* ts, PyObject* value) {
    activation(ts)->resume_value = value;
}
void resume_at_start(PyThreadState* ts) {
    activation(ts)->resume_value = at_start;
}
void resume_interrupted(PyThreadState* ts) {
    activation(ts)->resume_value = interrupted_before;
}
void resume_elsewhere(PyThreadState* ts) {
    activation(ts)->resume_value = elsewhere;
}

void resume_with_error(PyThreadState* ts) {
    // A function must not return with an exception set and a result, even if that is the token.
    Activation* run = activation(ts);
    run->resume_value = nullptr;
    _PyErr_Fetch(ts, &run->resume_type, &run->resume_exception, &run->resume_traceback);
}

namespace {

/// See keep_value(). Seldom more than the few values of one call.
struct KeptValues {
    PyObject** values = nullptr;
    Py_ssize_t count = 0;
    Py_ssize_t capacity = 0;

    /// False if there is no memory.
    bool reserve(Py_ssize_t more) {
        if (count + more <= capacity)
            return true;
        const Py_ssize_t wanted = std::max<Py_ssize_t>(2 * capacity, count + more);
        auto* moved = static_cast<PyObject**>(
            PyMem_RawRealloc(values, static_cast<size_t>(wanted) * sizeof(PyObject*)));
        if (moved == nullptr)
            return false;
        values = moved;
        capacity = wanted;
        return true;
    }
    ~KeptValues() { PyMem_RawFree(values); }
};
thread_local KeptValues kept;

}  // namespace

void keep_value(PyObject* value) {
    if (kept.reserve(1)) {
        kept.values[kept.count++] = value;
    }  // without memory it is leaked, which harms nobody
}

void drop_kept_values_here(PyThreadState* ts) {
    if (activation(ts)->resume_value != elsewhere) {
        drop_kept_values();
    }
}

void drop_kept_values() {
    // A destructor may switch, and more values may be kept meanwhile.
    while (kept.count > 0) {
        Py_XDECREF(kept.values[--kept.count]);
    }
}

void set_hooks(const Hooks& hooks) {
    scheduler_hooks = hooks;
}

const Hooks& hooks() {
    return scheduler_hooks;
}

HANDLER(resume_without_value) {
    PyObject* token = std::exchange(activation(ts)->resume_value, nullptr);
    if (token == elsewhere) {
        scheduler_hooks.leave_stack(ts);
        GOTO(resume_current);
    }
    frame = ts->cframe->current_frame;
    if (token == at_start)
        GOTO(start_frame);
    GOTO(resume_suspended);
}

HANDLER(resume_current) {
    PyObject* value = activation(ts)->resume_value;
    if (is_token(value)) [[unlikely]]
        GOTO(resume_without_value);
    frame = ts->cframe->current_frame;
    activation(ts)->resume_value = nullptr;
    sp = _PyFrame_GetStackPointer(frame);
    if (value != nullptr) {
        *sp++ = value;
        GOTO(resume_frame);
    }
    Activation* run = activation(ts);
    _PyErr_Restore(ts, run->resume_type, run->resume_exception, run->resume_traceback);
    frame->stacktop = -1;
    ip = frame->prev_instr + 1;
    const bool has_run = frame->prev_instr >= _PyCode_CODE(frame->f_code);
    if (has_run && _Py_OPCODE(*frame->prev_instr) == FOR_ITER &&
        _PyErr_ExceptionMatches(ts, PyExc_StopIteration)) {
        // The tasklet waits in a loop over a channel, and has been sent the end of it.
        _PyErr_Clear(ts);
        ip += full_argument(frame->f_code, frame->prev_instr);
        PyObject* iterator = *--sp;
        Py_DECREF(iterator);
        NEXT();
    }
    GOTO(raise);
}

void end_chain(PyThreadState* ts, Frame* frame, PyObject* result) {
    ts->cframe->current_frame = nullptr;
    clear_thread_frame(ts, frame);
    scheduler_hooks.chain_ended(ts, result);
}

void run_base_loop(PyThreadState* ts, void (*arrive)(PyThreadState* ts)) {
    Activation run(ts);
    arrive(ts);
    run_loop(ts, &run, nullptr, resume_current);
    Py_FatalError("the base loop of a C stack has been left");
}

namespace {

/// The frame of a Python function, or of the function of a bound method; null without an exception
/// if the callable is neither.
Frame* make_python_frame(PyThreadState* ts, PyObject* callable, PyObject* args, PyObject* kwargs) {
    Ref all_args = Ref::borrow(args);
    if (Py_IS_TYPE(callable, &PyMethod_Type)) {
        const Py_ssize_t count = PyTuple_GET_SIZE(args);
        all_args = Ref::steal(PyTuple_New(count + 1));
        if (!all_args)
            return nullptr;
        PyTuple_SET_ITEM(all_args.get(), 0, Py_NewRef(PyMethod_GET_SELF(callable)));
        for (Py_ssize_t i = 0; i < count; i++) {
            PyTuple_SET_ITEM(all_args.get(), i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
        }
        callable = PyMethod_GET_FUNCTION(callable);
    }
    if (!is_inlinable(ts, callable))
        return nullptr;
    auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(callable));
    return bind_mapping_and_push(ts, function, locals_for_call(function), all_args.get(), kwargs);
}

Frame* make_calling_frame(PyThreadState* ts, PyObject* callable, PyObject* args, PyObject* kwargs) {
    Ref keywords = kwargs != nullptr ? Ref::borrow(kwargs) : Ref::steal(PyDict_New());
    if (!keywords)
        return nullptr;
    return push_hidden_frame(ts, nullptr, Hidden::call,
                             {Py_NewRef(callable), Py_NewRef(args), keywords.release()});
}

}  // namespace

Frame* make_first_frame(PyThreadState* ts, PyObject* callable, PyObject* args, PyObject* kwargs) {
    Frame* frame = make_python_frame(ts, callable, args, kwargs);
    if (frame == nullptr && !_PyErr_Occurred(ts)) {
        frame = make_calling_frame(ts, callable, args, kwargs);
    }
    if (frame != nullptr) {
        frame->is_entry = true;
        frame->previous = nullptr;
    }
    return frame;
}

int traverse_frames(Frame* top, visitproc visit, void* arg) {
    for (Frame* frame = top; frame != nullptr; frame = frame->previous) {
        if (frame->owner == FRAME_OWNED_BY_GENERATOR)
            continue;
        const int stop = _PyFrame_Traverse(frame, visit, arg);
        if (stop != 0)
            return stop;
    }
    return 0;
}

void drop_frames(PyThreadState* ts, Frame* top) {
    while (top != nullptr) {
        Frame* outer = top->previous;
        if (top->owner == FRAME_OWNED_BY_GENERATOR) {
            PyGenObject* generator = _PyFrame_GetGenerator(top);
            generator->gi_exc_state.previous_item = nullptr;
            top->previous = nullptr;
            finish_generator(generator);
        } else {
            _PyFrame_Clear(top);
            pop_frame(ts, top);
        }
        top = outer;
    }
}

int traverse_nested_frames(Frame* top, visitproc visit, void* arg) {
    for (Frame* frame = top; frame != nullptr; frame = frame->previous) {
        if (frame->owner == FRAME_OWNED_BY_GENERATOR)
            continue;
        const int known_top = frame->stacktop;
        if (known_top < 0) {
            frame->stacktop = frame->f_code->co_nlocalsplus;
        }
        const int stop = _PyFrame_Traverse(frame, visit, arg);
        frame->stacktop = known_top;
        if (stop != 0)
            return stop;
    }
    return 0;
}

int loop_depth(const PyThreadState* ts, const _PyCFrame* cframe) {
    int depth = 0;
    for (; cframe != &ts->root_cframe; cframe = cframe->previous) {
        depth++;
    }
    return depth;
}

PyObject* describe_c_callee(Frame* innermost) {
    while (innermost != nullptr && _PyFrame_IsIncomplete(innermost)) {
        innermost = innermost->previous;
    }
    if (innermost == nullptr)
        return PyUnicode_FromString("C code outside of any Python function");
    return describe_call_site(innermost);
}

PyObject* describe_c_caller(const _PyCFrame* cframe) {
    const Frame* entry = reinterpret_cast<const Activation*>(cframe)->entry_frame;
    return describe_c_callee(entry == nullptr ? nullptr : entry->previous);
}

}  // namespace stackless::eval
