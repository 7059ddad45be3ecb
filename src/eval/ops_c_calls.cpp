// The specialised forms of PRECALL for C functions: the whole call is done here, and CALL is skipped.
// ops_builtin_calls.cpp has the builtins that the loop knows.
#include "eval/c_calls.hpp"
#include "eval/class_calls.hpp"
#include "eval/generators.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/switch_handlers.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

HANDLER(call_c);
HANDLER(call_c_method);
HANDLER(call_dict_get);
HANDLER(call_marked_builtin_o);
HANDLER(call_plain_builtin_o);
HANDLER(call_exit);
HANDLER(new_at_once);
HANDLER(call_marked_builtin_fast);
HANDLER(call_builtin_fast_with_keywords);
HANDLER(call_builtin_without_arguments);
HANDLER(call_method_noargs);
HANDLER(call_method_o);
HANDLER(call_method_fast_with_keywords);

/// CPython's flags.
inline constexpr int plain_flags = 0xffff;

/// The C function may have to be called in another way, as its flags say.
#define GO_ON_ELSEWHERE_IF_FLAGGED(flags, wanted_flags) \
    if ((flags) != (wanted_flags)) [[unlikely]] { \
        MISS_IF(((flags) & plain_flags) != (wanted_flags)); \
        if (((flags) & METH_SWITCHES) != 0) { \
            SKIP_PRECALL_AND_CALL(); \
            GO_ON_SWITCHING(flags); \
        } \
        if (may_want_redirect(flags, call)) { \
            GO_ON_ELSEWHERE_IF_REDIRECTED(); \
        } \
    }

/// Some builtins are looked at by the loop before anything else.
#define GO_ON_AT_ONCE_IF_KNOWN(flags) \
    if (((flags) & METH_REDIRECTED) != 0) { \
        const Redirect* redirect = redirects_by_number[(flags) >> METH_REDIRECT_SHIFT]; \
        if (redirect->at_once != nullptr && ts->c_profilefunc == nullptr) \
            GOTO(redirect->at_once); \
    }

