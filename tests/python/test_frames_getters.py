"""operator.attrgetter() and operator.itemgetter(): what computes the values in Python runs as frames of the loop."""

import operator
import unittest

from support import StacklessTestCase
from support_frames import ComparedTestCase, RowsTestCase


class Owner:
    plain = 1

    def __init__(self, action):
        self.action = action

    @property
    def value(self):
        self.action()
        return 1

    @property
    def other(self):
        self.action()
        return self

    def __getitem__(self, key):
        self.action()
        return key


class Hooked:
    def __init__(self, action):
        self.action = action

    def __getattr__(self, name):
        if name != "unknown":
            raise AttributeError(name)
        self.action()
        return name


class Missing(dict):
    def __init__(self, action):
        super().__init__()
        self.action = action

    def __missing__(self, key):
        self.action()
        return key


class Index:
    def __init__(self, action):
        self.action = action

    def __index__(self):
        self.action()
        return 1


def by_attribute(*names):
    get = operator.attrgetter(*names)

    def row(action):
        return get(Owner(action))

    return row


def by_hook(action):
    return operator.attrgetter("unknown")(Hooked(action))


def by_item(*keys):
    get = operator.itemgetter(*keys)

    def row(action):
        return get(Owner(action))

    return row


def by_missing_item(action):
    return operator.itemgetter(1)(Missing(action))


def by_index(action):
    return operator.itemgetter(Index(action))([1, 2])


def by_key(use):
    def row(action):
        return use([Owner(action), Owner(action)], key=operator.attrgetter("value"))

    return row


def by_item_key(action):
    return sorted([Owner(action), Owner(action)], key=operator.itemgetter(1))


def by_map(action):
    return list(map(operator.attrgetter("plain", "value"), [Owner(action)]))


def by_filter(action):
    return list(filter(operator.attrgetter("value"), [Owner(action)]))


ROWS = {
    "attrgetter() of a property": by_attribute("value"),
    "attrgetter() of a dotted name": by_attribute("other.value"),
    "attrgetter() of several": by_attribute("plain", "value", "other.other.value"),
    "attrgetter(), __getattr__": by_hook,
    "attrgetter(*args)": lambda action: operator.attrgetter("value")(*[Owner(action)]),
    "itemgetter(), __getitem__": by_item("a"),
    "itemgetter() of several": by_item("a", 1),
    "itemgetter(), __missing__": by_missing_item,
    "itemgetter(), __index__": by_index,
    "sorted(key=attrgetter())": by_key(sorted),
    "min(key=attrgetter())": by_key(min),
    "max(key=attrgetter())": by_key(max),
    "sorted(key=itemgetter())": by_item_key,
    "map(attrgetter())": by_map,
    "filter(attrgetter())": by_filter,
}


class RowsTest(RowsTestCase, StacklessTestCase):
    rows = ROWS


class ComparisonTest(ComparedTestCase):
    def test_getters(self):
        self.compare(
            """
import operator
from operator import attrgetter, itemgetter
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    @property
    def sum(self): return self.x + self.y
    @property
    def again(self): return self
    @property
    def bad(self): raise ValueError("bad")
    @property
    def absent(self): raise AttributeError("absent")
    def __getitem__(self, key):
        if key == 3: raise IndexError(key)
        return (self.x, self.y)[key]
class Hooked:
    def __getattr__(self, name):
        if name == "none": return getattr(super(), name)
        return name.upper()
class Missing(dict):
    def __missing__(self, key): return key
class List(list):
    def __getitem__(self, key): return super().__getitem__(key)
class Derived(attrgetter.__mro__[1]): pass
objects = [Point(1, 2), Hooked(), Missing(x=3), List((1, 2, 3)), {"x": 1}, (1, 2, 3), 5, None, Point, "abc", operator, [1, 2]]
def outcome(function, *args, **kwargs):
    try: result = function(*args, **kwargs)
    except Exception as error: return type(error), str(error), getattr(error, "name", 0), error.__context__
    return result
def name(object): return object if isinstance(object, (int, str, tuple, list, dict, type(None))) else type(object)
def scenario_attributes():
    getters = [attrgetter("x"), attrgetter("sum"), attrgetter("x", "sum"), attrgetter("again.sum"), attrgetter("bad"),
               attrgetter("absent"), attrgetter("again.bad.x"), attrgetter("none"), attrgetter("real.imag"),
               attrgetter("again.again.absent", "x"), attrgetter("__class__.__name__"), attrgetter("x.x"), attrgetter("sum.none")]
    return [name(outcome(g, o)) for g in getters for o in objects]
def scenario_items():
    getters = [itemgetter(0), itemgetter(1, 0), itemgetter("x"), itemgetter(3), itemgetter(0, 3), itemgetter(slice(1, None)),
               itemgetter(-1), itemgetter(()), itemgetter([])]
    return [name(outcome(g, o)) for g in getters for o in objects]
def scenario_arguments():
    g = attrgetter("sum")
    return [outcome(g), outcome(g, 1, 2), outcome(g, obj=1), outcome(g, Point(1, 2), x=1), outcome(itemgetter(1)),
            outcome(itemgetter(1), List((1, 2)), 2), outcome(g, *[Point(1, 2)]), outcome(itemgetter(0), *[Point(1, 2)])]
def scenario_raises(): return attrgetter("again.bad")(Point(1, 2))
def scenario_absent(): return attrgetter("again.absent")(Point(1, 2))
def scenario_item_raises(): return itemgetter(1, 3)(Point(1, 2))
def scenario_sorted(): return [p.x for p in sorted([Point(3, 1), Point(1, 2), Point(2, 0)], key=attrgetter("sum"))]
def scenario_sorted_raises(): return sorted([Point(3, 1), Point(1, 2)], key=attrgetter("bad"))
def scenario_max(): return max([Point(3, 1), Point(1, 2)], key=itemgetter(1)).x
def scenario_map(): return list(map(attrgetter("sum"), [Point(3, 1), Point(1, 2)]))
def scenario_map_raises(): return list(map(attrgetter("bad"), [Point(3, 1), Point(1, 2)]))
def scenario_filter(): return len(list(filter(itemgetter(0), [Point(3, 1), Point(0, 2)])))
"""
        )


if __name__ == "__main__":
    unittest.main()
