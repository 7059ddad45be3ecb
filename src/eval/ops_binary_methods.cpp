// Binary operators on objects whose classes are no static types: their methods in Python run in frames of the
// loop, while the operands stay on the caller's stack.
//
// Several methods may be asked, one after the other, until one gives something else than NotImplemented. The
// order is CPython's: for an assignment, the left operand's method for it. Then the left operand's method and the
// reflected one of the right operand; that comes first if its class is a subclass of the other's and overrides it.
// Which of them a frame is running says its delivery.
#include "eval/binary_operators.hpp"
#include "eval/conversions.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(binary_by_methods);
HANDLER(binary_slowly);
HANDLER(binary_plain);
HANDLER(binary_left);
HANDLER(binary_right);
HANDLER(binary_sequence);
HANDLER(binary_is_done);

// In all of these, oparg is the instruction's.

/// The end of an instruction with a result of C code: null is an exception, NotImplemented goes on as it says.
#define FINISH_BINARY_UNLESS_NOT_IMPLEMENTED(result) \
    if ((result) != Py_NotImplemented) { \
        oparg = reinterpret_cast<intptr_t>(result); \
        GOTO(binary_is_done); \
    } \
    Py_DECREF(result)

// oparg is the result, or null.
HANDLER(binary_is_done) {
    PyObject* result = DELIVERED();
    if (result == nullptr)
        GOTO(raise);
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    sp--;
    sp[-1] = result;
    SKIP_CACHE(BINARY_OP);
    DROP_TWO_AND_NEXT(left, right);
}

HANDLER(binary_by_methods) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    PyTypeObject* type = Py_TYPE(left);
    const BinaryOperator& the_operator = binary_operators[oparg];
    if (the_operator.slot_of(left) == the_operator.python_slot) {
        if (oparg >= plain_operators) {
            ENTER_IF_PLAIN_METHOD(type, the_operator.method, inplace, left, right);
        } else if (type == Py_TYPE(right) || !is_of_heap_type(right)) {
            ENTER_IF_PLAIN_METHOD(type, the_operator.method, binary_left, left, right);
        }
    }
    GOTO(binary_slowly);
}

HANDLER(binary_slowly) {
    if (oparg < plain_operators)
        GOTO(binary_plain);
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    const BinaryOperator& assignment = binary_operators[oparg];
    const NumberSlot slot = assignment.slot_of(left);
    if (slot == assignment.python_slot) {
        if (PyObject* method = type_lookup(Py_TYPE(left), assignment.method)) {
            CONTINUE_CALL(start_special_method(ts, frame, method, left, right), inplace);
        }
    }
    if (slot != nullptr) {
        PyObject* result = call_binary_slot(slot, oparg, left, right);
        FINISH_BINARY_UNLESS_NOT_IMPLEMENTED(result);
    }
    GOTO(binary_plain);
}

HANDLER(binary_plain) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    const BinaryOperator& plain = binary_operators[oparg % plain_operators];
    const NumberSlot left_slot = plain.slot_of(left);
    const bool is_left_python = left_slot == plain.python_slot;
    const NumberSlot right_slot = Py_TYPE(left) == Py_TYPE(right) ? nullptr : plain.slot_of(right);
    if (right_slot != nullptr && PyType_IsSubtype(Py_TYPE(right), Py_TYPE(left))) {
        if (right_slot == plain.python_slot) {
            const int overrides =
                is_left_python ? overrides_reflected(left, right, plain.reflected) : 1;
            if (overrides < 0)
                GOTO(raise);
            PyObject* method =
                overrides == 0 ? nullptr : type_lookup(Py_TYPE(right), plain.reflected);
            if (method != nullptr) {
                CONTINUE_CALL(start_special_method(ts, frame, method, right, left),
                              binary_priority);
            }
        } else if (right_slot != left_slot) {
            PyObject* result = call_binary_slot(right_slot, oparg, left, right);
            FINISH_BINARY_UNLESS_NOT_IMPLEMENTED(result);
            GOTO(binary_left);
        }
    }
    if (is_left_python) {
        PyObject* method = type_lookup(Py_TYPE(left), plain.method);
        if (method == nullptr)
            GOTO(binary_right);
        CONTINUE_CALL(start_special_method(ts, frame, method, left, right), binary_left);
    }
    if (left_slot != nullptr) {
        PyObject* result = call_binary_slot(left_slot, oparg, left, right);
        FINISH_BINARY_UNLESS_NOT_IMPLEMENTED(result);
    }
    GOTO(binary_right);
}

