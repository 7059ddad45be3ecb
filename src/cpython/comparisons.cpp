// Comparing and testing builtin values without going through their types. libpython's own calls between its object
// files go this way too (--wrap): see docs/internals/replaced-functions.md.
#include "cpython/python.hpp"

extern "C" int __real_PyObject_RichCompareBool(PyObject* left, PyObject* right, int operation);
extern "C" int __real_PyObject_IsTrue(PyObject* object);

namespace {

/// Whether an int has one digit or none, so that compact_value() is its value.
bool is_compact(const PyObject* number) {
    const Py_ssize_t size = Py_SIZE(number);
    return size >= -1 && size <= 1;
}

Py_ssize_t compact_value(const PyObject* number) {
    return Py_SIZE(number) * reinterpret_cast<const PyLongObject*>(number)->ob_digit[0];
}

template <typename Value>
int compare(Value left, Value right, int operation) {
    switch (operation) {
    case Py_LT:
        return left < right;
    case Py_LE:
        return left <= right;
    case Py_EQ:
        return left == right;
    case Py_NE:
        return left != right;
    case Py_GT:
        return left > right;
    default:
        return left >= right;
    }
}

}  // namespace

extern "C" int __wrap_PyObject_RichCompareBool(PyObject* left, PyObject* right, int operation) {
    const bool asks_equality = operation == Py_EQ || operation == Py_NE;
    if (left == right && asks_equality)
        return operation == Py_EQ;
    const PyTypeObject* type = Py_TYPE(left);
    if (type == Py_TYPE(right)) {
        if (type == &PyLong_Type && is_compact(left) && is_compact(right))
            return compare(compact_value(left), compact_value(right), operation);
        if (type == &PyFloat_Type)
            return compare(PyFloat_AS_DOUBLE(left), PyFloat_AS_DOUBLE(right), operation);
        if (type == &PyUnicode_Type && asks_equality && PyUnicode_IS_READY(left) &&
            PyUnicode_IS_READY(right))
            return _PyUnicode_EQ(left, right) == (operation == Py_EQ ? 1 : 0);
    }
    return __real_PyObject_RichCompareBool(left, right, operation);
}

extern "C" int __wrap_PyObject_IsTrue(PyObject* object) {
    if (Py_TYPE(object) == &PyLong_Type)
        return Py_SIZE(object) != 0;
    return __real_PyObject_IsTrue(object);
}
