"""Runs one unittest file and ends with the line that tests/run.py reads: `N passed, N failed`.

Usage: stackless tests/unittest_main.py [--hard] FILE [unittest options]

--hard: each switch of tasklets switches the C stack as well.
"""

import os
import sys
import unittest


class Result(unittest.TextTestResult):
    """Counts tests, where unittest's own lists count a test with two failed subtests twice."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.passed = 0
        self.failed = set()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.passed += 1

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed.add(test.id())

    def addError(self, test, err):
        super().addError(test, err)
        self.failed.add(test.id())

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.failed.add(test.id())

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed.add(test.id())


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: unittest_main.py FILE [unittest options]")
    if sys.argv[1] == "--hard":
        import stackless

        sys.argv.pop(1)
        stackless.enable_softswitch(False)
    directory, file = os.path.split(os.path.abspath(sys.argv.pop(1)))
    sys.path[0] = directory
    # Verbose, so that the name of a test that crashes the interpreter is there.
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2)
    module = os.path.splitext(file)[0]
    result = unittest.main(module=module, testRunner=runner, exit=False).result

    line = f"{result.passed} passed, {len(result.failed)} failed"
    if result.skipped:
        line += f", {len(result.skipped)} skipped"
    print(line, flush=True)
    sys.exit(1 if result.failed else 0)


if __name__ == "__main__":
    main()
