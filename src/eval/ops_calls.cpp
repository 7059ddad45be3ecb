// Calls. A call is KW_NAMES (if it has keywords), PRECALL and CALL; on the stack are
//     method, self, argument ...      or      null, callable, argument ...
// with the values of keyword arguments last. Calls of Python functions go on in the loop with a new
// frame. PRECALL's specialised forms do the whole call of C functions, and skip CALL.
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
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

HANDLER(call_c);
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
HANDLER(isinstance_of_others);
HANDLER(call_next_slot);
HANDLER(convert_star_args);
HANDLER(convert_star_kwargs);

namespace {

/// The redirect that a call takes, or null. A bound method gets its self on the stack then, as if it were not bound.
inline const Redirect* wanted_redirect(PyThreadState* ts, const CallOnStack& call,
                                       PyObject* kwnames) {
    PyObject* callable = call.callable();
    const Py_ssize_t positional = call.count - keyword_count(kwnames);
    if (Py_IS_TYPE(callable, &PyCFunction_Type) && is_of_module(callable))
        return may_be_redirected(callable)
                   ? redirect_of_marked(ts, callable, {call.args, positional, kwnames})
                   : nullptr;
    PyObject* self = bound_self(callable);
    if (self == nullptr)
        return redirect_of(ts, callable, {call.args, positional, kwnames});
    if (call.base[0] != nullptr)
        return nullptr;
    call.args[-1] = self;
    const Redirect* redirect =
        redirect_of_bound(ts, callable, {call.args - 1, positional + 1, kwnames});
    if (redirect == nullptr) {
        call.args[-1] = callable;
        return nullptr;
    }
    Py_INCREF(self);
    call.base[0] = callable;
    return redirect;
}

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
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(!PyFunction_Check(call.callable()));
    SKIP_CACHE(PRECALL);
    NEXT();
}

