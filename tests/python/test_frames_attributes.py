"""Attributes that code in Python computes: it runs as frames of the loop."""

import enum
import functools
import sys
import types
import unittest

import stackless
from support import needs_soft_switching
from support_rows import FramesTestCase


def with_property(use):
    def row(action):
        class Owner:
            @property
            def attribute(self):
                action()
                return 1

            @attribute.setter
            def attribute(self, value):
                action()

            @attribute.deleter
            def attribute(self):
                action()

        use(Owner())

    return row


def with_descriptor(use):
    def row(action):
        class Descriptor:
            def __get__(self, instance, owner=None):
                action()
                return int

            def __set__(self, instance, value):
                action()

            def __delete__(self, instance):
                action()

        class Owner:
            attribute = Descriptor()

        use(Owner())

    return row


def with_hooks(use):
    def row(action):
        class Owner:
            def __getattr__(self, name):
                action()
                if name.startswith("no"):
                    raise AttributeError(name)
                return int

            def __setattr__(self, name, value):
                action()

            def __delattr__(self, name):
                action()

            @property
            def absent(self):
                raise AttributeError

        use(Owner())

    return row


def with_getattribute(use):
    def row(action):
        class Owner:
            def __getattribute__(self, name):
                if name == "attribute":
                    action()
                return object.__getattribute__(self, name)

            attribute = 1

        use(Owner())

    return row


def with_metaclass(use):
    def row(action):
        class Meta(type):
            @property
            def attribute(cls):
                action()

            @attribute.setter
            def attribute(cls, value):
                action()

            @attribute.deleter
            def attribute(cls):
                action()

            def __getattr__(cls, name):
                action()

        class Owner(metaclass=Meta):
            pass

        use(Owner)

    return row


def with_module(use):
    def row(action):
        module = types.ModuleType("module")
        module.__getattr__ = lambda name: action()
        use(module)

    return row


def get(owner):
    return owner.attribute


def get_method(owner):
    return owner.attribute()


def put(owner):
    owner.attribute = 1


def delete(owner):
    del owner.attribute


def by_cached_property(action):
    class Owner:
        @functools.cached_property
        def attribute(self):
            action()

    Owner().attribute


def by_super_property(action):
    class Base:
        @property
        def attribute(self):
            action()

    class Derived(Base):
        @property
        def attribute(self):
            return super().attribute

    Derived().attribute


def by_super_descriptor(action):
    class Descriptor:
        def __get__(self, instance, owner=None):
            action()
            return int

    class Base:
        attribute = Descriptor()

    class Derived(Base):
        def get(self):
            return super().attribute()

    Derived().get()


def by_class_descriptor(action):
    class Descriptor:
        def __get__(self, instance, owner=None):
            action()
            return int

    class Owner:
        attribute = Descriptor()

    Owner.attribute
    Owner.attribute()
    getattr(Owner, "attribute")


def by_super_setattr(action):
    class Owner:
        @property
        def attribute(self):
            pass

        @attribute.setter
        def attribute(self, value):
            action()

        def __setattr__(self, name, value):
            super().__setattr__(name, value)

    Owner().attribute = 1


def by_property_methods(action):
    accessor = property(lambda self: action(), lambda self, value: action(), lambda self: action())
    accessor.__get__(1)
    accessor.__set__(1, 2)
    accessor.__delete__(1)


def by_property_subclass(action):
    class Verbose(property):
        def __get__(self, instance, owner=None):
            return super().__get__(instance, owner)

    class Owner:
        attribute = Verbose(lambda self: action())

    Owner().attribute


def by_enum(action):
    class Colour(enum.Enum):
        RED = 1

        @property
        def attribute(self):
            action()

    Colour.RED.attribute


def get_named(owner):
    return getattr(owner, "attribute")


def get_default(owner):
    return getattr(owner, "attribute", None)


def get_no_default(owner):
    return getattr(owner, "no_attribute", None)


def has(owner):
    hasattr(owner, "attribute")


def has_not(owner):
    hasattr(owner, "no_attribute")


def put_named(owner):
    setattr(owner, "attribute", 1)


def delete_named(owner):
    delattr(owner, "attribute")


def get_generic(owner):
    return object.__getattribute__(owner, "attribute")


def put_generic(owner):
    object.__setattr__(owner, "attribute", 1)


def delete_generic(owner):
    object.__delattr__(owner, "attribute")


def get_star(owner):
    return getattr(*(owner, "attribute"))


def get_absent(owner):
    return owner.absent


