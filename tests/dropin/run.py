#!/usr/bin/python3.11
"""Runs real programs under python3.11 and under `stackless`, and compares what they print.

Each file in programs/ exercises one package of Debian's, prints a line for each result, and runs under each of the
two in an empty directory of its own. Whatever differs is shown, and counts as a failure. A program whose package is
not installed is skipped by name: `configure --with-dropin-deps` installs them all. The last line says `N passed,
N failed, N skipped`, which tests/run.py reads.

    run.py --stackless PATH                     all programs
    run.py --stackless PATH jinja2_templates    these
    run.py --stackless PATH --report FILE       writes a table, for docs/reports/
"""

import argparse
import difflib
import importlib.util
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3.11"
TIME_LIMIT = 1800  # seconds; only a program that hangs gets there
MOST_LINES = 40

# program: what it needs, as modules or absolute paths, and the Debian package that brings it.
PROGRAMS = {
    "aiohttp_pages": {"aiohttp": "python3-aiohttp"},
    "black_files": {"black": "black"},
    "cffi_calls": {"cffi": "python3-cffi"},
    "cpython_tools": {"coverage": "python3-coverage"},
    "django_server": {"django": "python3-django"},
    "gevent_loop": {"gevent": "python3-gevent"},
    "greenlet_switches": {"greenlet": "python3-greenlet"},
    "ipython_shell": {"IPython": "python3-ipython"},
    "jinja2_templates": {"jinja2": "python3-jinja2"},
    "lxml_trees": {"lxml": "python3-lxml"},
    "mercurial_repository": {"mercurial": "mercurial", "/usr/bin/hg": "mercurial"},
    "mypy_check": {"mypy": "mypy"},
    "numpy_suite": {"numpy": "python3-numpy", "pytest": "python3-pytest", "hypothesis": "python3-hypothesis"},
    "psycopg2_queries": {"psycopg2": "python3-psycopg2", "/usr/lib/postgresql": "postgresql"},
    "pybind11_module": {"pybind11": "python3-pybind11", "/usr/include/pybind11": "pybind11-dev"},
    "pytest_plain": {"pytest": "python3-pytest"},
    "redis_commands": {"redis": "python3-redis", "/usr/bin/redis-server": "redis-server"},
    "requests_pages": {"requests": "python3-requests"},
    "sphinx_pages": {"sphinx": "python3-sphinx"},
    "sqlalchemy_models": {"sqlalchemy": "python3-sqlalchemy", "greenlet": "python3-greenlet"},
    "twisted_suite": {"twisted": "python3-twisted"},
    "yaml_loader": {"yaml": "python3-yaml"},
}


@dataclass
class Run:
    status: int | None  # None: had to be killed
    lines: list  # what it printed, without what is about the interpreter or the place
    errors: str
    seconds: float  # of the processor, its children's included


def missing_package(program):
    """The package to install for a program, or None."""
    for need, package in PROGRAMS[program].items():
        there = os.path.exists(need) if need.startswith("/") else python_has(need)
        if not there:
            return package
    return None


def python_has(module):
    return importlib.util.find_spec(module) is not None


