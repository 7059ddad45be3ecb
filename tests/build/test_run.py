"""How tests/run.py judges a suite: nothing that went wrong may look like success."""

import contextlib
import io
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import run
from run import Counts, Suite


class RunSuiteTest(unittest.TestCase):
    def outcome(self, program, count=run.count_closing_line):
        """The counts of a suite that is a few lines of Python, and what was printed about it."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            counts = run.run_suite(Suite("suite", [sys.executable, "-c", program], count))
        return counts, printed.getvalue()

    def test_counts_of_the_last_line_count(self):
        program = "print('1 passed, 0 failed'); print('2 passed, 0 failed, 3 skipped')"
        self.assertEqual(
            self.outcome(program), (Counts(2, 0, 3), "ok    suite: 2 passed, 0 failed, 3 skipped\n")
        )

    def test_output_is_shown_only_of_a_failure(self):
        failure = "print('details'); print('2 passed, 1 failed'); raise SystemExit(1)"
        counts, printed = self.outcome(failure)
        self.assertEqual(counts, Counts(2, 1))
        self.assertTrue(printed.startswith("details\n"), printed)
        self.assertNotIn("details", self.outcome("print('details'); print('2 passed, 0 failed')")[1])

    def test_gtest_words(self):
        output = "[  PASSED  ] 5 tests.\n[  SKIPPED ] 1 test, listed below:\n[  SKIPPED ] A.b\n"
        counts, _ = self.outcome(f"print({output!r})", run.count_gtest)
        self.assertEqual(counts, Counts(5, 0, 1))

    def test_gtest_failures(self):
        output = "[  PASSED  ] 5 tests.\n[  FAILED  ] 2 tests, listed below:\n"
        counts, _ = self.outcome(f"print({output!r}); raise SystemExit(1)", run.count_gtest)
        self.assertEqual(counts, Counts(5, 2))

    def assert_one_failure(self, program, problem, passed=0):
        counts, printed = self.outcome(program)
        self.assertEqual(counts, Counts(passed, 1))
        self.assertIn(f"FAIL  suite: {problem}", printed)

    def test_nothing_run(self):
        self.assert_one_failure("print('0 passed, 0 failed')", "ran no tests")

    def test_no_closing_line(self):
        self.assert_one_failure("print('all is well')", "ran no tests")

    def test_bad_exit_status_after_success(self):
        program = "print('3 passed, 0 failed'); raise SystemExit(2)"
        self.assert_one_failure(program, "exit status 2, though no test failed", passed=3)

    def test_crash_after_success(self):
        program = "import os; print('3 passed, 0 failed', flush=True); os.abort()"
        self.assert_one_failure(program, "killed by SIGABRT", passed=3)

    def test_hang(self):
        with mock.patch.object(run, "TIME_LIMIT", 0.01):
            self.assert_one_failure("import signal; signal.pause()", "did not end")


if __name__ == "__main__":
    unittest.main()
