#include "tasklet/exceptions.hpp"

#include "cpython/interpreter_end.hpp"

namespace stackless {

PyObject* TaskletExit = nullptr;

namespace {

// What bomb_from_error() returns without memory. Owned by this module, like TaskletExit.
PyObject* memory_error_bomb = nullptr;

Bomb* as_bomb(PyObject* object) {
    return reinterpret_cast<Bomb*>(object);
}

bool is_none(PyObject* object) {
    return object == nullptr || object == Py_None;
}

PyObject* bomb_new(PyTypeObject*, PyObject* args, PyObject* kwargs) {
    static const char* keywords[] = {"type", "value", "traceback", nullptr};
    PyObject* type;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    const bool is_exc_info =
        PyTuple_GET_SIZE(args) == 1 && PyTuple_Check(PyTuple_GET_ITEM(args, 0));
    if (is_exc_info) {
        args = PyTuple_GET_ITEM(args, 0);
    }
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO:bomb", const_cast<char**>(keywords), &type,
                                     &value, &traceback))
        return nullptr;
    Ref exception = make_exception(type, value, traceback);
    return exception ? make_bomb(std::move(exception)).release() : nullptr;
}

int bomb_traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(as_bomb(self)->exception);
    return 0;
}

int bomb_clear(PyObject* self) {
    Py_CLEAR(as_bomb(self)->exception);
    return 0;
}

void bomb_dealloc(PyObject* self) {
    PyObject_GC_UnTrack(self);
    bomb_clear(self);
    Py_TYPE(self)->tp_free(self);
}

PyObject* bomb_get_type(PyObject* self, void*) {
    return Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(as_bomb(self)->exception)));
}

PyObject* bomb_get_value(PyObject* self, void*) {
    return Py_NewRef(as_bomb(self)->exception);
}

PyObject* bomb_get_traceback(PyObject* self, void*) {
    PyObject* traceback = PyException_GetTraceback(as_bomb(self)->exception);
    return traceback == nullptr ? Py_NewRef(Py_None) : traceback;
}

PyGetSetDef bomb_attributes[] = {
    {"type", bomb_get_type, nullptr, "The class of the exception that the bomb carries.", nullptr},
    {"value", bomb_get_value, nullptr, "The exception that the bomb carries, an instance.",
     nullptr},
    {"traceback", bomb_get_traceback, nullptr,
     "The traceback of the exception that the bomb carries, or None.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

constexpr const char* bomb_doc =
    "bomb(type, value=None, traceback=None)\n--\n\n"
    "Carries an exception as a value. A tasklet that is resumed with a bomb, as its tempval\n"
    "or over a channel, has the exception raised. The arguments are those of tasklet.throw();\n"
    "they may also be given as one tuple, as from sys.exc_info().\n\n"
    "TypeError: type is no exception, or traceback no traceback.";

constexpr const char* tasklet_exit_doc =
    "Ends a tasklet silently, when it is raised in it. Do not catch it without raising it again.";

/// Calls an exception class. TypeError if the result is no exception.
Ref call_exception_class(PyObject* exc, PyObject* args) {
    Ref exception = Ref::steal(PyObject_Call(exc, args, nullptr));
    if (exception && !PyExceptionInstance_Check(exception.get())) {
        PyErr_Format(PyExc_TypeError,
                     "calling %R should have returned an instance of BaseException, not %R", exc,
                     Py_TYPE(exception.get()));
        return nullptr;
    }
    return exception;
}

Ref instantiate(PyObject* exc, PyObject* val) {
    if (!is_none(val) && PyExceptionInstance_Check(val) &&
        PyObject_TypeCheck(val, reinterpret_cast<PyTypeObject*>(exc)))
        return Ref::borrow(val);
    Ref args;
    if (!is_none(val) && PyTuple_Check(val)) {
        args = Ref::borrow(val);
    } else {
        args = Ref::steal(is_none(val) ? PyTuple_New(0) : PyTuple_Pack(1, val));
    }
    return args ? call_exception_class(exc, args.get()) : nullptr;
}

void set_not_an_exception(PyObject* exc) {
    PyErr_Format(PyExc_TypeError,
                 "exceptions must be classes or instances deriving from BaseException, not %s",
                 exc == nullptr ? "nothing" : Py_TYPE(exc)->tp_name);
}

}  // namespace

PyTypeObject bomb_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "stackless.bomb";
    type.tp_basicsize = sizeof(Bomb);
    type.tp_doc = bomb_doc;
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;
    type.tp_new = bomb_new;
    type.tp_dealloc = bomb_dealloc;
    type.tp_traverse = bomb_traverse;
    type.tp_clear = bomb_clear;
    type.tp_getset = bomb_attributes;
    return type;
}();

