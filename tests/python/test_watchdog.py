"""run() with a limit: tasklets that are interrupted, wherever they are, and lose nothing by it."""

import asyncio
import contextlib
import dis
import faulthandler
import sys
import threading
import traceback
import unittest
import weakref

import stackless
from stackless import channel, schedule, schedule_remove, tasklet
from support import StacklessTestCase, call_from_c, collect, functions_of, needs_soft_switching, run_queue


def setUpModule():
    faulthandler.dump_traceback_later(120, exit=True)


def tearDownModule():
    faulthandler.cancel_dump_traceback_later()


needs_soft_switches = unittest.skipUnless(
    stackless.enable_softswitch(None), "every tasklet that has run holds a C stack"
)


def spin():
    while True:
        pass


def error_of(function, *args):
    """The exception of a call, with its traceback."""
    try:
        function(*args)
    except Exception as error:
        return error
    raise AssertionError("no exception")


# ---- Programs to interrupt. Each returns what it has done.


def loops():
    done = []
    for i in range(3):
        for j in "ab":
            if i == 1:
                continue
            done.append((i, j))
    else:
        done.append("else")
    while True:
        i += 1
        if i > 4:
            break
    while i: i -= 1  # noqa: E701 (one line that jumps to itself)
    done.append(i)
    return done


def try_finally():
    done = []

    def leave(how):
        for _ in range(2):
            try:
                if how == "return":
                    return "returned"
                if how == "break":
                    break
                if how == "continue":
                    continue
                if how == "raise":
                    raise KeyError(how)
                done.append(how)
            finally:
                done.append("finally")
        return "end"

    for how in ("return", "break", "continue", "pass", "raise"):
        try:
            done.append(leave(how))
        except KeyError as error:
            done.append(str(error))
    return done


def exceptions():
    done = []
    try:
        try:
            [][0]
        except IndexError as error:
            done.append(type(error).__name__)
            raise ValueError("second") from error
    except ValueError as error:
        done.append((str(error), type(error.__cause__).__name__))
        done.append(functions_of(error.__traceback__))
    try:
        raise ExceptionGroup("group", [TypeError(1), KeyError(2), OSError(3)])
    except* (TypeError, KeyError) as group:
        done.append([str(error) for error in group.exceptions])
    except* OSError as group:
        done.append(len(group.exceptions))
    done.append(sys.exc_info())
    return done


def with_blocks():
    done = []

    class Manager:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            done.append("enter " + self.name)
            return self

        def __exit__(self, kind, value, tb):
            done.append((self.name, kind))
            return kind is ValueError

    @contextlib.contextmanager
    def generated():
        done.append("begin")
        try:
            yield 1
        finally:
            done.append("end")

    with Manager("a") as a, Manager("b"), generated() as one:
        done.append((a.name, one))
    with Manager("c"):
        raise ValueError
    for _ in range(2):
        with generated():
            break
    return done


def generators():
    def count(limit):
        try:
            for number in range(limit):
                got = yield number
                if got:
                    yield got * 2
        finally:
            yield "finally"

    def delegate():
        result = yield from count(2)
        yield result

    sending = count(3)
    done = [next(sending), sending.send(5), *sending]
    done += delegate()
    done.append(sum(x * x for x in range(4) if x != 2))
    return done


def comprehensions():
    table = {key: [key * i for i in range(3)] for key in "xy"}
    matrix = [[row + column for row in range(3)] for column in range(2)]
    return table, matrix, {x % 3 for x in range(7)}, [*map(lambda x: -x, range(3))]


def classes():
    class Base:
        field = [i for i in range(3)]

        def __init__(self, value):
            self.value = value

        def __init_subclass__(cls, tag=None):
            cls.tag = tag

        def method(self):
            return __class__.__name__, self.value

        @property
        def double(self):
            return self.value * 2

        def __getitem__(self, index):
            return index + self.value

        def __eq__(self, other):
            return self.value == other.value

        def __add__(self, other):
            return type(self)(self.value + other.value)

    class Derived(Base, tag="tagged"):
        def __init__(self, value):
            super().__init__(value + 1)

        def method(self):
            return super().method() + (self.tag,)

    first, second = Derived(1), Base(2)
    total = first + second
    return first.method(), second.double, first[3], first == second, total.value, Derived.field


def formats():
    width, value, text = 7, 3.14159, "text"
    return f"{value:>{width}.2f}|{text!r}|{text + 'x':*^10}|{width=}|{[i for i in range(2)]}"


