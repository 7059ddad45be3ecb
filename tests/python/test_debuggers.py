"""pdb and bdb in tasklets: a session goes on in the tasklet that it debugs."""

import bdb
import io
import pdb
import re
import subprocess
import sys
import tempfile
import threading
import unittest

import stackless
from stackless import channel, schedule
from support import StacklessTestCase


class Session(pdb.Pdb):
    """Takes its commands from a list and keeps what is printed."""

    def __init__(self, *commands):
        self.output = io.StringIO()
        super().__init__(stdin=io.StringIO("".join(command + "\n" for command in commands)), stdout=self.output)
        self.use_rawinput = False
        self.prompt = ""

    def stops(self):
        """The source lines at which it stopped."""
        return re.findall(r"^-> (.*)$", self.output.getvalue(), re.MULTILINE)

    def printed(self):
        """The other lines, but those that say where it stopped."""
        lines = self.output.getvalue().splitlines()
        return [line for line in lines if not line.startswith(("-> ", "> "))]


class DebuggerTestCase(StacklessTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(sys.settrace, None)
        self.addCleanup(bdb.Breakpoint.clearBreakpoints)
        self.meeting = channel()

    def line_of(self, function, text):
        """The number of the first line of a function that contains a text."""
        with open(__file__) as file:
            lines = file.readlines()
        number = function.__code__.co_firstlineno
        while text not in lines[number - 1]:
            number += 1
        return number


class PdbTest(DebuggerTestCase):
    def other(self):
        """Runs while the debugged tasklet waits, and sends it a value."""
        self.log.append("other")
        schedule()
        self.meeting.send(42)
        self.log.append("sent")

    def debug(self, function, session, *args):
        """Runs a function with a debugger as a tasklet, and another tasklet beside it."""
        self.start(function, session, *args)
        self.start(self.other)
        stackless.run()

    def test_next_over_receive(self):
        def debugged(session):
            session.set_trace()
            value = self.meeting.receive()
            self.log.append(value)
            schedule()
            self.log.append("end")

        session = Session("next", "p value", "next", "p session is not None", "next", "next", "continue")
        self.debug(debugged, session)
        self.assertEqual(
            session.stops(),
            [
                "value = self.meeting.receive()",
                "self.log.append(value)",
                "schedule()",
                'self.log.append("end")',
                'self.log.append("end")',  # its return
            ],
        )
        self.assertEqual(session.printed(), ["42", "True", "--Return--"])
        self.assertEqual(self.log, ["other", 42, "sent", "end"])

    def test_is_asked_in_the_tasklet_that_it_debugs(self):
        def debugged(session):
            session.set_trace()
            self.meeting.receive()
            me.alive

        session = Session("!self.log.append(stackless.getcurrent())", "next", "!self.log.append(stackless.getcurrent())")
        me = self.start(debugged, session)
        self.start(self.other)
        with self.assertRaises(bdb.BdbQuit):  # the commands are at their end
            stackless.run()
        stackless.run()
        self.assertEqual([entry for entry in self.log if entry is me], [me, me])

    def test_step_into_a_function_and_return(self):
        def debugged(session):
            session.set_trace()
            value = helper(self.meeting)
            self.log.append(value)

        def helper(meeting):
            value = meeting.receive()
            return value + 1

        session = Session("step", "step", "p meeting.balance", "return", "step", "p value", "continue")
        self.debug(debugged, session)
        self.assertEqual(
            session.stops(),
            [
                "value = helper(self.meeting)",
                "def helper(meeting):",
                "value = meeting.receive()",
                "return value + 1",
                "self.log.append(value)",
            ],
        )
        self.assertEqual(session.printed(), ["--Call--", "0", "--Return--", "43"])

    def test_step_goes_to_the_next_line_of_the_tasklet(self):
        def debugged(session):
            session.set_trace()
            self.meeting.receive()
            self.log.append("end")

        session = Session("step", "continue")
        self.debug(debugged, session)
        self.assertEqual(session.stops(), ["self.meeting.receive()", 'self.log.append("end")'])

    def test_where_up_down(self):
        def debugged(session):
            value = "outer"
            helper(session)
            return value

        def helper(session):
            value = "inner"
            session.set_trace()
            return value

        session = Session("where", "up", "p value", "up", "down", "p value", "continue")
        self.debug(debugged, session)
        self.assertEqual(session.printed()[-3:], ["'outer'", "*** Oldest frame", "'inner'"])
        listed = re.findall(r"^[> ] .*\)(\w+)\(\)$", session.output.getvalue(), re.MULTILINE)
        self.assertEqual(listed[:3], ["helper", "debugged", "helper"])

    def test_two_sessions_in_two_tasklets(self):
        def debugged(session):
            session.set_trace()
            schedule()
            schedule()
            self.log.append(session)

        sessions = Session("next", "next", "continue"), Session("next", "continue")
        for session in sessions:
            self.start(debugged, session)
        stackless.run()
        self.assertEqual(sessions[0].stops(), ["schedule()", "schedule()", "self.log.append(session)"])
        self.assertEqual(sessions[1].stops(), ["schedule()", "schedule()"])
        self.assertEqual(set(self.log), set(sessions))

    def test_until_in_a_loop_over_a_channel(self):
        def debugged(session):
            session.set_trace()
            for value in self.meeting:
                self.log.append(value)
            self.log.append("end")

        def sender():
            for value in range(3):
                self.meeting.send(value)
            self.meeting.send_exception(StopIteration)

        session = Session("next", "until", "continue")
        self.start(debugged, session)
        self.start(sender)
        stackless.run()
        self.assertEqual(
            session.stops(),
            [
                "for value in self.meeting:",
                "self.log.append(value)",
                'self.log.append("end")',
            ],
        )
        self.assertEqual(self.log, [0, 1, 2, "end"])

    def test_quit_ends_the_tasklet(self):
        def debugged(session):
            session.set_trace()
            self.log.append("never")

        self.start(debugged, Session("quit"))
        with self.assertRaises(bdb.BdbQuit):
            stackless.run()
        self.assertEqual(self.log, [])

    def test_post_mortem_of_an_error_from_run(self):
        def fail(secret):
            schedule()
            inner(secret + 1)

        def inner(secret):
            raise ValueError(secret)

        self.start(fail, 1)
        try:
            stackless.run()
        except ValueError as error:
            traceback = error.__traceback__
        session = Session("p secret", "up", "p secret", "quit")
        session.reset()
        session.interaction(None, traceback)
        self.assertEqual(session.stops(), ["raise ValueError(secret)", "inner(secret + 1)"])
        self.assertEqual(session.printed(), ["2", "1"])

    def test_frame_of_a_parked_tasklet(self):
        """A debugger can look at any tasklet."""

        def wait(secret):
            inner()

        def inner():
            local = "inner"
            self.meeting.receive()
            return local

        waiting = self.block(wait, "secret")
        session = Session("p local", "up", "p secret", "quit")
        session.reset()
        session.interaction(waiting.frame, None)
        self.assertEqual(session.stops(), ["self.meeting.receive()", "inner()"])
        self.assertEqual(session.printed(), ["'inner'", "'secret'"])
        self.meeting.send(None)


class BreakpointTest(DebuggerTestCase):
    def worker(self):
        for _ in range(2):
            value = self.meeting.receive()
            self.log.append(value)

    def sender(self):
        for value in "ab":
            self.meeting.send(value)

    def debug(self, session, main, *args):
        """Runs a function in a session that has a breakpoint in the worker."""
        session.set_break(__file__, self.line_of(self.worker, "self.log.append(value)"))
        session.runcall(main, *args)

    def test_in_a_tasklet_that_is_traced(self):
        def main():
            self.start(traced)
            self.start(self.worker)
            for _ in range(2):
                self.start(self.sender)
            stackless.run()

        def traced():
            sys.settrace(session.trace_dispatch)
            self.worker()

        session = Session("continue", "p value", "continue", "p value", "continue")
        self.debug(session, main)
        self.assertEqual(session.stops()[1:], ["self.log.append(value)"] * 2)
        self.assertEqual(session.printed()[-2:], ["'a'", "'b'"])
        self.assertEqual(sorted(self.log), ["a", "a", "b", "b"])

    def test_trace_function_given_from_outside(self):
        def main():
            self.start(self.worker).trace_function = session.trace_dispatch
            self.start(self.sender)
            stackless.run()

        session = Session("continue", "p value", "clear 1", "continue")
        self.debug(session, main)
        self.assertEqual(session.stops()[1:], ["self.log.append(value)"])
        self.assertIn("'a'", session.printed())
        self.assertEqual(self.log, ["a", "b"])

    def test_in_all_new_tasklets(self):
        def main():
            for _ in range(2):
                self.start(self.worker)
            for _ in range(2):
                self.start(self.sender)
            stackless.run()

        session = Session("continue", *["p stackless.current.is_main", "continue"] * 4)
        threading.settrace(session.trace_dispatch)
        self.addCleanup(threading.settrace, None)
        self.debug(session, main)
        self.assertEqual(session.stops()[1:], ["self.log.append(value)"] * 4)
        self.assertEqual(session.printed()[-4:], ["False"] * 4)
        self.assertEqual(sorted(self.log), ["a", "a", "b", "b"])

    def test_next_stays_in_the_tasklet_while_all_are_traced(self):
        def main():
            self.start(stepped)
            self.start(self.other)
            stackless.run()

        def stepped():
            schedule()
            schedule()
            self.log.append("stepped")

        session = Session("continue", "next", "next", "continue")
        session.set_break(__file__, self.line_of(stepped, "schedule()"))
        threading.settrace(session.trace_dispatch)
        self.addCleanup(threading.settrace, None)
        session.runcall(main)
        self.assertEqual(session.stops()[1:], ["schedule()", "schedule()", 'self.log.append("stepped")'])
        self.assertEqual(self.log, ["other", "other", "stepped"])

    def other(self):
        for _ in range(2):
            self.log.append("other")
            schedule()

    def test_in_a_program_run_by_pdb(self):
        """As it is documented."""
        with tempfile.NamedTemporaryFile("w", suffix=".py") as program:
            program.write(
                "import stackless\n"
                "def work(name):\n"
                "    stackless.schedule()\n"
                "    print('worked', name)\n"
                "for name in 'ab':\n"
                "    stackless.tasklet(work)(name)\n"
                "stackless.run()\n"
            )
            program.flush()
            commands = [
                "import sys, threading",
                "threading.settrace(sys.gettrace())",
                "break 4",
                *["continue", "p name"] * 2,
                "continue",
                "quit",
            ]
            result = subprocess.run(
                [sys.executable, "-m", "pdb", program.name],
                input="\n".join(commands) + "\n",
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        printed = re.findall(r"\(Pdb\) ('\w')$|^(?:\(Pdb\) )?(worked \w)$", result.stdout, re.MULTILINE)
        self.assertEqual(["".join(found) for found in printed], ["'a'", "worked a", "'b'", "worked b"])


class NestedTest(DebuggerTestCase):
    """These switch with C code between the frames of a tasklet other than main."""

    def test_command_that_switches(self):
        def debugged(session):
            session.set_trace()
            self.log.append("end")

        session = Session("!schedule()", "!self.meeting.receive()", "continue")
        self.start(debugged, session)
        self.start(self.note, "other")
        self.start(self.meeting.send, "value")
        stackless.run()
        self.assertEqual(self.log, ["other", "end"])
        self.assertIn("'value'", session.printed())

    def test_trace_function_that_switches(self):
        def traced():
            sys.settrace(switching)
            inner()
            sys.settrace(None)

        def inner():
            self.log.append("inner")

        def switching(frame, event, argument):
            if frame.f_code is inner.__code__:
                self.log.append(event)
                schedule()
            return switching

        def other():
            for number in range(2):
                self.log.append(number)
                schedule()

        self.start(traced)
        self.start(other)
        stackless.run()
        self.assertEqual(self.log, ["call", 0, "line", 1, "inner", "return"])

    def test_debugged_key_function(self):
        def debugged(session):
            self.log.append(sorted([2, 1], key=key))

        def key(value):
            session.set_trace()
            schedule()
            return value

        session = Session("next", "continue", "next", "continue")
        self.start(debugged, session)
        self.start(self.note, "other")
        stackless.run()
        self.assertEqual(session.stops(), ["schedule()", "return value"] * 2)
        self.assertEqual(self.log, ["other", [1, 2]])


if __name__ == "__main__":
    unittest.main()
