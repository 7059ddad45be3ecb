#include "eval/binary_operators.hpp"

#include <cstring>
#include <iterator>

#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "cpython/type_lookup.hpp"

namespace stackless::eval {

namespace {

template <class Function>
NumberSlot as_slot(Function function) {
    return reinterpret_cast<NumberSlot>(function);
}

}  // namespace

#define STACKLESS_PLAIN(field, name, symbol) \
    {offsetof(PyNumberMethods, nb_##field), as_slot(slot_nb_##field), &_Py_ID(__##name##__), \
     &_Py_ID(__r##name##__), symbol}
#define STACKLESS_INPLACE(field, name, symbol) \
    {offsetof(PyNumberMethods, nb_inplace_##field), as_slot(slot_nb_inplace_##field), \
     &_Py_ID(__i##name##__), nullptr, symbol}

const BinaryOperator binary_operators[] = {
    STACKLESS_PLAIN(add, add, "+"),
    STACKLESS_PLAIN(and, and, "&"),
    STACKLESS_PLAIN(floor_divide, floordiv, "//"),
    STACKLESS_PLAIN(lshift, lshift, "<<"),
    STACKLESS_PLAIN(matrix_multiply, matmul, "@"),
    STACKLESS_PLAIN(multiply, mul, "*"),
    STACKLESS_PLAIN(remainder, mod, "%"),
    STACKLESS_PLAIN(or, or, "|"),
    STACKLESS_PLAIN(power, pow, "** or pow()"),
    STACKLESS_PLAIN(rshift, rshift, ">>"),
    STACKLESS_PLAIN(subtract, sub, "-"),
    STACKLESS_PLAIN(true_divide, truediv, "/"),
    STACKLESS_PLAIN(xor, xor, "^"),
    STACKLESS_INPLACE(add, add, "+="),
    STACKLESS_INPLACE(and, and, "&="),
    STACKLESS_INPLACE(floor_divide, floordiv, "//="),
    STACKLESS_INPLACE(lshift, lshift, "<<="),
    STACKLESS_INPLACE(matrix_multiply, matmul, "@="),
    STACKLESS_INPLACE(multiply, mul, "*="),
    STACKLESS_INPLACE(remainder, mod, "%="),
    STACKLESS_INPLACE(or, or, "|="),
    STACKLESS_INPLACE(power, pow, "**="),
    STACKLESS_INPLACE(rshift, rshift, ">>="),
    STACKLESS_INPLACE(subtract, sub, "-="),
    STACKLESS_INPLACE(true_divide, truediv, "/="),
    STACKLESS_INPLACE(xor, xor, "^="),
};
static_assert(std::size(binary_operators) == NB_INPLACE_XOR + 1);
static_assert(NB_XOR + 1 == plain_operators);

PyObject* call_binary_slot(NumberSlot slot, intptr_t operation, PyObject* left, PyObject* right) {
    if (operation == NB_POWER || operation == NB_INPLACE_POWER)
        return reinterpret_cast<ternaryfunc>(slot)(left, right, Py_None);
    return reinterpret_cast<binaryfunc>(slot)(left, right);
}

namespace {

PyObject* repeat(ssizeargfunc function, PyObject* sequence, PyObject* times) {
    if (PyIndex_Check(times) == 0)
        return PyErr_Format(PyExc_TypeError, "can't multiply sequence by non-int of type '%.200s'",
                            Py_TYPE(times)->tp_name);
    const Py_ssize_t count = PyNumber_AsSsize_t(times, PyExc_OverflowError);
    return count == -1 && PyErr_Occurred() ? nullptr : function(sequence, count);
}

binaryfunc concatenation(const PySequenceMethods* slots, bool in_place) {
    if (slots == nullptr)
        return nullptr;
    return in_place && slots->sq_inplace_concat != nullptr ? slots->sq_inplace_concat
                                                           : slots->sq_concat;
}

PyObject* report_operands(intptr_t operation, PyObject* left, PyObject* right) {
    const char* hint = "";
    if (operation == NB_RSHIFT && PyCFunction_CheckExact(left) &&
        std::strcmp(reinterpret_cast<PyCFunctionObject*>(left)->m_ml->ml_name, "print") == 0) {
        hint = ". Did you mean \"print(<message>, file=<output_stream>)\"?";
    }
    return PyErr_Format(
        PyExc_TypeError, "unsupported operand type(s) for %.100s: '%.100s' and '%.100s'%s",
        binary_operators[operation].symbol, Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name, hint);
}

}  // namespace

ssizeargfunc repetition_of(PyObject* sequence, bool in_place) {
    const PySequenceMethods* slots = Py_TYPE(sequence)->tp_as_sequence;
    if (slots == nullptr)
        return nullptr;
    return in_place && slots->sq_inplace_repeat != nullptr ? slots->sq_inplace_repeat
                                                           : slots->sq_repeat;
}

Repetition find_repetition(intptr_t operation, PyObject* left, PyObject* right) {
    if (operation % plain_operators != NB_MULTIPLY)
        return {};
    const bool in_place = operation >= plain_operators;
    if (const ssizeargfunc function = repetition_of(left, in_place))
        return {function, left, right};
    // In an assignment, CPython does not ask the right operand if the left one is any sequence.
    const bool is_right_asked = !in_place || Py_TYPE(left)->tp_as_sequence == nullptr;
    return {is_right_asked ? repetition_of(right, false) : nullptr, right, left};
}

PyObject* sequence_result(intptr_t operation, PyObject* left, PyObject* right) {
    const bool in_place = operation >= plain_operators;
    if (operation % plain_operators == NB_ADD) {
        if (const binaryfunc function = concatenation(Py_TYPE(left)->tp_as_sequence, in_place))
            return function(left, right);
    } else if (const Repetition repetition = find_repetition(operation, left, right);
               repetition.function != nullptr) {
        return repeat(repetition.function, repetition.sequence, repetition.times);
    }
    return report_operands(operation, left, right);
}

int overrides_reflected(PyObject* left, PyObject* right, PyObject* reflected) {
    PyTypeObject* left_type = Py_TYPE(left);
    PyTypeObject* right_type = Py_TYPE(right);
    PyObject* theirs = type_lookup(right_type, reflected);
    const bool is_inherited = theirs == type_lookup(left_type, reflected);
    // Others than functions may be bound to the class, and differ for that.
    if (theirs == nullptr || (is_inherited && PyFunction_Check(theirs)))
        return 0;
    PyObject *left_method, *right_method;
    if (_PyObject_LookupAttr(reinterpret_cast<PyObject*>(right_type), reflected, &right_method) < 0)
        return -1;
    const Ref right_owned = Ref::steal(right_method);
    if (right_method == nullptr)
        return 0;
    if (_PyObject_LookupAttr(reinterpret_cast<PyObject*>(left_type), reflected, &left_method) < 0)
        return -1;
    const Ref left_owned = Ref::steal(left_method);
    return left_method == nullptr ? 1 : PyObject_RichCompareBool(right_method, left_method, Py_NE);
}

}  // namespace stackless::eval
