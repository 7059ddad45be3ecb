"""Names of class bodies, exec() and eval() in mappings: what their methods do in Python runs as frames of the loop."""

import collections
import enum
import unittest

from support import StacklessTestCase
from support_frames import ComparedTestCase, RowsTestCase


class Calling(dict):
    """A namespace that calls something each time that a certain name is looked up, set or deleted."""

    def __init__(self, action, watched="name", **names):
        super().__init__(names)
        self.__dict__.update(action=action, watched=watched)

    def call_for(self, name):
        if name == self.watched:
            self.action()

    def __getitem__(self, name):
        self.call_for(name)
        return super().__getitem__(name)

    def __setitem__(self, name, value):
        self.call_for(name)
        super().__setitem__(name, value)

    def __delitem__(self, name):
        self.call_for(name)
        super().__delitem__(name)


class Missing(dict):
    def __init__(self, action):
        super().__init__()
        self.action = action

    def __missing__(self, name):
        self.action()
        return name


def prepared(namespace):
    """A metaclass whose classes have their names in that."""

    class Meta(type):
        @classmethod
        def __prepare__(mcs, name, bases):
            return namespace

        def __new__(mcs, name, bases, body):
            return super().__new__(mcs, name, bases, dict(body))

    return Meta


def by_load(action):
    class Made(metaclass=prepared(Calling(action, name=1))):
        other = name  # noqa: F821


def by_load_missing(action):
    return eval("name", {}, Missing(action))


def by_load_of_chain_map(action):
    return eval("name", {}, collections.ChainMap(Calling(action), {"name": 1}))


def by_load_of_default(action):
    return eval("name", {}, collections.defaultdict(lambda: action()))


def by_load_of_builtin(action):
    return eval("name", {"__builtins__": Calling(action, name=1)})


def by_load_of_class_variable(action):
    name = 1

    class Made(metaclass=prepared(Calling(action))):
        other = name


def by_load_of_global(action):
    space = Calling(action, name=1)
    exec("def function(): return name", space)
    return space["function"]()


def by_call_of_global(action):
    space = Calling(action, name=lambda argument: argument)
    exec("def function(): return [name(1), name(2)]", space)
    return space["function"]()


def by_store(action):
    class Made(metaclass=prepared(Calling(action))):
        name = 1


def by_store_in_enum(action):
    class Namespace(enum._EnumDict):
        def __setitem__(self, name, value):
            if name == "ONE":
                action()
            super().__setitem__(name, value)

    class Meta(enum.EnumType):
        @classmethod
        def __prepare__(mcs, name, bases):
            space = Namespace()
            space._cls_name = name
            return space

    class Number(enum.Enum, metaclass=Meta):
        ONE = 1


def by_generated_value(action):
    class Number(enum.Enum):
        def _generate_next_value_(name, start, count, last_values):
            action()
            return 1

        ONE = enum.auto()


def by_function_in_body(action):
    class Made(metaclass=prepared(Calling(action))):
        def name(self):
            pass


def by_annotations(action):
    class Made(metaclass=prepared(Calling(action, "__annotations__"))):
        name: int


def by_import_in_body(action):
    exec("import sys as name", {}, Calling(action))


def by_delete(action):
    class Made(metaclass=prepared(Calling(action, name=1))):
        del name  # noqa: F821


ROWS = {
    "names of a class body": by_load,
    "names of eval(): __missing__": by_load_missing,
    "names of eval() in a ChainMap": by_load_of_chain_map,
    "names of eval() in a defaultdict": by_load_of_default,
    "names of eval() in builtins": by_load_of_builtin,
    "names of the function around a class body": by_load_of_class_variable,
    "global names of exec()": by_load_of_global,
    "functions called by global names of exec()": by_call_of_global,
    "names set in a class body": by_store,
    "names set in the body of an enum": by_store_in_enum,
    "enum: _generate_next_value_": by_generated_value,
    "names of functions in a class body": by_function_in_body,
    "annotations in a class body": by_annotations,
    "names set by import": by_import_in_body,
    "names deleted in a class body": by_delete,
}


class RowsTest(RowsTestCase, StacklessTestCase):
    rows = ROWS

    # To a namespace, a KeyError says that a name is not there.
    test_exception = None


