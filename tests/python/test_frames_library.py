"""What C code of the standard library calls back runs as frames of the loop."""

import abc
import argparse
import bisect
import collections
import functools
import heapq
import io
import json
import logging
import re
import unittest

import test_frames_conversions
from support import collect


class Ordered:
    """Compares by a method in Python, which calls the action."""

    def __init__(self, action, number):
        self.action = action
        self.number = number

    def __lt__(self, other):
        self.action()
        return self.number < other.number

    def __eq__(self, other):
        return self.number == other.number


def by_comparison(use):
    return lambda action: use([Ordered(action, number) for number in (3, 1, 2)])


def push_and_pop(items):
    heap = []
    for item in items:
        heapq.heappush(heap, item)
    heapq.heappushpop(heap, items[0])
    heapq.heapreplace(heap, items[1])
    while heap:
        heapq.heappop(heap)


def insort(items):
    ordered = []
    for item in items:
        bisect.insort(ordered, item)
    bisect.bisect_left(ordered, items[0])


def by_subclasshook(use):
    def row(action):
        class Abstract(abc.ABC):
            @classmethod
            def __subclasshook__(cls, other):
                action()
                return NotImplemented

        return use(Abstract)

    return row


def by_registered_class(action):
    class Meta(abc.ABCMeta):
        def __subclasscheck__(cls, other):
            if registered:
                action()
            return other is int

    class Registered(metaclass=Meta):
        pass

    class Abstract(abc.ABC):
        pass

    registered = []
    registered.append(Abstract.register(Registered))
    return isinstance(1, Abstract)


def by_default(action):
    return json.dumps([{"key": {1}}], default=lambda value: action() or list(value))


def by_encoder(action):
    class Encoder(json.JSONEncoder):
        def default(self, value):
            action()
            return None

    return Encoder(indent=1).encode([{1}]) + Encoder().encode([{1}])


def by_default_factory(action):
    def make():
        action()
        return 0

    collections.defaultdict(make)["key"] += 1


def by_logging(action):
    class Handler(logging.Handler):
        def emit(self, record):
            action()

    class Message:
        def __str__(self):
            action()
            return "text"

    stream = logging.StreamHandler(io.StringIO())
    logger = logging.Logger("name")
    logger.addHandler(Handler())
    logger.addHandler(stream)
    logger.warning("%s", Message())
    logger.warning(Message())


def by_unittest(action):
    class Case(unittest.TestCase):
        def setUp(self):
            action()

        def test(self):
            with self.subTest(number=1):
                action()

    result = unittest.TestResult()
    Case("test").run(result)
    for _, text in result.errors:
        raise AssertionError(text)


def by_argparse(action):
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=lambda text: action() or int(text))
    return parser.parse_args(["--number", "3"])


ROWS = {
    "re.sub()": lambda action: re.sub("x", lambda _: action() or "", "axb"),
    "re.subn()": lambda action: re.compile(b"x").subn(lambda _: action() or b"", b"axb", 1),
    "heapq": by_comparison(push_and_pop),
    "heapq.heapify()": by_comparison(heapq.heapify),
    "heapq: tuples": by_comparison(lambda items: heapq.heapify([(1, item) for item in items])),
    "heapq.merge()": by_comparison(lambda items: list(heapq.merge(items[:1], items[1:]))),
    "heapq.nlargest() with key": lambda action: heapq.nlargest(1, [1, 2], key=lambda _: action() or 1),
    "bisect": by_comparison(insort),
    "bisect with key": lambda action: bisect.bisect([1, 2], 1, key=lambda value: action() or value),
    "bisect.insort() with key": lambda action: bisect.insort_left(
        [1, 2], 1, key=lambda value: action() or value
    ),
    "isinstance() of an ABC": by_subclasshook(lambda cls: isinstance(1, cls)),
    "issubclass() of an ABC": by_subclasshook(lambda cls: issubclass(int, (str, cls))),
    "isinstance() of an ABC with a class registered": by_registered_class,
    "json.dumps(default)": by_default,
    "json.JSONEncoder.default": by_encoder,
    "json.loads(object_hook)": lambda action: json.loads('[{"a": 1}]', object_hook=lambda _: action()),
    "json.loads(object_pairs_hook)": lambda action: json.loads(
        '[{"a": 1}]', object_pairs_hook=lambda _: action()
    ),
    "json.loads(parse_float)": lambda action: json.loads("[1.5]", parse_float=lambda _: action()),
    "json.loads(parse_int)": lambda action: json.loads("[15]", parse_int=lambda _: action()),
    "json.loads(parse_constant)": lambda action: json.loads("NaN", parse_constant=lambda _: action()),
    "functools.cmp_to_key()": lambda action: sorted(
        [3, 1, 2], key=functools.cmp_to_key(lambda one, other: action() or one - other)
    ),
    "defaultdict": by_default_factory,
    "logging": by_logging,
    "unittest": by_unittest,
    "argparse": by_argparse,
}


# They handle all exceptions themselves, TaskletExit too.
CATCHING_ROWS = {"unittest", "argparse"}

HARD_ROWS = {
    "tuples, lists, dicts and deques that are compared, or a deque or dict view that is searched, where they hold objects "
    "with comparisons in Python": "C code compares them",
    "dict and set operations with __hash__ or __eq__ in Python": "a table must not change while it is searched",
    "what else takes an iterable or mapping in Python: subclasses of tuple, frozenset and deque, OrderedDict(), `dict |=`, "
    "`deque +=`, bytearray.extend(), dict.fromkeys() of a subclass, math.fsum(), bytes.join(), str.translate(), writelines(), csv.writerows(), `import *` into a mapping, itertools.tee(), "
    "itertools.groupby() by an attrgetter()": "rare, and short",
    "except* with a split() or derive() in Python, vars() of a property, int() by __trunc__, operator.length_hint(), "
    "ABCMeta.register(), repr() of a deque, OrderedDict or defaultdict": "rare, and short",
    "str % with a mapping, *, %c or a number that is an object": "rare: C code formats the whole string",
    "numbers for C functions by __index__ or __float__: math.sqrt(), list.insert(), list.pop() ...": (
        "any C function may ask for them"
    ),
}


class NestingTest(test_frames_conversions.NestingTest):
    rows = ROWS

    # unittest and argparse handle exceptions themselves.
    test_exception_comes_through = None
    test_killed_there = None


class AbcTest(unittest.TestCase):
    def test_answers_are_kept(self):
        asked = []

        class Abstract(abc.ABC):
            @classmethod
            def __subclasshook__(cls, other):
                asked.append(other)
                return NotImplemented

        for _ in range(3):
            self.assertFalse(isinstance(1, Abstract))
        self.assertEqual(asked, [int])
        Abstract.register(int)
        for _ in range(3):
            self.assertTrue(isinstance(1, Abstract))
        self.assertEqual(asked, [int] * 4)

    def test_classes_are_not_kept(self):
        class Abstract(abc.ABC):
            pass

        for _ in range(3):
            self.assertFalse(issubclass(type("Short", (), {}), Abstract))
        collect()
        _, _, negative, _ = abc._get_dump(Abstract)
        self.assertEqual(len(negative), 0)


class BehaviourTest(test_frames_conversions.BehaviourTest):
    scripts = ("frames_json_script.py",)


if __name__ == "__main__":
    unittest.main()
