"""match statements: what patterns call in Python runs as frames of the loop."""

import abc
import collections.abc
import unittest

from support import StacklessTestCase
from support_frames import ComparedTestCase, RowsTestCase


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, action):
        self.action = action
        self.y = 2

    @property
    def x(self):
        self.action()
        return 1


class Hooked:
    def __init__(self, action):
        self.action = action

    def __getattr__(self, name):
        if name != "x":
            raise AttributeError(name)
        self.action()
        return 1


class Items(collections.abc.Sequence):
    def __init__(self, action):
        self.action = action

    def __len__(self):
        self.action()
        return 3

    def __getitem__(self, index):
        return [1, 2, 3][index]


class Mapped(dict):
    def __init__(self, action):
        super().__init__(a=1, b=2)
        self.action = action

    def get(self, key, default):
        self.action()
        return key


def by_keyword(action):
    match Point(action):
        case Point(y=2, x=3):
            raise AssertionError
        case Point(y=2, x=1):
            return
    raise AssertionError


def by_position(action):
    match Point(action):
        case Point(1, 2):
            return
    raise AssertionError


def by_hook(action):
    match Hooked(action):
        case Hooked(x=1):
            return
    raise AssertionError


def by_instance_check(action):
    class Meta(type):
        def __instancecheck__(cls, instance):
            action()
            return True

    class Any(metaclass=Meta):
        pass

    match 5:
        case Any():
            return
    raise AssertionError


def by_subclass_hook(action):
    class Any(abc.ABC):
        @classmethod
        def __subclasshook__(cls, other):
            action()
            return True

    match 5:
        case Any(real=5):
            return
    raise AssertionError


def by_match_args(action):
    class Meta(type):
        @property
        def __match_args__(cls):
            action()
            return ("value",)

    class Made(metaclass=Meta):
        value = 1

    match Made():
        case Made(1):
            return
    raise AssertionError


def by_length(action):
    match Items(action):
        case [1, 2]:
            raise AssertionError
        case [1, *_, 3]:
            return
    raise AssertionError


def by_mapping(action):
    match Mapped(action):
        case {"a": "a", "b": "c"}:
            raise AssertionError
        case {"a": "a", "b": "b"}:
            return
    raise AssertionError


ROWS = {
    "case Class(name=...)": by_keyword,
    "case Class(...)": by_position,
    "case Class(name=...), __getattr__": by_hook,
    "case Class(), __instancecheck__": by_instance_check,
    "case Class(), __subclasshook__": by_subclass_hook,
    "__match_args__ of a metaclass": by_match_args,
    "case [...], __len__": by_length,
    "case {...}": by_mapping,
}


class RowsTest(RowsTestCase, StacklessTestCase):
    rows = ROWS


