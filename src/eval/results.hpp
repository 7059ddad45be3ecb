// How an instruction hands over its result: on the stack, or to the local variable that the next instruction stores it in.
#pragma once

#include "eval/handler.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

/// Whether the instruction at `ip` is about to store the result in a local variable.
inline bool stores_in_local(const Instr* ip) {
    const int opcode = _Py_OPCODE(*ip);
    return opcode == STORE_FAST__LOAD_FAST || opcode == STORE_FAST;
}

/// Whether a variable holds a compact int that nobody else refers to: the next one can take its place.
inline bool is_replaceable_int(PyObject* value) {
    return value != nullptr && Py_REFCNT(value) == 1 && PyLong_CheckExact(value) &&
           is_compact_int(value);
}

/// The same of a float.
inline bool is_replaceable_float(PyObject* value) {
    return value != nullptr && Py_REFCNT(value) == 1 && PyFloat_CheckExact(value);
}

#define PUSH_RESULT(value) \
    do { \
        *sp++ = value; \
        NEXT(); \
    } while (0)

/// The same with the STORE_FAST behind it.
#define HAND_OVER(value) \
    do { \
        if (!stores_in_local(ip)) \
            PUSH_RESULT(value); \
        PyObject** variable = &frame->localsplus[_Py_OPARG(*ip++)]; \
        PyObject* old = *variable; \
        *variable = value; \
        if (old == nullptr) \
            NEXT(); \
        DROP_AND_NEXT(old); \
    } while (0)

}  // namespace stackless::eval
