"""Checks a build for another processor, which an emulator runs, and exchanges pickles with it; `make check-aarch64` calls it.

Usage: python3.11 check.py BUILD OTHER-BUILD

In BUILD lies `stackless` for this machine, in OTHER-BUILD what `make emulated stackless_tests` has made for the other one.
"""

import os
import signal
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

from run import Counts, Suite, count_gtest, run_suite  # noqa: E402

# What depends on the processor, or could: C stacks, what is on them, atomic operations, and what is in pickles.
PYTHON_TESTS = """
    channel contexts crash_report cstacks exceptions gc loop_arithmetic loop_calls loop_language loop_operators loop_recursion
    loop_values native_stack nesting pickle_* scheduler snapshot snapshot_command tasklet tasklet_control threads watchdog
""".split()


def find_suites(here, elsewhere):
    emulated = elsewhere / "emulated"
    unittest_main = TESTS / "unittest_main.py"
    files = sorted(file for name in PYTHON_TESTS for file in (TESTS / "python").glob(f"test_{name}.py"))
    programs = [TESTS / "stress/pickled_programs.py", "--programs", "4", "--elsewhere"]
    return [
        Suite("tests/machines/test_exchange.py", [here, unittest_main, TESTS / "machines/test_exchange.py"]),
        Suite("random programs that go on elsewhere", [here, *programs, emulated]),
        Suite("random programs that come from elsewhere", [emulated, *programs, here]),
        Suite("elsewhere: tests/cpp", [elsewhere / "emulated_tests"], count_gtest),
        *[Suite(f"elsewhere: tests/python/{file.name}", [emulated, unittest_main, file]) for file in files],
    ]


def main():
    here, elsewhere = (Path(argument).resolve() for argument in sys.argv[1:])
    os.environ["STACKLESS_ELSEWHERE"] = str(elsewhere / "emulated")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    total = Counts()
    for suite in find_suites(here / "stackless", elsewhere):
        total += run_suite(suite)
    print(total)
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()
