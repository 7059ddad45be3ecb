#include "python_code.hpp"

#include <gtest/gtest.h>

namespace stackless::test {

namespace {

Ref new_namespace(PyMethodDef* functions) {
    Ref names = Ref::steal(PyDict_New());
    PyDict_SetItemString(names.get(), "__builtins__", PyEval_GetBuiltins());
    PyDict_SetItemString(names.get(), "__name__", Ref::steal(PyUnicode_FromString("test")).get());
    for (; functions != nullptr && functions->ml_name != nullptr; functions++) {
        const Ref function = Ref::steal(PyCFunction_New(functions, nullptr));
        PyDict_SetItemString(names.get(), functions->ml_name, function.get());
    }
    return names;
}

}  // namespace

Ref run(const char* statements, PyMethodDef* functions) {
    Ref names = new_namespace(functions);
    const Ref code = Ref::steal(Py_CompileString(statements, "test.py", Py_file_input));
    const Ref result =
        Ref::steal(code ? PyEval_EvalCode(code.get(), names.get(), names.get()) : nullptr);
    if (result)
        return names;
    ADD_FAILURE() << "the Python code raised an exception";
    PyErr_Print();
    return {};
}

PyObject* variable(const Ref& names, const char* name) {
    PyObject* value = PyDict_GetItemString(names.get(), name);
    EXPECT_NE(value, nullptr) << "no variable " << name;
    return value;
}

}  // namespace stackless::test
