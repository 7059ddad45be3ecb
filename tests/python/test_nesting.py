"""Switches in functions that something else than a plain call has called, as the key function of sorted().

They are like those in a plain call, in order and results: each scenario runs with that and then with many
another caller. Some callers are C code that stands between two Python frames then.
"""

import contextlib
import contextvars
import ctypes
import functools
import importlib.util
import itertools
import pickle
import re
import sys
import unittest
import weakref

import stackless
from stackless import TaskletExit, channel, schedule, schedule_remove, tasklet
from support import StacklessTestCase, functions_of, run_queue


class Thing:
    """Something to refer to."""


def by_reduce(action):
    functools.reduce(lambda *_: action(), [1, 2])


def by_eq(action):
    class Equal:
        def __eq__(self, other):
            action()
            return True

    [Equal()].index(1)


def by_exception(action):
    class Error(Exception):
        def __init__(self):
            action()

    Error()


def by_generator(action):
    def generate():
        action()
        yield 1

    sum(generate())


def by_trace_function(action):
    def trace(frame, event, argument):
        if frame.f_code is traced.__code__:
            action()

    def traced():
        pass

    sys.settrace(trace)
    try:
        traced()
    finally:
        sys.settrace(None)


module_numbers = itertools.count()


def by_import(action):
    class Importer:
        @staticmethod
        def find_spec(wanted, path, target=None):
            return importlib.util.spec_from_loader(name, Importer) if wanted == name else None

        @staticmethod
        def create_module(spec):
            return None

        @staticmethod
        def exec_module(module):
            exec("action()", {"action": action})

    name = f"module_of_test_nesting_{next(module_numbers)}"
    sys.meta_path.insert(0, Importer)
    try:
        __import__(name)
    finally:
        sys.meta_path.remove(Importer)
        sys.modules.pop(name, None)


def by_class_body(action):
    class Body:
        action()


def by_metaclass(action):
    class Meta(type):
        def __new__(cls, *args):
            action()
            return super().__new__(cls, *args)

    class Made(metaclass=Meta):
        pass


def by_del(action):
    class Deleted:
        def __del__(self):
            action()

    Deleted()


def by_weakref(action):
    thing = Thing()
    reference = weakref.ref(thing, lambda _: action())
    del thing
    return reference


def by_pickle(action):
    class Reduced:
        def __reduce__(self):
            action()
            return int, ()

    pickle.dumps(Reduced())


def by_qsort(action):
    def compare(one, two):
        if called:
            return 0
        called.append(True)
        action()
        return 0

    called = []
    compare_type = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int)
    )
    qsort = ctypes.CDLL(None).qsort
    qsort.restype = None
    numbers = (ctypes.c_int * 2)(2, 1)
    qsort(numbers, len(numbers), ctypes.sizeof(ctypes.c_int), compare_type(compare))


# What calls a Python function, and lets its exceptions through.
CALLERS = {
    "sorted": lambda action: sorted([1], key=lambda _: action()),
    "list.sort": lambda action: [1].sort(key=lambda _: action()),
    "max": lambda action: max([1], key=lambda _: action()),
    "re.sub": lambda action: re.sub("x", lambda _: action() or "", "x"),
    "functools.reduce": by_reduce,
    "map": lambda action: list(map(lambda _: action(), [1])),
    "__eq__": by_eq,
    "exception": by_exception,
    "generator": by_generator,
    "trace function": by_trace_function,
    "import": by_import,
    "Context.run": lambda action: contextvars.copy_context().run(lambda: action()),
    "class body": by_class_body,
    "metaclass": by_metaclass,
    "pickle": by_pickle,
    "twice": lambda action: sorted([1], key=lambda _: max([1], key=lambda _: action())),
}
# What reports them to sys.unraisablehook.
SILENT_CALLERS = {"__del__": by_del, "weakref": by_weakref, "qsort": by_qsort}
ALL_CALLERS = CALLERS | SILENT_CALLERS
# Those that do not run as frames of the loop: see test_nothing_nests.py.
C_CALLERS = ("qsort", "pickle")


