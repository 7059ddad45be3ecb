"""Pickles of classes: those of `__main__` and of functions travel by value."""

import abc
import collections
import dataclasses
import enum
import pickle
import textwrap
import types
import typing
import unittest

import _stackless
from support_code import COMPUTATION, Project, round_trips

T = typing.TypeVar("T")


def plain():
    class Plain:
        """Its doc."""

        shared = ["shared"]

        def __init__(self, value):
            self.value = value

        def get(self):
            return self.value, __class__

        @classmethod
        def make(cls, value):
            return cls(value)

        @staticmethod
        def add(a, b):
            return a + b

        @property
        def twice(self):
            """Its value twice."""
            return self.value * 2

        def __eq__(self, other):
            return self.value == other.value

    return Plain


def inheriting():
    class Base:
        def __init__(self):
            self.log = ["base"]

    class Derived(Base):
        def __init__(self):
            super().__init__()
            self.log.append("derived")

        class Inner:
            def outer(self):
                return Derived

    return Derived


def with_slots():
    class Slots:
        __slots__ = ("a", "__private", "__weakref__")

        def __init__(self, a):
            self.a = a
            self.__private = a + 1

        def private(self):
            return self.__private

    class More(Slots):
        __slots__ = "b"

    class Open(Slots):
        pass

    return Slots, More, Open


class Recorder(type):
    made = []

    def __new__(mcs, name, bases, namespace, *, flag=None):
        mcs.made.append(name)
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name, bases, namespace, *, flag=None):
        super().__init__(name, bases, namespace)
        cls.flag = flag


