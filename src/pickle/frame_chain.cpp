#include "pickle/frame_chain.hpp"

#include <algorithm>

#include "eval/frames.hpp"
#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/primitives.hpp"
#include "eval/switching.hpp"
#include "pickle/errors.hpp"
#include "pickle/frames.hpp"
#include "pickle/generators.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless::pickle {

namespace {

PyGenObject* as_generator(PyObject* object) {
    return reinterpret_cast<PyGenObject*>(object);
}

/// A frame of a chain that can go on.
Ref describe_link(Frame* frame) {
    if (frame->owner == FRAME_OWNED_BY_GENERATOR)
        return Ref::borrow(reinterpret_cast<PyObject*>(_PyFrame_GetGenerator(frame)));
    if (frame->frame_obj != nullptr)
        return Ref::borrow(reinterpret_cast<PyObject*>(frame->frame_obj));
    return content_of(frame, true);
}

/// Describes the frames that are wanted. Empty with an exception set.
template <class Wanted, class Describe>
Ref describe_frames(Frame* innermost, Wanted wanted, Describe describe) {
    Py_ssize_t count = 0;
    for (const Frame* frame = innermost; frame != nullptr; frame = frame->previous) {
        count += wanted(frame) ? 1 : 0;
    }
    Ref frames = Ref::steal(PyTuple_New(count));
    for (Frame* frame = innermost; frames && frame != nullptr; frame = frame->previous) {
        if (!wanted(frame))
            continue;
        Ref described = describe(frame);
        if (!described)
            return {};
        PyTuple_SET_ITEM(frames.get(), --count, described.release());
    }
    return frames;
}

/// Whether an object is among those that an iterator keeps, at any depth. What a program can take out of its holder is
/// not: the generator that is looked for must not lose its last reference while it runs.
class Holders {
public:
    explicit Holders(PyObject* wanted) : wanted_(wanted) {}

    bool has(PyObject* holder) {
        if (holder == wanted_)
            return true;
        if (--budget_ < 0 || !PyObject_IS_GC(holder) || !is_safe(Py_TYPE(holder)))
            return false;
        return Py_TYPE(holder)->tp_traverse(holder, visit, this) != 0;
    }

private:
    static bool is_safe(const PyTypeObject* type) {
        const bool can_change =
            type == &PyList_Type || type == &PyDict_Type || type == &PySet_Type ||
            type == &PyCell_Type || type == &PyFunction_Type || type == &PyFrame_Type ||
            type == &PyModule_Type || type == &PyType_Type || type == &tasklet_type;
        return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 && type->tp_traverse != nullptr &&
               !can_change;
    }
    static int visit(PyObject* object, void* self) {
        return static_cast<Holders*>(self)->has(object) ? 1 : 0;
    }

    PyObject* wanted_;
    int budget_ = 1000;
};

}  // namespace

Ref describe_chain(Frame* innermost) {
    return describe_frames(innermost, [](const Frame*) { return true; }, describe_link);
}

Ref describe_chain_for_inspection(Frame* innermost) {
    return describe_frames(
        innermost,
        [](const Frame* frame) { return !_PyFrame_IsIncomplete(const_cast<Frame*>(frame)); },
        [](Frame* frame) { return content_of(frame, false); });
}

Owner FrameChain::Link::owner() const {
    return is_generator(object) ? Owner::generator : Owner::thread;
}

Ref describe_frame_objects(PyObject* innermost) {
    const Ref inside_out = Ref::steal(PyList_New(0));
    for (PyObject* frame = innermost == Py_None ? nullptr : innermost;
         inside_out && frame != nullptr;
         frame = reinterpret_cast<PyObject*>(reinterpret_cast<PyFrameObject*>(frame)->f_back)) {
        const Ref content = content_of(reinterpret_cast<PyFrameObject*>(frame)->f_frame, false);
        if (!content || PyList_Append(inside_out.get(), content.get()) != 0)
            return {};
    }
    const bool is_turned = inside_out && PyList_Reverse(inside_out.get()) == 0;
    return is_turned ? Ref::steal(PyList_AsTuple(inside_out.get())) : nullptr;
}

bool FrameChain::read(PyObject* tuple) {
    if (!PyTuple_CheckExact(tuple) || PyTuple_GET_SIZE(tuple) == 0) {
        unpickling_error("a tasklet that has begun needs frames, not %R", tuple);
        return false;
    }
    tuple_ = Ref::borrow(tuple);
    links_.resize(static_cast<size_t>(PyTuple_GET_SIZE(tuple)));
    for (size_t i = 0; i < links_.size(); i++) {
        PyObject* object = PyTuple_GET_ITEM(tuple, static_cast<Py_ssize_t>(i));
        if (!PyTuple_CheckExact(object) && !PyFrame_Check(object) && !is_generator(object)) {
            unpickling_error("a tasklet cannot have %s for a frame", Py_TYPE(object)->tp_name);
            return false;
        }
        links_[i].object = object;
    }
    return true;
}

PyObject** FrameChain::unfinished() {
    for (const Link& link : links_) {
        if (is_generator(link.object)) {
            RunningGenerator generator(as_generator(link.object));
            if (as_generator(link.object)->gi_frame_state == FRAME_CLEARED &&
                !generator.is_prepared())
                return generator.waiting_slot();
        } else if (PyFrame_Check(link.object)) {
            auto* frame = reinterpret_cast<PyFrameObject*>(link.object);
            if (is_blank(frame))
                return waiting_slot(frame);
        }
    }
    return nullptr;
}

