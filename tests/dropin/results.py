"""What the programs of tests/dropin/programs share: they print what they find, a line for each result."""

import contextlib
import os
import subprocess
import sys
import unittest


def show(name, result):
    """Prints a result: what compares equal under two interpreters must print the same."""
    print(f"{name}: {result}", flush=True)


def show_pytest(*arguments):
    """Runs pytest, and prints the outcome of each test."""
    import pytest

    class Outcomes:
        def __init__(self):
            self.outcomes = {}

        def pytest_runtest_logreport(self, report):
            if report.when == "call" or report.outcome != "passed":
                self.outcomes.setdefault(report.nodeid, set()).add(report.outcome)

    outcomes = Outcomes()
    with contextlib.redirect_stdout(sys.stderr):
        status = pytest.main(["-q", "-p", "no:cacheprovider", *arguments], plugins=[outcomes])
    for test, found in sorted(outcomes.outcomes.items()):
        show(test, " ".join(sorted(found)))
    show("pytest ends with", int(status))


class _Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self.outcome = "passed"

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.outcome = "failed"

    addError = addFailure

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.outcome = "skipped"

    def stopTest(self, test):
        super().stopTest(test)
        show(test.id(), self.outcome)


def show_unittest(*modules):
    """Runs the tests of modules, and prints the outcome of each."""
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    unittest.TextTestRunner(stream=sys.stderr, resultclass=_Result).run(suite)


def write(path, text):
    """Writes a file, and the directories that it is in."""
    import textwrap
    from pathlib import Path

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))


def run_python(*arguments, **options):
    """Runs the same interpreter. Returns its output; what is written to stderr is shown where it fails."""
    process = subprocess.run(
        [sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if process.returncode != 0:
        sys.stderr.write(process.stdout)
    return f"{process.stdout}exit status {process.returncode}"


def build_extension(name, source, *arguments):
    """Compiles a C or C++ file into an extension module in the current directory."""
    import sysconfig

    compiler = "g++" if source.endswith(".cpp") else "gcc"
    include = sysconfig.get_path("include")
    output = name + sysconfig.get_config_var("EXT_SUFFIX")
    subprocess.run([compiler, "-shared", "-fPIC", f"-I{include}", *arguments, "-o", output, source], check=True)


def server_user():
    """What to put before the command of a server that does not run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
