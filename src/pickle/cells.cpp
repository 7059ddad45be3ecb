#include "pickle/cells.hpp"

#include "cpython/scalars.hpp"
#include "pickle/errors.hpp"
#include "pickle/reducers.hpp"

namespace stackless::pickle {

namespace {

/// Whether the object that a method is bound to has something by the name of its function, as a stock pickler takes for
/// granted. Nothing is called to find out.
bool is_attribute_of_self(PyObject* method) {
    PyObject* self = PyMethod_GET_SELF(method);
    const Ref name = Ref::steal(PyObject_GetAttr(PyMethod_GET_FUNCTION(method), &_Py_ID(__name__)));
    if (!name || !PyUnicode_Check(name.get())) {
        PyErr_Clear();
        return true;
    }
    auto* type = PyType_Check(self) ? reinterpret_cast<PyTypeObject*>(self) : Py_TYPE(self);
    if (_PyType_Lookup(type, name.get()) != nullptr ||
        _PyType_Lookup(Py_TYPE(self), name.get()) != nullptr)
        return true;
    PyObject** dict = _PyObject_GetDictPtr(self);
    return dict != nullptr && *dict != nullptr && PyDict_Contains(*dict, name.get()) == 1;
}

}  // namespace

PyObject* reduce_cell(PyObject* object, Pickling&) {
    PyObject* content = PyCell_GET(object);
    PyObject* load = loader("load_cell");
    if (content == nullptr)
        return Py_BuildValue("O()", load);
    if (is_scalar(content))
        return Py_BuildValue("O(O)", load, content);
    return Py_BuildValue("O()(O)OOO", load, content, Py_None, Py_None, loader("set_cell_state"));
}

// load_cell(), load_cell(content)
PyObject* load_cell(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count > 1)
        return unpickling_error("load_cell() takes what is in the cell");
    return PyCell_New(count == 1 ? args[0] : nullptr);
}

// set_cell_state(cell, (content,))
PyObject* set_cell_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !PyCell_Check(args[0]) || !PyTuple_CheckExact(args[1]) ||
        PyTuple_GET_SIZE(args[1]) != 1)
        return unpickling_error("set_cell_state() takes a cell and what is in it");
    PyCell_Set(args[0], PyTuple_GET_ITEM(args[1], 0));
    Py_RETURN_NONE;
}

PyObject* reduce_method(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation() && is_attribute_of_self(object))
        return leave_to_stock();
    pickling.note_computation(object);
    return Py_BuildValue("O(OO)", loader("load_method"), PyMethod_GET_FUNCTION(object),
                         PyMethod_GET_SELF(object));
}

// load_method(function, self)
PyObject* load_method(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !PyCallable_Check(args[0]) || args[1] == Py_None)
        return unpickling_error("load_method() takes something callable and an object");
    return PyMethod_New(args[0], args[1]);
}

}  // namespace stackless::pickle
