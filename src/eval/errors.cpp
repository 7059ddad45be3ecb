#include "eval/errors.hpp"

#include "cpython/ref.hpp"

namespace stackless::eval {

namespace {

/// "did you mean" in a traceback works with the name that the exception carries.
void attach_name(PyThreadState* ts, PyObject* name) {
    PyObject *type, *value, *traceback;
    _PyErr_Fetch(ts, &type, &value, &traceback);
    _PyErr_NormalizeException(ts, &type, &value, &traceback);
    if (PyErr_GivenExceptionMatches(value, PyExc_NameError)) {
        auto* error = reinterpret_cast<PyNameErrorObject*>(value);
        if (error->name == nullptr) {
            // An exception without it is good enough.
            (void)PyObject_SetAttr(value, &_Py_ID(name), name);
        }
    }
    _PyErr_Restore(ts, type, value, traceback);
}

void set_error_with_name(PyThreadState* ts, PyObject* type, const char* format, PyObject* name) {
    const char* text = PyUnicode_AsUTF8(name);
    if (text == nullptr)
        return;
    _PyErr_Format(ts, type, format, text);
    if (type == PyExc_NameError) {
        attach_name(ts, name);
    }
}

}  // namespace

void set_no_iterator_error(PyThreadState* ts, PyObject* object) {
    _PyErr_Format(ts, PyExc_TypeError, "'%.200s' object is not an iterator",
                  Py_TYPE(object)->tp_name);
}

void set_unbound_local_error(PyThreadState* ts, PyCodeObject* code, int index) {
    set_error_with_name(
        ts, PyExc_UnboundLocalError,
        "cannot access local variable '%.200s' where it is not associated with a value",
        PyTuple_GET_ITEM(code->co_localsplusnames, index));
}

void set_unbound_cell_error(PyThreadState* ts, PyCodeObject* code, int index) {
    if (_PyErr_Occurred(ts))
        return;
    if (index < code->co_nlocalsplus - code->co_nfreevars) {
        set_unbound_local_error(ts, code, index);
        return;
    }
    set_unbound_free_error(ts, PyTuple_GET_ITEM(code->co_localsplusnames, index));
}

void set_unbound_free_error(PyThreadState* ts, PyObject* name) {
    set_error_with_name(
        ts, PyExc_NameError,
        "cannot access free variable '%.200s' where it is not associated with a value in "
        "enclosing scope",
        name);
}

void set_name_error(PyThreadState* ts, PyObject* name) {
    set_error_with_name(ts, PyExc_NameError, "name '%.200s' is not defined", name);
}

void set_star_args_error(PyThreadState* ts, PyObject* callable, PyObject* args) {
    if (Py_TYPE(args)->tp_iter != nullptr || PySequence_Check(args))
        return;
    _PyErr_Clear(ts);
    Ref function = Ref::steal(_PyObject_FunctionStr(callable));
    if (function) {
        _PyErr_Format(ts, PyExc_TypeError, "%U argument after * must be an iterable, not %.200s",
                      function.get(), Py_TYPE(args)->tp_name);
    }
}

void set_star_kwargs_error(PyThreadState* ts, PyObject* callable, PyObject* kwargs) {
    if (_PyErr_ExceptionMatches(ts, PyExc_AttributeError)) {
        _PyErr_Clear(ts);
        Ref function = Ref::steal(_PyObject_FunctionStr(callable));
        if (function) {
            _PyErr_Format(ts, PyExc_TypeError, "%U argument after ** must be a mapping, not %.200s",
                          function.get(), Py_TYPE(kwargs)->tp_name);
        }
        return;
    }
    if (!_PyErr_ExceptionMatches(ts, PyExc_KeyError))
        return;
    // The merge reports a keyword given twice as a KeyError with that keyword.
    PyObject *type, *value, *traceback;
    _PyErr_Fetch(ts, &type, &value, &traceback);
    PyObject* key = nullptr;
    if (value != nullptr && PyTuple_Check(value) && PyTuple_GET_SIZE(value) == 1) {
        key = PyTuple_GET_ITEM(value, 0);
    } else if (value != nullptr && PyExceptionInstance_Check(value)) {
        PyObject* args = reinterpret_cast<PyBaseExceptionObject*>(value)->args;
        if (PyTuple_GET_SIZE(args) == 1) {
            key = PyTuple_GET_ITEM(args, 0);
        }
    }
    if (key == nullptr) {
        _PyErr_Restore(ts, type, value, traceback);
        return;
    }
    Ref function = Ref::steal(_PyObject_FunctionStr(callable));
    if (function) {
        _PyErr_Format(ts, PyExc_TypeError, "%U got multiple values for keyword argument '%S'",
                      function.get(), key);
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

bool lookup_in_namespace(PyThreadState* ts, PyObject* locals, PyObject* name, PyObject** value) {
    if (PyDict_CheckExact(locals)) {
        *value = PyDict_GetItemWithError(locals, name);
        Py_XINCREF(*value);
        return *value != nullptr || !_PyErr_Occurred(ts);
    }
    *value = PyObject_GetItem(locals, name);
    if (*value == nullptr) {
        if (!_PyErr_ExceptionMatches(ts, PyExc_KeyError))
            return false;
        _PyErr_Clear(ts);
    }
    return true;
}

}  // namespace stackless::eval
