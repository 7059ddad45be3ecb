"""Exceptions thrown at tasklets that were interrupted."""

import sys
import threading
import traceback
import unittest

import stackless
from stackless import schedule
from support import call_from_c, functions_of, needs_soft_switching, run_queue
from support_watchdog import WatchdogTestCase, setUpModule, spin, tearDownModule


def error_of(function, *args):
    """The exception of a call, with its traceback."""
    try:
        function(*args)
    except Exception as error:
        return error
    raise AssertionError("no exception")


class ThrowTest(WatchdogTestCase):
    def test_finally_blocks_run(self):
        def work():
            try:
                spin()
            finally:
                self.log.append("finally")

        busy = self.interrupt(work)
        busy.kill()
        self.assertEqual(self.log, ["finally"])
        self.assertFalse(busy.alive)

    def test_pending(self):
        def work():
            try:
                spin()
            except ValueError:
                self.log.append("caught")

        busy = self.interrupt(work)
        busy.throw(ValueError, pending=True)
        self.assertEqual(self.log, [])
        stackless.run()
        self.assertEqual(self.log, ["caught"])

    def test_the_schedule_callback_sets_a_trace_function(self):
        def trace_switched(previous, following):
            if previous is not None and following is not None:
                sys.settrace(lambda *event: None)

        busy = self.start(spin)
        stackless.set_schedule_callback(trace_switched)
        self.addCleanup(sys.settrace, sys.gettrace())
        self.assertIs(stackless.run(1000), busy)
        stackless.set_schedule_callback(None)
        busy.kill()

    @needs_soft_switching
    def test_a_waiting_runner_is_bound_to_something_else(self):
        def run_with_limit():
            stackless.run(500, soft=True)
            self.log.append("not reached")

        runner = self.start(run_with_limit)
        runner.run()
        runner.bind(None)
        for _ in range(500):
            pass
        other = self.start(self.note, "other")
        schedule()
        self.assertFalse(other.alive or runner.alive)
        self.assertEqual(self.log, ["other"])

    def test_every_lock_is_released(self):
        """No exception gets between the end of a `with` block and what releases the lock."""

        def work():
            for number in range(4):
                with outer:
                    if number % 2:
                        continue
                    for _ in range(2):
                        with inner:
                            if self.log:
                                break
                            self.log.append(number)

        timeout = 0
        while True:
            timeout += 1
            self.log.clear()
            outer, inner = threading.Lock(), threading.Lock()
            working = self.start(work)
            if stackless.run(timeout) is None:
                break
            working.kill()
            self.assertFalse(working.alive)
            self.assertFalse(outer.locked() or inner.locked(), timeout)
        self.assertGreater(timeout, 50)

    def test_one_that_ends_before_an_exception_can_be_raised(self):
        def work():
            return None

        for timeout in (1, 2):
            working = self.interrupt(work, after=timeout)
            with self.assertRaises(LookupError):
                working.raise_exception(LookupError)
            self.assertFalse(working.alive)

    def test_one_that_switches_before_an_exception_can_be_raised(self):
        def work():
            schedule()
            self.log.append("not reached")

        for timeout in range(1, 4):
            working = self.interrupt(work, after=timeout)
            with self.assertRaises(LookupError):
                working.raise_exception(LookupError)
            self.assertFalse(working.alive)
        self.assertEqual(self.log, [])

    def test_handlers_of_others_are_left_alone(self):
        def work():
            for _ in range(2):
                try:
                    self.log.append("in")
                    raise KeyError
                except KeyError:
                    pass
                self.log.append("out")

        timeout = 0
        while True:
            timeout += 1
            self.log.clear()
            working = self.start(work)
            if stackless.run(timeout) is None:
                break
            with self.assertRaises(LookupError):
                working.raise_exception(LookupError)
            self.assertFalse(working.alive)
        self.assertEqual(self.log, ["in", "out"] * 2)

    def test_into_a_generator(self):
        def count():
            try:
                while True:
                    yield 1
            except LookupError:
                self.log.append("generator")
                raise

        def work():
            for _ in count():
                pass

        for timeout in range(20, 60):
            self.log.clear()
            busy = self.interrupt(work, after=timeout)
            names = functions_of(error_of(busy.throw, LookupError).__traceback__)
            self.assertEqual(self.log, ["generator"] if "count" in names else [])

    def test_killed_inside_c_code(self):
        def work():
            try:
                call_from_c(spin)
            finally:
                self.log.append("finally")

        busy = self.interrupt(work, ignore_nesting=True)
        busy.kill()
        self.assertEqual(self.log, ["finally"])
        self.assertFalse(busy.alive)

    def test_line_of_an_exception_thrown_into_c_code(self):
        busy = self.interrupt(call_from_c, spin, ignore_nesting=True)
        error = error_of(busy.throw, LookupError)
        last = traceback.extract_tb(error.__traceback__)[-1]
        self.assertEqual(last.name, "spin")
        self.assertIn(last.lineno - spin.__code__.co_firstlineno, (1, 2))

    def test_an_exception_that_leaves_a_tasklet(self):
        def fail():
            for _ in range(3):
                pass
            raise ValueError("reason")

        self.start(fail)
        busy = self.start(spin)
        with self.assertRaisesRegex(ValueError, "reason"):
            stackless.run(1000)
        self.assertEqual(run_queue()[1:], [busy])
        # The next limit counts anew.
        self.assertIs(stackless.run(100), busy)
        busy.kill()

    def test_the_error_handler_can_be_interrupted(self):
        def fail():
            raise ValueError

        def handler(*exc_info):
            for number in range(50):
                self.log.append(number)

        stackless.set_error_handler(handler)
        self.start(fail)
        self.assertGreater(self.keep_running(10), 3)
        self.assertEqual(self.log, list(range(50)))


if __name__ == "__main__":
    unittest.main()