class ComparisonTest(ComparedTestCase):
    def test_match(self):
        self.compare(
            """
import collections, collections.abc
log = []
class Base:
    a = 1
    @property
    def b(self): log.append("b"); return 2
    @property
    def bad(self): raise ValueError("bad")
    @property
    def absent(self): log.append("absent"); raise AttributeError("absent")
class Two(Base): __match_args__ = ("a", "b")
class Double(Base): __match_args__ = ("b", "b")
class Listed(Base): __match_args__ = ["b"]
class Numbers(Base): __match_args__ = ("b", 5)
class Bad(Base): __match_args__ = ("b", "bad")
class Absent(Base): __match_args__ = ("b", "absent", "a")
class Hooked:
    def __getattr__(self, name):
        log.append(name)
        if name == "error": raise KeyError(name)
        if name == "none": raise AttributeError(name)
        return name
class Meta(type):
    answer = True
    def __instancecheck__(cls, instance):
        log.append("check")
        if cls.answer is ValueError: raise ValueError("check")
        return cls.answer
    def __getattr__(cls, name):
        log.append(name)
        raise AttributeError(name)
class Checked(metaclass=Meta): pass
class Never(metaclass=Meta): answer = []
class Raises(metaclass=Meta): answer = ValueError
class Integer(int): pass
def run(function, *args):
    del log[:]
    try: result = function(*args)
    except Exception as error: return type(error), str(error), error.__context__, log[:]
    return result, log[:]
def classes(subject, cls):
    match subject:
        case cls(0): return 0
    return None
def keywords(subject, cls):
    match subject:
        case cls(a=2, b=x): return 0, x
        case cls(a=1, b=x): return x
        case cls(b=3): return 1
    return None
def one(subject, cls):
    match subject:
        case cls(x): return type(x)
    return None
def two(subject, cls):
    match subject:
        case cls(x, y): return x, y
    return None
def three(subject, cls):
    match subject:
        case cls(x, y, z): return x, y, z
    return None
def both(subject, cls):
    match subject:
        case cls(x, b=y): return type(x), y
    return None
def doubled(subject, cls):
    match subject:
        case cls(x, a=y): return type(x), y
    return None
def bad(subject, cls):
    match subject:
        case cls(a=1, bad=x): return x
    return None
def absent(subject, cls):
    match subject:
        case cls(b=2, absent=x, bad=y): return x
    return None
def hooked(subject, cls):
    match subject:
        case cls(none=x): return 0
        case cls(other=x): return x
    return None
def error(subject, cls):
    match subject:
        case cls(error=x): return 0
    return None
def empty(subject, cls):
    match subject:
        case cls(): return 0
    return None
functions = [classes, keywords, one, two, three, both, doubled, bad, absent, hooked, error, empty]
types = [Base, Two, Double, Listed, Numbers, Bad, Absent, Hooked, Checked, Never, Raises, int, Integer, str, object, 5, None,
         collections.abc.Sized, int | str]
def scenario_classes():
    subjects = [Base(), Two(), Double(), Listed(), Numbers(), Bad(), Absent(), Hooked(), Checked(), Integer(3), 5, "a", None, Two]
    return [run(f, s, t) for f in functions for s in subjects for t in types]
def scenario_raises():
    match Bad():
        case Bad(_, x): pass
def scenario_check_raises():
    match 5:
        case str(): pass
        case Raises(): pass
def scenario_twice():
    match Two():
        case Two(1, a=2): pass
    match Two():
        case Two(1, b=3): pass
def scenario_in_handler():
    try: 1 / 0
    except ZeroDivisionError:
        match Base():
            case Base(absent=1): pass
            case Base(bad=1): pass
class Mapping(collections.abc.Mapping):
    def __init__(self, **values): self.values_ = values
    def __len__(self): log.append("len"); return len(self.values_)
    def __iter__(self): log.append("iter"); return iter(self.values_)
    def __getitem__(self, key):
        log.append(key)
        if key == "bad": raise ValueError(key)
        return self.values_[key]
class Get(dict):
    def get(self, key, default): log.append(key); return default if key == "none" else key
class NoGet(dict): get = 5
class Gone:
    pass
collections.abc.Mapping.register(Gone)
class Subclass(dict): pass
class Missing(dict):
    def __missing__(self, key): log.append("missing"); return key
A = Gone(); A.a = "a"; A.b = "a"
def mapping(subject):
    match subject:
        case {"none": x}: return x
        case {"a": 1, "b": x, **rest}: return x, rest
        case {"a": 1}: return 1
        case {"a": x, "b": y}: return x, y
        case {"bad": x}: return x
        case {}: return "empty"
    return None
def duplicate(subject):
    match subject:
        case {A.a: 1, A.b: 2}: return 5
def scenario_mappings():
    subjects = [Mapping(), Mapping(a=1), Mapping(a=1, b=2), Mapping(a=2, b=2), Get(), Get(a=1), NoGet(a=1), NoGet(), Gone(),
                Subclass(a=1, b=3), Missing(a=1), {"a": 1}, collections.UserDict(a=1, b=2), collections.ChainMap({"a": 1}),
                collections.Counter("aab"), collections.defaultdict(list), collections.OrderedDict(a=1)]
    return [run(f, s) for f in (mapping, duplicate) for s in subjects]
def scenario_duplicate():
    match Mapping(a=1):
        case {A.a: 1, A.b: 2}: pass
def scenario_mapping_raises():
    match Mapping(a=1):
        case {"bad": 1}: pass
class Sequence(collections.abc.Sequence):
    def __init__(self, *values, length=None): self.values, self.length = values, length
    def __len__(self):
        log.append("len")
        if self.length is ValueError: raise ValueError("len")
        return len(self.values) if self.length is None else self.length
    def __getitem__(self, index): log.append(index); return self.values[index]
def sequence(subject):
    match subject:
        case []: return 0
        case [1]: return 1
        case [1, x]: return x
        case [1, *_, x]: return x, 3
        case [x, *rest]: return x, rest
    return None
def scenario_sequences():
    subjects = [Sequence(), Sequence(1), Sequence(1, 2), Sequence(1, 2, 3), Sequence(3, 4, 5), Sequence(length=-1),
                Sequence(length="a"), Sequence(length=2**70), Sequence(length=ValueError), Sequence(1, length=2), [1, 2], (1,),
                collections.deque([1, 5]), collections.UserList([1, 2, 3]), range(3), "abc", b"abc"]
    return [run(sequence, s) for s in subjects]
def scenario_length_raises():
    match Sequence(length=ValueError):
        case [1]: pass
"""
        )


if __name__ == "__main__":
    unittest.main()
