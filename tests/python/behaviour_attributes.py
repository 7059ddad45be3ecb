"""What attributes that code in Python computes do, in every way to reach them."""

import enum
import functools
import operator
import sys
import types

from behaviour import show

log = []


def note(*event):
    log.append(event)
    log.append(sys.exc_info()[0])


class Properties:
    @property
    def good(self):
        note("good")
        return 1

    @good.setter
    def good(self, value):
        note("set", value)
        return "ignored"

    @good.deleter
    def good(self):
        note("deleted")
        return "ignored"

    @property
    def bad(self):
        raise KeyError("bad")

    @bad.setter
    def bad(self, value):
        raise KeyError("bad", value)

    @bad.deleter
    def bad(self):
        raise KeyError("deleted")

    @property
    def absent(self):
        raise AttributeError("absent")

    @property
    def far(self):
        return self.nowhere

    only = property(lambda self: 2)
    nothing = property()
    of_c = property(operator.attrgetter("good"))
    failing_c = property(operator.attrgetter("nowhere"))
    partial = property(functools.partial(lambda number, self: number, 3))
    two = property(lambda self, other: 1)
    default = property(lambda self, other=4: other)
    star = property(lambda *args: len(args))

    def __repr__(self):
        return "<Properties>"


class Subclass(Properties):
    @property
    def good(self):
        return super().good + 1

    @good.setter
    def good(self, value):
        Properties.good.__set__(self, value + 1)

    @good.deleter
    def good(self):
        super(Subclass, type(self)).good.__delete__(self)


class Data:
    def __get__(self, instance, owner=None):
        note("get", instance is None, owner.__name__)
        return 5

    def __set__(self, instance, value):
        note("set", value)

    def __delete__(self, instance):
        note("delete")


class NonData:
    def __get__(self, instance, owner=None):
        note("get", instance is None, owner.__name__)
        return lambda *args: args


class Raising:
    def __get__(self, instance, owner=None):
        raise AttributeError("raising")

    __set__ = __delete__ = None


class OnlySet:
    def __set__(self, instance, value):
        note("set", value)


class PropertySubclass(property):
    def __get__(self, instance, owner=None):
        note("before")
        return super().__get__(instance, owner)

    def __set__(self, instance, value):
        note("before")
        super().__set__(instance, value)


class Descriptors:
    data = Data()
    nondata = NonData()
    shadowed = NonData()
    raising = Raising()
    only_set = OnlySet()

    @PropertySubclass
    def sub(self):
        return 6

    @sub.setter
    def sub(self, value):
        note("sub", value)

    def __init__(self):
        self.__dict__["shadowed"] = 7
        self.__dict__["data"] = 8

    @functools.cached_property
    def cached(self):
        note("cached")
        return 9


class Hook:
    here = 1

    def __init__(self):
        self.own = 2

    def __getattr__(self, name):
        note("getattr", name)
        if name.startswith("no"):
            raise AttributeError(name)
        if name.startswith("bad"):
            raise KeyError(name)
        return lambda *args: (name, args)

    @property
    def absent(self):
        note("absent")
        raise AttributeError("absent")

    @property
    def wrong(self):
        raise ValueError("wrong")

    descriptor = Data()
    raising = Raising()


class Everything(Hook):
    def __getattribute__(self, name):
        note("getattribute", name)
        return super().__getattribute__(name)

    def __setattr__(self, name, value):
        note("setattr", name)
        super().__setattr__(name, value)

    def __delattr__(self, name):
        note("delattr", name)
        super().__delattr__(name)


class Only:
    def __getattribute__(self, name):
        note("getattribute", name)
        if name == "no":
            raise AttributeError("no")
        return object.__getattribute__(self, name)

    def method(self):
        return 3

    @property
    def absent(self):
        raise AttributeError("absent")


class Explicit:
    def __setattr__(self, name, value):
        note("setattr", name)
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        object.__delattr__(self, name)

    @property
    def good(self):
        return 1

    @good.setter
    def good(self, value):
        note("good", value)

    @good.deleter
    def good(self):
        note("deleted")


class Meta(type):
    @property
    def of_meta(cls):
        note("of_meta")
        return cls.__name__

    @of_meta.setter
    def of_meta(cls, value):
        note("set", value)

    @of_meta.deleter
    def of_meta(cls):
        note("deleted")

    nondata = NonData()

    def __getattr__(cls, name):
        note("meta", name)
        raise AttributeError(f"nothing like {name}")

    def method(cls):
        return 4


class Classy(metaclass=Meta):
    descriptor = Data()
    nothing_special = 1

    @staticmethod
    def static():
        return 5

    @classmethod
    def of_class(cls):
        return cls.__name__

    @property
    def good(self):
        return 1


class PlainMeta(type):
    @property
    def absent(cls):
        raise AttributeError("absent in class")


class Plain(metaclass=PlainMeta):
    nondata = NonData()


class Colour(enum.Enum):
    RED = 1
    GREEN = 2

    @property
    def lower(self):
        return self.name.lower()


module = types.ModuleType("module")
module.there = 1


def module_getattr(name):
    note("module", name)
    if name == "no":
        raise AttributeError("not in the module")
    return name * 2


module.__getattr__ = module_getattr


class Lazy(types.ModuleType):
    @property
    def computed(self):
        note("computed")
        return 1


lazy = Lazy("lazy")


class Base:
    def __init__(self):
        note("Base")

    @property
    def value(self):
        note("Base.value")
        return 1

    @classmethod
    def made(cls):
        return cls.__name__

    def method(self, *args):
        return args

    descriptor = Data()


class Middle(Base):
    pass


