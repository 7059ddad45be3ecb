// The specialised forms of PRECALL for C functions: the whole call is done here, and CALL is skipped.
#include "eval/activation.hpp"
#include "eval/attributes.hpp"
#include "eval/calls.hpp"
#include "eval/class_calls.hpp"
#include "eval/conversions.hpp"
#include "eval/frames.hpp"
#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/instance_checks.hpp"
#include "eval/opcodes.hpp"
#include "eval/switch_handlers.hpp"
#include "eval/switching.hpp"
#include "eval/tracing.hpp"

namespace stackless::eval {

HANDLER(call_builtin_fast);
HANDLER(call_builtin_without_arguments);
HANDLER(isinstance_of_others);

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
            GO_ON_SWITCHING(flags); \
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

/// After an attribute was not read: true if there is none, and no exception is left then.
inline bool is_attribute_missing(PyThreadState* ts) {
    if (!_PyErr_Occurred(ts))
        return true;
    if (!_PyErr_ExceptionMatches(ts, PyExc_AttributeError))
        return false;
    _PyErr_Clear(ts);
    return true;
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

// What PRECALL_PYFUNC does beside functions and classes: CPython has no form for calls of builtins without arguments.
HANDLER(precall_builtin_without_arguments) {
    MISS_IF(oparg != 0 || sp[-2] != nullptr);
    const int flags = PyCFunction_GET_FLAGS(sp[-1]);
    MISS_IF((flags & METH_NOARGS) == 0);
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
    const CallOnStack call = call_on_stack(sp, oparg);
    PyMethodDef* definition = builtin_definition(call.callable());
    MISS_IF(definition == nullptr);
    const int flags = definition->ml_flags;
    if ((flags & METH_REDIRECTED) != 0) {
        const Redirect* redirect = redirects_by_number[flags >> METH_REDIRECT_SHIFT];
        if (redirect->at_once != nullptr && ts->c_profilefunc == nullptr)
            GOTO(redirect->at_once);
    }
    GOTO(call_builtin_fast);
}

HANDLER(call_builtin_fast) {
    const CallOnStack call = call_on_stack(sp, oparg);
    PyMethodDef* definition = builtin_definition(call.callable());
    GO_ON_ELSEWHERE_IF_FLAGGED(definition->ml_flags, METH_FASTCALL);
    SAVE_IP();
    SHOW_STACK();
    PyObject* result = method_as<_PyCFunctionFast>(definition)(builtin_self(call.callable()),
                                                               call.args, call.count);
    FINISH_C_CALL(result);
}

// To find out whether getattr() would call code in Python takes as long as getattr() itself: both are done in one go.
HANDLER(getattr_at_once) {
    const CallOnStack call = call_on_stack(sp, oparg);
    if (call.count < 2 || call.count > 3 || !PyUnicode_CheckExact(call.args[1]))
        GOTO(call_builtin_fast);
    SAVE_IP();
    SHOW_STACK();
    PyObject* value = nullptr;
    if (!read_plainly(call.args[0], call.args[1], value))
        GOTO(call_builtin_fast);
    if (value == nullptr && call.count == 2) {
        if (!_PyErr_Occurred(ts))
            GOTO(call_builtin_fast);  // it makes the exception
        add_attribute_context(call.args[0], call.args[1]);
    } else if (value == nullptr && is_attribute_missing(ts)) {
        value = Py_NewRef(call.args[2]);
    }
    FINISH_C_CALL(value);
}

HANDLER(hasattr_at_once) {
    const CallOnStack call = call_on_stack(sp, oparg);
    if (call.count != 2 || !PyUnicode_CheckExact(call.args[1]))
        GOTO(call_builtin_fast);
    SAVE_IP();
    SHOW_STACK();
    PyObject* value = nullptr;
    if (!read_plainly(call.args[0], call.args[1], value))
        GOTO(call_builtin_fast);
    const bool is_there = value != nullptr;
    Py_XDECREF(value);
    PyObject* answer = is_there || is_attribute_missing(ts) ? new_bool(is_there) : nullptr;
    FINISH_C_CALL(answer);
}

HANDLER(issubclass_at_once) {
    const CallOnStack call = call_on_stack(sp, oparg);
    if (call.count != 2 || !PyType_Check(call.args[0]) || !PyType_CheckExact(call.args[1]))
        GOTO(call_builtin_fast);
    SAVE_IP();
    PyObject* answer = new_bool(is_subtype(reinterpret_cast<PyTypeObject*>(call.args[0]),
                                           reinterpret_cast<PyTypeObject*>(call.args[1])));
    FINISH_C_CALL(answer);
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

OP(PRECALL_NO_KW_METHOD_DESCRIPTOR_O) {
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

#define FINISH_INSTANCE_CHECK(check) \
    SAVE_IP(); \
    PyObject* answer = new_bool((check) == InstanceCheck::yes); \
    FINISH_C_CALL(answer)

// A tuple of classes, a class with a metaclass ...
HANDLER(isinstance_of_others) {
    const CallOnStack call = call_on_stack(sp, oparg);
    if (PyTuple_CheckExact(call.args[1])) {
        const InstanceCheck check = check_instance_of_any(Py_TYPE(call.args[0]), call.args[1]);
        if (check != InstanceCheck::unknown) {
            FINISH_INSTANCE_CHECK(check);
        }
    }
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
    // Twice as fast as libpython where the answer is no.
    const InstanceCheck check = check_instance(Py_TYPE(call.args[0]), call.args[1]);
    if (check == InstanceCheck::unknown)
        GOTO(isinstance_of_others);
    FINISH_INSTANCE_CHECK(check);
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

}  // namespace stackless::eval