OP(PRECALL_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(PRECALL);
    const CallOnStack call = call_on_stack(sp, oparg);
    if (_Py_Specialize_Precall(call.callable(), ip - 1, call.count, activation(ts)->kwnames,
                               oparg) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

OP(CALL) {
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
    PyObject* method = _PyType_Lookup(Py_TYPE(call.callable()), &_Py_ID(__call__));
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

template <class Function>
inline Function method_as(PyMethodDef* definition) {
    return reinterpret_cast<Function>(reinterpret_cast<void*>(definition->ml_meth));
}

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
    switch (definition->ml_flags & ~(METH_SWITCHES | METH_CLASS | METH_STATIC | METH_COEXIST)) {
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

/// The same for `f(*args, **kwargs)`.
PyObject* call_announced_with_mapping(PyThreadState* ts, PyObject* callable, PyObject* args,
                                      PyObject* kwargs) {
    const VectorArguments all(ts, args, kwargs);
    return all ? call_announced(ts, callable, all.values(), all.positional(), all.kwnames())
               : nullptr;
}

}  // namespace

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

OP(CALL_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(CALL);
    const CallOnStack call = call_on_stack(sp, oparg);
    if (_Py_Specialize_Call(call.callable(), ip - 1, call.count, activation(ts)->kwnames) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

#ifdef __clang__
#define ONE_BY_ONE _Pragma("clang loop vectorize(disable) unroll(disable)")
#else
#define ONE_BY_ONE
#endif

namespace {

/// Moves the arguments into the callee's locals and clears the others. There are few: copying them
/// one by one beats a call or vector instructions.
inline void move_arguments(Frame* callee, PyObject** args, Py_ssize_t count) {
    const Py_ssize_t total = callee->stacktop;
    Py_ssize_t i = 0;
    ONE_BY_ONE
    for (; i < count; i++) {
        callee->localsplus[i] = args[i];
    }
    ONE_BY_ONE
    for (; i < total; i++) {
        callee->localsplus[i] = nullptr;
    }
}

/// The function of a call, if it is the one that the call was specialised for; else null.
inline PyFunctionObject* cached_function(const CallOnStack& call, _PyCallCache* cache) {
    PyObject* callable = call.callable();
    if (!PyFunction_Check(callable))
        return nullptr;
    auto* function = reinterpret_cast<PyFunctionObject*>(callable);
    return function->func_version == read_u32(cache->func_version) ? function : nullptr;
}

}  // namespace

OP(CALL_PY_EXACT_ARGS) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyFunctionObject* function = cached_function(call, cache_at<_PyCallCache>(ip));
    MISS_IF(function == nullptr);
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    MISS_IF(code->co_argcount != call.count);
    const size_t size = frame_size(code);
    if (!_PyThreadState_HasStackSpace(ts, size)) [[unlikely]]
        GOTO(op_CALL);
    auto* callee = reinterpret_cast<Frame*>(ts->datastack_top);
    ts->datastack_top += size;
    initialize_frame(callee, function, code, nullptr);
    move_arguments(callee, call.args, call.count);
    sp = call.base;
    SKIP_CACHE(CALL);
    ENTER_CALLEE(callee);
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
    if (!_PyThreadState_HasStackSpace(ts, size)) [[unlikely]]
        GOTO(op_CALL);
    auto* callee = reinterpret_cast<Frame*>(ts->datastack_top);
    ts->datastack_top += size;
    initialize_frame(callee, function, code, nullptr);
    move_arguments(callee, call.args, call.count);
    for (Py_ssize_t i = call.count; i < code->co_argcount; i++) {
        callee->localsplus[i] = Py_NewRef(PyTuple_GET_ITEM(function->func_defaults, i - least));
    }
    sp = call.base;
    SKIP_CACHE(CALL);
    ENTER_CALLEE(callee);
}

// ---- PRECALL for C functions: the call is done here, and CALL is skipped.

#define SKIP_PRECALL_AND_CALL() (ip += INLINE_CACHE_ENTRIES_PRECALL + 1 + INLINE_CACHE_ENTRIES_CALL)

/// Where the C function may well call back: if a tasklet is left in there, the garbage collector sees
/// what is on the stack (see traverse_nested_frames). The function must not touch its arguments.
#define SHOW_STACK() _PyFrame_SetStackPointer(frame, sp)

#define FINISH_C_CALL(result) \
    frame->stacktop = -1; \
    drop_call(call); \
    sp = call.base; \
    if ((result) == nullptr) \
        GOTO(raise); \
    *sp++ = (result); \
    SKIP_PRECALL_AND_CALL(); \
    NEXT_AFTER_C_CALL()

/// CPython's flags.
inline constexpr int plain_flags = 0xffff;

/// The C function may have to be called in another way, as its flags say.
#define GO_ON_ELSEWHERE_IF_FLAGGED(flags, wanted_flags) \
    if ((flags) != (wanted_flags)) [[unlikely]] { \
        MISS_IF(((flags) & plain_flags) != (wanted_flags)); \
        if (((flags) & METH_SWITCHES) != 0) { \
            SKIP_PRECALL_AND_CALL(); \
            GOTO(call_switching); \
        } \
        if (may_want_redirect(flags, call)) { \
            GO_ON_ELSEWHERE_IF_REDIRECTED(); \
        } \
    }

/// The same for what may_be_redirected().
#define GO_ON_ELSEWHERE_IF_REDIRECTED() \
    if (const Redirect* redirect = wanted_redirect(ts, call, activation(ts)->kwnames)) { \
        SKIP_PRECALL_AND_CALL(); \
        activation(ts)->redirect = redirect; \
        GOTO(call_redirected); \
    }

/// The same for what a code in Python may have to be called for: CALL looks closer.
#define GO_ON_GENERALLY_IF(condition) \
    if (condition) [[unlikely]] { \
        ip += INLINE_CACHE_ENTRIES_PRECALL + 1; \
        GOTO(op_CALL); \
    }

namespace {

/// Whether the object's class may be one in Python.
inline bool may_have_python_methods(PyObject* object) {
    return PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE);
}

/// Whether wanted_redirect() is worth a call, for a builtin function or method with these flags.
inline bool may_want_redirect(int flags, const CallOnStack& call) {
    return (flags & METH_REDIRECTED_FOR_HEAP_TYPES) == 0 || call.count == 0 ||
           may_have_python_methods(call.args[0]) ||
           may_have_python_methods(call.args[call.count - 1]);
}

inline PyMethodDef* builtin_definition(PyObject* callable) {
    return Py_IS_TYPE(callable, &PyCFunction_Type)
               ? reinterpret_cast<PyCFunctionObject*>(callable)->m_ml
               : nullptr;
}

/// The definition of a method of a builtin type, if `self` is an instance of that type; else null.
inline PyMethodDef* method_definition(PyObject* callable, PyObject* self) {
    if (!Py_IS_TYPE(callable, &PyMethodDescr_Type))
        return nullptr;
    auto* descriptor = reinterpret_cast<PyMethodDescrObject*>(callable);
    return PyObject_TypeCheck(self, descriptor->d_common.d_type) ? descriptor->d_method : nullptr;
}

/// C functions recurse on the C stack, so they count as Python calls do.
template <class Call>
inline PyObject* call_counted(PyThreadState* ts, Call call) {
    if (_Py_EnterRecursiveCallTstate(ts, " while calling a Python object"))
        return nullptr;
    PyObject* result = call();
    _Py_LeaveRecursiveCallTstate(ts);
    return result;
}

inline PyObject* builtin_self(PyObject* callable) {
    return PyCFunction_GET_SELF(callable);
}

}  // namespace

OP(PRECALL_NO_KW_BUILTIN_O) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyMethodDef* definition = builtin_definition(call.callable());
    MISS_IF(definition == nullptr || call.count != 1);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_O);
    SAVE_IP();
    PyObject* self = builtin_self(call.callable());
    PyObject* result = call_counted(ts, [&] { return definition->ml_meth(self, call.args[0]); });
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_BUILTIN_FAST) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyMethodDef* definition = builtin_definition(call.callable());
    MISS_IF(definition == nullptr);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_FASTCALL);
    SAVE_IP();
    SHOW_STACK();
    PyObject* result = method_as<_PyCFunctionFast>(definition)(builtin_self(call.callable()),
                                                               call.args, call.count);
    FINISH_C_CALL(result);
}

