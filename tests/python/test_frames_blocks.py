"""`with`, `raise` and exceptions with code in Python: it runs as frames of the loop."""

import types
import unittest

import stackless
from support import needs_soft_switching
from support_rows import FramesTestCase


def manager(action, entering=False, leaving=False, swallow=False):
    class Manager:
        def __enter__(self):
            if entering:
                action()
            return self

        def __exit__(self, *args):
            if leaving:
                action()
            return swallow

        async def __aenter__(self):
            if entering:
                action()

        async def __aexit__(self, *args):
            if leaving:
                action()

    return Manager()


def by_enter(action):
    with manager(action, entering=True):
        pass


def by_exit(action):
    with manager(action, leaving=True):
        pass


def by_exit_after_error(action):
    with manager(action, leaving=True, swallow=True):
        raise ValueError


def by_body(action):
    with manager(action):
        action()


def by_bound_methods(action):
    class Manager:
        @staticmethod
        def __enter__():
            action()

        @classmethod
        def __exit__(cls, *args):
            action()

    with Manager():
        pass


def by_async_with(action):
    async def work():
        async with manager(action, entering=True, leaving=True):
            action()

    @types.coroutine
    def drive():
        yield from work()

    for _ in drive():
        pass


def by_finally(action):
    try:
        pass
    finally:
        action()


def by_except(action):
    try:
        raise ValueError
    except ValueError:
        action()


ROWS = {
    "__enter__": by_enter,
    "__exit__": by_exit,
    "__exit__ after an exception": by_exit_after_error,
    "body of with": by_body,
    "__enter__ and __exit__ that are no functions": by_bound_methods,
    "async with": by_async_with,
    "finally": by_finally,
    "except": by_except,
}


class RowsTest(FramesTestCase):
    def test_rows(self):
        self.check_rows(ROWS)


class BehaviourTest(FramesTestCase):
    def test_is_that_of_python(self):
        self.check_behaviour("behaviour_blocks.py")


class RecursionTest(FramesTestCase):
    def test_through_enter(self):
        self.check_recursion(
            """
class Deep:
    def __init__(self, depth):
        self.depth = depth

    def __enter__(self):
        if self.depth == 0:
            return 0
        with Deep(self.depth - 1) as depth:
            return depth + 1

    def __exit__(self, *args):
        pass

def recurse(depth):
    with Deep(depth) as reached:
        return reached
"""
        )

    def test_through_exit(self):
        self.check_recursion(
            """
class Deep:
    def __init__(self, depth):
        self.depth = depth

    def __enter__(self):
        return self.depth

    def __exit__(self, *args):
        if self.depth > 0:
            with Deep(self.depth - 1):
                raise ValueError
        return True

def recurse(depth):
    with Deep(depth) as reached:
        pass
    return reached
"""
        )

    def test_through_the_body(self):
        self.check_recursion(
            """
class Nothing:
    def __enter__(self):
        pass

    def __exit__(self, *args):
        pass

def recurse(depth):
    with Nothing():
        return recurse(depth - 1) + 1 if depth > 0 else 0
"""
        )


class KillTest(FramesTestCase):
    def test_blocks_are_left(self):
        def work():
            with manager(lambda: self.log.append("exit"), leaving=True):
                try:
                    stackless.schedule_remove()
                finally:
                    self.log.append("finally")

        self.pause(work).kill()
        self.assertEqual(self.log, ["finally", "exit"])

    @needs_soft_switching
    def test_blocks_may_switch_meanwhile(self):
        def work():
            with manager(stackless.schedule, leaving=True):
                try:
                    stackless.schedule_remove()
                finally:
                    stackless.schedule()
                    self.log.append(stackless.getcurrent().nesting_level)

        victim = self.pause(work)
        victim.kill(pending=True)
        stackless.run()
        self.assertFalse(victim.alive)
        self.assertEqual(self.log, [0])


if __name__ == "__main__":
    unittest.main()
