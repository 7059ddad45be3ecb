// Calls. A call is KW_NAMES (if it has keywords), PRECALL and CALL; on the stack are
//     method, self, argument ...      or      null, callable, argument ...
// with the values of keyword arguments last. Calls of Python functions go on in the loop with a new
// frame. ops_c_calls.cpp has the specialised forms of PRECALL, ops_star_calls.cpp calls with * and **.
#include <algorithm>

#include "cpython/call_sites.hpp"
#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "eval/activation.hpp"
#include "eval/attributes.hpp"
#include "eval/calls.hpp"
#include "eval/class_calls.hpp"
#include "eval/conversions.hpp"
#include "eval/frames.hpp"
#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/primitives.hpp"
#include "eval/special_methods.hpp"
#include "eval/switch_handlers.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

HANDLER(call_any);
HANDLER(call_c);
HANDLER(call_c_function);
HANDLER(call_class);
HANDLER(call_redirected);
HANDLER(call_handler);
HANDLER(call_next);
HANDLER(call_iter);
HANDLER(call_getattr);
HANDLER(call_setattr);
HANDLER(call_delattr);
HANDLER(call_object);
HANDLER(call_indirect);
HANDLER(call_slot);
HANDLER(call_bound_method);
HANDLER(call_next_slot);
HANDLER(call_other_function);
HANDLER(precall_builtin);
HANDLER(int_at_once);

namespace {

/// A bound method on the stack gives way to its function and its self, which saves a call through
/// C.
inline void unpack_bound_method(PyObject** sp, intptr_t oparg) {
    PyObject** base = sp - oparg - 2;
    if (base[0] != nullptr || !Py_IS_TYPE(base[1], &PyMethod_Type))
        return;
    PyObject* method = base[1];
    base[1] = Py_NewRef(PyMethod_GET_SELF(method));
    base[0] = Py_NewRef(PyMethod_GET_FUNCTION(method));
    Py_DECREF(method);
}

inline bool is_class_in_python(PyObject* callable) {
    return PyType_Check(callable) &&
           PyType_HasFeature(reinterpret_cast<PyTypeObject*>(callable), Py_TPFLAGS_HEAPTYPE);
}

/// Whether nothing applies to a call of a C function with these flags but what libpython does with it.
inline bool is_plain_call(int flags, const CallOnStack& call) {
    constexpr int special = METH_REDIRECTED | METH_SWITCHES | METH_STARTS;
    constexpr int redirected = METH_REDIRECTED | METH_REDIRECTED_FOR_ODD_VALUES;
    return (flags & special) == 0 ||
           ((flags & (special | redirected)) == redirected && !has_odd_values(call));
}
inline bool is_plain_c_call(const CallOnStack& call) {
    PyObject* callable = call.callable();
    const PyTypeObject* type = Py_TYPE(callable);
    if (type == &PyCFunction_Type || type == &PyCMethod_Type) {
        auto* function = reinterpret_cast<PyCFunctionObject*>(callable);
        return is_plain_call(function->m_ml->ml_flags, call) &&
               function->m_self != reinterpret_cast<PyObject*>(&PyType_Type);
    }
    return type == &PyMethodDescr_Type &&
           is_plain_call(reinterpret_cast<PyMethodDescrObject*>(callable)->d_method->ml_flags,
                         call);
}

/// A builtin without arguments, or one that wants a tuple, which it need not get if the loop does what it does.
inline bool is_builtin_for_the_loop(PyObject* callable) {
    if (callable == reinterpret_cast<PyObject*>(&PyLong_Type))
        return true;
    if (!Py_IS_TYPE(callable, &PyCFunction_Type))
        return false;
    const int flags = PyCFunction_GET_FLAGS(callable);
    if ((flags & METH_NOARGS) != 0 || is_known_new(callable))
        return true;
    return (flags & METH_VARARGS) != 0 && (flags & METH_REDIRECTED) != 0 &&
           redirects_by_number[flags >> METH_REDIRECT_SHIFT]->at_once != nullptr;
}

}  // namespace

OP(KW_NAMES) {
    activation(ts)->kwnames = constant(frame, oparg);
    NEXT();
}

OP(PRECALL) {
    unpack_bound_method(sp, oparg);
    SKIP_CACHE(PRECALL);
    NEXT();
}

OP(PRECALL_BOUND_METHOD) {
    PyObject** base = sp - oparg - 2;
    MISS_IF(base[0] != nullptr || !Py_IS_TYPE(base[1], &PyMethod_Type));
    unpack_bound_method(sp, oparg);
    SKIP_CACHE(PRECALL);
    NEXT();
}

