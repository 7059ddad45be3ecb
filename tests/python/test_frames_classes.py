"""Calls of classes, and how classes are made."""

import abc
import collections
import dataclasses
import enum
import types
import typing
import unittest

import stackless
from support import StacklessTestCase
from support_frames import ComparedTestCase, RowsTestCase, assert_recurses


def class_with(base=object, metaclass=type, **methods):
    """Makes a class without a class statement."""
    return metaclass("C", (base,), methods)


def by_init(base=object, *args, **options):
    """Calls a class with an __init__ of its own."""

    def by(action):
        class C(base, **options):
            def __init__(self, *args, **kwargs):
                action()

        C(*args)

    return by


def by_new(action):
    class C:
        def __new__(cls):
            action()
            return super().__new__(cls)

    C()


def by_new_with_keywords(action):
    class C:
        def __new__(cls, *args, **kwargs):
            action()
            return super().__new__(cls)

    C(1, key=2)


def by_init_after_new(action):
    class C:
        def __new__(cls, *args, **kwargs):
            return super().__new__(cls)

        def __init__(self, *args, **kwargs):
            action()

    C(1)
    C(1, key=2)
    C(*(1,), **{"key": 2})


def by_init_of_callable(action):
    class Init:
        def __call__(self, value):
            action()

    class C:
        __init__ = Init()

    C(1)


def by_inherited_init(action):
    class A:
        def __init__(self, value):
            action()

    class B(A):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)

    class C(B):
        pass

    C(1)
    C(value=1)
    C(*(1,))


def by_builtin_subclass(base, *args):
    return by_init(base, *args)


def by_metaclass_call(action):
    class Meta(type):
        def __call__(cls, *args):
            action()
            return super().__call__(*args)

    class C(metaclass=Meta):
        pass

    C()


def by_init_below_metaclass_call(action):
    class Meta(type):
        def __call__(cls, *args, **kwargs):
            return super().__call__(*args, **kwargs)

    class C(metaclass=Meta):
        def __init__(self, value, key=None):
            action()

    C(1)
    C(1, key=2)


def by_type_call(action):
    class C:
        def __init__(self, value):
            action()

    type.__call__(C, 1)


def by_metaclass_new(action):
    class Meta(type):
        def __new__(metacls, name, bases, namespace):
            action()
            return super().__new__(metacls, name, bases, namespace)

    class C(metaclass=Meta):
        pass


def by_metaclass_init(action):
    class Meta(type):
        def __init__(cls, name, bases, namespace):
            action()
            super().__init__(name, bases, namespace)

    class C(metaclass=Meta):
        pass


def by_prepare(action):
    class Meta(type):
        @classmethod
        def __prepare__(metacls, name, bases):
            action()
            return {}

    class C(metaclass=Meta):
        pass


def by_metaclass_function(action):
    def meta(name, bases, namespace):
        action()

    class C(metaclass=meta):
        pass


def by_init_subclass(action):
    class Base:
        def __init_subclass__(cls, **kwargs):
            action()
            super().__init_subclass__()

    class C(Base, key=1):
        pass


def by_init_subclass_of_type_call(action):
    class Base:
        def __init_subclass__(cls):
            action()

    type("C", (Base,), {})


def by_init_subclass_with_abc(action):
    class Base(abc.ABC):
        def __init_subclass__(cls):
            action()

    class C(Base):
        pass


def by_init_subclass_with_metaclass(action):
    class Meta(type):
        def __new__(metacls, name, bases, namespace):
            return super().__new__(metacls, name, bases, namespace)

        def __init__(cls, name, bases, namespace):
            pass

    class Base(metaclass=Meta):
        def __init_subclass__(cls):
            action()

    class C(Base):
        pass


def by_set_name(action):
    class Attribute:
        def __set_name__(self, owner, name):
            action()

    class C:
        attribute = Attribute()


