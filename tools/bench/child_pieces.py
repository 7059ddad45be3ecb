"""Times tests of CPython's suite inside the interpreter that runs this file: child_pieces.py REPETITIONS TEST ...

A test is a name such as test.test_heapq.TestHeapC.test_heapsort. For each, the report has the seconds of the
repetitions, or what went wrong, or that it had to wait for something: then its time says nothing.
"""

import gc
import io
import json
import os
import random
import resource
import sys
import tempfile
import time
import unittest


def main(repetitions, names):
    output = os.dup(1)  # tests write to standard output
    sys.stdout = sys.stderr = io.StringIO()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        os.chdir(directory)  # some leave files where they run
        report = {name: figures_of(name, repetitions) for name in names}
        os.chdir("/")
    with open(output, "w", encoding="utf-8") as file:
        json.dump(report, file)
    file.close()
    os._exit(0)  # whatever threads the tests have left


def figures_of(name, repetitions):
    seconds = []
    waited = 0.0
    for number in range(repetitions):
        random.seed(number)  # tests that draw numbers are to do the same on both sides
        suite = unittest.defaultTestLoader.loadTestsFromName(name)
        result = unittest.TestResult()
        gc.collect()
        start, wall_start, children = time.process_time(), time.perf_counter(), of_children()
        suite.run(result)
        seconds.append(time.process_time() - start)
        waited = max(waited, time.perf_counter() - wall_start - seconds[-1])
        if result.errors or result.failures:
            return {"failure": (result.errors or result.failures)[0][1].strip().splitlines()[-1]}
        if result.skipped or not result.testsRun or of_children() != children:
            return {"failure": "was skipped, or started a process"}
    return {"seconds": seconds, "waited": waited}


def of_children():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
