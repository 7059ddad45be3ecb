"""What configure writes, and what it says when it is asked for something that cannot be."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


class ConfigureTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.tree = Path(scratch.name, "tree")
        self.build = Path(scratch.name, "build")
        (self.tree / "tools").mkdir(parents=True)
        self.build.mkdir()
        for name in ("configure", "Makefile.in", "tools/packages.txt"):
            shutil.copy(SOURCE / name, self.tree / name)

    def configure(self, *options, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CXX")}
        return subprocess.run(
            [self.tree / "configure", *options],
            cwd=self.build,
            env=inherited | environment,
            capture_output=True,
            text=True,
        )

    def assert_written(self, expected, *options, **environment):
        result = self.configure(*options, **environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(expected, (self.build / "Makefile").read_text())

    def assert_refused(self, complaint, *options, **environment):
        result = self.configure(*options, **environment)
        self.assertEqual(result.returncode, 1)
        self.assertIn(complaint, result.stderr)
        self.assertFalse((self.build / "Makefile").exists())

    def need_package(self, package, group, probe):
        with open(self.tree / "tools/packages.txt", "a") as packages:
            packages.write(f"{package} {group} {probe} a reason\n")

    def test_writes_into_the_current_directory(self):
        self.assert_written(f"srcdir = {self.tree}\n", "--enable-portable")
        self.assertFalse((self.tree / "Makefile").exists())

    def test_prefix_is_in_the_header(self):
        self.assert_written("prefix = /opt/here\n", "--enable-portable", "--prefix=/opt/here")
        self.assertIn('"/opt/here/lib/stackless"', (self.build / "config.hpp").read_text())

    def test_portable_build_takes_gcc_and_no_tail_calls(self):
        self.assert_written("\nCXX = g++\n", "--enable-portable")
        self.assert_written("-DSTACKLESS_TAIL_CALLS=0", "--enable-portable")

    def test_sanitizers_imply_portable(self):
        self.assert_written("-DSTACKLESS_TAIL_CALLS=0", "--with-sanitizers=address,undefined")
        self.assert_written("-fsanitize=address,undefined", "--with-sanitizers=address,undefined")

    @unittest.skipUnless(shutil.which("clang++-19") and shutil.which("llvm-profdata-19"), "needs what the fast build does")
    def test_the_fast_build_is_trained(self):
        self.assert_written("\nprofile = stackless.profdata\n")
        self.assert_written("\nprofile = \n", "--disable-pgo")

    def test_other_builds_are_not_trained(self):
        self.assert_written("\nprofile = \n", "--enable-portable")

    def test_training_of_other_builds_is_refused(self):
        self.assert_refused("--enable-pgo is for the fast build", "--enable-pgo", "--enable-portable")

    def test_compiler_from_the_environment(self):
        self.assert_written("CXXFLAGS = -O0 -g3\n", "--enable-portable", CXXFLAGS="-O0 -g3")

    def test_option_wins_over_the_environment(self):
        self.assert_written("CXXFLAGS = -O0\n", "--enable-portable", "CXXFLAGS=-O0", CXXFLAGS="-O2")

    def test_unknown_option(self):
        self.assert_refused("unknown option '--enable-speed' (see --help)", "--enable-speed")

    def test_unknown_sanitizer(self):
        self.assert_refused("unknown sanitizer 'memory'", "--with-sanitizers=address,memory")

    def test_sanitizers_that_exclude_each_other(self):
        self.assert_refused("exclude each other", "--with-sanitizers=thread,address")

    def test_relative_prefix(self):
        self.assert_refused("--prefix needs an absolute path", "--prefix=here")

    def test_compiler_that_is_not_there(self):
        self.assert_refused("the compiler 'c-minus-minus' is not there", "CXX=c-minus-minus")

    def test_compiler_without_tail_calls(self):
        self.assert_refused("--enable-portable", "CXX=g++")

    def test_missing_packages_are_named_together(self):
        self.need_package("libone-dev", "build", "/nowhere/one-*.h")
        self.need_package("two-tools", "build", "two-tool")
        self.assert_refused("apt-get install libone-dev two-tools\n", "--enable-portable")

    def test_missing_package_of_the_tests_lets_the_build_go_on(self):
        self.need_package("libone-dev", "test", "/nowhere/one.h")
        result = self.configure("--enable-portable")
        self.assertEqual(result.returncode, 0)
        self.assertIn("libone-dev (test)", result.stderr)

    def test_package_of_another_kind_of_build_is_not_asked_for(self):
        self.need_package("libone-dev", "debug", "/nowhere/one.h")
        result = self.configure("--enable-portable")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_packages_of_programs_are_asked_for_with_their_option(self):
        self.need_package("libone-dev", "dropin", "/nowhere/one.h")
        self.assertNotIn("libone-dev", self.configure("--enable-portable").stderr)
        # Without apt-get they cannot be installed.
        commands = self.with_commands("true").partition(":")[0]
        for name in ("sh", "dirname", "g++", "make", "objcopy", "cat", "tr", "id", "redis-server", "gdb"):
            if path := shutil.which(name):
                os.symlink(path, os.path.join(commands, name))
        result = self.configure("--enable-portable", "--with-dropin-deps", PATH=commands)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("libone-dev (dropin)", result.stderr)

    def sysroot(self, *, complete):
        """A directory with a file for each pattern that the list of packages looks for."""
        sysroot = self.build / "sysroot"
        for line in (self.tree / "tools/packages.txt").read_text().splitlines():
            package, group, probe, *_ = [*line.split(), "", "", ""]
            if probe.startswith("/") and group in ("build", "aarch64") and (complete or package != "zlib1g-dev"):
                path = sysroot / probe[1:].replace("*", "any")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        return sysroot

    def with_commands(self, *names):
        """A PATH on which there are such programs, which do nothing."""
        directory = self.build / "bin"
        directory.mkdir()
        for name in names:
            (directory / name).symlink_to("/bin/true")
        return f"{directory}:{os.environ['PATH']}"

    def test_for_another_processor(self):
        path = self.with_commands("aarch64-linux-gnu-g++", "qemu-aarch64")
        sysroot = self.sysroot(complete=True)
        options = "--enable-portable", "--host=aarch64-linux-gnu", f"--with-sysroot={sysroot}"
        self.assert_written("\nCXX = aarch64-linux-gnu-g++\n", *options, PATH=path)
        self.assert_written("\ntool_prefix = aarch64-linux-gnu-\n", *options, PATH=path)
        self.assert_written(f"\nlink_flags = --sysroot={sysroot} ", *options, PATH=path)
        self.assert_written(f"\nlibpython = {sysroot}/usr/lib/python3.11/config-3.11-", *options, PATH=path)

    def test_for_another_processor_without_its_files(self):
        path = self.with_commands("aarch64-linux-gnu-g++", "qemu-aarch64")
        host = "--host=aarch64-linux-gnu"
        self.assert_refused("--host needs --with-sysroot=DIR", host)
        self.assert_refused("--with-sysroot is for builds with --host", "--with-sysroot=/nowhere")
        self.assert_refused("--with-sysroot needs an absolute path", host, "--with-sysroot=nowhere")
        self.assert_refused("(zlib1g-dev: ", host, f"--with-sysroot={self.sysroot(complete=False)}", PATH=path)

    def test_for_a_processor_that_nobody_has_ported_to(self):
        self.assert_refused("--host knows aarch64-linux-gnu", "--host=pdp11")


if __name__ == "__main__":
    unittest.main()
