"""Exceptions of tasklets: handled ones, those that leave, tracebacks, and the end of a program."""

import sys
import traceback
import unittest

import stackless
from stackless import TaskletExit, channel, schedule, schedule_remove
from support import StacklessTestCase, functions_of, run_queue, run_script


class HandledExceptionTest(StacklessTestCase):
    """sys.exc_info() and what depends on it belong to the tasklet."""

    def note_handled(self):
        self.log.append(sys.exc_info())

    def test_a_new_tasklet_handles_nothing(self):
        try:
            raise ValueError
        except ValueError:
            self.start(self.note_handled)
            stackless.run()
        self.assertEqual(self.log, [(None, None, None)])

    def test_a_switch_keeps_it(self):
        def handle():
            try:
                raise ValueError("mine")
            except ValueError as error:
                schedule()
                self.log.append(sys.exc_info()[1] is error)
            self.note_handled()

        self.start(handle)
        self.start(self.note_handled)
        stackless.run()
        nothing = (None, None, None)
        self.assertEqual(self.log, [nothing, True, nothing])

    def test_main_has_its_own_back(self):
        def handle():
            try:
                raise KeyError
            except KeyError:
                schedule_remove()

        try:
            raise ValueError
        except ValueError as error:
            waiting = self.start(handle)
            stackless.run()
            self.assertIs(sys.exc_info()[1], error)
        self.assertEqual(sys.exc_info(), (None, None, None))
        waiting.kill()

    def test_bare_raise_after_a_switch(self):
        def handle(kind):
            try:
                try:
                    raise kind
                except Exception:
                    schedule()
                    raise
            except Exception as error:
                self.log.append(type(error))

        for kind in (ValueError, KeyError, OSError):
            self.start(handle, kind)
        stackless.run()
        self.assertEqual(self.log, [ValueError, KeyError, OSError])

    def test_bare_raise_without_an_exception(self):
        def raise_nothing():
            try:
                raise
            except RuntimeError as error:
                self.log.append(str(error))

        try:
            raise ValueError
        except ValueError:
            self.start(raise_nothing)
            stackless.run()
        self.assertEqual(self.log, ["No active exception to reraise"])

    def test_switch_in_nested_handlers(self):
        def handle():
            try:
                raise ValueError
            except ValueError:
                try:
                    schedule()
                    raise KeyError
                except KeyError:
                    schedule()
                    self.log.append(sys.exc_info()[0])
                self.log.append(sys.exc_info()[0])

        self.start(handle)
        self.start(handle)
        stackless.run()
        self.assertEqual(self.log, [KeyError, ValueError] * 2)

    def test_context_of_an_exception_is_of_the_same_tasklet(self):
        def note_context():
            try:
                raise KeyError
            except KeyError as error:
                self.log.append(error.__context__)

        try:
            raise ValueError
        except ValueError:
            self.start(note_context)
            stackless.run()
        self.assertEqual(self.log, [None])

    def test_context_is_kept_over_a_switch(self):
        def fail():
            try:
                raise ValueError
            except ValueError:
                schedule()
                raise KeyError

        self.start(fail)
        with self.assertRaises(KeyError) as caught:
            stackless.run()
        self.assertIsInstance(caught.exception.__context__, ValueError)

    def test_switch_in_a_finally_block(self):
        def fail():
            try:
                raise ValueError
            finally:
                schedule()
                self.log.append("finally")

        self.start(fail)
        self.start(self.note, "other")
        with self.assertRaises(ValueError):
            stackless.run()
        self.assertEqual(self.log, ["other", "finally"])

    def test_switch_in_an_exception_group_handler(self):
        def handle():
            try:
                raise ExceptionGroup("group", [ValueError(1), KeyError(2)])
            except* ValueError as group:
                schedule()
                self.log.append([type(error) for error in group.exceptions])
            except* KeyError as group:
                schedule()
                self.log.append([type(error) for error in group.exceptions])

        self.start(handle)
        self.start(handle)
        stackless.run()
        self.assertEqual(self.log, [[ValueError], [ValueError], [KeyError], [KeyError]])


