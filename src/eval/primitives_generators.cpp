// The primitives of src/hidden/generators.py.
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/generators.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

PyGenObject* as_generator(PyObject* object) {
    return reinterpret_cast<PyGenObject*>(object);
}
PyAsyncGenObject* as_async(PyGenObject* generator) {
    return reinterpret_cast<PyAsyncGenObject*>(generator);
}
PyObject* raised(PyObject* exception, const char* message) {
    PyErr_SetString(exception, message);
    return nullptr;
}
bool check_generator(PyObject* object) {
    return check_argument(
        PyGen_CheckExact(object) || PyCoro_CheckExact(object) || PyAsyncGen_CheckExact(object),
        object, "a generator");
}
bool check_asend(PyObject* object) {
    return check_argument(Py_IS_TYPE(object, &_PyAsyncGenASend_Type), object,
                          "what asend() returns");
}
bool check_athrow(PyObject* object) {
    return check_argument(Py_IS_TYPE(object, &_PyAsyncGenAThrow_Type), object,
                          "what athrow() returns");
}

// The loop itself does these four, but for generators that cannot be resumed (see redirects_generators.cpp).

/// send_to(generator, value), with asynchronous generators as well.
PyObject* send_to(PyObject*, PyObject* const* args, Py_ssize_t) {
    return check_generator(args[0]) ? gen_send_ex(as_generator(args[0]), args[1], 0, 0) : nullptr;
}

/// throw_to(generator, type, value, traceback).
PyObject* throw_to(PyObject*, PyObject* const* args, Py_ssize_t count) {
    return check_generator(args[0]) ? gen_throw(as_generator(args[0]), args + 1, count - 1)
                                    : nullptr;
}

/// The same, but what the generator waits for is not closed by a GeneratorExit.
PyObject* throw_through(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_generator(args[0]))
        return nullptr;
    return _gen_throw(as_generator(args[0]), 0, args[1], count > 2 ? args[2] : nullptr,
                      count > 3 ? args[3] : nullptr);
}

/// The same, whatever the generator waits for.
PyObject* throw_here(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_generator(args[0]) ||
        !set_thrown(_PyThreadState_GET(), args[1], count > 2 ? args[2] : nullptr,
                    count > 3 ? args[3] : nullptr))
        return nullptr;
    return gen_send_ex(as_generator(args[0]), Py_None, 1, 0);
}

/// begin_closing(generator): what it waits for, or None. While that is closed, the generator counts as running.
PyObject* begin_closing(PyObject*, PyObject* object) {
    if (!check_generator(object))
        return nullptr;
    PyObject* delegate = delegate_of(as_generator(object));
    if (delegate == nullptr)
        Py_RETURN_NONE;
    as_generator(object)->gi_frame_state = FRAME_EXECUTING;
    return Py_NewRef(delegate);
}

PyObject* end_closing(PyObject*, PyObject* object) {
    if (!check_generator(object))
        return nullptr;
    // It is not really running: no frame has resumed it.
    if (as_generator(object)->gi_frame_state != FRAME_EXECUTING ||
        frame_of(as_generator(object))->previous != nullptr)
        return raised(PyExc_RuntimeError, "the generator is not being closed");
    as_generator(object)->gi_frame_state = FRAME_SUSPENDED;
    Py_RETURN_NONE;
}

/// kind_of(generator): for messages.
PyObject* kind_of(PyObject*, PyObject* object) {
    return PyUnicode_FromString(PyCoro_CheckExact(object)       ? "coroutine"
                                : PyAsyncGen_CheckExact(object) ? "async generator"
                                                                : "generator");
}

PyObject* is_generator(PyObject*, PyObject* object) {
    return PyBool_FromLong(PyGen_CheckExact(object) || PyCoro_CheckExact(object));
}

/// is_sendable(awaited): whether send(None) is the way to step it.
PyObject* is_sendable(PyObject*, PyObject* object) {
    return PyBool_FromLong(
        PyGen_CheckExact(object) || PyCoro_CheckExact(object) ||
        Py_IS_TYPE(object, &_PyCoroWrapper_Type) || Py_IS_TYPE(object, &_PyAsyncGenASend_Type) ||
        Py_IS_TYPE(object, &_PyAsyncGenAThrow_Type) || Py_IS_TYPE(object, &_PyAnextAwaitable_Type));
}

/// write_unraisable(exception, object).
PyObject* write_unraisable(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(PyExceptionInstance_Check(args[0]), args[0], "an exception"))
        return nullptr;
    PyErr_Restore(Py_NewRef(PyExceptionInstance_Class(args[0])), Py_NewRef(args[0]),
                  PyException_GetTraceback(args[0]));
    PyErr_WriteUnraisable(args[1]);
    Py_RETURN_NONE;
}