def calls():
    def target(a, /, b, *rest, c=3, **others):
        return a, b, rest, c, sorted(others.items())

    defaults = {"c": 4, "d": 5}
    return [
        target(1, 2),
        target(1, b=2, c=8, e=9),
        target(1, *[2, 3, 4], **defaults),
        target(*"xyz", x=1, **{"y": 2}),
        dict(a=1, b=2),
        sorted([3, 1, 2], key=lambda x: -x, reverse=True),
        "{}-{name}".format(1, name=2),
        max(1, 2, key=lambda x: -x),
    ]


def matching():
    def describe(subject):
        match subject:
            case {"kind": kind, **rest}:
                return kind, rest
            case [first, *others] if first:
                return "list", first, others
            case complex(real=1, imag=imag):
                return "complex", imag
            case 0 | None:
                return "nothing"
            case str() as text:
                return text
            case _:
                return "?"

    subjects = [{"kind": 1, "x": 2}, [1, 2, 3], [0], 1 + 2j, None, 0, "s", 2.5]
    return [describe(subject) for subject in subjects]


def coroutines():
    done = []

    class Ready:
        def __await__(self):
            got = yield "wait"
            return got

    class Manager:
        async def __aenter__(self):
            return await Ready()

        async def __aexit__(self, *exc_info):
            done.append(await Ready())

    async def numbers():
        for number in range(3):
            yield number + await Ready()

    async def work():
        async with Manager() as got:
            done.append(got)
            async for number in numbers():
                done.append(number)
            done.append([number async for number in numbers() if number])
        return "result"

    coroutine = work()
    try:
        coroutine.send(None)
        while True:
            coroutine.send(1)
    except StopIteration as stop:
        done.append(stop.value)
    return done


def event_loop():
    async def double(number):
        await asyncio.sleep(0)
        return number * 2

    async def both():
        return await asyncio.gather(double(1), double(2))

    return asyncio.run(both())


def closures():
    def make(step):
        total = 0

        def add():
            nonlocal total
            total += step
            return total

        return add

    add, other = make(2), make(5)

    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    return add(), other(), add(), fib(6)


def unpacking():
    a, (b, *c), d = 1, (2, 3, 4), 5
    e = {**{"x": 1}, "y": 2}
    x = y = [*range(3), *"ab"]
    del x[1:3]
    x[0], y[-1] = y[-1], x[0]
    assert a == 1, "message"
    return a, b, c, d, e, x, a < b < d, a and b or c, not a, (n := 3) + n, x[::2]


PROGRAMS = [
    loops,
    try_finally,
    exceptions,
    with_blocks,
    generators,
    comprehensions,
    classes,
    formats,
    calls,
    matching,
    coroutines,
    closures,
    unpacking,
]


class WatchdogTestCase(StacklessTestCase):
    def interrupt(self, function, *args, after=100, **options):
        """A tasklet that was interrupted."""
        started = self.start(function, *args)
        self.assertIs(stackless.run(after, **options), started)
        return started

    def keep_running(self, timeout, **options):
        """Lets each interrupted tasklet go on until none is left. Returns how many there were."""
        interruptions = 0
        while (interrupted := stackless.run(timeout, **options)) is not None:
            interrupted.insert()
            interruptions += 1
        return interruptions


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