bool init_exceptions() {
    if (!ready_type(&bomb_type))
        return false;
    if (TaskletExit == nullptr) {
        TaskletExit = PyErr_NewExceptionWithDoc("builtins.TaskletExit", tasklet_exit_doc,
                                                PyExc_SystemExit, nullptr);
    }
    if (memory_error_bomb == nullptr) {
        Ref memory_error = Ref::steal(PyObject_CallNoArgs(PyExc_MemoryError));
        memory_error_bomb = memory_error ? make_bomb(std::move(memory_error)).release() : nullptr;
    }
    return TaskletExit != nullptr && memory_error_bomb != nullptr &&
           PyDict_SetItemString(PyInterpreterState_Get()->builtins, "TaskletExit", TaskletExit) ==
               0;
}

Ref make_bomb(Ref exception) {
    auto* bomb = reinterpret_cast<Bomb*>(PyType_GenericAlloc(&bomb_type, 0));
    if (bomb == nullptr)
        return nullptr;
    bomb->exception = exception.release();
    return Ref::steal(reinterpret_cast<PyObject*>(bomb));
}

Ref bomb_from_error() {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) {
        PyException_SetTraceback(value, traceback);
        Py_DECREF(traceback);
    }
    Py_DECREF(type);
    Ref bomb = make_bomb(Ref::steal(value));
    if (bomb)
        return bomb;
    PyErr_Clear();
    return Ref::borrow(memory_error_bomb);
}

void explode(PyObject* bomb) {
    PyObject* exception = as_bomb(bomb)->exception;
    PyErr_Restore(Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(exception))), Py_NewRef(exception),
                  PyException_GetTraceback(exception));
}

PyObject* explode_if_bomb(PyObject* value) {
    if (!is_bomb(value)) [[likely]]
        return value;
    explode(value);
    Py_DECREF(value);
    return nullptr;
}

bool carries(PyObject* bomb, PyObject* exception_class) {
    return PyErr_GivenExceptionMatches(as_bomb(bomb)->exception, exception_class) != 0;
}

Ref make_exception(PyObject* exc, PyObject* val, PyObject* tb) {
    if (!is_none(tb) && !PyTraceBack_Check(tb)) {
        PyErr_Format(PyExc_TypeError, "the traceback must be a traceback object or None, not %s",
                     Py_TYPE(tb)->tp_name);
        return nullptr;
    }
    Ref exception;
    if (exc != nullptr && PyExceptionInstance_Check(exc)) {
        if (!is_none(val)) {
            PyErr_SetString(PyExc_TypeError, "instance exception may not have a separate value");
            return nullptr;
        }
        exception = Ref::borrow(exc);
    } else if (exc != nullptr && PyExceptionClass_Check(exc)) {
        exception = instantiate(exc, val);
    } else {
        set_not_an_exception(exc);
    }
    if (exception && !is_none(tb)) {
        PyException_SetTraceback(exception.get(), tb);
    }
    return exception;
}

Ref make_exception_from_call(const char* function, PyObject* const* args, Py_ssize_t nargs) {
    if (nargs < 1) {
        PyErr_Format(PyExc_TypeError, "%s() takes at least 1 argument: the exception class",
                     function);
        return nullptr;
    }
    PyObject* exc = args[0];
    if (nargs == 1 && PyExceptionInstance_Check(exc))
        return Ref::borrow(exc);
    if (!PyExceptionClass_Check(exc)) {
        set_not_an_exception(exc);
        return nullptr;
    }
    Ref exc_args = Ref::steal(_PyTuple_FromArray(args + 1, nargs - 1));
    return exc_args ? call_exception_class(exc, exc_args.get()) : nullptr;
}

}  // namespace stackless
