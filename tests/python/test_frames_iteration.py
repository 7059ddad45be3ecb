"""Iterators in Python, and what builtins and itertools make of them, run as frames of the loop."""

import itertools
import subprocess
import sys
import unittest

import stackless
import test_frames_conversions as frames
from support import needs_soft_switching, run_script


def generate(action, count=3):
    for number in range(count):
        action()
        yield number


class Iterable:
    """Its __iter__ calls the action."""

    def __init__(self, action):
        self.action = action

    def __iter__(self):
        self.action()
        return iter([1, 2, 3])


class Iterator:
    """Its __next__ calls the action."""

    def __init__(self, action, count=3):
        self.action = action
        self.count = count

    def __iter__(self):
        return self

    def __next__(self):
        if self.count == 0:
            raise StopIteration
        self.count -= 1
        self.action()
        return self.count


class Sequence:
    """Its __getitem__ calls the action."""

    def __init__(self, action):
        self.action = action

    def __len__(self):
        return 3

    def __getitem__(self, index):
        if index >= 3:
            raise IndexError
        self.action()
        return index


class Mapping:
    """Its __getitem__ calls the action."""

    def __init__(self, action):
        self.action = action

    def keys(self):
        return ["a", "b"]

    def __getitem__(self, key):
        self.action()
        return key


class MappingOfKeys(Mapping):
    """Its keys() calls the action."""

    def keys(self):
        self.action()
        return ["a", "b"]

    def __getitem__(self, key):
        return key


class Reversible:
    def __init__(self, action):
        self.action = action

    def __reversed__(self):
        self.action()
        return iter([])


def by(source, use):
    """Uses what calls the action."""
    return lambda action: use(source(action))


def calling(use):
    """Uses a function that calls the action."""

    def row(action):
        def function(*args):
            action()
            return args[0] if args else None

        use(function)

    return row


def exhaust(iterator):
    for _ in iterator:
        pass


def unpack(iterable):
    one, two, three = iterable
    return one, two, three


def unpack_rest(iterable):
    one, *two, three = iterable
    return one, two, three


def take(*args, **kwargs):
    return args, kwargs


def by_sentinel(action):
    left = [1, 2]

    def function():
        action()
        return left.pop()

    exhaust(iter(function, 1))


def by_next_of_special_class(action):
    def generate_next():
        iterator = Iterator(action)
        next(iterator)
        next(iterator, None)

    generate_next()