OP(PRECALL_PYFUNC) {
    if (_Py_OPCODE(ip[INLINE_CACHE_ENTRIES_PRECALL]) == CALL_PY_EXACT_ARGS) [[likely]] {
        // That looks at the callable itself.
        ip += INLINE_CACHE_ENTRIES_PRECALL + 1;
        GOTO(op_CALL_PY_EXACT_ARGS);
    }
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* callable = call.callable();
    if (Py_IS_TYPE(callable, &PyCFunction_Type))
        GOTO(precall_builtin);
    if (callable == reinterpret_cast<PyObject*>(&PyLong_Type))
        GOTO(int_at_once);
    MISS_IF(!PyFunction_Check(callable) && !PyType_Check(callable));
    SKIP_CACHE(PRECALL);
    NEXT();
}

ADAPTIVE_OP(PRECALL) {
    SAVE_IP();
    const CallOnStack call = call_on_stack(sp, oparg);
    if (is_class_in_python(call.callable()) || is_builtin_for_the_loop(call.callable())) {
        // CPython has no form for these; PRECALL_PYFUNC does what they need, which for classes is nothing.
        *ip = misses_until_adaptive;
        _Py_SET_OPCODE(ip[-1], PRECALL_PYFUNC);
        RUN_SPECIALIZED();
    }
    if (_Py_Specialize_Precall(call.callable(), ip - 1, call.count, activation(ts)->kwnames,
                               oparg) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

// Most calls that nothing could specialise are those of C functions with many parameters, or methods.
OP(CALL) {
    if (is_plain_c_call(call_on_stack(sp, oparg)))
        GOTO(call_c_function);
    GOTO(call_any);
}

HANDLER(call_any) {
    SAVE_IP();
    unpack_bound_method(sp, oparg);
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* callable = call.callable();
    PyObject* kwnames = take_kwnames(ts);
    const Py_ssize_t positional = call.count - keyword_count(kwnames);
    if (is_inlinable(ts, callable)) {
        auto* function = reinterpret_cast<PyFunctionObject*>(callable);
        sp = call.base;
        Frame* callee =
            bind_and_push(ts, function, locals_for_call(function), call.args, positional, kwnames);
        if (callee == nullptr)
            GOTO(raise);
        SKIP_CACHE(CALL);
        ENTER_CALLEE(callee);
    }
    if (may_be_redirected(callable)) [[unlikely]] {
        if (const Redirect* redirect = wanted_redirect(ts, call, kwnames)) {
            SKIP_CACHE(CALL);
            activation(ts)->kwnames = kwnames;
            activation(ts)->redirect = redirect;
            GOTO(call_redirected);
        }
    }
    activation(ts)->kwnames = kwnames;
    if (PyType_Check(callable))
        GOTO(call_class);
    if (is_switching(callable)) {
        SKIP_CACHE(CALL);
        GOTO(call_switching);
    }
    if (Py_TYPE(callable)->tp_call == slot_tp_call)
        GOTO(call_object);
    if (is_indirect(ts, callable))
        GOTO(call_indirect);
    if (is_slot_of_builtin(callable))
        GOTO(call_slot);
    if (Py_IS_TYPE(callable, &PyMethod_Type))
        GOTO(call_bound_method);
    GOTO(call_c);
}

// iterator.__next__() of a builtin type is next(iterator).
HANDLER(call_next_slot) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* iterator = iterator_of_next(call.callable(), {call.args, call.count, nullptr});
    if (iterator == nullptr || activation(ts)->kwnames != nullptr || !may_call_back(ts, iterator) ||
        ts->c_profilefunc != nullptr)
        GOTO(call_c);
    Py_INCREF(iterator);
    drop_call(call);
    SKIP_CACHE(CALL);
    sp = call.base;
    if (is_resumable_here(iterator)) {
        SAVE_IP();
        *sp++ = iterator;
        GOTO(call_generator_next);
    }
    Frame* callee = push_hidden_frame(ts, frame, Hidden::call_next, {iterator});
    if (callee == nullptr)
        GOTO(raise);
    ENTER_CALLEE(callee);
}

// An object whose class has a __call__ in Python: it stands where that wants its self.
HANDLER(call_object) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* method = type_lookup(Py_TYPE(call.callable()), &_Py_ID(__call__));
    if (method == nullptr || !is_inlinable(ts, method))
        GOTO(call_indirect);
    PyObject* kwnames = take_kwnames(ts);
    auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(method));
    sp = call.base;
    Frame* callee = bind_and_push(ts, function, locals_for_call(function), call.args - 1,
                                  call.count + 1 - keyword_count(kwnames), kwnames);
    if (callee == nullptr)
        GOTO(raise);
    SKIP_CACHE(CALL);
    ENTER_CALLEE(callee);
}

