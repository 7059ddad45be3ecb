"""Virtual environments made by the program, and builds of extensions by hand.

Run by the program under test; python3.11 passes as well.
"""

import os
import sys
import sysconfig
import unittest

from support import (
    IS_STACKLESS,
    PYTHON,
    DirectoryTestCase,
    needs_file,
    needs_module,
    run,
    value_of,
    write,
    write_extension,
)

BARE_TYPE = r"""
    #include <Python.h>

    /* A heap type as mypyc makes its own: copied from a template without slots for numbers, sequences, mappings. */
    static PyObject* make_type(PyObject* module, PyObject* name) {
        PyHeapTypeObject* type = (PyHeapTypeObject*)PyType_Type.tp_alloc(&PyType_Type, 0);
        type->ht_type.tp_name = "bare";
        type->ht_type.tp_basicsize = sizeof(PyObject);
        type->ht_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_BASETYPE;
        type->ht_type.tp_new = PyType_GenericNew;
        type->ht_name = Py_NewRef(name);
        type->ht_qualname = Py_NewRef(name);
        if (PyType_Ready(&type->ht_type) < 0) return NULL;
        return (PyObject*)type;
    }

    static PyMethodDef methods[] = {{"make_type", make_type, METH_O, NULL}, {NULL}};
    static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "sample_extension", NULL, -1, methods};

    PyMODINIT_FUNC PyInit_sample_extension(void) { return PyModule_Create(&definition); }
"""

# What asks a type for its slots.
BARE_TYPE_PROGRAM = """
    import operator, sample_extension
    Bare = sample_extension.make_type("Bare")
    class Derived(Bare):
        def __bool__(self): return False
        def __getitem__(self, key): return key
    bare, derived = Bare(), Derived()

    def attempt(function):
        try:
            return function()
        except TypeError as error:
            return str(error)

    def store():
        bare[0] = 1

    def delete():
        del bare[0]

    print(bool(bare), not bare, bool(derived), 1 if bare else 2, 1 if derived else 2, bare and 1, derived or 1)
    print(list(filter(None, [bare, derived])) == [bare], derived[3], any([derived]), all([bare]))
    for function in (
        lambda: -bare, lambda: ~bare, lambda: abs(bare), lambda: bare + 1, lambda: 1 + bare, lambda: bare ** 2,
        lambda: pow(bare, 2, 3), lambda: bare[0], store, delete, lambda: 1 in bare, lambda: iter(bare),
        lambda: len(bare), lambda: int(bare), lambda: float(bare), lambda: operator.index(bare), lambda: [1][bare],
        lambda: [*bare], lambda: {**bare}, lambda: operator.itemgetter(0)(bare), lambda: reversed(bare),
        lambda: exec("x", {}, bare), lambda: round(bare), lambda: divmod(bare, 1), lambda: bare @ 1,
        lambda: "%d" % bare, lambda: map(None, bare), lambda: bare < bare, lambda: next(bare),
    ):
        print(attempt(function))
"""

HOST = r"""
    #include <Python.h>

    int main(void) {
        Py_Initialize();
        int status = PyRun_SimpleString("print(6 * 7)");
        return Py_FinalizeEx() < 0 || status != 0;
    }
"""


@needs_module("ensurepip", "python3.11-venv")
class VenvTest(DirectoryTestCase):
    def test_interpreters_are_links_to_the_program(self):
        environment = self.make_environment("--without-pip")
        for name in ("python", "python3", "python3.11"):
            interpreter = environment / "bin" / name
            with self.subTest(name):
                self.assert_is_ours(interpreter, environment)
                self.assertEqual(
                    os.path.realpath(value_of(interpreter, "sys._base_executable")),
                    os.path.realpath(sys.executable),
                )

    def test_copies_find_the_library(self):
        environment = self.make_environment("--without-pip", "--copies")
        self.assertFalse((environment / "bin/python").is_symlink())
        self.assert_is_ours(environment / "bin/python", environment)

    def test_environment_of_an_environment(self):
        inner = self.directory / "inner"
        run(self.make_environment("--without-pip") / "bin/python", "-m", "venv", "--without-pip", inner)
        self.assert_is_ours(inner / "bin/python", inner)

    def test_links_called_python_before_others_in_path(self):
        links = self.directory / "links"
        links.mkdir()
        for name in ("python", "python3", "python3.11"):
            (links / name).symlink_to(sys.executable)
        make = f"PATH={links}:$PATH && python3 -m venv --without-pip {self.directory}/env"
        run("sh", "-c", make)
        self.assert_is_ours(self.directory / "env/bin/python3.11", self.directory / "env")

    def test_activation(self):
        environment = self.make_environment("--without-pip")
        found = run("sh", "-c", f". {environment}/bin/activate && command -v python3 && python3 -VV")
        self.assertEqual(found.splitlines(), [f"{environment}/bin/python3", f"Python {sys.version}"])

    def test_processes_stay_in_the_environment(self):
        environment = self.make_environment("--without-pip")
        write(
            self.directory / "program.py",
            """
            import multiprocessing, sys

            def place():
                print(sys.prefix, sys.version, flush=True)

            if __name__ == "__main__":
                for method in ("fork", "spawn", "forkserver"):
                    process = multiprocessing.get_context(method).Process(target=place)
                    process.start()
                    process.join()
            """,
        )
        output = run(environment / "bin/python", self.directory / "program.py")
        self.assertEqual(output.splitlines(), [f"{environment} {sys.version}"] * 3)


