"""What random programs that are stopped anywhere (tests/stress/pickled_programs.py) have shown."""

import gc
import pickle
import sys
import traceback
import unittest
import weakref

import _stackless
import pickled_program
import stackless
from support import needs_soft_switching
from support_code import COMPUTATION, round_trips


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


class PicklerTest(unittest.TestCase):
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
