// Comparisons, identity and membership.
#include "cpython/first_probe.hpp"
#include "eval/conditions.hpp"
#include "eval/counting.hpp"
#include "eval/handler.hpp"
#include "eval/numbers.hpp"
#include "eval/opcodes.hpp"
#include "eval/orderings.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(compare_by_methods);
HANDLER(compare_in_c);
HANDLER(contains_by_method);
HANDLER(contains_slowly);
HANDLER(contains_anything);
HANDLER(contains_by_comparing);
HANDLER(contains_in_c);

// Numbers and strings: dropping them runs no code in Python.
HANDLER(drop_two_and_service_breaker);
HANDLER(drop_two_and_pay);

namespace {

/// The orderings for which the comparisons Py_LT ... Py_GE are true.
constexpr int true_orderings[] = {1, 1 | 2, 2, 1 | 4, 4, 4 | 2};

}  // namespace

OP(COMPARE_OP) {
    SAVE_IP();
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    // Where no jump follows, CPython specialises nothing.
    if (are_compact_ints(left, right)) {
        const Py_ssize_t a = compact_value(left);
        const Py_ssize_t b = compact_value(right);
        SKIP_CACHE(COMPARE_OP);
        FINISH_TEST((ordering_bits(a<b, a> b) & true_orderings[oparg]) != 0, left, right);
    }
    if (is_of_heap_type(left) || is_of_heap_type(right))
        GOTO(compare_by_methods);
    GOTO(compare_in_c);
}

HANDLER(compare_in_c) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    PyObject* result = PyObject_RichCompare(left, right, oparg);
    if (result == nullptr)
        GOTO(raise);
    SKIP_CACHE(COMPARE_OP);
    if (result == Py_True || result == Py_False) {
        (void)drop_was_last(result);
        FINISH_TEST(result == Py_True, left, right);
    }
    sp--;
    sp[-1] = result;
    DROP_TWO_AND_NEXT(left, right);
}

ADAPTIVE_OP(COMPARE_OP) {
    SAVE_IP();
    _Py_Specialize_CompareOp(sp[-2], sp[-1], ip - 1, oparg);
    RUN_SPECIALIZED();
}

HANDLER(pay_for_COMPARE_OP_ADAPTIVE) {
    if (!specialization_is_due(ip))
        GOTO(op_COMPARE_OP);
    SAVE_IP();
    _Py_Specialize_CompareOp(sp[-2], sp[-1], ip - 1, oparg);
    GOTO(op_COMPARE_OP);
}

#define DROP_TWO_IN(handler, left, right) \
    do { \
        sp[0] = left; \
        oparg = reinterpret_cast<intptr_t>(right); \
        GOTO(handler); \
    } while (0)

// Pops the operands and does the conditional jump behind the comparison.
#define COMPARE_AND_JUMP(handler_name, ordering_of, is_paid, REFUND) \
    HANDLER(handler_name) { \
        PyObject* left = sp[-2]; \
        PyObject* right = sp[-1]; \
        const int ordering = ordering_of(left, right); \
        MISS_IF(ordering == 0); \
        const int taken = ordering & cache_at<_PyCompareOpCache>(ip)->mask; \
        sp -= 2; \
        SKIP_CACHE(COMPARE_OP); \
        const int distance = _Py_OPARG(*ip++); \
        if ((taken & backward_bits) != 0) { \
            ip -= distance; \
            if (!is_paid(distance)) [[unlikely]] \
                DROP_TWO_IN(drop_two_and_pay, left, right); \
            if (breaker_is_set(ts)) [[unlikely]] \
                DROP_TWO_IN(drop_two_and_service_breaker, left, right); \
        } else if (taken != 0) { \
            REFUND(distance); \
            ip += distance; \
        } \
        DROP_TWO_AND_NEXT(left, right); \
    }

#define IS_FREE(distance) true
#define NO_REFUND(distance)
COMPARE_AND_JUMP(op_COMPARE_OP_INT_JUMP, ordering_of_ints, IS_FREE, NO_REFUND)
COMPARE_AND_JUMP(op_COMPARE_OP_FLOAT_JUMP, ordering_of_floats, IS_FREE, NO_REFUND)
COMPARE_AND_JUMP(op_COMPARE_OP_STR_JUMP, ordering_of_strings, IS_FREE, NO_REFUND)
COMPARE_AND_JUMP(pay_for_COMPARE_OP_INT_JUMP, ordering_of_ints, pay, refund)
COMPARE_AND_JUMP(pay_for_COMPARE_OP_FLOAT_JUMP, ordering_of_floats, pay, refund)
COMPARE_AND_JUMP(pay_for_COMPARE_OP_STR_JUMP, ordering_of_strings, pay, refund)

