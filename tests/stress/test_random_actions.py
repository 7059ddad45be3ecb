"""The random test of the scheduler finds what differs from its model, and can be repeated."""

import os
import re
import subprocess
import sys
import unittest

DIRECTORY = os.path.dirname(os.path.abspath(__file__))

RUN_WITH_MODEL = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import model, program, random_actions
exec(sys.argv.pop(1))
random_actions.main()
"""


def run(*options, change="pass"):
    """Runs the test with a changed model or program."""
    return subprocess.run(
        [sys.executable, "-c", RUN_WITH_MODEL, DIRECTORY, change, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class RandomActionsTest(unittest.TestCase):
    def assert_fails(self, change, pattern, *options):
        result = run("--seed", "1", "--steps", "10000", *options, change=change)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertRegex(result.stdout, r"\n\d+ passed, 1 failed\n$")
        self.assertRegex(result.stdout, pattern)
        return result

    def test_without_a_difference_all_batches_pass(self):
        for options in ((), ("--threads", "2")):
            with self.subTest(options=options):
                result = run("--seed", "1", "--steps", "4000", *options)
                self.assertEqual(result.returncode, 0, result.stdout)
                self.assertEqual(result.stdout, "seed 1\n4 passed, 0 failed\n")

    def test_a_wrong_order_is_found(self):
        self.assert_fails("model.Model.successor = lambda self: self.ring[-1]", "\nruns:\n")

    def test_a_wrong_result_is_found(self):
        self.assert_fails("model.Model.schedule = lambda self, value: 1", "\ngoes on with:\n")

    def test_a_wrong_state_is_found(self):
        self.assert_fails("model.Model.close = lambda self, name: None", "\nchannel c.*:\n")

    def test_a_wrong_finally_is_found(self):
        self.assert_fails(
            "model.Model.leave_level = lambda self, task: task.levels.pop()", "\nleft finally:\n"
        )

    def test_a_tasklet_that_is_not_collected_is_found(self):
        self.assert_fails("program.Program.collect = lambda self: None", "\n(tasklets|left over):\n")

    def test_a_message_that_is_not_freed_is_found(self):
        self.assert_fails(
            "hoard = []; make = program.Message.__init__\n"
            "program.Message.__init__ = lambda self, *args: (hoard.append(self), make(self, *args))[1]",
            "\nleft over:\n",
        )

    def test_memory_that_is_not_freed_is_found(self):
        self.assert_fails(
            "hoard = []; make = program.Program.__init__\n"
            "program.Program.__init__ = lambda *args: (hoard.extend(object() for _ in range(100)), make(*args))[1]",
            r"blocks of memory.* up to batch \d+",
        )

    def test_tasklets_that_outlive_their_thread_are_compared(self):
        self.assert_fails(
            "model.Model.end_thread = lambda self: None", "\nrun queue:\n", "--threads", "2"
        )

    def test_a_batch_can_be_repeated(self):
        result = self.assert_fails("model.Model.close = lambda self, name: None", "batch")
        again = re.search(r"Again with: \S+ (--seed 1 --nested 1 --batch \d+)\n", result.stdout)
        repeated = run(*again[1].split(), change="model.Model.close = lambda self, name: None")
        first_report, again_report = (
            re.sub(r"0x\w+|^\d+ passed.*", "", output.partition("The last actions")[2])
            for output in (result.stdout, repeated.stdout)
        )
        self.assertEqual(again_report.partition("\nAgain")[0], first_report.partition("\nAgain")[0])


if __name__ == "__main__":
    unittest.main()