/// The left operand has not implemented it.
HANDLER(binary_right) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    if (Py_TYPE(left) == Py_TYPE(right))
        GOTO(binary_sequence);
    const BinaryOperator& plain = binary_operators[oparg % plain_operators];
    const NumberSlot right_slot = plain.slot_of(right);
    if (right_slot == plain.python_slot) {
        PyObject* method = type_lookup(Py_TYPE(right), plain.reflected);
        if (method == nullptr)
            GOTO(binary_sequence);
        CONTINUE_CALL(start_special_method(ts, frame, method, right, left), binary_last);
    }
    if (right_slot != nullptr && right_slot != plain.slot_of(left)) {
        PyObject* result = call_binary_slot(right_slot, oparg, left, right);
        FINISH_BINARY_UNLESS_NOT_IMPLEMENTED(result);
    }
    GOTO(binary_sequence);
}

/// The right operand, asked first, has not implemented it.
HANDLER(binary_left) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    const BinaryOperator& plain = binary_operators[oparg % plain_operators];
    const NumberSlot left_slot = plain.slot_of(left);
    if (left_slot == plain.python_slot) {
        PyObject* method = type_lookup(Py_TYPE(left), plain.method);
        if (method == nullptr)
            GOTO(binary_sequence);
        CONTINUE_CALL(start_special_method(ts, frame, method, left, right), binary_last);
    }
    if (left_slot != nullptr) {
        PyObject* result = call_binary_slot(left_slot, oparg, left, right);
        FINISH_BINARY_UNLESS_NOT_IMPLEMENTED(result);
    }
    GOTO(binary_sequence);
}

/// No operand has.
HANDLER(binary_sequence) {
    const Repetition repetition = find_repetition(oparg, sp[-2], sp[-1]);
    if (repetition.function != nullptr && find_conversion(Target::index, repetition.times)) {
        PyObject* is_in_place =
            oparg >= plain_operators && repetition.sequence == sp[-2] ? Py_True : Py_False;
        CONTINUE_CALL(start_hidden(ts, frame, Hidden::repeat_by_index, repetition.sequence,
                                   repetition.times, is_in_place),
                      binary_last);
    }
    PyObject* result = sequence_result(oparg, sp[-2], sp[-1]);
    oparg = reinterpret_cast<intptr_t>(result);
    GOTO(binary_is_done);
}

/// The beginning of a continuation: what it goes on to say is for the result NotImplemented.
#define FINISH_BINARY_UNLESS_ASKED_AGAIN() \
    if (DELIVERED() != Py_NotImplemented) [[likely]] \
        GOTO(binary_is_done); \
    Py_DECREF(Py_NotImplemented); \
    oparg = _Py_OPARG(*frame->prev_instr)

HANDLER(deliver_inplace) {
    FINISH_BINARY_UNLESS_ASKED_AGAIN();
    GOTO(binary_plain);
}

HANDLER(deliver_binary_left) {
    FINISH_BINARY_UNLESS_ASKED_AGAIN();
    GOTO(binary_right);
}

HANDLER(deliver_binary_priority) {
    FINISH_BINARY_UNLESS_ASKED_AGAIN();
    GOTO(binary_left);
}

HANDLER(deliver_binary_last) {
    FINISH_BINARY_UNLESS_ASKED_AGAIN();
    GOTO(binary_sequence);
}

}  // namespace stackless::eval
