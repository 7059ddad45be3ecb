// What hidden functions call that Python has no name for.
#pragma once

#include "eval/calls.hpp"

namespace stackless::eval {

// Hidden functions call their primitives with what these take. But a pickle may have frames of hidden functions with
// anything in their variables, and the primitives themselves: so each of them checks what it relies on.

/// In PyMethodDef::ml_flags of a primitive: it is a Starter. CPython's own call of it is an error.
inline constexpr int METH_STARTS = 0x40000;
/// A primitive that has a frame.
using Starter = StartedCall (*)(PyThreadState* ts, const Frame* frame, PyObject* const* args);
struct StarterDefinition {
    PyMethodDef method;
    Starter start;
    Py_ssize_t count;  // of arguments
};
StarterDefinition starter_definition(const char* name, Starter start, Py_ssize_t count);

/// Whether a builtin is a Starter.
inline bool starts_frame(PyObject* function) {
    return Py_IS_TYPE(function, &PyCFunction_Type) &&
           (PyCFunction_GET_FLAGS(function) & METH_STARTS) != 0;
}
StartedCall run_starter(PyThreadState* ts, const Frame* frame, PyObject* function,
                        const Arguments& arguments);

/// The primitive of this name, or null.
PyMethodDef* find_primitive(PyObject* name);

/// As PyMethodDef wants it.
template <class Function>
PyCFunction fast_method(Function function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

/// False with TypeError set if a primitive has been given another number of arguments.
[[nodiscard]] bool check_count(Py_ssize_t count, Py_ssize_t least, Py_ssize_t most);
/// False with TypeError set if an argument of a primitive is not what it has to be.
[[nodiscard]] inline bool check_argument(bool fits, PyObject* argument, const char* wanted) {
    if (!fits) [[unlikely]] {
        PyErr_Format(PyExc_TypeError, "a primitive needs %s, not %.200s", wanted,
                     Py_TYPE(argument)->tp_name);
    }
    return fits;
}

/// A primitive with a fixed number of arguments, as PyMethodDef wants it.
template <auto function, Py_ssize_t least, Py_ssize_t most = least>
PyCFunction counted() {
    return fast_method(+[](PyObject* self, PyObject* const* args, Py_ssize_t count) -> PyObject* {
        return check_count(count, least, most) ? function(self, args, count) : nullptr;
    });
}

/// For a frame of a hidden function that has been put together anew: marks in the objects that it works on what it had
/// marked in those that they are copies of.
void mark_again(PyThreadState* ts, const Frame* frame);
/// For mark_again(), if the frame is one of repr(): the container that it works on is known by its frame alone.
void expect_copied_repr(const Frame* frame);

// The primitives of a family, which have a file of their own.
extern PyMethodDef call_primitives[];
extern StarterDefinition call_starters[];
extern PyMethodDef conversion_primitives[];
extern PyMethodDef generator_primitives[];
extern PyMethodDef asyncio_primitives[];
extern StarterDefinition execution_starters[];
extern PyMethodDef import_primitives[];
extern PyMethodDef iteration_primitives[];
extern PyMethodDef match_primitives[];
extern PyMethodDef name_primitives[];
extern PyMethodDef operator_primitives[];

/// The type of libpython that hidden functions know by this name, borrowed, or null: those that are not in builtins.
PyObject* find_exposed_type(PyObject* name);

}  // namespace stackless::eval