namespace {

/// Whether wanted_redirect() is worth a call, for a builtin function or method with these flags.
inline bool may_want_redirect(int flags, const CallOnStack& call) {
    if ((flags & METH_REDIRECTED_FOR_ODD_VALUES) != 0)
        return has_odd_values(call);
    return (flags & METH_REDIRECTED_FOR_HEAP_TYPES) == 0 || call.count == 0 ||
           may_have_python_methods(call.args[0]) ||
           may_have_python_methods(call.args[call.count - 1]);
}

/// Whether a class gets a single argument for which its redirect is not wanted.
inline bool converts_plain_value(PyTypeObject* type, const CallOnStack& call) {
    return call.count == 1 &&
           (is_scalar(call.args[0]) || (PyType_HasFeature(type, TYPE_REDIRECTED_FOR_ODD_VALUES) &&
                                        is_plain_value(call.args[0])));
}

/// Whether a builtin with these flags, which is redirected for instances of classes in Python only, gets none.
inline bool is_plain_for(int flags, int wanted_flags, PyObject* argument) {
    constexpr int looked_at = plain_flags | METH_SWITCHES | METH_REDIRECTED_FOR_HEAP_TYPES;
    return (flags & looked_at) == (wanted_flags | METH_REDIRECTED_FOR_HEAP_TYPES) &&
           !may_have_python_methods(argument);
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

/// Whether the call is one of a generator's send(), and the loop can resume it.
inline bool is_send(PyThreadState* ts, PyObject* callable, PyObject* self, PyObject* value) {
    if (!PyGen_CheckExact(self) || !Py_IS_TYPE(callable, &PyMethodDescr_Type) ||
        ts->c_profilefunc != nullptr)
        return false;
    auto* descriptor = reinterpret_cast<PyMethodDescrObject*>(callable);
    return descriptor->d_common.d_type == &PyGen_Type &&
           descriptor->d_common.d_name == &_Py_ID(send) &&
           can_be_sent(reinterpret_cast<PyGenObject*>(self), value);
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

/// The definition of a builtin function with these flags and no others; else null.
inline PyMethodDef* plain_builtin(PyObject* callable, int flags) {
    if (!Py_IS_TYPE(callable, &PyCFunction_Type))
        return nullptr;
    PyMethodDef* definition = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
    return definition->ml_flags == flags ? definition : nullptr;
}

/// The definition of a method with these flags and no others, if `self` is an instance of just its type; else null.
inline PyMethodDef* plain_method(PyObject* callable, PyObject* self, int flags) {
    if (callable == nullptr || !Py_IS_TYPE(callable, &PyMethodDescr_Type))
        return nullptr;
    auto* descriptor = reinterpret_cast<PyMethodDescrObject*>(callable);
    PyMethodDef* definition = descriptor->d_method;
    return Py_TYPE(self) == descriptor->d_common.d_type && definition->ml_flags == flags
               ? definition
               : nullptr;
}

/// `self` of a builtin that is not static.
inline PyObject* plain_self(PyObject* callable) {
    return reinterpret_cast<PyCFunctionObject*>(callable)->m_self;
}

/// call_counted() where the limit of recursion is not reached.
inline PyObject* call_within_limit(PyThreadState* ts, PyMethodDef* definition, PyObject* self,
                                   PyObject* argument) {
    ts->recursion_remaining--;
    PyObject* result = definition->ml_meth(self, argument);
    ts->recursion_remaining++;
    return result;
}

inline bool is_at_recursion_limit(PyThreadState* ts) {
    return ts->recursion_remaining <= 0;
}

}  // namespace

/// Puts the result of a method in the place of the call: its self and `count` arguments are dropped.
#define REPLACE_METHOD_CALL(result, count) \
    do { \
        PyObject* const returned = result; \
        frame->stacktop = -1; \
        if (returned == nullptr) [[unlikely]] \
            GOTO(drop_failed_call); \
        const intptr_t dropped_count = (count) + 1; \
        PyObject* method = sp[-dropped_count - 1]; \
        sp[-dropped_count - 1] = returned; \
        Py_DECREF(method); \
        for (intptr_t i = dropped_count; i != 0; i--) { \
            Py_DECREF(sp[-i]); \
        } \
        sp -= dropped_count; \
    } while (0)

/// The same for a builtin function with `count` arguments.
#define REPLACE_BUILTIN_CALL(result, count) \
    do { \
        PyObject* const returned = result; \
        frame->stacktop = -1; \
        if (returned == nullptr) [[unlikely]] \
            GOTO(drop_failed_call); \
        const intptr_t dropped_count = (count); \
        sp[-dropped_count - 2] = returned; \
        for (intptr_t i = dropped_count; i != 0; i--) { \
            Py_DECREF(sp[-i]); \
        } \
        sp -= dropped_count + 1; \
        Py_DECREF(sp[0]); \
    } while (0)

#define FINISH_METHOD_CALL(result, count) \
    REPLACE_METHOD_CALL(result, count); \
    SKIP_PRECALL_AND_CALL(); \
    NEXT_AFTER_C_CALL()

#define FINISH_BUILTIN_CALL(result, count) \
    REPLACE_BUILTIN_CALL(result, count); \
    SKIP_PRECALL_AND_CALL(); \
    NEXT_AFTER_C_CALL()

HANDLER(drop_failed_call) {
    const CallOnStack call = call_on_stack(sp, oparg);
    drop_call(call);
    sp = call.base;
    GOTO(raise);
}

OP(PRECALL_NO_KW_BUILTIN_O) {
    if (oparg != 1)
        GOTO(call_builtin_o);
    PyObject* callable = sp[-2];
    PyMethodDef* definition = plain_builtin(callable, METH_O);
    if (definition == nullptr || sp[-3] != nullptr || is_at_recursion_limit(ts))
        GOTO(call_marked_builtin_o);
    SAVE_IP();
    FINISH_BUILTIN_CALL(call_within_limit(ts, definition, plain_self(callable), sp[-1]), 1);
}

HANDLER(call_marked_builtin_o) {
    PyMethodDef* definition = builtin_definition(sp[-2]);
    MISS_IF(definition == nullptr);
    if (is_plain_for(definition->ml_flags, METH_O, sp[-1]) && oparg == 1 && sp[-3] == nullptr &&
        !is_at_recursion_limit(ts))
        GOTO(call_plain_builtin_o);
    GO_ON_AT_ONCE_IF_KNOWN(definition->ml_flags);
    GOTO(call_builtin_o);
}

HANDLER(call_plain_builtin_o) {
    PyObject* callable = sp[-2];
    PyMethodDef* definition = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
    SAVE_IP();
    FINISH_BUILTIN_CALL(call_within_limit(ts, definition, plain_self(callable), sp[-1]), 1);
}

HANDLER(call_builtin_o) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyMethodDef* definition = builtin_definition(call.callable());
    MISS_IF(definition == nullptr || call.count != 1);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_O);
    SAVE_IP();
    PyObject* self = builtin_self(call.callable());
    PyObject* result = call_counted(ts, [&] { return definition->ml_meth(self, call.args[0]); });
    FINISH_C_CALL(result);
}

