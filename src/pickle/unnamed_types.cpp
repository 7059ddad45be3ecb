#include "pickle/unnamed_types.hpp"

#include <internal/pycore_context.h>

#include "cpython/exposed.hpp"
#include "pickle/errors.hpp"

namespace stackless::pickle {

namespace {

/// By what they are called. Those that the module types names are not here.
PyTypeObject* const types[] = {
    // iterators
    &PyByteArrayIter_Type,
    &PyBytesIter_Type,
    &PyCallIter_Type,
    &PyDictIterItem_Type,
    &PyDictIterKey_Type,
    &PyDictIterValue_Type,
    &PyDictRevIterItem_Type,
    &PyDictRevIterKey_Type,
    &PyDictRevIterValue_Type,
    &PyListIter_Type,
    &PyListRevIter_Type,
    &PyLongRangeIter_Type,
    &PyODictIter_Type,
    &PyRangeIter_Type,
    &PySeqIter_Type,
    &PySetIter_Type,
    &PyTupleIter_Type,
    &PyUnicodeIter_Type,
    &_PyMemoryIter_Type,
    &_PyUnicodeASCIIIter_Type,
    &_Py_GenericAliasIterType,
    // views
    &PyDictItems_Type,
    &PyDictKeys_Type,
    &PyDictValues_Type,
    &PyODictItems_Type,
    &PyODictKeys_Type,
    &PyODictValues_Type,
    // what is awaited
    &_PyAnextAwaitable_Type,
    &_PyAsyncGenASend_Type,
    &_PyAsyncGenAThrow_Type,
    &_PyCoroWrapper_Type,
    // methods and others
    &PyCapsule_Type,
    &PyCMethod_Type,
    &_PyContextTokenMissing_Type,
    &PyInstanceMethod_Type,
    &_PyManagedBuffer_Type,
    &dequeiter_type,
    &dequereviter_type,
};

}  // namespace

PyObject* reduce_unnamed_type(PyTypeObject* type) {
    for (const PyTypeObject* known : types) {
        if (known == type)
            return Py_BuildValue("O(s)", loader("load_type"), type->tp_name);
    }
    return leave_to_stock();
}

PyObject* load_type(PyObject*, PyObject* name) {
    for (PyTypeObject* type : types) {
        if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, type->tp_name) == 0)
            return Py_NewRef(type);
    }
    return unpickling_error("there is no type %R", name);
}

}  // namespace stackless::pickle