class InterruptedTest(WatchdogTestCase):
    """What an interrupted tasklet is."""

    def test_returned_removed_and_paused(self):
        busy = self.interrupt(spin)
        self.assertTrue(busy.alive and busy.paused)
        self.assertFalse(busy.scheduled or busy.blocked or busy.is_current)
        self.assertIsNone(busy.next)
        self.assertIsNone(busy.prev)
        self.assertEqual(run_queue(), [stackless.getmain()])
        self.assertIs(busy.frame.f_code, spin.__code__)
        busy.kill()
        self.assertFalse(busy.alive)

    def test_none_when_the_queue_ran_empty(self):
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(1000))
        self.assertIsNone(stackless.run(1000))
        self.assertEqual(self.log, ["ran"])

    def test_no_limit_is_left_behind(self):
        self.interrupt(spin).kill()
        self.start(lambda: [self.log.append(i) for i in range(1000)])
        self.assertIsNone(stackless.run())
        self.assertEqual(self.log, list(range(1000)))

    def test_the_others_keep_their_places(self):
        first, busy, last = (
            self.start(self.note, "first"),
            self.start(spin),
            self.start(self.note, "last"),
        )
        self.assertIs(stackless.run(100), busy)
        self.assertEqual(self.log, ["first"])
        self.assertEqual(run_queue()[1:], [last])
        busy.insert()
        self.assertEqual(run_queue()[1:], [last, busy])
        last.remove()
        self.assertFalse(first.alive)
        busy.remove().kill()

    def test_run_and_switch_let_it_go_on(self):
        def count():
            for number in range(30):
                self.log.append(number)
            schedule_remove()

        for method in (tasklet.run, tasklet.switch):
            self.log.clear()
            counting = self.interrupt(count, after=20)
            self.assertLess(len(self.log), 30)
            if method is tasklet.switch:
                self.start(stackless.getmain().insert)
            method(counting)
            self.assertEqual(self.log, list(range(30)))
            counting.kill()

    def test_tempval_is_of_no_use_to_it(self):
        def work():
            for number in range(100):
                self.log.append(number)

        working = self.interrupt(work)
        working.tempval = "ignored"
        working.insert()
        stackless.run()
        self.assertEqual(self.log, list(range(100)))

    @needs_soft_switches
    def test_rebound(self):
        busy = self.interrupt(spin)
        busy.bind(self.note, ("rebound",))
        busy.insert()
        stackless.run()
        self.assertEqual(self.log, ["rebound"])

    @needs_soft_switches
    def test_unbound(self):
        def work():
            try:
                spin()
            finally:
                self.log.append("finally")

        busy = self.interrupt(work)
        busy.bind(None)
        self.assertFalse(busy.alive)
        self.assertEqual(self.log, [])

    def test_dropped(self):
        class Thing:
            pass

        def work(thing):
            spin()

        thing = Thing()
        reference = weakref.ref(thing)
        busy = self.interrupt(work, thing)
        del thing
        self.assertIsNotNone(reference())
        del busy
        self.assertIsNone(reference())

    def test_collected(self):
        def work(cell):
            spin()

        cell = []
        busy = self.interrupt(work, cell)
        cell.append(busy)
        reference = weakref.ref(busy)
        del busy, cell
        collect()
        self.assertIsNone(reference())

    def test_dropped_inside_c_code(self):
        def work():
            try:
                call_from_c(spin)
            finally:
                self.log.append("finally")

        busy = self.interrupt(work, ignore_nesting=True)
        self.assertGreater(busy.nesting_level, 0)
        del busy
        collect()
        self.assertEqual(self.log, ["finally"])


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


def traced_lines(function):
    """The lines of the function, from its first, as they are executed."""
    lines = []

    def trace(frame, event, argument):
        if frame.f_code is function.__code__:
            if event == "line":
                lines.append(frame.f_lineno - function.__code__.co_firstlineno)
            return trace

    old = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(old)
    return lines


def instructions_per_turn():
    """How many instructions a turn of the loop in count_turns() is."""
    code = list(dis.get_instructions(count_turns))
    jump = next(i for i in code if i.opname.startswith("JUMP_BACKWARD"))
    return sum(1 for i in code if jump.argval <= i.offset <= jump.offset)


def count_turns(turns):
    while True:
        turns[0] += 1