// A hidden function takes the place of the callable. ip is at the next instruction already.
HANDLER(call_redirected) {
    const Redirect* redirect = activation(ts)->redirect;
    if (redirect->handler != nullptr && activation(ts)->kwnames == nullptr)
        GOTO(call_handler);
    const Hidden function = redirect->function;
    if (direct_target(function) != Target::none)
        GOTO(call_conversion);
    if (function == Hidden::isinstance_ || function == Hidden::issubclass_)
        GOTO(call_class_check);
    if (function == Hidden::builtin_next)
        GOTO(call_next);
    if (function == Hidden::builtin_iter)
        GOTO(call_iter);
    if (function == Hidden::builtin_getattr)
        GOTO(call_getattr);
    if (function == Hidden::builtin_setattr)
        GOTO(call_setattr);
    if (function == Hidden::builtin_delattr)
        GOTO(call_delattr);
    GOTO(call_hidden);
}

// What the loop does itself finds the arguments where the call began.
HANDLER(call_handler) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* callable = call.callable();
    SAVE_IP();
    std::copy_n(call.args, call.count, call.base);
    sp = call.base + call.count;
    oparg = call.count;
    Py_DECREF(callable);
    GOTO(activation(ts)->redirect->handler);
}

HANDLER(call_hidden) {
    const CallOnStack call = call_on_stack(sp, oparg);
    const Redirect* redirect = activation(ts)->redirect;
    PyObject* kwnames = take_kwnames(ts);
    PyObject* callable = call.callable();
    SAVE_IP();
    sp = call.base;
    Frame* callee = bind_hidden_and_push(ts, frame, redirect->function, call.args,
                                         call.count - keyword_count(kwnames), kwnames);
    Py_DECREF(callable);
    if (callee == nullptr)
        GOTO(raise);
    ENTER_CALLEE(callee);
}

// object.__setattr__, say, or that of super(), may come to code in Python.
HANDLER(call_slot) {
    const CallOnStack call = call_on_stack(sp, oparg);
    const Arguments arguments{call.args, call.count, activation(ts)->kwnames};
    const SlotCall slot = find_slot_call(call.callable(), arguments);
    if (slot.access.kind == Access::by_c)
        GOTO(call_next_slot);
    const StartedCall started = slot.access.start(ts, frame);
    drop_call(call);
    sp = call.base;
    if (started.callee != nullptr || started.result != nullptr) {
        SKIP_CACHE(CALL);
    }
    if (!slot.returns_none)
        CONTINUE_CALL(started, value);
    *sp++ = Py_NewRef(Py_None);
    CONTINUE_CALL(started, nothing);
}

// At the end of a `with` block, the bound exit method stands where that of a method call does, with arguments behind.
HANDLER(call_bound_method) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* kwnames = take_kwnames(ts);
    const Arguments arguments{call.args, call.count - keyword_count(kwnames), kwnames};
    const StartedCall started = start_call(ts, frame, call.callable(), arguments);
    drop_call(call);
    sp = call.base;
    if (started.callee != nullptr || started.result != nullptr) {
        SKIP_CACHE(CALL);
    }
    CONTINUE_CALL(started, value);
}

// What is called instead of the callable has a frame, or else C code calls it.
HANDLER(call_indirect) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* kwnames = take_kwnames(ts);
    const Arguments arguments{call.args, call.count - keyword_count(kwnames), kwnames};
    const StartedCall started = start_call(ts, frame, call.callable(), arguments);
    drop_call(call);
    sp = call.base;
    if (started.callee != nullptr) {
        SKIP_CACHE(CALL);
        ENTER_CALLEE(started.callee);
    }
    if (started.result == nullptr)
        GOTO(raise);
    *sp++ = started.result;
    SKIP_CACHE(CALL);
    NEXT_AFTER_C_CALL();
}

/// Other callables may put their own object before the arguments for as long as they run, without
/// counting the reference.
static bool leaves_arguments_alone(PyObject* callable) {
    return Py_IS_TYPE(callable, &PyCFunction_Type) || Py_IS_TYPE(callable, &PyMethodDescr_Type) ||
           Py_IS_TYPE(callable, &PyType_Type);
}

