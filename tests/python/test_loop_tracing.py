"""Trace and profile functions: which events they see, wherever and whenever they are set."""

import contextlib
import dis
import sys
import threading
import unittest

import stackless
from support import StacklessTestCase
from support_loop import WARM


@contextlib.contextmanager
def restored():
    """Takes trace and profile functions away again, whatever happens."""
    try:
        yield
    finally:
        sys.settrace(None)
        sys.setprofile(None)
        threading.settrace(None)
        threading.setprofile(None)


class Recorder:
    """A trace function that notes the events of functions in this file: (name, line in the function, event)."""

    def __init__(self, *events, opcodes=False):
        self.wanted = events
        self.opcodes = opcodes
        self.events = []

    def __call__(self, frame, event, argument):
        code = frame.f_code
        if code.co_filename != __file__:
            return None
        frame.f_trace_opcodes = self.opcodes
        if event in self.wanted:
            self.events.append((code.co_name, frame.f_lineno - code.co_firstlineno, event))
        return self

    def run(self, function, *args):
        with restored():
            sys.settrace(self)
            try:
                return function(*args)
            finally:
                sys.settrace(None)


def trace(function, *args):
    """The events of a call of a function, but for opcodes."""
    recorder = Recorder("call", "line", "return", "exception")
    with contextlib.suppress(ValueError):
        recorder.run(function, *args)
    return [event for event in recorder.events if event[0] != "run"]


def lines(function, *args):
    """The lines that a call of a function goes through."""
    return [line for name, line, event in trace(function, *args) if event == "line" and name == function.__name__]