def call_by(caller, action):
    """Calls the action from C, and returns its result whatever the C function makes of it."""
    results = []

    # The callers want nothing to be returned.
    def call():
        results.append(action())

    caller(call)
    return results.pop() if results else None


def call_from_c(action):
    return call_by(CALLERS["pickle"], action)


def fail():
    raise ValueError("reason")


class NestingTestCase(StacklessTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, sys, "unraisablehook", sys.unraisablehook)
        self.unraisable = []
        sys.unraisablehook = lambda unraisable: self.unraisable.append(unraisable.exc_type)

    def check(self, expected, scenario, callers=ALL_CALLERS):
        """The scenario gets what it has to make its calls with. It logs the same with each."""
        calls = {"no C code": lambda action: action()}
        for name, caller in callers.items():
            calls[name] = functools.partial(call_by, caller)
        for name, call in calls.items():
            with self.subTest(caller=name):
                del self.log[:]
                scenario(call)
                self.assertEqual(self.log, expected)
                self.assertEqual(run_queue(), [stackless.getmain()])
                self.assertEqual(self.unraisable, [])


class CallersTest(NestingTestCase):
    def test_some_are_c_code(self):
        def look(caller):
            call_by(caller, lambda: self.log.append(stackless.getcurrent().nesting_level))

        for name in C_CALLERS:
            caller = ALL_CALLERS[name]
            with self.subTest(caller=name):
                self.start(look, caller)
                stackless.run()
                self.assertGreater(self.log.pop(), 0)


class SchedulerTest(NestingTestCase):
    def test_schedule(self):
        def scenario(call):
            def work(name):
                for number in range(3):
                    self.log.append((name, number, call(lambda: schedule(name))))

            for name in "ab":
                self.start(work, name)
            stackless.run()

        self.check([(name, number, name) for number in range(3) for name in "ab"], scenario)

    def test_schedule_with_one_in_c_code_and_one_not(self):
        def scenario(call):
            def nested():
                for number in range(3):
                    call(lambda: schedule())
                    self.log.append(number)

            def flat():
                for letter in "abc":
                    schedule()
                    self.log.append(letter)

            self.start(nested)
            self.start(flat)
            stackless.run()

        self.check([0, "a", 1, "b", 2, "c"], scenario)

    def test_schedule_remove(self):
        def scenario(call):
            def work():
                self.log.append(call(lambda: schedule_remove("unused")))

            paused = self.pause(work)
            self.start(self.note, "other")
            stackless.run()
            paused.tempval = "tempval"
            paused.insert()
            stackless.run()
            self.assertFalse(paused.alive)

        self.check(["other", "tempval"], scenario)

    def test_twice_in_one_call(self):
        def scenario(call):
            def twice():
                self.log.append(1)
                schedule()
                self.log.append(2)
                schedule()
                self.log.append(3)

            self.start(call, twice)
            self.start(call, twice)
            stackless.run()

        self.check([1, 1, 2, 2, 3, 3], scenario)

    def test_run(self):
        def scenario(call):
            def work():
                self.start(self.note, "started")
                call(lambda: stackless.run())
                self.log.append("after run()")

            self.start(work)
            self.start(self.note, "bystander")
            stackless.run()

        self.check(["bystander", "started", "after run()"], scenario)

    def test_error_of_another_one_comes_out_of_run(self):
        def scenario(call):
            def work():
                self.start(fail)
                try:
                    call(lambda: stackless.run())
                except ValueError as error:
                    self.log.append(str(error))

            self.start(work)
            stackless.run()

        self.check(["reason"], scenario, CALLERS)

    def test_tasklet_that_is_bound_there(self):
        def scenario(call):
            def work():
                begun = call(lambda: self.start(self.note, "begun"))
                call(lambda: begun.run())
                self.log.append(begun.alive)

            self.start(work)
            stackless.run()

        self.check(["begun", False], scenario)

    def test_ends_while_others_stand_there(self):
        def scenario(call):
            def work(rounds):
                for _ in range(rounds):
                    call(lambda: schedule())
                self.log.append(rounds)

            for rounds in (3, 1, 2):
                self.start(work, rounds)
            stackless.run()

        self.check([1, 2, 3], scenario)