HANDLER(drop_two_and_pay) {
    SAVE_IP();
    Py_DECREF(sp[0]);
    Py_DECREF(reinterpret_cast<PyObject*>(oparg));
    GOTO(pay_after_instruction);
}

HANDLER(drop_two_and_service_breaker) {
    SAVE_IP();
    Py_DECREF(sp[0]);
    Py_DECREF(reinterpret_cast<PyObject*>(oparg));
    GOTO(service_breaker);
}

OP(IS_OP) {
    PyObject* right = sp[-1];
    PyObject* left = sp[-2];
    FINISH_TEST((left == right) != (oparg != 0), left, right);
}

HANDLER(contains_otherwise);
HANDLER(contains_text);

// Dicts and sets that tell at their first place for the value: this takes a third of the instructions of a call.
OP(CONTAINS_OP) {
    PyObject* container = sp[-1];
    PyObject* value = sp[-2];
    const Probe probe = probe_known(container, value);
    if (probe == Probe::unknown)
        GOTO(contains_otherwise);
    FINISH_TEST((probe == Probe::present) != (oparg != 0), value, container);
}

// A str in a str.
HANDLER(contains_text) {
    PyObject* container = sp[-1];
    PyObject* value = sp[-2];
    const int found = PyUnicode_Contains(container, value);
    if (found < 0)
        GOTO(raise);
    FINISH_TEST((found != 0) != (oparg != 0), value, container);
}

HANDLER(contains_otherwise) {
    SAVE_IP();
    PyObject* container = sp[-1];
    PyTypeObject* type = Py_TYPE(container);
    if (type == &PyUnicode_Type && Py_IS_TYPE(sp[-2], &PyUnicode_Type))
        GOTO(contains_text);
    const PySequenceMethods* slots = type->tp_as_sequence;
    if (slots == nullptr || slots->sq_contains == nullptr || slots->sq_contains == slot_sq_contains)
        GOTO(contains_by_method);
    if (type == &PyList_Type || type == &PyTuple_Type)
        GOTO(contains_by_comparing);
    GOTO(contains_in_c);
}

HANDLER(contains_in_c) {
    PyObject* container = sp[-1];
    PyObject* value = sp[-2];
    const int found = PySequence_Contains(container, value);
    if (found < 0)
        GOTO(raise);
    FINISH_TEST((found != 0) != (oparg != 0), value, container);
}

// Containers with a __contains__ in Python, or with none at all.
HANDLER(contains_by_method) {
    PyObject* container = sp[-1];
    PyObject* value = sp[-2];
    ENTER_IF_PLAIN_METHOD(Py_TYPE(container), &_Py_ID(__contains__), contains, container, value);
    GOTO(contains_slowly);
}

HANDLER(contains_slowly) {
    PyObject* container = sp[-1];
    PyObject* value = sp[-2];
    const PySequenceMethods* slots = Py_TYPE(container)->tp_as_sequence;
    if (slots == nullptr || slots->sq_contains == nullptr) {
        if (!is_iterated_in_python(ts, container))
            GOTO(contains_in_c);
        CONTINUE_CALL(start_hidden(ts, frame, Hidden::contains_by_iteration, container, value),
                      contains);
    }
    PyObject* method = type_lookup(Py_TYPE(container), &_Py_ID(__contains__));
    if (method == nullptr || method == Py_None ||
        (PyDict_Check(container) && is_method_of(method, &PyDict_Type)))
        GOTO(contains_in_c);
    CONTINUE_CALL(start_special_method(ts, frame, method, container, value), contains);
}

// Lists and tuples.
HANDLER(contains_by_comparing) {
    PyObject* sequence = sp[-1];
    PyObject* value = sp[-2];
    if (!may_compare_in_python(sequence, value))
        GOTO(contains_in_c);
    CONTINUE_CALL(start_hidden(ts, frame, Hidden::contains_by_comparing, sequence, value),
                  contains);
}

HANDLER(deliver_contains) {
    PyObject* result = DELIVERED();
    if (!PyBool_Check(result))
        GOTO(contains_anything);
    PyObject* value = sp[-2];
    PyObject* container = sp[-1];
    (void)drop_was_last(result);
    sp--;
    sp[-1] = new_bool((result == Py_True) != (_Py_OPARG(*frame->prev_instr) != 0));
    DROP_TWO_AND_NEXT(value, container);
}

HANDLER(contains_anything) {
    PyObject* result = DELIVERED();
    PyObject* value = sp[-2];
    PyObject* container = sp[-1];
    sp[-2] = result;
    sp--;
    Py_DECREF(value);
    Py_DECREF(container);
    GOTO(look_at_truth);
}

}  // namespace stackless::eval