class BuildTest(DirectoryTestCase):
    def test_sysconfig_says_what_python_says(self):
        program = "import sysconfig; print(sorted((k, str(v)) for k, v in sysconfig.get_config_vars().items()), \
            sysconfig.get_paths(), sysconfig.get_platform())"
        ours, theirs = run(sys.executable, "-c", program), run(PYTHON, "-c", program)
        # Where the program is.
        place = "('projectbase', '{}')".format
        self.assertEqual(
            ours.replace(place(os.path.dirname(sys.executable)), ""), theirs.replace(place("/usr/bin"), "")
        )

    @needs_module("setuptools", "python3-setuptools")
    def test_setuptools_in_place(self):
        source = write_extension(self.directory / "source")
        run(sys.executable, "setup.py", "build_ext", "--inplace", cwd=source)
        self.assertTrue((source / f"sample_extension{sysconfig.get_config_var('EXT_SUFFIX')}").exists())
        program = "import sample_extension; print(sample_extension.call_twice(lambda: 'called'))"
        self.assertEqual(run(sys.executable, "-c", program, cwd=source), "called\n")

    @needs_module("setuptools", "python3-setuptools")
    def test_heap_types_without_slots(self):
        source = write_extension(self.directory / "source")
        write(source / "extension.c", BARE_TYPE)
        write(source / "program.py", BARE_TYPE_PROGRAM)
        run(sys.executable, "setup.py", "build_ext", "--inplace", cwd=source)
        ours, theirs = (
            run(program, "-X", "faulthandler", "program.py", cwd=source) for program in (sys.executable, PYTHON)
        )
        self.assertEqual(ours, theirs)

    @needs_module("distutils.command.build_ext", "python3-distutils")
    def test_distutils(self):
        source = write_extension(self.directory / "source")
        setup = source / "setup.py"
        setup.write_text(setup.read_text().replace("setuptools import Extension, setup", "distutils.core import *"))
        run(sys.executable, "-W", "ignore", "setup.py", "build", cwd=source)
        (place,) = source.glob("build/lib*")
        program = "import sample_extension; print(sample_extension.call_twice(lambda: 'called'))"
        self.assertEqual(run(sys.executable, "-c", program, cwd=place), "called\n")


@unittest.skipUnless(IS_STACKLESS, "the module stackless.config is there with stackless only")
class ConfigTest(DirectoryTestCase):
    def flags(self, *options):
        return run(sys.executable, "-m", "stackless.config", *options).split()

    @needs_file(f"{PYTHON}-config", "python3.11-dev")
    def test_flags_of_extensions_are_those_of_python_config(self):
        for option in "prefix exec-prefix includes cflags libs ldflags extension-suffix abiflags configdir".split():
            with self.subTest(option):
                theirs = run(f"{PYTHON}-config", f"--{option}").split()
                self.assertEqual(set(self.flags(f"--{option}")), set(theirs))

    @needs_file("/usr/include/python3.11/Python.h", "libpython3.11-dev")
    def test_program_with_the_interpreter_inside(self):
        write(self.directory / "host.c", HOST)
        cflags, ldflags = self.flags("--embed", "--cflags"), self.flags("--embed", "--ldflags")
        program = self.directory / "host"
        run("gcc", *cflags, "-o", program, self.directory / "host.c", *ldflags)
        libraries = [flag[2:] for flag in ldflags if flag.startswith("-L")]
        self.assertEqual(run("env", f"LD_LIBRARY_PATH={':'.join(libraries)}", program), "42\n")

    def test_bad_options(self):
        for options in ((), ("--include",)):
            with self.subTest(options), self.assertRaisesRegex(AssertionError, "exit status 1.*\nUsage:"):
                self.flags(*options)


if __name__ == "__main__":
    unittest.main()
