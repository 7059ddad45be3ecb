"""What takes all values of an iterable, and sorting, run as frames of the loop."""

import collections
import functools
import unittest

import test_frames_conversions as frames
from test_frames_iteration import (
    Iterable,
    Iterator,
    Mapping,
    MappingOfKeys,
    Sequence,
    by,
    calling,
    generate,
)


class Ordered:
    """Its comparisons call the action."""

    def __init__(self, action, rank=0):
        self.action = action
        self.rank = rank

    def __lt__(self, other):
        self.action()
        return self.rank < other.rank

    def __gt__(self, other):
        self.action()
        return self.rank > other.rank


def ordered(use):
    return lambda action: use([Ordered(action, 2), Ordered(action, 1)])


def add(values, iterable):
    values += iterable


def call_bound(method, iterable):
    return method(iterable)


def pairs(action):
    for number in generate(action):
        yield number, number


def words(action):
    for _ in generate(action):
        yield "word"


def consume(consumer):
    """Rows of a consumer for each way to iterate."""
    name = getattr(consumer, "__name__", None)
    return {
        f"{name}()": by(generate, consumer),
        f"{name}() by __next__": by(Iterator, consumer),
        f"{name}() by __iter__": by(Iterable, consumer),
        f"{name}() by __getitem__": by(Sequence, consumer),
    }


ROWS = {}
for consumer in (list, tuple, set, frozenset, sum, min, max, any, all, sorted, bytes, bytearray):
    ROWS |= consume(consumer)
ROWS |= {
    "dict()": by(pairs, dict),
    "dict() of a mapping": by(Mapping, dict),
    "dict() by keys()": by(MappingOfKeys, lambda it: dict(it, x=1)),
    "dict.fromkeys()": by(generate, dict.fromkeys),
    "dict.update()": by(pairs, lambda it: {}.update(it)),
    "dict.update() of a mapping": by(Mapping, lambda it: {}.update(it)),
    "min() with a key": calling(lambda f: min([1, 2], key=f)),
    "max() with a key": calling(lambda f: max(1, 2, key=f)),
    "max() with a default": by(generate, lambda it: max(it, default=0)),
    "min() by __lt__": ordered(min),
    "max() by __gt__": ordered(lambda them: max(*them)),
    "sorted() with a key": calling(lambda f: sorted([1, 2], key=f)),
    "sorted() by __lt__": ordered(sorted),
    "sorted() by __lt__ of keys": lambda action: sorted([1, 2], key=lambda _: Ordered(action)),
    "list.sort() with a key": calling(lambda f: [1, 2].sort(key=f, reverse=True)),
    "list.sort() by __lt__": ordered(lambda them: them.sort()),
    "list.extend()": by(generate, lambda it: [].extend(it)),
    "list +=": by(generate, lambda it: add([], it)),
    "str.join()": by(words, lambda it: "".join(it)),
    "set.update()": by(generate, lambda it: set().update([1], it)),
    "set.union()": by(generate, lambda it: set().union(it)),
    "set.intersection()": by(Iterator, lambda it: {1}.intersection(it)),
    "set.difference()": by(Iterable, lambda it: {1}.difference(it)),
    "set.symmetric_difference()": by(Sequence, lambda it: {1}.symmetric_difference(it)),
    "set.intersection_update()": by(generate, lambda it: {1}.intersection_update(it)),
    "set.difference_update()": by(generate, lambda it: {1}.difference_update(it)),
    "set.symmetric_difference_update()": by(
        generate, lambda it: {1}.symmetric_difference_update(it)
    ),
    "set.issubset()": by(generate, lambda it: {1}.issubset(it)),
    "set.issuperset()": by(generate, lambda it: {1}.issuperset(it)),
    "set.isdisjoint()": by(generate, lambda it: {9}.isdisjoint(it)),
    "frozenset.union()": by(generate, lambda it: frozenset().union(it)),
    "deque()": by(generate, collections.deque),
    "deque() with a length": by(Iterable, lambda it: collections.deque(it, maxlen=2)),
    "deque.extend()": by(generate, lambda it: collections.deque().extend(it)),
    "deque.extendleft()": by(generate, lambda it: collections.deque().extendleft(it)),
    "bound list.extend()": by(generate, lambda it: call_bound([].extend, it)),
    "bound str.join()": by(words, lambda it: call_bound("".join, it)),
    "functools.reduce()": calling(lambda f: functools.reduce(f, [1, 2, 3])),
    "functools.reduce() over a generator": by(
        generate, lambda it: functools.reduce(max, it, 0)
    ),
    "Counter": by(generate, collections.Counter),
    "Counter.update()": by(Iterator, lambda it: collections.Counter().update(it)),
}


