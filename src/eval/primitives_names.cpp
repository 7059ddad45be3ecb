// The primitives of src/hidden/names.py.
#include "eval/errors.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

/// raise_name_error(name)
PyObject* raise_name_error(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (check_argument(PyUnicode_Check(args[0]), args[0], "a name")) {
        set_name_error(PyThreadState_Get(), args[0]);
    }
    return nullptr;
}

/// content_of_free(name, cell): the value of a variable of the enclosing function.
PyObject* content_of_free(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(PyUnicode_Check(args[0]), args[0], "a name") ||
        !check_argument(PyCell_Check(args[1]), args[1], "a cell"))
        return nullptr;
    PyObject* value = PyCell_GET(args[1]);
    if (value == nullptr) {
        set_unbound_free_error(PyThreadState_Get(), args[0]);
        return nullptr;
    }
    return Py_NewRef(value);
}

}  // namespace

PyMethodDef name_primitives[] = {
    {"raise_name_error", counted<raise_name_error, 1>(), METH_FASTCALL, nullptr},
    {"content_of_free", counted<content_of_free, 2>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