// What PRECALL_PYFUNC does beside functions and classes: CPython has no form for calls of builtins without arguments, nor of
// those that want a tuple.
HANDLER(precall_builtin) {
    MISS_IF(sp[-oparg - 2] != nullptr);
    const int flags = PyCFunction_GET_FLAGS(sp[-oparg - 1]);
    GO_ON_AT_ONCE_IF_KNOWN(flags);
    if (is_known_new(sp[-oparg - 1]))
        GOTO(new_at_once);
    MISS_IF(oparg != 0 || (flags & METH_NOARGS) == 0);
    if ((flags & METH_SWITCHES) != 0) {
        SKIP_PRECALL_AND_CALL();
        GO_ON_SWITCHING(flags);
    }
    GOTO(call_builtin_without_arguments);
}

HANDLER(call_builtin_without_arguments) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyMethodDef* definition = builtin_definition(call.callable());
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_NOARGS);
    SAVE_IP();
    SHOW_STACK();
    PyObject* self = builtin_self(call.callable());
    PyObject* result = call_counted(ts, [&] { return definition->ml_meth(self, nullptr); });
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_BUILTIN_FAST) {
    PyObject* callable = sp[-oparg - 1];
    PyMethodDef* definition = plain_builtin(callable, METH_FASTCALL);
    if (definition == nullptr || sp[-oparg - 2] != nullptr)
        GOTO(call_marked_builtin_fast);
    SAVE_IP();
    SHOW_STACK();
    FINISH_BUILTIN_CALL(
        method_as<_PyCFunctionFast>(definition)(plain_self(callable), sp - oparg, oparg), oparg);
}

HANDLER(call_marked_builtin_fast) {
    PyMethodDef* definition = builtin_definition(sp[-oparg - 1]);
    MISS_IF(definition == nullptr);
    GO_ON_AT_ONCE_IF_KNOWN(definition->ml_flags);
    GOTO(call_builtin_fast);
}

HANDLER(call_builtin_fast) {
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
    PyObject* callable = sp[-oparg - 1];
    PyMethodDef* definition = plain_builtin(callable, METH_FASTCALL | METH_KEYWORDS);
    if (definition == nullptr || sp[-oparg - 2] != nullptr)
        GOTO(call_builtin_fast_with_keywords);
    SAVE_IP();
    SHOW_STACK();
    PyObject* kwnames = take_kwnames(ts);
    FINISH_BUILTIN_CALL(
        method_as<_PyCFunctionFastWithKeywords>(definition)(
            plain_self(callable), sp - oparg, oparg - keyword_count(kwnames), kwnames),
        oparg);
}

