// Exceptions on their way from one tasklet to another.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless {

/// builtins.TaskletExit: ends a tasklet silently. Owned by this module from init_exceptions() on.
extern PyObject* TaskletExit;

/// Makes TaskletExit (a builtin from now on) and the type `bomb`. False with an exception set if
/// that fails.
[[nodiscard]] bool init_exceptions();

/// An exception as a value: a tasklet that is resumed with a bomb has its exception raised.
struct Bomb {
    PyObject ob_base;
    PyObject* exception;  // an instance, with its traceback; owned
};

extern PyTypeObject bomb_type;

inline bool is_bomb(PyObject* object) {
    return object != nullptr && Py_IS_TYPE(object, &bomb_type);
}

/// A bomb with an exception instance. Null with MemoryError set if there is no memory.
Ref make_bomb(Ref exception);
/// The same with the exception that is set, which is cleared. Never null: without memory, it
/// carries a MemoryError.
Ref bomb_from_error();
/// Raises the exception of a bomb.
void explode(PyObject* bomb);
/// `value` (reference stolen), or null with its exception raised if it is a bomb.
PyObject* explode_if_bomb(PyObject* value);
/// Whether the exception of a bomb is an instance of a class.
bool carries(PyObject* bomb, PyObject* exception_class);

/// The exception instance that `raise` would make of these, each of them possibly null or None.
/// Null with TypeError (or what the exception's class raises) set if they do not go together.
Ref make_exception(PyObject* exc, PyObject* val, PyObject* tb);
/// The same for exc_class(*args), with its class and arguments in an array.
Ref make_exception_from_call(const char* function, PyObject* const* args, Py_ssize_t nargs);

}  // namespace stackless