def by_set_name_with_metaclass(action):
    class Meta(type):
        def __init__(cls, *args):
            pass

    class Attribute:
        def __set_name__(self, owner, name):
            action()

    class C(metaclass=Meta):
        attribute = Attribute()

    Meta("D", (), {"attribute": Attribute()})


def by_body(action):
    class C:
        action()


def by_body_with_mapping(action):
    class Meta(type):
        @classmethod
        def __prepare__(metacls, name, bases):
            return collections.OrderedDict()

    class C(metaclass=Meta):
        action()


def by_mro_entries(action):
    class Entries:
        def __mro_entries__(self, bases):
            action()
            return (int,)

    class C(Entries()):
        pass


def by_new_class(action):
    types.new_class("C", (), {}, lambda namespace: action())


def by_super(action):
    class A:
        def method(self):
            action()

    class B(A):
        def method(self):
            super().method()
            super(B, self).method()

    B().method()


def by_dataclass(action):
    @dataclasses.dataclass
    class C:
        value: int
        other: list = dataclasses.field(default_factory=lambda: action() or [])

        def __post_init__(self):
            action()

    C(1)


def by_dataclass_body(action):
    @dataclasses.dataclass
    class C:
        value: int = action()


def by_enum(action):
    class E(enum.Enum):
        def __new__(cls, value):
            action()
            member = object.__new__(cls)
            member._value_ = value
            return member

        A = 1


def by_enum_init(action):
    class E(enum.Enum):
        A = 1

        def __init__(self, value):
            action()


def by_enum_missing(action):
    class E(enum.Enum):
        A = 1

        @classmethod
        def _missing_(cls, value):
            action()
            return cls.A

    E(5)


def by_enum_body(action):
    class E(enum.Enum):
        A = 1
        action()


def by_namedtuple(action):
    class Pair(collections.namedtuple("Pair", "x y")):
        def __new__(cls, x, y):
            action()
            return super().__new__(cls, x, y)

    Pair(1, y=2)


def by_typed_namedtuple(action):
    class Pair(typing.NamedTuple):
        x: int = action()

    Pair(1)


def by_generic(action):
    T = typing.TypeVar("T")

    class Box(typing.Generic[T]):
        def __init__(self, value):
            action()

    class IntBox(Box[int]):
        pass

    IntBox(1)


ROWS = {
    "__init__": by_init(object, 1),
    "__init__ with keywords": lambda action: class_with(
        __init__=lambda self, value, key: action()
    )(1, key=2),
    "__init__ by cls(*args, **kwargs)": lambda action: class_with(
        __init__=lambda self, value, key: action()
    )(*(1,), **{"key": 2}),
    "__init__, inherited": by_inherited_init,
    "__init__ that is a callable object": by_init_of_callable,
    "__init__ of an exception": by_init(ValueError, 1),
    "__init__ of a list": by_init(list, [1]),
    "__init__ of a dict": by_init(dict),
    "__init__ with an abstract base class": by_init(abc.ABC, 1),
    "__init__ after a __new__": by_init_after_new,
    "__new__": by_new,
    "__new__ with keywords": by_new_with_keywords,
    "type.__call__": by_type_call,
    "__call__ of a metaclass": by_metaclass_call,
    "__init__ below a metaclass's __call__": by_init_below_metaclass_call,
    "__new__ of a metaclass": by_metaclass_new,
    "__init__ of a metaclass": by_metaclass_init,
    "__prepare__": by_prepare,
    "a metaclass that is a function": by_metaclass_function,
    "__init_subclass__": by_init_subclass,
    "__init_subclass__ by type()": by_init_subclass_of_type_call,
    "__init_subclass__ with abc.ABC": by_init_subclass_with_abc,
    "__init_subclass__ with a metaclass": by_init_subclass_with_metaclass,
    "__set_name__": by_set_name,
    "__set_name__ with a metaclass": by_set_name_with_metaclass,
    "the body of a class": by_body,
    "the body of a class in a mapping": by_body_with_mapping,
    "__mro_entries__": by_mro_entries,
    "types.new_class": by_new_class,
    "super()": by_super,
    "dataclasses.dataclass": by_dataclass,
    "the body of a dataclass": by_dataclass_body,
    "enum: __new__": by_enum,
    "enum: __init__": by_enum_init,
    "enum: _missing_": by_enum_missing,
    "enum: the body": by_enum_body,
    "collections.namedtuple": by_namedtuple,
    "typing.NamedTuple: the body": by_typed_namedtuple,
    "typing.Generic": by_generic,
}
HARD_ROWS = {}


