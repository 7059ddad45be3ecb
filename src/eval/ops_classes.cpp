// Calls of classes in Python, whose new object waits on the caller's stack while its __init__ runs.
#include "cpython/call_sites.hpp"
#include "eval/activation.hpp"
#include "eval/c_calls.hpp"
#include "eval/calls.hpp"
#include "eval/class_calls.hpp"
#include "eval/container_filling.hpp"
#include "eval/frames.hpp"
#include "eval/handler.hpp"
#include "eval/instance_checks.hpp"
#include "eval/instances.hpp"
#include "eval/opcodes.hpp"
#include "eval/special_methods.hpp"
#include "eval/tuple_instances.hpp"

namespace stackless::eval {

HANDLER(call_bare_class);
HANDLER(call_class_new);
HANDLER(call_builtin_new);

namespace {

/// Begins the call of a __new__ in Python, with the class before the arguments.
StartedCall start_new(PyThreadState* ts, const Frame* frame, PyTypeObject* type,
                      const CallOnStack& call) {
    const Ref make = Ref::steal(find_new(type));
    return make ? start_call(ts, frame, make.get(),
                             Arguments{call.args - 1, call.count + 1, nullptr})
                : StartedCall{};
}

}  // namespace

bool specialize_class_call(PyThreadState* ts, PyObject* callable, PyObject* kwnames,
                           Instr* instruction) {
    if (!PyType_Check(callable) || kwnames != nullptr)
        return false;
    auto* type = reinterpret_cast<PyTypeObject*>(callable);
    // Looking __init__ up gives the class a version.
    if (plain_init(ts, type) == nullptr || type->tp_version_tag == 0)
        return false;
    auto* cache = cache_at<_PyCallCache>(instruction + 1);
    write_u32(cache->func_version, type->tp_version_tag);
    cache->counter = misses_until_adaptive;
    _Py_SET_OPCODE(*instruction, CALL_PY_EXACT_ARGS);
    return true;
}

// A class whose instances are made as object() makes them.
HANDLER(call_class) {
    const CallOnStack call = call_on_stack(sp, oparg);
    auto* type = reinterpret_cast<PyTypeObject*>(call.callable());
    PyFunctionObject* init = plain_init(ts, type);
    if (init == nullptr) {
        if (call.count == 0 && makes_plain_objects(type) &&
            type->tp_init == PyBaseObject_Type.tp_init)
            GOTO(call_bare_class);
        GOTO(call_class_new);
    }
    PyObject* kwnames = take_kwnames(ts);
    // Making the object may run the garbage collector, and so code that gives the class another __init__.
    Py_INCREF(init);
    PyObject* object = new_plain_object(ts, type);
    if (object == nullptr) {
        Py_DECREF(init);
        GOTO(raise);
    }
    const Py_ssize_t positional = call.count - keyword_count(kwnames);
    // The object takes the place of the class before the arguments.
    call.args[-1] = Py_NewRef(object);
    Frame* callee =
        bind_and_push(ts, init, locals_for_call(init), call.args - 1, positional + 1, kwnames);
    Py_DECREF(type);
    sp = call.base;
    *sp++ = object;
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::init);
    SKIP_CACHE(CALL);
    ENTER_CALLEE(callee);
}

// A class without __new__ or __init__, called without arguments.
HANDLER(call_bare_class) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* type = call.callable();
    PyObject* object = new_plain_object(ts, reinterpret_cast<PyTypeObject*>(type));
    if (object == nullptr)
        GOTO(raise);
    sp = call.base;
    *sp++ = object;
    SKIP_CACHE(CALL);
    DROP(type);
    NEXT_AFTER_C_CALL();
}

// CALL of a class that specialize_class_call() was given. The version of the class stands for what has been looked at
// then.
HANDLER(call_cached_class) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* callable = call.callable();
    MISS_IF(!PyType_Check(callable));
    auto* type = reinterpret_cast<PyTypeObject*>(callable);
    MISS_IF(type->tp_version_tag != read_u32(cache_at<_PyCallCache>(ip)->func_version) ||
            Py_TYPE(type)->tp_call != PyType_Type.tp_call);
    PyObject* init = cached_special_method(type, &_Py_ID(__init__));
    if (init == nullptr || !is_inlinable(ts, init)) [[unlikely]]
        GOTO(op_CALL);
    auto* function = reinterpret_cast<PyFunctionObject*>(init);
    if (!takes_positional(function, call.count + 1)) [[unlikely]]
        GOTO(op_CALL);
    // The object comes last: making it may run the garbage collector, and so anything.
    Frame* callee = push_frame_here(ts, function);
    if (callee == nullptr) [[unlikely]]
        GOTO(op_CALL);
    SAVE_IP();
    call.args[-1] = nullptr;
    move_arguments(callee, call.args - 1, call.count + 1, callee->stacktop);
    add_defaults(callee, function, call.count + 1);
    sp = call.base;
    PyObject* object = new_plain_object(ts, type);
    Py_DECREF(callable);
    if (object == nullptr) [[unlikely]] {
        clear_thread_frame(ts, callee);
        GOTO(raise);
    }
    callee->localsplus[0] = Py_NewRef(object);
    *sp++ = object;
    set_delivery(callee, Delivery::init);
    SKIP_CACHE(CALL);
    ENTER_CALLEE(callee);
}

