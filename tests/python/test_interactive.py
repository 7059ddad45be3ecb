"""Tasklets at the interactive prompt: stackless.ps(), Ctrl-C, completion, history."""

import io
import os
import pty
import re
import select
import sys
import tempfile
import threading
import unittest
from unittest import mock

import stackless
from support import StacklessTestCase

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
        """The rows below the headings, by the name of the tasklet: state and place."""
        file = file or io.StringIO()
        stackless.ps(file)
        rows = [re.split(r"  +", line) for line in file.getvalue().splitlines()]
        return {row[1]: row[2:] for row in rows}

    def test_states(self):
        channel, other = stackless.channel(), stackless.channel()
        receiver = self.block(wait, channel)
        sender = self.block(other.send, 1)
        paused = self.pause(pause)
        ready = self.start(self.note, 1)
        table = self.table()
        self.assertEqual(table["NAME"], ["STATE", "WHERE"])
        self.assertEqual(table["main"][0], "running")
        self.assertIn("test_interactive.py", table["main"][1])
        self.assertEqual(table["wait"][0], "receiving")
        line = wait.__code__.co_firstlineno + 1
        self.assertTrue(table["wait"][1].endswith(f"test_interactive.py:{line} in wait"), table)
        self.assertEqual(table["pause"][0], "paused")
        self.assertEqual(table["StacklessTestCase.note"], ["ready"])
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

    def test_name_of_a_subclass(self):
        tasklet = Named(pause)()
        self.assertEqual(self.table()["hen"], ["ready"])
        tasklet.kill()

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
