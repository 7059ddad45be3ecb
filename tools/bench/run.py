"""Compares `stackless` with python: the speed of programs, the cost of a switch beside a greenlet's, and that of pickling
a tasklet beside plain tuples.

Speed is reported, not judged: the exit status is 1 only if something failed to run or came to another result.
"""

import argparse
import shutil
import sys

import machine
import program_table
from pickle_table import PickleTable
from preemption_table import PreemptionTable
from program_table import ProgramTable
from switch_table import SwitchTable

SWITCHING = "switching"
PICKLING = "pickling"
PREEMPTION = "preemption"


def parse_arguments(arguments):
    available = [*program_table.names(), SWITCHING, PICKLING, PREEMPTION]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0], epilog="names: " + ", ".join(available))
    parser.add_argument("--stackless", required=True, metavar="PATH", help="the stackless program to measure")
    parser.add_argument("--python", default="/usr/bin/python3.11", metavar="PATH", help="default: %(default)s")
    parser.add_argument(
        "--without-preemption", metavar="PATH", help="a build with --disable-preemption, to compare with"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to run; all of it if none is named")
    options = parser.parse_args(arguments)
    for option, path in (("--stackless", options.stackless), ("--python", options.python)):
        if shutil.which(path) is None:
            parser.error(f"{option}: {path} is not a program that can be run")
    if options.rounds < 1:
        parser.error("--rounds: at least 1 round is needed")
    for name in options.names:
        if name not in available:
            parser.error(f"there is no {name}; there are: {', '.join(available)}")
    if PREEMPTION in options.names and options.without_preemption is None:
        parser.error("preemption: --without-preemption is needed")
    options.names = options.names or [name for name in available if name != PREEMPTION or options.without_preemption]
    return options


def main(arguments):
    options = parse_arguments(arguments)
    load_before = machine.load()
    failures = []
    programs = [name for name in options.names if name not in (SWITCHING, PICKLING, PREEMPTION)]
    if programs:
        table = ProgramTable(options.python, options.stackless, programs, options.rounds)
        table.measure()
        failures += table.failures
        print()
    if SWITCHING in options.names:
        table = SwitchTable(options.python, options.stackless, options.rounds)
        table.measure()
        failures += table.failures
        print()
    if PICKLING in options.names:
        table = PickleTable(options.stackless, options.rounds)
        table.measure()
        failures += table.failures
        print()
    if PREEMPTION in options.names:
        table = PreemptionTable(options.stackless, options.without_preemption, options.rounds)
        table.measure()
        failures += table.failures
        print()
    print_what_varies(options, load_before)
    print_failures(failures)
    return 1 if failures else 0


def print_what_varies(options, load_before):
    print("what varies")
    print(f"  machine    {machine.description()}")
    print(f"  load       {load_before} before, {machine.load()} after")
    print(f"  rounds     {options.rounds}, each a fresh process, the sides in turn")
    print(f"  python     {options.python}: {machine.version(options.python)}")
    print(f"  stackless  {options.stackless}: {machine.version(options.stackless)}")


def print_failures(failures):
    if failures:
        print()
    for failure in failures:
        print(f"FAILED: {failure}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