HANDLER(call_c) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* callable = call.callable();
    PyObject* kwnames = take_kwnames(ts);
    const Py_ssize_t positional = call.count - keyword_count(kwnames);
    if (leaves_arguments_alone(callable)) {
        _PyFrame_SetStackPointer(frame, sp);
    }
    PyObject* result =
        ts->cframe->use_tracing != 0
            ? call_traced(ts, frame, callable, call.args, positional, kwnames)
            : PyObject_Vectorcall(callable, call.args, positional | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                  kwnames);
    frame->stacktop = -1;
    drop_call(call);
    sp = call.base;
    if (result == nullptr)
        GOTO(raise);
    *sp++ = result;
    SKIP_CACHE(CALL);
    NEXT_AFTER_C_CALL();
}

namespace {

/// Calls a function of an extension that takes its arguments in a tuple, and perhaps a dict. Of a switch it knows
/// nothing: it has not got the arguments any more when its result comes.
PyObject* call_with_tuple(PyMethodDef* definition, PyObject* self, PyObject* const* args,
                          Py_ssize_t positional, PyObject* kwnames) {
    const Ref tuple = Ref::steal(_PyTuple_FromArray(args, positional));
    if (!tuple)
        return nullptr;
    if ((definition->ml_flags & METH_KEYWORDS) == 0)
        return definition->ml_meth(self, tuple.get());
    const Ref kwargs =
        Ref::steal(kwnames != nullptr ? _PyStack_AsDict(args + positional, kwnames) : nullptr);
    if (kwnames != nullptr && !kwargs)
        return nullptr;
    return method_as<PyCFunctionWithKeywords>(definition)(self, tuple.get(), kwargs.get());
}

/// What says how a C function takes its arguments.
constexpr int signature_flags =
    METH_VARARGS | METH_KEYWORDS | METH_NOARGS | METH_O | METH_FASTCALL | METH_METHOD;

/// Calls a C function that may switch (see switching.hpp), after telling it so. CPython's own ways
/// to call it would count the recursion depth up before and down after, which are different
/// tasklets'.
PyObject* call_announced(PyThreadState* ts, PyObject* callable, PyObject* const* args,
                         Py_ssize_t positional, PyObject* kwnames) {
    activation(ts)->soft_call = true;
    PyMethodDef* definition;
    PyObject* self;
    if (Py_IS_TYPE(callable, &PyCFunction_Type)) {
        definition = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
        self = PyCFunction_GET_SELF(callable);
    } else {
        auto* descriptor = reinterpret_cast<PyMethodDescrObject*>(callable);
        if (positional == 0 || !PyObject_TypeCheck(args[0], descriptor->d_common.d_type))
            return PyObject_Vectorcall(callable, args, static_cast<size_t>(positional), kwnames);
        definition = descriptor->d_method;
        self = *args++;
        positional--;
    }
    switch (definition->ml_flags & signature_flags) {
    case METH_NOARGS:
        if (positional == 0 && keyword_count(kwnames) == 0)
            return definition->ml_meth(self, nullptr);
        break;
    case METH_O:
        if (positional == 1 && keyword_count(kwnames) == 0)
            return definition->ml_meth(self, args[0]);
        break;
    case METH_FASTCALL:
        if (keyword_count(kwnames) == 0)
            return method_as<_PyCFunctionFast>(definition)(self, args, positional);
        break;
    case METH_FASTCALL | METH_KEYWORDS:
        return method_as<_PyCFunctionFastWithKeywords>(definition)(self, args, positional, kwnames);
    case METH_VARARGS:
        if (keyword_count(kwnames) == 0)
            return call_with_tuple(definition, self, args, positional, nullptr);
        break;
    case METH_VARARGS | METH_KEYWORDS:
        return call_with_tuple(definition, self, args, positional, kwnames);
    default:
        break;
    }
    // Arguments that do not fit: CPython's call says what is wrong with them.
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
        args--;
        positional++;
    }
    return PyObject_Vectorcall(callable, args, static_cast<size_t>(positional), kwnames);
}

}  // namespace

PyObject* call_announced_with_mapping(PyThreadState* ts, PyObject* callable, PyObject* args,
                                      PyObject* kwargs) {
    const VectorArguments all(ts, args, kwargs);
    return all ? call_announced(ts, callable, all.values(), all.positional(), all.kwnames())
               : nullptr;
}

Handler switch_handlers[most_switch_handlers] = {call_switching};

// A C function that may switch tasklets is called by the loop itself. ip is at the next instruction
// already.
HANDLER(call_switching) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* kwnames = take_kwnames(ts);
    SAVE_IP();
    // If the tasklet keeps its C stack, the garbage collector sees this frame as it is now.
    _PyFrame_SetStackPointer(frame, sp);
    PyObject* result = call_announced(ts, call.callable(), call.args,
                                      call.count - keyword_count(kwnames), kwnames);
    sp = call.base;
    if (result == unwind_token()) {
        // Another frame is current. This one waits for its result, with the call's values gone.
        _PyFrame_SetStackPointer(frame, sp);
        drop_after_switch(ts, call.args - 1, call.count + 1);
        GOTO(resume_current);
    }
    activation(ts)->soft_call = false;
    frame->stacktop = -1;
    drop_call(call);
    if (result == nullptr)
        GOTO(raise);
    *sp++ = result;
    NEXT_AFTER_C_CALL();
}