// asend() and athrow(): what their C methods do before and after they resume the generator.

AwaitableState& state_of(PyObject* awaitable) {
    return Py_IS_TYPE(awaitable, &_PyAsyncGenASend_Type)
               ? reinterpret_cast<AsyncSend*>(awaitable)->state
               : reinterpret_cast<AsyncThrow*>(awaitable)->state;
}

PyObject* is_closed(PyObject*, PyObject* awaitable) {
    if (!Py_IS_TYPE(awaitable, &_PyAsyncGenASend_Type) && !check_athrow(awaitable))
        return nullptr;
    return PyBool_FromLong(state_of(awaitable) == AwaitableState::closed);
}

/// begin_asend(asend, value): what to send to the generator.
PyObject* begin_asend(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_asend(args[0]))
        return nullptr;
    auto* send = reinterpret_cast<AsyncSend*>(args[0]);
    PyObject* value = args[1];
    if (send->state == AwaitableState::closed)
        return raised(PyExc_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
    if (send->state == AwaitableState::initial) {
        if (as_async(send->generator)->ag_running_async != 0)
            return raised(PyExc_RuntimeError, "anext(): asynchronous generator is already running");
        if (value == Py_None && send->value != nullptr) {
            value = send->value;
        }
        send->state = AwaitableState::iterating;
    }
    as_async(send->generator)->ag_running_async = 1;
    return Py_NewRef(value);
}

bool ends_iteration(PyObject* exception) {
    return PyErr_GivenExceptionMatches(exception, PyExc_StopAsyncIteration) ||
           PyErr_GivenExceptionMatches(exception, PyExc_GeneratorExit);
}

void leave_raising(PyGenObject* generator, PyObject* exception) {
    if (ends_iteration(exception)) {
        as_async(generator)->ag_closed = 1;
    }
    as_async(generator)->ag_running_async = 0;
}

/// end_asend(asend, exception): the generator has raised it.
PyObject* end_asend(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_asend(args[0]))
        return nullptr;
    auto* send = reinterpret_cast<AsyncSend*>(args[0]);
    leave_raising(send->generator, args[1]);
    send->state = AwaitableState::closed;
    Py_RETURN_NONE;
}

/// What the generator has yielded to its own method ends that with StopIteration; what it awaits is handed on.
PyObject* unwrap(PyGenObject* generator, PyObject* result) {
    if (!Py_IS_TYPE(result, &_PyAsyncGenWrappedValue_Type))
        return Py_NewRef(result);
    as_async(generator)->ag_running_async = 0;
    (void)_PyGen_SetStopIterationValue(reinterpret_cast<AsyncYield*>(result)->value);
    return nullptr;
}

/// unwrap_asend(asend, result).
PyObject* unwrap_asend(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_asend(args[0]))
        return nullptr;
    auto* send = reinterpret_cast<AsyncSend*>(args[0]);
    PyObject* result = unwrap(send->generator, args[1]);
    if (result == nullptr) {
        send->state = AwaitableState::closed;
    }
    return result;
}

/// begin_athrow(athrow, value): whether this is the first time, so that the exception is to be thrown.
PyObject* begin_athrow(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_athrow(args[0]))
        return nullptr;
    auto* awaitable = reinterpret_cast<AsyncThrow*>(args[0]);
    PyAsyncGenObject* generator = as_async(awaitable->generator);
    if (awaitable->state == AwaitableState::closed)
        return raised(PyExc_RuntimeError, "cannot reuse already awaited aclose()/athrow()");
    if (generator->ag_frame_state >= FRAME_COMPLETED) {
        awaitable->state = AwaitableState::closed;
        PyErr_SetNone(PyExc_StopIteration);
        return nullptr;
    }
    if (awaitable->state != AwaitableState::initial)
        Py_RETURN_FALSE;
    if (generator->ag_running_async != 0) {
        awaitable->state = AwaitableState::closed;
        return raised(PyExc_RuntimeError,
                      awaitable->args == nullptr
                          ? "aclose(): asynchronous generator is already running"
                          : "athrow(): asynchronous generator is already running");
    }
    if (generator->ag_closed != 0) {
        awaitable->state = AwaitableState::closed;
        PyErr_SetNone(PyExc_StopAsyncIteration);
        return nullptr;
    }
    if (args[1] != Py_None)
        return raised(PyExc_RuntimeError, "can't send non-None value to a just-started coroutine");
    awaitable->state = AwaitableState::iterating;
    generator->ag_running_async = 1;
    if (awaitable->args == nullptr) {
        generator->ag_closed = 1;
    }
    Py_RETURN_TRUE;
}

