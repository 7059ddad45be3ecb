"""Measures the stackless program: `make bench`, or run.py --stackless PATH [--report DIRECTORY] [NAME ...].

A NAME is a part (programs, switching, memory ...) or one of the programs. Speed is reported, not judged: the exit
status is 1 only if something failed to run or came to another result.
"""

import argparse
import contextlib
import io
import shutil
import sys
from pathlib import Path

import machine
import program_table
import report
from parts import PARTS, PREEMPTION, PROGRAMS, TRAINING, Part, some_programs


def parse_arguments(arguments):
    available = [*program_table.names(), *PARTS]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0], epilog="names: " + ", ".join(available))
    parser.add_argument("--stackless", required=True, metavar="PATH", help="the stackless program to measure")
    parser.add_argument("--python", default="/usr/bin/python3.11", metavar="PATH", help="default: %(default)s")
    parser.add_argument(
        "--without-preemption", metavar="PATH", help="a build with --disable-preemption, to compare with"
    )
    parser.add_argument("--untrained", metavar="PATH", help="a build with --disable-pgo, to compare with")
    parser.add_argument("--report", type=Path, metavar="DIRECTORY", help="write performance.md and its plots there")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to run; all of it if none is named")
    options = parser.parse_args(arguments)
    for option, path in (("--stackless", options.stackless), ("--python", options.python)):
        if shutil.which(path) is None:
            parser.error(f"{option}: {path} is not a program that can be run")
    if options.report is not None and not options.report.is_dir():
        parser.error(f"--report: {options.report} is not a directory")
    if options.rounds < 1:
        parser.error("--rounds: at least 1 round is needed")
    for name in options.names:
        if name not in available:
            parser.error(f"there is no {name}; there are: {', '.join(available)}")
    builds = {PREEMPTION: options.without_preemption, TRAINING: options.untrained}
    for name, option in ((PREEMPTION, "--without-preemption"), (TRAINING, "--untrained")):
        if name in options.names and builds[name] is None:
            parser.error(f"{name}: {option} is needed")
    options.names = options.names or [name for name in PARTS if builds.get(name, True)]
    return options


def chosen_parts(options):
    """The parts that are named, and one for the programs that are."""
    parts = [part for name, part in PARTS.items() if name in options.names]
    programs = [name for name in options.names if name not in PARTS]
    if programs and PROGRAMS not in options.names:
        parts.insert(0, Part("Some programs", "", lambda options: some_programs(options, programs)))
    return parts


def main(arguments):
    options = parse_arguments(arguments)
    failures = []
    for part in chosen_parts(options):
        print(f"--- {part.title}", file=sys.stderr)
        table, chapter = measured(part, options)
        failures += table.failures
        if options.report is not None and part in PARTS.values():
            report.write(options.report, [chapter], [part.title for part in PARTS.values()])
    print_failures(failures)
    return 1 if failures else 0


def measured(part, options):
    load_before = machine.load()
    table = part.make(options)
    printed = Tee(sys.stdout)
    with contextlib.redirect_stdout(printed):
        table.measure()
    print()
    print(*table.verdicts, sep="\n")
    varies = what_varies(options, load_before)
    print("\n".join(f"  {line}" for line in varies), end="\n\n", flush=True)
    conditions = "Measured with " + "; ".join(varies) + "."
    return table, report.Chapter(part.title, part.about, printed.getvalue(), table.plots, table.verdicts, conditions)


class Tee(io.StringIO):
    """Keeps what is written, and passes it on."""

    def __init__(self, file):
        super().__init__()
        self._file = file

    def write(self, text):
        self._file.write(text)
        return super().write(text)


def what_varies(options, load_before):
    return [
        f"machine: {machine.description()}",
        f"load: {load_before} before, {machine.load()} after",
        f"rounds: {options.rounds}, each a fresh process, the sides in turn",
        f"python: {machine.version(options.python)}",
        f"stackless: {machine.version(options.stackless)}",
    ]


def print_failures(failures):
    for failure in failures:
        print(f"FAILED: {failure}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
