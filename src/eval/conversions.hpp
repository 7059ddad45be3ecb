// str(), len(), int() and other builtins that make a value of an object by a special method of its class.
//
// If the method is in Python, its frame takes the place of the builtin's C function, and a delivery checks the result
// as that would have done.
#pragma once

#include "eval/calls.hpp"
#include "eval/delivery.hpp"
#include "hidden_code.hpp"

namespace stackless::eval {

/// The special method that makes the value, and what checks its result.
struct Conversion {
    PyObject* method_name;  // null: no code in Python is known to run
    Delivery delivery;

    explicit operator bool() const { return method_name != nullptr; }
};

/// What a conversion makes. src/hidden/conversions.py has the numbers.
enum class Target : uint8_t {
    none,
    length,
    truth,
    hash,
    text,
    representation,
    integer,
    index,
    floating,
    complex,
    bytes,
};

/// How code in Python makes such a value of the object, if it does.
Conversion find_conversion(Target target, PyObject* object);

/// Whether code in Python makes the int that the key of a sequence stands for, or one of those of a slice.
bool needs_index(PyObject* key);

/// Whether the object is one of the builtin containers that holds, as far as one can see at a glance, something with a
/// __repr__ in Python. Hidden::container_repr() takes such an object.
bool has_python_items(PyObject* object);

/// Whether to call has_python_items() at all, or to look for methods in Python.
inline bool may_be_represented_in_python(PyObject* object) {
    return PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_LIST_SUBCLASS |
                                                  Py_TPFLAGS_TUPLE_SUBCLASS |
                                                  Py_TPFLAGS_DICT_SUBCLASS) ||
           PyAnySet_CheckExact(object);
}

/// Begins the call of an object's special method, which its class has.
StartedCall start_conversion(PyThreadState* ts, const Frame* frame, PyObject* object,
                             PyObject* name);

/// Checks and converts what a special method of the object has returned (reference stolen), as the delivery says.
/// New reference; null with an exception set.
PyObject* finish_conversion(Delivery delivery, PyObject* object, PyObject* result);

/// As ascii() does with what repr() has returned (reference stolen). New reference; null with an exception set.
PyObject* escape_non_ascii(PyObject* text);

/// The target of the builtin that the hidden function stands for, if a call of the special method can take the place
/// of the hidden function as well.
Target direct_target(Hidden function);

/// Whether isinstance() or issubclass() with this class calls code in Python.
bool checks_in_python(PyObject* classes, PyObject* method_name);

/// A call of a redirected builtin, whose hidden function has a direct_target().
HANDLER(call_conversion);
/// The same for isinstance() and issubclass() of a class (no tuple of them).
HANDLER(call_class_check);
/// call_redirected without a further look.
HANDLER(call_hidden);

}  // namespace stackless::eval
