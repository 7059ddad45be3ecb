"""Subclasses of builtin containers that are filled, values that are searched and added up: what this calls in Python
runs as frames of the loop."""

import collections
import math
import operator
import unittest

from support import StacklessTestCase
from support_frames import ComparedTestCase, RowsTestCase


class List(list):
    pass


class Set(set):
    pass


class Dict(dict):
    pass


class OwnList(list):
    def __init__(self, values):
        super().__init__(values)


class OwnSet(set):
    def __init__(self, values):
        set.__init__(self, values)


class OwnDict(dict):
    def __init__(self, values, **more):
        super().__init__(values, **more)


class Number:
    def __init__(self, action):
        self.action = action

    def method(self, *_):
        self.action()
        return self

    __add__ = __radd__ = __mul__ = __rmul__ = method

    def compare(self, other):
        self.action()
        return True

    __eq__ = __lt__ = __gt__ = compare


class Mapped:
    def __init__(self, action):
        self.action = action

    def keys(self):
        self.action()
        return ["a"]

    def __getitem__(self, key):
        return 1


def generate(action, *values):
    action()
    yield from values


def filled(make, *values):
    def row(action):
        return make(generate(action, *values))

    return row


def searched(use):
    def row(action):
        return use(Number(action))

    return row


ROWS = {
    "a subclass of list": filled(List, 1, 2),
    "a subclass of set": filled(Set, 1, 2),
    "a subclass of dict": filled(Dict, (1, 2)),
    "super().__init__() of list": filled(OwnList, 1, 2),
    "__init__() of set": filled(OwnSet, 1, 2),
    "super().__init__() of dict": filled(lambda pairs: OwnDict(pairs, a=1), (1, 2)),
    "a subclass of dict from a mapping": lambda action: Dict(Mapped(action)),
    "collections.defaultdict()": filled(lambda pairs: collections.defaultdict(int, pairs), (1, 2)),
    "list.index()": searched(lambda number: [number].index(1)),
    "list.count()": searched(lambda number: [1].count(number)),
    "list.remove()": searched(lambda number: [number].remove(1)),
    "tuple.index()": searched(lambda number: (number,).index(1)),
    "tuple.count()": searched(lambda number: (number,).count(1)),
    "sum(), __add__": searched(lambda number: sum([number, 1])),
    "sum() with a start, __add__": searched(lambda number: sum([1], number)),
    "math.prod()": filled(math.prod, 1, 2),
    "math.prod(), __mul__": searched(lambda number: math.prod([number])),
    "max() of three": searched(lambda number: max(1, 2, number)),
    "operator.call()": lambda action: operator.call(lambda: action()),
}


class RowsTest(RowsTestCase, StacklessTestCase):
    rows = ROWS


