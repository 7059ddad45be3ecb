"""What random programs that are stopped anywhere (tests/stress/pickled_programs.py) have shown."""

import gc
import io
import pickle
import pickletools
import sys
import traceback
import unittest
import weakref

import _stackless
import pickled_program
import stackless
from support import needs_soft_switching, run_script
from support_code import COMPUTATION, round_trips


EXECUTING = 0  # of the states of a generator's frame


def reduced_parts(generator):
    """The function and the state in the pickle of a generator."""
    reduced = pickle.Pickler(io.BytesIO()).reducer_override(generator)
    return reduced[1][0], reduced[2]


class Holder:
    """Can be referred to weakly."""


def failing(results):
    """A generator that keeps an exception that has been raised in itself."""
    try:
        raise ValueError("kept")
    except ValueError as error:
        kept = error
    yield "suspended"
    frame = kept.__traceback__.tb_frame
    results.append((frame is sys._getframe(), frame.f_lineno == sys._getframe().f_lineno))
    yield traceback.extract_tb(kept.__traceback__)[0].name


def failing_while_it_runs(results):
    """The same, but it waits as a part of its tasklet."""
    try:
        raise ValueError("kept")
    except ValueError as error:
        kept = error
    pickled_program.wait()
    results.append(kept.__traceback__.tb_frame is sys._getframe())
    yield


def consume(generator, results):
    results.extend(generator)


class FramesOfGeneratorsTest(unittest.TestCase):
    def test_of_a_suspended_one(self):
        results = []
        generator = failing(results)
        next(generator)
        for generator, results in round_trips((generator, results)):
            self.assertEqual(next(generator), "failing")
            self.assertEqual(results, [(True, True)])

    @needs_soft_switching
    def test_of_one_that_runs(self):
        results = []
        tasklet = stackless.tasklet(consume)(failing_while_it_runs(results), results)
        tasklet.run()
        for tasklet, results in round_trips((tasklet, results)):
            tasklet.run()
            self.assertEqual(results, [True, None])
            self.assertFalse(tasklet.alive)

    def test_that_wait_for_a_state_in_vain(self):
        generator = _stackless.load_generator(failing)
        frame = _stackless.load_generator_frame(generator, failing)
        self.assertIs(_stackless.load_generator_frame(generator, failing), frame)
        self.assertEqual(frame.f_locals, {})
        with self.assertRaises(pickle.UnpicklingError):
            _stackless.set_frame_state(frame, (failing, -1, None, None, 0))
        with self.assertRaises(pickle.UnpicklingError):
            state = stackless.tasklet(len, ("",)).__reduce__()[2]
            stackless.tasklet().__setstate__((2, *state[1:3], (frame,), None))
        del generator
        gc.collect()
        self.assertEqual(frame.f_code.co_name, "failing")
        frame.clear()

    def test_malformed(self):
        generator = failing([])
        for arguments in ((), (generator,), (generator, consume), (generator, None), (None, failing)):
            with self.subTest(arguments=arguments), self.assertRaises(pickle.UnpicklingError):
                _stackless.load_generator_frame(*arguments)


class UnadoptedTest(unittest.TestCase):
    def test_running_generator_without_its_tasklet_is_collected(self):
        """Though it refers to itself, and nothing but generators and tuples is between."""
        generator = pickled_program.numbers(3)
        function, (_, content, exception) = reduced_parts(generator)
        blank = _stackless.load_generator(function)
        held = Holder()
        references = sys.getrefcount(held)
        nulls, values = content[4], content[5:]
        content = (*content[:4], nulls & ~3, blank, held, *values[2:])
        _stackless.set_generator_state(blank, (EXECUTING, content, exception))
        del blank, content
        gc.collect()
        self.assertEqual(sys.getrefcount(held), references)


class FrameTest(unittest.TestCase):
    def test_no_object_before_the_frame_is_complete(self):
        frame = _stackless.load_frame(consume)
        self.assertIsNone(frame.f_back)
        self.assertEqual(frame.f_locals, {})
        with self.assertRaisesRegex(pickle.UnpicklingError, "before it has begun"):
            _stackless.set_frame_state(frame, (consume, -1, None, None, 3, None, None))
        _stackless.set_frame_state(frame, (consume, 0, None, None, 0, "generator", "results"))
        self.assertIsNone(frame.f_back)
        self.assertEqual(frame.f_locals, {"generator": "generator", "results": "results"})

    @needs_soft_switching
    def test_hidden_ones_have_no_object(self):
        hidden = _stackless.load_hidden(*hidden_function())
        with self.assertRaises(pickle.UnpicklingError):
            _stackless.load_frame(hidden)