class EventTest(unittest.TestCase):
    def check_lines(self, function, *args_and_lines):
        """Before and after the function has been specialised."""
        for _ in range(2):
            for args, expected in args_and_lines:
                self.assertEqual(lines(function, *args), expected)
            for _ in range(WARM):
                for args, _ in args_and_lines:
                    with contextlib.suppress(ValueError):
                        function(*args)

    def test_call_line_return(self):
        def outer():
            x = 1
            x = inner(x)
            return x

        def inner(y):
            return y + 1

        expected = [
            ("outer", 0, "call"),
            ("outer", 1, "line"),
            ("outer", 2, "line"),
            ("inner", 0, "call"),
            ("inner", 1, "line"),
            ("inner", 1, "return"),
            ("outer", 3, "line"),
            ("outer", 3, "return"),
        ]
        for _ in range(3):
            self.assertEqual(trace(outer), expected)
            for _ in range(WARM):
                outer()

    def test_conditions(self):
        def f(a):
            if a < 0:
                result = "negative"
            elif a:
                result = "positive"
            else:
                result = "zero"
            return result

        self.check_lines(f, ((-1,), [1, 2, 7]), ((1,), [1, 3, 4, 7]), ((0,), [1, 3, 6, 7]))

    def test_loops(self):
        def for_loop(values):
            for value in values:
                if value == 2:
                    continue
                if value == 4:
                    break
            else:
                return "else"
            return "break"

        def while_loop(n):
            while n:
                n -= 1
            return n

        def one_line(n):
            while n: n -= 1

        self.check_lines(
            for_loop,
            (([1],), [1, 2, 4, 1, 7]),
            (([2, 4, 5],), [1, 2, 3, 1, 2, 4, 5, 8]),
            (([],), [1, 7]),
        )
        self.check_lines(while_loop, ((2,), [1, 2, 1, 2, 1, 3]))
        self.check_lines(one_line, ((0,), [1]), ((2,), [1, 1]))

    def test_try(self):
        def f(error):
            try:
                if error:
                    raise error
            except ValueError:
                x = "caught"
            else:
                x = "else"
            finally:
                y = "finally"
            return x

        self.check_lines(
            f,
            ((None,), [1, 2, 7, 9, 10]),
            ((ValueError("f"),), [1, 2, 3, 4, 5, 9, 10]),
        )

    def test_with(self):
        def f():
            with contextlib.nullcontext():
                x = 1
            return x

        self.check_lines(f, ((), [1, 2, 1, 3]))

    def test_calls_over_several_lines(self):
        def f():
            x = max(
                1,
                min(2,
                    3),
            )
            return x

        self.check_lines(f, ((), [1, 2, 3, 4, 3, 1, 6]))

    def test_every_instruction_of_warm_code(self):
        """Instructions that the loop does two at a time are seen one by one."""
        source = (
            "def values(self):\n"
            " for _ in range(3):\n"
            "  yield self.first\n"
            "def f(self):\n"
            " total = 0\n"
            " for value in values(self):\n"
            "  total += value + self.second\n"
            " return Class(total).first\n"
            "class Class:\n"
            " def __init__(self, first, second=2):\n"
            "  self.first = first\n"
            "  self.second = second\n"
        )

        def seen(warm_runs):
            namespace = {}
            exec(source, namespace)
            argument = namespace["Class"](2**40)
            for _ in range(warm_runs):
                namespace["f"](argument)
            offsets = []

            def trace(frame, event, arg):
                if frame.f_code.co_name not in ("f", "values", "__init__"):
                    return None
                frame.f_trace_opcodes = True
                if event == "opcode":
                    offsets.append((frame.f_code.co_name, frame.f_lasti))
                return trace

            sys.settrace(trace)
            namespace["f"](argument)
            sys.settrace(None)
            return offsets

        cold = seen(0)
        self.assertGreater(len(cold), 60)
        self.assertEqual(seen(100), cold)

    def test_generator(self):
        def generate():
            yield 1
            yield 2

        def consume():
            for _ in generate():
                pass

        self.assertEqual(
            [(line, event) for name, line, event in trace(consume) if name == "generate"],
            [
                (0, "call"), (1, "line"), (1, "return"),
                (1, "call"), (2, "line"), (2, "return"),
                (2, "call"), (2, "return"),
            ],
        )

    def test_yield_from_is_one_line(self):
        def inner():
            yield 1
            yield 2

        def outer():
            yield from inner()
            yield 3

        events = trace(list, outer())
        self.assertEqual(
            [(line, event) for name, line, event in events if name == "outer" and event == "line"],
            [(1, "line"), (2, "line")],
        )

    def test_exceptions(self):
        def fail():
            raise ValueError

        def middle():
            fail()

        def outer():
            try:
                middle()
            except ValueError:
                pass

        self.assertEqual(
            [event for event in trace(outer) if event[2] in ("exception", "return")],
            [
                ("fail", 1, "exception"),
                ("fail", 1, "return"),
                ("middle", 1, "exception"),
                ("middle", 1, "return"),
                ("outer", 2, "exception"),
                ("outer", 4, "return"),
            ],
        )

    def test_arguments_of_events(self):
        def returns():
            return "result"

        def raises():
            raise ValueError("message")

        seen = {}

        def record(frame, event, argument):
            if frame.f_code.co_name in ("returns", "raises"):
                seen.setdefault((frame.f_code.co_name, event), []).append(argument)
            return record

        for _ in range(WARM):
            seen.clear()
            with restored(), contextlib.suppress(ValueError):
                sys.settrace(record)
                returns()
                raises()
        self.assertEqual(seen["returns", "call"], [None])
        self.assertEqual(seen["returns", "line"], [None])
        self.assertEqual(seen["returns", "return"], ["result"])
        self.assertEqual(seen["raises", "return"], [None])
        ((kind, value, traceback),) = seen["raises", "exception"]
        self.assertEqual((kind, str(value), traceback.tb_lineno), (ValueError, "message", traceback.tb_frame.f_lineno))

    def test_opcodes(self):
        def f(a, b):
            c = a + b
            return [c, a]

        offsets = []

        def record(frame, event, argument):
            if frame.f_code is not f.__code__:
                return None
            frame.f_trace_opcodes = True
            if event == "opcode":
                offsets.append(frame.f_lasti)
            return record

        instructions = [i.offset for i in dis.get_instructions(f) if i.opname != "RESUME"]
        for _ in range(3):
            del offsets[:]
            with restored():
                sys.settrace(record)
                f(1, 2)
            self.assertEqual(offsets, instructions)
            for _ in range(WARM):
                f(1, 2)

    def test_only_the_wanted_events(self):
        def f():
            x = 1
            return x

        def no_lines(frame, event, argument):
            frame.f_trace_lines = False
            events.append((frame.f_code.co_name, event))
            return no_lines

        def no_local(frame, event, argument):
            events.append((frame.f_code.co_name, event))

        for function, expected in ((no_lines, ["call", "return"]), (no_local, ["call"])):
            events = []
            with restored():
                sys.settrace(function)
                f()
            self.assertEqual([event for name, event in events if name == "f"], expected)

    def test_profile(self):
        def outer():
            inner()
            len("abc")
            "abc".upper()
            with contextlib.suppress(ValueError):
                int("x")
            list(map(inner, [1]))
            return [].append(1)

        def inner(x=0):
            return x

        events = []

        def profile(frame, event, argument):
            if frame.f_code.co_filename == __file__:
                events.append((frame.f_code.co_name, event, getattr(argument, "__name__", argument)))

        expected = [
            ("outer", "call", None),
            ("inner", "call", None),
            ("inner", "return", 0),
            ("outer", "c_call", "len"),
            ("outer", "c_return", "len"),
            ("outer", "c_call", "upper"),
            ("outer", "c_return", "upper"),
            ("inner", "call", None),
            ("inner", "return", 1),
            ("outer", "c_call", "append"),
            ("outer", "c_return", "append"),
            ("outer", "return", None),
        ]
        for _ in range(3):
            del events[:]
            with restored():
                sys.setprofile(profile)
                outer()
            start = events.index(("outer", "call", None))
            stop = events.index(("outer", "return", None)) + 1
            self.assertEqual(events[start:stop], expected)
            for _ in range(WARM):
                outer()

    def test_profile_exception_in_c(self):
        events = []

        def profile(frame, event, argument):
            if event.startswith("c_"):
                events.append((event, argument.__name__))

        def f():
            with contextlib.suppress(TypeError):
                len(1)
            with contextlib.suppress(TypeError):
                len(*[1])

        for _ in range(WARM):
            del events[:]
            with restored():
                sys.setprofile(profile)
                f()
            self.assertEqual(events.count(("c_call", "len")), 2)
            self.assertEqual(events.count(("c_exception", "len")), 2)
            self.assertEqual(events.count(("c_return", "len")), 0)

    def test_both(self):
        def f():
            return 1

        log = []
        with restored():
            sys.setprofile(lambda frame, event, argument: log.append(("profile", frame.f_code.co_name, event)))
            sys.settrace(lambda frame, event, argument: log.append(("trace", frame.f_code.co_name, event)))
            f()
        self.assertIn(("trace", "f", "call"), log)
        self.assertLess(log.index(("trace", "f", "call")), log.index(("profile", "f", "call")))
        self.assertIn(("profile", "f", "return"), log)