bool FrameChain::read_contents() {
    for (Link& link : links_) {
        Ref content = Ref::borrow(link.object);
        if (is_generator(link.object)) {
            if (!RunningGenerator(as_generator(link.object)).is_prepared()) {
                unpickling_error("a tasklet cannot run a generator that another one runs, or none");
                return false;
            }
            content = Ref::borrow(RunningGenerator(as_generator(link.object)).content());
        } else if (PyFrame_Check(link.object)) {
            auto* frame = reinterpret_cast<PyFrameObject*>(link.object);
            if (!is_free(frame)) {
                unpickling_error("a tasklet cannot have a frame that another one has");
                return false;
            }
            content = content_of(frame->f_frame, true);
        }
        if (!content || !link.content.read(content.get()))
            return false;
        // Of what has been made for reading.
        link.content.keep(std::move(content));
    }
    return true;
}

/// Nothing but the stack of the frame that runs it keeps a generator.
bool FrameChain::check_generators() const {
    for (size_t i = 0; i < links_.size(); i++) {
        PyObject* object = links_[i].object;
        if (std::any_of(links_.begin(), links_.begin() + static_cast<Py_ssize_t>(i),
                        [&](const Link& other) { return other.object == object; })) {
            unpickling_error("a tasklet cannot have a frame twice");
            return false;
        }
        if (is_generator(object) &&
            (i == 0 || !links_[i - 1].content.any_value(
                           [&](PyObject* value) { return Holders(object).has(value); }))) {
            unpickling_error("a generator is not on the stack of the frame that runs it");
            return false;
        }
    }
    return true;
}

bool FrameChain::check(Resumption how) {
    if (!read_contents() || !check_generators())
        return false;
    for (size_t i = 0; i + 1 < links_.size(); i++) {
        if (!links_[i].content.check(links_[i].owner(), Resumption::delivered,
                                     links_[i + 1].content.delivery()))
            return false;
    }
    return links_.back().content.check(links_.back().owner(), how, eval::Delivery::value);
}

bool FrameChain::push(PyThreadState* ts, const Link& link, Frame*& previous) {
    if (is_generator(link.object)) {
        RunningGenerator(as_generator(link.object)).start(link.content, previous);
        previous = eval::frame_of(as_generator(link.object));
        return true;
    }
    Frame* frame = _PyThreadState_BumpFramePointer(ts, eval::frame_size(link.content.code()));
    if (frame == nullptr)
        return false;
    if (PyFrame_Check(link.object)) {
        move_frame(reinterpret_cast<PyFrameObject*>(link.object), frame);
    } else {
        link.content.fill(frame);
    }
    frame->owner = FRAME_OWNED_BY_THREAD;
    frame->is_entry = previous == nullptr;
    frame->previous = previous;
    if (eval::is_hidden(frame)) {
        eval::act_for(previous, frame);
        eval::mark_again(ts, frame);
    }
    previous = frame;
    return true;
}

bool FrameChain::push_all(PyThreadState* ts, Frame*& innermost) {
    innermost = nullptr;
    for (const Link& link : links_) {
        if (!push(ts, link, innermost)) {
            if (innermost != nullptr) {
                eval::drop_frames(ts, innermost);
            }
            return false;
        }
    }
    return true;
}

_PyErr_StackItem* FrameChain::link_exceptions(_PyErr_StackItem* base) {
    _PyErr_StackItem* innermost = nullptr;
    for (size_t i = 0; i < links_.size(); i++) {
        if (!is_generator(links_[i].object))
            continue;
        _PyErr_StackItem* own = &as_generator(links_[i].object)->gi_exc_state;
        own->previous_item = innermost == nullptr ? base : innermost;
        // While an exception is thrown past it, a generator is left out.
        const bool is_passed =
            i + 1 < links_.size() && links_[i + 1].content.delivery() == eval::Delivery::thrown;
        innermost = is_passed ? innermost : own;
    }
    return innermost;
}

int FrameChain::depth() const {
    int depth = 0;
    for (size_t i = 0; i < links_.size(); i++) {
        const PyCodeObject* code = links_[i].content.code();
        if (!eval::is_hidden(code)) {
            depth++;
            continue;
        }
        // json_text() of src/hidden/json.py counts for what is inside of a value, but not for json's `default`.
        const bool is_inside =
            i + 1 < links_.size() && eval::is_hidden(links_[i + 1].content.code());
        depth += is_inside && PyUnicode_CompareWithASCIIString(code->co_name, "json_text") == 0;
    }
    return depth;
}

bool FrameChain::build(PyThreadState* ts, Tasklet* tasklet) {
    Frame* innermost;
    tasklet->fields.exchange_data_stack(ts);
    const bool done = push_all(ts, innermost);
    tasklet->fields.exchange_data_stack(ts);
    if (done) {
        tasklet->fields.set_frames(innermost, link_exceptions(tasklet->scheduler->exception_base()),
                                   depth());
    }
    return done;
}

Ref FrameChain::make_frame_objects() {
    Ref innermost;
    for (Link& link : links_) {
        if (!PyTuple_CheckExact(link.object)) {
            unpickling_error("a tasklet that cannot go on needs the contents of its frames");
            return {};
        }
        if (!link.content.read(link.object))
            return {};
        innermost = make_frame_object(link.content, innermost.get());
        if (!innermost)
            return {};
    }
    return innermost;
}

}  // namespace stackless::pickle