class ChannelTest(NestingTestCase):
    def test_receive_first(self):
        def scenario(call):
            meeting = channel()
            self.start(lambda: self.log.append(call(lambda: meeting.receive())))
            self.start(lambda: self.log.append(meeting.send("value")))
            stackless.run()

        self.check(["value", None], scenario)

    def test_receive_second(self):
        def scenario(call):
            meeting = channel()
            self.start(lambda: self.log.append(meeting.send("value")))
            self.start(lambda: self.log.append(call(lambda: meeting.receive())))
            stackless.run()

        self.check(["value", None], scenario)

    def test_send_first(self):
        def scenario(call):
            meeting = channel()
            self.start(lambda: self.log.append(call(lambda: meeting.send("value"))))
            self.start(lambda: self.log.append(meeting.receive()))
            stackless.run()

        self.check(["value", None], scenario)

    def test_send_second(self):
        def scenario(call):
            meeting = channel()
            self.start(lambda: self.log.append(meeting.receive()))
            self.start(lambda: self.log.append(call(lambda: meeting.send("value"))))
            stackless.run()

        self.check(["value", None], scenario)

    def test_both_sides(self):
        def scenario(call):
            meeting = channel()

            def produce():
                for number in range(3):
                    call(lambda: meeting.send(number))
                self.log.append("sent")

            def consume():
                for _ in range(3):
                    self.log.append(call(lambda: meeting.receive()))

            self.start(consume)
            self.start(produce)
            stackless.run()

        self.check([0, 1, 2, "sent"], scenario)

    def test_preferences(self):
        expected = {
            -1: ["got 0", "got 1", "sent 0", "sent 1"],
            0: ["sent 0", "got 0", "got 1", "sent 1"],
            1: ["sent 0", "got 0", "sent 1", "got 1"],
        }
        for preference in expected:

            def scenario(call):
                meeting = channel()
                meeting.preference = preference

                def receive():
                    for _ in range(2):
                        self.log.append(f"got {call(lambda: meeting.receive())}")

                def send(number):
                    call(lambda: meeting.send(number))
                    self.log.append(f"sent {number}")

                self.start(receive)
                self.start(send, 0)
                self.start(send, 1)
                stackless.run()

            with self.subTest(preference=preference):
                self.check(expected[preference], scenario)

    def test_exceptions(self):
        def scenario(call):
            meeting = channel()

            def receive():
                try:
                    call(lambda: meeting.receive())
                except KeyError as error:
                    self.log.append(error.args)

            self.start(receive)
            self.start(call, lambda: meeting.send_exception(KeyError, "first"))
            self.start(call, lambda: meeting.send_throw(KeyError, "second"))
            self.start(receive)
            stackless.run()

        self.check([("first",), ("second",)], scenario, CALLERS)

    def test_sequence_and_iteration(self):
        def scenario(call):
            meeting = channel()

            def produce():
                self.log.append(call(lambda: meeting.send_sequence("abc")))
                call(lambda: meeting.send_exception(StopIteration))

            self.start(lambda: self.log.append(call(lambda: [item for item in meeting])))
            self.start(produce)
            stackless.run()

        self.check([3, ["a", "b", "c"]], scenario)

    def test_block_trap(self):
        def scenario(call):
            def work():
                stackless.getcurrent().block_trap = True
                try:
                    call(lambda: channel().receive())
                except RuntimeError:
                    self.log.append("trapped")

            self.start(work)
            stackless.run()

        self.check(["trapped"], scenario, CALLERS)

    def test_the_last_one_cannot_wait_there(self):
        def scenario(call):
            def wait():
                try:
                    call(lambda: channel().receive())
                except RuntimeError as error:
                    self.log.append(str(error).partition(":")[0])
                other.send("value")

            other = channel()
            self.start(wait)
            self.log.append(other.receive())
            stackless.run()

        self.check(["Deadlock", "value"], scenario, CALLERS)

    def test_trap_is_respected(self):
        def scenario(call):
            def work():
                stackless.switch_trap(1)
                try:
                    call(lambda: schedule())
                except RuntimeError:
                    self.log.append("trapped")
                finally:
                    stackless.switch_trap(-1)

            self.start(work)
            self.start(self.note, "other")
            stackless.run()

        self.check(["trapped", "other"], scenario, CALLERS)


