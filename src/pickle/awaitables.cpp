// What coroutines and asynchronous generators give to be awaited, while it is awaited.
#include "cpython/exposed.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// coroutine.__await__()

PyObject* reduce_coroutine_wrapper(PyObject* object, Pickling&) {
    return reduce_to("load_coroutine_wrapper",
                     PyTuple_Pack(1, reinterpret_cast<CoroutineWrapper*>(object)->coroutine));
}

// load_coroutine_wrapper(coroutine)
PyObject* load_coroutine_wrapper(PyObject*, PyObject* coroutine) {
    if (!check_type("load_coroutine_wrapper", coroutine, &PyCoro_Type))
        return nullptr;
    return PyCoro_Type.tp_as_async->am_await(coroutine);
}

// asend() and athrow()

constexpr int last_state = static_cast<int>(AwaitableState::closed);

PyObject* wrap_args(PyObject* generator, PyObject* value, AwaitableState state) {
    const Ref wrapped = Ref::steal(wrap_optional(value));
    return wrapped ? Py_BuildValue("(OOi)", generator, wrapped.get(), static_cast<int>(state))
                   : nullptr;
}

PyObject* reduce_asend(PyObject* object, Pickling&) {
    const auto* send = reinterpret_cast<AsyncSend*>(object);
    return reduce_to("load_asend", wrap_args(reinterpret_cast<PyObject*>(send->generator),
                                             send->value, send->state));
}

PyObject* reduce_athrow(PyObject* object, Pickling&) {
    const auto* thrown = reinterpret_cast<AsyncThrow*>(object);
    return reduce_to("load_athrow", wrap_args(reinterpret_cast<PyObject*>(thrown->generator),
                                              thrown->args, thrown->state));
}

struct AwaitableArgs {
    PyGenObject* generator;
    PyObject* value;  // borrowed; may be null
    AwaitableState state;

    /// False with UnpicklingError set.
    bool read(const char* name, PyObject* const* args, Py_ssize_t count) {
        if (!check_count(name, count, 3) || !check_type(name, args[0], &PyAsyncGen_Type) ||
            !unwrap_optional(args[1], &value))
            return false;
        const Py_ssize_t number = to_number(name, args[2], 0, last_state);
        generator = reinterpret_cast<PyGenObject*>(args[0]);
        state = static_cast<AwaitableState>(number);
        return number >= 0;
    }
};

/// They are made without calling asend(): that calls the hooks of the event loop.
template <class Awaitable>
Awaitable* make_awaitable(PyTypeObject* type, const AwaitableArgs& args) {
    auto* made = PyObject_GC_New(Awaitable, type);
    if (made != nullptr) {
        Py_INCREF(args.generator);
        made->generator = args.generator;
        made->state = args.state;
    }
    return made;
}

// load_asend(generator, value, state)
PyObject* load_asend(PyObject*, PyObject* const* args, Py_ssize_t count) {
    AwaitableArgs values;
    if (!values.read("load_asend", args, count))
        return nullptr;
    auto* made = make_awaitable<AsyncSend>(&_PyAsyncGenASend_Type, values);
    if (made == nullptr)
        return nullptr;
    made->value = Py_XNewRef(values.value);
    PyObject_GC_Track(made);
    return reinterpret_cast<PyObject*>(made);
}

// load_athrow(generator, args, state)
PyObject* load_athrow(PyObject*, PyObject* const* args, Py_ssize_t count) {
    AwaitableArgs values;
    if (!values.read("load_athrow", args, count))
        return nullptr;
    if (values.value != nullptr && !PyTuple_CheckExact(values.value))
        return unpickling_error("load_athrow() needs the arguments of athrow()");
    auto* made = make_awaitable<AsyncThrow>(&_PyAsyncGenAThrow_Type, values);
    if (made == nullptr)
        return nullptr;
    made->args = Py_XNewRef(values.value);
    PyObject_GC_Track(made);
    return reinterpret_cast<PyObject*>(made);
}

// anext() with a default

PyObject* reduce_anext(PyObject* object, Pickling&) {
    const auto* awaitable = reinterpret_cast<AnextAwaitable*>(object);
    return reduce_to("load_anext", PyTuple_Pack(2, awaitable->awaited, awaitable->default_value));
}

// load_anext(awaitable, default)
PyObject* load_anext(PyObject*, PyObject* const* args, Py_ssize_t count) {
    return check_count("load_anext", count, 2) ? PyAnextAwaitable_New(args[0], args[1]) : nullptr;
}

// What an asynchronous generator yields

PyObject* reduce_async_yield(PyObject* object, Pickling&) {
    return reduce_to("load_async_yield",
                     PyTuple_Pack(1, reinterpret_cast<AsyncYield*>(object)->value));
}

// load_async_yield(value)
PyObject* load_async_yield(PyObject*, PyObject* value) {
    return _PyAsyncGenValueWrapperNew(value);
}

const Reducer reducers[] = {{&_PyCoroWrapper_Type, reduce_coroutine_wrapper},
                            {&_PyAsyncGenASend_Type, reduce_asend},
                            {&_PyAsyncGenAThrow_Type, reduce_athrow},
                            {&_PyAnextAwaitable_Type, reduce_anext},
                            {&_PyAsyncGenWrappedValue_Type, reduce_async_yield}};

PyMethodDef functions[] = {
    {"load_coroutine_wrapper", load_coroutine_wrapper, METH_O,
     "load_coroutine_wrapper($module, coroutine, /)\n--\n\n"
     "Makes what coroutine.__await__() returns, for a pickle.\n\n"
     "pickle.UnpicklingError: that is no coroutine."},
    {"load_asend", as_method(load_asend), METH_FASTCALL,
     "load_asend($module, generator, value, state, /)\n--\n\n"
     "Makes what asend() of an asynchronous generator returns, for a pickle. `value` is None, or a "
     "tuple with it.\n\n"
     "pickle.UnpicklingError: the arguments are of other types."},
    {"load_athrow", as_method(load_athrow), METH_FASTCALL,
     "load_athrow($module, generator, args, state, /)\n--\n\n"
     "Makes what athrow() of an asynchronous generator returns, or for None aclose(), for a "
     "pickle. "
     "`args` is a tuple with those of athrow() in it.\n\n"
     "pickle.UnpicklingError: the arguments are of other types."},
    {"load_anext", as_method(load_anext), METH_FASTCALL,
     "load_anext($module, awaitable, default, /)\n--\n\n"
     "Makes what anext(iterator, default) returns, for a pickle."},
    {"load_async_yield", load_async_yield, METH_O,
     "load_async_yield($module, value, /)\n--\n\n"
     "Makes what an asynchronous generator yields to its methods, for a pickle."},
    {}};

}  // namespace

ReducerFamily awaitable_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
