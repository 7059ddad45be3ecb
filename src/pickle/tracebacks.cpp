// Tracebacks, and exceptions as values (bombs).
#include "cpython/interpreter_end.hpp"
#include "cpython/layouts.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"
#include "tasklet/exceptions.hpp"

namespace stackless::pickle {

namespace {

// A traceback is written with all that follow it in one list, since there may be thousands.

PyTracebackObject* as_traceback(PyObject* object) {
    return reinterpret_cast<PyTracebackObject*>(object);
}

PyObject* reduce_traceback(PyObject* object, Pickling& pickling) {
    pickling.note_computation(object);
    Ref entries = Ref::steal(PyList_New(0));
    for (auto* traceback = as_traceback(object); entries && traceback != nullptr;
         traceback = traceback->tb_next) {
        const Ref entry = Ref::steal(
            Py_BuildValue("(Oii)", traceback->tb_frame, traceback->tb_lasti, traceback->tb_lineno));
        if (!entry || PyList_Append(entries.get(), entry.get()) != 0)
            return nullptr;
    }
    return reduce_to("load_traceback", PyTuple_New(0), entries.release(), "set_traceback_state");
}

/// The frame of tracebacks that have no state yet (borrowed). Null with an exception set.
PyObject* placeholder_frame() {
    static OfInterpreter<PyObject*> placeholder;
    if (*placeholder == nullptr) {
        auto code = RefTo<PyCodeObject>::steal(PyCode_NewEmpty("<pickle>", "<traceback>", 1));
        const Ref globals = code ? Ref::steal(PyDict_New()) : nullptr;
        if (globals) {
            *placeholder = reinterpret_cast<PyObject*>(
                PyFrame_New(PyThreadState_Get(), code.get(), globals.get(), nullptr));
        }
    }
    return *placeholder;
}

PyObject* make_traceback(PyObject* next, PyObject* frame, Py_ssize_t lasti, Py_ssize_t lineno) {
    return PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyTraceBack_Type), "OOnn", next,
                                 frame, lasti, lineno);
}

// load_traceback()
PyObject* load_traceback(PyObject*, PyObject*) {
    PyObject* frame = placeholder_frame();
    return frame == nullptr ? nullptr : make_traceback(Py_None, frame, -1, 1);
}

/// One item of the state.
struct Entry {
    PyObject* frame;  // borrowed
    Py_ssize_t lasti;
    Py_ssize_t lineno;

    /// False with UnpicklingError set.
    bool read(PyObject* item) {
        constexpr auto name = "set_traceback_state";
        if (!PyTuple_CheckExact(item) || PyTuple_GET_SIZE(item) != 3) {
            unpickling_error("%s() needs frames with their places", name);
            return false;
        }
        frame = PyTuple_GET_ITEM(item, 0);
        lasti = to_number(name, PyTuple_GET_ITEM(item, 1), -1, last_instruction());
        lineno = lasti >= -1 ? to_number(name, PyTuple_GET_ITEM(item, 2), -1, INT_MAX) : -2;
        if (lineno < -1)
            return false;
        // A generator that has not got its state yet has no frame to show.
        if (Py_IsNone(frame)) {
            frame = placeholder_frame();
            lasti = -1;
        } else if (!PyFrame_Check(frame)) {
            unpickling_error("%s() needs frames, not %s", name, Py_TYPE(frame)->tp_name);
            return false;
        }
        return frame != nullptr;
    }

private:
    Py_ssize_t last_instruction() const {
        if (!PyFrame_Check(frame))
            return INT_MAX;
        const PyCodeObject* code = reinterpret_cast<PyFrameObject*>(frame)->f_frame->f_code;
        return _PyCode_NBYTES(code) - static_cast<Py_ssize_t>(sizeof(Instr));
    }
};

/// The tracebacks from the second entry on, or None. Empty with UnpicklingError set.
Ref make_rest(PyObject* entries) {
    Ref next = Ref::borrow(Py_None);
    for (Py_ssize_t i = PyList_GET_SIZE(entries) - 1; next && i > 0; --i) {
        Entry entry;
        if (!entry.read(PyList_GET_ITEM(entries, i)))
            return {};
        next = Ref::steal(make_traceback(next.get(), entry.frame, entry.lasti, entry.lineno));
    }
    return next;
}

// set_traceback_state(traceback, [(frame, lasti, lineno), ...])
PyObject* set_traceback_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("set_traceback_state", count, 2))
        return nullptr;
    if (!PyTraceBack_Check(args[0]) ||
        reinterpret_cast<PyObject*>(as_traceback(args[0])->tb_frame) != placeholder_frame())
        return unpickling_error("set_traceback_state() needs a new traceback, not %s",
                                Py_TYPE(args[0])->tp_name);
    if (!PyList_CheckExact(args[1]) || PyList_GET_SIZE(args[1]) == 0)
        return unpickling_error("set_traceback_state() needs a list of frames");
    const Ref entries = Ref::borrow(args[1]);
    Entry first;
    if (!first.read(PyList_GET_ITEM(entries.get(), 0)))
        return nullptr;
    const Ref frame = Ref::borrow(first.frame);
    const Ref rest = make_rest(entries.get());
    if (!rest)
        return nullptr;
    auto* traceback = as_traceback(args[0]);
    traceback->tb_lasti = static_cast<int>(first.lasti);
    traceback->tb_lineno = static_cast<int>(first.lineno);
    Py_INCREF(frame.get());
    Py_SETREF(traceback->tb_frame, reinterpret_cast<PyFrameObject*>(frame.get()));
    if (!Py_IsNone(rest.get())) {
        Py_INCREF(rest.get());
        Py_XSETREF(traceback->tb_next, as_traceback(rest.get()));
    }
    Py_RETURN_NONE;
}

// Bombs

PyObject* reduce_bomb(PyObject* object, Pickling& pickling) {
    // It is one that its exception's traceback travels with.
    pickling.note_computation(object);
    return reduce_to("load_bomb", PyTuple_Pack(1, reinterpret_cast<Bomb*>(object)->exception));
}

// load_bomb(exception)
PyObject* load_bomb(PyObject*, PyObject* exception) {
    if (!PyExceptionInstance_Check(exception))
        return unpickling_error("load_bomb() needs an exception, not %s",
                                Py_TYPE(exception)->tp_name);
    return make_bomb(Ref::borrow(exception)).release();
}

const Reducer reducers[] = {{&PyTraceBack_Type, reduce_traceback}, {&bomb_type, reduce_bomb}};

PyMethodDef functions[] = {
    {"load_traceback", load_traceback, METH_NOARGS,
     "load_traceback($module, /)\n--\n\n"
     "Makes a traceback for a pickle. Its frame is one that stands for none, until it gets its "
     "state."},
    {"set_traceback_state", as_method(set_traceback_state), METH_FASTCALL,
     "set_traceback_state($module, traceback, entries, /)\n--\n\n"
     "Gives what load_traceback() has made its frame, `tb_lasti` and `tb_lineno`, and those of all "
     "tracebacks that follow it.\n\n"
     "pickle.UnpicklingError: it is not new, or has no such state."},
    {"load_bomb", load_bomb, METH_O,
     "load_bomb($module, exception, /)\n--\n\n"
     "Makes a bomb for a pickle.\n\n"
     "pickle.UnpicklingError: that is no exception."},
    {}};

}  // namespace

ReducerFamily traceback_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
