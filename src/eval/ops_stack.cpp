// Locals, cells, constants and the value stack.
#include "eval/errors.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/operands.hpp"

namespace stackless::eval {

OP(NOP) {
    NEXT();
}

HANDLER(unbound_local) {
    SAVE_IP();
    set_unbound_local_error(ts, frame->f_code, oparg);
    GOTO(raise);
}

// Each load has a second form, which goes on in the handler that does the load together with what comes behind, if there
// is one: see operands.hpp.
#define GO_ON_TOGETHER(table, unit_behind) \
    do { \
        const int opcode = _Py_OPCODE(unit_behind); \
        if ((tables_behind.tables[opcode] & in_##table) != 0) \
            GOTO((table).handlers[opcode]); \
    } while (0)

#define LOAD_LOCAL_AND_NEXT() \
    do { \
        PyObject* value = frame->localsplus[oparg]; \
        if (value == nullptr) [[unlikely]] \
            GOTO(unbound_local); \
        *sp++ = Py_NewRef(value); \
        NEXT(); \
    } while (0)

OP(LOAD_FAST) {
    LOAD_LOCAL_AND_NEXT();
}

HANDLER(load_fast_in_a_row) {
    GO_ON_TOGETHER(behind_local, *ip);
    LOAD_LOCAL_AND_NEXT();
}

OP(LOAD_CLOSURE) {
    PyObject* cell = frame->localsplus[oparg];
    if (cell == nullptr) [[unlikely]]
        GOTO(unbound_local);
    *sp++ = Py_NewRef(cell);
    NEXT();
}

OP(LOAD_CONST) {
    *sp++ = Py_NewRef(constant(frame, oparg));
    NEXT();
}

HANDLER(load_const_in_a_row) {
    GO_ON_TOGETHER(behind_constant, *ip);
    *sp++ = Py_NewRef(constant(frame, oparg));
    NEXT();
}

OP(STORE_FAST) {
    PyObject* old = frame->localsplus[oparg];
    frame->localsplus[oparg] = *--sp;
    if (old == nullptr)
        NEXT();
    DROP_AND_NEXT(old);
}

OP(DELETE_FAST) {
    PyObject* old = frame->localsplus[oparg];
    if (old == nullptr)
        GOTO(unbound_local);
    frame->localsplus[oparg] = nullptr;
    DROP_AND_NEXT(old);
}

OP(POP_TOP) {
    PyObject* value = *--sp;
    DROP_AND_NEXT(value);
}

OP(PUSH_NULL) {
    *sp++ = nullptr;
    NEXT();
}

OP(COPY) {
    PyObject* value = sp[-oparg];
    *sp++ = Py_NewRef(value);
    NEXT();
}

OP(SWAP) {
    PyObject* top = sp[-1];
    sp[-1] = sp[-oparg];
    sp[-oparg] = top;
    NEXT();
}

OP(MAKE_CELL) {
    SAVE_IP();
    // A cell variable that is an argument as well has its value here already.
    PyObject* initial = frame->localsplus[oparg];
    PyObject* cell = PyCell_New(initial);
    if (cell == nullptr)
        GOTO(raise);
    frame->localsplus[oparg] = cell;
    Py_XDECREF(initial);
    NEXT();
}

OP(COPY_FREE_VARS) {
    PyObject* closure = frame->f_func->func_closure;
    PyObject** free_variables = frame->localsplus + frame->f_code->co_nlocalsplus - oparg;
    for (int i = 0; i < oparg; i++) {
        free_variables[i] = Py_NewRef(PyTuple_GET_ITEM(closure, i));
    }
    NEXT();
}

HANDLER(unbound_cell) {
    SAVE_IP();
    set_unbound_cell_error(ts, frame->f_code, oparg);
    GOTO(raise);
}

OP(LOAD_DEREF) {
    PyObject* value = PyCell_GET(frame->localsplus[oparg]);
    if (value == nullptr) [[unlikely]]
        GOTO(unbound_cell);
    *sp++ = Py_NewRef(value);
    NEXT();
}

OP(STORE_DEREF) {
    PyObject* cell = frame->localsplus[oparg];
    PyObject* old = PyCell_GET(cell);
    PyCell_SET(cell, *--sp);
    if (old == nullptr)
        NEXT();
    DROP_AND_NEXT(old);
}

OP(DELETE_DEREF) {
    PyObject* cell = frame->localsplus[oparg];
    PyObject* old = PyCell_GET(cell);
    if (old == nullptr)
        GOTO(unbound_cell);
    PyCell_SET(cell, nullptr);
    DROP_AND_NEXT(old);
}

// Two instructions in one, made by CPython's quickening out of neighbours. The second one stays in
// place and holds its own argument; where the second would raise, it is left to run (and raise) by
// itself.

#define LOAD_TWO_LOCALS_AND_NEXT() \
    do { \
        PyObject* first = frame->localsplus[oparg]; \
        if (first == nullptr) [[unlikely]] \
            GOTO(unbound_local); \
        *sp++ = Py_NewRef(first); \
        PyObject* second = frame->localsplus[_Py_OPARG(*ip)]; \
        if (second == nullptr) [[unlikely]] \
            NEXT(); \
        ip++; \
        *sp++ = Py_NewRef(second); \
        NEXT(); \
    } while (0)

OP(LOAD_FAST__LOAD_FAST) {
    LOAD_TWO_LOCALS_AND_NEXT();
}

HANDLER(load_two_locals_in_a_row) {
    GO_ON_TOGETHER(behind_two_locals, ip[1]);
    LOAD_TWO_LOCALS_AND_NEXT();
}

HANDLER(push_first_local) {
    PyObject* value = frame->localsplus[oparg];
    if (value == nullptr) [[unlikely]]
        GOTO(unbound_local);
    *sp++ = Py_NewRef(value);
    oparg = _Py_OPARG(*ip++);
    GOTO(load_fast_in_a_row);
}

#define LOAD_LOCAL_AND_CONSTANT_AND_NEXT() \
    do { \
        PyObject* first = frame->localsplus[oparg]; \
        if (first == nullptr) [[unlikely]] \
            GOTO(unbound_local); \
        sp[0] = Py_NewRef(first); \
        sp[1] = Py_NewRef(constant(frame, _Py_OPARG(*ip++))); \
        sp += 2; \
        NEXT(); \
    } while (0)

OP(LOAD_FAST__LOAD_CONST) {
    LOAD_LOCAL_AND_CONSTANT_AND_NEXT();
}

HANDLER(load_local_and_constant_in_a_row) {
    GO_ON_TOGETHER(behind_local_and_constant, ip[1]);
    LOAD_LOCAL_AND_CONSTANT_AND_NEXT();
}

#define LOAD_CONSTANT_AND_LOCAL_AND_NEXT() \
    do { \
        PyObject* second = frame->localsplus[_Py_OPARG(*ip)]; \
        *sp++ = Py_NewRef(constant(frame, oparg)); \
        if (second == nullptr) [[unlikely]] \
            NEXT(); \
        ip++; \
        *sp++ = Py_NewRef(second); \
        NEXT(); \
    } while (0)

OP(LOAD_CONST__LOAD_FAST) {
    LOAD_CONSTANT_AND_LOCAL_AND_NEXT();
}

HANDLER(load_constant_and_local_in_a_row) {
    GO_ON_TOGETHER(behind_constant_and_local, ip[1]);
    LOAD_CONSTANT_AND_LOCAL_AND_NEXT();
}

// Where the old value is destroyed, that comes first: it may change the local that is loaded.
#define STORE_LOCAL_BEFORE_ANOTHER() \
    do { \
        PyObject* old = frame->localsplus[oparg]; \
        frame->localsplus[oparg] = *--sp; \
        if (old != nullptr && drop_was_last(old)) [[unlikely]] { \
            oparg = reinterpret_cast<intptr_t>(old); \
            GOTO(destroy_and_next); \
        } \
    } while (0)

OP(STORE_FAST__LOAD_FAST) {
    STORE_LOCAL_BEFORE_ANOTHER();
    PyObject* value = frame->localsplus[_Py_OPARG(*ip)];
    if (value == nullptr) [[unlikely]]
        NEXT();
    ip++;
    *sp++ = Py_NewRef(value);
    NEXT();
}

// The load may be the first of two.
HANDLER(store_and_load_in_a_row) {
    STORE_LOCAL_BEFORE_ANOTHER();
    if (_Py_OPCODE(*ip) != LOAD_FAST)
        NEXT();
    oparg = _Py_OPARG(*ip++);
    GOTO(load_fast_in_a_row);
}

OP(STORE_FAST__STORE_FAST) {
    STORE_LOCAL_BEFORE_ANOTHER();
    oparg = _Py_OPARG(*ip++);
    GOTO(op_STORE_FAST);
}

}  // namespace stackless::eval