OP(PRECALL_BUILTIN_FAST_WITH_KEYWORDS) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyMethodDef* definition = builtin_definition(call.callable());
    MISS_IF(definition == nullptr);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_FASTCALL | METH_KEYWORDS);
    SAVE_IP();
    SHOW_STACK();
    PyObject* kwnames = take_kwnames(ts);
    PyObject* result = method_as<_PyCFunctionFastWithKeywords>(definition)(
        builtin_self(call.callable()), call.args, call.count - keyword_count(kwnames), kwnames);
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 1);
    PyObject* self = call.args[0];
    PyMethodDef* definition = method_definition(call.callable(), self);
    MISS_IF(definition == nullptr);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_NOARGS);
    SAVE_IP();
    PyObject* result = call_counted(ts, [&] { return definition->ml_meth(self, nullptr); });
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_O) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 2);
    PyObject* self = call.args[0];
    PyMethodDef* definition = method_definition(call.callable(), self);
    MISS_IF(definition == nullptr);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_O);
    SAVE_IP();
    PyObject* result = call_counted(ts, [&] { return definition->ml_meth(self, call.args[1]); });
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count < 1);
    PyMethodDef* definition = method_definition(call.callable(), call.args[0]);
    MISS_IF(definition == nullptr);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_FASTCALL);
    SAVE_IP();
    SHOW_STACK();
    PyObject* result =
        method_as<_PyCFunctionFast>(definition)(call.args[0], call.args + 1, call.count - 1);
    FINISH_C_CALL(result);
}

OP(PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count < 1);
    PyMethodDef* definition = method_definition(call.callable(), call.args[0]);
    MISS_IF(definition == nullptr);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_FASTCALL | METH_KEYWORDS);
    SAVE_IP();
    SHOW_STACK();
    PyObject* kwnames = take_kwnames(ts);
    PyObject* result = method_as<_PyCFunctionFastWithKeywords>(definition)(
        call.args[0], call.args + 1, call.count - 1 - keyword_count(kwnames), kwnames);
    FINISH_C_CALL(result);
}

OP(PRECALL_BUILTIN_CLASS) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(!PyType_Check(call.callable()));
    auto* type = reinterpret_cast<PyTypeObject*>(call.callable());
    MISS_IF(type->tp_vectorcall == nullptr);
    if (PyType_HasFeature(type, TYPE_REDIRECTED)) {
        GO_ON_ELSEWHERE_IF_REDIRECTED();
    }
    if (type == &PyType_Type) [[unlikely]]
        GOTO(op_PRECALL);  // it may make a class
    SAVE_IP();
    SHOW_STACK();
    PyObject* kwnames = take_kwnames(ts);
    PyObject* result =
        type->tp_vectorcall(call.callable(), call.args,
                            static_cast<size_t>(call.count - keyword_count(kwnames)), kwnames);
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_STR_1) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 1 || call.callable() != reinterpret_cast<PyObject*>(&PyUnicode_Type));
    GO_ON_GENERALLY_IF(may_be_represented_in_python(call.args[0]));
    SAVE_IP();
    PyObject* result = PyObject_Str(call.args[0]);
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_TUPLE_1) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 1 || call.callable() != reinterpret_cast<PyObject*>(&PyTuple_Type));
    GO_ON_ELSEWHERE_IF_REDIRECTED();
    SAVE_IP();
    PyObject* result = PySequence_Tuple(call.args[0]);
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_TYPE_1) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 1 || call.callable() != reinterpret_cast<PyObject*>(&PyType_Type));
    SAVE_IP();
    PyObject* object = call.args[0];
    sp = call.base;
    *sp++ = Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(object)));
    Py_DECREF(&PyType_Type);
    Py_DECREF(object);
    SKIP_PRECALL_AND_CALL();
    NEXT();
}