HANDLER(call_builtin_fast_with_keywords) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyMethodDef* definition = builtin_definition(call.callable());
    MISS_IF(definition == nullptr);
    GO_ON_AT_ONCE_IF_KNOWN(definition->ml_flags);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_FASTCALL | METH_KEYWORDS);
    SAVE_IP();
    SHOW_STACK();
    PyObject* kwnames = take_kwnames(ts);
    PyObject* result = method_as<_PyCFunctionFastWithKeywords>(definition)(
        builtin_self(call.callable()), call.args, call.count - keyword_count(kwnames), kwnames);
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS) {
    PyMethodDef* definition = plain_method(sp[-2], sp[-1], METH_NOARGS);
    if (definition == nullptr || oparg != 0 || is_at_recursion_limit(ts))
        GOTO(call_method_noargs);
    SAVE_IP();
    FINISH_METHOD_CALL(call_within_limit(ts, definition, sp[-1], nullptr), 0);
}

HANDLER(call_method_noargs) {
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

// generator.send(value): what goes through call_redirected otherwise, at twice the cost.
HANDLER(send_directly) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyObject* self = call.args[0];
    PyObject* value = call.args[1];
    PyObject* method = call.callable();
    SKIP_PRECALL_AND_CALL();
    SAVE_IP();
    sp = call.base;
    *sp++ = self;
    _PyFrame_SetStackPointer(frame, sp);
    // The class of the generator holds another reference to the method.
    (void)drop_was_last(method);
    frame =
        resume_generator(ts, frame, reinterpret_cast<PyGenObject*>(self), value, Delivery::next);
    GOTO(start_frame);
}

// The same of a bound method: a quarter faster.
HANDLER(send_at_once) {
    if (oparg != 1 || sp[-3] != nullptr)
        GOTO(call_builtin_o);
    PyObject* method = sp[-2];
    PyObject* value = sp[-1];
    PyObject* self = builtin_self(method);
    auto* generator = reinterpret_cast<PyGenObject*>(self);
    if ((!PyGen_CheckExact(self) && !PyCoro_CheckExact(self)) || !can_be_sent(generator, value))
        GOTO(call_builtin_o);
    SKIP_PRECALL_AND_CALL();
    SAVE_IP();
    sp -= 2;
    sp[-1] = Py_NewRef(self);
    Py_DECREF(method);
    _PyFrame_SetStackPointer(frame, sp);
    frame = resume_generator(ts, frame, generator, value, Delivery::next);
    GOTO(start_frame);
}

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_O) {
    if (oparg != 1)
        GOTO(call_method_o);
    PyMethodDef* definition = plain_method(sp[-3], sp[-2], METH_O);
    if (definition == nullptr || is_at_recursion_limit(ts))
        GOTO(call_method_o);
    SAVE_IP();
    FINISH_METHOD_CALL(call_within_limit(ts, definition, sp[-2], sp[-1]), 1);
}

HANDLER(call_method_o) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 2);
    PyObject* self = call.args[0];
    if (is_send(ts, call.callable(), self, call.args[1]))
        GOTO(send_directly);
    PyMethodDef* definition = method_definition(call.callable(), self);
    MISS_IF(definition == nullptr);
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_O);
    SAVE_IP();
    PyObject* result = call_counted(ts, [&] { return definition->ml_meth(self, call.args[1]); });
    FINISH_C_CALL(result);
}

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST) {
    PyObject* self = sp[-oparg - 1];
    PyMethodDef* definition = plain_method(sp[-oparg - 2], self, METH_FASTCALL);
    if (definition == nullptr)
        GOTO(call_method_fast);
    if (definition->ml_meth == reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(dict_get)))
        GOTO(call_dict_get);
    SAVE_IP();
    SHOW_STACK();
    FINISH_METHOD_CALL(method_as<_PyCFunctionFast>(definition)(self, sp - oparg, oparg), oparg);
}