class GeneratorTest(StacklessTestCase):
    """Tasklets that wait inside generators, driven by for loops and yield from."""

    def test_wait_inside_a_for_loop(self):
        numbers = channel()

        def doubled():
            while True:
                yield numbers.receive() * 2

        def consume():
            for number in doubled():
                self.log.append(number)

        consuming = self.start(consume)
        stackless.run()
        self.assertTrue(consuming.blocked)
        self.assertEqual(consuming.nesting_level, 0)
        for number in range(3):
            numbers.send(number)
        self.assertEqual(self.log, [0, 2, 4])
        consuming.kill()

    def test_wait_inside_nested_yield_from(self):
        def innermost():
            yield schedule(1)
            yield schedule(2)
            return "result"

        def middle():
            result = yield from innermost()
            yield schedule(result)

        def outermost():
            yield from middle()

        def consume(name):
            for item in outermost():
                self.log.append((name, item))

        self.start(consume, "a")
        self.start(consume, "b")
        stackless.run()
        items = [1, 2, "result"]
        self.assertEqual(self.log, [(name, item) for item in items for name in "ab"])

    def test_one_generator_in_two_tasklets(self):
        def count():
            yield 1
            schedule()
            yield 2
            yield 3

        shared = count()

        def take():
            for number in shared:
                self.log.append((stackless.getcurrent(), number))
                break

        first, second, third = self.start(take), self.start(take), self.start(take)
        with self.assertRaisesRegex(ValueError, "already executing"):
            stackless.run()
        self.assertEqual(self.log, [(first, 1)])
        self.assertTrue(second.alive)
        self.assertFalse(third.alive)
        stackless.run()
        self.assertEqual(self.log, [(first, 1), (second, 2)])

    def test_generator_advanced_by_one_tasklet_after_another(self):
        def count():
            for number in range(4):
                schedule()
                yield number

        shared = count()

        def take_two():
            for number in shared:
                self.log.append(number)
                if number % 2:
                    break

        self.start(take_two)
        stackless.run()
        self.start(take_two)
        stackless.run()
        self.assertEqual(self.log, [0, 1, 2, 3])

    def test_handled_exception_inside_a_generator(self):
        def handle():
            try:
                raise ValueError
            except ValueError:
                schedule()
                yield sys.exc_info()[0]
                schedule()
                yield sys.exc_info()[0]

        def consume():
            try:
                raise KeyError
            except KeyError:
                for kind in handle():
                    self.log.append((kind, sys.exc_info()[0]))

        self.start(consume)
        self.start(consume)
        stackless.run()
        self.assertEqual(self.log, [(ValueError, KeyError)] * 4)

    def test_exception_sent_into_a_waiting_generator(self):
        numbers = channel()

        def wait():
            while True:
                try:
                    yield numbers.receive()
                except ValueError:
                    yield "caught"

        def consume():
            for item in wait():
                self.log.append(item)

        consuming = self.start(consume)
        stackless.run()
        numbers.send(1)
        numbers.send_exception(ValueError)
        numbers.send(2)
        self.assertEqual(self.log, [1, "caught", 2])
        consuming.throw(ValueError)
        self.assertEqual(self.log[3:], ["caught"])
        consuming.kill()

    def test_kill_runs_the_finally_block_of_a_waiting_generator(self):
        def wait():
            try:
                yield channel().receive()
            finally:
                self.log.append("generator")

        def consume():
            try:
                for _ in wait():
                    pass
            finally:
                self.log.append("tasklet")

        self.block(consume).kill()
        self.assertEqual(self.log, ["generator", "tasklet"])

    def test_generator_expression_over_a_channel(self):
        numbers = channel()

        def consume():
            for square in (number * number for number in numbers):
                self.log.append(square)

        consuming = self.start(consume)
        stackless.run()
        for number in (2, 3):
            numbers.send(number)
        self.assertEqual(self.log, [4, 9])
        consuming.kill()