OP(PRECALL_NO_KW_LEN) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 1 || call.callable() != ts->interp->callable_cache.len);
    GO_ON_GENERALLY_IF(may_have_python_methods(call.args[0]));
    SAVE_IP();
    const Py_ssize_t length = PyObject_Size(call.args[0]);
    PyObject* result = length < 0 ? nullptr : PyLong_FromSsize_t(length);
    FINISH_C_CALL(result);
}

// A tuple of classes, a class with a metaclass ...
HANDLER(isinstance_of_others) {
    const CallOnStack call = call_on_stack(sp, oparg);
    GO_ON_GENERALLY_IF(checks_in_python(call.args[1], &_Py_ID(__instancecheck__)));
    SAVE_IP();
    const int is_instance = PyObject_IsInstance(call.args[0], call.args[1]);
    PyObject* result = is_instance < 0 ? nullptr : new_bool(is_instance != 0);
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_ISINSTANCE) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 2 || call.callable() != ts->interp->callable_cache.isinstance);
    if (!PyType_CheckExact(call.args[1]))
        GOTO(isinstance_of_others);
    SAVE_IP();
    const int is_instance = PyObject_IsInstance(call.args[0], call.args[1]);
    PyObject* result = is_instance < 0 ? nullptr : new_bool(is_instance != 0);
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_LIST_APPEND) {
    // list.append(value) whose result is thrown away: the POP_TOP behind it is skipped as well.
    PyObject** base = sp - 3;
    MISS_IF(oparg != 1 || base[0] != ts->interp->callable_cache.list_append);
    PyObject* list = base[1];
    MISS_IF(!PyList_Check(list));
    SAVE_IP();
    if (_PyList_AppendTakeRef(reinterpret_cast<PyListObject*>(list), base[2]) < 0) {
        sp--;
        GOTO(raise);
    }
    PyObject* method = base[0];
    sp = base;
    DROP(list);
    DROP(method);
    SKIP_PRECALL_AND_CALL();
    ip++;
    NEXT();
}

namespace {

/// Begins `callable(*args, **kwargs)` if there may be a frame for it; else neither callee nor result.
StartedCall start_mapping_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                               PyObject* args, PyObject* kwargs) {
    const bool indirect = is_indirect(ts, callable);
    if (!indirect && !may_be_redirected(callable))
        return {};
    PyObject* self = indirect ? nullptr : bound_self(callable);
    VectorArguments all(ts, args, kwargs, self);
    if (!all)
        return {};
    if (indirect)
        return start_call(ts, frame, callable, all.arguments());
    const Redirect* redirect = self != nullptr ? redirect_of_bound(ts, callable, all.arguments())
                                               : redirect_of(ts, callable, all.arguments());
    if (redirect == nullptr)
        return {};
    Frame* callee = bind_hidden_and_push(ts, frame, redirect->function, all.values(),
                                         all.positional(), all.kwnames());
    all.release();
    return {callee};
}

/// What a bound method calls, or else the callable itself.
inline PyObject* function_of(PyObject* callable) {
    return Py_IS_TYPE(callable, &PyMethod_Type) ? PyMethod_GET_FUNCTION(callable) : callable;
}

/// A frame for callable(*args, **kwargs), a function or a bound method.
Frame* push_function(PyThreadState* ts, PyObject* callable, PyObject* args, PyObject* kwargs) {
    PyObject* found = function_of(callable);
    PyObject* self = found == callable ? nullptr : PyMethod_GET_SELF(callable);
    auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(found));
    return bind_mapping_and_push(ts, function, locals_for_call(function), args, kwargs, self);
}