class RowsTest(RowsTestCase, StacklessTestCase):
    rows = ROWS


class ComparisonTest(ComparedTestCase):
    def test_calls(self):
        self.compare(
            """
import abc
class Plain:
    def __init__(self, a, b=2): self.a, self.b = a, b
class Slots:
    __slots__ = "a",
    def __init__(self, a): self.a = a
class Wrong:
    def __init__(self): return 5
class WrongNew:
    def __new__(cls, x=None): return object.__new__(cls)
    def __init__(self, x=None): return "s"
class Other:
    def __new__(cls, *args): return args
    def __init__(self, *args): print("never")
class SubNew:
    def __new__(cls, *args): return object.__new__(Special)
    def __init__(self, *args): print("SubNew", args)
class Special(SubNew):
    def __init__(self, *args): print("Special", args)
class NewOnly:
    def __new__(cls, a): self = object.__new__(cls); self.a = a; return self
class NewBad:
    def __new__(cls, a): return object.__new__(cls, a)
class Error(Exception):
    def __init__(self, a, b): super().__init__(b); self.a = a
class MyList(list):
    def __init__(self, a, b): super().__init__(b); self.a = a
class MyInt(int):
    def __new__(cls, a, b): return super().__new__(cls, a + b)
    def __init__(self, a, b): self.a = a
class Abstract(abc.ABC):
    def __init__(self): pass
    @abc.abstractmethod
    def m(self): pass
class Fails:
    def __init__(self, x): raise ValueError(x)
class FailsNew:
    def __new__(self, x): raise ValueError(x)
class Property:
    @property
    def __init__(self): return lambda *args: print("property", args)
class NoInit:
    __init__ = None
class StaticInit:
    @staticmethod
    def __init__(*args): print("static", args)
class ClassNew:
    @classmethod
    def __new__(cls, *args): return cls, args
class Meta(type):
    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        return "meta", made.a
class WithMeta(metaclass=Meta):
    def __init__(self, a): self.a = a
class MetaWrong(metaclass=Meta):
    def __init__(self, a): return 1
class LenNew:
    def __new__(cls, *args, **kwargs): return sorted([cls.__name__, repr(args), repr(kwargs)])
def scenario_plain(): return vars(Plain(1)), vars(Plain(1, b=3)), vars(Plain(*(1, 2))), vars(Plain(**{"a": 1}))
def scenario_missing(): return Plain()
def scenario_too_many(): return Plain(1, 2, 3)
def scenario_too_many_star(): return Plain(*(1, 2, 3))
def scenario_unknown(): return Plain(1, c=3)
def scenario_slots(): return Slots(1).a
def scenario_wrong(): return Wrong()
def scenario_wrong_star(): return Wrong(*())
def scenario_wrong_new(): return WrongNew()
def scenario_wrong_new_keyword(): return WrongNew(x=1)
def scenario_other(): return Other(1), Other(*(2,))
def scenario_sub_new(): return type(SubNew(1))
def scenario_new_only(): return NewOnly(1).a, NewOnly(a=1).a, NewOnly(*(1,)).a
def scenario_new_missing(): return NewOnly()
def scenario_new_too_many(): return NewOnly(1, 2)
def scenario_new_bad(): return NewBad(1)
def scenario_error(): raise Error(1, 2)
def scenario_error_few(): raise Error(1)
def scenario_list(): x = MyList(1, b=[1, 2]); return x, x.a
def scenario_list_few(): return MyList(1)
def scenario_int(): x = MyInt(1, 2); return x, x.a
def scenario_int_keywords(): x = MyInt(1, b=2); return x, x.a
def scenario_abstract(): return Abstract()
def scenario_fails(): return Fails(1)
def scenario_fails_new(): return FailsNew(x=1)
def scenario_fails_in_map(): return list(map(Fails, [1]))
def scenario_in_map(): return [vars(x) for x in map(Plain, [1], [2])], [type(x) for x in map(WrongNew, [1])]
def scenario_property(): return type(Property(1))
def scenario_no_init(): return NoInit()
def scenario_static(): return type(StaticInit(1))
def scenario_class_new(): return ClassNew(1)
def scenario_meta(): return WithMeta(1), WithMeta(a=2), WithMeta(*(1,))
def scenario_meta_fails(): return WithMeta()
def scenario_meta_wrong(): return MetaWrong(1)
def scenario_type_call(): return vars(type.__call__(Plain, 1, b=3)), type.__call__(type, 5), type.__call__(Plain)
def scenario_type_call_bad(): return type.__call__(5)
def scenario_type_call_none(): return type.__call__()
def scenario_type_call_meta(): return type.__call__(WithMeta, 1).a
def scenario_new_values(): return LenNew(1, x=2), LenNew(1), LenNew()
def scenario_object(): return object(1)
def scenario_no_init_arguments():
    class C: pass
    return C(1)
def scenario_deleted():
    class C:
        def __init__(self): self.log = 1
        def __new__(cls): return super().__new__(cls)
    first = C().log
    del C.__init__
    C.__init__ = lambda self: setattr(self, "log", 2)
    second = C().log
    del C.__new__
    return first, second, C().log
"""
        )

    def test_class_statements(self):
        self.compare(
            """
import abc, enum, collections, types, typing, sys
class Meta(type):
    @classmethod
    def __prepare__(metacls, name, bases, **kwargs):
        print("prepare", name, bases, kwargs)
        return {"prepared": 1}
    def __new__(metacls, name, bases, namespace, **kwargs):
        print("new", name, bases, kwargs)
        return super().__new__(metacls, name, bases, namespace, **kwargs)
    def __init__(cls, name, bases, namespace, **kwargs):
        print("init", name, kwargs, cls.__dict__.get("attribute"))
        super().__init__(name, bases, namespace)
class Base(metaclass=Meta):
    def __init_subclass__(cls, **kwargs): print("init_subclass", cls.__name__, kwargs)
class Attribute:
    def __set_name__(self, owner, name): print("set_name", owner.__name__, name)
class BadAttribute:
    def __set_name__(self, owner, name): raise ValueError("bad")
class FewAttribute:
    def __set_name__(self): pass
def scenario_all():
    class C(Base, key=1):
        a = Attribute()
        b = Attribute()
    return C.prepared, C.__module__, C.__qualname__, list(C.__dict__)
def scenario_bad_set_name():
    class C(Base):
        a = Attribute()
        b = BadAttribute()
        c = Attribute()
def scenario_few_set_name():
    class C:
        b = FewAttribute()
def scenario_bad_init_subclass():
    class B:
        def __init_subclass__(cls): raise ValueError(cls.__name__)
    class C(B): pass
def scenario_init_subclass_arguments():
    class B:
        def __init_subclass__(cls, a): return a
    class C(B, b=1): pass
def scenario_object_init_subclass():
    class C(a=1): pass
def scenario_names_as_keywords():
    class B:
        def __init_subclass__(cls, func, name, bases=None, metacls=None): print(func, name, bases, metacls)
    class C(B, func=1, name=2, bases=3, metacls=4): pass
def scenario_cells():
    class C:
        def f(self): return __class__
    return C().f() is C
def scenario_no_cell():
    class M(type):
        def __new__(m, name, bases, ns):
            ns.pop("__classcell__", None)
            return super().__new__(m, name, bases, ns)
    class C(metaclass=M):
        def f(self): return __class__
def scenario_wrong_cell():
    class M(type):
        def __new__(m, name, bases, ns):
            super().__new__(m, name, bases, dict(ns))
            return type.__new__(m, "Other", bases, {})
    class C(metaclass=M):
        def f(self): return __class__
def scenario_prepare_not_mapping():
    class M(type):
        def __prepare__(*args): return 5
    class C(metaclass=M): pass
def scenario_prepare_of_function():
    def meta(*args): return args
    meta.__prepare__ = lambda *args: None
    class C(1, metaclass=meta): pass
def scenario_function():
    def meta(*args, **kwargs): return args, kwargs
    class C(1, 2, metaclass=meta, x=3): y = 4
    return C
def scenario_conflict():
    class M1(type): pass
    class M2(type): pass
    class A(metaclass=M1): pass
    class B(metaclass=M2): pass
    class C(A, B): pass
def scenario_winner():
    class M1(type): pass
    class A(metaclass=M1): pass
    class C(A, metaclass=type): pass
    return type(C).__name__, type(type("D", (A,), {})).__name__
def scenario_winner_new():
    return type(type("D", (Base,), {}, x=1)).__name__
def scenario_no_class_as_base():
    class C(5): pass
def scenario_mro_entries():
    class E:
        def __mro_entries__(self, bases): return (int, str)[:1]
    class None_:
        def __mro_entries__(self, bases): return ()
    class C(E(), None_()): pass
    return C.__bases__, len(C.__orig_bases__), C.__mro__
def scenario_mro_entries_bad():
    class E:
        def __mro_entries__(self, bases): return [int]
    class C(E()): pass
def scenario_mro_entries_fails():
    class E:
        def __mro_entries__(self, bases): raise ValueError("entries")
    class C(E()): pass
def scenario_mro_entries_attribute_fails():
    class E:
        @property
        def __mro_entries__(self): raise ValueError("entries")
    class C(E()): pass
def scenario_body_fails():
    class C(Base):
        x = 1
        raise ValueError("body")
def scenario_namespace():
    class Log(dict):
        def __setitem__(self, key, value):
            print("set", key); super().__setitem__(key, value)
        def __getitem__(self, key):
            return super().__getitem__(key)
    class M(type):
        @classmethod
        def __prepare__(m, name, bases): return Log()
    class E:
        def __mro_entries__(self, bases): return ()
    class C(E(), metaclass=M):
        x = 1
        y = x
    return C.y
def scenario_slots():
    class C(Base):
        __slots__ = "x", "y"
    return C.__slots__, [n for n in C.__dict__]
def scenario_type_arguments(): return type("C", (), {}, x=1)
def scenario_type_two(): return type("C", ())
def scenario_type_bad_name(): return type(1, (), {})
def scenario_type_bad_bases(): return type("C", [], {})
def scenario_type_bad_dict(): return type("C", (), [])
def scenario_type_new(): return type.__new__(type, "C", (), {"x": 1}).x
def scenario_type_new_bad(): return type.__new__(int, "C", (), {})
def scenario_object_new_bad(): return object.__new__(Meta, "C", (), {})
def scenario_type_new_few(): return type.__new__(type)
def scenario_mro():
    class M(type):
        def mro(cls):
            print("mro", cls.__name__)
            class Inner(Base): a = Attribute()
            return super().mro()
    class C(metaclass=M):
        a = Attribute()
    return C.__mro__
def scenario_nested():
    class A:
        def __set_name__(self, owner, name):
            class Inner(Base):
                b = Attribute()
            self.inner = Inner
    class C(Base):
        a = A()
    return C.a.inner.__qualname__
def scenario_same_name():
    class B:
        def __init_subclass__(cls):
            print("B", cls.__mro__)
            if cls.__name__ == "C" and not hasattr(B, "done"):
                B.done = True
                type("C", (B,), {})
    class C(B): pass
def scenario_decorated():
    class B:
        @classmethod
        def __init_subclass__(cls, **kwargs): print("explicit", kwargs)
    class C(B, x=1): pass
    class D(C): pass
def scenario_set_name_styles():
    class A:
        def __set_name__(*args): print("star", len(args), args[2])
    class B:
        def __set_name__(self, owner, name, extra=5): print("default", name, extra)
    class F:
        __set_name__ = staticmethod(lambda owner, name: print("static", name))
    class C:
        a, b, f = A(), B(), F()
def scenario_frames():
    def names(): return [sys._getframe(i).f_code.co_name for i in range(1, 4)]
    class A:
        def __set_name__(self, owner, name): self.names = names()
    class B:
        def __init_subclass__(cls): cls.names = names()
    class C(B):
        a = A()
        body = names()
    return C.names, C.a.names, C.body
def scenario_enum():
    class E(enum.Enum):
        A = 1
        B = enum.auto()
    class F(enum.IntFlag):
        X = 1
        Y = 2
    return list(E), E(1), F(3), E["B"], F.X | F.Y
def scenario_enum_bad():
    class E(enum.Enum):
        A = 1
    return E(7)
def scenario_enum_double():
    class E(enum.Enum):
        A = 1
        A = 2
def scenario_namedtuple():
    P = collections.namedtuple("P", "x y", defaults=[5])
    return P(1), P(1, y=2), P.__module__
def scenario_abc():
    class A(abc.ABC):
        @abc.abstractmethod
        def m(self): pass
    class B(A):
        def m(self): return 1
    return B().m(), A()
def scenario_typing():
    T = typing.TypeVar("T")
    class G(typing.Generic[T]): pass
    class H(G[int]): pass
    class P(typing.Protocol):
        def m(self): ...
    class D(typing.TypedDict): x: int
    return H.__orig_bases__, H.__mro__, D(x=1)
def scenario_build_class(): return __build_class__(5, "C")
def scenario_build_class_name(): return __build_class__(lambda: None, 5)
def scenario_build_class_few(): return __build_class__(lambda: None)
def scenario_build_class_plain(): return __build_class__(lambda: None, "C", int).__mro__
def scenario_build_class_arguments(): return __build_class__(lambda x: None, "C")
def scenario_builtin_body(): return __build_class__(len, "C")
"""
        )