class BudgetTest(WatchdogTestCase):
    def assertBudget(self, turns, budget):
        executed = turns * instructions_per_turn()
        self.assertLessEqual(executed, 1.5 * budget)
        self.assertGreater(executed, budget / 3)

    def test_executed_instructions(self):
        turns = [0]
        counting = self.start(count_turns, turns)
        for budget in (200, 1000, 50_000, 200):
            before = turns[0]
            self.assertIs(stackless.run(budget), counting)
            self.assertBudget(turns[0] - before, budget)
            counting.insert()
        counting.remove().kill()

    def test_each_tasklet_has_its_own(self):
        first, second = [0], [0]
        one, two = self.start(count_turns, first), self.start(count_turns, second)
        self.assertIs(stackless.run(1000), one)
        self.assertEqual(second, [0])
        self.assertIs(stackless.run(1000), two)
        self.assertBudget(first[0], 1000)
        self.assertBudget(second[0], 1000)
        one.kill()
        two.kill()

    def test_renewed_at_each_switch(self):
        def give_way():
            for _ in range(100):
                schedule()
            self.log.append("done")

        for _ in range(2):
            self.start(give_way)
        self.assertIsNone(stackless.run(200))
        self.assertEqual(self.log, ["done"] * 2)

    def test_renewed_in_a_channel(self):
        meeting = channel()

        def receive():
            for item in meeting:
                self.log.append(item)

        self.start(receive)
        self.start(meeting.send_sequence, range(100))
        self.assertIsNone(stackless.run(200))
        self.assertEqual(self.log, list(range(100)))
        meeting.send_exception(StopIteration)

    def test_giving_way_to_nobody_is_no_switch(self):
        def give_way():
            while True:
                schedule()

        alone = self.start(give_way)
        self.assertIs(stackless.run(200), alone)
        alone.kill()

    def test_totaltimeout(self):
        def give_way(turns):
            while True:
                turns[0] += 1
                schedule()

        turns = [0]
        both = {self.start(give_way, turns) for _ in range(2)}
        self.assertIn(stackless.run(1000, totaltimeout=True), both)
        self.assertGreater(turns[0], 20)
        self.assertLess(turns[0], 1000)
        for each in both:
            each.kill()

    def test_the_caller_has_no_limit(self):
        def call():
            self.log.append(stackless.run(50))
            for number in range(200):
                self.log.append(number)

        busy = self.start(spin)
        self.start(call)
        busy.remove()
        busy.insert()  # after the caller
        stackless.run()
        self.assertEqual(self.log, [busy, *range(200)])
        busy.kill()

    def test_long_work_in_c_code_counts_as_one_instruction(self):
        def work():
            self.log.append(sum(range(100_000)))

        self.start(work)
        self.assertIsNone(stackless.run(100))
        self.assertEqual(self.log, [sum(range(100_000))])


class SoftTest(WatchdogTestCase):
    def test_returns_at_the_next_switch(self):
        def work():
            for number in range(200):
                self.log.append(number)
            schedule()
            self.log.append("resumed")

        working = self.start(work)
        self.assertIsNone(stackless.run(50, soft=True))
        self.assertEqual(self.log, list(range(200)))
        self.assertTrue(working.scheduled)
        stackless.run()
        self.assertEqual(self.log[-1], "resumed")

    def test_each_kind_of_switch(self):
        meeting = channel()
        meeting.preference = 1
        other = channel()
        actions = {
            "schedule": lambda partner: schedule(),
            "schedule_remove": lambda partner: schedule_remove(),
            "run": lambda partner: partner.run(),
            "switch": lambda partner: partner.switch(),
            "throw": lambda partner: partner.throw(LookupError),
            "nested run": lambda partner: stackless.run(),
            "block": lambda partner: other.receive(),
            "send": lambda partner: meeting.send(1),
            "end": lambda partner: None,
        }

        def wait():
            try:
                schedule_remove()
            except LookupError:
                pass
            self.log.append("partner")

        for name, action in actions.items():
            with self.subTest(action=name):
                self.log.clear()
                partner = self.pause(wait)
                meeting.preference = -1
                receiving = self.block(lambda: self.log.append(meeting.receive()))

                def act():
                    for _ in range(100):
                        pass
                    action(partner)

                acting = self.start(act)
                self.assertIsNone(stackless.run(50, soft=True))
                self.assertEqual(self.log, [])
                stackless.run()
                for each in (acting, partner, receiving):
                    each.kill()

    def test_tasklets_that_jump_to_each_other_for_ever(self):
        def jump(partner):
            while True:
                partner[0].run()

        partners = [], []
        first, second = (self.start(jump, partner) for partner in partners)
        partners[0].append(second)
        partners[1].append(first)
        self.assertIsNone(stackless.run(1000, soft=True, totaltimeout=True))
        first.kill()
        second.kill()

    def test_the_callback_hears_of_the_switch_that_takes_place(self):
        def callback(prev, next):
            self.log.append((prev, next))

        def work():
            for _ in range(100):
                pass
            paused.run()

        paused = self.pause(schedule_remove)
        working = self.start(work)
        stackless.set_schedule_callback(callback)
        stackless.run(50, soft=True)
        stackless.set_schedule_callback(None)
        main = stackless.getmain()
        self.assertEqual(self.log, [(main, working), (working, main)])
        stackless.run()
        self.assertFalse(paused.alive)

    def test_an_exception_meanwhile(self):
        def fail():
            for _ in range(100):
                pass
            raise ValueError

        self.start(fail)
        with self.assertRaises(ValueError):
            stackless.run(50, soft=True)