class FromThereTest(NestingTestCase):
    """Methods of another tasklet are called from C code."""

    def wait(self):
        try:
            self.log.append(("waited", schedule_remove("tempval")))
        except (ValueError, TaskletExit) as error:
            self.log.append(repr(error))

    def check_method(self, expected, method):
        def scenario(call):
            other = self.pause(self.wait)

            def work():
                call(lambda: method(other))
                self.log.append("after")

            working = self.start(work)
            self.start(self.note, "bystander")
            stackless.run()
            if working.alive:
                self.log.append("removed")
                working.kill()

        self.check(expected, scenario)

    def test_run(self):
        self.check_method([("waited", "tempval"), "after", "bystander"], lambda other: other.run())

    def test_switch(self):
        def scenario(call):
            other = self.pause(self.wait)
            switching = self.start(call, lambda: self.log.append(other.switch()))
            stackless.run()
            self.assertTrue(switching.paused)
            switching.insert()
            stackless.run()

        # A caller that is resumed gets its own tempval.
        self.check([("waited", "tempval"), None], scenario)

    def test_kill(self):
        self.check_method(["TaskletExit()", "after", "bystander"], lambda other: other.kill())

    def test_pending_kill(self):
        self.check_method(
            ["after", "bystander", "TaskletExit()"], lambda other: other.kill(pending=True)
        )

    def test_throw(self):
        self.check_method(
            ["ValueError('x')", "after", "bystander"], lambda other: other.throw(ValueError("x"))
        )

    def test_raise_exception(self):
        self.check_method(
            ["ValueError('x')", "after", "bystander"],
            lambda other: other.raise_exception(ValueError, "x"),
        )

    def test_insert_and_remove(self):
        self.check_method(
            ["after", "bystander", ("waited", "tempval")],
            lambda other: (other.insert(), other.remove(), other.insert()) and None,
        )

    def test_itself(self):
        def scenario(call):
            def work(method):
                try:
                    self.log.append(call(lambda: method(stackless.getcurrent())))
                except (ValueError, TaskletExit) as error:
                    self.log.append(repr(error))

            self.start(work, tasklet.run)
            self.start(work, lambda own: own.throw(ValueError("x")))
            self.start(work, tasklet.kill)
            stackless.run()

        self.check([None, "ValueError('x')", "TaskletExit()"], scenario, CALLERS)