ROWS = {
    "for over a generator": by(generate, exhaust),
    "for over __next__": by(Iterator, exhaust),
    "for over __iter__": by(Iterable, exhaust),
    "for over __getitem__": by(Sequence, exhaust),
    "comprehension": by(Iterator, lambda it: [value for value in it]),
    "comprehension over __iter__": by(Iterable, lambda it: {value for value in it}),
    "unpacking a generator": by(generate, unpack),
    "unpacking by __next__": by(Iterator, unpack),
    "unpacking by __iter__": by(Iterable, unpack),
    "unpacking by __getitem__": by(Sequence, unpack),
    "unpacking with a star": by(generate, unpack_rest),
    "[*generator]": by(generate, lambda it: [*it]),
    "(*iterable,)": by(Iterable, lambda it: (*it,)),
    "{*iterator}": by(Iterator, lambda it: {*it}),
    "{**mapping}": by(Mapping, lambda it: {**it}),
    "{**mapping} by keys()": by(MappingOfKeys, lambda it: {**it}),
    "f(*generator)": by(generate, lambda it: take(*it)),
    "f(*iterator)": by(Iterator, lambda it: take(0, *it)),
    "f(**mapping)": by(Mapping, lambda it: take(**it)),
    "f(**mapping) by keys()": by(MappingOfKeys, lambda it: take(x=1, **it)),
    "next()": by(generate, next),
    "next() with a default": by(generate, lambda it: next(it, None)),
    "next() of __next__": by_next_of_special_class,
    "iter()": by(Iterable, iter),
    "iter() with a sentinel": by_sentinel,
    "enumerate()": by(generate, lambda it: exhaust(enumerate(it))),
    "enumerate() of __iter__": by(Iterable, enumerate),
    "zip()": by(generate, lambda it: exhaust(zip(it, [1, 2, 3]))),
    "zip() of a second iterator": by(Iterator, lambda it: exhaust(zip([1, 2, 3], it))),
    "zip() of three": by(Iterator, lambda it: exhaust(zip([1], it, it))),
    "zip(strict=True)": by(generate, lambda it: exhaust(zip(it, [1, 2, 3], strict=True))),
    "zip() of __iter__": by(Iterable, zip),
    "map()": calling(lambda f: exhaust(map(f, [1, 2]))),
    "map() of two": calling(lambda f: exhaust(map(f, [1, 2], [3, 4]))),
    "map() over a generator": by(generate, lambda it: exhaust(map(str, it))),
    "map() over iterators": by(Iterator, lambda it: exhaust(map(take, it, it, it))),
    "map() of __iter__": by(Iterable, lambda it: map(str, it)),
    "next() of map()": calling(lambda f: next(map(f, [1]))),
    "filter()": calling(lambda f: exhaust(filter(f, [0, 1]))),
    "filter() over a generator": by(generate, lambda it: exhaust(filter(None, it))),
    "next() of filter()": calling(lambda f: next(filter(f, [0, 1]))),
    "filter() of __iter__": by(Iterable, lambda it: filter(None, it)),
    "reversed()": by(Reversible, reversed),
    "reversed() by __getitem__": by(Sequence, lambda it: exhaust(reversed(it))),
    "itertools.chain": by(generate, lambda it: exhaust(itertools.chain([1], it, [2]))),
    "itertools.chain.from_iterable": by(
        generate, lambda it: exhaust(itertools.chain.from_iterable([number] for number in it))
    ),
    "itertools.chain.from_iterable of __iter__": by(Iterable, itertools.chain.from_iterable),
    "itertools.islice": by(generate, lambda it: exhaust(itertools.islice(it, 1, 3))),
    "itertools.islice of __iter__": by(Iterable, lambda it: itertools.islice(it, 2)),
    "itertools.takewhile": calling(lambda f: exhaust(itertools.takewhile(f, [1, 0]))),
    "itertools.takewhile over a generator": by(
        generate, lambda it: exhaust(itertools.takewhile(bool, it))
    ),
    "itertools.dropwhile": calling(lambda f: exhaust(itertools.dropwhile(f, [1, 0]))),
    "itertools.starmap": calling(lambda f: exhaust(itertools.starmap(f, [(1, 2)]))),
    "itertools.starmap over iterators": by(
        Iterator, lambda it: exhaust(itertools.starmap(take, [it]))
    ),
    "itertools.groupby": by(generate, lambda it: exhaust(itertools.groupby(it))),
    "itertools.groupby with a key": calling(lambda f: exhaust(itertools.groupby([1, 2], f))),
    "groups of itertools.groupby": calling(
        lambda f: [list(group) for _, group in itertools.groupby([1, 1, 2], f)]
    ),
    "itertools.accumulate": by(generate, lambda it: exhaust(itertools.accumulate(it))),
    "itertools.accumulate with a function": calling(
        lambda f: exhaust(itertools.accumulate([1, 2], f))
    ),
    "itertools.filterfalse": calling(lambda f: exhaust(itertools.filterfalse(f, [0, 1]))),
    "itertools.product": by(generate, lambda it: itertools.product(it, [1])),
    "itertools.permutations": by(Iterator, itertools.permutations),
    "itertools.combinations": by(Iterable, lambda it: itertools.combinations(it, 2)),
    "itertools.tee": by(generate, lambda it: exhaust(zip(*itertools.tee(it)))),
    "itertools.cycle": by(
        generate, lambda it: exhaust(itertools.islice(itertools.cycle(it), 7))
    ),
    "itertools.zip_longest": by(generate, lambda it: exhaust(itertools.zip_longest(it, [1]))),
    "itertools.pairwise": by(generate, lambda it: exhaust(itertools.pairwise(it))),
    "itertools.compress": by(generate, lambda it: exhaust(itertools.compress([1, 2, 3], it))),
    "iterators of iterators": by(
        generate,
        lambda it: exhaust(enumerate(zip(filter(None, map(str, it)), itertools.repeat(1)))),
    ),
}

