"""Frames in pickles that cannot have been suspended like that are refused; no others can do any harm."""

import contextlib
import functools
import importlib
import io
import itertools
import pickle
import random
import re
import unittest
from pathlib import Path

import _stackless
import stackless
from support import StacklessTestCase, needs_soft_switching

HERE = Path(__file__).resolve().parent
FRAMES = 3  # their place in the state of a tasklet
FUNCTION, OFFSET, DELIVERY, NAMESPACE, NULLS, FIRST_VALUE = range(6)  # items of what a frame holds


def wait():
    stackless.schedule_remove()


def wait_with(a, b):
    result = [a, *[n for n in (1, 2) if not wait()], b]
    return result


def wait_in_annotation():
    def inner(a=1, *, b: wait() = 2):
        pass


def wait_in_closure(x):
    def inner():
        wait()
        return x

    return inner()


class Getter:
    @property
    def attribute(self):
        wait()
        return 1


def wait_in_getter(owner):
    return owner.attribute


def wait_in_comprehension(values):
    return [wait() or n for n in values]


def generate():
    yield wait()


@needs_soft_switching
class RefusedTest(StacklessTestCase):
    def state_of(self, function, *args):
        tasklet = self.pause(function, *args)
        state = tasklet.__reduce__()[2]
        self.addCleanup(tasklet.kill)
        return state

    def change(self, state, depth, item, value):
        frames = list(state[FRAMES])
        frame = list(frames[depth])
        frame[item] = value
        frames[depth] = tuple(frame)
        return (*state[:FRAMES], tuple(frames), *state[FRAMES + 1 :])

    def refuse(self, state):
        with self.assertRaises(pickle.UnpicklingError) as caught:
            stackless.tasklet().__setstate__(state)
        return str(caught.exception)

    def test_offset(self):
        state = self.state_of(wait_with, 1, 2)
        code, place = wait_with.__code__, state[FRAMES][0][OFFSET]
        for offset in range(-1, len(code.co_code) // 2):
            if offset != place:
                self.refuse(self.change(state, 0, OFFSET, offset))

    def test_depth(self):
        state = self.state_of(wait_with, 1, 2)
        frame = state[FRAMES][0]
        for changed in (frame[:-1], (*frame, None)):
            frames = (changed, *state[FRAMES][1:])
            self.assertIn(
                "another number of values", self.refuse((*state[:FRAMES], frames, *state[FRAMES + 1 :]))
            )

    def test_kinds_of_values(self):
        def values_of(depth):
            return range(FIRST_VALUE + state[FRAMES][depth][FUNCTION].__code__.co_nlocals, len(state[FRAMES][depth]))

        state = self.state_of(wait_in_comprehension, (1, 2))
        filled, iterator = values_of(1)
        self.assertEqual(state[FRAMES][1][filled], [])
        for wrong in ((), None, {}, type("L", (list,), {})()):
            self.assertIn("not of the kind", self.refuse(self.change(state, 1, filled, wrong)))
        state = self.state_of(wait_in_annotation)
        defaults, keyword_defaults, name = values_of(0)
        for item, wrong in (defaults, [1]), (defaults, (1, 2)), (keyword_defaults, 1), (name, 1):
            self.assertIn("not of the kind", self.refuse(self.change(state, 0, item, wrong)))

    def test_delivery(self):
        state = self.state_of(wait_in_getter, Getter())
        self.assertEqual(state[FRAMES][1][DELIVERY], "attribute")
        for wrong in (None, "method", "nothing", "iteration", "sourced", "anext"):
            self.assertIn(
                "does not wait for that", self.refuse(self.change(state, 1, DELIVERY, wrong))
            )

    def test_error_about_what_has_no_repr(self):
        class Silent:
            def __repr__(self):
                raise AttributeError

        state = self.state_of(wait_in_getter, Getter())
        self.refuse(self.change(state, 1, DELIVERY, Silent()))

    def test_cells(self):
        state = self.state_of(wait_in_closure, 1)
        self.refuse(self.change(state, 0, FIRST_VALUE, 1))
        self.refuse(self.change(state, 1, FIRST_VALUE, 1))

    def test_generators_without_an_object(self):
        state = self.state_of(wait_in_getter, Getter())
        frame = (generate, 4, None, None, 0)
        changed = (*state[:FRAMES], (frame, *state[FRAMES][1:]), *state[FRAMES + 1 :])
        self.assertIn("only a generator", self.refuse(changed))

    def test_position_of_an_interrupted_one(self):
        def work():
            for n in range(1000):
                print(n, sep="", end="", file=None if n < 0 else Sink())

        class Sink:
            def write(self, text):
                pass

        stackless.tasklet(work)()
        victim = stackless.run(60)
        state = victim.__reduce__()[2]
        victim.kill()
        place = state[FRAMES][0][OFFSET]
        accepted = 0
        for offset in range(-1, len(work.__code__.co_code) // 2):
            if offset != place:
                try:
                    stackless.tasklet().__setstate__(self.change(state, 0, OFFSET, offset))
                    accepted += 1
                except pickle.UnpicklingError:
                    pass
        # Instructions that find as many values of the same kinds.
        self.assertLess(accepted, 20)

    def test_generator_that_waits_for_itself(self):
        def outer(inner):
            yield from inner

        iterator = iter([1, 2])
        generator = outer(iterator)
        next(generator)

        class Pickler(pickle._Pickler):
            def persistent_id(self, object):
                return "inner" if object is iterator else None

        class Unpickler(pickle._Unpickler):
            def persistent_load(self, id):
                return next(made for made in self.memo.values() if isinstance(made, type(generator)))

        file = io.BytesIO()
        Pickler(file).dump(generator)
        file.seek(0)
        with self.assertRaisesRegex(pickle.UnpicklingError, "waits for itself"):
            Unpickler(file).load()


@needs_soft_switching
class HarmlessTest(StacklessTestCase):
    """Whatever is accepted can run, if only to raise an exception."""

    WRONG = [None, -1, 3, 1 << 70, "text", (), [], {}, len, ValueError("text"), (1, 2), [1, 2, 3]]
    WRONG += [iter((1,)), map(len, ()), zip(), itertools.chain(), {1}, functools.lru_cache(len), object()]

    def rows(self):
        """But for those that leave something in the process, which cannot be done twice."""
        for path in sorted(HERE.glob("test_frames_*.py")):
            for name, row in importlib.import_module(path.stem).ROWS.items():
                if "import" not in name and "runpy" not in name:
                    yield name, row

    def state_of(self, row):
        waiting = []

        def action():
            waiting.append(stackless.getcurrent())
            stackless.schedule_remove()

        self.start(row, action)
        stackless.run()
        self.addCleanup(self.run_to_the_end, waiting[0])
        return waiting[0].__reduce__()[2]

    def changed(self, frames, choose):
        frames = list(frames)
        depth = choose.randrange(len(frames))
        if isinstance(frames[depth], tuple) and len(frames[depth]) > FIRST_VALUE:
            frame = list(frames[depth])
            frame[choose.randrange(FIRST_VALUE, len(frame))] = choose.choice(self.WRONG)
            frames[depth] = tuple(frame)
        return tuple(frames)

    def run_to_the_end(self, tasklet):
        with contextlib.suppress(Exception):
            while tasklet.paused:
                tasklet.run()
        with contextlib.suppress(Exception):
            tasklet.kill()

    def test_wrong_values(self):
        choose = random.Random(1)
        accepted = refused = 0
        for name, row in self.rows():
            state = self.state_of(row)
            for _ in range(4):
                frames = self.changed(state[FRAMES], choose)
                tasklet = stackless.tasklet()
                with self.subTest(row=name, frames=frames):
                    try:
                        tasklet.__setstate__((*state[:FRAMES], frames, *state[FRAMES + 1 :]))
                        accepted += 1
                    except pickle.UnpicklingError:
                        refused += 1
                        continue
                    self.run_to_the_end(tasklet)
        self.assertGreater(accepted, 500)
        self.assertGreater(refused, 100)


class PrimitivesTest(unittest.TestCase):
    """What hidden functions call may be on their stacks, and so in pickles."""

    def primitives(self):
        found = set()
        for path in (HERE.parent.parent / "src/eval").glob("*.cpp"):
            text = path.read_text()
            if "_primitives[] = {" in text or "_starters[] = {" in text or path.stem == "primitives":
                found |= set(re.findall(r'(?:\{|starter_definition\()"(\w+)",', text))
        for name in sorted(found):
            try:
                yield name, _stackless.load_primitive(name)
            except pickle.UnpicklingError:
                pass

    def test_wrong_arguments(self):
        values = [None, 0, -1, 1 << 70, "text", (), [], {}, len, ValueError(), zip(), object(), type]
        choose = random.Random(1)
        count = 0
        for name, primitive in self.primitives():
            count += 1
            if name in ("enter_recursion", "leave_recursion"):
                continue  # they belong together
            for number in range(6):
                for _ in range(20):
                    arguments = [choose.choice(values) for _ in range(number)]
                    with self.subTest(primitive=name, arguments=arguments):
                        try:
                            primitive(*arguments)
                        except Exception as error:
                            # What CPython says of a function that has failed without one, or not failed.
                            self.assertNotRegex(str(error), "without setting an exception|with an exception set")
        self.assertGreater(count, 80)

    def test_starters(self):
        for name in ("invoke", "run_body", "start_exec", "start_eval"):
            primitive = _stackless.load_primitive(name)
            with self.assertRaises(TypeError):
                list(map(primitive, [1]))
            with self.assertRaises(TypeError):
                primitive(1)

    def test_names(self):
        for name in ("", "nothing", "(starter)", 1, None):
            with self.assertRaises(pickle.UnpicklingError):
                _stackless.load_primitive(name)


if __name__ == "__main__":
    unittest.main()