ADAPTIVE_OP(CALL) {
    SAVE_IP();
    const CallOnStack call = call_on_stack(sp, oparg);
    if (specialize_class_call(ts, call.callable(), activation(ts)->kwnames, ip - 1))
        RUN_SPECIALIZED();
    if (_Py_Specialize_Call(call.callable(), ip - 1, call.count, activation(ts)->kwnames) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

namespace {

/// The function of a call, if it is the one that the call was specialised for; else null.
inline PyFunctionObject* cached_function(const CallOnStack& call, _PyCallCache* cache) {
    PyObject* callable = call.callable();
    if (!PyFunction_Check(callable))
        return nullptr;
    auto* function = reinterpret_cast<PyFunctionObject*>(callable);
    return function->func_version == read_u32(cache->func_version) ? function : nullptr;
}

}  // namespace

// A CALL that was specialised for another function. Functions that are defined anew each time, and callbacks of one
// caller, are many to a call: as long as they take their arguments in the same way, nothing has missed.
HANDLER(call_other_function) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* callable = call.callable();
    if (!is_inlinable(ts, callable))
        GOTO(call_cached_class);
    auto* function = reinterpret_cast<PyFunctionObject*>(callable);
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    MISS_IF(!takes_just(code, call.count));
    const size_t size = frame_size(code);
    Frame* callee = take_room(ts, size);
    if (callee == nullptr) [[unlikely]]
        GOTO(op_CALL);
    initialize_frame(callee, function, code, nullptr);
    move_arguments(callee, call.args, call.count, code->co_nlocalsplus);
    sp = call.base;
    SKIP_CACHE(CALL);
    ENTER_CALLEE(callee);
}

OP(CALL_PY_EXACT_ARGS) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyFunctionObject* function = cached_function(call, cache_at<_PyCallCache>(ip));
    if (function == nullptr) [[unlikely]]
        GOTO(call_other_function);
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    MISS_IF(code->co_argcount != call.count);
    const size_t size = frame_size(code);
    if (!_PyThreadState_HasStackSpace(ts, size)) [[unlikely]]
        GOTO(call_other_function);
    Frame* callee = take_room_here(ts, size);
    initialize_frame(callee, function, code, nullptr);
    const int locals = code->co_nlocalsplus;
    move_arguments(callee, call.args, call.count, locals);
    _PyFrame_SetStackPointer(frame, call.base);
    SKIP_CACHE(CALL);
    SAVE_IP();
    callee->previous = frame;
    frame = callee;
    ts->cframe->current_frame = frame;
    if (ts->recursion_remaining-- <= 0) [[unlikely]]
        GOTO(recurse_too_deep);
    // What start_frame does, and RESUME, without reading what has just been written: calls gain 5 %.
    sp = callee->localsplus + locals;
    callee->stacktop = -1;
    ip = _PyCode_CODE(code);
    if (*ip == _Py_MAKECODEUNIT(RESUME_QUICK, 0) &&
        dispatch_table[RESUME_QUICK] == op_RESUME_QUICK && !breaker_is_set(ts)) [[likely]] {
        callee->prev_instr = ip++;
    }
    NEXT();
}

OP(CALL_PY_WITH_DEFAULTS) {
    auto* cache = cache_at<_PyCallCache>(ip);
    const CallOnStack call = call_on_stack(sp, oparg);
    PyFunctionObject* function = cached_function(call, cache);
    MISS_IF(function == nullptr);
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    const int least = cache->min_args;
    MISS_IF(call.count > code->co_argcount || call.count < least);
    const size_t size = frame_size(code);
    Frame* callee = take_room(ts, size);
    if (callee == nullptr) [[unlikely]]
        GOTO(op_CALL);
    initialize_frame(callee, function, code, nullptr);
    move_arguments(callee, call.args, call.count, code->co_nlocalsplus);
    for (Py_ssize_t i = call.count; i < code->co_argcount; i++) {
        callee->localsplus[i] = Py_NewRef(PyTuple_GET_ITEM(function->func_defaults, i - least));
    }
    sp = call.base;
    SKIP_CACHE(CALL);
    ENTER_CALLEE(callee);
}

}  // namespace stackless::eval