class IntoThereTest(NestingTestCase):
    """The tasklet whose methods are called stands in C code."""

    def check_method(self, expected, method, callers=CALLERS):
        def scenario(call):
            def wait():
                try:
                    self.log.append(("waited", call(lambda: schedule_remove("tempval"))))
                except (ValueError, TaskletExit) as error:
                    self.log.append(repr(error))

            waiting = self.pause(wait)
            method(waiting)
            self.log.append("after")
            stackless.run()
            self.assertFalse(waiting.alive)

        self.check(expected, scenario, callers)

    def test_run(self):
        expected = [("waited", "tempval"), "after"]
        self.check_method(expected, lambda other: other.run(), ALL_CALLERS)

    def test_switch(self):
        expected = [("waited", "tempval"), "after"]
        self.check_method(expected, lambda other: other.switch(), ALL_CALLERS)

    def test_insert(self):
        expected = ["after", ("waited", "tempval")]
        self.check_method(expected, lambda other: other.insert(), ALL_CALLERS)

    def test_kill(self):
        self.check_method(["TaskletExit()", "after"], lambda other: other.kill())

    def test_pending_kill(self):
        self.check_method(["after", "TaskletExit()"], lambda other: other.kill(pending=True))

    def test_throw(self):
        self.check_method(["ValueError('x')", "after"], lambda other: other.throw(ValueError("x")))

    def test_raise_exception(self):
        self.check_method(
            ["ValueError('x')", "after"], lambda other: other.raise_exception(ValueError, "x")
        )

    def test_uncaught_kill(self):
        def scenario(call):
            waiting = self.pause(call, schedule_remove)
            waiting.kill()
            self.log.append(waiting.alive)

        self.check([False], scenario, CALLERS)

    def test_kill_of_a_blocked_one(self):
        for action in (channel.receive, lambda subject: subject.send("x")):

            def scenario(call):
                subject = channel()
                waiting = self.block(call, lambda: action(subject))
                waiting.kill()
                self.log.append((waiting.alive, subject.balance))

            self.check([(False, 0)], scenario, CALLERS)

    def test_exceptions_that_c_code_keeps_to_itself(self):
        for name, caller in SILENT_CALLERS.items():
            for error in (ValueError, TaskletExit):
                with self.subTest(caller=name, error=error):
                    del self.log[:], self.unraisable[:]

                    def wait():
                        call_by(caller, schedule_remove)
                        self.log.append("goes on")

                    waiting = self.pause(wait)
                    waiting.raise_exception(error)
                    self.assertEqual(self.log, ["goes on"])
                    self.assertEqual(self.unraisable, [error])
                    self.assertFalse(waiting.alive)

    def test_remove_from_the_run_queue(self):
        def scenario(call):
            waiting = self.start(lambda: self.log.append(call(lambda: schedule("back"))))
            schedule()
            waiting.remove()
            stackless.run()
            self.log.append("removed")
            waiting.insert()
            stackless.run()

        self.check(["removed", "back"], scenario)

    def test_from_one_to_another(self):
        def scenario(call):
            first = self.pause(lambda: self.log.append(call(lambda: schedule_remove("first"))))
            second = self.pause(lambda: self.log.append(call(lambda: schedule_remove("second"))))

            def work():
                call(lambda: second.run())
                call(lambda: first.switch())

            working = self.start(work)
            stackless.run()
            self.assertTrue(working.paused)
            working.run()

        self.check(["second", "first"], scenario)


