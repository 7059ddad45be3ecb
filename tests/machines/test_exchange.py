"""Computations begun here are finished by another build of the program, and the other way round.

STACKLESS_ELSEWHERE names the other one, which may be for another processor: see docs/internals/porting.md.
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))

from test_pickle_machine import PLAIN, parse_pickles  # noqa: E402

HERE = sys.executable
ELSEWHERE = os.environ.get("STACKLESS_ELSEWHERE") or sys.exit("STACKLESS_ELSEWHERE has to name another build of stackless")
PROGRAM = Path(__file__).with_name("exchanged.py")


def run(interpreter, *arguments):
    """What it prints. Without the site's packages: they are not the same everywhere."""
    result = subprocess.run([interpreter, "-S", *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0 or result.stderr:
        raise AssertionError(f"exit status {result.returncode}\n{result.stderr}")
    return result.stdout


class ExchangeTest(unittest.TestCase):
    def exchange(self, beginner, finisher):
        with tempfile.NamedTemporaryFile() as file:
            run(beginner, PROGRAM, "begin", file.name)
            *differences, count = run(finisher, PROGRAM, "finish", file.name).splitlines()
        self.assertEqual(differences, [])
        self.assertGreater(int(count), 500)

    def test_from_here(self):
        self.exchange(HERE, ELSEWHERE)

    def test_from_elsewhere(self):
        self.exchange(ELSEWHERE, HERE)

    def test_the_same_bytes(self):
        here, elsewhere = (parse_pickles(run(interpreter, "-c", PLAIN)) for interpreter in (HERE, ELSEWHERE))
        self.assertGreater(len(here), 10)
        self.assertEqual(elsewhere, here)


if __name__ == "__main__":
    unittest.main()
