#include "pickle/generators.hpp"

#include "eval/frames.hpp"
#include "eval/generators.hpp"
#include "pickle/errors.hpp"
#include "pickle/frames.hpp"
#include "pickle/reducers.hpp"
#include "pickle/unfinished.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless::pickle {

namespace {

// The state is a tuple: (frame_state, content, exception, *rest).
//
// frame_state  a PyFrameState, or closing_state
// content    of its frame, None if it has ended
// exception  the one that it handles, or None
// rest       only if there is anything unusual: (name, qualname, origin or finalizer, flags)
enum Item : uint8_t {
    frame_state_item,
    content_item,
    exception_item,
    name_item,
    qualname_item,
    origin_item,
    flags_item,
    item_count
};
constexpr Py_ssize_t usual_count = name_item;

enum Flag : uint8_t {
    hooks_inited_flag = 1,
    closed_flag = 2,
    running_async_flag = 4,
    all_flags = 7
};

// Of stackless.pickle_flags().
constexpr int preserve_finalizer = 2;
constexpr int reset_finalizer = 4;

bool wants(int pickle_flag) {
    const Scheduler* scheduler = Scheduler::of_this_thread();
    return scheduler != nullptr && (scheduler->pickle_flags & pickle_flag) != 0;
}

/// The fields that only some of the types have are not even initialized in the others.
long flags_of(const PyGenObject* generator) {
    if (!PyAsyncGen_CheckExact(generator))
        return 0;
    // One that looks as if it had not been iterated over is given the finalizer of who goes on with it.
    const bool has_hooks = generator->gi_hooks_inited != 0 && !wants(reset_finalizer);
    return (has_hooks ? hooks_inited_flag : 0) | (generator->gi_closed != 0 ? closed_flag : 0) |
           (generator->gi_running_async != 0 ? running_async_flag : 0);
}

/// Where a coroutine was made, or the finalizer of an asynchronous generator, which mostly belongs to an event loop.
/// Borrowed, may be null.
PyObject* origin_of(const PyGenObject* generator) {
    const bool has_none =
        PyGen_CheckExact(generator) || (PyAsyncGen_CheckExact(generator) &&
                                        (!wants(preserve_finalizer) || wants(reset_finalizer)));
    return has_none ? nullptr : generator->gi_origin_or_finalizer;
}

bool is_usual(const PyGenObject* generator) {
    const PyCodeObject* code = generator->gi_code;
    return generator->gi_name == code->co_name && generator->gi_qualname == code->co_qualname &&
           origin_of(generator) == nullptr && flags_of(generator) == 0;
}

/// Among the frame states of a pickle: what the generator waits for is being closed before it is. It counts as running
/// then, but no frame has resumed it.
constexpr int closing_state = 2;

bool is_being_closed(PyGenObject* generator) {
    return generator->gi_frame_state == FRAME_EXECUTING &&
           eval::frame_of(generator)->previous == nullptr;
}

int frame_state_of(PyGenObject* generator) {
    return is_being_closed(generator) ? closing_state : generator->gi_frame_state;
}

/// The content of a generator's frame; None if it has ended. Empty with an exception set.
Ref describe_frame(PyGenObject* generator) {
    if (generator->gi_frame_state >= FRAME_COMPLETED)
        return Ref::borrow(Py_None);
    Frame* frame = eval::frame_of(generator);
    if (frame_state_of(generator) != FRAME_EXECUTING) {
        // What it is from the last time.
        eval::set_delivery(frame, eval::Delivery::value);
    }
    if (frame->stacktop < 0) {
        PyErr_Format(PyExc_TypeError, "cannot pickle the %s '%U' while it runs",
                     Py_TYPE(generator)->tp_name, generator->gi_qualname);
        return {};
    }
    return content_of(frame, true);
}

Ref describe(PyGenObject* generator) {
    const Ref content = describe_frame(generator);
    if (!content)
        return {};
    PyObject* exception = or_none(generator->gi_exc_state.exc_value);
    if (is_usual(generator))
        return Ref::steal(
            Py_BuildValue("iOO", frame_state_of(generator), content.get(), exception));
    return Ref::steal(Py_BuildValue("iOOOOOl", frame_state_of(generator), content.get(), exception,
                                    generator->gi_name, generator->gi_qualname,
                                    or_none(origin_of(generator)), flags_of(generator)));
}

bool read_exception(PyObject* item, Ref& exception) {
    if (item != Py_None && !PyExceptionInstance_Check(item)) {
        unpickling_error("a generator cannot handle %R as an exception", item);
        return false;
    }
    exception = item == Py_None ? nullptr : Ref::borrow(item);
    return true;
}

bool read_unusual(PyGenObject* generator, PyObject* const* items) {
    if (!PyUnicode_Check(items[name_item]) || !PyUnicode_Check(items[qualname_item])) {
        unpickling_error("the name of a generator is no string");
        return false;
    }
    const long flags = long_or(items[flags_item], -1);
    PyObject* origin = items[origin_item];
    const bool has_origin = origin != Py_None;
    const bool fits = PyCoro_CheckExact(generator)       ? PyTuple_CheckExact(origin)
                      : PyAsyncGen_CheckExact(generator) ? PyCallable_Check(origin) != 0
                                                         : false;
    if (flags < 0 || flags > all_flags || (has_origin && !fits)) {
        unpickling_error("the state of a generator is not one that a generator can have");
        return false;
    }
    Py_XSETREF(generator->gi_name, Py_NewRef(items[name_item]));
    Py_XSETREF(generator->gi_qualname, Py_NewRef(items[qualname_item]));
    if (has_origin) {
        Py_XSETREF(generator->gi_origin_or_finalizer, Py_NewRef(origin));
    }
    generator->gi_hooks_inited = (flags & hooks_inited_flag) != 0;
    generator->gi_closed = (flags & closed_flag) != 0;
    generator->gi_running_async = (flags & running_async_flag) != 0;
    return true;
}

/// Whether the content is one of a frame of this generator, which has room for that code only.
bool read_content(PyGenObject* generator, PyObject* tuple, FrameContent& content) {
    if (!content.read(tuple))
        return false;
    if (content.code() != generator->gi_code) {
        unpickling_error("the state of a generator is one of another function");
        return false;
    }
    return true;
}

/// Whether the generators that it waits for, one for the other, lead back to it. None of them could run then.
bool waits_for_itself(PyGenObject* generator) {
    PyObject* delegate = eval::delegate_of(generator);
    while (delegate != nullptr && is_generator(delegate)) {
        if (delegate == reinterpret_cast<PyObject*>(generator))
            return true;
        delegate = eval::delegate_of(reinterpret_cast<PyGenObject*>(delegate));
    }
    return false;
}

/// In the list of what waits for a generator's state; negative if no frame object does.
Py_ssize_t index_of_frame(PyObject* waiting) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(waiting); i++) {
        if (PyFrame_Check(PyList_GET_ITEM(waiting, i)))
            return i;
    }
    return -1;
}

