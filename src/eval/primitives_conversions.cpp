// The primitives of src/hidden/conversions.py and printing.py.
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/conversions.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

/// conversion(target, object): the bound method that makes the value, and what converted() is to know.
PyObject* conversion(PyObject*, PyObject* const* args, Py_ssize_t) {
    const long target = PyLong_CheckExact(args[0]) ? PyLong_AsLong(args[0]) : -1;
    if (!check_argument(target >= 0 && target <= static_cast<long>(Target::bytes), args[0],
                        "the number of a conversion"))
        return nullptr;
    const Conversion found = find_conversion(static_cast<Target>(target), args[1]);
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
    const long delivery = PyLong_CheckExact(args[0]) ? PyLong_AsLong(args[0]) : -1;
    if (!check_argument(delivery >= 0 && delivery <= UINT8_MAX, args[0],
                        "the number of a delivery"))
        return nullptr;
    return finish_conversion(static_cast<Delivery>(delivery), args[1], Py_NewRef(args[2]));
}

/// escaped(text): as ascii() makes of what repr() returns.
PyObject* escaped(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(PyUnicode_Check(args[0]), args[0], "a str"))
        return nullptr;
    return escape_non_ascii(Py_NewRef(args[0]));
}

/// needs_index(number): whether code in Python makes the int that the number stands for.
PyObject* needs_index_itself(PyObject*, PyObject* const* args, Py_ssize_t) {
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
    if (!check_argument(PyUnicode_CheckExact(args[1]), args[1], "a name"))
        return nullptr;
    PyObject* method = type_lookup(Py_TYPE(args[0]), args[1]);
    if (method == nullptr || Py_IS_TYPE(method, &PyMethodDescr_Type))
        return Py_NewRef(Py_None);
    return _PyObject_LookupSpecial(args[0], args[1]);
}

/// has_python_items(object)
PyObject* has_items(PyObject*, PyObject* const* args, Py_ssize_t) {
    return new_bool(has_python_items(args[0]));
}

/// Whether a frame has come out of a pickle that has called enter_repr() before: the thread's list of containers does
/// not have its container.
bool has_copied_reprs = false;

bool is_repr(const Frame* frame) {
    if (!is_hidden(frame))
        return false;
    for (const char* name : {"list_repr", "tuple_repr", "dict_repr", "set_repr"}) {
        if (PyUnicode_CompareWithASCIIString(frame->f_code->co_name, name) == 0)
            return true;
    }
    return false;
}

/// Whether a frame that has called the current one, which is a repr() itself, is at work on that container.
bool is_repr_under_way(PyObject* container) {
    const Frame* frame = PyThreadState_Get()->cframe->current_frame;
    while ((frame = frame->previous) != nullptr) {
        if (is_repr(frame) && frame->localsplus[0] == container)
            return true;
    }
    return false;
}

/// enter_repr(container): whether repr() is at work on it already.
PyObject* enter_repr(PyObject*, PyObject* const* args, Py_ssize_t) {
    const int entered = Py_ReprEnter(args[0]);
    if (entered == 0 && has_copied_reprs && is_repr_under_way(args[0])) {
        Py_ReprLeave(args[0]);
        return new_bool(true);
    }
    return entered < 0 ? nullptr : new_bool(entered > 0);
}

PyObject* leave_repr(PyObject*, PyObject* const* args, Py_ssize_t) {
    Py_ReprLeave(args[0]);
    return Py_NewRef(Py_None);
}

/// next_item(iterator): the next pair of an iterator of a dict's items, even if the dict has changed its size; None at
/// the end.
PyObject* next_item(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(Py_IS_TYPE(args[0], &PyDictIterItem_Type), args[0], "an iterator of items"))
        return nullptr;
    auto* iterator = reinterpret_cast<DictIterator*>(args[0]);
    auto* dict = reinterpret_cast<PyObject*>(iterator->dict);
    PyObject *key, *value;
    if (dict == nullptr || PyDict_Next(dict, &iterator->position, &key, &value) == 0)
        return Py_NewRef(Py_None);
    iterator->used = PyDict_GET_SIZE(dict);
    return PyTuple_Pack(2, key, value);
}

/// enter_recursion(where): hidden frames do not count for the recursion limit; this does, until leave_recursion().
PyObject* enter_recursion(PyObject*, PyObject* const* args, Py_ssize_t) {
    const char* where = PyUnicode_Check(args[0]) ? PyUnicode_AsUTF8(args[0]) : "";
    return where == nullptr || Py_EnterRecursiveCall(where) != 0 ? nullptr : Py_NewRef(Py_None);
}

PyObject* leave_recursion(PyObject*, PyObject* const*, Py_ssize_t) {
    Py_LeaveRecursiveCall();
    return Py_NewRef(Py_None);
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
    {"conversion", counted<conversion, 2>(), METH_FASTCALL, nullptr},
    {"converted", counted<converted, 3>(), METH_FASTCALL, nullptr},
    {"escaped", counted<escaped, 1>(), METH_FASTCALL, nullptr},
    {"needs_index", counted<needs_index_itself, 1>(), METH_FASTCALL, nullptr},
    {"parts_of", counted<parts_of, 1>(), METH_FASTCALL, nullptr},
    {"special_in_python", counted<special_in_python, 2>(), METH_FASTCALL, nullptr},
    {"has_python_items", counted<has_items, 1>(), METH_FASTCALL, nullptr},
    {"enter_repr", counted<enter_repr, 1>(), METH_FASTCALL, nullptr},
    {"leave_repr", counted<leave_repr, 1>(), METH_FASTCALL, nullptr},
    {"next_item", counted<next_item, 1>(), METH_FASTCALL, nullptr},
    {"enter_recursion", counted<enter_recursion, 1>(), METH_FASTCALL, nullptr},
    {"leave_recursion", counted<leave_recursion, 0>(), METH_FASTCALL, nullptr},
    {"standard_output", counted<standard_output, 0>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

void expect_copied_repr(const Frame* frame) {
    has_copied_reprs = has_copied_reprs || is_repr(frame);
}

}  // namespace stackless::eval