class NestingTest(frames.NestingTest):
    rows = ROWS


class BoundMethodTest(unittest.TestCase):
    """What a method is bound to is no argument of its."""

    def test_set(self):
        values = {1}
        update = values.update
        for _ in range(20):
            other = {2}
            update(other, (number for number in range(5, 7)))
            self.assertEqual((values, other), ({1, 2, 5, 6}, {2}))

    def test_list(self):
        values = [2, 1]
        sort = values.sort
        for _ in range(20):
            with self.assertRaises(TypeError):
                sort([3, 2], key=lambda value: value)

    def test_string(self):
        join = "-".join
        for _ in range(20):
            self.assertEqual(join(str(number) for number in range(3)), "0-1-2")
            with self.assertRaises(TypeError):
                join("+", (str(number) for number in range(3)))


class DequeTest(unittest.TestCase):
    """Deques that are filled by a generator."""

    def test_methods_of_a_subclass_are_not_asked(self):
        class Deque(collections.deque):
            def append(self, value):
                raise AssertionError

            appendleft = append

        def numbers():
            yield from range(4)

        for _ in range(50):
            values = Deque(numbers(), 3)
            self.assertEqual(list(values), [1, 2, 3])
            values.extend(number * 2 for number in numbers())
            self.assertEqual(list(values), [2, 4, 6])
            values.extendleft(number * 3 for number in numbers())
            self.assertEqual(list(values), [9, 6, 3])

    def test_one_that_is_filled_with_itself(self):
        values = collections.deque([1, 2])
        values.extend(values)
        self.assertEqual(list(values), [1, 2, 1, 2])
        with self.assertRaisesRegex(RuntimeError, "deque mutated during iteration"):
            values.extend(value for value in values)


class SortTest(unittest.TestCase):
    """Sorting by comparisons in Python."""

    def lists(self):
        for length in (0, 1, 2, 3, 10, 63, 64, 65, 127, 128, 200, 1000):
            for step in (1, 7, 31, length - 1):
                yield [(number * step) % (length + 1) for number in range(length)]
            yield [number // 10 for number in range(length)]
            yield [-number for number in range(length)]

    def test_sorts_stably(self):
        for ranks in self.lists():
            values = [Ordered(int, rank) for rank in ranks]
            for reverse in (False, True):
                expected = sorted(values, key=lambda value: value.rank, reverse=reverse)
                self.assertEqual(sorted(values, reverse=reverse), expected)
                by_key = sorted(values, key=lambda value: Ordered(int, value.rank), reverse=reverse)
                self.assertEqual(by_key, expected)

    def test_list_looks_empty_meanwhile(self):
        values = [Ordered(lambda: seen.append(len(values)), rank) for rank in (3, 1, 2)]
        seen = []
        values.sort()
        self.assertEqual(set(seen), {0})
        self.assertEqual([value.rank for value in values], [1, 2, 3])

    def test_modified_meanwhile(self):
        def key(value):
            values.append(value)
            return value

        values = [3, 1, 2]
        with self.assertRaisesRegex(ValueError, "list modified during sort"):
            values.sort(key=key)
        self.assertEqual(values, [1, 2, 3])

    def test_left_as_it_was_by_a_failing_key(self):
        def key(value):
            if value == 2:
                raise LookupError(value)
            return value

        values = [3, 1, 2]
        with self.assertRaises(LookupError):
            values.sort(key=key)
        self.assertEqual(values, [3, 1, 2])

    def test_nothing_is_lost_by_a_failing_comparison(self):
        def action():
            nonlocal left
            left -= 1
            if left == 0:
                raise LookupError

        for left in range(1, 40):
            values = [Ordered(action, rank) for rank in (5, 3, 8, 1, 9, 2, 7, 3, 3, 1)]
            before = set(values)
            try:
                values.sort()
            except LookupError:
                pass
            self.assertEqual(len(values), 10)
            self.assertEqual(set(values), before)


if __name__ == "__main__":
    unittest.main()