/// Takes it out of the list. None if there is none; empty with MemoryError set.
Ref take_frame(PyObject* waiting) {
    const Py_ssize_t index = waiting != nullptr ? index_of_frame(waiting) : -1;
    if (index < 0)
        return Ref::borrow(Py_None);
    Ref frame = Ref::borrow(PyList_GET_ITEM(waiting, index));
    return PyList_SetSlice(waiting, index, index + 1, nullptr) == 0 ? std::move(frame) : nullptr;
}

void let_stand_for(PyObject* waiting, Frame* frame) {
    if (waiting != Py_None) {
        stand_for(reinterpret_cast<PyFrameObject*>(waiting), frame);
    }
}

/// Lets a generator stand where it has yielded, or at its beginning.
bool suspend(PyGenObject* generator, int frame_state, PyObject* tuple, Ref exception) {
    PyObject** slot = RunningGenerator(generator).waiting_slot();
    const Ref waiting = take_frame(*slot);
    if (!waiting)
        return false;
    if (*slot != nullptr && PyList_GET_SIZE(*slot) != 0) {
        unpickling_error("a tasklet runs a generator that is suspended");
        return false;
    }
    Py_CLEAR(*slot);
    FrameContent content;
    const Resumption how = frame_state == FRAME_CREATED ? Resumption::created : Resumption::yielded;
    if (!read_content(generator, tuple, content) ||
        !content.check(Owner::generator, how, eval::Delivery::value))
        return false;
    Frame* frame = eval::frame_of(generator);
    content.fill(frame);
    frame->is_entry = false;
    frame->owner = FRAME_OWNED_BY_GENERATOR;
    let_stand_for(waiting.get(), frame);
    generator->gi_exc_state.exc_value = exception.release();
    generator->gi_frame_state =
        static_cast<int8_t>(frame_state == closing_state ? FRAME_EXECUTING : frame_state);
    if (!waits_for_itself(generator))
        return true;
    eval::finish_generator(generator);
    unpickling_error("a generator waits for itself");
    return false;
}