class ErrorTest(NestingTestCase):
    def test_uncaught_in_c_code(self):
        def scenario(call):
            def raise_later():
                schedule()
                fail()

            failing = self.start(call, raise_later)
            self.start(self.note, "bystander")
            with self.assertRaisesRegex(ValueError, "reason"):
                stackless.run()
            self.log.append(failing.alive)
            stackless.run()

        self.check(["bystander", False], scenario, CALLERS)

    def test_traceback(self):
        def scenario(call):
            def work():
                call(later)

            def later():
                schedule()
                fail()

            self.start(work)
            try:
                stackless.run()
            except ValueError as error:
                names = functions_of(error.__traceback__)
            self.log += [name for name in names if name in ("scenario", "work", "later", "fail")]

        self.check(["scenario", "work", "later", "fail"], scenario, CALLERS)

    def test_traceback_of_what_is_thrown(self):
        def scenario(call):
            def work():
                call(lambda: later())

            def later():
                schedule_remove()

            waiting = self.pause(work)
            try:
                waiting.throw(ValueError)
            except ValueError as error:
                names = functions_of(error.__traceback__)
            self.log += [name for name in names if name in ("scenario", "work", "later")]

        self.check(["scenario", "work", "later"], scenario, CALLERS)

    def test_each_handles_its_own_exception(self):
        def scenario(call):
            def look():
                self.log.append(str(sys.exc_info()[1]))

            def handle(reason):
                try:
                    raise KeyError(reason)
                except KeyError:
                    call(lambda: (look(), schedule(), look()) and None)
                    look()

            for reason in (1, 2):
                self.start(handle, reason)
            self.start(lambda: self.log.append(sys.exc_info()))
            stackless.run()
            self.log.append(sys.exc_info())

        none = (None, None, None)
        self.check(["1", "2", none, "1", "1", "2", "2", none], scenario)

    def test_exception_handled_inside_of_the_c_code(self):
        def scenario(call):
            def handle(reason):
                def inside():
                    try:
                        raise KeyError(reason)
                    except KeyError:
                        schedule()
                        self.log.append(str(sys.exc_info()[1]))
                    self.log.append(sys.exc_info()[1])

                call(inside)
                self.log.append(sys.exc_info()[1])

            for reason in (1, 2):
                self.start(handle, reason)
            stackless.run()

        self.check(["1", None, None, "2", None, None], scenario)

    def test_bare_raise_right_after_a_switch(self):
        def scenario(call):
            def handle(reason):
                try:
                    try:
                        raise KeyError(reason)
                    except KeyError:
                        call(lambda: schedule())
                        raise
                except KeyError as error:
                    self.log.append(str(error))

            for reason in (1, 2):
                self.start(handle, reason)
            stackless.run()

        self.check(["1", "2"], scenario)

    def test_bare_raise_inside_of_the_c_code(self):
        def scenario(call):
            def handle(reason):
                def raise_again():
                    schedule()
                    raise

                try:
                    try:
                        raise KeyError(reason)
                    except KeyError:
                        call(raise_again)
                except KeyError as error:
                    self.log.append(str(error))

            for reason in (1, 2):
                self.start(handle, reason)
            stackless.run()

        self.check(["1", "2"], scenario, CALLERS)

    def test_context_of_an_exception(self):
        def scenario(call):
            def handle(reason):
                try:
                    try:
                        raise KeyError(reason)
                    except KeyError:
                        call(lambda: schedule())
                        fail()
                except ValueError as error:
                    self.log.append(str(error.__context__))

            for reason in (1, 2):
                self.start(handle, reason)
            stackless.run()

        self.check(["1", "2"], scenario)

    def test_exception_handled_around_the_scheduler(self):
        def scenario(call):
            self.start(call, lambda: (schedule(), self.log.append(sys.exc_info()[1])) and None)
            try:
                fail()
            except ValueError as error:
                stackless.run()
                self.log.append(sys.exc_info()[1] is error)

        self.check([None, True], scenario)

    def test_generator_that_handles_one(self):
        def scenario(call):
            def generate(reason):
                try:
                    raise KeyError(reason)
                except KeyError:
                    call(lambda: schedule())
                    yield str(sys.exc_info()[1])

            def consume(reason):
                self.log.extend(generate(reason))
                self.log.append(sys.exc_info()[1])

            for reason in (1, 2):
                self.start(consume, reason)
            stackless.run()

        self.check(["1", None, "2", None], scenario)

    def test_context_managers(self):
        def scenario(call):
            @contextlib.contextmanager
            def manager(name):
                self.log.append(f"enter {name}")
                try:
                    yield
                finally:
                    call(lambda: schedule())
                    self.log.append(f"exit {name}")

            def work(name):
                with contextlib.suppress(ValueError), manager(name):
                    call(lambda: schedule())
                    fail()

            for name in "ab":
                self.start(work, name)
            stackless.run()

        self.check(["enter a", "enter b", "exit a", "exit b"], scenario)


