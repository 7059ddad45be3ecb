// Frames as objects, and what is only found in frames of hidden functions.
#include "pickle/frames.hpp"

#include <algorithm>

#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/primitives.hpp"
#include "pickle/constants.hpp"
#include "pickle/errors.hpp"
#include "pickle/generators.hpp"
#include "pickle/held_locks.hpp"
#include "pickle/reducers.hpp"
#include "pickle/unfinished.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// In PyFrameObject::f_lineno, which otherwise is 0 or a line.
constexpr int blank_line = -1;
/// Of an object that is to stand for the frame of a generator when that has got its state.
constexpr int waiting_line = -2;

/// Gives the object the room that it has in itself.
Frame* own_room(PyFrameObject* object) {
    object->f_frame = reinterpret_cast<Frame*>(object->_f_frame_data);
    object->f_frame->owner = FRAME_OWNED_BY_FRAME_OBJECT;
    object->f_frame->is_entry = false;
    return object->f_frame;
}

/// Whether the stack of a frame can be told: it is suspended.
bool knows_stack(const Frame* frame) {
    return frame->stacktop >= frame->f_code->co_nlocalsplus;
}

/// A frame object without content, with that in f_lineno. Null with MemoryError set.
PyObject* new_blank_frame(PyObject* function, int line) {
    auto* code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
    PyFrameObject* object = _PyFrame_New_NoTrack(code);
    if (object == nullptr)
        return nullptr;
    Frame* frame = own_room(object);
    _PyFrame_InitializeSpecials(frame, reinterpret_cast<PyFunctionObject*>(Py_NewRef(function)),
                                nullptr, code->co_nlocalsplus);
    frame->owner = FRAME_OWNED_BY_FRAME_OBJECT;
    frame->previous = nullptr;
    // There are no objects for frames that are not complete.
    frame->prev_instr = _PyCode_CODE(code) + code->_co_firsttraceable;
    std::fill_n(frame->localsplus, code->co_nlocalsplus, nullptr);
    object->f_lineno = line;
    PyObject_GC_Track(object);
    return reinterpret_cast<PyObject*>(object);
}

// load_frame(function): a frame without content.
PyObject* load_frame(PyObject*, PyObject* function) {
    if (!Py_IS_TYPE(function, &PyFunction_Type))
        return unpickling_error("a frame needs a function, not %s", Py_TYPE(function)->tp_name);
    if (eval::is_hidden(reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function))))
        return unpickling_error("there are no objects for frames of the interpreter's functions");
    return new_blank_frame(function, blank_line);
}

/// Whether there may be an object for a frame. False with UnpicklingError set.
bool is_complete(const FrameContent& content) {
    if (content.offset() >= content.code()->_co_firsttraceable)
        return true;
    unpickling_error("a frame of %U cannot be looked at before it has begun",
                     content.code()->co_qualname);
    return false;
}

/// Fills in the room that the object has.
void fill_object(PyFrameObject* object, const FrameContent& content) {
    Frame* frame = object->f_frame;
    const Ref old_function = Ref::steal(reinterpret_cast<PyObject*>(frame->f_func));
    const Ref old_code = Ref::steal(reinterpret_cast<PyObject*>(frame->f_code));
    const Ref old_locals = Ref::steal(frame->f_locals);
    content.fill(frame);
    object->f_lineno = 0;
}

// set_frame_state(frame, content)
PyObject* set_frame_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !PyFrame_Check(args[0]) ||
        !is_blank(reinterpret_cast<PyFrameObject*>(args[0])))
        return unpickling_error("set_frame_state() needs a frame without a state, and one");
    auto* object = reinterpret_cast<PyFrameObject*>(args[0]);
    FrameContent content;
    if (!content.read(args[1]))
        return nullptr;
    // The room is as large as that code needs.
    if (content.code() != object->f_frame->f_code)
        return unpickling_error("the state of a frame is one of another function");
    if (!is_complete(content))
        return nullptr;
    fill_object(object, content);
    if (!finish_waiting(waiting_slot(object)))
        return nullptr;
    Py_RETURN_NONE;
}

// load_generator_frame(generator, function): the frame object of a generator of that function. It may be asked for
// before the generator has its state: by the traceback of an exception that is in it.
PyObject* load_generator_frame(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !is_generator(args[0]) || !Py_IS_TYPE(args[1], &PyFunction_Type))
        return unpickling_error("load_generator_frame() needs a generator and its function");
    auto* generator = reinterpret_cast<PyGenObject*>(args[0]);
    if (reinterpret_cast<PyObject*>(generator->gi_code) != PyFunction_GET_CODE(args[1]))
        return unpickling_error("the frame of a generator is one of another function");
    if (generator->gi_frame_state < FRAME_COMPLETED)
        return Py_XNewRef(
            reinterpret_cast<PyObject*>(_PyFrame_GetFrameObject(eval::frame_of(generator))));
    if (PyObject* waiting = waiting_frame(generator))
        return Py_NewRef(waiting);
    Ref made = Ref::steal(new_blank_frame(args[1], waiting_line));
    return made && let_frame_wait(generator, made.get()) ? made.release() : nullptr;
}