/// Keeps the state of one that runs, until its tasklet takes it.
bool prepare(PyGenObject* generator, PyObject* tuple, const Ref& exception) {
    FrameContent content;
    if (!read_content(generator, tuple, content))
        return false;
    PyObject** slot = RunningGenerator(generator).waiting_slot();
    Ref waiting = Ref::steal(std::exchange(*slot, nullptr));
    const Ref object = take_frame(waiting.get());
    // In a list, which the collector can empty: generators and tuples alone would never let go of each other.
    const Ref held = object ? Ref::steal(Py_BuildValue("[O]", tuple)) : nullptr;
    *slot = held ? PyTuple_Pack(3, held.get(), exception ? exception.get() : Py_None, object.get())
                 : nullptr;
    PyObject* list = waiting.release();
    if (*slot == nullptr) {
        Py_XDECREF(list);
        return false;
    }
    return finish_waiting(&list);
}

}  // namespace

Ref function_of_generator(PyGenObject* generator) {
    auto* code = reinterpret_cast<PyObject*>(generator->gi_code);
    Ref globals;
    if (generator->gi_frame_state < FRAME_COMPLETED) {
        PyFunctionObject* function = eval::frame_of(generator)->f_func;
        if (function->func_code == code)
            return Ref::borrow(reinterpret_cast<PyObject*>(function));
        globals = Ref::borrow(function->func_globals);
    } else {
        globals = Ref::steal(PyDict_New());
    }
    return globals ? Ref::steal(PyFunction_New(code, globals.get())) : nullptr;
}

PyObject* waiting_frame(PyGenObject* generator) {
    PyObject* waiting = *RunningGenerator(generator).waiting_slot();
    if (waiting == nullptr)
        return nullptr;
    if (PyTuple_CheckExact(waiting))
        return PyFrame_Check(PyTuple_GET_ITEM(waiting, 2)) ? PyTuple_GET_ITEM(waiting, 2) : nullptr;
    const Py_ssize_t index = index_of_frame(waiting);
    return index >= 0 ? PyList_GET_ITEM(waiting, index) : nullptr;
}

bool let_frame_wait(PyGenObject* generator, PyObject* object) {
    PyObject** slot = RunningGenerator(generator).waiting_slot();
    if (*slot != nullptr && PyTuple_CheckExact(*slot)) {
        Py_SETREF(*slot,
                  PyTuple_Pack(3, PyTuple_GET_ITEM(*slot, 0), PyTuple_GET_ITEM(*slot, 1), object));
        return *slot != nullptr;
    }
    if (*slot == nullptr) {
        *slot = PyList_New(0);
    }
    return *slot != nullptr && PyList_Append(*slot, object) == 0;
}