/// end_athrow(athrow, exception, begins): the generator has raised it. False if the method ends with
/// StopIteration instead.
PyObject* end_athrow(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_athrow(args[0]))
        return nullptr;
    auto* awaitable = reinterpret_cast<AsyncThrow*>(args[0]);
    const bool closes = awaitable->args == nullptr;
    if (closes) {
        as_async(awaitable->generator)->ag_running_async = 0;
    } else {
        leave_raising(awaitable->generator, args[1]);
    }
    if (closes || args[2] == Py_True) {
        awaitable->state = AwaitableState::closed;
    }
    return PyBool_FromLong(!closes || !ends_iteration(args[1]));
}

/// end_athrow_throw(athrow, exception): the same for its throw().
PyObject* end_athrow_throw(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_athrow(args[0]))
        return nullptr;
    auto* awaitable = reinterpret_cast<AsyncThrow*>(args[0]);
    if (awaitable->args == nullptr)
        return PyBool_FromLong(!ends_iteration(args[1]));
    leave_raising(awaitable->generator, args[1]);
    Py_RETURN_TRUE;
}

/// unwrap_athrow(athrow, result, begins).
PyObject* unwrap_athrow(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_athrow(args[0]))
        return nullptr;
    auto* awaitable = reinterpret_cast<AsyncThrow*>(args[0]);
    if (awaitable->args != nullptr) {
        PyObject* result = unwrap(awaitable->generator, args[1]);
        if (result == nullptr && args[2] == Py_True) {
            awaitable->state = AwaitableState::closed;
        }
        return result;
    }
    if (!Py_IS_TYPE(args[1], &_PyAsyncGenWrappedValue_Type))
        return Py_NewRef(args[1]);
    as_async(awaitable->generator)->ag_running_async = 0;
    awaitable->state = AwaitableState::closed;
    return raised(PyExc_RuntimeError, "async generator ignored GeneratorExit");
}

/// take_hook(generator): the function to be called before the generator is iterated over for the first time.
PyObject* take_hook(PyObject*, PyObject* object) {
    PyObject* hook = take_first_iteration_hook(_PyThreadState_GET(), object);
    return hook != nullptr ? Py_NewRef(hook)
                           : raised(PyExc_SystemError, "the hook has been called already");
}

PyObject* new_anext(PyObject*, PyObject* const* args, Py_ssize_t) {
    return PyAnextAwaitable_New(args[0], args[1]);
}

/// check_async_iterator(iterator): the iterator.
PyObject* check_async_iterator(PyObject*, PyObject* iterator) {
    PyTypeObject* type = Py_TYPE(iterator);
    if (type->tp_as_async == nullptr || type->tp_as_async->am_anext == nullptr) {
        PyErr_Format(PyExc_TypeError, "aiter() returned not an async iterator of type '%.100s'",
                     type->tp_name);
        return nullptr;
    }
    return Py_NewRef(iterator);
}

PyObject* awaitable_iterator(PyObject*, PyObject* object) {
    return _PyCoro_GetAwaitableIter(object);
}

}  // namespace

PyMethodDef generator_primitives[] = {
    {"send_to", counted<send_to, 2>(), METH_FASTCALL, nullptr},
    {"throw_to", counted<throw_to, 2, 4>(), METH_FASTCALL, nullptr},
    {"throw_through", counted<throw_through, 2, 4>(), METH_FASTCALL, nullptr},
    {"throw_here", counted<throw_here, 2, 4>(), METH_FASTCALL, nullptr},
    {"begin_closing", begin_closing, METH_O, nullptr},
    {"end_closing", end_closing, METH_O, nullptr},
    {"kind_of", kind_of, METH_O, nullptr},
    {"is_generator", is_generator, METH_O, nullptr},
    {"is_sendable", is_sendable, METH_O, nullptr},
    {"write_unraisable", counted<write_unraisable, 2>(), METH_FASTCALL, nullptr},
    {"is_closed", is_closed, METH_O, nullptr},
    {"begin_asend", counted<begin_asend, 2>(), METH_FASTCALL, nullptr},
    {"end_asend", counted<end_asend, 2>(), METH_FASTCALL, nullptr},
    {"unwrap_asend", counted<unwrap_asend, 2>(), METH_FASTCALL, nullptr},
    {"begin_athrow", counted<begin_athrow, 2>(), METH_FASTCALL, nullptr},
    {"end_athrow", counted<end_athrow, 3>(), METH_FASTCALL, nullptr},
    {"end_athrow_throw", counted<end_athrow_throw, 2>(), METH_FASTCALL, nullptr},
    {"unwrap_athrow", counted<unwrap_athrow, 3>(), METH_FASTCALL, nullptr},
    {"take_hook", take_hook, METH_O, nullptr},
    {"new_anext", counted<new_anext, 2>(), METH_FASTCALL, nullptr},
    {"check_async_iterator", check_async_iterator, METH_O, nullptr},
    {"awaitable_iterator", awaitable_iterator, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
