// The redirects of the methods of generators, coroutines and what asynchronous generators return.
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/generators.hpp"
#include "eval/primitives.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

HANDLER(send_at_once);

namespace {

// Generators that cannot be resumed raise an exception, which C code does.

bool sends(PyThreadState*, const Arguments& call) {
    if (!call.are_plain(2, 2))
        return false;
    const PyGenObject* generator = generator_behind(call.at(0));
    return generator != nullptr && can_be_sent(generator, call.at(1));
}

/// While it is traced, what waits for another generator sees other events than a frame that resumes that.
bool is_throwable(PyThreadState* ts, PyGenObject* generator) {
    return generator != nullptr && generator->gi_frame_state < FRAME_EXECUTING &&
           (ts->cframe->use_tracing == 0 || delegate_of(generator) == nullptr);
}

bool throws(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 4) && is_throwable(ts, generator_behind(call.at(0)));
}

bool closes(PyThreadState*, const Arguments& call) {
    if (!call.are_plain(1, 1))
        return false;
    const PyGenObject* generator = generator_behind(call.at(0));
    return generator != nullptr && generator->gi_frame_state == FRAME_SUSPENDED;
}

/// The generator of asend(), athrow() and so on, if it can be resumed; else null.
template <class Awaitable>
PyGenObject* async_generator(PyTypeObject* type, PyObject* object) {
    if (!Py_IS_TYPE(object, type))
        return nullptr;
    auto* awaitable = reinterpret_cast<Awaitable*>(object);
    return awaitable->state != AwaitableState::closed &&
                   awaitable->generator->gi_frame_state < FRAME_EXECUTING
               ? awaitable->generator
               : nullptr;
}

bool asend_sends(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) &&
           async_generator<AsyncSend>(&_PyAsyncGenASend_Type, call.at(0)) != nullptr;
}

bool asend_throws(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 4) &&
           is_throwable(ts, async_generator<AsyncSend>(&_PyAsyncGenASend_Type, call.at(0)));
}

bool athrow_sends(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 2) &&
           is_throwable(ts, async_generator<AsyncThrow>(&_PyAsyncGenAThrow_Type, call.at(0)));
}

bool athrow_throws(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 4) &&
           is_throwable(ts, async_generator<AsyncThrow>(&_PyAsyncGenAThrow_Type, call.at(0)));
}

bool anext_sends(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && Py_IS_TYPE(call.at(0), &_PyAnextAwaitable_Type);
}

bool anext_throws(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 4) && Py_IS_TYPE(call.at(0), &_PyAnextAwaitable_Type);
}

template <Py_ssize_t least, Py_ssize_t most>
bool begins_iteration(PyThreadState* ts, const Arguments& call) {
    if (!call.are_plain(least, most) || !PyAsyncGen_CheckExact(call.at(0)))
        return false;
    const auto* generator = reinterpret_cast<PyAsyncGenObject*>(call.at(0));
    return generator->ag_hooks_inited == 0 && ts->async_gen_firstiter != nullptr &&
           is_python_callable(ts, ts->async_gen_firstiter);
}

template <unaryfunc PyAsyncMethods::* slot>
unaryfunc async_slot(PyObject* object) {
    const PyAsyncMethods* methods = Py_TYPE(object)->tp_as_async;
    return methods == nullptr ? nullptr : methods->*slot;
}

bool anext_is_python(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 2) &&
           async_slot<&PyAsyncMethods::am_anext>(call.at(0)) == slot_am_anext;
}

bool aiter_is_python(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 1) &&
           async_slot<&PyAsyncMethods::am_aiter>(call.at(0)) == slot_am_aiter;
}

// Primitives, which only hidden functions call.

bool is_any_generator(PyObject* object) {
    return PyGen_CheckExact(object) || PyCoro_CheckExact(object) || PyAsyncGen_CheckExact(object);
}

bool primitive_sends(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && is_any_generator(call.at(0)) &&
           can_be_sent(reinterpret_cast<PyGenObject*>(call.at(0)), call.at(1));
}

bool primitive_throws(PyThreadState* ts, const Arguments& call) {
    return call.are_plain(2, 4) && is_any_generator(call.at(0)) &&
           is_throwable(ts, reinterpret_cast<PyGenObject*>(call.at(0)));
}

bool primitive_throws_here(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 4) && is_any_generator(call.at(0)) &&
           reinterpret_cast<PyGenObject*>(call.at(0))->gi_frame_state < FRAME_EXECUTING;
}

constexpr FunctionRedirect functions[] = {
    {gen_methods, "send", {sends, Hidden::generator_send, call_send, send_at_once}},
    {gen_methods, "throw", {throws, Hidden::generator_throw, call_throw}},
    {gen_methods, "close", {closes, Hidden::call_close, call_close}},
    {coro_methods, "send", {sends, Hidden::generator_send, call_send, send_at_once}},
    {coro_methods, "throw", {throws, Hidden::generator_throw, call_throw}},
    {coro_methods, "close", {closes, Hidden::call_close, call_close}},
    {coro_wrapper_methods, "send", {sends, Hidden::generator_send, call_send}},
    {coro_wrapper_methods, "throw", {throws, Hidden::generator_throw, call_throw}},
    {coro_wrapper_methods, "close", {closes, Hidden::call_close, call_close}},
    {async_gen_asend_methods, "send", {asend_sends, Hidden::asend_send}},
    {async_gen_asend_methods, "throw", {asend_throws, Hidden::asend_throw}},
    {async_gen_athrow_methods, "send", {athrow_sends, Hidden::athrow_send}},
    {async_gen_athrow_methods, "throw", {athrow_throws, Hidden::athrow_throw}},
    {anextawaitable_methods, "send", {anext_sends, Hidden::anext_send}},
    {anextawaitable_methods, "throw", {anext_throws, Hidden::anext_throw}},
    {async_gen_methods, "asend", {begins_iteration<2, 2>, Hidden::async_generator_asend}},
    {async_gen_methods, "athrow", {begins_iteration<2, 4>, Hidden::async_generator_athrow}},
    {async_gen_methods, "aclose", {begins_iteration<1, 1>, Hidden::async_generator_aclose}},
    {builtin_methods, "anext", {anext_is_python, Hidden::anext}},
    {builtin_methods, "aiter", {aiter_is_python, Hidden::aiter}},
    {generator_primitives, "send_to", {primitive_sends, Hidden::generator_send, call_send}},
    {generator_primitives, "throw_to", {primitive_throws, Hidden::unpacking_throw_to, call_throw}},
    {generator_primitives,
     "throw_through",
     {primitive_throws, Hidden::unpacking_throw_through, call_throw_through}},
    {generator_primitives,
     "throw_here",
     {primitive_throws_here, Hidden::generator_throw, call_throw_here}},
};

}  // namespace

const RedirectFamily generator_redirects = {functions, {}, {}};

}  // namespace stackless::eval