class NestingTest(WatchdogTestCase):
    def nested_loop(self):
        for number in range(100):
            self.log.append(number)
            self.assertGreater(stackless.getcurrent().nesting_level, 0)

    def work(self):
        call_from_c(self.nested_loop)
        spin()

    def test_c_code_is_waited_for(self):
        working = self.interrupt(self.work, after=50)
        self.assertEqual(self.log, list(range(100)))
        self.assertEqual(working.nesting_level, 0)
        working.kill()

    def test_ignored_by_argument(self):
        working = self.interrupt(self.work, after=100, ignore_nesting=True)
        self.assertGreater(working.nesting_level, 0)
        self.assertLess(len(self.log), 100)
        working.insert()
        self.assertIs(stackless.run(10_000), working)
        self.assertEqual(self.log, list(range(100)))
        working.kill()

    def test_ignored_by_flag(self):
        working = tasklet(self.work)
        self.assertFalse(working.set_ignore_nesting(True))
        self.assertTrue(working.ignore_nesting)
        working()
        self.assertIs(stackless.run(100), working)
        self.assertGreater(working.nesting_level, 0)
        self.assertTrue(working.set_ignore_nesting(False))
        working.kill()

    def test_sorted_that_is_interrupted_again_and_again(self):
        def sort(numbers):
            self.log.append(sorted(numbers, key=lambda number: -number))

        self.start(sort, range(20))
        self.start(sort, range(10))
        self.assertGreater(self.keep_running(3, ignore_nesting=True), 30)
        self.assertCountEqual(self.log, [[*range(19, -1, -1)], [*range(9, -1, -1)]])


class ForbiddenTest(WatchdogTestCase):
    def check_uninterrupted(self, work):
        """`work` logs numbers where it must not be interrupted, then spins."""
        working = self.interrupt(work, after=20)
        self.assertEqual(self.log, list(range(100)))
        working.kill()

    def numbers(self):
        for number in range(100):
            self.log.append(number)

    def test_set_atomic(self):
        def work():
            current = stackless.getcurrent()
            self.assertFalse(current.set_atomic(True))
            self.numbers()
            self.assertTrue(current.set_atomic(False))
            spin()

        self.check_uninterrupted(work)

    def test_atomic_block(self):
        def work():
            with stackless.atomic():
                with stackless.atomic():
                    pass
                self.assertTrue(stackless.getcurrent().atomic)
                self.numbers()
            spin()

        self.check_uninterrupted(work)

    def test_switch_trap(self):
        def work():
            stackless.switch_trap(1)
            self.numbers()
            stackless.switch_trap(-1)
            spin()

        self.check_uninterrupted(work)

    def test_channel_callback(self):
        def callback(*args):
            self.numbers()

        def work():
            stackless.set_channel_callback(callback)
            meeting.send(1)
            stackless.set_channel_callback(None)
            spin()

        meeting = channel()
        meeting.preference = 0
        waiting = self.block(meeting.receive)
        self.check_uninterrupted(work)
        stackless.run()
        self.assertFalse(waiting.alive)

    def test_schedule_callback(self):
        def callback(prev, next):
            if next is working:
                self.numbers()

        working = self.start(spin)
        stackless.set_schedule_callback(callback)
        self.assertIs(stackless.run(20), working)
        stackless.set_schedule_callback(None)
        self.assertEqual(self.log, list(range(100)))
        working.kill()

    def test_callback_of_the_interruption(self):
        def callback(prev, next):
            self.log.append((prev, next))

        busy = self.start(spin)
        stackless.set_schedule_callback(callback)
        stackless.run(20)
        stackless.set_schedule_callback(None)
        main = stackless.getmain()
        self.assertEqual(self.log, [(main, busy), (busy, main)])
        busy.kill()


