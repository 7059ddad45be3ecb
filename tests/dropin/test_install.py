"""make install, make tar and make deb: what they leave runs wherever it is put.

Run by the program in the directory that it was built in.
"""

import os
import subprocess
import sys
import sysconfig
import unittest
from pathlib import Path

from support import DirectoryTestCase, needs_file, run, value_of

BUILD = Path(sys.executable).resolve().parent


def make(*arguments):
    # Not those of the make that runs the tests.
    return run(
        "env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "MFLAGS", "XZ_OPT=-1", "make", "-C", BUILD, *arguments
    )


@unittest.skipUnless((BUILD / "Makefile").exists(), "the program is not where it was built")
class InstallTest(DirectoryTestCase):
    def assert_runs(self, prefix):
        """The program below a prefix finds all it needs there."""
        program = prefix / "bin/stackless"
        package = f"{prefix}/lib/stackless/stackless/__init__.py"
        self.assertEqual(value_of(program, "__import__('stackless').__file__"), package)
        self.assertEqual(value_of(program, "__import__('os').__file__"), "/usr/lib/python3.11/os.py")
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        self.assertEqual(run(prefix / "bin/stackless-config", "--extension-suffix").strip(), suffix)
        run(program, "-m", "venv", "--without-pip", self.directory / "env")
        interpreter = self.directory / "env/bin/python"
        self.assertEqual(value_of(interpreter, "__import__('stackless').__file__"), package)

    def test_install_and_uninstall(self):
        make("install", f"DESTDIR={self.directory}/root", "prefix=/opt/sample")
        prefix = self.directory / "root/opt/sample"
        self.assert_runs(prefix)
        for file in (
            "share/man/man1/stackless.1",
            "share/man/man1/stackless-config.1",
            "share/bash-completion/completions/stackless",
            "share/gdb/auto-load/opt/sample/bin/stackless-gdb.py",
            "share/doc/stackless/ci.md",
            "share/doc/stackless/examples/ring.py",
        ):
            self.assertTrue((prefix / file).exists(), file)
        make("uninstall", f"DESTDIR={self.directory}/root", "prefix=/opt/sample")
        self.assertEqual([file for file in prefix.rglob("*") if not file.is_dir()], [])

    def test_completion(self):
        script = """
            source "$1"
            COMP_WORDS=("$2" -m tokeni) COMP_CWORD=2
            _stackless
            echo "${COMPREPLY[@]}"
            COMP_WORDS=("$2" -X fault)
            _stackless
            echo "${COMPREPLY[@]}"
            COMP_WORDS=(stackless-config --inc) COMP_CWORD=1
            _stackless_config
            echo "${COMPREPLY[@]}"
        """
        completion = Path(__file__).resolve().parents[2] / "tools/packaging/stackless.bash-completion"
        output = run("bash", "-c", script, "bash", completion, sys.executable)
        self.assertEqual(output.split(), ["tokenize", "faulthandler", "--includes"])

    def test_archive_can_be_unpacked_anywhere(self):
        make("tar")
        (archive,) = BUILD.glob("stackless-*.tar.xz")
        self.addCleanup(archive.unlink)
        run("tar", "-C", self.directory, "-xJf", archive)
        (prefix,) = self.directory.glob("stackless-*")
        self.assert_runs(prefix)

    @needs_file("/usr/bin/dpkg-shlibdeps", "dpkg-dev")
    def test_debian_package(self):
        make("deb")
        (package,) = BUILD.glob("stackless_*.deb")
        self.addCleanup(package.unlink)
        run("dpkg-deb", "-x", package, self.directory / "root")
        prefix = self.directory / "root/usr"
        self.assert_runs(prefix)
        # python3 is offered, in a directory of its own, and not taken.
        self.assertEqual(os.readlink(prefix / "lib/stackless/bin/python3"), "../../../bin/stackless")
        self.assertEqual(sorted(os.listdir(prefix / "bin")), ["stackless", "stackless-config"])
        self.assertEqual(value_of(prefix / "lib/stackless/bin/python3", "sys.version"), sys.version)
        # What it has compiled does not outlive it.
        package_directory = prefix / "lib/stackless/stackless"
        (package_directory / "__pycache__").mkdir(exist_ok=True)
        run("dpkg-deb", "-e", package, self.directory / "control")
        run("env", f"DPKG_ROOT={self.directory}/root", self.directory / "control/prerm", "remove")
        self.assertFalse((package_directory / "__pycache__").exists())
        depends = run("dpkg-deb", "-f", package, "Depends")
        self.assertRegex(depends, r"^libpython3.11-stdlib .*libc6 .*libexpat1 .*zlib1g ")
        if os.path.exists("/usr/bin/lintian"):
            process = subprocess.run(["lintian", "--allow-root", package], capture_output=True, text=True)
            self.assertEqual([line for line in process.stdout.splitlines() if line.startswith("E:")], [])


if __name__ == "__main__":
    unittest.main()
