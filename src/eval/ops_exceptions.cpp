// Raising, catching and cleaning up: raise, try, with.
#include "cpython/ref.hpp"
#include "eval/calls.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

/// Sets `exception` (reference stolen) as the exception being raised, with its own traceback.
void set_raised(PyThreadState* ts, PyObject* exception) {
    _PyErr_Restore(ts, Py_NewRef(PyExceptionInstance_Class(exception)), exception,
                   PyException_GetTraceback(exception));
}

/// Whether an object of a class is one that can be raised; else the exception that is set says so.
bool check_raised(PyThreadState* ts, PyObject* type, PyObject* made) {
    if (PyExceptionInstance_Check(made))
        return true;
    _PyErr_Format(ts, PyExc_TypeError,
                  "calling %R should have returned an instance of BaseException, not %R", type,
                  Py_TYPE(made));
    return false;
}

/// Raises an exception with a cause, which may be null: then it keeps the one that it has.
void raise_instance(PyThreadState* ts, Ref exception, Ref cause) {
    if (cause) {
        PyException_SetCause(exception.get(), cause.get() == Py_None ? nullptr : cause.release());
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

/// What `except*` raises at its end, or None. Null with an exception set.
PyObject* reraised_group(PyThreadState* ts, PyObject* original, PyObject* raised) {
    // Nobody but the instructions before should have the list.
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(raised); i++) {
        PyObject* exception = PyList_GET_ITEM(raised, i);
        if (exception != Py_None && !PyExceptionInstance_Check(exception)) {
            _PyErr_SetString(ts, PyExc_SystemError, "no exception to raise again");
            return nullptr;
        }
    }
    return _PyExc_PrepReraiseStar(original, raised);
}

/// A method of a context manager. Empty with an exception set.
Ref lookup_exit(PyThreadState* ts, PyObject* manager, PyObject* exit_name, const char* protocol) {
    Ref exit = Ref::steal(_PyObject_LookupSpecial(manager, exit_name));
    if (!exit && !_PyErr_Occurred(ts)) {
        _PyErr_Format(ts, PyExc_TypeError,
                      "'%.200s' object does not support the %s protocol (missed %U method)",
                      Py_TYPE(manager)->tp_name, protocol, exit_name);
    }
    return exit;
}

bool is_called_unbound(PyObject* method, PyObject* self) {
    return PyFunction_Check(method) ||
           (Py_IS_TYPE(method, &PyMethodDescr_Type) &&
            PyObject_TypeCheck(self, reinterpret_cast<PyDescrObject*>(method)->d_type));
}

/// The same for the other one. A function and a method in C are not bound.
Ref lookup_enter(PyThreadState* ts, PyObject* manager, PyObject* enter_name, const char* protocol,
                 bool* is_unbound) {
    Ref enter = Ref::borrow(type_lookup(Py_TYPE(manager), enter_name));
    *is_unbound = enter && is_called_unbound(enter.get(), manager);
    if (enter && !*is_unbound) {
        const descrgetfunc bind = Py_TYPE(enter.get())->tp_descr_get;
        if (bind != nullptr)
            return Ref::steal(
                bind(enter.get(), manager, reinterpret_cast<PyObject*>(Py_TYPE(manager))));
    }
    if (!enter && !_PyErr_Occurred(ts)) {
        _PyErr_Format(ts, PyExc_TypeError, "'%.200s' object does not support the %s protocol",
                      Py_TYPE(manager)->tp_name, protocol);
    }
    return enter;
}

/// Replaces the manager at `place` by its exit method, and begins the call of its enter method. Both are looked up
/// before either is called.
StartedCall enter_manager(PyThreadState* ts, const Frame* frame, PyObject** place,
                          PyObject* enter_name, PyObject* exit_name, const char* protocol) {
    bool is_unbound;
    const Ref enter = lookup_enter(ts, *place, enter_name, protocol, &is_unbound);
    if (!enter)
        return {};
    Ref exit = lookup_exit(ts, *place, exit_name, protocol);
    if (!exit)
        return {};
    const Ref manager = Ref::steal(std::exchange(*place, exit.release()));
    return is_unbound ? start_call(ts, frame, enter.get(), manager.get())
                      : start_call(ts, frame, enter.get());
}

/// Begins the call of the exit method that lies below an exception.
StartedCall leave_manager(PyThreadState* ts, const Frame* frame, PyObject* exit,
                          PyObject* exception) {
    const Ref traceback = Ref::steal(PyException_GetTraceback(exception));
    return start_call(ts, frame, exit, PyExceptionInstance_Class(exception), exception,
                      traceback ? traceback.get() : Py_None);
}

}  // namespace

