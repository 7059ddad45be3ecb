// The primitives of src/hidden/conversions.py and printing.py.
#include "cpython/ref.hpp"
#include "eval/conversions.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

/// conversion(target, object): the bound method that makes the value, and what converted() is to know.
PyObject* conversion(PyObject*, PyObject* const* args, Py_ssize_t) {
    const auto target = static_cast<Target>(PyLong_AsLong(args[0]));
    const Conversion found = find_conversion(target, args[1]);
    if (!found) {
        PyErr_SetString(PyExc_TypeError, "the special method has gone");
        return nullptr;
    }
    const Ref method = Ref::steal(_PyObject_LookupSpecial(args[1], found.method_name));
    if (!method) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(PyExc_AttributeError, found.method_name);
        }
        return nullptr;
    }
    return Py_BuildValue("Oi", method.get(), static_cast<int>(found.delivery));
}

/// converted(check, object, result): the result, checked as the builtin does.
PyObject* converted(PyObject*, PyObject* const* args, Py_ssize_t) {
    return finish_conversion(static_cast<Delivery>(PyLong_AsLong(args[0])), args[1],
                             Py_NewRef(args[2]));
}

/// escaped(text): as ascii() makes of what repr() returns.
PyObject* escaped(PyObject*, PyObject* const* args, Py_ssize_t) {
    return escape_non_ascii(Py_NewRef(args[0]));
}

/// needs_index(number): whether code in Python makes the int that the number stands for.
PyObject* needs_index(PyObject*, PyObject* const* args, Py_ssize_t) {
    return new_bool(static_cast<bool>(find_conversion(Target::index, args[0])));
}

/// parts_of(classes): the classes of a tuple or union as a plain tuple; None if it is one class.
PyObject* parts_of(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject* classes = args[0];
    if (_PyUnion_Check(classes))
        return Py_NewRef(_Py_union_args(classes));
    return PyTuple_Check(classes) ? PyTuple_GetSlice(classes, 0, PyTuple_GET_SIZE(classes))
                                  : Py_NewRef(Py_None);
}

/// special_in_python(object, name): as special(), but None as well if the method is C code.
PyObject* special_in_python(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject* method = _PyType_Lookup(Py_TYPE(args[0]), args[1]);
    if (method == nullptr || Py_IS_TYPE(method, &PyMethodDescr_Type))
        return Py_NewRef(Py_None);
    return _PyObject_LookupSpecial(args[0], args[1]);
}

/// has_python_items(object)
PyObject* has_items(PyObject*, PyObject* const* args, Py_ssize_t) {
    return new_bool(has_python_items(args[0]));
}

/// enter_repr(container): whether repr() is at work on it already.
PyObject* enter_repr(PyObject*, PyObject* const* args, Py_ssize_t) {
    const int entered = Py_ReprEnter(args[0]);
    return entered < 0 ? nullptr : new_bool(entered > 0);
}

PyObject* leave_repr(PyObject*, PyObject* const* args, Py_ssize_t) {
    Py_ReprLeave(args[0]);
    return Py_NewRef(Py_None);
}

/// next_item(dict, position): the position behind the next item, its key and its value; 0 at the end.
PyObject* next_item(PyObject*, PyObject* const* args, Py_ssize_t) {
    Py_ssize_t position = PyLong_AsSsize_t(args[1]);
    PyObject* key = Py_None;
    PyObject* value = Py_None;
    const bool found = PyDict_Next(args[0], &position, &key, &value) != 0;
    return Py_BuildValue("nOO", found ? position : 0, key, value);
}

/// standard_output(): sys.stdout.
PyObject* standard_output(PyObject*, PyObject* const*, Py_ssize_t) {
    PyObject* file = PySys_GetObject("stdout");
    if (file == nullptr) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
        return nullptr;
    }
    return Py_NewRef(file);
}

}  // namespace

PyMethodDef conversion_primitives[] = {
    {"conversion", fast_method(conversion), METH_FASTCALL, nullptr},
    {"converted", fast_method(converted), METH_FASTCALL, nullptr},
    {"escaped", fast_method(escaped), METH_FASTCALL, nullptr},
    {"needs_index", fast_method(needs_index), METH_FASTCALL, nullptr},
    {"parts_of", fast_method(parts_of), METH_FASTCALL, nullptr},
    {"special_in_python", fast_method(special_in_python), METH_FASTCALL, nullptr},
    {"has_python_items", fast_method(has_items), METH_FASTCALL, nullptr},
    {"enter_repr", fast_method(enter_repr), METH_FASTCALL, nullptr},
    {"leave_repr", fast_method(leave_repr), METH_FASTCALL, nullptr},
    {"next_item", fast_method(next_item), METH_FASTCALL, nullptr},
    {"standard_output", fast_method(standard_output), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