class StateTest(NestingTestCase):
    def test_context_variables(self):
        variable = contextvars.ContextVar("variable", default="unset")

        def scenario(call):
            def work(value):
                call(lambda: variable.set(value) and None)
                call(lambda: schedule())
                self.log.append(call(lambda: variable.get()))

            for value in (1, 2):
                self.start(work, value)
            stackless.run()
            self.log.append(variable.get())

        callers = dict(ALL_CALLERS)
        del callers["Context.run"]  # runs it in another context
        self.check([1, 2, "unset"], scenario, callers)

    def test_context_run(self):
        variable = contextvars.ContextVar("variable", default="unset")

        def inside(value):
            variable.set(value)
            schedule()
            self.log.append(variable.get())

        def work(value):
            contextvars.copy_context().run(lambda: inside(value))
            self.log.append(variable.get())

        for value in (1, 2):
            self.start(work, value)
        stackless.run()
        self.assertEqual(self.log, [1, "unset", 2, "unset"])

    def test_recursion_depth(self):
        def recurse(levels):
            if levels:
                return recurse(levels - 1)
            before = stackless.getcurrent().recursion_depth
            call_from_c(schedule)
            return before, stackless.getcurrent().recursion_depth

        def work(levels):
            self.log.append(recurse(levels))

        for levels in (0, 50, 5):
            self.start(work, levels)
        stackless.run()
        (flat, flat_after), (deep, deep_after), (less, less_after) = self.log
        self.assertEqual((flat_after, deep_after, less_after), (flat, deep, less))
        self.assertEqual((deep - flat, less - flat), (50, 5))

    def test_recursion_depth_of_one_that_waits(self):
        flat = self.pause(schedule_remove)
        nested = self.pause(call_from_c, schedule_remove)
        self.assertGreater(nested.recursion_depth, flat.recursion_depth)
        nested.kill()

    def test_nesting_level(self):
        def look():
            self.log.append(stackless.getcurrent().nesting_level)

        def work():
            look()
            call_from_c(look)
            call_from_c(lambda: call_from_c(look))
            look()

        self.start(work)
        stackless.run()
        outside, inside, deeper, outside_again = self.log
        self.assertEqual((outside, outside_again), (0, 0))
        self.assertGreater(inside, 0)
        self.assertGreater(deeper, inside)

    def test_nesting_level_of_one_that_waits(self):
        flat = self.pause(schedule_remove)
        nested = self.pause(call_from_c, schedule_remove)
        self.assertEqual(flat.nesting_level, 0)
        self.assertGreater(nested.nesting_level, 0)
        nested.kill()
        self.assertEqual(nested.nesting_level, 0)

    def test_restorable(self):
        def look():
            self.log.append(stackless.getcurrent().restorable)

        self.start(look)
        self.start(call_from_c, look)
        stackless.run()
        self.assertEqual(self.log, [True, False])

    def test_frame_of_one_that_waits(self):
        def wait():
            schedule_remove()

        def work():
            call_from_c(wait)

        waiting = self.pause(work)
        names = []
        frame = waiting.frame
        while frame is not None:
            names.append(frame.f_code.co_name)
            frame = frame.f_back
        self.assertEqual((names[0], names[-1]), ("wait", "work"))
        waiting.kill()

    def test_trace_function_is_its_own(self):
        def record(frame, event, argument):
            if frame.f_code is seen.__code__:
                self.log.append(event)

        def seen():
            pass

        def traced():
            sys.settrace(record)
            call_from_c(lambda: (schedule(), seen()))
            sys.settrace(None)

        def plain():
            seen()
            self.log.append(sys.gettrace())

        self.start(traced)
        self.start(plain)
        stackless.run()
        self.assertEqual(self.log, [None, "call"])

    def test_schedule_callback(self):
        def callback(previous, following):
            self.log.append((names.get(previous), names.get(following)))

        def scenario(call):
            names.clear()
            names[stackless.getmain()] = "main"
            names[self.start(call, lambda: schedule())] = "a"
            names[self.start(self.note, "b runs")] = "b"
            stackless.set_schedule_callback(callback)
            stackless.run()
            stackless.set_schedule_callback(None)

        names = {}
        self.check(
            [
                ("main", "a"),
                ("a", "b"),
                "b runs",
                ("b", None),
                (None, "a"),
                ("a", None),
                (None, "main"),
            ],
            scenario,
        )