class NestedRunTest(WatchdogTestCase):
    def test_a_plain_one_inside(self):
        def call():
            stackless.run()
            self.log.append("returned")

        calling = self.start(call)
        busy = self.start(spin)
        self.assertIs(stackless.run(100), busy)
        # The outer one has returned, and the inner one is over.
        self.assertEqual(self.log, [])
        self.assertTrue(calling.scheduled)
        stackless.run()
        self.assertEqual(self.log, ["returned"])
        busy.kill()

    def test_only_the_outermost_limit_has_effect(self):
        def call(turns):
            self.start(count_turns, turns)
            self.log.append(stackless.run(100))

        turns = [0]
        calling = self.start(call, turns)
        interrupted = stackless.run(10_000)
        self.assertGreater(turns[0] * instructions_per_turn(), 5000)
        self.assertEqual(self.log, [])
        interrupted.kill()
        stackless.run()
        self.assertEqual(self.log, [None])
        self.assertFalse(calling.alive)

    def test_a_limit_inside_a_plain_one(self):
        def call():
            self.log.append(stackless.run(100))

        self.start(call)
        busy = self.start(spin)
        self.assertIsNone(stackless.run())
        self.assertEqual(self.log, [busy])
        busy.kill()

    def test_main_can_be_interrupted(self):
        def call():
            self.log.append(stackless.run(100, ignore_nesting=True))

        self.start(call)
        schedule()
        for _ in range(1000):
            pass
        self.assertEqual(self.log, [stackless.getmain()])

    def test_the_runner_is_killed(self):
        def call():
            stackless.run(100)

        calling = self.start(call)
        calling.run()
        calling.kill()
        busy = self.start(spin)
        self.assertIs(stackless.run(100), busy)
        busy.kill()

    def test_blocked_tasklets(self):
        meeting = channel()
        receivers = [self.start(meeting.receive) for _ in range(3)]
        self.assertIsNone(stackless.run(100))
        self.assertEqual(meeting.balance, -3)
        busy = self.start(spin)
        self.assertIs(stackless.run(100), busy)
        for _ in receivers:
            meeting.send(None)
        busy.kill()

    def test_main_blocked_meanwhile(self):
        """The limit is that of a run() that a tasklet has called."""
        meeting = channel()

        def call():
            busy = self.start(spin)
            self.log.append(stackless.run(100) is busy)
            busy.kill()
            meeting.send("over")

        self.start(call)
        self.assertEqual(meeting.receive(), "over")
        self.assertEqual(self.log, [True])
        stackless.run()


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


class SecondsTest(WatchdogTestCase):
    def test_an_endless_tasklet_is_returned(self):
        busy = self.start(spin)
        self.assertIs(stackless.run(seconds=0.001), busy)
        self.assertTrue(busy.paused)
        busy.kill()

    def test_the_deadline_is_for_all(self):
        def give_way():
            while True:
                schedule()

        several = [self.start(give_way) for _ in range(3)]
        self.assertIn(stackless.run(seconds=0.001), several)
        for each in several:
            each.kill()

    def test_with_a_timeout(self):
        busy = self.start(spin)
        self.assertIs(stackless.run(100, seconds=1e9), busy)
        busy.insert()
        self.assertIs(stackless.run(10**15, seconds=0.001), busy)
        busy.kill()

    def test_soft(self):
        def give_way():
            while True:
                self.log.append("ran")
                schedule()

        several = [self.start(give_way) for _ in range(2)]
        self.assertIsNone(stackless.run(seconds=0.001, soft=True))
        self.assertTrue(self.log)
        for each in several:
            self.assertTrue(each.scheduled)
            each.kill()

    def test_nothing_to_run(self):
        self.assertIsNone(stackless.run(seconds=100))
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(seconds=100))

    def test_none_is_no_limit(self):
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(seconds=None))
        self.assertEqual(self.log, ["ran"])


class ArgumentsTest(WatchdogTestCase):
    def test_bad_arguments(self):
        for error, args, kwargs in [
            (ValueError, (-1,), {}),
            (TypeError, ("1",), {}),
            (TypeError, (1.5,), {}),
            (OverflowError, (2**70,), {}),
            (TypeError, (0, 0, 0, 0, 0, 1), {}),
            (TypeError, (), {"unknown": 1}),
            (ValueError, (), {"seconds": 0}),
            (ValueError, (), {"seconds": -1}),
            (ValueError, (), {"seconds": float("nan")}),
            (TypeError, (), {"seconds": "1"}),
        ]:
            with self.subTest(args=args, kwargs=kwargs):
                with self.assertRaises(error):
                    stackless.run(*args, **kwargs)

    def test_an_infinite_number_of_seconds(self):
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(seconds=float("inf")))
        self.assertEqual(self.log, ["ran"])

    def test_names_and_order(self):
        busy = self.start(spin)
        options = {"threadblock": False, "soft": False, "ignore_nesting": True}
        self.assertIs(stackless.run(timeout=50, totaltimeout=True, **options), busy)
        busy.insert()
        self.assertIs(stackless.run(50, False, False, True, True), busy)
        busy.kill()


if __name__ == "__main__":
    unittest.main()
