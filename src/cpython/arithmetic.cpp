// Floats are made out of free ones, and ints of one digit and floats added, subtracted and multiplied, without going through
// their types. libpython's own calls between its object files go this way (--wrap): see
// docs/internals/replaced-functions.md.
#include <functional>

#include "cpython/floats.hpp"
#include "cpython/ints.hpp"
#include "cpython/python.hpp"

extern "C" {
PyObject* __real_PyFloat_FromDouble(double value);
PyObject* __real_PyNumber_Add(PyObject* left, PyObject* right);
PyObject* __real_PyNumber_Subtract(PyObject* left, PyObject* right);
PyObject* __real_PyNumber_Multiply(PyObject* left, PyObject* right);
}

namespace stackless {

namespace {

PyObject* new_float(double value) {
    if (PyObject* number = reuse_float(_PyThreadState_GET(), value))
        return number;
    if (!may_reuse_objects())
        return __real_PyFloat_FromDouble(value);
    auto* number = static_cast<PyFloatObject*>(PyObject_Malloc(sizeof(PyFloatObject)));
    if (number == nullptr)
        return PyErr_NoMemory();
    *number = {{1, &PyFloat_Type}, value};
    return reinterpret_cast<PyObject*>(number);
}

template <class Operator>
PyObject* operate(PyObject* left, PyObject* right, binaryfunc real) {
    if (are_compact_ints(left, right))
        return PyLong_FromSsize_t(Operator{}(compact_value(left), compact_value(right)));
    double left_value;
    double right_value;
    if (number_value(left, &left_value) && number_value(right, &right_value))
        return new_float(Operator{}(left_value, right_value));
    return real(left, right);
}

/// Two lists, tuples or bytes, which cannot be added but concatenated, take 0.9 of the time.
PyObject* concatenate_or_add(PyObject* left, PyObject* right) {
    const PyTypeObject* type = Py_TYPE(left);
    if ((type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type) &&
        Py_TYPE(right) == type)
        return type->tp_as_sequence->sq_concat(left, right);
    return __real_PyNumber_Add(left, right);
}

}  // namespace

}  // namespace stackless

extern "C" {

PyObject* __wrap_PyFloat_FromDouble(double value) {
    return stackless::new_float(value);
}

PyObject* __wrap_PyNumber_Add(PyObject* left, PyObject* right) {
    return stackless::operate<std::plus<>>(left, right, stackless::concatenate_or_add);
}

PyObject* __wrap_PyNumber_Subtract(PyObject* left, PyObject* right) {
    return stackless::operate<std::minus<>>(left, right, __real_PyNumber_Subtract);
}

PyObject* __wrap_PyNumber_Multiply(PyObject* left, PyObject* right) {
    return stackless::operate<std::multiplies<>>(left, right, __real_PyNumber_Multiply);
}

}  // extern "C"
