"""Counts the instructions that programs take, under python and under stackless: a ratio that no load disturbs.

    count_instructions.py --stackless PATH [NAME ...]

valgrind counts them, in user space. A program's own are those of a process that runs it once, less those of one that
only imports it. They say little about caches and branches: what counts in the end is the time, see run.py.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import program_table
from measure import MeasureError

HERE = Path(__file__).parent
RUN = "import sys, importlib; module = importlib.import_module('programs.' + sys.argv[1]); exec(sys.argv[2])"
VALGRIND = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--smc-check=none"]


def counted(interpreter, name, statement):
    """The instructions of a process that imports the program, and executes the statement."""
    with tempfile.NamedTemporaryFile() as output:
        command = [*VALGRIND, f"--cachegrind-out-file={output.name}", interpreter, "-c", RUN, name, statement]
        environment = dict(os.environ, PYTHONHASHSEED="1", PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True)
        summary = re.search(r"^summary: (\d+)", Path(output.name).read_text(), re.MULTILINE)
    if done.returncode != 0 or summary is None:
        raise MeasureError((done.stderr.strip() or "no count").splitlines()[-1])
    return int(summary[1])


def instructions(interpreter, name):
    return counted(interpreter, name, "module.run()") - counted(interpreter, name, "pass")


def without_debug_information(program, directory):
    """A copy: valgrind stops at what clang 19 writes for debuggers."""
    copy = Path(directory, Path(program).name)
    subprocess.run(["strip", "--strip-debug", "-o", copy, program], check=True)
    return str(copy)


def parse_arguments(arguments):
    available = [name for name in program_table.names() if name not in program_table.STARTUPS]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--stackless", required=True, metavar="PATH")
    parser.add_argument("--python", default="/usr/bin/python3.11", metavar="PATH", help="default: %(default)s")
    parser.add_argument("names", nargs="*", metavar="NAME", help="programs; all of them if none is named")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in available:
            parser.error(f"there is no {name}; there are: {', '.join(available)}")
    options.names = options.names or available
    return options


def main(arguments):
    options = parse_arguments(arguments)
    with tempfile.TemporaryDirectory() as directory:
        ours = without_debug_information(options.stackless, directory)
        return print_table(options.python, ours, options.names)


def print_table(python, stackless, names):
    """Returns the exit status."""
    failed = False
    print(f"{'program':20} {'python M':>10} {'stackless M':>12} {'ratio':>6}", flush=True)
    for name in names:
        try:
            theirs, ours = instructions(python, name), instructions(stackless, name)
            print(f"{name:20} {theirs / 1e6:10.1f} {ours / 1e6:12.1f} {theirs / ours:6.3f}", flush=True)
        except MeasureError as error:
            failed = True
            print(f"{name:20} FAILED: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