PyObject* reduce_generator(PyObject* object, Pickling& pickling) {
    pickling.note_computation(object);
    auto* generator = reinterpret_cast<PyGenObject*>(object);
    const Ref function = function_of_generator(generator);
    const Ref state = function ? describe(generator) : nullptr;
    if (!state)
        return nullptr;
    return Py_BuildValue("O(O)OOOO", loader("load_generator"), function.get(), state.get(), Py_None,
                         Py_None, loader("set_generator_state"));
}

// load_generator(function): a generator, coroutine or asynchronous generator, as if it had ended.
PyObject* load_generator(PyObject*, PyObject* function) {
    constexpr int kinds = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
    auto* code = Py_IS_TYPE(function, &PyFunction_Type)
                     ? reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function))
                     : nullptr;
    if (code == nullptr || (code->co_flags & kinds) == 0)
        return unpickling_error("%R is no function that makes generators", function);
    PyObject* made = _Py_MakeCoro(reinterpret_cast<PyFunctionObject*>(function));
    if (made != nullptr && PyCoro_CheckExact(made)) {
        Py_CLEAR(reinterpret_cast<PyGenObject*>(made)->gi_origin_or_finalizer);
    }
    return made;
}

// set_generator_state(generator, state)
PyObject* set_generator_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !is_generator(args[0]) || !PyTuple_CheckExact(args[1]) ||
        (PyTuple_GET_SIZE(args[1]) != usual_count && PyTuple_GET_SIZE(args[1]) != item_count))
        return unpickling_error("set_generator_state() needs a generator and its state");
    auto* generator = reinterpret_cast<PyGenObject*>(args[0]);
    PyObject* const* items = reinterpret_cast<PyTupleObject*>(args[1])->ob_item;
    if (generator->gi_frame_state != FRAME_CLEARED || RunningGenerator(generator).is_prepared())
        return unpickling_error("the generator has its state already");
    const long frame_state = long_or(items[frame_state_item], -3);
    Ref exception;
    if (!read_exception(items[exception_item], exception) ||
        (PyTuple_GET_SIZE(args[1]) == item_count && !read_unusual(generator, items)))
        return nullptr;
    bool done = true;
    switch (frame_state) {
    case FRAME_CREATED:
    case FRAME_SUSPENDED:
    case closing_state:
        done = suspend(generator, static_cast<int>(frame_state), items[content_item],
                       std::move(exception));
        break;
    case FRAME_EXECUTING:
        done = prepare(generator, items[content_item], exception);
        break;
    case FRAME_COMPLETED:
    case FRAME_CLEARED:
        break;
    default:
        return unpickling_error("a generator has no state %R", items[frame_state_item]);
    }
    return done ? Py_NewRef(Py_None) : nullptr;
}

bool RunningGenerator::is_prepared() const {
    return generator_->gi_frame_state == FRAME_CLEARED && prepared() != nullptr &&
           PyTuple_CheckExact(prepared()) && PyList_GET_SIZE(PyTuple_GET_ITEM(prepared(), 0)) == 1;
}

PyObject* RunningGenerator::content() const {
    return PyList_GET_ITEM(PyTuple_GET_ITEM(prepared(), 0), 0);
}

void RunningGenerator::start(const FrameContent& content, Frame* resumer) {
    const Ref taken = Ref::steal(std::exchange(*waiting_slot(), nullptr));
    PyObject* exception = PyTuple_GET_ITEM(taken.get(), 1);
    Frame* frame = eval::frame_of(generator_);
    content.fill(frame);
    let_stand_for(PyTuple_GET_ITEM(taken.get(), 2), frame);
    eval::set_resumption(frame, content.delivery());
    frame->previous = resumer;
    generator_->gi_exc_state.exc_value = exception == Py_None ? nullptr : Py_NewRef(exception);
    generator_->gi_frame_state = FRAME_EXECUTING;
}

}  // namespace stackless::pickle