class Derived(Middle):
    def __init__(self):
        super().__init__()

    @property
    def value(self):
        return super().value + 1

    @classmethod
    def made(cls):
        return super().made(), super().descriptor

    def method(self, *args):
        return super().method(1, *args), super().method

    def unbound(self):
        return super(Derived, Derived).method, super(Derived, Derived).value

    def missing(self):
        return super().nowhere

    def deleted(self):
        return super().descriptor, super().__class__


class OddKey:
    def __init__(self, name):
        self.name = name

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        note("eq", other)
        return self.name == other


class Odd:
    nondata = NonData()

    def __init__(self):
        self.__dict__[OddKey("nondata")] = 5


def getting(name):
    def read(make):
        return [
            namespace["load"](make),
            namespace["call"](make),
        ]

    namespace = {}
    exec(
        f"def load(o):\n    return o.{name}\ndef call(o):\n    return o.{name}()\n"
        f"def store(o):\n    o.{name} = 11\ndef delete(o):\n    del o.{name}\n",
        namespace,
    )
    return namespace


def plain(value):
    """Without addresses."""
    if isinstance(value, types.FunctionType | types.MethodType):
        return value.__name__
    return value if not isinstance(value, property) else "property"


def cases():
    """Each object, with each of the names, in each way."""
    objects = {
        Properties: "good bad absent far only nothing of_c failing_c partial two default star no",
        Subclass: "good bad",
        Descriptors: "data nondata shadowed raising only_set sub cached",
        Hook: "here own other no_other bad_other absent wrong descriptor raising",
        Everything: "here own other no_other absent wrong descriptor raising",
        Only: "no method absent nowhere",
        Explicit: "good other",
        Odd: "nondata",
        (lambda: Classy): "of_meta nondata method nothing_special static of_class good descriptor no",
        (lambda: Plain): "absent nondata no",
        (lambda: Colour): "RED GREEN BLUE __members__ name lower",
        (lambda: Colour.RED): "name value lower GREEN no",
        (lambda: module): "there here no",
        (lambda: lazy): "computed no",
        Derived: "value made method unbound missing deleted",
        (lambda: super(Derived, Derived())): "value method made descriptor no",
        (lambda: 5): "real no",
    }
    for make, names in objects.items():
        for name in names.split():
            yield from ways(make, name)


def ways(make, name):
    code = getting(name)

    def load():
        return plain(code["load"](make()))

    def call():
        return plain(code["call"](make()))

    def load_twice():
        thing = make()
        return plain(code["load"](thing)), plain(code["load"](thing))

    def store():
        return code["store"](make())

    def delete():
        return code["delete"](make())

    def get():
        return plain(getattr(make(), name))

    def get_default():
        return plain(getattr(make(), name, "default"))

    def has():
        return hasattr(make(), name)

    def set():
        return setattr(make(), name, 11)

    def delattr_():
        return delattr(make(), name)

    def generic():
        return plain(object.__getattribute__(make(), name))

    def generic_set():
        return object.__setattr__(make(), name, 11)

    def generic_delete():
        return object.__delattr__(make(), name)

    def by_method():
        return plain(make().__getattribute__(name))

    def get_star():
        return plain(getattr(*(make(), name)))

    def get_handling():
        try:
            raise IndexError("before")
        except IndexError:
            return plain(getattr(make(), name, "default")), plain(code["load"](make()))

    def attrgetter():
        return plain(operator.attrgetter(name)(make()))

    def mapped():
        return [plain(value) for value in map(getattr, [make()], [name])]

    def store_handling():
        try:
            raise IndexError("before")
        except IndexError:
            code["store"](make())

    readers = [
        load,
        call,
        load_twice,
        get,
        get_default,
        has,
        generic,
        by_method,
        get_star,
        get_handling,
        attrgetter,
        mapped,
    ]
    writers = [store, delete, set, delattr_, generic_set, generic_delete, store_handling]
    for function in readers + (writers if name not in ("RED", "method", "static") else []):
        function.__name__ = f"{make.__name__}.{name}.{function.__name__}"
        yield function
    if name in ("data", "shadowed"):

        def through_slots():
            thing = make()
            descriptor = type(thing).__dict__[name]
            return type(descriptor).__get__(descriptor, thing, type(thing)) is not None

        through_slots.__name__ = f"{make.__name__}.{name}.through_slots"
        yield through_slots


def wrong_calls():
    def no_str():
        return getattr(Properties(), 5)

    def too_many():
        return getattr(Properties(), "good", 1, 2)

    def keyword():
        return getattr(Properties(), name="good")

    def hasattr_no_str():
        return hasattr(Properties(), 5)

    def behind_the_back():
        return object.__setattr__(Classy, "of_meta", 1)

    def slot_without_arguments():
        return object.__getattribute__(Properties())

    def slot_of_nothing():
        return object.__setattr__()

    def slot_of_another():
        return type.__getattribute__(Properties(), "good")

    def setting_a_builtin():
        return type.__setattr__(int, "good", 1)

    def property_of_none():
        return property.__get__(Properties.good, None, Properties) is Properties.good

    def property_of_nothing():
        return property.__get__(Properties.good, None)

    def property_get():
        return property.__get__(Properties.good, Properties())

    def property_set():
        return property.__set__(Properties.good, Properties(), 5)

    def property_delete():
        return Properties.good.__delete__(Properties())

    return [value for value in locals().values()]


def many_names():
    """With arguments that need an EXTENDED_ARG."""
    names = "".join(f"    x.name{i}\n" for i in range(300))
    source = f"def f(x):\n{names}    return x.good, x.good, x.missing_here(1), x.no_more\n"
    namespace = {}
    exec(source, namespace)

    def extended():
        return namespace["f"](Hook())

    return [extended]


show([*cases(), *wrong_calls(), *many_names()], log)