HANDLER(raise_value);
HANDLER(raise_with_cause);
HANDLER(raise_made);

OP(RAISE_VARARGS) {
    SAVE_IP();
    if (oparg == 0) {
        if (raise_handled_again(ts))
            GOTO(unwind);
        GOTO(raise);
    }
    GOTO(raise_value);
}

// The stack of `raise`: the exception or its class and, if oparg is 2, the cause, which may be a class as well. An
// object of the class takes its place.

HANDLER(raise_value) {
    PyObject* raised = sp[-oparg];
    if (PyExceptionClass_Check(raised))
        CONTINUE_CALL(start_call(ts, frame, raised), raised);
    if (!PyExceptionInstance_Check(raised)) {
        _PyErr_SetString(ts, PyExc_TypeError, "exceptions must derive from BaseException");
        GOTO(raise);
    }
    GOTO(raise_with_cause);
}

HANDLER(deliver_raised) {
    PyObject* made = DELIVERED();
    oparg = _Py_OPARG(*frame->prev_instr);
    PyObject** place = sp - oparg;
    if (!PyExceptionClass_Check(*place)) {
        Py_SETREF(sp[-1], made);
        GOTO(raise_made);
    }
    if (!check_raised(ts, *place, made)) {
        Py_DECREF(made);
        GOTO(raise);
    }
    Py_SETREF(*place, made);
    GOTO(raise_with_cause);
}

HANDLER(raise_with_cause) {
    PyObject* cause = sp[-1];
    if (oparg == 2 && PyExceptionClass_Check(cause))
        CONTINUE_CALL(start_call(ts, frame, cause), raised);
    if (oparg == 2 && cause != Py_None && !PyExceptionInstance_Check(cause)) {
        _PyErr_SetString(ts, PyExc_TypeError, "exception causes must derive from BaseException");
        GOTO(raise);
    }
    GOTO(raise_made);
}

HANDLER(raise_made) {
    sp -= oparg;
    raise_instance(ts, Ref::steal(sp[0]), Ref::steal(oparg == 2 ? sp[1] : nullptr));
    GOTO(raise);
}

OP(RERAISE) {
    SAVE_IP();
    // With an argument, the place that the traceback is to show lies that deep on the stack.
    if (oparg != 0) {
        frame->prev_instr = _PyCode_CODE(frame->f_code) + PyLong_AsLong(sp[-oparg - 1]);
    }
    PyObject* exception = *--sp;
    if (!PyExceptionInstance_Check(exception)) [[unlikely]] {
        Py_DECREF(exception);
        _PyErr_SetString(ts, PyExc_SystemError, "no exception to raise again");
        GOTO(raise);
    }
    set_raised(ts, exception);
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
    PyObject* result = reraised_group(ts, original, raised);
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
    CONTINUE_CALL(
        enter_manager(ts, frame, sp - 1, &_Py_ID(__enter__), &_Py_ID(__exit__), "context manager"),
        value);
}

OP(BEFORE_ASYNC_WITH) {
    SAVE_IP();
    CONTINUE_CALL(enter_manager(ts, frame, sp - 1, &_Py_ID(__aenter__), &_Py_ID(__aexit__),
                                "asynchronous context manager"),
                  value);
}

OP(WITH_EXCEPT_START) {
    // Stack: exit method, place of the exception, outer exception, exception.
    SAVE_IP();
    CONTINUE_CALL(leave_manager(ts, frame, sp[-4], sp[-1]), value);
}

OP(PRINT_EXPR) {
    SAVE_IP();
    PyObject* hook = _PySys_GetAttr(ts, &_Py_ID(displayhook));
    if (hook == nullptr) {
        _PyErr_SetString(ts, PyExc_RuntimeError, "lost sys.displayhook");
        GOTO(raise);
    }
    const StartedCall started = start_call(ts, frame, hook, sp[-1]);
    sp--;
    Py_DECREF(*sp);
    CONTINUE_CALL(started, nothing);
}

}  // namespace stackless::eval
