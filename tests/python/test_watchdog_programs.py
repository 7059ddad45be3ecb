"""Programs that are interrupted wherever they are, and lose nothing by it."""

import sys
import unittest

import stackless
from support_watchdog import PROGRAMS, WatchdogTestCase, event_loop, setUpModule, tearDownModule


class NothingIsLostTest(WatchdogTestCase):
    def results(self, program, timeout):
        results = []
        self.start(lambda: results.append(program()))
        interruptions = self.keep_running(timeout)
        return results, interruptions

    def test_interrupted_again_and_again(self):
        for program in PROGRAMS:
            expected = program()
            for timeout in (1, 2, 3, 5, 7, 11, 50):
                with self.subTest(program=program.__name__, timeout=timeout):
                    results, interruptions = self.results(program, timeout)
                    self.assertEqual(results, [expected])
                    self.assertGreater(interruptions, 0)

    def test_interrupted_once_at_each_instruction(self):
        for program in PROGRAMS:
            expected = program()
            with self.subTest(program=program.__name__):
                timeout = 0
                interrupted = True
                while interrupted is not None:
                    timeout += 1
                    results = []
                    self.start(lambda: results.append(program()))
                    interrupted = stackless.run(timeout)
                    if interrupted is not None:
                        interrupted.insert()
                        stackless.run()
                    self.assertEqual(results, [expected])
                self.assertGreater(timeout, 10)

    def test_a_bare_event_loop(self):
        results, interruptions = self.results(event_loop, 100)
        self.assertEqual(results, [[2, 4]])
        self.assertGreater(interruptions, 0)

    def test_two_programs_take_turns(self):
        results = {}
        for program in PROGRAMS:
            self.start(lambda program=program: results.update({program: program()}))
        self.keep_running(1)
        self.assertEqual(results, {program: program() for program in PROGRAMS})

    def test_the_exception_being_handled_is_that_of_the_tasklet(self):
        def handle(error):
            try:
                raise error
            except Exception:
                for _ in range(10):
                    self.assertIs(sys.exc_info()[1], error)

        for number in range(3):
            self.start(handle, ValueError(number))
        self.keep_running(3)
        self.assertEqual(sys.exc_info(), (None, None, None))

    def test_new_specialisations(self):
        source = "def f(x, n):\n total = x\n for i in range(n): total = total + x\n return total"

        def work(x):
            namespace = {}
            exec(source, namespace)
            self.log.append(namespace["f"](x, 40))

        for x in (1, 1.5, "s"):
            self.start(work, x)
        self.keep_running(7)
        self.assertCountEqual(self.log, [41, 61.5, "s" * 41])

    def test_arguments_longer_than_a_byte(self):
        names = [f"v{i}" for i in range(300)]
        body = "".join(f" {name} = {i}\n" for i, name in enumerate(names))
        namespace = {}
        exec(f"def f():\n{body} return sum([{', '.join(names)}])", namespace)
        results, interruptions = self.results(namespace["f"], 1)
        self.assertEqual(results, [sum(range(300))])
        self.assertGreater(interruptions, 300)


class TracingTest(WatchdogTestCase):
    def events(self, program, set_function, run):
        events = []
        filename = program.__code__.co_filename

        def trace(frame, event, argument):
            code = frame.f_code
            if code.co_filename == filename and code.co_name != "body":
                events.append((code.co_name, event, frame.f_lineno))
            return trace

        def body():
            set_function(trace)
            program()
            set_function(None)

        self.start(body)
        run()
        return events

    def check(self, set_function):
        for program in PROGRAMS:
            expected = self.events(program, set_function, stackless.run)
            self.assertGreater(len(expected), 0)
            for timeout in (1, 2, 3, 7, 13):
                with self.subTest(program=program.__name__, timeout=timeout):
                    events = self.events(
                        program, set_function, lambda: self.keep_running(timeout)
                    )
                    self.assertEqual(events, expected)

    def test_settrace(self):
        self.check(sys.settrace)

    def test_setprofile(self):
        self.check(sys.setprofile)


if __name__ == "__main__":
    unittest.main()