HANDLER(deliver_init) {
    PyObject* result = DELIVERED();
    if (result != Py_None) {
        set_init_result_error(ts, result);
        Py_DECREF(result);
        GOTO(raise);
    }
    DROP_AND_NEXT(result);
}

// A class with a __new__ of its own, or that of a builtin type.
HANDLER(call_class_new) {
    const CallOnStack call = call_on_stack(sp, oparg);
    auto* type = reinterpret_cast<PyTypeObject*>(call.callable());
    if (Py_TYPE(type)->tp_call == slot_tp_call)
        GOTO(call_object);
    if (Py_TYPE(type)->tp_call != PyType_Type.tp_call)
        GOTO(call_c);
    if (!class_is_python(type)) {
        if (is_filling_init(type->tp_init))
            GOTO(call_indirect);
        GOTO(call_c);
    }
    if (type->tp_new == type_new || type->tp_new == nullptr)
        GOTO(call_indirect);
    if (type->tp_new != slot_tp_new)
        GOTO(call_builtin_new);
    // The continuation finds the arguments, but could not tell which of them are keywords.
    if (activation(ts)->kwnames != nullptr)
        GOTO(call_indirect);
    CONTINUE_CALL(start_new(ts, frame, type, call), created);
}

namespace {

/// Whether __new__ of a builtin class may be called for that class.
bool is_made_by(PyTypeObject* builtin, PyObject* class_) {
    if (!PyType_Check(class_))
        return false;
    auto* type = reinterpret_cast<PyTypeObject*>(class_);
    const PyTypeObject* base = type;
    while (base != nullptr && base->tp_new == slot_tp_new) {
        base = base->tp_base;
    }
    return base != nullptr && base->tp_new == builtin->tp_new && is_subtype(type, builtin);
}

}  // namespace

// object.__new__(class) and tuple.__new__(class, tuple), as functions __new__ in Python call them: such classes take a fifth
// less time, named tuples among them.
HANDLER(new_at_once) {
    auto* builtin = reinterpret_cast<PyTypeObject*>(PyCFunction_GET_SELF(sp[-oparg - 1]));
    PyObject* class_ = sp[-oparg];
    GO_ON_GENERALLY_IF(activation(ts)->kwnames != nullptr || ts->c_profilefunc != nullptr ||
                       oparg != (builtin == &PyTuple_Type ? 2 : 1) || !is_made_by(builtin, class_));
    auto* type = reinterpret_cast<PyTypeObject*>(class_);
    SAVE_IP();
    if (builtin == &PyBaseObject_Type) {
        GO_ON_GENERALLY_IF((type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) != 0);
        PyObject* object = new_plain_object(ts, type);
        if (object == nullptr)
            GOTO(drop_failed_call);
        ANSWER_CALL_OF_ONE(object, class_);
    }
    PyObject* items = sp[-1];
    GO_ON_GENERALLY_IF(!PyTuple_CheckExact(items) || type == &PyTuple_Type);
    PyObject* tuple = new_tuple_instance(ts, type, items);
    if (tuple == nullptr)
        GOTO(drop_failed_call);
    PyObject* function = sp[-3];
    sp -= 3;
    sp[-1] = tuple;
    SKIP_PRECALL_AND_CALL();
    // The new tuple has a reference to its class.
    (void)drop_was_last(class_);
    DROP_TWO_AND_NEXT(items, function);
}

HANDLER(call_builtin_new) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* kwnames = activation(ts)->kwnames;
    auto* type = reinterpret_cast<PyTypeObject*>(call.callable());
    PyObject* object = new_object(type, {call.args, call.count - keyword_count(kwnames), kwnames});
    if (object == nullptr)
        GOTO(raise);
    oparg = reinterpret_cast<intptr_t>(object);
    GOTO(deliver_created);
}

// The class and the arguments are on the stack still.
HANDLER(deliver_created) {
    PyObject* object = DELIVERED();
    oparg = argument_at(frame, ip - 1);
    const CallOnStack call = call_on_stack(sp, oparg);
    auto* type = reinterpret_cast<PyTypeObject*>(call.callable());
    PyObject* kwnames = take_kwnames(ts);
    const Py_ssize_t positional = call.count - keyword_count(kwnames);
    PyFunctionObject* init = init_function(ts, Py_TYPE(object));
    SKIP_CACHE(CALL);
    if (init == nullptr || !PyObject_TypeCheck(object, type)) {
        const StartedCall started =
            start_init(ts, frame, type, object, Arguments{call.args, positional, kwnames});
        drop_call(call);
        sp = call.base;
        CONTINUE_CALL(started, value);
    }
    call.args[-1] = Py_NewRef(object);
    Py_INCREF(init);
    Frame* callee =
        bind_and_push(ts, init, locals_for_call(init), call.args - 1, positional + 1, kwnames);
    Py_DECREF(type);
    sp = call.base;
    *sp++ = object;
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::init);
    ENTER_CALLEE(callee);
}

}  // namespace stackless::eval
