"""Programs outside of the tree, built with what `make install` has installed.

The build directory is the current one, or in the environment variable STACKLESS_BUILD.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("STACKLESS_BUILD", os.curdir)).resolve()
OUTSIDE = pathlib.Path(__file__).resolve().parent / "outside"


def output(*command, **options):
    """What a command prints; AssertionError with that if it fails."""
    child = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if child.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {child.returncode}:\n{child.stdout}")
    return child.stdout


def is_plain_build():
    """Whether the build has a library, without sanitizers, which a host would have to be built with as well."""
    makefile = (BUILD / "Makefile").read_text()
    return (BUILD / "libstackless.a").exists() and "\nsanitizers = \n" in makefile


@unittest.skipUnless(is_plain_build(), "the build has no library that any program can be linked with")
class InstalledLibrary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.work = pathlib.Path(cls.directory.name)
        output("make", "-C", BUILD, "install", f"DESTDIR={cls.work}/root", "prefix=/opt/stackless")
        cls.prefix = cls.work / "root/opt/stackless"
        cls.environment = {
            **os.environ,
            "PKG_CONFIG_PATH": f"{cls.prefix}/lib/pkgconfig",
            "LD_LIBRARY_PATH": f"{cls.prefix}/lib",
            # A host that starts the interpreter itself looks for the standard library beside python3.
            "PATH": "/usr/bin:/bin",
        }

    def pkg_config(self, *options):
        return output("pkg-config", *options, "stackless", env=self.environment).split()

    def run_host(self, host):
        return output(host, env=self.environment)

    def check_cpp_host(self, host):
        text = self.run_host(host)
        self.assertIn("10\n", text)
        self.assertIn(f"stackless from {self.prefix}/lib/stackless/stackless/__init__.py", text)

    def test_pkg_config_and_cpp(self):
        host = self.work / "host"
        flags = self.pkg_config("--cflags", "--libs")
        output("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", OUTSIDE / "host.cpp", "-o", host, *flags)
        self.check_cpp_host(host)

    def test_a_library_without_its_python_files_says_so(self):
        host = self.work / "host_of_moved"
        flags = self.pkg_config("--cflags", "--libs")
        output("g++", "-std=c++20", OUTSIDE / "host.cpp", "-o", host, *flags)
        moved = self.work / "moved"
        moved.mkdir()
        shutil.copy(self.prefix / "lib/libstackless.so.0", moved)
        child = subprocess.run(
            [host], stdout=subprocess.PIPE, text=True, env={**self.environment, "LD_LIBRARY_PATH": str(moved)}
        )
        self.assertEqual(child.returncode, 1)
        self.assertIn(
            f"the runtime does not start: the Python part of Stackless, the directory stackless, is in none of "
            f"{self.work}/lib/stackless, ",
            child.stdout,
        )

    def test_pkg_config_and_c(self):
        host = self.work / "host_c"
        flags = self.pkg_config("--cflags", "--libs")
        output("gcc", "-Wall", "-Wextra", "-Werror", OUTSIDE / "host.c", "-o", host, *flags)
        self.assertEqual(self.run_host(host), "hello world\n1 tasklets are runnable\n")

    def test_the_c_header_compiles_as_cpp(self):
        flags = self.pkg_config("--cflags")
        output("g++", "-x", "c++", "-fsyntax-only", "-Wall", "-Wextra", OUTSIDE / "host.c", *flags)

    def test_the_headers_of_c_compile_as_c99(self):
        flags = self.pkg_config("--cflags")
        source = "#include <stackless/stackless_embed.h>\n#include <stackless/stackless_api.h>\n"
        output("gcc", "-std=c99", "-x", "c", "-fsyntax-only", "-Wall", "-Wextra", "-", *flags, input=source)

    def test_cmake(self):
        build = self.work / "cmake"
        output("cmake", "-S", OUTSIDE, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        output("cmake", "--build", build)
        self.check_cpp_host(build / "host")
        self.assertIn("hello world", self.run_host(build / "host_c"))
        # The static library finds the package beside the program, as the program stackless does.
        installed = self.prefix / "bin/host_static"
        (build / "host_static").rename(installed)
        self.check_cpp_host(installed)

    def test_the_whole_c_api_is_exported(self):
        def exported(library):
            lines = output("nm", "-D", "--defined-only", library).splitlines()
            return {line.split()[-1] for line in lines}

        ours = exported(self.prefix / "lib/libstackless.so")
        python = exported("/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0")
        self.assertEqual(python - ours, set())
        others = {name for name in ours - python if not name.startswith(("Py", "_Py", "stackless_"))}
        self.assertEqual(others, set())

    def test_a_library_that_is_loaded_locally(self):
        # As a plugin does; extension modules need the C API nevertheless.
        source = self.work / "plugin.c"
        source.write_text(
            "#include <dlfcn.h>\n"
            "int main(int argc, char** argv) {\n"
            "    void* library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : 0;\n"
            '    void (*start)(void) = (void (*)(void))dlsym(library, "Py_Initialize");\n'
            '    int (*run)(const char*) = (int (*)(const char*))dlsym(library, "PyRun_SimpleString");\n'
            "    start();\n"
            '    return run("import numpy; assert numpy.arange(4).sum() == 6");\n'
            "}\n"
        )
        output("gcc", source, "-o", self.work / "plugin")
        output(self.work / "plugin", self.prefix / "lib/libstackless.so.0")


if __name__ == "__main__":
    unittest.main()
