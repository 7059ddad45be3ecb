"""What the tests of callbacks that run as frames of the loop share (test_frames_*.py)."""

import subprocess
from pathlib import Path

import stackless
from support import StacklessTestCase, needs_soft_switching, run_script

PYTHON = "/usr/bin/python3.11"
ROUNDS = 20  # calls after which the instructions have their specialised forms


class FramesTestCase(StacklessTestCase):
    """Checks of the rows: functions that call an action by way of something."""

    @needs_soft_switching
    def check_rows(self, rows):
        for name, row in rows.items():
            with self.subTest(row=name):
                self.check_row(row)
                self.check_kill(row)

    def check_row(self, row):
        """The action is at nesting level 0, and may switch."""
        events = []

        def action():
            events.append(stackless.getcurrent().nesting_level)
            stackless.schedule()
            events.append("back")

        def work():
            for _ in range(ROUNDS):
                row(action)
            events.append("end")

        workers = [self.start(work) for _ in range(2)]
        while any(worker.alive for worker in workers):
            stackless.schedule()
        self.assertEqual(events.count("end"), 2)
        self.assertEqual({event for event in events if isinstance(event, int)}, {0})
        self.assertEqual(events.count(0), events.count("back"))
        self.assertGreaterEqual(events.count(0), 2 * ROUNDS)

    def check_kill(self, row):
        """A tasklet that waits in the action can be killed there."""
        events = []

        def action():
            try:
                stackless.schedule_remove()
            finally:
                events.append("finally")

        worker = self.pause(row, action)
        worker.kill()
        self.assertFalse(worker.alive)
        self.assertEqual(events, ["finally"])

    def check_behaviour(self, program):
        """The program prints what it does under python3.11."""
        path = Path(__file__).with_name(program)
        expected = subprocess.run([PYTHON, path], stdout=subprocess.PIPE, text=True, check=True)
        result = run_script(path.read_text(), environment={"PYTHONPATH": str(path.parent)})
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.splitlines(), expected.stdout.splitlines())

    @needs_soft_switching
    def check_recursion(self, source):
        """The source defines recurse(depth), which returns the depth; a deep one needs no C stack."""
        script = source + RECURSION
        result = run_script(script, options=["-X", "stackless-cstack=262144"])
        self.assertEqual(result.stdout.split(), ["100000", "RecursionError"], result.stderr)


RECURSION = """
import sys
import stackless

def work():
    sys.setrecursionlimit(10**6)
    print(recurse(100_000))
    sys.setrecursionlimit(1000)
    try:
        recurse(2000)
    except RecursionError as error:
        print(type(error).__name__)

stackless.tasklet(work)()
stackless.run()
"""
