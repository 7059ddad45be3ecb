// Calls of builtins about plain numbers whose result the loop finds by itself: sum(), min(), max() and int().
#include "cpython/ints.hpp"
#include "eval/c_calls.hpp"
#include "eval/numbers.hpp"

namespace stackless::eval {

/// The call is one that takes more: CALL looks closer.
#define GO_ON_GENERALLY() GO_ON_GENERALLY_IF(true)

namespace {

/// Whether the call on the stack is one of a builtin with `count` positional arguments and no others.
inline bool is_plain_call(PyThreadState* ts, PyObject** sp, intptr_t oparg, int count) {
    return oparg == count && sp[-count - 2] == nullptr && activation(ts)->kwnames == nullptr;
}

/// Compares two numbers as `left < right` does: 1, 0, or -1 if they are not two compact ints or two floats.
inline int is_less(PyObject* left, PyObject* right) {
    if (are_compact_ints(left, right))
        return static_cast<int>(compact_value(left) < compact_value(right));
    if (PyFloat_CheckExact(left) && PyFloat_CheckExact(right))
        return static_cast<int>(float_value(left) < float_value(right));
    return -1;
}

/// The sum of the items of a list or tuple that are all ints of one digit; null without an exception if they are not.
PyObject* sum_of_ints(PyObject* sequence) {
    Py_ssize_t total = 0;
    PyObject** items = PySequence_Fast_ITEMS(sequence);
    // So many summands of 30 bits fit.
    constexpr Py_ssize_t most = Py_ssize_t{1} << 32;
    const Py_ssize_t size = Py_SIZE(sequence);
    if (size > most)
        return nullptr;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (!PyLong_CheckExact(items[i]) || !is_compact_int(items[i]))
            return nullptr;
        total += compact_value(items[i]);
    }
    return new_int(total);
}

}  // namespace

// sum() of ints takes a third of the time.
HANDLER(sum_at_once) {
    PyObject* sequence = sp[-1];
    if (!is_plain_call(ts, sp, oparg, 1) ||
        !(PyList_CheckExact(sequence) || PyTuple_CheckExact(sequence)))
        GO_ON_GENERALLY();
    SAVE_IP();
    PyObject* total = sum_of_ints(sequence);
    if (total == nullptr) {
        if (_PyErr_Occurred(ts))
            GOTO(drop_failed_call);
        GO_ON_GENERALLY();
    }
    ANSWER_CALL_OF_ONE(total, sequence);
}

// min() and max() of two numbers take half the time.
#define PICK_AT_ONCE(handler_name, is_second) \
    HANDLER(handler_name) { \
        PyObject* first = sp[-2]; \
        PyObject* second = sp[-1]; \
        const int picks_second = is_plain_call(ts, sp, oparg, 2) ? (is_second) : -1; \
        if (picks_second < 0) \
            GO_ON_GENERALLY(); \
        PyObject* builtin = sp[-3]; \
        sp -= 3; \
        sp[-1] = picks_second != 0 ? second : first; \
        SKIP_PRECALL_AND_CALL(); \
        DROP_TWO_AND_NEXT(picks_second != 0 ? first : second, builtin); \
    }

PICK_AT_ONCE(min_at_once, is_less(second, first))
PICK_AT_ONCE(max_at_once, is_less(first, second))

// int() of digits or a float takes half the time.
HANDLER(int_at_once) {
    PyObject* value = sp[-1];
    if (!is_plain_call(ts, sp, oparg, 1))
        GO_ON_GENERALLY();
    SAVE_IP();
    PyObject* result = convert_to_int(value);
    if (result == nullptr) {
        if (_PyErr_Occurred(ts))
            GOTO(drop_failed_call);
        GO_ON_GENERALLY();
    }
    ANSWER_CALL_OF_ONE(result, value);
}

}  // namespace stackless::eval
