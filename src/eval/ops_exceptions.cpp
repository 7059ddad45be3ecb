// Raising, catching and cleaning up: raise, try, with.
#include "cpython/ref.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

/// Sets `exception` (reference stolen) as the exception being raised, with its own traceback.
void set_raised(PyThreadState* ts, PyObject* exception) {
    _PyErr_Restore(ts, Py_NewRef(PyExceptionInstance_Class(exception)), exception,
                   PyException_GetTraceback(exception));
}

/// An exception instance out of what `raise` was given, a class or an instance.
Ref instantiate(PyThreadState* ts, Ref raised, const char* complaint) {
    if (PyExceptionInstance_Check(raised.get()))
        return raised;
    if (!PyExceptionClass_Check(raised.get())) {
        _PyErr_SetString(ts, PyExc_TypeError, complaint);
        return {};
    }
    return Ref::steal(PyObject_CallNoArgs(raised.get()));
}

void raise_new(PyThreadState* ts, Ref raised, Ref cause) {
    PyObject* type = raised.get();
    const bool is_class = PyExceptionClass_Check(type);
    Ref keep_class = is_class ? Ref::borrow(type) : Ref();
    Ref exception = instantiate(ts, std::move(raised), "exceptions must derive from BaseException");
    if (!exception)
        return;
    if (!PyExceptionInstance_Check(exception.get())) {
        _PyErr_Format(ts, PyExc_TypeError,
                      "calling %R should have returned an instance of BaseException, not %R", type,
                      Py_TYPE(exception.get()));
        return;
    }
    if (cause) {
        Ref fixed = cause.get() == Py_None
                        ? Ref()
                        : instantiate(ts, std::move(cause),
                                      "exception causes must derive from BaseException");
        if (!fixed && _PyErr_Occurred(ts))
            return;
        PyException_SetCause(exception.get(), fixed.release());
    }
    _PyErr_SetObject(ts, PyExceptionInstance_Class(exception.get()), exception.get());
}

/// `raise` alone: the exception being handled is raised again, as it is. False when there is none.
bool raise_handled_again(PyThreadState* ts) {
    PyObject* handled = _PyErr_GetTopmostException(ts)->exc_value;
    if (handled == nullptr || handled == Py_None) {
        _PyErr_SetString(ts, PyExc_RuntimeError, "No active exception to reraise");
        return false;
    }
    set_raised(ts, Py_NewRef(handled));
    return true;
}

constexpr const char* not_an_exception =
    "catching classes that do not inherit from BaseException is not allowed";

template <class Accepts>
bool accepts_all(PyObject* caught, Accepts accepts) {
    if (!PyTuple_Check(caught))
        return accepts(caught);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(caught); i++) {
        if (!accepts(PyTuple_GET_ITEM(caught, i)))
            return false;
    }
    return true;
}

bool check_caught(PyThreadState* ts, PyObject* caught) {
    if (accepts_all(caught, [](PyObject* type) { return PyExceptionClass_Check(type) != 0; }))
        return true;
    _PyErr_SetString(ts, PyExc_TypeError, not_an_exception);
    return false;
}

/// `except*` takes exception classes, but not groups.
bool check_caught_in_group(PyThreadState* ts, PyObject* caught) {
    if (!check_caught(ts, caught))
        return false;
    bool failed = false;
    const bool no_groups = accepts_all(caught, [&](PyObject* type) {
        const int is_group = PyObject_IsSubclass(type, PyExc_BaseExceptionGroup);
        failed = failed || is_group < 0;
        return is_group == 0;
    });
    if (!no_groups && !failed) {
        _PyErr_SetString(
            ts, PyExc_TypeError,
            "catching ExceptionGroup with except* is not allowed. Use except instead.");
    }
    return no_groups;
}