PyObject* reduce_generator_frame(Frame* frame) {
    PyGenObject* generator = _PyFrame_GetGenerator(frame);
    const Ref function = function_of_generator(generator);
    return function
               ? Py_BuildValue("O(OO)", loader("load_generator_frame"), generator, function.get())
               : nullptr;
}

// ---- What hidden functions have on their stacks

/// The object that they know as `missing`.
PyObject* missing_object() {
    return eval::hidden_missing(PyThreadState_Get());
}

PyObject* reduce_plain_object(PyObject* object, Pickling& pickling) {
    if (object == missing_object())
        return Py_BuildValue("O()", loader("load_missing"));
    PyObject* constant = pickling.has_computation() ? reduce_constant(object, pickling) : nullptr;
    return constant != nullptr || PyErr_Occurred() ? constant : leave_to_stock();
}

PyObject* load_missing(PyObject*, PyObject*) {
    return Py_XNewRef(missing_object());
}

PyObject* reduce_builtin(PyObject* object, Pickling& pickling) {
    auto* function = reinterpret_cast<PyCFunctionObject*>(object);
    PyObject* reduced = reduce_lock_exit(object, pickling);
    if (reduced == nullptr && !PyErr_Occurred() && pickling.has_computation()) {
        reduced = reduce_inherited_method(object);
    }
    if (reduced != nullptr || PyErr_Occurred())
        return reduced;
    if (function->m_module != nullptr || function->m_self != nullptr)
        return leave_to_stock();
    const Ref name = Ref::steal(PyUnicode_FromString(function->m_ml->ml_name));
    if (!name || eval::find_primitive(name.get()) != function->m_ml)
        return name ? leave_to_stock() : nullptr;
    return Py_BuildValue("O(O)", loader("load_primitive"), name.get());
}

PyObject* load_primitive(PyObject*, PyObject* name) {
    PyMethodDef* definition = PyUnicode_Check(name) ? eval::find_primitive(name) : nullptr;
    if (definition == nullptr)
        return unpickling_error("there is no primitive %R", name);
    return PyCFunction_New(definition, nullptr);
}

constexpr Reducer reducers[] = {
    {&PyFrame_Type, reduce_frame},
    {&PyGen_Type, reduce_generator},
    {&PyCoro_Type, reduce_generator},
    {&PyAsyncGen_Type, reduce_generator},
    {&PyBaseObject_Type, reduce_plain_object},
    {&PyCFunction_Type, reduce_builtin},
};

PyMethodDef functions[] = {
    {"load_frame", load_frame, METH_O, nullptr},
    {"set_frame_state", eval::fast_method(set_frame_state), METH_FASTCALL, nullptr},
    {"load_generator_frame", eval::fast_method(load_generator_frame), METH_FASTCALL, nullptr},
    {"load_generator", load_generator, METH_O, nullptr},
    {"set_generator_state", eval::fast_method(set_generator_state), METH_FASTCALL, nullptr},
    {"load_missing", load_missing, METH_NOARGS, nullptr},
    {"load_primitive", load_primitive, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool is_blank(const PyFrameObject* frame) {
    return frame->f_lineno == blank_line;
}

PyObject* reduce_frame(PyObject* object, Pickling& pickling) {
    pickling.note_computation(object);
    Frame* frame = reinterpret_cast<PyFrameObject*>(object)->f_frame;
    if (frame->owner == FRAME_OWNED_BY_GENERATOR)
        return reduce_generator_frame(frame);
    const Ref content = content_of(frame, knows_stack(frame));
    if (!content)
        return nullptr;
    return Py_BuildValue("O(O)OOOO", loader("load_frame"), frame->f_func, content.get(), Py_None,
                         Py_None, loader("set_frame_state"));
}

Ref make_frame_object(const FrameContent& content, PyObject* back) {
    PyFrameObject* object = is_complete(content) ? _PyFrame_New_NoTrack(content.code()) : nullptr;
    if (object == nullptr)
        return {};
    content.fill(own_room(object));
    object->f_back = reinterpret_cast<PyFrameObject*>(Py_XNewRef(back));
    PyObject_GC_Track(object);
    return Ref::steal(reinterpret_cast<PyObject*>(object));
}

void move_frame(PyFrameObject* object, Frame* frame) {
    const Frame* from = object->f_frame;
    const auto size =
        offsetof(Frame, localsplus) + static_cast<size_t>(from->stacktop) * sizeof(PyObject*);
    std::copy_n(reinterpret_cast<const char*>(from), size, reinterpret_cast<char*>(frame));
    Py_INCREF(object);
    frame->frame_obj = object;
    object->f_frame = frame;
}

void stand_for(PyFrameObject* object, Frame* frame) {
    Frame* own = object->f_frame;
    const Ref function = Ref::steal(reinterpret_cast<PyObject*>(own->f_func));
    const Ref code = Ref::steal(reinterpret_cast<PyObject*>(own->f_code));
    const Ref locals = Ref::steal(own->f_locals);
    PyObject_GC_UnTrack(object);
    object->f_frame = frame;
    object->f_lineno = 0;
    frame->frame_obj = reinterpret_cast<PyFrameObject*>(Py_NewRef(object));
    // Who looks at f_locals fills the closure in.
    for (int i = 0; i < own->stacktop; i++) {
        Py_CLEAR(own->localsplus[i]);
    }
}

ReducerFamily frame_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
