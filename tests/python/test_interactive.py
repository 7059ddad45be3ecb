"""Tasklets at the interactive prompt: stackless.ps(), Ctrl-C, completion, history."""

import io
import os
import pickle
import pty
import re
import select
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

import _stackless
import stackless
from support import StacklessTestCase, needs_soft_switching

PATIENCE = 120  # seconds; only a session that hangs takes so long


def wait(channel):
    channel.receive()


def pause():
    stackless.schedule_remove()


class Named(stackless.tasklet):
    name = "hen"


class Terminal(io.StringIO):
    def isatty(self):
        return True


class TableTest(StacklessTestCase):
    def table(self, file=None):
        """The rows below the headings, by the name of the tasklet: state, place (unless it has none), age, switches."""
        file = file or io.StringIO()
        stackless.ps(file)
        rows = [re.split(r"  +", line) for line in file.getvalue().splitlines()]
        return {row[1]: row[2:] for row in rows}

    def switches(self, name):
        return int(self.table()[name][-1])

    def test_states(self):
        channel, other = stackless.channel(), stackless.channel()
        receiver = self.block(wait, channel)
        sender = self.block(other.send, 1)
        paused = self.pause(pause)
        ready = self.start(self.note, 1)
        table = self.table()
        self.assertEqual(table["NAME"], ["STATE", "WHERE", "AGE", "SWITCHES"])
        self.assertEqual(table["main"][0], "running")
        self.assertIn("test_interactive.py", table["main"][1])
        self.assertEqual(table["wait"][0], "receiving")
        line = wait.__code__.co_firstlineno + 1
        self.assertTrue(table["wait"][1].endswith(f"test_interactive.py:{line} in wait"), table)
        self.assertEqual(table["pause"][0], "paused")
        self.assertEqual(table["StacklessTestCase.note"][0], "ready")
        self.assertEqual(len(table["StacklessTestCase.note"]), 3)
        self.assertIn(["sending"], [row[:1] for row in table.values()])
        for tasklet in (receiver, sender, paused, ready):
            tasklet.kill()
        self.assertNotIn("wait", self.table())

    def test_main_waits_in_run(self):
        tables = []
        self.start(lambda: tables.append(self.table()))
        stackless.run()
        self.assertEqual(tables[0]["main"][0], "in run()")

    def test_called_by_a_tasklet_itself(self):
        file = io.StringIO()
        stackless.tasklet(stackless.ps)(file)
        stackless.run()
        self.assertIn("running", file.getvalue())

    def test_first_use_of_the_module(self):
        command = [sys.executable, "-c", "import stackless; stackless.ps()"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.assertRegex(output, r"main +running +<string>:1 in <module>")

    def test_name_of_a_subclass(self):
        tasklet = Named(pause)()
        self.assertEqual(self.table()["hen"][0], "ready")
        tasklet.kill()

    def test_switches(self):
        def take_turns():
            for _ in range(3):
                stackless.schedule()
            stackless.schedule_remove()

        for soft in (True, False):
            with self.subTest(soft=soft):
                self.addCleanup(stackless.enable_softswitch, stackless.enable_softswitch(soft))
                tasklets = [self.start(take_turns) for _ in range(2)]
                before = self.switches("main")
                self.assertEqual([_stackless.age_and_switches(tasklet)[1] for tasklet in tasklets], [0, 0])
                stackless.run()
                self.assertEqual([_stackless.age_and_switches(tasklet)[1] for tasklet in tasklets], [4, 4])
                self.assertEqual(self.switches("main"), before + 1)
                for tasklet in tasklets:
                    tasklet.kill()

    def test_switch_to_itself_counts_not(self):
        before = self.switches("main")
        stackless.schedule()
        self.assertEqual(self.switches("main"), before)

    def test_rows_are_aligned(self):
        tasklet = self.pause(pause)
        stackless.ps(file := io.StringIO())
        self.assertEqual(len(set(map(len, file.getvalue().splitlines()))), 1, file.getvalue())
        tasklet.kill()

    def test_age(self):
        tasklet = self.pause(pause)
        age, _ = _stackless.age_and_switches(tasklet)
        self.assertGreaterEqual(age, 0)
        self.assertRegex(self.table()["pause"][2], r"^\d+s$|^\d+m\d\ds$")
        deadline = time.monotonic() + PATIENCE
        while _stackless.age_and_switches(tasklet)[0] == age and time.monotonic() < deadline:
            pass
        self.assertGreater(_stackless.age_and_switches(tasklet)[0], age)
        tasklet.kill()

    def test_ages_are_written_with_two_units_at_most(self):
        expected = {
            0: "0s",
            59: "59s",
            60: "1m00s",
            3599: "59m59s",
            3600: "1h00m",
            86399: "23h59m",
            86400: "1d00h",
            10**7: "115d17h",
        }
        for seconds, text in expected.items():
            with self.subTest(seconds), mock.patch("_stackless.age_and_switches", return_value=(seconds, 0)):
                self.assertEqual(self.table()["main"][-2], text)

    def test_most_switches(self):
        with mock.patch("_stackless.age_and_switches", return_value=(0, 2**32 - 1)):
            self.assertEqual(self.table()["main"][-1], "4294967295+")

    @needs_soft_switching
    def test_unpickled_begins_anew(self):
        tasklet = self.pause(pause)
        self.assertEqual(_stackless.age_and_switches(tasklet)[1], 1)
        copy = pickle.loads(pickle.dumps(tasklet))
        self.assertEqual(_stackless.age_and_switches(copy)[1], 0)
        copy.run()
        self.assertEqual(_stackless.age_and_switches(copy)[1], 1)

    @needs_soft_switching
    def test_bound_anew_goes_on(self):
        tasklet = self.pause(pause)
        tasklet.bind(pause)()
        stackless.run()
        self.assertEqual(_stackless.age_and_switches(tasklet)[1], 2)
        tasklet.kill()

    def test_age_and_switches_of_something_else(self):
        with self.assertRaisesRegex(TypeError, "needs a tasklet, not int"):
            _stackless.age_and_switches(42)

    def test_other_threads_follow(self):
        ready, end = threading.Event(), threading.Event()

        def work():
            stackless.getcurrent()
            ready.set()
            end.wait()

        thread = threading.Thread(target=work)
        thread.start()
        ready.wait()
        names = list(self.table())
        end.set()
        thread.join()
        self.assertLess(names.index("main"), names.index(f"main (thread {thread.ident})"))

    def test_colours_on_terminals_only(self):
        with mock.patch.dict(os.environ, {"TERM": "xterm"}):
            os.environ.pop("NO_COLOR", None)
            stackless.ps(terminal := Terminal())
            self.assertIn("\x1b[32mrunning", terminal.getvalue())
            stackless.ps(file := io.StringIO())
            self.assertNotIn("\x1b", file.getvalue())
            os.environ["NO_COLOR"] = "1"
            stackless.ps(terminal := Terminal())
            self.assertNotIn("\x1b", terminal.getvalue())

    def test_bad_file(self):
        with self.assertRaisesRegex(AttributeError, "write"):
            stackless.ps(42)


class PromptTest(unittest.TestCase):
    """A session on a pseudo-terminal."""

    def setUp(self):
        self.home = self.enterContext(tempfile.TemporaryDirectory())
        pid, self.terminal = pty.fork()
        if pid == 0:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
            os.execve(sys.executable, [sys.executable, "-q"], environment | {"HOME": self.home, "TERM": "dumb"})
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.close, self.terminal)
        self.read_until(">>> $")
        self.enter("import stackless")

    def read_until(self, pattern):
        text = ""
        while not re.search(pattern, text):
            if not select.select([self.terminal], [], [], PATIENCE)[0]:
                self.fail(f"no {pattern!r} within {PATIENCE} seconds, but {text!r}")
            text += os.read(self.terminal, 4096).decode()
        return text

    def write(self, text):
        os.write(self.terminal, text.encode())

    def enter(self, line):
        """Enters a line, and returns what is there before the next prompt."""
        self.write(line + "\n")
        return self.read_until(">>> $")

    def test_interrupt_stops_the_tasklet_that_runs(self):
        self.enter("def spin():\n  print('spin' + 'ning', flush=True)\n  while True: pass\n")
        self.enter("def pause(): stackless.schedule_remove(); print('went' + ' on')\n")
        self.enter("spinner, other = stackless.tasklet(spin)(), stackless.tasklet(pause)()")
        self.write("stackless.run()\n")
        self.read_until("spinning")
        self.write("\x03")
        self.assertIn("KeyboardInterrupt", self.read_until(">>> $"))
        self.assertIn("(False, True, 2)", self.enter("spinner.alive, other.alive, stackless.runcount"))
        self.assertIn("ready", self.enter("stackless.ps()"))
        self.enter("stackless.run()")
        self.assertIn("went on", self.enter("other.insert(); stackless.run()"))

    def test_interrupt_while_all_tasklets_take_turns(self):
        self.enter("def turn(text):\n  print(text, flush=True)\n  while True: stackless.schedule()\n")
        # One of them says that it is time: it may be the one that is interrupted.
        self.enter("tasklets = [stackless.tasklet(turn)(text) for text in ('', '', 'turn' + 'ing')]")
        self.write("stackless.run()\n")
        self.read_until("turning")
        self.write("\x03")
        self.assertIn("KeyboardInterrupt", self.read_until(">>> $"))
        self.assertIn("[False, True, True]", self.enter("sorted(t.alive for t in tasklets)"))

    def test_completion(self):
        self.write("stackless.getcurrenti\t\n")
        self.assertRegex(self.read_until(">>> $"), r"getcurrentid\(\)\r\n\d+")

    def test_history(self):
        self.enter("40 + 2")
        self.write("\x10\n")  # Ctrl-P: the line before
        self.assertIn("42", self.read_until(">>> $"))
        self.write("\x04")
        with self.assertRaises(OSError):  # the program has ended, and written the file
            while os.read(self.terminal, 4096):
                pass
        with open(os.path.join(self.home, ".python_history")) as history:
            self.assertIn("40 + 2\n", history.read())


if __name__ == "__main__":
    unittest.main()
