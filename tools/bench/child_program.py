"""Times one of the programs inside the interpreter that runs this file: child_program.py NAME REPETITIONS [LIMIT].

With a limit, it runs in a tasklet: "none", or what counts but never interrupts: "instructions", "seconds".
"""

import gc
import importlib
import sys
import time

from child_report import print_report


def main(name, repetitions):
    run = importlib.import_module("programs." + name).run
    seconds = []
    checksums = []
    for _ in range(repetitions):
        gc.collect()
        start = time.process_time()
        checksums.append(run())
        seconds.append(time.process_time() - start)
    if any(checksum != checksums[0] for checksum in checksums):
        sys.exit(f"{name} is not repeatable: {checksums}")
    print_report(seconds, checksums[0])


LIMITS = {"none": {}, "instructions": {"timeout": 10**15}, "seconds": {"seconds": 10**6}}


def main_in_tasklet(name, repetitions, limit):
    import stackless

    stackless.tasklet(main)(name, repetitions)
    stackless.run(**LIMITS[limit])


if __name__ == "__main__":
    program, number, *limit = sys.argv[1:]
    run_main = main_in_tasklet if limit else main
    run_main(program, int(number), *limit)
