// Names that are local to one file of libpython, and global in the copy that is linked
// (exposed_symbols.txt). Hidden again in the program, where extensions may have names like them.
#pragma once

#include "cpython/hidden.hpp"
#include "cpython/python.hpp"

#pragma GCC visibility push(hidden)
extern "C" {

/// The methods of the module builtins.
extern PyMethodDef builtin_methods[];
/// The methods of contextvars.Context.
extern PyMethodDef PyContext_methods[];
/// `__new__` of the builtin types.
extern PyMethodDef tp_new_methoddef[];

// The slots of a class in Python that has the special method.
PyObject* slot_tp_call(PyObject*, PyObject*, PyObject*);
int slot_tp_init(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_new(PyTypeObject*, PyObject*, PyObject*);
PyObject* slot_tp_iternext(PyObject*);

/// type.__new__()
PyObject* type_new(PyTypeObject*, PyObject*, PyObject*);
/// How a wrapper of the slot tp_call calls it.
PyObject* wrap_call(PyObject*, PyObject*, void*, PyObject*);

// How objects of builtin types that call something else are called.
PyObject* lru_cache_call(PyObject*, PyObject*, PyObject*);
PyObject* methodcaller_call(PyObject*, PyObject*, PyObject*);
PyObject* partial_call(PyObject*, PyObject*, PyObject*);
PyObject* sm_call(PyObject*, PyObject*, PyObject*);
PyObject* wrapper_call(PyObject*, PyObject*, PyObject*);
PyObject* wrapperdescr_call(PyObject*, PyObject*, PyObject*);

PyObject* bounded_lru_cache_wrapper(stackless::LruCacheObject*, PyObject*, PyObject*);
PyObject* uncached_lru_cache_wrapper(stackless::LruCacheObject*, PyObject*, PyObject*);

/// Takes the import system's own frames out of the traceback of the exception that is set.
void remove_importlib_frames(PyThreadState*);

/// The source text that exec(), eval() or compile() has been given; `copy` owns it, if need be.
const char* _Py_SourceAsString(PyObject* source, const char* function, const char* expected,
                               PyCompilerFlags* flags, PyObject** copy);

}  // extern "C"
#pragma GCC visibility pop
