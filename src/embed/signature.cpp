#include "embed/signature.hpp"

#include <cmath>
#include <limits>
#include <string_view>

namespace stackless {

namespace {

/// The type that a letter stands for; null if for none.
ffi_type* find_type(char letter, bool is_result) {
    switch (letter) {
    case 'v':
        return is_result ? &ffi_type_void : &ffi_type_pointer;
    case 'b':
        return &ffi_type_uint8;
    case 'i':
        return &ffi_type_sint32;
    case 'u':
        return &ffi_type_uint32;
    case 'I':
        return &ffi_type_sint64;
    case 'U':
        return &ffi_type_uint64;
    case 'f':
        return &ffi_type_float;
    case 'd':
        return &ffi_type_double;
    case 'p':
    case 's':
    case 'o':
        return &ffi_type_pointer;
    default:
        return nullptr;
    }
}

bool fail(const char* text, const char* problem) {
    PyErr_Format(PyExc_ValueError,
                 "the signature \"%s\" %s: it has to be like \"i(ifs)\", the result and then the "
                 "arguments, each one of the letters v b i u I U f d p s o",
                 text, problem);
    return false;
}

template <class Integer>
bool to_integer(PyObject* object, Integer& value) {
    int overflow;
    const long long number = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (number == -1 && PyErr_Occurred())
        return false;
    if (overflow != 0 || number < std::numeric_limits<Integer>::min() ||
        number > std::numeric_limits<Integer>::max()) {
        PyErr_Format(PyExc_OverflowError, "%S does not fit %s integer of %zu bits", object,
                     std::numeric_limits<Integer>::is_signed ? "a signed" : "an unsigned",
                     sizeof value * 8);
        return false;
    }
    value = static_cast<Integer>(number);
    return true;
}

bool to_unsigned_long(PyObject* object, uint64_t& value) {
    PyObject* index = PyNumber_Index(object);
    if (index == nullptr)
        return false;
    value = PyLong_AsUnsignedLongLong(index);
    Py_DECREF(index);
    return value != std::numeric_limits<uint64_t>::max() || !PyErr_Occurred();
}

bool to_pointer(PyObject* object, void*& value) {
    if (object == Py_None) {
        value = nullptr;
        return true;
    }
    if (!PyLong_Check(object)) {
        PyErr_Format(PyExc_TypeError, "a pointer has to be an int or None, not %s",
                     Py_TYPE(object)->tp_name);
        return false;
    }
    value = PyLong_AsVoidPtr(object);
    return value != nullptr || !PyErr_Occurred();
}

bool to_string(PyObject* object, const char*& value) {
    value = nullptr;
    if (object == Py_None)
        return true;
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "a string has to be a str or None, not %s",
                     Py_TYPE(object)->tp_name);
        return false;
    }
    Py_ssize_t size;
    value = PyUnicode_AsUTF8AndSize(object, &size);
    if (value != nullptr && std::string_view(value).size() != static_cast<size_t>(size)) {
        PyErr_SetString(PyExc_ValueError, "a string for C must not contain null characters");
        return false;
    }
    return value != nullptr;
}

bool to_double(PyObject* object, double& value) {
    value = PyFloat_AsDouble(object);
    return value != -1.0 || !PyErr_Occurred();
}

bool to_float(PyObject* object, float& value) {
    double wide;
    if (!to_double(object, wide))
        return false;
    value = static_cast<float>(wide);
    if (std::isinf(value) && !std::isinf(wide)) {
        PyErr_Format(PyExc_OverflowError, "%S is too large for a float of 32 bits", object);
        return false;
    }
    return true;
}

bool to_bool(PyObject* object, bool& value) {
    const int truth = PyObject_IsTrue(object);
    value = truth == 1;
    return truth >= 0;
}

}  // namespace

bool Signature::parse(const char* text) {
    if (text == nullptr)
        return fail("", "is missing");
    result_ = text[0];
    if (find_type(result_, true) == nullptr || text[1] != '(')
        return fail(text, "does not begin with a result");
    const char* next = text + 2;
    for (count_ = 0; *next != ')' && *next != '\0'; next++, count_++) {
        if (count_ == most_arguments)
            return fail(text, "has more than 32 arguments");
        types_[count_] = find_type(*next, false);
        if (types_[count_] == nullptr)
            return fail(text, "has an argument of no known type");
        arguments_[count_] = *next;
    }
    if (next[0] != ')' || next[1] != '\0')
        return fail(text, "does not end with a parenthesis");
    if (ffi_prep_cif(&interface_, FFI_DEFAULT_ABI, static_cast<unsigned>(count_),
                     find_type(result_, true), types_) != FFI_OK)
        return fail(text, "cannot be called");
    return true;
}

bool to_c(PyObject* object, char type, CValue& value) {
    switch (type) {
    case 'b':
        return to_bool(object, value.as_bool);
    case 'i':
        return to_integer(object, value.as_int);
    case 'u':
        return to_integer(object, value.as_unsigned);
    case 'I':
        return to_integer(object, value.as_long);
    case 'U':
        return to_unsigned_long(object, value.as_unsigned_long);
    case 'f':
        return to_float(object, value.as_float);
    case 'd':
        return to_double(object, value.as_double);
    case 's':
        return to_string(object, value.as_string);
    case 'o':
        value.as_object = object;
        return true;
    default:
        return to_pointer(object, value.as_pointer);
    }
}

PyObject* to_python(char type, const CValue& value) {
    switch (type) {
    case 'b':
        return PyBool_FromLong(value.as_bool);
    case 'i':
        return PyLong_FromLong(value.as_int);
    case 'u':
        return PyLong_FromUnsignedLong(value.as_unsigned);
    case 'I':
        return PyLong_FromLongLong(value.as_long);
    case 'U':
        return PyLong_FromUnsignedLongLong(value.as_unsigned_long);
    case 'f':
        return PyFloat_FromDouble(value.as_float);
    case 'd':
        return PyFloat_FromDouble(value.as_double);
    case 's':
        return value.as_string == nullptr ? Py_NewRef(Py_None)
                                          : PyUnicode_FromString(value.as_string);
    case 'o':
        return Py_NewRef(value.as_object == nullptr ? Py_None : value.as_object);
    default:
        return value.as_pointer == nullptr ? Py_NewRef(Py_None)
                                           : PyLong_FromVoidPtr(value.as_pointer);
    }
}

PyObject* result_to_python(char type, const CValue& value) {
    if (type == 'v')
        Py_RETURN_NONE;
    if (type == 'b')
        return PyBool_FromLong((value.as_result & 0xff) != 0);
    if (type != 'o')
        return to_python(type, value);
    if (value.as_object == nullptr && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError, "a native function returned NULL without an exception");
    }
    return value.as_object;
}

}  // namespace stackless