class StartAndStopTest(unittest.TestCase):
    def test_set_in_the_middle(self):
        """Frames that are running already get their events once they have a local trace function."""

        def outer():
            start(recorder)
            x = 1
            after()
            return x

        def start(function):
            sys.settrace(function)
            sys._getframe(1).f_trace = function

        def after():
            pass

        for _ in range(WARM):
            recorder = Recorder("call", "line", "return")
            with restored():
                outer()
            events = [event for event in recorder.events if event[0] in ("outer", "after")]
            self.assertEqual(
                events,
                [
                    ("outer", 2, "line"),
                    ("outer", 3, "line"),
                    ("after", 0, "call"),
                    ("after", 1, "line"),
                    ("after", 1, "return"),
                    ("outer", 4, "line"),
                    ("outer", 4, "return"),
                ],
            )

    def test_set_in_every_kind_of_callee(self):
        """Whatever sets the trace function: the next call is seen."""

        class Sets:
            def __init__(self):
                start()

            def __del__(self):
                start()

            def __add__(self, other):
                start()

            def __getitem__(self, key):
                start()

            def __getattr__(self, name):
                start()

            def __lt__(self, other):
                start()

            def __enter__(self):
                start()

            def __exit__(self, *arguments):
                pass

            def __iter__(self):
                start()
                return iter(())

            def __bool__(self):
                start()
                return True

            def __format__(self, spec):
                start()
                return ""

            def __contains__(self, key):
                start()

            def __setattr__(self, name, value):
                start()

        def generate():
            start()
            yield

        def seen():
            pass

        def start():
            sys.settrace(recorder)

        plain = object.__new__(Sets)

        def drop_local():
            x = object.__new__(Sets)
            x = None
            seen()

        def use_with():
            with plain:
                seen()

        def use_for():
            for _ in plain:
                pass
            seen()

        def use_if():
            if plain:
                seen()

        actions = [
            lambda: (sys.settrace(recorder), seen()),
            lambda: (start(), seen()),
            lambda: (Sets(), seen()),
            lambda: (plain + 1, seen()),
            lambda: (plain[1], seen()),
            lambda: (plain.name, seen()),
            lambda: (plain < 1, seen()),
            lambda: (1 in plain, seen()),
            lambda: (f"{plain}", seen()),
            lambda: (setattr(plain, "a", 1), seen()),
            lambda: (list(map(lambda x: start(), [1])), seen()),
            lambda: ([0 for _ in generate()], seen()),
            lambda: (next(generate()), seen()),
            lambda: (exec("start()", {"start": start}), seen()),
            drop_local,
            use_with,
            use_for,
            use_if,
        ]
        for number, action in enumerate(actions):
            with self.subTest(number):
                for _ in range(WARM):
                    recorder = Recorder("call")
                    with restored():
                        action()
                    self.assertIn(("seen", 0, "call"), recorder.events)

    def test_switched_off_in_the_middle(self):
        def outer():
            x = 1
            stop()
            after()
            return x

        def stop():
            sys.settrace(None)

        def after():
            pass

        for _ in range(WARM):
            recorder = Recorder("call", "line", "return")
            recorder.run(outer)
            self.assertEqual(
                [event for event in recorder.events if event[0] != "run"],
                [
                    ("outer", 0, "call"),
                    ("outer", 1, "line"),
                    ("outer", 2, "line"),
                    ("stop", 0, "call"),
                    ("stop", 1, "line"),
                ],
            )
            self.assertIsNone(sys.gettrace())

    def test_nothing_is_left(self):
        def f(values):
            total = 0
            for value in values:
                total += value
            return total

        for _ in range(5):
            recorder = Recorder("line")
            self.assertEqual(recorder.run(f, [1, 2, 3]), 6)
            count = len(recorder.events)
            self.assertGreater(count, 0)
            for _ in range(WARM):
                self.assertEqual(f([1, 2, 3]), 6)
            self.assertEqual(len(recorder.events), count)

    def test_trace_function_that_raises(self):
        def f():
            x = 1
            return x

        for wanted in ("call", "line", "return"):

            def fail(frame, event, argument):
                if frame.f_code is f.__code__ and event == wanted:
                    raise KeyError(event)
                return fail

            with restored():
                sys.settrace(fail)
                with self.assertRaisesRegex(KeyError, wanted):
                    f()
                self.assertIsNone(sys.gettrace())
            self.assertEqual(f(), 1)

    def test_keywords_of_a_call_that_the_trace_function_ends(self):
        """The exception comes between the instruction that says which arguments are keywords and the call."""

        def callee(*args, **kwargs):
            return args, kwargs

        def f():
            try:
                callee(1, key=2)
            except KeyError:
                return callee(3, 4)

        names = {instruction.offset: instruction.opname for instruction in dis.get_instructions(f)}

        def fail(frame, event, argument):
            if frame.f_code is not f.__code__:
                return None
            frame.f_trace_opcodes = True
            if event == "opcode" and names[frame.f_lasti] == "PRECALL":
                sys.settrace(None)
                raise KeyError
            return fail

        with restored():
            sys.settrace(fail)
            result = f()
        self.assertEqual(result, ((3, 4), {}))

    def test_trace_function_is_not_traced(self):
        def helper():
            return 1

        def record(frame, event, argument):
            helper()
            names.append(frame.f_code.co_name)
            return record

        names = []
        with restored():
            sys.settrace(record)
            helper()
        self.assertNotIn("record", names)
        self.assertEqual(names.count("helper"), 3)

    def test_trace_function_that_replaces_itself(self):
        def f():
            a = 1
            b = 2
            return a + b

        log = []

        def first(frame, event, argument):
            if frame.f_code is f.__code__:
                log.append(("first", event))
                if event == "line":
                    frame.f_trace = second
            return first

        def second(frame, event, argument):
            log.append(("second", event))
            return second

        with restored():
            sys.settrace(first)
            f()
        self.assertEqual(
            log, [("first", "call"), ("first", "line"), ("first", "line"), ("first", "line"), ("first", "return")]
        )

    def test_trace_function_that_sets_another(self):
        """With a time without any in between."""

        def f():
            a = 1
            return a

        def first(frame, event, argument):
            sys.settrace(None)
            recorder(frame, event, argument)
            sys.settrace(recorder)
            return recorder

        recorder = Recorder("call", "line", "return")
        with restored():
            sys.settrace(first)
            f()
            sys.settrace(None)
        self.assertEqual(recorder.events, [("f", 0, "call"), ("f", 1, "line"), ("f", 2, "line"), ("f", 2, "return")])


