"""C++ exceptions in an extension module: the unwinders that are linked into the program stay out of them."""

import importlib.machinery
import importlib.util
import subprocess
import sysconfig
import tempfile
import unittest
from pathlib import Path

import stackless
from support import StacklessTestCase

SOURCE = """
#include <Python.h>
#include <stdexcept>

// Calls a Python function and throws what it returned.
static void call_and_throw(PyObject* function) {
    PyObject* text = PyObject_CallNoArgs(function);
    if (text == nullptr) {
        PyErr_Clear();
        throw std::out_of_range("an exception in Python");
    }
    std::runtime_error error(PyUnicode_AsUTF8(text));
    Py_DECREF(text);
    throw error;
}

static PyObject* catch_from(PyObject*, PyObject* function) {
    try {
        call_and_throw(function);
    } catch (const std::exception& error) {
        return PyUnicode_FromString(error.what());
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {{"catch_from", catch_from, METH_O}, {nullptr}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "throwing", nullptr, 0, functions};
PyMODINIT_FUNC PyInit_throwing() { return PyModule_Create(&definition); }
"""


def build_extension():
    with tempfile.TemporaryDirectory() as directory:
        source, library = Path(directory, "throwing.cpp"), str(Path(directory, "throwing.so"))
        source.write_text(SOURCE)
        include = sysconfig.get_path("include")
        subprocess.run(
            ["g++", "-shared", "-fPIC", f"-I{include}", source, "-o", library], check=True
        )
        loader = importlib.machinery.ExtensionFileLoader("throwing", library)
        spec = importlib.util.spec_from_loader("throwing", loader)
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        return module


class ExceptionTest(StacklessTestCase):
    @classmethod
    def setUpClass(cls):
        cls.catch_from = staticmethod(build_extension().catch_from)

    def test_thrown_and_caught(self):
        self.assertEqual(self.catch_from(lambda: "thrown"), "thrown")

    def test_nested(self):
        inner = lambda: self.catch_from(lambda: "inner") + " and outer"
        self.assertEqual(self.catch_from(inner), "inner and outer")

    def test_with_an_exception_in_python(self):
        self.assertEqual(self.catch_from(lambda: 1 / 0), "an exception in Python")

    def test_on_the_stacks_of_tasklets(self):
        def work(name):
            def switch():
                stackless.schedule()
                return name

            self.log.append(self.catch_from(switch))

        for name in ("first", "second"):
            self.start(work, name)
        stackless.run()
        self.assertEqual(self.log, ["first", "second"])


if __name__ == "__main__":
    unittest.main()
