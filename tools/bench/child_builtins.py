"""Times one of the calls in builtin_calls.py inside the interpreter that runs this file: child_builtins.py NAME."""

import sys
import timeit
from time import process_time

import builtin_calls
from child_report import print_report

REPETITIONS = 5
SECONDS = 0.015  # that one repetition takes at least


def main(name):
    statement, setup = builtin_calls.CALLS[name]
    timer = timeit.Timer(statement, setup, timer=process_time)
    count = 1
    while timer.timeit(count) < SECONDS:
        count *= 2
    print_report([seconds / count for seconds in timer.repeat(REPETITIONS, count)])


if __name__ == "__main__":
    main(sys.argv[1])
