"""Times one of the programs inside the interpreter that runs this file: child_program.py NAME REPETITIONS [watchdog].

With "watchdog", it runs in a tasklet whose instructions are counted.
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


def main_under_watchdog(name, repetitions):
    import stackless

    stackless.tasklet(main)(name, repetitions)
    stackless.run(timeout=10**15)


if __name__ == "__main__":
    run_main = main_under_watchdog if sys.argv[3:] == ["watchdog"] else main
    run_main(sys.argv[1], int(sys.argv[2]))