inline PyFunctionObject* plain_init_of(PyThreadState* ts, PyObject* callable) {
    return PyType_Check(callable) ? plain_init(ts, reinterpret_cast<PyTypeObject*>(callable))
                                  : nullptr;
}

/// A frame for init(object, *args, **kwargs).
Frame* push_init(PyThreadState* ts, PyFunctionObject* init, PyObject* object, PyObject* args,
                 PyObject* kwargs) {
    Py_INCREF(init);
    return bind_mapping_and_push(ts, init, locals_for_call(init), args, kwargs, object);
}

/// The few arguments of `callable(*args)`, borrowed, with the self of a bound method.
struct FewArguments {
    static constexpr Py_ssize_t most = 8;
    PyObject* values[most];
    Py_ssize_t count = 0;

    FewArguments(PyObject* callable, PyObject* args) {
        if (PyObject* self = bound_self(callable)) {
            values[count++] = self;
        }
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
            values[count++] = PyTuple_GET_ITEM(args, i);
        }
    }
    /// Puts owned references there.
    void copy_to(PyObject** place) const {
        for (Py_ssize_t i = 0; i < count; i++) {
            place[i] = Py_NewRef(values[i]);
        }
    }
};

/// Whether that is what a call with such arguments has.
inline bool has_few_arguments(PyObject* args, PyObject* kwargs) {
    return PyTuple_GET_SIZE(args) < FewArguments::most &&
           (kwargs == nullptr || PyDict_GET_SIZE(kwargs) == 0);
}

}  // namespace

HANDLER(call_function_by_c);

// A call with few arguments, all of which are known to be positional, of what may_be_redirected().
HANDLER(call_function_redirected) {
    PyObject** const base = sp - 3 - (oparg & 1);
    PyObject* callable = base[1];
    PyObject* args = base[2];
    PyObject* kwargs = (oparg & 1) != 0 ? base[3] : nullptr;
    const FewArguments few(callable, args);
    const Arguments arguments{few.values, few.count, nullptr};
    const Redirect* redirect = bound_self(callable) != nullptr
                                   ? redirect_of_bound(ts, callable, arguments)
                                   : redirect_of(ts, callable, arguments);
    if (redirect == nullptr)
        GOTO(call_function_by_c);
    constexpr Py_ssize_t room = 3;
    if (redirect->handler != nullptr && few.count <= room) {
        few.copy_to(base);
        sp = base + few.count;
        oparg = few.count;
    } else {
        PyObject* owned[FewArguments::most];
        few.copy_to(owned);
        sp = base;
        Frame* callee =
            bind_hidden_and_push(ts, frame, redirect->function, owned, few.count, nullptr);
        redirect = nullptr;
        if (callee == nullptr) {
            Py_DECREF(callable);
            Py_DECREF(args);
            Py_XDECREF(kwargs);
            GOTO(raise);
        }
        oparg = reinterpret_cast<intptr_t>(callee);
    }
    Py_DECREF(callable);
    Py_DECREF(args);
    Py_XDECREF(kwargs);
    if (redirect != nullptr)
        GOTO(redirect->handler);
    ENTER_CALLEE(reinterpret_cast<Frame*>(oparg));
}

// What Python code has to make a tuple or a dict of first. The instruction then runs anew.

HANDLER(convert_star_args) {
    PyObject** args_place = sp - 1 - (oparg & 1);
    Frame* callee = push_hidden_frame(ts, frame, Hidden::tuple_of, {Py_NewRef(*args_place)});
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::star_args);
    ENTER_CALLEE(callee);
}

HANDLER(convert_star_kwargs) {
    Frame* callee =
        push_hidden_frame(ts, frame, Hidden::keywords_of, {Py_NewRef(sp[-3]), Py_NewRef(sp[-1])});
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::star_kwargs);
    ENTER_CALLEE(callee);
}

HANDLER(deliver_star_args) {
    PyObject* args = DELIVERED();
    oparg = argument_at(frame, ip - 1);
    PyObject** args_place = sp - 1 - (oparg & 1);
    Py_SETREF(*args_place, args);
    GOTO(op_CALL_FUNCTION_EX);
}

HANDLER(deliver_star_kwargs) {
    PyObject* kwargs = DELIVERED();
    oparg = argument_at(frame, ip - 1);
    Py_SETREF(sp[-1], kwargs);
    GOTO(op_CALL_FUNCTION_EX);
}