class ComparisonTest(ComparedTestCase):
    def test_names(self):
        self.compare(
            """
import collections, enum
log = []
class Space(dict):
    error = KeyError
    def __getitem__(self, name):
        log.append(("get", name))
        if name.startswith("bad"):
            raise self.error(name)
        return dict.__getitem__(self, name)
    def __setitem__(self, name, value):
        log.append(("set", name))
        if name.startswith("bad"):
            raise self.error(name)
        dict.__setitem__(self, name, value)
    def __delitem__(self, name):
        log.append(("del", name))
        if name.startswith("bad"):
            raise self.error(name)
        dict.__delitem__(self, name)
class Lookup(Space):
    error = ValueError
class Strange:
    def __getitem__(self, name): return 7
class Missing(dict):
    def __missing__(self, name): return name + "!"
class NotThere(dict):
    def __missing__(self, name): raise KeyError(name, 5)
class Setter(dict):
    __setitem__ = 5
class Deleter(dict):
    def __delitem__(self, name): pass
def run(source, space, function=exec, **names):
    del log[:]
    try:
        result = function(source, names, space)
    except NameError as error:
        return log[:], error.name, str(error), error.__context__
    return result, log[:], sorted(dict(space)) if isinstance(space, dict) else None
def make(source, base):
    def scenario(): return run(source, base())
    return scenario
sources = ["a = 1; b = a", "bad1", "bad1 = 1", "del bad1", "none", "del none", "a = 1; del a", "len", "a: int = 3",
           "bad: int", "class A: x = 1; y = x", "import sys", "from sys import path", "def f(): return f\\nf",
           "def f(): return none\\nf()", "for a in (1, 2): b = a", "try: none\\nexcept NameError as e: pass", "a, b = 1, 2",
           "with open('/dev/null') as f: pass", "try: 1 / 0\\nexcept ZeroDivisionError: none",
           "try: 1 / 0\\nexcept ZeroDivisionError: del bad", "[x for x in (1, 2)]", "from math import *", "print"]
for i, source in enumerate(sources):
    for base in (Space, Lookup, Strange, Missing, NotThere, Setter, Deleter, collections.ChainMap, collections.Counter,
                 lambda: collections.defaultdict(list), collections.UserDict, collections.OrderedDict):
        globals()[f"scenario_{i}_{getattr(base, '__name__', base)}".replace("<lambda>", "default")] = make(source, base)
def scenario_value(): return run("len + 1", collections.ChainMap({"len": 5}), eval)
def scenario_with_global(): return run("a + 1", collections.ChainMap(), eval, a=4)
def scenario_builtins(): return run("a + b", {}, eval, __builtins__=Missing(a="A"))
def scenario_no_builtins(): return run("a + b", {}, eval, __builtins__=NotThere(a="A"))
def scenario_functions():
    import builtins
    space = Missing(vars(builtins))
    exec("def f(x):\\n  return len(x), none, unknown, unknown.upper()\\n", space)
    return space["f"]([1])
def scenario_function_fails():
    space = Space(__builtins__={})
    exec("def f(x):\\n  return none(1)", space)
    return space["f"](1)
def scenario_function_raises():
    space = Lookup(__builtins__={})
    exec("def f(x):\\n  return bad(1)", space)
    return space["f"](1)
def scenario_class_variable():
    v = 5
    class Meta(type):
        def __prepare__(name, bases): return Space()
        def __new__(mcs, name, bases, body): return type.__new__(mcs, name, bases, dict(body))
    class A(metaclass=Meta):
        w = v
        v = 6
        x = v
        f = lambda: v
    return A.w, A.x, A.f()
def scenario_unbound_class_variable():
    class Meta(type):
        def __prepare__(name, bases): return Missing() if 0 else Space()
    class A(metaclass=Meta):
        w = v
    v = 1
def scenario_enum():
    class Color(enum.Enum):
        RED = enum.auto()
        GREEN = RED
        BLUE = enum.auto()
        def method(self): return self.value
        _ignore_ = "x"
        x = 5
    return [*Color.__members__], Color.BLUE.method()
def scenario_enum_twice():
    class Color(enum.Enum):
        RED = 1
        RED = 2
def scenario_enum_order():
    class Color(enum.Enum):
        RED = 1
        def _generate_next_value_(*args): return 5
def scenario_annotations():
    class Meta(type):
        def __prepare__(name, bases): return Space()
        def __new__(mcs, name, bases, body): return type.__new__(mcs, name, bases, dict(body))
    class A(metaclass=Meta):
        x: int = 3
        y: str
    return A.__annotations__
"""
        )


if __name__ == "__main__":
    unittest.main()
