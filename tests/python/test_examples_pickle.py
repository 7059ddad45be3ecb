"""The examples in which a computation goes on in another process."""

import pathlib
import pickle
import re
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import stackless

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def run_example(name, *arguments, text=None):
    return subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class ExampleTestCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name, "state")

    def output(self, name, *arguments, text=None):
        result = run_example(name, *arguments, text=text)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout


class CounterTest(ExampleTestCase):
    def test_goes_on_where_it_was_interrupted(self):
        output = self.output("travelling_counter.py")
        begun, gone_on = re.findall(r" at (\d+)$", output, re.MULTILINE)
        self.assertEqual(begun, gone_on)
        self.assertGreater(int(begun), 10)
        self.assertIn("the process of begin() ended with status -9", output)
        self.assertIn(f"the sum is {sum(range(100_000)):,}", output)

    def test_pickle_is_the_tasklet(self):
        run_example("travelling_counter.py", "begin", self.path)
        tasklet = pickle.loads(self.path.read_bytes())
        number, total = (tasklet.frame.f_locals[name] for name in ("number", "total"))
        self.assertIn(total, (sum(range(number)), sum(range(number + 1))))


class PipelineTest(ExampleTestCase):
    def test_no_item_is_lost_or_repeated(self):
        self.assertEqual(
            self.output("travelling_pipeline.py"),
            "500 items; all of them, in order: True\n"
            "both processes took part: True\n"
            "moved more than five times: True\n",
        )


class AdventureTest(ExampleTestCase):
    def test_demonstration(self):
        output = self.output("adventure.py")
        self.assertEqual(output.count("You stand before a house."), 1)
        self.assertTrue(output.endswith("You are out again, with a lamp.\nThe clock strikes 1.\n"), output)

    def test_saved_game_goes_on_more_than_once(self):
        self.output("adventure.py", self.path, text="open door\ntake lamp\nsave\n")
        for typed, expected in (("use lamp\ngo up\n", "with a lamp"), ("go up\n", "You stumble.")):
            for _ in range(2):
                self.assertIn(expected, self.output("adventure.py", self.path, text=typed))

    def test_later_save_replaces_the_first(self):
        self.output("adventure.py", self.path, text="open door\nsave\n")
        self.output("adventure.py", self.path, text="take lamp\nuse lamp\nsave\n")
        self.assertIn("with a lamp", self.output("adventure.py", self.path, text="go up\n"))

    def test_save_file_can_be_looked_at(self):
        self.output("adventure.py", self.path, text="open door\nsave\n")
        result = subprocess.run(
            [sys.executable, "-m", "stackless.snapshot", self.path], stdout=subprocess.PIPE, text=True
        )
        self.assertEqual(result.returncode, 0)
        self.assertIn("\n2 tasklets, 0 of them in the run queue\n", result.stdout)
        self.assertIn("\n2 channels\n", result.stdout)
        for function in ("hero", "cellar", "ask", "clock"):
            self.assertRegex(result.stdout, rf"\n +{function}\b")


class ApprovalsTest(ExampleTestCase):
    def test_demonstration(self):
        output = self.output("approvals.py")
        for line in ("new chairs: paid", "a ship: rejected by the director", "0 processes are left"):
            self.assertIn(line + "\n", output)

    def handle(self, receiver, message):
        return self.output("approvals.py", self.path, receiver, message)

    def test_each_message_in_a_process_of_its_own(self):
        self.handle("start", "a bridge for 500000")
        self.handle("start", "a pen for 1")
        self.assertIn("a pen: approved by manager", self.handle("2", "approved"))
        self.assertIn("waits for the director", self.handle("1", "approved"))
        self.assertIn("a bridge: approved by manager and director", self.handle("1", "approved"))
        self.assertIn("a bridge: paid", self.handle("1", "delivered"))
        with sqlite3.connect(self.path) as database:
            self.assertEqual(database.execute("SELECT key FROM processes").fetchall(), [(2,)])

    def test_rows_are_tasklets(self):
        self.handle("start", "a pen for 1")
        with sqlite3.connect(self.path) as database:
            ((state,),) = database.execute("SELECT state FROM processes")
        tasklet = pickle.loads(state)
        self.assertIsInstance(tasklet, stackless.tasklet)
        self.assertEqual(tasklet.frame.f_back.f_locals["what"], "a pen")


if __name__ == "__main__":
    unittest.main()