def hidden_function():
    """The arguments of load_hidden() for any of them."""
    tasklet = stackless.tasklet(sorted)([3, 1], key=lambda item: pickled_program.wait() or item)
    tasklet.run()
    operations = list(pickletools.genops(pickle.dumps(tasklet)))
    (start,) = [i for i, (_, argument, _) in enumerate(operations) if argument == "load_hidden"]
    arguments = [argument for _, argument, _ in operations[start + 1 :]]
    name = next(argument for argument in arguments if isinstance(argument, str))
    return name, next(argument for argument in arguments if isinstance(argument, int) and abs(argument) > 1 << 32)


class LargeNumberTest(unittest.TestCase):
    def test_where_a_small_one_belongs(self):
        for large in (1 << 63, -(1 << 63) - 1, 1 << 100):
            for index in (0, 1):
                state = [*stackless.channel().__reduce__()[2]]
                state[index] = large
                with self.assertRaises(pickle.UnpicklingError):
                    stackless.channel().__setstate__(tuple(state))
            with self.assertRaises(pickle.UnpicklingError):
                stackless.tasklet().__setstate__((large, *stackless.tasklet().__reduce__()[2][1:]))
            with self.assertRaises(pickle.UnpicklingError):
                _stackless.set_frame_state(_stackless.load_frame(consume), (consume, large, None, None, 3, None, None))
            with self.assertRaises(pickle.UnpicklingError):
                _stackless.set_generator_state(_stackless.load_generator(failing), (large, None, None))


class PropertyTest(unittest.TestCase):
    def test_knows_its_name(self):
        class Local:
            @property
            def read_only(self):
                return 1

        for _, copied in round_trips([COMPUTATION, Local()]):
            with self.assertRaisesRegex(AttributeError, "property 'read_only' of"):
                copied.read_only = 2

    def test_malformed(self):
        for arguments in ((), (None,) * 5, (len, len, len, "", 3)):
            with self.subTest(arguments=arguments), self.assertRaises(pickle.UnpicklingError):
                _stackless.load_property(*arguments)


class CodeIteratorTest(unittest.TestCase):
    def test_positions_and_lines(self):
        code = failing.__code__
        for method in (code.co_positions, code.co_lines):
            for produced in (0, 1, 5, len(list(method()))):
                iterator = method()
                for _ in range(produced):
                    next(iterator)
                rest = list(method())[produced:]
                for _, copied in round_trips([COMPUTATION, iterator]):
                    self.assertIs(type(copied), type(iterator))
                    self.assertEqual(list(copied), rest)

    def test_malformed(self):
        for load in (_stackless.load_code_positions, _stackless.load_code_lines):
            self.assertEqual(list(load(failing.__code__, 1 << 40)), [])
            for arguments in ((), (failing, 1), (failing.__code__, -1), (failing.__code__, None)):
                with self.subTest(arguments=arguments), self.assertRaises(pickle.UnpicklingError):
                    load(*arguments)


class PicklerTest(unittest.TestCase):
    def test_other_interpreters_have_stock_picklers(self):
        result = run_script(
            """if 1:
            import stackless, pickle
            import _xxsubinterpreters as interpreters
            interpreters.run_string(interpreters.create(), "if 1:\\n"
                " import pickle\\n"
                " def nested():\\n"
                "  return lambda: 1\\n"
                " try: pickle.dumps([1, nested()])\\n"
                " except (AttributeError, pickle.PicklingError): print('stock')\\n"
                " print(hasattr(pickle.Pickler, 'reducer_override'))")
            """
        )
        self.assertEqual((result.stdout, result.stderr), ("stock\nFalse\n", ""))

    def test_it_keeps_nothing(self):
        """The one in Python has its reducer in its dictionary."""

        def generate(holder):
            yield holder

        gc.disable()
        self.addCleanup(gc.enable)
        for dumps in (pickle.dumps, pickle._dumps):
            holder = Holder()
            reference = weakref.ref(holder)
            dumps(generate(holder))
            del holder
            self.assertIsNone(reference())


if __name__ == "__main__":
    unittest.main()