class NestingTest(frames.NestingTest):
    rows = ROWS


class BehaviourTest(frames.BehaviourTest):
    script = "frames_iteration_script.py"


RECURSION = """
import itertools
import sys

sys.setrecursionlimit(10**6)


def deepest(n):
    return 0 if n == 0 else step(n - 1)


step = {step}
print({call})
"""
STEPS = {
    "map": "lambda n: next(map(deepest, [n]))",
    "list of map": "lambda n: list(map(deepest, [n]))[0]",
    "comprehension": "lambda n: [deepest(m) for m in [n]][0]",
    "sorted": "lambda n: sorted([n], key=deepest) and 0",
    "filter": "lambda n: next(filter(lambda m: deepest(m) or True, [n])) and 0",
    "max": "lambda n: max([n], key=deepest) and 0",
    "sum": "lambda n: sum(deepest(m) for m in [n])",
    "for over map": "lambda n: [m for m in map(deepest, [n])][0]",
    "zip": "lambda n: [m for m, _ in zip(map(deepest, [n]), [1])][0]",
    "unpacking": "lambda n: (lambda m: m)(*(deepest(m) for m in [n]))",
}


class DepthTest(unittest.TestCase):
    @needs_soft_switching
    def test_recursion_needs_no_c_stack(self):
        for name, step in STEPS.items():
            with self.subTest(step=name):
                script = RECURSION.format(step=step, call="deepest(100_000)")
                done = run_script(script, options=("-X", "stackless-cstack=262144"))
                self.assertEqual(done.stdout, "0\n", done.stderr[-1000:])

    def test_recursion_is_limited(self):
        for step in STEPS.values():
            script = f"import sys\nsys.setrecursionlimit(1000)\ndef deepest(n):\n    return step(n)\nstep = {step}\n"
            script += "try:\n    deepest(1)\nexcept RecursionError as error:\n    print(error)\n"
            done = run_script(script)
            self.assertIn("maximum recursion depth exceeded", done.stdout, done.stderr[-1000:])


class IteratorStateTest(unittest.TestCase):
    """The state is in the iterators themselves: whoever steps them, and when they are copied."""

    def test_in_c_and_in_the_loop(self):
        makers = {
            "enumerate": lambda: enumerate(generate(int, 6)),
            "zip": lambda: zip(generate(int, 6), range(6)),
            "map": lambda: map(lambda n: n + 1, generate(int, 6)),
            "filter": lambda: filter(lambda n: n % 4, generate(int, 6)),
            "islice": lambda: itertools.islice(generate(int, 9), 1, 9, 2),
            "chain": lambda: itertools.chain(generate(int, 2), generate(int, 4)),
            "takewhile": lambda: itertools.takewhile(lambda n: n < 4, generate(int, 6)),
            "dropwhile": lambda: itertools.dropwhile(lambda n: n < 1, generate(int, 6)),
            "accumulate": lambda: itertools.accumulate(generate(int, 6)),
            "pairwise": lambda: itertools.pairwise(generate(int, 6)),
            "cycle": lambda: itertools.islice(itertools.cycle(generate(int, 3)), 8),
            "tee": lambda: itertools.tee(generate(int, 130))[0],
            "zip_longest": lambda: itertools.zip_longest(generate(int, 2), generate(int, 4)),
        }
        for name, make in makers.items():
            with self.subTest(iterator=name):
                expected = list(make())
                mixed = make()
                found = [type(mixed).__next__(mixed)]
                found.append(next(mixed))
                found.append(mixed.__next__())
                found.extend(mixed)
                self.assertEqual(found, expected)
                self.assertEqual(list(mixed), [])


if __name__ == "__main__":
    unittest.main()