OP(CALL_FUNCTION_EX) {
    SAVE_IP();
    // Stack: null, callable, iterable of arguments and, with the flag, a mapping of keywords.
    const bool has_kwargs = (oparg & 1) != 0;
    PyObject* callable = sp[has_kwargs ? -3 : -2];
    PyObject** args_place = has_kwargs ? sp - 2 : sp - 1;
    if (has_kwargs && !PyDict_CheckExact(sp[-1])) {
        if (is_python_mapping(sp[-1]))
            GOTO(convert_star_kwargs);
        PyObject* kwargs = PyDict_New();
        if (kwargs == nullptr)
            GOTO(raise);
        if (_PyDict_MergeEx(kwargs, sp[-1], 2) < 0) {
            Py_DECREF(kwargs);
            set_star_kwargs_error(ts, callable, sp[-1]);
            GOTO(raise);
        }
        Py_SETREF(sp[-1], kwargs);
    }
    if (!PyTuple_CheckExact(*args_place)) {
        if (is_iterated_in_python(ts, *args_place))
            GOTO(convert_star_args);
        PyObject* args = PySequence_Tuple(*args_place);
        if (args == nullptr) {
            set_star_args_error(ts, callable, *args_place);
            GOTO(raise);
        }
        Py_SETREF(*args_place, args);
    }
    PyObject* args = *args_place;
    PyObject* kwargs = has_kwargs ? sp[-1] : nullptr;
    PyObject** const top = sp;
    sp = args_place - 2;
    Frame* callee = nullptr;
    if (is_inlinable(ts, function_of(callable))) {
        callee = push_function(ts, callable, args, kwargs);
        Py_DECREF(callable);
        Py_DECREF(args);
        Py_XDECREF(kwargs);
        if (callee == nullptr)
            GOTO(raise);
        ENTER_CALLEE(callee);
    }
    if (PyFunctionObject* init = plain_init_of(ts, callable)) {
        PyObject* object = new_plain_object(reinterpret_cast<PyTypeObject*>(callable));
        callee = object == nullptr ? nullptr : push_init(ts, init, object, args, kwargs);
        Py_DECREF(callable);
        Py_DECREF(args);
        Py_XDECREF(kwargs);
        if (object == nullptr)
            GOTO(raise);
        *sp++ = object;
        if (callee == nullptr)
            GOTO(raise);
        set_delivery(callee, Delivery::init);
        ENTER_CALLEE(callee);
    }
    if (may_be_redirected(callable) && has_few_arguments(args, kwargs)) {
        sp = top;
        GOTO(call_function_redirected);
    }
    const StartedCall started = start_mapping_call(ts, frame, callable, args, kwargs);
    if (started.callee == nullptr && started.result == nullptr && !_PyErr_Occurred(ts)) {
        sp = top;
        GOTO(call_function_by_c);
    }
    Py_DECREF(callable);
    Py_DECREF(args);
    Py_XDECREF(kwargs);
    if (started.callee != nullptr) {
        ENTER_CALLEE(started.callee);
    }
    if (started.result == nullptr)
        GOTO(raise);
    *sp++ = started.result;
    NEXT_AFTER_C_CALL();
}

// The end of CALL_FUNCTION_EX where no frame of the loop does the call.
HANDLER(call_function_by_c) {
    const bool has_kwargs = (oparg & 1) != 0;
    PyObject** const top = sp;
    sp -= has_kwargs ? 4 : 3;
    PyObject* callable = sp[1];
    PyObject* args = sp[2];
    PyObject* kwargs = has_kwargs ? sp[3] : nullptr;
    PyObject* result;
    if (is_switching(callable)) {
        _PyFrame_SetStackPointer(frame, top);
        result = call_announced_with_mapping(ts, callable, args, kwargs);
    } else if (ts->cframe->use_tracing != 0) {
        result = call_traced_with_mapping(ts, frame, callable, args, kwargs);
    } else {
        result = PyObject_Call(callable, args, kwargs);
    }
    if (result == unwind_token()) {
        _PyFrame_SetStackPointer(frame, sp);
        PyObject* const values[] = {callable, args, kwargs};
        drop_after_switch(ts, values, 3);
        GOTO(resume_current);
    }
    activation(ts)->soft_call = false;
    frame->stacktop = -1;
    Py_DECREF(callable);
    Py_DECREF(args);
    Py_XDECREF(kwargs);
    if (result == nullptr)
        GOTO(raise);
    *sp++ = result;
    NEXT_AFTER_C_CALL();
}

}  // namespace stackless::eval
