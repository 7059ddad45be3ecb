// Builtins that call back: where their arguments may run code in Python, a hidden function takes their place.
//
// Each family of them has a file of its own, redirects_*.cpp, with its tables.
#pragma once

#include <cstdint>
#include <span>

#include "eval/handler.hpp"
#include "hidden_code.hpp"

namespace stackless::eval {

/// The arguments of a call as a vectorcall has them, borrowed. Methods have `self` first.
struct Arguments {
    PyObject* const* values;
    Py_ssize_t positional;
    PyObject* kwnames;  // a tuple, or null

    Py_ssize_t keywords() const { return kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames); }
    Py_ssize_t total() const { return positional + keywords(); }
    /// The positional argument, or null.
    PyObject* at(Py_ssize_t index) const { return index < positional ? values[index] : nullptr; }
    /// Whether there are so many positional arguments, and no others.
    bool are_plain(Py_ssize_t least, Py_ssize_t most) const {
        return kwnames == nullptr && positional >= least && positional <= most;
    }
};

/// The hidden function for a builtin function, method or class, which has the same parameters.
struct Redirect {
    /// Whether the call is one for the hidden function: the arguments fit its parameters, and the C function
    /// might run code in Python. A guess: the C function always works too, it just keeps its C stack. It must not
    /// run any code in Python itself, nor set an exception.
    bool (*wanted)(PyThreadState* ts, const Arguments& arguments);
    Hidden function;
};

struct FunctionRedirect {
    PyMethodDef* methods;  // of a module or a type
    const char* name;
    Redirect redirect;
};

struct TypeRedirect {
    PyTypeObject* type;
    Redirect redirect;
};

/// For the iterators of a builtin type, the hidden function that gives the next value or raises StopIteration. Its
/// parameter is the iterator.
struct Step {
    PyTypeObject* type;
    /// Whether the next value might come from code in Python. A guess, too.
    bool (*wanted)(PyThreadState* ts, PyObject* iterator);
    Hidden function;
};

struct RedirectFamily {
    std::span<const FunctionRedirect> functions;
    std::span<const TypeRedirect> types;
    std::span<const Step> steps;
};
extern const RedirectFamily call_redirects;
extern const RedirectFamily attribute_redirects;
extern const RedirectFamily iteration_redirects;
extern const RedirectFamily conversion_redirects;
extern const RedirectFamily library_redirects;
extern const RedirectFamily consumer_redirects;
extern const RedirectFamily itertools_redirects;

/// In PyMethodDef::ml_flags: the number of the redirect is in the upper bits. CPython ignores all these.
inline constexpr int METH_REDIRECTED = 0x20000;
inline constexpr int METH_REDIRECT_SHIFT = 20;
/// In PyTypeObject::tp_flags, unused in CPython 3.11: calls of the class may be redirected.
inline constexpr unsigned long TYPE_REDIRECTED = 1UL << 1;
/// The same: a hidden function may step iterators of the type.
inline constexpr unsigned long TYPE_STEPPED = 1UL << 2;

/// Marks the builtins. To be called once, before the interpreter is initialised.
void install_redirects();

/// The redirect that a call of a builtin function, method (with `self` among the arguments, not bound to it) or class
/// takes, or null.
const Redirect* redirect_of(PyThreadState* ts, PyObject* callable, const Arguments& arguments);

/// The `self` of a bound method of a builtin type; null if it is something else, a function of a module say.
inline PyObject* bound_self(PyObject* callable) {
    if (!Py_IS_TYPE(callable, &PyCFunction_Type) ||
        (PyCFunction_GET_FLAGS(callable) & (METH_CLASS | METH_STATIC)) != 0)
        return nullptr;
    PyObject* self = PyCFunction_GET_SELF(callable);
    return self == nullptr || PyModule_Check(self) ? nullptr : self;
}
/// The redirect that a call of such a method takes, or null. `self` comes first in the arguments.
const Redirect* redirect_of_bound(PyThreadState* ts, PyObject* method, const Arguments& arguments);

/// Whether redirect_of() is worth a call.
inline bool may_be_redirected(PyObject* callable) {
    PyTypeObject* type = Py_TYPE(callable);
    if (type == &PyCFunction_Type)
        return (PyCFunction_GET_FLAGS(callable) & METH_REDIRECTED) != 0;
    if (type == &PyMethodDescr_Type)
        return (reinterpret_cast<PyMethodDescrObject*>(callable)->d_method->ml_flags &
                METH_REDIRECTED) != 0;
    return PyType_Check(callable) &&
           (reinterpret_cast<PyTypeObject*>(callable)->tp_flags & TYPE_REDIRECTED) != 0;
}

/// The hidden function for the next value of an iterator. False if there is none, or it is not wanted.
bool find_step(PyThreadState* ts, PyObject* iterator, Hidden* step);

/// For map(function, iterable) where the next value of the iterable runs no code in Python: calling the
/// function with it needs no hidden frame. The function is borrowed, the value owned; false if it is no such map.
/// The value is null at the end of the iterable, or with an exception set.
bool step_simple_map(PyThreadState* ts, PyObject* iterator, PyObject** function, PyObject** value);

/// Whether taking the next value of an iterator might run code in Python.
bool may_call_back(PyThreadState* ts, PyObject* iterator);

/// The same of any of a tuple of iterators, some of which may be null.
bool any_calls_back(PyThreadState* ts, PyObject* iterators);

/// Whether iterating over an object, iter() included, might run code in Python.
bool is_iterated_in_python(PyThreadState* ts, PyObject* iterable);

/// Whether taking the keys and values of a mapping might.
bool is_python_mapping(PyObject* mapping);

/// Whether calling it might run code in Python.
bool is_python_callable(PyThreadState* ts, PyObject* callable);

}  // namespace stackless::eval