HANDLER(call_method_fast) {
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
    PyObject* self = sp[-oparg - 1];
    PyMethodDef* definition = plain_method(sp[-oparg - 2], self, METH_FASTCALL | METH_KEYWORDS);
    if (definition == nullptr)
        GOTO(call_method_fast_with_keywords);
    SAVE_IP();
    SHOW_STACK();
    PyObject* kwnames = take_kwnames(ts);
    FINISH_METHOD_CALL(method_as<_PyCFunctionFastWithKeywords>(definition)(
                           self, sp - oparg, oparg - keyword_count(kwnames), kwnames),
                       oparg);
}

HANDLER(call_method_fast_with_keywords) {
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
    if (PyType_HasFeature(type, TYPE_REDIRECTED) && !converts_plain_value(type, call)) {
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

OP(PRECALL_NO_KW_TUPLE_1) {
    const CallOnStack call = call_on_stack(sp, oparg);
    MISS_IF(call.count != 1 || call.callable() != reinterpret_cast<PyObject*>(&PyTuple_Type));
    if (!is_plain_value(call.args[0])) {
        GO_ON_ELSEWHERE_IF_REDIRECTED();
    }
    SAVE_IP();
    PyObject* result = PySequence_Tuple(call.args[0]);
    FINISH_C_CALL(result);
}

// C functions that CPython has no specialised form for are called by CALL.

HANDLER(call_c_function) {
    if (ts->cframe->use_tracing != 0)
        GOTO(call_c);
    if (sp[-oparg - 2] != nullptr)
        GOTO(call_c_method);
    SAVE_IP();
    SHOW_STACK();
    PyObject* kwnames = take_kwnames(ts);
    REPLACE_BUILTIN_CALL(PyObject_Vectorcall(sp[-oparg - 1], sp - oparg,
                                             static_cast<size_t>(oparg - keyword_count(kwnames)) |
                                                 PY_VECTORCALL_ARGUMENTS_OFFSET,
                                             kwnames),
                         oparg);
    SKIP_CACHE(CALL);
    NEXT_AFTER_C_CALL();
}

namespace {

/// Whether it is how `with` calls an __exit__() in C that wants a tuple: with None three times.
inline bool is_exit_without_exception(PyThreadState* ts, PyObject** sp, intptr_t oparg) {
    constexpr int further = 2;
    return oparg == further && sp[-1] == Py_None && sp[-2] == Py_None && sp[-3] == Py_None &&
           plain_builtin(sp[-4], METH_VARARGS) != nullptr && activation(ts)->kwnames == nullptr &&
           !is_at_recursion_limit(ts);
}

/// The same tuple each time. It is not for the garbage collector, which another interpreter may have later.
PyObject* three_times_none() {
    static PyObject* tuple;
    if (tuple == nullptr) {
        tuple = PyTuple_Pack(3, Py_None, Py_None, Py_None);
        if (tuple != nullptr) {
            PyObject_GC_UnTrack(tuple);
        }
    }
    return tuple;
}

}  // namespace

// `with` a lock takes 12 % less time.
HANDLER(call_exit) {
    SAVE_IP();
    SHOW_STACK();
    PyObject* arguments = three_times_none();
    PyObject* exit = sp[-4];
    PyMethodDef* definition = plain_builtin(exit, METH_VARARGS);
    REPLACE_METHOD_CALL(arguments == nullptr
                            ? nullptr
                            : call_within_limit(ts, definition, plain_self(exit), arguments),
                        2);
    SKIP_CACHE(CALL);
    NEXT_AFTER_C_CALL();
}

HANDLER(call_c_method) {
    if (is_exit_without_exception(ts, sp, oparg))
        GOTO(call_exit);
    SAVE_IP();
    SHOW_STACK();
    PyObject* kwnames = take_kwnames(ts);
    REPLACE_METHOD_CALL(
        PyObject_Vectorcall(sp[-oparg - 2], sp - oparg - 1,
                            static_cast<size_t>(oparg + 1 - keyword_count(kwnames)) |
                                PY_VECTORCALL_ARGUMENTS_OFFSET,
                            kwnames),
        oparg);
    SKIP_CACHE(CALL);
    NEXT_AFTER_C_CALL();
}

}  // namespace stackless::eval