class MainTest(NestingTestCase):
    def test_run(self):
        for name, caller in ALL_CALLERS.items():
            with self.subTest(caller=name):
                self.start(self.note, name)
                call_by(caller, stackless.run)
        self.assertEqual(self.log, list(ALL_CALLERS))

    def test_schedule(self):
        self.start(self.note, "other")
        call_from_c(lambda: self.log.append(schedule("back")))
        self.assertEqual(self.log, ["other", "back"])

    def test_receive(self):
        meeting = channel()
        self.start(meeting.send_sequence, [2, 3, 1])
        self.assertEqual(sorted("abc", key=lambda item: meeting.receive()), ["c", "a", "b"])
        stackless.run()

    def test_send(self):
        meeting = channel()

        def receive():
            for _ in range(3):
                self.log.append(meeting.receive())

        self.start(receive)
        sorted([3, 1, 2], key=lambda item: meeting.send(item) or item)
        self.assertEqual(self.log, [3, 1, 2])

    def test_channel_driven_by_a_builtin(self):
        meeting = channel()

        def produce():
            meeting.send_sequence([1, 2, 3])
            meeting.send_exception(StopIteration)

        self.start(produce)
        self.assertEqual(list(meeting), [1, 2, 3])
        stackless.run()
        self.start(produce)
        self.assertEqual(sum(meeting), 6)
        stackless.run()

    def test_generator_driven_by_a_builtin(self):
        def generator():
            yield schedule(1)
            yield schedule(2)

        self.start(self.note, "first")
        self.assertEqual(list(generator()), [1, 2])
        self.assertEqual(self.log, ["first"])

    def test_twice_in_c_code(self):
        self.start(self.note, "inner")
        call_from_c(lambda: call_from_c(lambda: self.log.append(stackless.run())))
        self.assertEqual(self.log, ["inner", None])

    def test_again_and_again(self):
        meeting = channel()

        def echo():
            while True:
                meeting.send(meeting.receive() + 1)

        echoing = self.start(echo)

        def ask(number):
            meeting.send(number)
            return meeting.receive()

        for number in range(200):
            self.assertEqual(max([number], key=ask), number)
        echoing.kill()

    def test_tasklet_begun_inside_ends_outside(self):
        meeting = channel()

        def work():
            self.log.append("begun")
            self.log.append(meeting.receive())

        self.start(work)
        call_from_c(stackless.run)
        self.log.append("outside")
        meeting.send("ended")
        self.assertEqual(self.log, ["begun", "outside", "ended"])

    def test_tasklet_begun_outside_ends_inside(self):
        meeting = channel()

        def work():
            self.log.append(meeting.receive())

        self.block(work)
        call_from_c(lambda: meeting.send("ended"))
        self.assertEqual(self.log, ["ended"])

    def test_tasklet_that_lives_through_levels(self):
        def work():
            for number in range(6):
                self.log.append(number)
                schedule()

        self.start(work)
        schedule()
        call_from_c(lambda: (schedule(), call_from_c(schedule), schedule()) and None)
        schedule()
        self.assertEqual(self.log, [0, 1, 2, 3, 4])
        stackless.run()

    def test_error_of_a_tasklet_comes_through_the_c_code(self):
        def fail():
            raise ValueError("reason")

        self.start(fail)
        with self.assertRaisesRegex(ValueError, "reason"):
            call_from_c(stackless.run)
        self.assertEqual(run_queue(), [stackless.getmain()])

    def test_deadlock_is_noticed(self):
        subject = channel()
        with self.assertRaisesRegex(RuntimeError, "Deadlock"):
            call_from_c(subject.receive)
        self.assertEqual(subject.balance, 0)

    def test_tasklets_are_not_nested_because_main_is(self):
        def look():
            schedule()
            self.log.append(stackless.getcurrent().nesting_level)

        self.start(look)
        self.start(look)
        call_from_c(stackless.run)
        self.assertEqual(self.log, [0, 0])

    def test_tasklet_killed_from_inside(self):
        def wait():
            try:
                schedule_remove()
            finally:
                self.log.append("finally")

        waiting = self.pause(wait)
        call_from_c(waiting.kill)
        self.assertEqual(self.log, ["finally"])
        self.assertFalse(waiting.alive)


if __name__ == "__main__":
    unittest.main()
