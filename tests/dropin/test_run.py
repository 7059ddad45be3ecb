"""Tests of run.py, by python3.11: how it compares two runs of a program, and what it knows of the programs."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUN = HERE / "run.py"
PYTHON = "/usr/bin/python3.11"


def load_run():
    spec = importlib.util.spec_from_file_location("dropin_run", RUN)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


run = load_run()


class CompareTest(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        (self.directory / "base").mkdir()

    def compare(self, text):
        """What is wrong with a program that sees OTHER in its environment where it runs under the other one."""
        (self.directory / "programs").mkdir()
        (self.directory / "programs/sample.py").write_text(text)
        other = self.directory / "other"
        other.write_text(f'#!/bin/sh\nOTHER=1 exec {PYTHON} "$@"\n')
        other.chmod(0o755)
        run.HERE, here = self.directory, run.HERE
        self.addCleanup(setattr, run, "HERE", here)
        return run.compare("sample", other, self.directory / "base")[2]

    def test_same_results(self):
        self.assertEqual(self.compare("import os, sys; print(sys.argv[0], os.getcwd())"), [])

    def test_different_results(self):
        problems = self.compare("import os; print('same'); print('test:', 'OTHER' in os.environ)")
        self.assertIn("-test: False", problems)
        self.assertIn("+test: True", problems)
        self.assertNotIn(" same", problems)

    def test_different_exit_status(self):
        problems = self.compare("import os, sys; print(1, flush=True); 'OTHER' in os.environ and os.abort()")
        self.assertIn("exit status -6, 0 under python3.11", problems)

    def test_program_that_runs_nowhere(self):
        problems = self.compare("1 / 0")
        self.assertTrue(problems[0].startswith("does not run under python3.11"), problems)
        self.assertIn("ZeroDivisionError: division by zero", problems)

    def test_what_differs_by_nature(self):
        self.assertEqual(
            run.normal_lines("/bin/x at 0x7f1234567 in 1.25s, 3 s\n0x12", "/bin/x"),
            ["PYTHON at 0x in TIME, 3 s", "0x12"],
        )


class ProgramsTest(unittest.TestCase):
    def test_each_file_is_listed(self):
        self.assertEqual(sorted(run.PROGRAMS), sorted(file.stem for file in (HERE / "programs").glob("*.py")))

    def test_packages_are_in_the_list_of_packages(self):
        lines = (HERE.parents[1] / "tools/packages.txt").read_text().splitlines()
        known = {line.split()[0] for line in lines if line and not line.startswith("#")}
        needed = {package for needs in run.PROGRAMS.values() for package in needs.values()}
        self.assertEqual(needed - known, set())

    def test_missing_package(self):
        run.PROGRAMS["sample"] = {"os": "python3.11", "/nowhere/file": "some-package"}
        self.addCleanup(run.PROGRAMS.pop, "sample")
        self.assertEqual(run.missing_package("sample"), "some-package")
        run.PROGRAMS["sample"] = {"os": "python3.11", "no_such_module": "python3-no"}
        self.assertEqual(run.missing_package("sample"), "python3-no")
        run.PROGRAMS["sample"] = {"os": "python3.11", "/": "base-files"}
        self.assertIsNone(run.missing_package("sample"))


class CommandLineTest(unittest.TestCase):
    def test_bad_arguments(self):
        for arguments, complaint in {
            ("--stackless", "/missing"): "/missing is not a program that can be run",
            (
                "--stackless",
                PYTHON,
                "no_such_program",
            ): "there is no program 'no_such_program'; they are: aiohttp_pages",
            (): "required: --stackless",
        }.items():
            with self.subTest(arguments):
                process = subprocess.run([PYTHON, RUN, *arguments], capture_output=True, text=True, env=os.environ)
                self.assertEqual(process.returncode, 2)
                self.assertIn(complaint, process.stderr)


if __name__ == "__main__":
    unittest.main()
