"""The methods of generators run the generator's frame in the loop, and so does `yield from` over whatever it is."""

import gc
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import stackless
from support import StacklessTestCase, needs_soft_switching, run_script
from support_loop import WARM

HERE = Path(__file__).parent


def values(action):
    while True:
        action()
        yield 1


def catching(action):
    while True:
        try:
            yield 1
        except ValueError:
            action()


def closing(action):
    try:
        yield 1
    finally:
        action()


def delegating(iterable):
    return (yield from iterable)


class Iterator:
    def __init__(self, action):
        self.action = action

    def __iter__(self):
        self.action()
        return self

    def __next__(self):
        self.action()
        return 1

    def send(self, value):
        self.action()

    def throw(self, error):
        self.action()

    def close(self):
        self.action()


def started(generator):
    generator.send(None)
    return generator


def by_send(action):
    started(values(action)).send(2)


def by_bound_send(action):
    send = values(action).send
    send(None)
    send(2)


def by_send_with_star(action):
    args = (None,)
    values(action).send(*args)


def by_next_method(action):
    generator = values(action)
    generator.__next__()
    step = generator.__next__
    step()


def by_throw(action):
    generator = started(catching(action))
    generator.throw(ValueError)
    generator.throw(ValueError, "value", None)
    throw = generator.throw
    throw(ValueError("instance"))


def by_close(action):
    started(closing(action)).close()
    close = started(closing(action)).close
    close()


def by_chain(action):
    generator = delegating(delegating(values(action)))
    generator.send(None)
    generator.send(2)


def by_throw_into_chain(action):
    started(delegating(delegating(catching(action)))).throw(ValueError)


def by_close_of_chain(action):
    started(delegating(delegating(closing(action)))).close()


def by_exit_thrown_into_chain(action):
    try:
        started(delegating(delegating(closing(action)))).throw(GeneratorExit)
    except GeneratorExit:
        pass


def by_iterator(action):
    generator = started(delegating(Iterator(action)))
    generator.send(None)
    generator.send(2)
    generator.throw(ValueError())
    generator.close()


def by_map(action):
    started(delegating(map(lambda value: action(), [1, 2]))).send(None)


ROWS = {
    "generator.send()": by_send,
    "generator.send() of a bound method": by_bound_send,
    "generator.send(*args)": by_send_with_star,
    "generator.__next__()": by_next_method,
    "generator.throw()": by_throw,
    "generator.close()": by_close,
    "yield from a chain of generators": by_chain,
    "throw() into a chain of generators": by_throw_into_chain,
    "close() of a chain of generators": by_close_of_chain,
    "GeneratorExit thrown into a chain of generators": by_exit_thrown_into_chain,
    "yield from an iterator in Python": by_iterator,
    "yield from map()": by_map,
}

class FramesTestCase(StacklessTestCase):
    rows = {}

    @needs_soft_switching
    def test_everything_runs_in_the_loop(self):
        for name, row in self.rows.items():
            with self.subTest(name):
                levels = set()
                ran = []

                def action():
                    levels.add(stackless.getcurrent().nesting_level)
                    stackless.schedule()

                def body():
                    for _ in range(WARM):
                        row(action)
                    ran.append(True)

                def other():
                    while not ran:
                        stackless.schedule()

                self.start(body)
                self.start(other)
                stackless.run()
                self.assertEqual(ran, [True])
                self.assertEqual(levels, {0})

    def test_a_tasklet_can_be_killed_there(self):
        for name, row in self.rows.items():
            with self.subTest(name):
                events = []

                def action():
                    try:
                        stackless.schedule_remove()
                    except TaskletExit:
                        events.append("exit")
                        raise

                def body():
                    try:
                        row(action)
                    finally:
                        events.append("finally")

                tasklet = self.pause(body)
                tasklet.kill()
                # Some go on after an exception, and are stopped again.
                while tasklet.paused:
                    tasklet.kill()
                self.assertFalse(tasklet.alive)
                self.assertEqual(events[0], "exit")
                self.assertEqual(events[-1], "finally")

    def compare_with_cpython(self, program):
        reference = shutil.which("python3.11", path="/usr/bin")
        if reference is None:
            self.skipTest("needs python3.11")
        outputs = [
            subprocess.run(
                [python, "-W", "ignore", str(HERE / program)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            ).stdout.splitlines()
            for python in (reference, sys.executable)
        ]
        self.assertTrue(outputs[0])
        for expected, seen in zip(*outputs, strict=True):
            self.assertEqual(seen, expected)


DEEP = """
import sys
sys.setrecursionlimit(10**6)

def leaf():
    try:
        yield (yield 1)
    except ValueError:
        yield "caught"

def wrap(generator):
    return (yield from generator)

def chain():
    generator = leaf()
    for _ in range(100_000):
        generator = wrap(generator)
    return generator

"""


class TestGenerators(FramesTestCase):
    rows = ROWS

    def test_behaviour(self):
        self.compare_with_cpython("behaviour_generators.py")

    def run_deep(self, source):
        done = run_script(DEEP + source, options=("-X", "stackless-cstack=262144"))
        self.assertEqual((done.stdout.strip(), done.stderr), ("done", ""))

    def test_deep_send(self):
        self.run_deep(
            "g = chain(); assert next(g) == 1; assert g.send(5) == 5; g.close(); print('done')"
        )

    def test_deep_throw(self):
        self.run_deep(
            "g = chain(); next(g); assert g.throw(ValueError) == 'caught'\n"
            "try: g.throw(KeyError)\nexcept KeyError: print('done')"
        )

    def test_deep_exit(self):
        self.run_deep(
            "g = chain(); next(g)\ntry: g.throw(GeneratorExit)\nexcept GeneratorExit: print('done')"
        )

    def test_deep_chain_is_destroyed(self):
        self.run_deep("g = chain(); next(g); del g; print('done')")
        self.run_deep("g = chain(); del g; print('done')")
        self.run_deep("g = chain(); assert len(list(g)) == 2; del g; print('done')")

    def test_past_the_limit(self):
        self.run_deep(
            "sys.setrecursionlimit(1000)\ng = chain()\n"
            "try: g.send(None)\nexcept RecursionError: print('done')"
        )

    def test_the_chain_is_seen_from_inside(self):
        def names():
            frame = sys._getframe(1)
            while frame.f_code.co_name != "seen":
                yield frame.f_code.co_name
                frame = frame.f_back

        def inner():
            try:
                yield 1
            except ValueError:
                yield list(names())

        def seen():
            return started(delegating(delegating(inner()))).throw(ValueError)

        self.assertEqual(seen(), ["inner", "delegating", "delegating"])

    @unittest.skipUnless(hasattr(sys, "gettotalrefcount"), "needs a debug build")
    def test_nothing_leaks(self):
        for name, row in self.rows.items():
            with self.subTest(name):
                counts = []
                for _ in range(6):
                    for _ in range(WARM):
                        row(lambda: None)
                    gc.collect()
                    counts.append(sys.gettotalrefcount())
                self.assertLess(counts[-1] - counts[-3], WARM)


if __name__ == "__main__":
    unittest.main()
