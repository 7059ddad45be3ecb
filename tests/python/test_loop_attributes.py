"""Names and attributes: specialised for one kind of owner, each instruction then meets every other one."""

import abc
import types
import unittest

from support_loop import WARM, LoopTestCase, define, forms


class Point:
    def __init__(self, x):
        self.x = x

    def get(self):
        return self.x


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class Computed:
    def __getattr__(self, name):
        return name.upper()


def with_dictionary(value):
    """A Point whose attributes are in a dictionary, as they are once somebody has asked for it."""
    point = Point(value)
    point.__dict__["other"] = None
    return point


def load_x(o):
    return o.x


def store_x(o, value):
    o.x = value


def fresh(function):
    """The same function with code that has not been specialised."""
    return types.FunctionType(function.__code__.replace(), function.__globals__)


class LoadAttributeTest(LoopTestCase):
    def check_others(self, load):
        """The instruction meets all other kinds of owners, mixed and each by itself."""
        module = types.ModuleType("module")
        module.x = "in module"
        owners = {
            "in values": Point("in values"),
            "in dictionary": with_dictionary("in dictionary"),
            "in slot": Slotted("in slot"),
            "X": Computed(),
            "in module": module,
            "in class": type("C", (), {"x": "in class"}),
            "of class": type("C", (), {"x": "of class"})(),
            "property": type("C", (), {"x": property(lambda self: "property")})(),
        }
        for _ in range(WARM):
            for value, owner in owners.items():
                self.assertEqual(load(owner), value)
        for value, owner in owners.items():
            self.assert_each(value, load, owner)
        self.assert_each_raises(AttributeError, "'int' object has no attribute 'x'", load, 1)

    def test_instance_value(self):
        load = fresh(load_x)
        self.specialise("LOAD_ATTR_INSTANCE_VALUE", load, Point(1))
        self.check_others(load)

    def test_with_hint(self):
        load = fresh(load_x)
        self.specialise("LOAD_ATTR_WITH_HINT", load, with_dictionary(1))
        self.check_others(load)

    def test_slot(self):
        load = fresh(load_x)
        self.specialise("LOAD_ATTR_SLOT", load, Slotted(1))
        self.check_others(load)

    def test_module(self):
        load = fresh(load_x)
        module = types.ModuleType("module")
        module.x = 1
        self.specialise("LOAD_ATTR_MODULE", load, module)
        self.check_others(load)

    def test_value_that_is_gone(self):
        module = types.ModuleType("m")
        module.x = 1
        for owner, message in (
            (Point(1), "'Point' object has no attribute 'x'"),
            (with_dictionary(1), "'Point' object has no attribute 'x'"),
            (Slotted(1), "'Slotted' object has no attribute 'x'"),
            (module, "module 'm' has no attribute 'x'"),
        ):
            with self.subTest(owner=owner):
                load = fresh(load_x)
                self.assert_each(1, load, owner)
                del owner.x
                self.assert_each_raises(AttributeError, message, load, owner)
                owner.x = 2
                self.assert_each(2, load, owner)

    def test_class_changes(self):
        class Changing:
            def __init__(self):
                self.x = "in values"

        changing = Changing()
        load = fresh(load_x)
        self.specialise("LOAD_ATTR_INSTANCE_VALUE", load, changing)
        Changing.x = "of class"
        self.assertEqual(load(changing), "in values")
        Changing.x = property(lambda self: "property")
        self.assertEqual(load(changing), "property")
        self.assert_each("property", load, changing)
        del Changing.x
        self.assertEqual(load(changing), "in values")
        Changing.__getattribute__ = lambda self, name: "intercepted"
        self.assert_each("intercepted", load, changing)
        del Changing.__getattribute__
        self.assert_each("in values", load, changing)

    def test_class_of_the_instance_is_replaced(self):
        class Other:
            x = property(lambda self: "property")

        point = Point(1)
        load = fresh(load_x)
        self.specialise("LOAD_ATTR_INSTANCE_VALUE", load, point)
        point.__class__ = Other
        self.assertEqual(load(point), "property")

    def test_dictionary_is_replaced(self):
        point = Point(1)
        load = fresh(load_x)
        self.specialise("LOAD_ATTR_INSTANCE_VALUE", load, point)
        point.__dict__ = {"x": 2}
        self.assertEqual(load(point), 2)
        self.assert_each(2, load, point)
        point.__dict__ = {"y": 0, "z": 0, "x": 3}
        self.assertEqual(load(point), 3)
        point.__dict__ = {1: 0, "x": 4}
        self.assertEqual(load(point), 4)

    def test_module_dictionary_grows(self):
        module = types.ModuleType("module")
        module.x = 1
        load = fresh(load_x)
        self.specialise("LOAD_ATTR_MODULE", load, module)
        for i in range(WARM):
            setattr(module, f"name{i}", i)
            module.x = i
            self.assertEqual(load(module), i)


