// The functions of CPython's stable ABI that stackless.hpp calls, so that a program needs no header of CPython. They
// may be declared again by Python.h.
#pragma once

#include <cstddef>

extern "C" {

struct _object;

void Py_IncRef(_object* object);
void Py_DecRef(_object* object);

_object* PyBool_FromLong(long value);
_object* PyLong_FromLongLong(long long value);
_object* PyLong_FromUnsignedLongLong(unsigned long long value);
long long PyLong_AsLongLong(_object* object);
unsigned long long PyLong_AsUnsignedLongLong(_object* object);
_object* PyNumber_Index(_object* object);
_object* PyFloat_FromDouble(double value);
double PyFloat_AsDouble(_object* object);
_object* PyUnicode_FromStringAndSize(const char* text, ptrdiff_t size);
const char* PyUnicode_AsUTF8AndSize(_object* object, ptrdiff_t* size);
_object* PyBytes_FromStringAndSize(const char* bytes, ptrdiff_t size);
int PyBytes_AsStringAndSize(_object* object, char** bytes, ptrdiff_t* size);
_object* PyList_New(ptrdiff_t size);
int PyList_SetItem(_object* list, ptrdiff_t index, _object* stolen);
_object* PyTuple_New(ptrdiff_t size);
int PyTuple_SetItem(_object* tuple, ptrdiff_t index, _object* stolen);
_object* PySequence_Tuple(_object* object);
ptrdiff_t PyTuple_Size(_object* tuple);
_object* PyTuple_GetItem(_object* tuple, ptrdiff_t index);
_object* PyDict_New(void);
int PyDict_SetItem(_object* dict, _object* key, _object* value);
_object* PyMapping_Items(_object* mapping);

int PyObject_IsTrue(_object* object);
_object* PyObject_Str(_object* object);
_object* PyObject_Repr(_object* object);
_object* PyObject_Type(_object* object);
ptrdiff_t PyObject_Size(_object* object);
_object* PyObject_GetAttrString(_object* object, const char* name);
int PyObject_SetAttrString(_object* object, const char* name, _object* value);
_object* PyObject_GetItem(_object* object, _object* key);
int PyObject_SetItem(_object* object, _object* key, _object* value);
_object* PyObject_Call(_object* callable, _object* args, _object* kwargs);
int PyObject_IsInstance(_object* object, _object* type);
int PyObject_RichCompareBool(_object* left, _object* right, int operation);

_object* PyImport_ImportModule(const char* name);
_object* PyImport_AddModule(const char* name);
_object* PyModule_GetDict(_object* module);

_object* PyErr_Occurred(void);
void PyErr_Clear(void);
void PyErr_SetString(_object* exception, const char* message);
void PyErr_SetObject(_object* exception, _object* value);
_object* PyErr_NoMemory(void);

extern _object _Py_NoneStruct;
extern _object* PyExc_RuntimeError;
extern _object* PyExc_TypeError;
extern _object* PyExc_ValueError;
extern _object* PyExc_IndexError;
extern _object* PyExc_OverflowError;
}