/// Splits an exception for `except* caught`. Both parts are None where there is nothing.
bool split_exception(PyThreadState* ts, PyObject* exception, PyObject* caught, Ref* match,
                     Ref* rest) {
    *match = Ref::borrow(Py_None);
    *rest = Ref::borrow(Py_None);
    if (exception == Py_None)
        return true;
    const bool is_group =
        PyObject_TypeCheck(exception, reinterpret_cast<PyTypeObject*>(PyExc_BaseExceptionGroup));
    if (PyErr_GivenExceptionMatches(exception, caught)) {
        if (is_group) {
            *match = Ref::borrow(exception);
            return true;
        }
        // A naked exception is handled as a group of one.
        Ref members = Ref::steal(PyTuple_Pack(1, exception));
        *match = Ref::steal(members ? _PyExc_CreateExceptionGroup("", members.get()) : nullptr);
        return static_cast<bool>(*match);
    }
    if (!is_group) {
        *rest = Ref::borrow(exception);
        return true;
    }
    Ref parts = Ref::steal(PyObject_CallMethod(exception, "split", "(O)", caught));
    if (!parts)
        return false;
    if (!PyTuple_CheckExact(parts.get()) || PyTuple_GET_SIZE(parts.get()) != 2) {
        _PyErr_Format(ts, PyExc_TypeError, "%.200s.split must return a 2-tuple",
                      Py_TYPE(exception)->tp_name);
        return false;
    }
    *match = Ref::borrow(PyTuple_GET_ITEM(parts.get(), 0));
    *rest = Ref::borrow(PyTuple_GET_ITEM(parts.get(), 1));
    return true;
}

/// Does the match of `except*` on the stack: `exception caught` becomes `rest match`, or `exception
/// None`.
bool match_group(PyThreadState* ts, PyObject** sp) {
    Ref match, rest;
    if (!check_caught_in_group(ts, sp[-1]) || !split_exception(ts, sp[-2], sp[-1], &match, &rest))
        return false;
    Ref caught = Ref::steal(std::exchange(sp[-1], match.release()));
    if (sp[-1] == Py_None)
        return true;
    Ref exception = Ref::steal(std::exchange(sp[-2], rest.release()));
    PyErr_SetExcInfo(nullptr, Py_NewRef(sp[-1]), nullptr);
    return true;
}

/// The two methods of a context manager, looked up before either is called.
bool lookup_manager(PyThreadState* ts, PyObject* manager, PyObject* enter_name, PyObject* exit_name,
                    const char* protocol, Ref* enter, Ref* exit) {
    *enter = Ref::steal(_PyObject_LookupSpecial(manager, enter_name));
    if (!*enter) {
        if (!_PyErr_Occurred(ts)) {
            _PyErr_Format(ts, PyExc_TypeError, "'%.200s' object does not support the %s protocol",
                          Py_TYPE(manager)->tp_name, protocol);
        }
        return false;
    }
    *exit = Ref::steal(_PyObject_LookupSpecial(manager, exit_name));
    if (!*exit && !_PyErr_Occurred(ts)) {
        _PyErr_Format(ts, PyExc_TypeError,
                      "'%.200s' object does not support the %s protocol (missed %U method)",
                      Py_TYPE(manager)->tp_name, protocol, exit_name);
    }
    return static_cast<bool>(*exit);
}

/// Replaces the manager at `place` by its exit method and returns what its enter method returns.
PyObject* enter_manager(PyThreadState* ts, PyObject** place, PyObject* enter_name,
                        PyObject* exit_name, const char* protocol) {
    Ref enter, exit;
    if (!lookup_manager(ts, *place, enter_name, exit_name, protocol, &enter, &exit))
        return nullptr;
    Ref manager = Ref::steal(*place);
    *place = exit.release();
    return PyObject_CallNoArgs(enter.get());
}

}  // namespace

OP(RAISE_VARARGS) {
    SAVE_IP();
    if (oparg == 0) {
        if (raise_handled_again(ts))
            GOTO(unwind);
        GOTO(raise);
    }
    PyObject* cause = oparg == 2 ? *--sp : nullptr;
    raise_new(ts, Ref::steal(*--sp), Ref::steal(cause));
    GOTO(raise);
}