class ClassAttributeTest(LoopTestCase):
    """What classes have a field for in C."""

    def test_names(self):
        class First:
            pass

        class Second(int, metaclass=abc.ABCMeta):
            pass

        def names():
            return [(each.__name__, each.__qualname__, each.__module__) for each in (First, Second, int, type)]

        expected = [(each, f"{type(self).__name__}.test_names.<locals>.{each}", __name__) for each in ("First", "Second")]
        for _ in range(100):
            self.assertEqual(names()[:2], expected)
            self.assertEqual(names()[2:], [("int", "int", "builtins"), ("type", "type", "builtins")])
        First.__name__ = "Third"
        self.assertEqual(names()[0][0], "Third")

    def test_what_is_not_there(self):
        class Plain:
            pass

        for _ in range(100):
            with self.assertRaises(AttributeError) as raised:
                Plain.__abstractmethods__
            self.assertIs(raised.exception.obj, Plain)
            self.assertEqual(raised.exception.name, "__abstractmethods__")

    def test_a_metaclass_that_computes_it(self):
        class Meta(type):
            @property
            def __name__(cls):
                return "computed"

        class Plain:
            __name__ = "of the class"

        class Named(metaclass=Meta):
            __name__ = "of the class"

        for _ in range(100):
            self.assertEqual([each.__name__ for each in (Plain, Named)], ["Plain", "computed"])


class StoreAttributeTest(LoopTestCase):
    def check_others(self, store):
        class Property:
            x = property(lambda self: self.stored, lambda self, value: setattr(self, "stored", value))

        class Intercepted:
            def __setattr__(self, name, value):
                self.__dict__[name] = value

        owners = [Point(0), with_dictionary(0), Slotted(0), Property(), Intercepted(), types.ModuleType("m")]
        for i in range(WARM):
            for owner in owners:
                store(owner, i)
                self.assertEqual(owner.x, i)
        for owner in owners:
            for i in range(WARM):
                store(owner, i)
                self.assertEqual(owner.x, i)
        self.assert_each_raises(AttributeError, "'int' object has no attribute 'x'", store, 1, 2)

    def test_instance_value(self):
        store = fresh(store_x)
        self.specialise("STORE_ATTR_INSTANCE_VALUE", store, Point(1), 2)
        self.check_others(store)

    def test_with_hint(self):
        store = fresh(store_x)
        self.specialise("STORE_ATTR_WITH_HINT", store, with_dictionary(1), 2)
        self.check_others(store)

    def test_slot(self):
        store = fresh(store_x)
        self.specialise("STORE_ATTR_SLOT", store, Slotted(1), 2)
        self.check_others(store)

    def test_value_that_was_not_there(self):
        class Empty:
            pass

        store = fresh(store_x)
        self.specialise("STORE_ATTR_INSTANCE_VALUE", store, Point(1), 2)
        for owner in (Empty(), Slotted(0), Point(0)):
            self.assert_each(None, store, owner, 1)
            del owner.x
            store(owner, 5)
            self.assertEqual(owner.x, 5)

    def test_order_of_attributes(self):
        class Three:
            pass

        def fill(o):
            o.c = 3
            o.a = 1
            o.b = 2

        for _ in range(WARM):
            three = Three()
            fill(three)
            self.assertEqual(list(three.__dict__.items()), [("c", 3), ("a", 1), ("b", 2)])
        self.assertIn("STORE_ATTR_INSTANCE_VALUE", forms(fill))

    def test_class_changes(self):
        class Changing:
            def __init__(self):
                self.x = 0

        changing = Changing()
        store = fresh(store_x)
        self.specialise("STORE_ATTR_INSTANCE_VALUE", store, changing, 1)
        log = []
        Changing.x = property(lambda self: "property", lambda self, value: log.append(value))
        store(changing, 7)
        self.assertEqual(log, [7])
        self.assertEqual(changing.__dict__, {"x": 1})
        Changing.__setattr__ = lambda self, name, value: log.append((name, value))
        store(changing, 8)
        self.assertEqual(log, [7, ("x", 8)])

    def test_old_value_is_dropped_after_the_new_one_is_stored(self):
        class Watcher:
            def __init__(self, owner):
                self.owner = owner

            def __del__(self):
                seen.append(type(self.owner.x))

        seen = []
        for make in (Point, with_dictionary, Slotted):
            owner = make(0)
            store = fresh(store_x)
            for _ in range(WARM):
                store(owner, Watcher(owner))
            del seen[:]
            store(owner, "new")
            self.assertEqual(seen, [str])