ROWS = {
    "property get": with_property(get),
    "property set": with_property(put),
    "property delete": with_property(delete),
    "descriptor __get__": with_descriptor(get),
    "descriptor __get__ for a method": with_descriptor(get_method),
    "descriptor __get__ of a class attribute": by_class_descriptor,
    "descriptor __set__": with_descriptor(put),
    "descriptor __delete__": with_descriptor(delete),
    "functools.cached_property": by_cached_property,
    "__getattr__": with_hooks(get),
    "__getattr__ for a method": with_hooks(get_method),
    "__getattr__ after a property's AttributeError": with_hooks(get_absent),
    "__setattr__": with_hooks(put),
    "__delattr__": with_hooks(delete),
    "__getattribute__": with_getattribute(get),
    "__getattr__ of a module": with_module(get),
    "property of a metaclass, get": with_metaclass(get),
    "property of a metaclass, set": with_metaclass(put),
    "property of a metaclass, delete": with_metaclass(delete),
    "super() to a property": by_super_property,
    "super() to a descriptor": by_super_descriptor,
    "super().__setattr__()": by_super_setattr,
    "property.__get__(), __set__(), __delete__()": by_property_methods,
    "subclass of property": by_property_subclass,
    "property of an enum member": by_enum,
    "getattr()": with_property(get_named),
    "getattr() with default": with_property(get_default),
    "getattr() with __getattr__": with_hooks(get_named),
    "getattr() with __getattribute__": with_getattribute(get_named),
    "getattr() of a module": with_module(get_named),
    "getattr() of a class": with_metaclass(get_named),
    "getattr(*args)": with_property(get_star),
    "getattr() that takes the default": with_hooks(get_no_default),
    "hasattr()": with_property(has),
    "hasattr() that is False": with_hooks(has_not),
    "setattr()": with_property(put_named),
    "setattr() with __setattr__": with_hooks(put_named),
    "setattr() of a class": with_metaclass(put_named),
    "delattr()": with_property(delete_named),
    "delattr() with __delattr__": with_hooks(delete_named),
    "object.__getattribute__()": with_property(get_generic),
    "object.__setattr__()": with_property(put_generic),
    "object.__delattr__()": with_property(delete_generic),
}



class RowsTest(FramesTestCase):
    def test_rows(self):
        self.check_rows(ROWS)


class BehaviourTest(FramesTestCase):
    def test_is_that_of_python(self):
        self.check_behaviour("behaviour_attributes.py")


class RecursionTest(FramesTestCase):
    def test_through_getattr_hook(self):
        self.check_recursion(
            """
class Chain:
    def __init__(self, depth):
        self.depth = depth

    def __getattr__(self, name):
        if self.depth == 0:
            return 0
        return Chain(self.depth - 1).below + 1

def recurse(depth):
    return Chain(depth).below
"""
        )

    def test_through_property(self):
        self.check_recursion(
            """
class Chain:
    def __init__(self, depth):
        self.depth = depth

    @property
    def below(self):
        if self.depth == 0:
            return 0
        return getattr(Chain(self.depth - 1), "below") + 1

def recurse(depth):
    return Chain(depth).below
"""
        )

    def test_through_setter(self):
        self.check_recursion(
            """
class Chain:
    depth = 0

    def __setattr__(self, name, value):
        Chain.depth += 1
        if value > 0:
            setattr(self, name, value - 1) if value % 2 else object.__setattr__(self, "chain", value - 1)

    @property
    def chain(self):
        pass

    @chain.setter
    def chain(self, value):
        self.below = value

def recurse(depth):
    Chain.depth = 0
    Chain().below = depth
    return depth
"""
        )


class SwitchTest(FramesTestCase):
    @needs_soft_switching
    def test_object_lives_as_long_as_its_attribute_is_computed(self):
        class Owner:
            @property
            def attribute(self):
                del self
                stackless.schedule()
                return "value"

            def __del__(self):
                log.append("deleted")

        def work():
            log.append(Owner().attribute)

        log = self.log
        self.start(work)
        self.start(self.note, "other")
        stackless.run()
        self.assertEqual(log, ["other", "deleted", "value"])

    def test_default_after_a_switch(self):
        class Owner:
            def __getattr__(self, name):
                stackless.schedule()
                raise AttributeError(name)

        def work():
            self.log.append(getattr(Owner(), "attribute", "default"))
            self.log.append(hasattr(Owner(), "attribute"))

        self.start(work)
        self.start(work)
        stackless.run()
        self.assertEqual(self.log, ["default", "default", False, False])


class ReferenceTest(unittest.TestCase):
    def test_class_attributes_where_the_metaclass_has_a_getattr(self):
        class Meta(type):
            def __getattr__(cls, name):
                raise AttributeError(name)

        class Made(metaclass=Meta):
            def method(self):
                pass

        method = Made.method
        before = sys.getrefcount(method)
        for _ in range(100):
            getattr(Made, "method")
            hasattr(Made, "method")
        self.assertEqual(sys.getrefcount(method), before)


if __name__ == "__main__":
    unittest.main()
