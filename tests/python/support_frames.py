"""What the tests share that are about calls running as frames of the loop.

A table of rows maps what calls something back to a function that has it call its argument, which takes no
arguments and returns None.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

import stackless
from stackless import schedule
from support import StacklessTestCase, needs_soft_switching, run_script

PYTHON = "/usr/bin/python3.11"

# Runs functions named scenario_* until their code is specialised, and tells what became of the first and the last
# run: the result, or the exception with all that belongs to it.
OUTCOMES = '''
import sys, traceback

def describe(error, seen=()):
    if error is None or id(error) in seen:
        return None
    lines = [(entry.name, entry.lineno, entry.line) for entry in traceback.extract_tb(error.__traceback__)
             if not entry.filename.endswith("outcomes.py")]
    seen += (id(error),)
    return (type(error).__name__, str(error), lines, describe(error.__cause__, seen),
            describe(error.__context__, seen), error.__suppress_context__)

def outcome(scenario):
    try:
        return repr(scenario())
    except BaseException as error:
        return repr(describe(error))

def main(namespace):
    for name, scenario in list(namespace.items()):
        if name.startswith("scenario_"):
            results = [outcome(scenario) for _ in range(30)]
            print(name, results[0])
            print(name, results[-1])
            print(name, sys.exc_info())
'''


RUN = "\nimport outcomes\noutcomes.main(dict(globals()))\n"
# What nobody can switch softly may be left to C code, and nobody can in the main tasklet.
RUN_IN_TASKLET = """
import outcomes, stackless
stackless.tasklet(outcomes.main)(dict(globals()))
stackless.run()
"""


def run_in(python, source, *options, run=RUN):
    """What a program prints about its scenarios."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in (("outcomes.py", OUTCOMES), ("program.py", source)):
            with open(os.path.join(directory, name), "w") as file:
                file.write(text)
        with open(os.path.join(directory, "program.py"), "a") as file:
            file.write(run)
        done = subprocess.run(
            [python, *options, "program.py"], cwd=directory, capture_output=True, text=True
        )
    return tuple(
        re.sub(" at 0x[0-9a-f]+", " at ...", text.replace(directory, ""))
        for text in (done.stdout, done.stderr)
    )


class ComparedTestCase(unittest.TestCase):
    maxDiff = None

    def compare(self, source):
        """Checks that all scenarios of a program end as they do under python3.11."""
        expected, errors = run_in(PYTHON, source)
        self.assertEqual(errors, "")
        self.assertIn("scenario_", expected)
        for run in (RUN, RUN_IN_TASKLET):
            printed, errors = run_in(sys.executable, source, run=run)
            self.assertEqual(errors, "")
            self.assertEqual(printed.splitlines(), expected.splitlines())


class RowsTestCase:
    """Tests of each row of a table; a mixin for a StacklessTestCase."""

    rows = {}

    def test_nothing_nests(self):
        for name, by in self.rows.items():
            with self.subTest(row=name):
                levels = []
                self.start(by, lambda: levels.append(stackless.getcurrent().nesting_level))
                stackless.run()
                self.assertTrue(levels)
                if stackless.enable_softswitch(None):
                    self.assertEqual(set(levels), {0})

    def test_switch(self):
        for name, by in self.rows.items():
            with self.subTest(row=name):
                log = []

                def act(who):
                    log.append(("begins", who))
                    schedule()
                    log.append(("ends", who))

                for who in "ab":
                    self.start(by, lambda who=who: act(who))
                stackless.run()
                # Some call it more than once.
                self.assertEqual(log[:3], [("begins", "a"), ("begins", "b"), ("ends", "a")])
                for who in "ab":
                    self.assertEqual(log.count(("ends", who)), log.count(("begins", who)))

    def test_kill(self):
        for name, by in self.rows.items():
            with self.subTest(row=name):
                log = []

                def act():
                    try:
                        stackless.schedule_remove()
                    finally:
                        log.append("finally")

                waiting = self.start(by, act)
                waiting.run()
                self.assertTrue(waiting.paused)
                waiting.kill()
                self.assertFalse(waiting.alive)
                self.assertEqual(log, ["finally"])

    def test_exception(self):
        for name, by in self.rows.items():
            with self.subTest(row=name):

                def fail():
                    raise KeyError("reason")

                for _ in range(20):
                    with self.assertRaises((KeyError, RuntimeError)) as caught:
                        by(fail)
                error = caught.exception
                self.assertEqual(str(error.__cause__ or error), "'reason'")

    def test_blocked_needs_no_c_stack(self):
        if not stackless.enable_softswitch(None):
            self.skipTest("every tasklet keeps its C stack")
        for name, by in self.rows.items():
            with self.subTest(row=name):
                waiting = self.start(by, stackless.schedule_remove)
                waiting.run()
                self.assertTrue(waiting.paused)
                self.assertTrue(waiting.restorable)
                waiting.kill()


def assert_recurses(test, source):
    """Checks that a program recurses as deep as it wants with a small C stack."""
    done = run_script(
        "import sys\nsys.setrecursionlimit(10**6)\n" + source,
        options=("-X", "stackless-cstack=262144"),
    )
    test.assertEqual((done.returncode, done.stdout, done.stderr[-500:]), (0, "done\n", ""))