class MethodTest(LoopTestCase):
    def check_others(self, call):
        class WithDictionary:
            def __init__(self):
                self.__dict__["own"] = 1

            def get(self):
                return "with dictionary"

        class WithoutDictionary:
            __slots__ = ()

            def get(self):
                return "without dictionary"

        class Shadowed(Point):
            def get(self):
                raise AssertionError("the instance has its own")

        class Static:
            @staticmethod
            def get():
                return "static"

        class ByClass:
            @classmethod
            def get(cls):
                return cls

        class Computed:
            def __getattr__(self, name):
                return lambda: name

        shadowed = Shadowed(0)
        shadowed.get = lambda: "of instance"
        module = types.ModuleType("module")
        module.get = lambda: "of module"
        owners = [
            (Point("of values"), "of values"),
            (WithDictionary(), "with dictionary"),
            (WithoutDictionary(), "without dictionary"),
            (shadowed, "of instance"),
            (Static, "static"),
            (Static(), "static"),
            (ByClass, ByClass),
            (ByClass(), ByClass),
            (Computed(), "get"),
            (module, "of module"),
        ]
        for _ in range(WARM):
            for owner, value in owners:
                self.assertEqual(call(owner), value)
        for owner, value in owners:
            self.assert_each(value, call, owner)
        self.assert_each_raises(AttributeError, "'int' object has no attribute 'get'", call, 1)

    @staticmethod
    def make_call():
        return define("def f(o): return o.get()")

    def test_with_values(self):
        call = self.make_call()
        self.specialise("LOAD_METHOD_WITH_VALUES", call, Point(1))
        self.check_others(call)

    def test_with_dict(self):
        class FromC(Exception):
            def get(self):
                return 1

        call = self.make_call()
        exception = FromC()
        exception.attribute = 1
        self.specialise("LOAD_METHOD_WITH_DICT", call, exception)
        self.check_others(call)
        exception.get = lambda: "of instance"
        self.assert_each("of instance", call, exception)

    def test_no_dict(self):
        class WithoutDictionary:
            __slots__ = ()

            def get(self):
                return 1

        call = self.make_call()
        self.specialise("LOAD_METHOD_NO_DICT", call, WithoutDictionary())
        self.check_others(call)

    def test_class(self):
        class Plain:
            def get():
                return 1

        call = self.make_call()
        self.specialise("LOAD_METHOD_CLASS", call, Plain)
        self.check_others(call)

    def test_module(self):
        module = types.ModuleType("module")
        module.get = lambda: 1
        call = self.make_call()
        self.specialise("LOAD_METHOD_MODULE", call, module)
        self.check_others(call)
        module.get = lambda: 2
        self.assertEqual(call(module), 2)
        del module.get
        self.assert_each_raises(AttributeError, "module 'module' has no attribute 'get'", call, module)

    def test_method_is_replaced_and_deleted(self):
        class Changing:
            def get(self):
                return "first"

        call = self.make_call()
        changing = Changing()
        self.specialise("LOAD_METHOD_WITH_VALUES", call, changing)
        Changing.get = lambda self: "second"
        self.assertEqual(call(changing), "second")
        self.assert_each("second", call, changing)
        changing.get = lambda: "of instance"
        self.assertEqual(call(changing), "of instance")
        del changing.get
        del Changing.get
        self.assert_each_raises(AttributeError, "'Changing' object has no attribute 'get'", call, changing)

    def test_base_class_changes(self):
        class Base:
            def get(self):
                return "base"

        class Derived(Base):
            pass

        call = self.make_call()
        derived = Derived()
        self.specialise("LOAD_METHOD_WITH_VALUES", call, derived)
        Base.get = lambda self: "changed"
        self.assertEqual(call(derived), "changed")
        Derived.get = lambda self: "derived"
        self.assertEqual(call(derived), "derived")
        Derived.__bases__ = (Point,)
        del Derived.get
        derived.x = "point"
        self.assertEqual(call(derived), "point")