class JumpTest(unittest.TestCase):
    """Assignments to f_lineno."""

    def jump(self, function, start, target, *args):
        """Runs a function that is made to go on in another line, both counted from its `def`."""
        first = function.__code__.co_firstlineno
        done = []

        def local(frame, event, argument):
            if event == "line" and frame.f_lineno == first + start and not done:
                done.append(True)
                frame.f_lineno = first + target
            return local

        with restored():
            sys.settrace(lambda frame, event, argument: local if frame.f_code is function.__code__ else None)
            return function(*args)

    def test_forwards_and_backwards(self):
        def f(log):
            log.append(1)
            log.append(2)
            log.append(3)
            return log

        for _ in range(WARM):
            self.assertEqual(self.jump(f, 2, 3, []), [1, 3])
            self.assertEqual(self.jump(f, 3, 1, []), [1, 2, 1, 2, 3])
            self.assertEqual(self.jump(f, 1, 4, []), [])
        self.assertEqual(f([]), [1, 2, 3])

    def test_out_of_a_loop_and_a_with(self):
        def f(log):
            for i in range(3):
                with contextlib.nullcontext():
                    log.append(i)
                log.append("end")
            log.append("after")
            return log

        self.assertEqual(self.jump(f, 4, 5, []), [0, "after"])

    def test_into_a_block_is_refused(self):
        def f(log):
            log.append(1)
            for i in range(3):
                log.append(i)
            try:
                log.append("try")
            except ValueError:
                log.append("except")

        with self.assertRaisesRegex(ValueError, "can't jump into the body of a for loop"):
            self.jump(f, 1, 3, [])
        with self.assertRaisesRegex(ValueError, "can't jump into an 'except' block"):
            self.jump(f, 1, 7, [])
        with self.assertRaisesRegex(ValueError, "comes after the current code block"):
            self.jump(f, 1, 1000, [])

    def test_values_on_the_stack_are_dropped(self):
        class Iterator:
            def __iter__(self):
                return self

            def __next__(self):
                return 1

            def __del__(self):
                log.append("dropped")

        def f():
            for _ in Iterator():
                log.append("body")
                log.append("end of body")
            log.append("after")

        log = []
        self.jump(f, 3, 4)
        self.assertEqual(log, ["body", "dropped", "after"])

    def test_only_from_trace_functions(self):
        frame = sys._getframe()
        line = frame.f_lineno
        with self.assertRaises(ValueError):
            frame.f_lineno = line


