// What CPython knows about binary operators.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// A slot of PyNumberMethods, whatever its signature.
using NumberSlot = void (*)();

struct BinaryOperator {
    size_t offset;           // of the slot in PyNumberMethods
    NumberSlot python_slot;  // what is in the slot if the class has the methods in Python
    PyObject* method;
    PyObject* reflected;  // null for the operators of assignments
    const char* symbol;   // in error messages

    /// The slot of an object's type, or null.
    NumberSlot slot_of(PyObject* object) const {
        const PyNumberMethods* slots = Py_TYPE(object)->tp_as_number;
        return slots == nullptr ? nullptr
                                : *reinterpret_cast<const NumberSlot*>(
                                      reinterpret_cast<const char*>(slots) + offset);
    }
};

/// In the order of the NB_ numbers of <opcode.h>: the operators, then the same for assignments.
extern const BinaryOperator binary_operators[];
inline constexpr int plain_operators = NB_INPLACE_ADD;

/// Calls what is in the slot.
PyObject* call_binary_slot(NumberSlot slot, intptr_t operation, PyObject* left, PyObject* right);

/// What `sequence * times` is, or the reverse, where no operand has a number's method.
struct Repetition {
    ssizeargfunc function;  // null: no operand is such a sequence
    PyObject* sequence;
    PyObject* times;
};
Repetition find_repetition(intptr_t operation, PyObject* left, PyObject* right);

/// How a sequence is repeated, in an assignment or elsewhere; null if it cannot be.
ssizeargfunc repetition_of(PyObject* sequence, bool in_place);

/// The end of an operator for which no operand has a number's method: what sequences do, or else the
/// TypeError.
PyObject* sequence_result(intptr_t operation, PyObject* left, PyObject* right);

/// Whether the class of the right operand, a subclass of the left one's, has a reflected method of its own. -1
/// with an exception set.
int overrides_reflected(PyObject* left, PyObject* right, PyObject* reflected);

}  // namespace stackless::eval