class GlobalTest(LoopTestCase):
    def test_global_is_rebound_and_deleted(self):
        namespace = {"value": 1}
        f = define("def f(): return value", **namespace)
        self.specialise("LOAD_GLOBAL_MODULE", f)
        scope = f.__globals__
        scope["value"] = 2
        self.assertEqual(f(), 2)
        for i in range(WARM):
            scope[f"new{i}"] = i
            self.assertEqual(f(), 2)
        del scope["value"]
        self.assert_each_raises(NameError, "name 'value' is not defined", f)
        scope["value"] = 3
        self.assert_each(3, f)

    def test_builtin_is_shadowed(self):
        f = define("def f(): return len")
        self.specialise("LOAD_GLOBAL_BUILTIN", f)
        f.__globals__["len"] = "shadow"
        self.assertEqual(f(), "shadow")
        del f.__globals__["len"]
        self.assertIs(f(), len)

    def test_builtins_change(self):
        builtins = {"name": "first"}
        f = define("def f(): return name", __builtins__=builtins)
        self.specialise("LOAD_GLOBAL_BUILTIN", f)
        builtins["name"] = "second"
        self.assertEqual(f(), "second")
        for i in range(WARM):
            builtins[f"new{i}"] = i
            self.assertEqual(f(), "second")
        del builtins["name"]
        self.assert_each_raises(NameError, "name 'name' is not defined", f)

    def test_one_code_with_many_globals(self):
        code = define("def f(): return value, len").__code__
        functions = [types.FunctionType(code, {"value": i, "len": -i}) for i in range(5)]
        functions.append(types.FunctionType(code, {"value": 5, "__builtins__": {"len": -5}}))
        for _ in range(WARM):
            for i, function in enumerate(functions):
                self.assertEqual(function(), (i, -i))

    def test_globals_with_other_keys_than_names(self):
        f = define("def f(): return value")
        f.__globals__[1] = "a number"
        f.__globals__["value"] = 1
        self.assert_each(1, f)
        f.__globals__["value"] = 2
        self.assertEqual(f(), 2)

    def test_globals_that_are_no_plain_dict(self):
        class Chain(dict):
            def __missing__(self, key):
                return key.upper()

        f = types.FunctionType(compile("missing", "", "eval"), Chain())
        self.assert_each("MISSING", f)


if __name__ == "__main__":
    unittest.main()