class ComparisonTest(ComparedTestCase):
    def test_containers(self):
        self.compare(
            """
import collections, math, operator
log = []
class List(list): pass
class Set(set):
    def add(self, value): log.append("add")
class Dict(dict):
    def __setitem__(self, key, value): log.append("set"); super().__setitem__(key, value)
    def update(self, *args): log.append("update")
class OwnList(list):
    def __init__(self, *args, **kwargs): log.append(super().__init__(*args, **kwargs))
class OwnSet(set):
    def __init__(self, *args, **kwargs): log.append(set.__init__(self, *args, **kwargs))
class OwnDict(dict):
    def __init__(self, *args, **kwargs): log.append(super().__init__(*args, **kwargs))
class NewList(list):
    def __new__(cls, *args): log.append("new"); return super().__new__(cls)
class Default(collections.defaultdict): pass
class Iterable:
    def __init__(self, *values): self.values = values
    def __iter__(self):
        log.append("iter")
        for value in self.values:
            log.append(value)
            if isinstance(value, type): raise value("from iter")
            yield value
    def __len__(self): log.append("len"); return 2
class Bad:
    def __iter__(self): log.append("bad"); return 5
class Fails:
    def __iter__(self): raise TypeError("fails")
class Mapping:
    def __init__(self, keys=("a",)): self.values = keys
    def keys(self): log.append("keys"); return self.values
    def __getitem__(self, key):
        log.append(key)
        if key == "bad": raise KeyError(key)
        if key == 2: raise IndexError(key)
        return key
def outcome(function, *args, **kwargs):
    del log[:]
    try: result = function(*args, **kwargs)
    except Exception as error: return type(error), str(error), error.__context__, log[:]
    return type(result), result, log[:]
classes = [List, Set, Dict, OwnList, OwnSet, OwnDict, NewList, list, set, dict]
def scenario_fill():
    def sources():
        return [Iterable(), Iterable(1, 2), Iterable(1, ValueError), Iterable((1, 2), [3, 4]), Iterable((1, 2), (3,)), Bad(), Fails(),
                Iterable("ab", "cd"), Iterable([], 1), Mapping(), Mapping(["a", "bad"]), Mapping(5), Iterable((1, 2), 3), Iterable({}),
                5, [1], {1: 2}, iter([(1, 2)]), Iterable(([], 2))]
    return [outcome(c, sources()[i]) for c in classes for i in range(19)]
def scenario_arguments():
    return [outcome(c, *args, **kwargs) for c in classes
            for args, kwargs in (((), {}), ((Iterable(), 1), {}), ((Iterable((1, 2)),), {"a": 1}), ((Mapping(),), {"a": 1}), ((), {"iterable": []}))]
def scenario_fill_again():
    values, items, entries = List([1, 2]), Set([1, 2]), Dict(a=1)
    list.__init__(values, Iterable(3)); set.__init__(items, Iterable(3)); dict.__init__(entries, Iterable((3, 4)))
    return values, items, entries
def scenario_fill_fails():
    values = List([1, 2])
    try: values.__init__(Iterable(5, ValueError))
    except ValueError as error: return values, str(error)
def scenario_sees_itself():
    values = List([1, 2])
    def look():
        yield len(values)
        yield len(values)
    values.__init__(look())
    return values
def scenario_traceback(): return OwnDict(Iterable(ValueError))
def scenario_traceback_of_subclass(): return List(Iterable(ValueError))
def scenario_wrong_self():
    return list.__init__(5, Iterable(1))
def scenario_defaultdict():
    return [outcome(collections.defaultdict, f, s, **kw) for f in (None, int, 5) for kw in ({}, {"a": 1})
            for s in (Iterable((1, 2)), Mapping(), Iterable(1), Bad(), [(1, 2)])] + [outcome(Default, int, Iterable((1, 2)))]
class Equal:
    def __init__(self, answer=True): self.answer = answer
    def __eq__(self, other):
        log.append("eq")
        if isinstance(self.answer, type): raise self.answer("from eq")
        return self.answer
    def __repr__(self): log.append("repr"); return "Equal"
class Truth:
    def __bool__(self): log.append("bool"); return False
def scenario_search():
    values = [Equal(), Equal(False), Equal(NotImplemented), Equal(ValueError), Equal(Truth()), Equal([]), 1, "a"]
    found = []
    for kind in (list, tuple, List):
        for name in ("index", "count", "remove"):
            if not hasattr(kind, name): continue
            for items in ([], [1], [Equal(False), 2, 1], [Equal(ValueError)], [Equal(Truth()), Equal()], values):
                for value in values:
                    made = kind(items)
                    found.append((name, outcome(getattr(kind, name), made, value)[:3], len(made), log[:]))
            found.append(outcome(getattr(kind, name), kind([Equal(False)])))
            found.append(outcome(getattr(kind, name), kind([Equal(False), Equal()]), 1, 1))
    return found
def scenario_shrinks():
    class Shrink:
        def __eq__(self, other): values.clear(); return True
    values = [Shrink(), 1]
    values.remove(5)
    return values
def scenario_not_found(): return [Equal(False)].index(Equal(False))
def scenario_not_removed(): return [Equal(False)].remove(5)
def scenario_eq_raises(): return (Equal(ValueError),).index(5)
class Number:
    def __init__(self, name): self.name = name
    def __add__(self, other):
        log.append(("add", self.name, str(other)))
        if other == "bad": raise ValueError("bad")
        return NotImplemented if other == "none" else Number(f"({self}+{other})")
    def __radd__(self, other): log.append(("radd", self.name, str(other))); return Number(f"({other}+{self})")
    __mul__, __rmul__ = __add__, __radd__
    def __str__(self): return self.name
    __repr__ = __str__
def scenario_sums():
    a, b = Number("a"), Number("b")
    values = [[a, b], (a, b), [a, 1, 2.5], [1, a, b], [a, "bad"], [a, "none"], [a, None], iter([a, b]), Iterable(a, b), Iterable(1, 2.5, 3),
              Iterable(2**70, 2), [], Iterable(), Iterable("a"), 5, Bad(), {a: 1}]
    return [[str(part) for part in outcome(f, v, *s, **k)] for f in (sum, math.prod) for v in values[:7] + values[8:]
            for s, k in (((), {}), ((a,), {}), ((), {"start": b}), ((), {"start": 2}), ((), {"start": ""}), ((1, 2), {}))]
def scenario_sum_raises(): return sum([Number("a"), "bad"])
def scenario_prod_raises(): return math.prod([Number("a"), "bad"])
def scenario_call():
    def f(*args, **kwargs): return args, kwargs
    def fail(): raise ValueError("fail")
    return [outcome(operator.call, *args, **kwargs) for args, kwargs in
            (((f,), {}), ((f, 1), {"a": 2}), ((5,), {}), ((), {}), ((fail,), {}), ((f,), {"obj": 1}), ((len, "ab"), {}))]
def scenario_call_raises():
    def fail(): raise ValueError("fail")
    return operator.call(fail)
def scenario_extremes():
    class Last:
        def __lt__(self, other): log.append("lt"); return True
        def __gt__(self, other): log.append("gt"); return True
        def __repr__(self): return "last"
    return outcome(max, 1, 2, Last()), outcome(min, 1, 2, Last()), outcome(max, 1, "a", Last())
"""
        )


if __name__ == "__main__":
    unittest.main()