class LeavingExceptionTest(StacklessTestCase):
    def raise_error(self, error=ValueError):
        raise error

    def test_is_raised_from_run(self):
        failing = self.start(self.raise_error)
        with self.assertRaises(ValueError):
            stackless.run()
        self.assertFalse(failing.alive)

    def test_is_the_same_object(self):
        error = ValueError("reason")
        self.start(self.raise_error, error)
        with self.assertRaises(ValueError) as caught:
            stackless.run()
        self.assertIs(caught.exception, error)

    def test_is_raised_from_schedule(self):
        self.start(self.raise_error)
        with self.assertRaises(ValueError):
            schedule()

    def test_is_raised_from_schedule_remove(self):
        self.start(self.raise_error)
        with self.assertRaises(ValueError):
            schedule_remove()
        self.assertEqual(run_queue(), [stackless.getmain()])

    def test_is_raised_from_the_run_and_switch_of_a_tasklet(self):
        for method in ("run", "switch"):
            with self.subTest(method=method):
                failing = self.start(self.raise_error)
                with self.assertRaises(ValueError):
                    getattr(failing, method)()
                self.assertEqual(run_queue(), [stackless.getmain()])

    def test_is_raised_from_a_channel_action_that_is_undone(self):
        subject = channel()
        for action in (subject.receive, lambda: subject.send("x")):
            self.start(self.raise_error)
            with self.assertRaises(ValueError):
                action()
            self.assertEqual(subject.balance, 0)
            self.assertFalse(stackless.getmain().blocked)

    def test_main_is_first_and_the_others_stay_in_order(self):
        self.start(self.raise_error)
        others = [self.start(self.note, name) for name in "ab"]
        with self.assertRaises(ValueError):
            stackless.run()
        self.assertEqual(self.log, [])
        self.assertEqual(run_queue(), [stackless.getmain(), *others])
        stackless.run()
        self.assertEqual(self.log, ["a", "b"])

    def test_each_of_several_is_raised(self):
        for error in (ValueError, KeyError, OSError):
            self.start(self.raise_error, error)
        for error in (ValueError, KeyError, OSError):
            with self.assertRaises(error):
                stackless.run()
        self.assertIsNone(stackless.run())

    def test_from_a_tasklet_started_by_a_tasklet(self):
        def parent():
            self.start(self.raise_error)
            schedule()
            self.log.append("parent goes on")

        self.start(parent)
        with self.assertRaises(ValueError):
            stackless.run()
        self.assertEqual(self.log, [])
        stackless.run()
        self.assertEqual(self.log, ["parent goes on"])

    def test_the_tasklet_that_runs_the_failing_one_is_not_disturbed(self):
        def runner():
            failing.run()
            self.log.append("runner goes on")

        failing = stackless.tasklet(self.raise_error, ())
        self.start(runner)
        with self.assertRaises(ValueError):
            stackless.run()
        stackless.run()
        self.assertEqual(self.log, ["runner goes on"])

    def test_inner_run_hears_of_it_first(self):
        def runner():
            self.start(self.raise_error)
            try:
                stackless.run()
            except ValueError:
                self.log.append("inner run")

        self.start(runner)
        stackless.run()
        self.assertEqual(self.log, ["inner run"])

    def test_any_exception_class(self):
        class Own(BaseException):
            pass

        group = ExceptionGroup("group", [ValueError()])
        for error in (KeyboardInterrupt(), StopIteration(), GeneratorExit(), Own(), group):
            with self.subTest(error=error):
                self.start(self.raise_error, error)
                with self.assertRaises(type(error)):
                    stackless.run()

    def test_tasklet_exit_is_silent(self):
        self.start(self.raise_error, TaskletExit)
        self.start(self.raise_error, TaskletExit("with a value"))
        self.start(self.note, "next")
        stackless.run()
        self.assertEqual(self.log, ["next"])

    def test_a_class_derived_from_tasklet_exit_is_silent_too(self):
        class Leave(TaskletExit):
            pass

        self.start(self.raise_error, Leave)
        self.assertIsNone(stackless.run())

    def test_what_is_caught_goes_nowhere(self):
        def careful():
            try:
                self.raise_error()
            except ValueError:
                pass

        self.start(careful)
        self.assertIsNone(stackless.run())


