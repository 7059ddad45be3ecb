"""Runs every test suite of a build and adds up the results; `make check` calls it.

A suite is a process. Its output says how many of its tests passed: GoogleTest in its own words, the
others by a line `N passed, N failed` or `N passed, N failed, N skipped`. A suite whose exit status does
not agree with that, that does not end in time, or that has no tests at all, counts as one failed test.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3.11"
DROP_IN = ("greenlet_switches", "gevent_loop", "cpython_tools")  # of tests/dropin/programs
TIME_LIMIT = 3600  # seconds; only a suite that hangs gets there

CLOSING_LINE = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)
GTEST_COUNT = re.compile(r"^\[ *(PASSED|FAILED|SKIPPED) *\] (\d+) tests?\b", re.MULTILINE)


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Counts(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def count_closing_line(output):
    lines = CLOSING_LINE.findall(output)
    return Counts(*(int(number or 0) for number in lines[-1])) if lines else Counts()


def count_gtest(output):
    numbers = {state.lower(): int(number) for state, number in GTEST_COUNT.findall(output)}
    return Counts(**numbers)


@dataclass
class Suite:
    name: str
    command: list
    count: callable = count_closing_line


def find_suites(build):
    stackless = build / "stackless"
    unittest_main = SOURCE / "tests/unittest_main.py"

    def unittests(directory, *interpreter, pattern="test_*.py"):
        files = sorted((SOURCE / directory).glob(pattern))
        return [Suite(f"{directory}/{file.name}", [*interpreter, unittest_main, file]) for file in files]

    def stress(program, *options):
        program = f"tests/stress/{program}"
        command = [stackless, "-X", "faulthandler", SOURCE / program, *options]
        return Suite(" ".join([program, *options]), command)

    def hard(directory):
        """The files about tasklets once more, with each switch one of C stacks."""
        files = sorted((SOURCE / directory).glob("test_*.py"))
        command = [stackless, "-X", "faulthandler", unittest_main, "--hard"]
        return [
            Suite(f"{directory} --hard/{file.name}", [*command, file])
            for file in files
            if re.search(r"^(import|from) stackless\b", file.read_text(), re.MULTILINE)
        ]

    return [
        Suite("tests/cpp", [build / "stackless_tests"], count_gtest),
        Suite("tests/embed", [build / "embed_tests"], count_gtest),
        *unittests("tests/embed", PYTHON),
        *unittests("tests/examples", PYTHON),
        *unittests("tests/build", PYTHON),
        *unittests("tools/bench", PYTHON),
        *unittests("tests/cpython", PYTHON),
        *unittests("tests/dropin", PYTHON, pattern="test_run.py"),
        *unittests("tests/python", stackless, "-X", "faulthandler"),
        *unittests("tests/dropin", stackless, pattern="test_environments.py"),
        *unittests("tests/dropin", stackless, pattern="test_install.py"),
        *unittests("tests/stress", stackless, "-X", "faulthandler"),
        *unittests("tests/fuzz", stackless, "-X", "faulthandler"),
        stress("random_actions.py", "--seed", "1", "--steps", "10000"),
        stress("random_actions.py", "--seed", "521080040", "--steps", "10000"),
        stress("random_actions.py", "--seed", "1", "--threads", "4", "--steps", "8000"),
        stress("destructors.py", "--seed", "1"),
        stress("messages.py", "--tasklets", "50", "--messages", "50000"),
        stress("pickled_programs.py", "--seed", "1", "--programs", "16"),
        stress("pickled_programs.py", "--seed", "2", "--programs", "8"),
        *hard("tests/python"),
        Suite("tests/cpython", [PYTHON, SOURCE / "tests/cpython/run.py", "--stackless", stackless]),
        # Three that need nothing but what is installed for other tests: they run, or are skipped by name.
        Suite("tests/dropin/programs", [PYTHON, SOURCE / "tests/dropin/run.py", "--stackless", stackless, *DROP_IN]),
        Suite("examples", [stackless, SOURCE / "examples/run_demo.py", "--check"]),
    ]


def run(command):
    """Returns the exit status of a command (None: it did not end in time) and its output."""
    # Through a file, not a pipe: children that outlive the command cannot hold up its end.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(TIME_LIMIT)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        output.seek(0)
        return status, output.read().decode(errors="replace")


def complaint(status, counts):
    """What is wrong with a suite as a whole, or None."""
    if status is None:
        return f"did not end within {TIME_LIMIT} seconds"
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    if counts == Counts():
        return f"ran no tests (exit status {status})"
    if status != 0 and counts.failed == 0:
        return f"exit status {status}, though no test failed"
    if status == 0 and counts.failed != 0:
        return "exit status 0, though a test failed"
    return None


def run_suite(suite):
    """Runs a suite, prints its line, and its output if anything failed."""
    status, output = run(suite.command)
    counts = suite.count(output)
    problem = complaint(status, counts)
    if problem:
        counts.failed += 1
    if counts.failed:
        print(output.rstrip("\n"))
    verdict = "FAIL" if counts.failed else "ok"
    print(f"{verdict:4}  {suite.name}: {problem or counts}", flush=True)
    return counts


def main():
    parser = argparse.ArgumentParser(description="Run every test suite of a build.")
    parser.add_argument("--build-dir", type=Path, required=True, help="where `make` was run")
    build = parser.parse_args().build_dir.resolve()
    if not (build / "stackless").exists():
        sys.exit(f"tests/run.py: there is no stackless in {build}; run make there first")

    # Started in the background, this program would hand an ignored SIGINT down to the tests.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    total = Counts()
    for suite in find_suites(build):
        total += run_suite(suite)
    print(total)
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()
