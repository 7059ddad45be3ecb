"""What the tests of environments and packages share."""

import glob
import importlib.util
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

WHEELS = "/usr/share/python-wheels"
IS_STACKLESS = "_stackless" in sys.builtin_module_names

PROJECT = """
    [build-system]
    requires = ["setuptools"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "sample"
    version = "1.0"
    scripts = {sample-program = "sample:main"}

    [tool.setuptools]
    packages = ["sample"]
"""

PACKAGE = """
    import sys

    def main():
        print("version 1", sys.version)
"""

EXTENSION_SETUP = """
    from setuptools import Extension, setup

    setup(name="sample-extension", version="1.0", ext_modules=[Extension("sample_extension", ["extension.c"])])
"""

EXTENSION = r"""
    #include <Python.h>

    static PyObject* call_twice(PyObject* module, PyObject* function) {
        Py_XDECREF(PyObject_CallNoArgs(function));
        return PyObject_CallNoArgs(function);
    }

    static PyMethodDef methods[] = {{"call_twice", call_twice, METH_O, NULL}, {NULL}};
    static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "sample_extension", NULL, -1, methods};

    PyMODINIT_FUNC PyInit_sample_extension(void) { return PyModule_Create(&definition); }
"""

# What the program is compared with: a debug build with a debug build.
PYTHON = f"/usr/bin/python3.11{sys.abiflags}"


def needs_file(path, package):
    return unittest.skipUnless(os.path.exists(path), f"{path} is not there: install {package}")


def needs_module(module, package):
    there = importlib.util.find_spec(module)
    return unittest.skipUnless(there, f"the module {module} is not there: install {package}")


def needs_wheel(name, package):
    there = glob.glob(f"{WHEELS}/{name}-*.whl")
    return unittest.skipUnless(there, f"{WHEELS} has no {name}: install {package}")


def run(*command, **options):
    """Runs a command without what the surroundings say to Python; returns what it prints."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PIP_", "VIRTUALENV", "VIRTUAL_ENV", "TOX", "CFLAGS", "LDFLAGS"))
    }
    process = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"},
        **options,
    )
    if process.returncode != 0:
        raise AssertionError(f"{command} has exit status {process.returncode}:\n{process.stdout}")
    return process.stdout


def value_of(interpreter, expression):
    return run(interpreter, "-c", f"import sys; print({expression})").strip()


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))


def write_project(directory):
    """A source tree with a package and a program. Returns the directory."""
    write(directory / "pyproject.toml", PROJECT)
    write(directory / "sample/__init__.py", PACKAGE)
    return directory


def write_extension(directory):
    write(directory / "setup.py", EXTENSION_SETUP)
    write(directory / "extension.c", EXTENSION)
    return directory


class DirectoryTestCase(unittest.TestCase):
    def setUp(self):
        # Resolved, for sys.prefix and the like are.
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()

    def make_environment(self, *options):
        run(sys.executable, "-m", "venv", *options, self.directory / "env")
        return self.directory / "env"

    def assert_is_ours(self, interpreter, environment):
        """The interpreter is the program under test, in the environment."""
        self.assertEqual(value_of(interpreter, "sys.version"), sys.version)
        self.assertEqual(value_of(interpreter, "sys.executable"), str(interpreter))
        self.assertEqual(value_of(interpreter, "sys.prefix"), str(environment))
        self.assertEqual(value_of(interpreter, "sys.base_prefix"), sys.base_prefix)
        if IS_STACKLESS:
            self.assertEqual(value_of(interpreter, "__import__('stackless').tasklet.__name__"), "tasklet")
