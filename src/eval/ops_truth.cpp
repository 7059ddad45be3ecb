// The truth of objects with a __bool__ or __len__ in Python, for the instructions that look at it.
//
// The value stays on top of the caller's stack until the method has answered. What the instruction does then is
// read off its opcode, at frame->prev_instr.
#include "cpython/call_sites.hpp"
#include "eval/handler.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(ask_for_truth_slowly);
HANDLER(finish_with_truth);
HANDLER(deliver_strange_truth);
HANDLER(deliver_strange_length);

namespace {

/// The truth that a __len__ has returned, -1 with an exception set.
int truth_of_length(PyThreadState* ts, PyObject* result) {
    PyObject* length = PyNumber_Index(result);
    if (length == nullptr)
        return -1;
    int truth = -1;
    if (_PyLong_Sign(length) < 0) {
        _PyErr_SetString(ts, PyExc_ValueError, "__len__() should return >= 0");
    } else {
        const Py_ssize_t size = PyNumber_AsSsize_t(length, PyExc_OverflowError);
        truth = size == -1 ? -1 : size != 0;
    }
    Py_DECREF(length);
    return truth;
}

}  // namespace

HANDLER(ask_for_truth) {
    PyObject* value = sp[-1];
    PyTypeObject* type = Py_TYPE(value);
    if (type->tp_as_number->nb_bool == slot_nb_bool) {
        ENTER_IF_PLAIN_METHOD(type, &_Py_ID(__bool__), truth, value);
    } else {
        ENTER_IF_PLAIN_METHOD(type, &_Py_ID(__len__), truth_of_length, value);
    }
    GOTO(ask_for_truth_slowly);
}

HANDLER(ask_for_truth_slowly) {
    PyObject* value = sp[-1];
    PyTypeObject* type = Py_TYPE(value);
    if (type->tp_as_number->nb_bool == slot_nb_bool) {
        if (PyObject* method = type_lookup(type, &_Py_ID(__bool__))) {
            CONTINUE_CALL(start_special_method(ts, frame, method, value), truth);
        }
    }
    if (PyObject* method = type_lookup(type, &_Py_ID(__len__))) {
        CONTINUE_CALL(start_special_method(ts, frame, method, value), truth_of_length);
    }
    oparg = PyObject_IsTrue(value);
    if (oparg < 0)
        GOTO(raise);
    GOTO(finish_with_truth);
}

HANDLER(look_at_truth) {
    PyObject* value = sp[-1];
    if (has_python_truth(value))
        GOTO(ask_for_truth);
    oparg = PyObject_IsTrue(value);
    if (oparg < 0)
        GOTO(raise);
    GOTO(finish_with_truth);
}

// In these, oparg is what the method has returned.

HANDLER(deliver_truth) {
    if (!PyBool_Check(DELIVERED()))
        GOTO(deliver_strange_truth);
    // It exists for good.
    (void)drop_was_last(DELIVERED());
    oparg = DELIVERED() == Py_True ? 1 : 0;
    GOTO(finish_with_truth);
}

HANDLER(deliver_strange_truth) {
    PyObject* result = DELIVERED();
    _PyErr_Format(ts, PyExc_TypeError, "__bool__ should return bool, returned %s",
                  Py_TYPE(result)->tp_name);
    Py_DECREF(result);
    GOTO(raise);
}

HANDLER(deliver_truth_of_length) {
    PyObject* result = DELIVERED();
    if (!PyLong_CheckExact(result) || !is_plain_index(result) || Py_REFCNT(result) == 1)
        GOTO(deliver_strange_length);
    (void)drop_was_last(result);
    oparg = Py_SIZE(result) != 0 ? 1 : 0;
    GOTO(finish_with_truth);
}

HANDLER(deliver_strange_length) {
    PyObject* result = DELIVERED();
    oparg = truth_of_length(ts, result);
    Py_DECREF(result);
    if (oparg < 0)
        GOTO(raise);
    GOTO(finish_with_truth);
}

// oparg is the truth of the value on top of the stack.
HANDLER(finish_with_truth) {
    const bool truth = oparg != 0;
    PyObject* value = sp[-1];
    const int opcode = _PyOpcode_Deopt[_Py_OPCODE(ip[-1])];
    oparg = argument_at(frame, ip - 1);
    if (opcode == CONTAINS_OP) {
        sp[-1] = new_bool(truth != (oparg != 0));
        DROP_AND_NEXT(value);
    }
    if (opcode == JUMP_IF_FALSE_OR_POP || opcode == JUMP_IF_TRUE_OR_POP) {
        if (truth == (opcode == JUMP_IF_TRUE_OR_POP)) {
            ip += oparg;
            NEXT();
        }
        sp--;
        DROP_AND_NEXT(value);
    }
    // The others see a bool in its place.
    sp[-1] = new_bool(truth);
    DROP(value);
    GOTO(untraced_handlers[opcode]);
}

}  // namespace stackless::eval
