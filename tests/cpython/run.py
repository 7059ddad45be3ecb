#!/usr/bin/python3.11
"""Runs modules of CPython's own test suite with `stackless` and adds up the results.

Each module is run by `stackless -m test -v MODULE` in a process and an empty directory of its own.
Its tests are counted from the JUnit report that `-m test` writes. A module that crashes, hangs or
runs no tests counts as one failed test. README.md says how to use this program.
"""

import argparse
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from comparison import Record, compare, find_differences
from report import write_report

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3.11"
TAIL_LINES = 40
GRACE = 60  # seconds for `-m test` to report the hang itself, with the stacks of all threads

# --whole: all but what needs a network, a display or a sound card.
RESOURCES = "all,-network,-urlfetch,-gui,-audio"
MOST_EXPECTED_DIFFERENCES = 10

# From the mildest to the worst: of two tests with the same id, the worse result counts.
RESULTS = ("skipped", "passed", "failed")

STARTED = re.compile(r"^(\w+) \(([^()\s]+\.\1)\)", re.MULTILINE)
FAILURE = re.compile(
    r"^={70}\n(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S+) \(([^()\s]+)\)", re.MULTILINE
)
TIMED_OUT = re.compile(r"Timeout \(\d+:\d\d:\d\d\)!$", re.MULTILINE)
FINISHED = "\nTests result: "
MODULE_SKIPPED = re.compile(r"^\S+ skipped -- ", re.MULTILINE)
ENVIRONMENT_CHANGED = 3  # the exit status of `-m test --fail-env-changed`


# The lists ---------------------------------------------------------------------------------------