class TracebackTest(StacklessTestCase):
    def outer(self):
        self.inner()

    def inner(self):
        raise ValueError

    def test_error_in_main_shows_the_frames_of_the_tasklet(self):
        self.start(self.outer)
        try:
            stackless.run()
        except ValueError as error:
            functions = functions_of(error.__traceback__)
        self.assertEqual(functions, [self._testMethodName, "outer", "inner"])

    def test_inside_the_tasklet_it_begins_at_its_function(self):
        def catch():
            try:
                self.outer()
            except ValueError as error:
                self.log.extend(functions_of(error.__traceback__))

        self.start(catch)
        stackless.run()
        self.assertEqual(self.log, ["catch", "outer", "inner"])

    def test_stack_begins_at_the_function_of_the_tasklet(self):
        def look():
            look_deeper()

        def look_deeper():
            self.log.extend(frame.name for frame in traceback.extract_stack())

        self.start(look)
        stackless.run()
        self.assertEqual(self.log, ["look", "look_deeper"])

    def test_stack_after_a_switch_is_the_same(self):
        def look():
            schedule_remove()
            self.log.extend(frame.name for frame in traceback.extract_stack())

        def wake_deep(tasklet):
            tasklet.run()

        wake_deep(self.pause(look))
        self.assertEqual(self.log, ["look"])

    def test_lines_are_those_of_the_switch(self):
        def wait():
            before = 1
            channel().receive()
            return before

        waiting = self.block(wait)
        try:
            waiting.throw(ValueError)
        except ValueError as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
        self.assertEqual(last.name, "wait")
        self.assertEqual(last.lineno, wait.__code__.co_firstlineno + 2)
        self.assertEqual(last.line, "channel().receive()")

    def test_frames_of_main_are_not_in_the_stack_of_a_tasklet(self):
        def deep(levels):
            if levels:
                deep(levels - 1)
            else:
                self.start(look).run()

        def look():
            self.log.append(len(traceback.extract_stack()))

        deep(0)
        deep(10)
        self.assertEqual(self.log[0], self.log[1])


class ProgramTest(unittest.TestCase):
    """What a whole program does with an exception of a tasklet."""

    def assert_outcome(self, result, status, output, errors):
        self.assertEqual(
            (result.returncode, result.stdout, result.stderr), (status, output, errors)
        )

    def test_system_exit_ends_the_program_with_its_status(self):
        result = run_script(
            "import stackless, sys\n"
            "stackless.tasklet(sys.exit)(3)\n"
            "stackless.run()\n"
            "print('never printed')"
        )
        self.assert_outcome(result, 3, "", "")

    def test_system_exit_with_a_message(self):
        result = run_script(
            "import stackless, sys\n" "stackless.tasklet(sys.exit)('farewell')\n" "stackless.run()"
        )
        self.assert_outcome(result, 1, "", "farewell\n")

    def test_output_is_flushed_and_exit_functions_run(self):
        result = run_script(
            "import atexit, stackless, sys\n"
            "atexit.register(print, 'at exit')\n"
            "print('before', end=' ')\n"
            "stackless.tasklet(sys.exit)()\n"
            "stackless.run()"
        )
        self.assert_outcome(result, 0, "before at exit\n", "")

    def test_uncaught_error_of_a_tasklet_is_that_of_the_program(self):
        result = run_script(
            "import stackless\n"
            "def fail():\n"
            "    raise ValueError('reason')\n"
            "stackless.tasklet(fail)()\n"
            "stackless.run()"
        )
        self.assertEqual(result.returncode, 1)
        self.assertIn("in <module>", result.stderr)
        self.assertIn("in fail", result.stderr)
        self.assertIn("ValueError: reason", result.stderr)

    def test_end_of_main_is_the_end_of_the_program(self):
        result = run_script(
            "import stackless\n"
            "channel = stackless.channel()\n"
            "stackless.tasklet(channel.receive)()\n"
            "stackless.run()\n"
            "stackless.tasklet(print)('never printed')\n"
            "print('end')"
        )
        self.assert_outcome(result, 0, "end\n", "")

    def test_tasklet_exit_in_main_ends_the_program_quietly(self):
        result = run_script("import stackless; raise TaskletExit")
        self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
