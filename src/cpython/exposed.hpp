// Names that are local to one file of libpython, and global in the copy that is linked
// (exposed_symbols.txt). Hidden again in the program, where extensions may have names like them.
#pragma once

#include "cpython/python.hpp"

#pragma GCC visibility push(hidden)
extern "C" {

/// The methods of the module builtins.
extern PyMethodDef builtin_methods[];

// The slots of a class in Python that has the special method.
PyObject* slot_tp_call(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_iternext(PyObject*);
PyObject* slot_tp_iter(PyObject*);
PyObject* slot_am_await(PyObject*);
PyObject* slot_am_aiter(PyObject*);
PyObject* slot_am_anext(PyObject*);

// Methods of generators, and what they share.
extern PyMethodDef gen_methods[];
extern PyMethodDef coro_methods[];
extern PyMethodDef coro_wrapper_methods[];
extern PyMethodDef async_gen_methods[];
extern PyMethodDef async_gen_asend_methods[];
extern PyMethodDef async_gen_athrow_methods[];
extern PyMethodDef anextawaitable_methods[];
PyObject* PyAnextAwaitable_New(PyObject* awaitable, PyObject* default_value);
PyObject* gen_iternext(PyGenObject* generator);
/// send() and, with an exception set and `throws`, throw().
PyObject* gen_send_ex(PyGenObject* generator, PyObject* value, int throws, int closes);
PyObject* gen_throw(PyGenObject* generator, PyObject* const* args, Py_ssize_t count);
PyObject* _gen_throw(PyGenObject* generator, int closes_on_exit, PyObject* type, PyObject* value,
                     PyObject* traceback);

}  // extern "C"
#pragma GCC visibility pop
