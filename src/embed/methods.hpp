// Calls of the methods of tasklets and channels from C, whatever subclasses have made of them.
#pragma once

#include <string_view>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

/// The scheduler of the calling thread, after importing the module if need be. Null with an exception set.
Scheduler* ready_scheduler();

/// Whether a function that is called may return unwind_token().
enum class Unwinding : bool { no, yes };

/// One of the methods in a table that ends with an empty one.
class Method {
public:
    Method(PyMethodDef* methods, std::string_view name);

    /// Calls it with up to four arguments, of which the last ones may be null: not given.
    PyObject* operator()(Unwinding unwinding, PyObject* self, PyObject* a = nullptr,
                         PyObject* b = nullptr, PyObject* c = nullptr, PyObject* d = nullptr) const;
    /// The same with the arguments in an array.
    PyObject* call(Unwinding unwinding, PyObject* self, PyObject* const* args,
                   Py_ssize_t count) const;

private:
    const PyMethodDef* definition_;
};

/// Those of channels that more than one file calls.
const Method& send_method();
const Method& receive_method();

/// The result of a function that returns an int: 0, or 1 for unwind_token(), or -1 for null. Steals the reference.
int as_status(PyObject* result);

/// What a C program gives as the arguments of an exception's class: a tuple, a single one, or null for none. Puts the
/// class before them. Null with an exception set.
Ref class_and_arguments(PyObject* klass, PyObject* args);

}  // namespace stackless