OP(RERAISE) {
    SAVE_IP();
    // With an argument, the place that the traceback is to show lies that deep on the stack.
    if (oparg != 0) {
        frame->prev_instr = _PyCode_CODE(frame->f_code) + PyLong_AsLong(sp[-oparg - 1]);
    }
    set_raised(ts, *--sp);
    GOTO(unwind);
}

OP(PUSH_EXC_INFO) {
    PyObject* exception = sp[-1];
    PyObject* outer = ts->exc_info->exc_value;
    sp[-1] = outer != nullptr ? outer : Py_NewRef(Py_None);
    *sp++ = exception;
    ts->exc_info->exc_value = Py_NewRef(exception);
    NEXT();
}

OP(POP_EXCEPT) {
    PyObject* handled = ts->exc_info->exc_value;
    ts->exc_info->exc_value = *--sp;
    if (handled != nullptr) {
        DROP(handled);
    }
    NEXT();
}

OP(CHECK_EXC_MATCH) {
    SAVE_IP();
    PyObject* caught = sp[-1];
    if (!check_caught(ts, caught))
        GOTO(raise);
    sp[-1] = new_bool(PyErr_GivenExceptionMatches(sp[-2], caught) != 0);
    Py_DECREF(caught);
    NEXT();
}

OP(CHECK_EG_MATCH) {
    SAVE_IP();
    if (!match_group(ts, sp))
        GOTO(raise);
    NEXT();
}

OP(PREP_RERAISE_STAR) {
    SAVE_IP();
    PyObject* raised = sp[-1];
    PyObject* original = sp[-2];
    PyObject* result = _PyExc_PrepReraiseStar(original, raised);
    if (result == nullptr)
        GOTO(raise);
    sp--;
    sp[-1] = result;
    Py_DECREF(original);
    Py_DECREF(raised);
    NEXT();
}

OP(BEFORE_WITH) {
    SAVE_IP();
    PyObject* entered =
        enter_manager(ts, sp - 1, &_Py_ID(__enter__), &_Py_ID(__exit__), "context manager");
    if (entered == nullptr)
        GOTO(raise);
    *sp++ = entered;
    NEXT();
}

OP(BEFORE_ASYNC_WITH) {
    SAVE_IP();
    PyObject* entered = enter_manager(ts, sp - 1, &_Py_ID(__aenter__), &_Py_ID(__aexit__),
                                      "asynchronous context manager");
    if (entered == nullptr)
        GOTO(raise);
    *sp++ = entered;
    NEXT();
}

OP(WITH_EXCEPT_START) {
    // Stack: exit method, place of the exception, outer exception, exception.
    SAVE_IP();
    PyObject* exception = sp[-1];
    PyObject* traceback = PyException_GetTraceback(exception);
    if (traceback == nullptr) {
        traceback = Py_NewRef(Py_None);
    }
    PyObject* args[] = {nullptr, PyExceptionInstance_Class(exception), exception, traceback};
    PyObject* result =
        PyObject_Vectorcall(sp[-4], args + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
    Py_DECREF(traceback);
    if (result == nullptr)
        GOTO(raise);
    *sp++ = result;
    NEXT();
}

OP(PRINT_EXPR) {
    SAVE_IP();
    PyObject* value = *--sp;
    PyObject* hook = _PySys_GetAttr(ts, &_Py_ID(displayhook));
    PyObject* result = nullptr;
    if (hook == nullptr) {
        _PyErr_SetString(ts, PyExc_RuntimeError, "lost sys.displayhook");
    } else {
        result = PyObject_CallOneArg(hook, value);
    }
    Py_DECREF(value);
    if (result == nullptr)
        GOTO(raise);
    Py_DECREF(result);
    NEXT();
}

}  // namespace stackless::eval