class Registry:
    names = []

    def __init_subclass__(cls, *, key, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.names.append(cls.__name__)
        cls.key = key


class Descriptor:
    name = None
    count = 0

    def __set_name__(self, owner, name):
        Descriptor.count += 1
        self.name = name

    def __get__(self, instance, owner=None):
        return self.name


class ClassesOfFunctions(unittest.TestCase):
    def test_plain_class(self):
        cls = plain()
        for copy, thing, method in round_trips((cls, cls(5), cls(6).get)):
            self.assertIsNot(copy, cls)
            self.assertIs(type(thing), copy)
            self.assertEqual(thing.get(), (5, copy))
            self.assertEqual(copy.make(7).twice, 14)
            self.assertEqual(copy.add(1, 2), 3)
            self.assertEqual((copy.__doc__, copy.twice.__doc__), ("Its doc.", "Its value twice."))
            self.assertEqual((copy.__module__, copy.__qualname__, copy.__name__), (__name__, cls.__qualname__, "Plain"))
            self.assertEqual(copy.shared, ["shared"])
            self.assertEqual(thing, cls(5))
            self.assertIsNone(copy.__hash__)
            self.assertEqual(method(), (6, copy))
            self.assertEqual(*(set(c.__dict__) - {"__slotnames__"} for c in (copy, cls)))

    def test_inheritance_and_super(self):
        cls = inheriting()
        for copy, inner in round_trips((cls, cls.Inner())):
            self.assertEqual(copy().log, ["base", "derived"])
            self.assertIs(inner.outer(), copy)
            self.assertIs(type(inner), copy.Inner)

    def test_methods_lead_to_the_class(self):
        for method in round_trips(plain().get):
            self.assertIs(method(types.SimpleNamespace(value=1))[1].__dict__["get"], method)

    def test_slots(self):
        slots, more, opened = with_slots()
        thing = more(1)
        thing.b = 2
        free = opened(5)
        free.anything = 6
        for copy, copied_more, copied, copied_free in round_trips((slots, more, thing, free)):
            self.assertEqual((copied.a, copied.b, copied.private()), (1, 2, 2))
            self.assertEqual((copied_free.a, copied_free.anything), (5, 6))
            self.assertFalse(hasattr(copied, "__dict__"))
            self.assertIs(copied_more.__base__, copy)

    def test_abstract_classes(self):
        class Shape(abc.ABC):
            @abc.abstractmethod
            def area(self): ...

            @property
            @abc.abstractmethod
            def name(self): ...

        class Square(Shape):
            def area(self):
                return 4

            name = "square"

        class Foreign:
            pass

        Shape.register(Foreign)
        self.assertIsInstance(Foreign(), Shape)
        for shape, square, foreign in round_trips((Shape, Square, Foreign)):
            self.assertEqual(shape.__abstractmethods__, {"area", "name"})
            with self.assertRaisesRegex(TypeError, "abstract"):
                shape()
            self.assertEqual(square().area(), 4)
            self.assertIsInstance(square(), shape)
            self.assertIsInstance(foreign(), shape)
            self.assertNotIsInstance(object(), shape)
            self.assertFalse(issubclass(Square, shape))

    def test_enumerations(self):
        class Color(enum.Enum):
            RED = 1
            GREEN = "green"
            ROUGE = 1

            def shout(self):
                return self.name + "!"

        class Planet(enum.Enum):
            EARTH = (5.97, 6.37)
            MARS = (0.64, 3.39)

            def __init__(self, mass, radius):
                self.mass = mass

        class Number(enum.IntEnum):
            ONE = enum.auto()
            TWO = enum.auto()

        class Rights(enum.Flag):
            READ = 1
            WRITE = 2
            BOTH = READ | WRITE

        for color, red, planet, number, rights, both in round_trips(
            (Color, Color.RED, Planet, Number, Rights, Rights.READ | Rights.WRITE)
        ):
            self.assertIs(color.RED, red)
            self.assertIs(color.ROUGE, red)
            self.assertIs(color(1), red)
            self.assertEqual(color.GREEN.shout(), "GREEN!")
            self.assertEqual([member.name for member in color], ["RED", "GREEN"])
            self.assertEqual(planet.MARS.mass, 0.64)
            self.assertEqual(number.TWO + 1, 3)
            self.assertIs(rights.BOTH, both)
            self.assertIs(rights.READ | rights.WRITE, both)
            self.assertEqual(repr(color.RED), repr(Color.RED))

    def test_dataclasses(self):
        @dataclasses.dataclass(order=True)
        class Point:
            x: int
            y: int = 5
            tags: list = dataclasses.field(default_factory=list, compare=False)

            def total(self):
                return self.x + self.y

        @dataclasses.dataclass(frozen=True, slots=True)
        class Fixed:
            z: float = 1.5

        for point, thing, fixed in round_trips((Point, Point(1), Fixed(2.5))):
            self.assertEqual(thing, point(1, 5))
            self.assertEqual((thing.total(), thing.tags), (6, []))
            self.assertLess(thing, point(2))
            self.assertEqual(dataclasses.asdict(thing), {"x": 1, "y": 5, "tags": []})
            self.assertEqual(dataclasses.replace(thing, x=3).x, 3)
            with self.assertRaisesRegex(TypeError, "missing 1 required"):
                point()
            with self.assertRaises(dataclasses.FrozenInstanceError):
                fixed.z = 1

            @dataclasses.dataclass
            class Derived(point):
                z: int = 7

            self.assertEqual(Derived(1), Derived(1, 5, [], 7))

    def test_named_tuples(self):
        class Typed(typing.NamedTuple):
            x: int
            y: str = "y"

            def both(self):
                return (self.y, self.x)

        Plain = collections.namedtuple("Plain", "a b", defaults=[2])
        for typed, thing, pair in round_trips((Typed, Typed(1), Plain(1))):
            self.assertEqual((thing, thing.both(), thing._replace(x=2)), ((1, "y"), ("y", 1), (2, "y")))
            self.assertEqual(typed.__annotations__, {"x": int, "y": str})
            self.assertEqual((pair.a, pair.b, pair._asdict()), (1, 2, {"a": 1, "b": 2}))
            self.assertEqual(repr(pair), "Plain(a=1, b=2)")

    def test_generic_classes(self):
        class Box(typing.Generic[T]):
            def __init__(self, content: T):
                self.content = content

        class Speaks(typing.Protocol):
            def speak(self) -> str: ...

        class Options(typing.TypedDict):
            name: str

        for box, thing, speaks, options in round_trips((Box, Box[int](5), Speaks, Options)):
            self.assertEqual(thing.content, 5)
            self.assertEqual(box.__parameters__, (T,))
            self.assertEqual(box[int].__args__, (int,))
            self.assertTrue(speaks._is_protocol)
            self.assertEqual((options(name="n"), options.__required_keys__), ({"name": "n"}, {"name"}))

    def test_metaclasses_run_once(self):
        class Recorded(metaclass=Recorder, flag="flag"):
            pass

        class Registered(Registry, key="key"):
            described = Descriptor()

        before = (list(Recorder.made), list(Registry.names), Descriptor.count)
        for recorded, registered in round_trips((Recorded, Registered)):
            self.assertEqual((type(recorded), recorded.flag), (Recorder, "flag"))
            self.assertEqual((registered.key, registered().described), ("key", "described"))
        self.assertEqual((Recorder.made, Registry.names, Descriptor.count), before)

    def test_metaclass_of_a_function(self):
        class Meta(type):
            def __call__(cls, *args):
                return ["made", *args]

        class Made(metaclass=Meta):
            pass

        for meta, made in round_trips((Meta, Made)):
            self.assertIs(type(made), meta)
            self.assertEqual(made(1), ["made", 1])

    def test_exceptions_and_builtin_bases(self):
        class Failure(ValueError):
            def __init__(self, code):
                super().__init__(f"code {code}")
                self.code = code

            def __reduce__(self):
                return type(self), (self.code,)

        class Names(dict):
            def __missing__(self, key):
                return key

        for failure, names in round_trips((Failure(5), Names(a=1))):
            self.assertEqual((str(failure), failure.code), ("code 5", 5))
            self.assertIsInstance(failure, ValueError)
            self.assertEqual((names["a"], names["b"]), (1, "b"))

    def test_class_made_by_type(self):
        for copy in round_trips(type("Made", (list,), {"x": 5, "f": lambda self: self.x})):
            self.assertEqual((copy().f(), copy.__mro__[1]), (5, list))

    def test_types_of_the_interpreter(self):
        kinds = [types.FunctionType, types.GeneratorType, types.CellType, types.ModuleType, int, type(None), type(...)]
        for copies in round_trips(kinds):
            for kind, copy in zip(kinds, copies, strict=True):
                self.assertIs(copy, kind)

    def test_importable_classes_stay_themselves(self):
        for _, *copies in round_trips((COMPUTATION, Registry, Recorder, collections.OrderedDict, Project)):
            self.assertEqual(copies, [Registry, Recorder, collections.OrderedDict, Project])


class ClassesOfMain(Project):
    PROGRAM = """
        import abc, dataclasses, enum, functools, pickle, stackless, sys, typing
        T = typing.TypeVar("T")

        class Base(abc.ABC):
            @abc.abstractmethod
            def name(self): ...

        class Item(Base):
            instances = 0
            def __init__(self, value):
                super().__init__()
                self.value = value
            def name(self): return helper(self.value)
            @functools.cached_property
            def slow(self): return self.value * 3

        def helper(value): return f"item {value}"

        class Color(enum.Enum):
            RED = 1
            def next(self): return Color.RED

        @dataclasses.dataclass
        class Point:
            x: int
            color: Color = Color.RED

        class Pair(typing.NamedTuple):
            a: int

        class Box(typing.Generic[T]):
            content: T

        COMPUTATION = eval("lambda: None", {})
    """
    DUMP = """
        data = [COMPUTATION, Item(5), Point(1), Color.RED, Pair(3), Box[int]]
        if not sys.argv[1:]:
            pickle.dump(data, open("data", "wb"))
        else:
            _, *loaded = pickle.load(open("data", "rb"))
            print([type(a) is type(b) for a, b in zip(loaded, data[1:])], loaded[2] is Color.RED)
            print(isinstance(loaded[0], Item), Item.instances)
    """

    def write_program(self, change=lambda text: text):
        self.write("program.py", change(textwrap.dedent(self.PROGRAM) + textwrap.dedent(self.DUMP)))

    def test_another_program(self):
        self.write_program()
        self.run_program("program.py")
        self.write(
            "load.py",
            """
            import pickle, stackless
            class Item: pass
            _, item, point, red, pair, box = pickle.load(open("data", "rb"))
            print(item.name(), item.value, item.slow, type(item) is Item, type(item).__mro__[1].__name__)
            print(point.x, point.color is red, red.next() is red, pair, type(point)(2))
            print(box, type(item).__module__)
            try: type(item).__mro__[1]()
            except TypeError as error: print(error)
            """,
        )
        self.assertEqual(
            self.run_program("load.py").splitlines(),
            [
                "item 5 5 15 False Base",
                "1 True True Pair(a=3) Point(x=2, color=<Color.RED: 1>)",
                "__main__.Box[int] __main__",
                "Can't instantiate abstract class Base with abstract method name",
            ],
        )

    def test_same_program_uses_its_classes(self):
        self.write_program()
        self.run_program("program.py")
        # What is no function may be another.
        self.write_program(lambda text: text.replace("instances = 0", "instances = 7"))
        self.assertEqual(
            self.run_program("program.py", "load"), "[True, True, True, True, True] True\nTrue 7\n"
        )

    def test_changed_class_of_the_same_program(self):
        self.write_program()
        self.run_program("program.py")
        self.write_program(lambda text: text.replace("return helper(", "return 1, helper("))
        self.assertEqual(
            self.run_program("program.py", "load"), "[False, True, True, True, True] True\nFalse 0\n"
        )


class Malformed(unittest.TestCase):
    def refuse(self, loader, *args):
        with self.assertRaises(pickle.UnpicklingError, msg=(loader.__name__, args)):
            loader(*args)

    def test_arguments(self):
        good = [type, "Name", (), {"__module__": "m", "__qualname__": "Name"}, None, 5, None]
        made = _stackless.load_class(*good)
        self.assertEqual((made.__name__, made.__module__), ("Name", "m"))
        values = [None, 5, "text", (), {}, [], type, int, (bool,), (1,), {1: 2}, 10**30, enum.EnumType, abc.ABCMeta]
        values += [{"__slots__": 5}, {"__slots__": "a b"}, {"__qualname__": 5}, {"__classcell__": 1}, (int, str)]
        values += [{"__slots__": ("x", "x")}, (types.FunctionType,), {"mro": 1}, (dict, Registry), pickle]
        for position in range(len(good)):
            for value in values:
                args = [*good[:position], value, *good[position + 1 :]]
                try:
                    self.assertIsInstance(_stackless.load_class(*args), type)
                except pickle.UnpicklingError:
                    pass
        for count in range(len(good)):
            self.refuse(_stackless.load_class, *good[:count])

    def test_states(self):
        good = [type, "Name", (), {"__module__": "m", "__qualname__": "Name"}, None, 5, None]
        values = [None, 5, "text", (), {}, [], {1: 2}, [1], {"a": 1}, {"__bases__": 5}, {"__dict__": 1}]
        for state in [*values, *((a, None, None) for a in values), *(({}, a, b) for a in values for b in values)]:
            made = _stackless.load_class(*good)
            try:
                self.assertIsNone(_stackless.set_class_state(made, state))
            except pickle.UnpicklingError:
                pass
            self.assertEqual(made.__name__, "Name")

    def test_state_of_a_complete_class(self):
        for cls in (int, Registry):
            self.assertIsNone(_stackless.set_class_state(cls, ({"surprise": 1}, None, None)))
            self.assertFalse(hasattr(cls, "surprise"))


if __name__ == "__main__":
    unittest.main()