class RecursionTest(unittest.TestCase):
    def test_init(self):
        assert_recurses(
            self,
            "class C:\n"
            "    def __init__(self, n):\n"
            "        if n: C(n - 1)\n"
            "C(100_000)\nprint('done')",
        )

    def test_init_with_keyword(self):
        assert_recurses(
            self,
            "class C(Exception):\n"
            "    def __init__(self, *, n):\n"
            "        if n: C(n=n - 1)\n"
            "C(n=100_000)\nprint('done')",
        )

    def test_new(self):
        assert_recurses(
            self,
            "class C:\n"
            "    def __new__(cls, n):\n"
            "        if n: C(n - 1)\n"
            "        return object.__new__(cls)\n"
            "    def __init__(self, n): pass\n"
            "C(100_000)\nprint('done')",
        )

    def test_metaclass_call(self):
        assert_recurses(
            self,
            "class M(type):\n"
            "    def __call__(cls, n):\n"
            "        return super().__call__(n)\n"
            "class C(metaclass=M):\n"
            "    def __init__(self, n):\n"
            "        if n: C(n - 1)\n"
            "C(50_000)\nprint('done')",
        )

    def test_class_body(self):
        assert_recurses(
            self,
            "def f(n):\n"
            "    class C:\n"
            "        if n: f(n - 1)\n"
            "f(10_000)\nprint('done')",
        )


if __name__ == "__main__":
    unittest.main()
