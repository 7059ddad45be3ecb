"""Builtin sequences that take numbers from objects with __index__: the methods run as frames of the loop."""

import collections
import unittest

from support import StacklessTestCase
from support_frames import ComparedTestCase, RowsTestCase


class Index:
    def __init__(self, action, value=1):
        self.action = action
        self.value = value

    def __index__(self):
        self.action()
        return self.value


class Items(list):
    pass


def by_subscript(container):
    def row(action):
        return container[Index(action)]

    return row


def by_slice(container):
    def row(action):
        return container[Index(action) :], container[: Index(action)], container[:: Index(action)]

    return row


def by_store(action):
    values = [1, 2, 3]
    values[Index(action)] = 4
    bytearray(b"123")[Index(action)] = 4
    collections.deque(values)[Index(action)] = 4


def by_store_of_slice(action):
    [1, 2, 3][Index(action) :] = [4]


def by_replacement(action):
    def generate():
        action()
        yield 1

    values = [1, 2, 3]
    values[1:2] = generate()
    values[::1] = generate()


def by_delete(action):
    values = [1, 2, 3]
    del values[Index(action)], values[: Index(action)]


def by_repetition(action):
    return [1] * Index(action), Index(action) * (1,), "a" * Index(action)


def by_repetition_in_place(action):
    values = [1]
    values *= Index(action)


CONTAINERS = {
    "a list": [1, 2, 3],
    "a tuple": (1, 2, 3),
    "a str": "123",
    "bytes": b"123",
    "a bytearray": bytearray(b"123"),
    "a range": range(3),
    "a subclass of list": Items((1, 2, 3)),
}
ROWS = {
    **{f"{name}[__index__]": by_subscript(value) for name, value in CONTAINERS.items()},
    **{f"{name}[__index__:...]": by_slice(value) for name, value in CONTAINERS.items()},
    "a deque[__index__]": by_subscript(collections.deque((1, 2, 3))),
    "sequence[__index__] = value": by_store,
    "sequence[__index__:...] = values": by_store_of_slice,
    "list[...] = generator": by_replacement,
    "del sequence[__index__]": by_delete,
    "sequence * __index__": by_repetition,
    "list *= __index__": by_repetition_in_place,
}


class RowsTest(RowsTestCase, StacklessTestCase):
    rows = ROWS


class ComparisonTest(ComparedTestCase):
    def test_subscripts(self):
        self.compare(
            """
import array, collections, warnings
warnings.simplefilter("error")
log = []
class Index:
    def __init__(self, value): self.value = value
    def __index__(self):
        log.append(self.value)
        if isinstance(self.value, type): raise self.value("from index")
        return self.value
    def __repr__(self): return f"Index({self.value})"
class Whole(int):
    def __index__(self): log.append("whole"); return 0
class List(list): pass
class Overridden(list):
    def __getitem__(self, key): log.append(("get", key)); return list.__getitem__(self, key)
class Tuple(tuple): pass
class Multiplied(list):
    def __mul__(self, times): log.append("mul"); return NotImplemented
    __imul__ = __rmul__ = __mul__
values = [0, 1, -1, 2, 3, 7, -7, 2**70, -2**70, 1.5, "1", None, True, ValueError, TypeError]
def outcome(function, *args):
    del log[:]
    try:
        result = function(*args)
    except Exception as error:
        return type(error), str(error), error.__context__, log[:]
    return result, log[:]
def load(container, key): return container[key]
def store(container, key, value):
    container = container[:]
    container[key] = value
    return container
def delete(container, key):
    container = container[:]
    del container[key]
    return container
def times(container, key): return container * key
def reversed_times(container, key): return key * container
def times_in_place(container, key):
    container = container[:]
    container *= key
    return container
containers = [[1, 2, 3], (1, 2, 3), "123", b"123", bytearray(b"123"), range(3), List((1, 2, 3)), Tuple((1, 2, 3)),
              Overridden((1, 2, 3)), array.array("b", (1, 2, 3)), {0: 1}, memoryview(b"123"), Multiplied((1, 2)), 5, None]
def scenario_load():
    return [outcome(load, c, k) for c in containers for k in [*map(Index, values), Whole(1), Index(Whole(2))]]
def scenario_deque():
    return [outcome(load, collections.deque((1, 2, 3)), k) for k in map(Index, values)]
def scenario_slices():
    parts = [None, "x", Index(1), Index(0), Index(-2**70), Index("x"), Index(ValueError)]
    slices = [slice(a, b, c) for a in parts for b in parts for c in parts]
    return [outcome(load, c, s) for c in containers for s in slices]
def scenario_slice_store():
    parts = [None, "x", Index(1), Index(-1), Index(ValueError)]
    slices = [slice(a, b, c) for a in parts for b in parts for c in parts]
    return [outcome(function, c, s, *value) for c in ([1, 2, 3, 4], List((1, 2, 3)), bytearray(b"1234")) for s in slices
            for function, *value in ((store, [7]), (store, 7), (store, iter([8, 9])), (store, range(2)), (delete,))]
def scenario_store():
    return [outcome(function, c, k, *value) for c in containers for k in map(Index, values)
            for function, *value in ((store, 7), (delete,))]
def scenario_times():
    return [outcome(function, c, k) for c in containers for k in [*map(Index, values), Whole(1)]
            for function in (times, reversed_times, times_in_place)]
def generate(*values):
    for value in values:
        log.append(value)
        if isinstance(value, type): raise value("from generator")
        yield value
class Iterable:
    def __init__(self, result): self.result = result
    def __iter__(self):
        log.append("iter")
        if isinstance(self.result, type): raise self.result("from iter")
        return self.result
    def __len__(self): log.append("len"); return 3
def scenario_replacement():
    slices = [slice(None), slice(1, 2), slice(Index(1), None), slice(2, 1), slice(-1, None), slice(None, None, 2),
              slice(None, None, -1), slice(None, None, Index(0)), slice(5, 9), slice(None, None, 1)]
    def sources():
        return [generate(), generate(7, 8), generate(7, ValueError), Iterable(iter([7, 8])), Iterable(5), Iterable(TypeError),
                Iterable(ValueError), Iterable(generate(7)), 5, map(int, "12"), "ab", {1: 2}]
    return [outcome(store, c, s, sources()[i]) for c in ([1, 2, 3, 4], List((1, 2, 3))) for s in slices for i in range(12)]
def scenario_list_changes():
    values = [1, 2, 3, 4]
    def shorten():
        values.clear()
        yield 7
    values[1:3] = shorten()
    other = [1, 2, 3, 4]
    class Shorten:
        def __index__(self): del other[1:]; return 2
    other[Shorten():] = [5]
    return values, other
def scenario_traceback():
    return [1, 2][Index(ZeroDivisionError)]
def scenario_traceback_of_slice():
    return [1, 2][
        Index(ZeroDivisionError):]
def scenario_traceback_of_store():
    [1, 2][Index(2**70)] = 5
def scenario_traceback_of_times():
    return [1, 2] * Index(2**70)
def scenario_context():
    try: 1 / 0
    except ZeroDivisionError: (1, 2)[Index(KeyError)]
def scenario_replacement_fails():
    values = [1]
    values[:] = Iterable(TypeError)
"""
        )


if __name__ == "__main__":
    unittest.main()
