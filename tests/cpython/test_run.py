"""Tests of run.py, on small test modules that pass, fail, crash or hang. Run by python3.11."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

RUN = Path(__file__).with_name("run.py")
PYTHON = "/usr/bin/python3.11"

TEMPLATE = """
import os, signal, sys, threading, unittest

class Sample(unittest.TestCase):
    def test_good(self):
        pass

    def test_sample(self):
{body}
"""

FAILING_SETUP = """
import unittest

class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        1 / 0

    def test_sample(self):
        pass
"""


def load_run():
    sys.path.insert(0, str(RUN.parent))
    spec = importlib.util.spec_from_file_location("cpython_run", RUN)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class RunTestCase(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write_module(self, body, name="test_sample"):
        text = TEMPLATE.format(body=textwrap.indent(textwrap.dedent(body), " " * 8))
        (self.directory / f"{name}.py").write_text(text)

    def run_modules(self, *arguments, stackless=PYTHON, environment=None):
        command = [PYTHON, RUN, "--stackless", stackless, "--testdir", self.directory, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env=os.environ | (environment or {})
        )

    def assert_ends(self, process, status, closing_line):
        self.assertEqual(process.stdout.splitlines()[-1:], [closing_line], process)
        self.assertEqual(process.returncode, status)


class ResultTest(RunTestCase):
    def test_passing_module(self):
        self.write_module("pass")
        self.assert_ends(self.run_modules("test_sample"), 0, "2 passed, 0 failed, 0 skipped")

    def test_skipped_test(self):
        self.write_module("self.skipTest('no reason')")
        self.assert_ends(self.run_modules("test_sample"), 0, "1 passed, 0 failed, 1 skipped")

    def test_skipped_module(self):
        (self.directory / "test_sample.py").write_text("import unittest; raise unittest.SkipTest")
        self.assert_ends(self.run_modules("test_sample"), 0, "0 passed, 0 failed, 1 skipped")

    def test_failures_are_named(self):
        bodies = {
            "failure": "self.fail()",
            "error": "1 / 0",
            "subtest": "with self.subTest(number=1): self.fail()",
        }
        for name, body in bodies.items():
            with self.subTest(name):
                self.write_module(body, f"test_{name}")
                process = self.run_modules(f"test_{name}")
                self.assert_ends(process, 1, "1 passed, 1 failed, 0 skipped")
                self.assertIn(f"failed: test_{name}.Sample.test_sample\n", process.stdout)

    def test_failing_class_setup(self):
        (self.directory / "test_sample.py").write_text(FAILING_SETUP)
        process = self.run_modules("test_sample")
        self.assert_ends(process, 1, "0 passed, 1 failed, 0 skipped")
        self.assertIn("failed: test_sample.Sample.setUpClass\n", process.stdout)

    def test_crash(self):
        self.write_module("os.kill(os.getpid(), signal.SIGSEGV)")
        process = self.run_modules("test_sample")
        self.assert_ends(process, 1, "0 passed, 1 failed, 0 skipped")
        self.assertIn("killed by SIGSEGV in test_sample.Sample.test_sample", process.stdout)

    def test_early_exit(self):
        self.write_module("os._exit(0)")
        process = self.run_modules("test_sample")
        self.assert_ends(process, 1, "0 passed, 1 failed, 0 skipped")
        self.assertIn("ran no tests", process.stdout)

    def test_hang(self):
        self.write_module("threading.Event().wait()")
        process = self.run_modules("test_sample", "--timeout", "1")
        self.assert_ends(process, 1, "0 passed, 1 failed, 0 skipped")
        self.assertIn("hung in test_sample.Sample.test_sample", process.stdout)

    def test_missing_module(self):
        process = self.run_modules("test_missing")
        self.assert_ends(process, 1, "0 passed, 1 failed, 0 skipped")
        self.assertIn("No module named 'test_missing'", process.stdout)

    def test_altered_environment(self):
        self.write_module("sys.path.append('elsewhere')")
        process = self.run_modules("test_sample")
        self.assert_ends(process, 1, "2 passed, 1 failed, 0 skipped")
        self.assertIn("altered the execution environment", process.stdout)


class SurroundingsTest(RunTestCase):
    def test_environment_is_clean(self):
        self.write_module("self.assertNotIn('PYTHONWARNINGS', os.environ)")
        process = self.run_modules("test_sample", environment={"PYTHONWARNINGS": "ignore"})
        self.assert_ends(process, 0, "2 passed, 0 failed, 0 skipped")

    def test_modules_do_not_share_a_directory(self):
        body = "self.assertFalse(os.path.exists('../dropping')); open('../dropping', 'x').close()"
        self.write_module(body, "test_one")
        self.write_module(body, "test_two")
        process = self.run_modules("test_one", "test_two")
        self.assert_ends(process, 0, "4 passed, 0 failed, 0 skipped")

    def test_logs(self):
        self.write_module("pass")
        self.run_modules("test_sample", "--logs", self.directory)
        log = (self.directory / "test_sample.python3.11.txt").read_text()
        self.assertIn("test_sample (test_sample.Sample.test_sample) ... ok", log)


class CompareTest(RunTestCase):
    def test_different_results(self):
        other = self.directory / "other"
        other.write_text(f'#!/bin/sh\nOTHER=1 exec {PYTHON} "$@"\n')
        other.chmod(0o755)
        self.write_module("if 'OTHER' in os.environ: self.skipTest('')")
        self.write_module("self.skipTest('everywhere')", "test_same")

        process = self.run_modules("--compare", "test_sample", "test_same", stackless=other)
        self.assertEqual(process.returncode, 0, process)  # a skip without a reason is not reported

        self.write_module("if 'OTHER' in os.environ: self.skipTest('here')")
        process = self.run_modules("--compare", "test_sample", "test_same", stackless=other)
        self.assert_ends(process, 1, "2 passed, 0 failed, 2 skipped")
        self.assertIn(
            "differs: test_sample.Sample.test_sample: skipped, but passed under", process.stdout
        )
        self.assertEqual(process.stdout.count("differs:"), 1)


class WholeTest(RunTestCase):
    """One interpreter that is called otherwise stands for `stackless`: its tests see OTHER."""

    def setUp(self):
        super().setUp()
        self.other = self.directory / "other"
        self.other.write_text(f'#!/bin/sh\nOTHER={self.directory}/seen exec {PYTHON} "$@"\n')
        self.other.chmod(0o755)
        self.expected = self.directory / "expected"
        self.expected.write_text("")

    def compare(self, *arguments):
        return self.run_modules("--whole", "--expected", self.expected, *arguments, stackless=self.other)

    def write_counting_module(self, body):
        """The body sees `number`, of its run under this interpreter, from 1."""
        self.write_module(
            f"""
            with open("{self.directory}/runs" + str("OTHER" in os.environ), "a+") as file:
                file.write("x")
                number = file.tell()
            """
            + textwrap.dedent(body)
        )

    def test_whole_suite(self):
        self.write_module("self.assertNotIn('OTHER', os.environ)")
        self.write_module("self.fail('everywhere')", "test_same")
        process = self.compare()
        self.assert_ends(process, 1, "2 passed, 2 failed, 0 skipped")
        self.assertIn("differs each time: test_sample.Sample.test_sample: failed, but passed under", process.stdout)
        self.assertIn("1 tests differ", process.stdout)

        self.expected.write_text("test_sample.Sample.test_sample  it is called otherwise\n")
        process = self.compare()
        self.assert_ends(process, 0, "2 passed, 2 failed, 0 skipped")
        self.assertIn("differs as expected: test_sample.Sample.test_sample", process.stdout)

        self.expected.write_text("".join(f"test_sample.Sample.test_{n} reason\n" for n in range(11)))
        process = self.compare()
        self.assertEqual(process.returncode, 1)
        self.assertIn("11 tests, where 10 are the most", process.stderr)

    def test_differences_by_chance_do_not_count(self):
        bodies = {
            "here, once": "if 'OTHER' in os.environ: self.assertNotEqual(number, 1)",
            "there, once": "if 'OTHER' not in os.environ: self.assertNotEqual(number, 1)",
            "now here, now there": "self.assertNotEqual(number, 4 if 'OTHER' in os.environ else 1)",
        }
        for when, body in bodies.items():
            with self.subTest(when):
                for counts in self.directory.glob("runs*"):
                    counts.unlink()
                self.write_counting_module(body)
                process = self.compare()
                self.assertIn("differs by chance: test_sample.Sample.test_sample: ", process.stdout)
                self.assertIn("0 tests differ", process.stdout)
                self.assertEqual(process.returncode, 0)

    def test_what_differs_now_and_then_counts(self):
        self.write_counting_module("if 'OTHER' in os.environ: self.assertNotIn(number, (1, 5))")
        process = self.compare()
        self.assertIn(
            "differs sometimes: test_sample.Sample.test_sample: 2x failed, 5x passed, but passed under", process.stdout
        )
        self.assertEqual(process.returncode, 1)

    def test_crash_by_chance(self):
        self.write_counting_module("if 'OTHER' in os.environ and number == 1: os.kill(os.getpid(), signal.SIGSEGV)")
        process = self.compare()
        self.assertIn("differs by chance: test_sample: 1x failed, 6x not run, but not run under", process.stdout)
        self.assertIn("0 tests differ", process.stdout)

    def test_record_is_gone_on_with(self):
        record = self.directory / "record"
        self.write_counting_module("pass")
        self.compare("--record", record)
        runs = self.directory / "runsTrue"
        self.assertEqual(runs.read_text(), "x")
        again = self.compare("--record", record)
        self.assertEqual(runs.read_text(), "x")
        self.assert_ends(again, 0, "2 passed, 0 failed, 0 skipped")
        # Another program is not taken for the recorded one; the runs of the reference are kept.
        self.other.write_text(self.other.read_text() + "# changed\n")
        self.compare("--record", record)
        self.assertEqual(runs.read_text(), "xx")
        self.assertEqual((self.directory / "runsFalse").read_text(), "x")

    def test_report(self):
        report = self.directory / "report.md"
        self.write_module("self.assertNotIn('OTHER', os.environ)")
        self.write_module("self.fail('everywhere')", "test_same")
        self.compare("--report", report)
        text = report.read_text()
        self.assertIn("1 of 4 tests differ.", text)
        self.assertIn("| test_sample.Sample.test_sample | failed | passed | each time | yes |", text)
        self.assertIn("- `test_same.Sample.test_sample`", text)
        self.assertIn("| test_sample | 2 | 1 | 1 | 0 | 2 | 0 | 0 | 1 |", text)
        self.assertIn("| **all** | 4 | 2 | 2 | 0 | 3 | 1 | 0 | 1 |", text)


class ListTest(unittest.TestCase):
    def setUp(self):
        self.run_module = load_run()
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory()), "list.txt")

    def test_exclusions(self):
        self.path.write_text("# a comment\n\ntest.test_x.A.test_b  needs a network\n")
        self.assertEqual(self.run_module.read_exclusions(self.path), {"test.test_x.A.test_b": "needs a network"})

    def test_bad_exclusions(self):
        for line, complaint in {
            "test.test_x.A.test_b": "needs a reason",
            "test_b some reason": "not the full id",
            "test.test_x.* some reason": "not the full id",
        }.items():
            with self.subTest(line), self.assertRaisesRegex(SystemExit, complaint):
                self.path.write_text(line)
                self.run_module.read_exclusions(self.path)

    def test_modules_exist_and_are_listed_once(self):
        sections = self.run_module.read_modules(RUN.with_name("modules.txt"))
        names = [name for section in sections.values() for name in section]
        self.assertEqual(sorted(names), sorted(set(names)))
        for name in names:
            with self.subTest(name):
                place = "/usr/lib/python3.11/test/" + name.removeprefix("test.").replace(".", "/")
                self.assertTrue(os.path.exists(place + ".py") or os.path.isdir(place))


class CommandLineTest(RunTestCase):
    def test_bad_arguments(self):
        for arguments, complaint in {
            ("--stackless", "/missing"): "/missing is not a program that can be run",
            ("--jobs", "0"): "must be at least 1",
            ("--all", "test_sample"): "not both",
            ("--record", "x", "test_sample"): "need --whole",
        }.items():
            with self.subTest(arguments):
                process = self.run_modules(*arguments)
                self.assertEqual(process.returncode, 2)
                self.assertIn(complaint, process.stderr)


if __name__ == "__main__":
    unittest.main()