class ThreadTest(unittest.TestCase):
    def test_new_threads(self):
        def work():
            return 1

        with restored():
            recorder = Recorder("call", "line", "return")
            threading.settrace(recorder)
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        self.assertEqual(
            [event for event in recorder.events if event[0] == "work"],
            [("work", 0, "call"), ("work", 1, "line"), ("work", 1, "return")],
        )
        self.assertIsNone(sys.gettrace())

    def test_threads_that_are_not_traced(self):
        def work(count):
            total = 0
            for i in range(count):
                total += i
            return total

        def other():
            started.wait()
            results.append(work(1000))
            finished.set()

        started, finished = threading.Event(), threading.Event()
        results = []
        recorder = Recorder("call", "line")
        thread = threading.Thread(target=other)
        thread.start()
        with restored():
            sys.settrace(recorder)
            started.set()
            finished.wait()
            work(1)
            sys.settrace(None)
        thread.join()
        self.assertEqual(results, [499500])
        self.assertEqual([event for event in recorder.events if event[0] == "other"], [])
        self.assertEqual(recorder.events.count(("work", 0, "call")), 1)

    def test_two_traced_threads(self):
        def work(recorder, barrier):
            def traced():
                barrier.wait()
                return 1

            sys.settrace(recorder)
            traced()
            sys.settrace(None)

        recorders = [Recorder("call") for _ in range(2)]
        barrier = threading.Barrier(2)
        threads = [threading.Thread(target=work, args=(recorder, barrier)) for recorder in recorders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for recorder in recorders:
            self.assertEqual(recorder.events, [("traced", 0, "call")])

    def test_thread_that_ends_while_it_is_traced(self):
        def work():
            sys.settrace(recorder)

        recorder = Recorder("call")
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        count = len(recorder.events)
        work_after = lambda: 1
        for _ in range(WARM):
            work_after()
        self.assertEqual(len(recorder.events), count)


class TaskletTest(StacklessTestCase):
    """A trace function belongs to the tasklet that set it."""

    def test_only_the_own_tasklet(self):
        def traced():
            sys.settrace(recorder)
            inner()
            stackless.schedule()
            inner()
            self.log.append(sys.gettrace())
            sys.settrace(None)

        def plain():
            inner()
            self.log.append(sys.gettrace())
            stackless.schedule()
            inner()
            self.log.append(sys.gettrace())

        def inner():
            pass

        for _ in range(WARM):
            del self.log[:]
            recorder = Recorder("call")
            self.start(traced)
            self.start(plain)
            stackless.run()
            self.assertEqual(recorder.events.count(("inner", 0, "call")), 2)
            self.assertEqual(self.log, [None, recorder, None])
            self.assertIsNone(sys.gettrace())

    def test_lines_on_both_sides_of_a_switch(self):
        def traced():
            sys.settrace(recorder)
            body()
            sys.settrace(None)

        def body():
            x = stackless.schedule()
            y = 2
            return y

        recorder = Recorder("call", "line", "return")
        self.start(traced)
        self.start(self.note, "other")
        stackless.run()
        self.assertEqual(
            [event for event in recorder.events if event[0] == "body"],
            [("body", 0, "call"), ("body", 1, "line"), ("body", 2, "line"), ("body", 3, "line"), ("body", 3, "return")],
        )
        self.assertEqual(self.log, ["other"])

    def test_tasklet_that_ends_while_it_is_traced(self):
        def traced():
            sys.settrace(recorder)

        recorder = Recorder("call")
        self.start(traced)
        stackless.run()
        self.assertIsNone(sys.gettrace())
        (lambda: 1)()
        self.assertEqual(recorder.events, [])

    def test_main_is_traced(self):
        def work():
            self.log.append(sys.gettrace())
            stackless.schedule()
            self.log.append(sys.gettrace())

        recorder = Recorder("call", "return")
        self.start(work)
        recorder.run(stackless.run)
        self.assertEqual(self.log, [None, None])
        self.assertNotIn("work", [name for name, line, event in recorder.events])

    def test_exception_sent_over_a_channel(self):
        def traced():
            sys.settrace(recorder)
            body()

        def body():
            try:
                channel.receive()
            except KeyError:
                pass

        channel = stackless.channel()
        recorder = Recorder("exception", "return")
        tasklet = self.start(traced)
        tasklet.run()
        channel.send_exception(KeyError)
        self.assertFalse(tasklet.alive)
        self.assertEqual(recorder.events, [("body", 2, "exception"), ("body", 4, "return")])

    def test_switch_in_the_trace_function(self):
        def switching(frame, event, argument):
            if frame.f_code.co_name == "inner":
                self.log.append(event)
                stackless.schedule()
                return switching

        def traced():
            sys.settrace(switching)
            inner()
            sys.settrace(None)

        def inner():
            pass

        def other():
            for number in range(3):
                self.log.append((number, sys.gettrace()))
                stackless.schedule()

        self.start(traced)
        self.start(other)
        stackless.run()
        self.assertEqual(self.log, ["call", (0, None), "line", (1, None), "return", (2, None)])


if __name__ == "__main__":
    unittest.main()
