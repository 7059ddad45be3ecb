// Comparing and testing builtin values without going through their types. libpython's own calls between its object
// files go this way too (--wrap): see docs/internals/replaced-functions.md.
#include "cpython/exposed.hpp"
#include "cpython/ints.hpp"
#include "cpython/type_lookup.hpp"

extern "C" int __real_PyObject_RichCompareBool(PyObject* left, PyObject* right, int operation);
extern "C" int __real_PyObject_IsTrue(PyObject* object);

namespace {

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

/// Whether a class in Python that has a `__lt__`, say, has inherited its `__eq__` from object: instances are equal to
/// themselves only. Sorting tuples of them asks for equality first: it takes a third of the time.
bool has_default_equality(PyTypeObject* type) {
    return type->tp_richcompare == slot_tp_richcompare &&
           stackless::type_lookup(type, &_Py_ID(__eq__)) ==
               stackless::type_lookup(&PyBaseObject_Type, &_Py_ID(__eq__));
}

}  // namespace

extern "C" int __wrap_PyObject_RichCompareBool(PyObject* left, PyObject* right, int operation) {
    const bool asks_equality = operation == Py_EQ || operation == Py_NE;
    if (left == right && asks_equality)
        return operation == Py_EQ;
    PyTypeObject* type = Py_TYPE(left);
    if (type == Py_TYPE(right)) {
        if (type == &PyLong_Type && stackless::is_compact_int(left) &&
            stackless::is_compact_int(right))
            return compare(stackless::compact_value(left), stackless::compact_value(right),
                           operation);
        if (type == &PyFloat_Type)
            return compare(PyFloat_AS_DOUBLE(left), PyFloat_AS_DOUBLE(right), operation);
        if (type == &PyUnicode_Type && asks_equality && PyUnicode_IS_READY(left) &&
            PyUnicode_IS_READY(right))
            return _PyUnicode_EQ(left, right) == (operation == Py_EQ ? 1 : 0);
        if (operation == Py_EQ && has_default_equality(type))
            return 0;
    }
    return __real_PyObject_RichCompareBool(left, right, operation);
}

extern "C" int __wrap_PyObject_IsTrue(PyObject* object) {
    if (Py_TYPE(object) == &PyLong_Type)
        return Py_SIZE(object) != 0;
    return __real_PyObject_IsTrue(object);
}