def significant_lines(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            yield number, line


def read_modules(path):
    """Returns the module names of each section of modules.txt."""
    sections = {}
    for number, line in significant_lines(path):
        if line.startswith("["):
            names = sections.setdefault(line.strip("[]"), [])
        elif sections:
            names.append(line)
        else:
            sys.exit(f"{path}:{number}: a module before the first [section]")
    return sections


def read_exclusions(path):
    """Returns the test ids of excluded.txt, or of expected-differences, with their reasons."""
    reasons = {}
    for number, line in significant_lines(path):
        test_id, _, reason = line.partition(" ")
        # `-m test` would take a pattern, or a name without a dot, for more tests than one.
        if "." not in test_id or set("*?[]") & set(test_id):
            sys.exit(f"{path}:{number}: {test_id!r} is not the full id of one test")
        if not reason:
            sys.exit(f"{path}:{number}: {test_id} needs a reason after its id")
        reasons[test_id] = reason.strip()
    return reasons


# Running one module ------------------------------------------------------------------------------


@dataclass
class ModuleRun:
    module: str
    results: dict  # test id: one of RESULTS
    problem: str | None  # what is wrong with the module as a whole
    output: str
    seconds: float

    def failures(self):
        return sorted(test for test, result in self.results.items() if result == "failed")


def clean_environment(directory):
    """The caller's environment without what would change how Python behaves."""
    environment = {
        name: value
        for name, value in os.environ.items()
        # The sanitizer build sets PYTHONMALLOC.
        if name == "PYTHONMALLOC" or not name.startswith(("PYTHON", "LC_", "LANGUAGE"))
    }
    return environment | {"LANG": "C.UTF-8", "HOME": directory, "TMPDIR": directory}


def run_process(command, directory, time_limit):
    """Returns the exit status (None: had to be killed) and the output."""
    # Through a file, not a pipe: children that outlive the command cannot hold up its end.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=clean_environment(directory),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(time_limit)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return status, output.read().decode(errors="replace")


def case_result(case):
    if any(case.find(tag) is not None for tag in ("failure", "error", "outcome")):
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


def read_report(path):
    """Returns the results in a JUnit report, none if the module did not get so far to write it."""
    try:
        cases = ElementTree.parse(path).iter("testcase")
    except (FileNotFoundError, ElementTree.ParseError):
        return {}
    results = {}
    for case in cases:
        # A test that failed only in subtests has no name here; read_failures() finds it.
        test_id = case.get("name", "").partition(" ")[0]
        if test_id:
            both = (results.get(test_id, "skipped"), case_result(case))
            results[test_id] = max(both, key=RESULTS.index)
    return results


def read_failures(output):
    """Returns the ids of the tests, setUpClass and the like that the output reports as failed."""
    for name, place in FAILURE.findall(output):
        yield place if place.endswith("." + name) else f"{place}.{name}"


def find_problem(status, results, output):
    """What is wrong with a module as a whole, or None."""
    started = STARTED.findall(output)
    where = f" in {started[-1][1]}" if started else ""
    if status is None or (TIMED_OUT.search(output) and FINISHED not in output):
        return f"hung{where}"
    if status < 0:
        return f"killed by {signal.Signals(-status).name}{where}"
    if status == ENVIRONMENT_CHANGED:
        return "altered the execution environment"
    if status != 0 and "failed" not in results.values():
        return f"exit status {status}, though no test failed"
    return None if results else "ran no tests"


def judge(module, status, output, report):
    """Returns the results of a module's tests and its problem."""
    results = read_report(report)
    if status != 0 or not results:
        # Only then: a test of a test runner prints such failures, and passes.
        results |= {test: "failed" for test in read_failures(output) if test not in results}
    if not results and status == 0 and MODULE_SKIPPED.search(output):
        results[module] = "skipped"
    problem = find_problem(status, results, output)
    if problem:
        results[module] = "failed"
    return results, problem


class Interpreter:
    """A program that can run `-m test`, and how to call it."""

    def __init__(self, path, exclusions, options):
        self.path = path
        self.time_limit = options.timeout
        self.logs = options.logs
        self.arguments = ["-m", "test", "-v", "--fail-env-changed", f"--timeout={options.timeout}"]
        if options.whole:
            self.arguments += ["-u", RESOURCES]
        if options.testdir:
            self.arguments.append(f"--testdir={options.testdir}")
        for test_id in exclusions:
            self.arguments += ["--ignore", test_id]
        # What decides about the results: the program, and how it is called.
        self.digest = hashlib.sha256(Path(path).read_bytes() + repr(self.arguments).encode()).hexdigest()

    def run(self, module, only=()):
        """only: ids of tests; no others are run."""
        with tempfile.TemporaryDirectory(
            prefix="cpython-test-", ignore_cleanup_errors=True
        ) as directory:
            report = Path(directory, "report.xml")
            chosen = [argument for test in only for argument in ("-m", test)]
            command = [self.path, *self.arguments, *chosen, f"--junit-xml={report}", module]
            start = time.monotonic()
            status, output = run_process(command, directory, self.time_limit + GRACE)
            seconds = time.monotonic() - start
            results, problem = judge(module, status, output, report)
        if self.logs:
            Path(self.logs, f"{module}.{Path(self.path).name}.txt").write_text(output)
        return ModuleRun(module, results, problem, output, seconds)


# Reporting ---------------------------------------------------------------------------------------


def describe(counts):
    return ", ".join(f"{counts[result]} {result}" for result in ("passed", "failed", "skipped"))


def print_module(run):
    counts = describe(Counter(run.results.values()))
    failures = run.failures()
    verdict = "FAIL" if failures else "ok"
    problem = f", {run.problem}" if run.problem else ""
    print(f"{verdict:4}  {run.module}: {counts}{problem}  ({run.seconds:.1f} s)")
    if failures:
        for test in failures:
            print(f"      failed: {test}")
        for line in run.output.splitlines()[-TAIL_LINES:]:
            print(f"      | {line}")


def print_differences(differences, reference_path):
    for test, (ours, theirs) in sorted(differences.items()):
        print(f"      differs: {test}: {ours}, but {theirs} under {reference_path}")


def do_all(modules, jobs, work):
    """Yields work(module) of each module, as they end."""
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for future in as_completed([pool.submit(work, name) for name in modules]):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


# The command line --------------------------------------------------------------------------------


def program(name):
    path = shutil.which(name)
    if path is None:
        raise argparse.ArgumentTypeError(f"{name} is not a program that can be run")
    return os.path.abspath(path)


def directory(name):
    if not os.path.isdir(name):
        raise argparse.ArgumentTypeError(f"{name} is not a directory")
    return os.path.abspath(name)


def at_least_one(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def parse_options():
    parser = argparse.ArgumentParser(
        description="Run modules of CPython's own test suite; by default the core of modules.txt."
    )
    add = parser.add_argument
    add("modules", nargs="*", metavar="MODULE", help="run these, such as test_generators")
    add("--stackless", type=program, required=True, metavar="PATH", help="the program under test")
    add("--all", action="store_true", help="run every module of modules.txt")
    add("--whole", action="store_true", help="compare the whole suite, with all resources there are")
    add("--compare", action="store_true", help="also run the reference; report different results")
    add("--python", type=program, default=PYTHON, metavar="PATH", help="reference (%(default)s)")
    add("--no-exclusions", action="store_true", help="run the tests of excluded.txt, too")
    add("--jobs", "-j", type=at_least_one, default=2, help="processes at a time (%(default)s)")
    add("--expected", type=Path, default=HERE / "expected-differences", metavar="FILE", help="for --whole")
    add("--timeout", type=at_least_one, default=1200, metavar="SECONDS", help="for each module")
    add("--logs", type=directory, metavar="DIR", help="keep the full outputs in DIR")
    add("--record", type=Path, metavar="FILE", help="for --whole: go on where an earlier one with FILE has ended")
    add("--report", type=Path, metavar="FILE", help="for --whole: write a table in Markdown")
    add("--testdir", type=directory, metavar="DIR", help="where the modules are, if not in `test`")
    options = parser.parse_args()
    if options.modules and options.all:
        parser.error("name modules or say --all, not both")
    if not options.whole and (options.record or options.report):
        parser.error("--record and --report need --whole")
    return options


def list_tests(options):
    """The names of all modules that the reference has."""
    command = [options.python, "-m", "test", "--list-tests"]
    if options.testdir:
        command.append(f"--testdir={options.testdir}")
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()


def read_expected_differences(path):
    tests = read_exclusions(path)
    if len(tests) > MOST_EXPECTED_DIFFERENCES:
        sys.exit(f"{path}: {len(tests)} tests, where {MOST_EXPECTED_DIFFERENCES} are the most")
    return tests


def choose_exclusions(options):
    return {} if options.no_exclusions else read_exclusions(HERE / "excluded.txt")


def choose_modules(options):
    if options.modules:
        return list(dict.fromkeys(options.modules))
    if options.whole:
        return list_tests(options)
    sections = read_modules(HERE / "modules.txt")
    return sections["core"] + (sections["rest"] if options.all else [])


class Summary:
    """What is printed while the modules run, and the numbers at the end."""

    def __init__(self):
        self.totals, self.failed_modules, self.differences = Counter(), [], 0

    def add(self, run):
        print_module(run)
        self.totals.update(run.results.values())
        if run.failures():
            self.failed_modules.append(run.module)

    def finish(self, reference=None):
        if self.failed_modules:
            print("Failed:", *sorted(self.failed_modules))
        if reference:
            print(f"{self.differences} tests differ from {reference}")
        print(describe(self.totals))


def run_lists(options):
    """Runs modules, and if asked for, compares them with the reference. Returns the exit status."""
    exclusions = choose_exclusions(options)
    paths = [options.stackless, options.python] if options.compare else [options.stackless]
    interpreters = [Interpreter(path, exclusions, options) for path in paths]

    def run_under_each(module):
        return [interpreter.run(module) for interpreter in interpreters]

    summary = Summary()
    for run, *references in do_all(choose_modules(options), options.jobs, run_under_each):
        summary.add(run)
        for reference in references:
            differences = find_differences(run, reference)
            print_differences(differences, options.python)
            summary.differences += len(differences)
        sys.stdout.flush()
    summary.finish(options.python if options.compare else None)
    return 1 if summary.differences or summary.failed_modules else 0


def compare_whole(options):
    """Compares the whole suite, or the modules that are named. Returns the exit status."""
    expected = read_expected_differences(options.expected)
    exclusions = choose_exclusions(options)
    interpreters = [Interpreter(path, exclusions, options) for path in (options.stackless, options.python)]
    record = Record(options.record, ModuleRun)
    summary, comparisons = Summary(), []
    for comparison in do_all(
        choose_modules(options), options.jobs, lambda module: compare(module, interpreters, record, expected)
    ):
        summary.add(comparison.ours)
        comparisons.append(comparison)
        for verdict in comparison.verdicts:
            print(f"      {verdict} under {options.python}")
        summary.differences += len(comparison.differences())
        sys.stdout.flush()
    summary.finish(options.python)
    if options.report:
        programs = (options.stackless, options.python)
        write_report(options.report, comparisons, programs, RESOURCES, exclusions)
    return 1 if summary.differences else 0


def main():
    # Started in the background, this program may ignore SIGINT, and the tests would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = parse_options()
    sys.exit(compare_whole(options) if options.whole else run_lists(options))


if __name__ == "__main__":
    main()
