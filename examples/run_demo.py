"""Runs the examples, each in a process of its own, and checks that they print what they promise.

    stackless examples/run_demo.py            shows what the examples print
    stackless examples/run_demo.py --check    shows it of those that fail
"""

import argparse
import pathlib
import subprocess
import sys

# What the output of each example must contain.
EXPECTED = {
    "chicken_and_egg.py": ["cluck"],
    "yes_and_no.py": ["['yes', 'no']"],
    "ring.py": ["10,000 tasklets", "50,000 hops"],
    "game_loop.py": ["path found: 6,134,916 steps", "{'ann': 3, 'bob': 5}", "more than one frame: True"],
    "worker_threads.py": ["100 tasklets asked 3 threads; answers right: True"],
    "travelling_counter.py": ["begin() ended with status -9", "the sum is 4,999,950,000"],
    "travelling_pipeline.py": ["all of them, in order: True", "both processes took part: True"],
    "adventure.py": ["--- a new process\nThere are stairs.", "You are out again, with a lamp."],
    "approvals.py": ["new chairs: paid", "a ship: rejected by the director", "0 processes are left"],
    "two_thousand.py": ["2,000 tasklets", "2,000 threads", "MB resident", "MB virtual"],
}


def complaints(child, fragments):
    """What is wrong with an example that has run, as lines of text."""
    if child.returncode != 0:
        return [f"ended with status {child.returncode}"]
    return [f"did not print {fragment!r}" for fragment in fragments if fragment not in child.stdout]


def passes(example, fragments, check_only):
    child = subprocess.run(
        [sys.executable, example], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    wrong = complaints(child, fragments)
    if wrong or not check_only:
        print(f"--- {example.name}")
        print(child.stdout, end="")
    for complaint in wrong:
        print(f"*** {example.name} {complaint}")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description="Run the examples and check what they print.")
    parser.add_argument("--check", action="store_true", help="show only the examples that fail")
    check_only = parser.parse_args().check
    here = pathlib.Path(__file__).resolve().parent
    outcomes = [passes(here / name, fragments, check_only) for name, fragments in EXPECTED.items()]
    failed = outcomes.count(False)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