def clean_environment(directory):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANGUAGE"))}
    return kept | {
        "HOME": directory,
        "TMPDIR": directory,
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": f"{HERE}:{directory}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def child_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_program(interpreter, program, directory):
    """Runs a program in an empty directory, which has the same name for both interpreters."""
    directory.mkdir()
    before = child_seconds()
    try:
        # Through files, not pipes: children that outlive the program cannot hold up its end.
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                [interpreter, "-X", "faulthandler", HERE / "programs" / f"{program}.py"],
                cwd=directory,
                env=clean_environment(str(directory)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
            try:
                status = process.wait(TIME_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                status = None
            texts = []
            for file in (output, errors):
                file.seek(0)
                texts.append(file.read().decode(errors="replace"))
    finally:
        shutil.rmtree(directory)
    return Run(status, normal_lines(texts[0], interpreter), texts[1], child_seconds() - before)


def normal_lines(text, interpreter):
    """The lines of an output, without what differs from run to run by nature: the program, addresses, durations."""
    text = text.replace(os.path.realpath(interpreter), "PYTHON").replace(str(interpreter), "PYTHON")
    text = re.sub(r"\b0x[0-9a-f]{6,}", "0x", text)
    text = re.sub(r"\b\d+\.\d+ ?s(econds?)?\b", "TIME", text)
    return text.splitlines()


def explain(ours, theirs):
    """How two runs differ, as lines; none if they do not."""
    if ours.status != theirs.status:
        yield f"exit status {ours.status}, {theirs.status} under python3.11"
    differences = list(difflib.unified_diff(theirs.lines, ours.lines, "python3.11", "stackless", n=0, lineterm=""))
    yield from (line[:300] for line in differences[:MOST_LINES])
    if len(differences) > MOST_LINES:
        yield f"... and {len(differences) - MOST_LINES} more"


def run_in_turns(program, stackless, base, times):
    """Runs a program under both, so often each, the one that begins changing. Returns the first run of each, with the
    fewest seconds that it ever took."""
    runs = {stackless: [], PYTHON: []}
    for number in range(times):
        for path in (stackless, PYTHON) if number % 2 == 0 else (PYTHON, stackless):
            runs[path].append(run_program(path, program, base / program))
    for found in runs.values():
        found[0].seconds = min(run.seconds for run in found)
    return runs[stackless][0], runs[PYTHON][0]


def compare(program, stackless, base, times=1):
    """Runs a program under both. Returns the two runs and what is wrong, as lines."""
    ours, theirs = run_in_turns(program, stackless, base, times)
    problems = list(explain(ours, theirs))
    if theirs.status != 0 or not theirs.lines:
        problems.append(f"does not run under python3.11 (exit status {theirs.status}), which tells nothing")
        problems += theirs.errors.splitlines()[-MOST_LINES:]
    elif problems:
        problems += ours.errors.splitlines()[-MOST_LINES:]
    return ours, theirs, problems


def version_of(interpreter):
    return subprocess.run([interpreter, "-VV"], capture_output=True, text=True, check=True).stdout.strip()


def write_report(path, stackless, rows, skipped, times):
    with open(path, "w") as report:
        say = lambda *parts, **options: print(*parts, file=report, **options)
        say("# Programs from Debian under stackless and python3.11\n")
        arguments = "REPORT=docs/reports/dropin.md" + (f" TIMES={times}" if times > 1 else "")
        say(f"Written by `make check-dropin {arguments}`.\n")
        say(f"    {version_of(stackless)}\n    {version_of(PYTHON)}\n")
        say("Each program runs under both; each line that it prints is a result, of a test where it runs tests.")
        say("Seconds are of the processor, for both and their children, in the same run.", end="")
        say(f" They are the fewest of {times} runs in turns.\n" if times > 1 else "\n")
        say("| program | results | different | stackless | python3.11 | ratio |\n|---|---:|---:|---:|---:|---:|")
        for program, results, different, ours, theirs in rows:
            say(f"| {program} | {results} | {different} | {ours:.2f} s | {theirs:.2f} s | {ours / theirs:.2f} |")
        results, different, ours, theirs = (sum(row[column] for row in rows) for column in range(1, 5))
        say(f"| **all** | {results} | {different} | {ours:.2f} s | {theirs:.2f} s | {ours / theirs:.2f} |")
        if skipped:
            say(f"\nNot run, for a package is not installed: {', '.join(skipped)}.")


def program_path(name):
    path = shutil.which(name)
    if path is None:
        raise argparse.ArgumentTypeError(f"{name} is not a program that can be run")
    return os.path.abspath(path)


def main():
    # Started in the background, this program may ignore SIGINT, and the servers that it is to end would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(description="Compare programs under stackless and python3.11.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="names of programs/; all if not given")
    parser.add_argument("--stackless", required=True, type=program_path, metavar="PATH")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="runs of each; the fewest seconds count")
    parser.add_argument("--report", metavar="FILE", help="writes a table in Markdown")
    options = parser.parse_args()
    for program in options.programs:
        if program not in PROGRAMS:
            parser.error(f"there is no program {program!r}; they are: {' '.join(PROGRAMS)}")

    rows, skipped, failed = [], [], 0
    with tempfile.TemporaryDirectory() as base:
        for program in options.programs or PROGRAMS:
            if package := missing_package(program):
                print(f"skip  {program}: {package} is not installed", flush=True)
                skipped.append(program)
                continue
            ours, theirs, problems = compare(program, options.stackless, Path(base).resolve(), options.times)
            different = sum(line.startswith(("+", "-")) and not line.startswith(("+++", "---")) for line in problems)
            rows.append((program, len(theirs.lines), different, ours.seconds, theirs.seconds))
            print(
                f"{'FAIL' if problems else 'ok':4}  {program}: {len(theirs.lines)} results, "
                f"{ours.seconds:.1f} s, {theirs.seconds:.1f} s under python3.11",
                flush=True,
            )
            for line in problems:
                print(f"      {line}", flush=True)
            failed += bool(problems)
    if rows:
        ours, theirs = sum(row[3] for row in rows), sum(row[4] for row in rows)
        print(f"{ours:.1f} s of the processor, {theirs:.1f} s under python3.11: {ours / theirs:.2f}")
    if options.report and rows:
        write_report(options.report, options.stackless, rows, skipped, options.times)
    print(f"{len(rows) - failed} passed, {failed} failed, {len(skipped)} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
