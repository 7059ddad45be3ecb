// How the specialised forms of PRECALL call C functions, and end such a call: CALL is skipped.
#pragma once

#include "eval/activation.hpp"
#include "eval/calls.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

/// The call of a builtin function (no method) in any way that its flags ask for.
HANDLER(call_builtin_o);
HANDLER(call_builtin_fast);
/// The same for a method.
HANDLER(call_method_fast);
/// A C function has raised: drops the values of the call.
HANDLER(drop_failed_call);

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

/// Whether the object's class may be one in Python.
inline bool may_have_python_methods(PyObject* object) {
    return PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE);
}

// The usual call of a builtin has null below the callable, that of a method has `self` behind the method. Those have
// handlers that do nothing else: that saves more than a third of the instructions of a call. A builtin has no flags but
// those of its signature then.

/// What the loop itself has found to be the result of the usual call of a builtin with one argument. Nothing has run.
#define ANSWER_CALL_OF_ONE(answer, argument) \
    do { \
        PyObject* answered = sp[-2]; \
        sp -= 2; \
        sp[-1] = answer; \
        SKIP_PRECALL_AND_CALL(); \
        DROP_TWO_AND_NEXT(argument, answered); \
    } while (0)

}  // namespace stackless::eval
