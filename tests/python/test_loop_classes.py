"""Calls of classes that are specialised for one class, which then changes; instances made and destroyed by the loop."""

import abc
import gc
import os
import subprocess
import sys
import unittest
import weakref

from support_loop import WARM, LoopTestCase, define

FORM = "CALL_PY_EXACT_ARGS"


class Pair:
    def __init__(self, first, second=2):
        self.first = first
        self.second = second

    def values(self):
        return self.first, self.second


class SpecialisedClassTest(LoopTestCase):
    def make(self, base=Pair, **namespace):
        """A new class, and a function that calls it, specialised."""
        made = type(base)("Made", (base,), namespace)
        call = define("def f(*args): a, = args; return made(a)", made=made)
        self.specialise(FORM, call, 1)
        return made, call

    def test_arguments(self):
        made, call = self.make()
        self.assertEqual(call(5).values(), (5, 2))
        self.assertIs(type(call(5)), made)
        both = define("def f(): return made(3, 4)", made=made)
        self.specialise(FORM, both)
        self.assert_each((3, 4), lambda: both().values())
        name = "Pair.__init__()"
        self.assert_each_raises(
            TypeError, f"{name} missing 1 required positional argument: 'first'", define("def f(): made()", made=made)
        )
        self.assert_each_raises(
            TypeError, f"{name} takes from 2 to 3 positional arguments but 4 were given",
            define("def f(): made(1, 2, 3)", made=made),
        )

    def test_init_changes(self):
        made, call = self.make()
        made.__init__ = lambda self, value: setattr(self, "other", value)
        self.assert_each({"other": 3}, lambda: call(3).__dict__)
        made.__init__ = lambda self, *values, **options: setattr(self, "values", (values, options))
        self.assert_each({"values": ((3,), {})}, lambda: call(3).__dict__)
        made.__init__ = print
        del made.__init__
        self.assert_each((3, 2), lambda: call(3).values())

    def test_init_of_base_changes(self):
        class Base:
            def __init__(self, value):
                self.value = value

        made, call = self.make(Base)
        Base.__init__ = lambda self, value: setattr(self, "value", -value)
        self.assert_each(-3, lambda: call(3).value)
        del Base.__init__
        self.assert_each_raises(TypeError, "Made() takes no arguments", call, 3)

    def test_parameters_of_init_change(self):
        def __init__(self, value):
            self.value = value

        __init__.__qualname__ = "init"
        made, call = self.make(object, __init__=__init__)
        __init__.__code__ = (lambda self, value, more: None).__code__
        self.assert_each_raises(TypeError, "init() missing 1 required positional argument: 'more'", call, 3)
        __init__.__defaults__ = (7,)
        self.assertEqual(call(3).__dict__, {})
        __init__.__defaults__ = None
        __init__.__code__ = (lambda self, *, value=3: setattr(self, "value", value)).__code__
        self.assert_each_raises(TypeError, "init() takes 1 positional argument but 2 were given", call, 3)

    def test_init_that_returns_something(self):
        made, call = self.make()
        made.__init__ = lambda self, value: value
        self.assert_each_raises(TypeError, "__init__() should return None, not 'int'", call, 3)

    def test_new_appears(self):
        made, call = self.make()
        made.__new__ = lambda cls, value: [value]
        self.assert_each([3], call, 3)

    def test_metaclass_changes(self):
        class Meta(type):
            pass

        class Base(metaclass=Meta):
            def __init__(self, value):
                self.value = value

        made, call = self.make(Base)
        Meta.__call__ = lambda cls, value: [cls, value]
        self.assert_each([made, 3], call, 3)
        del Meta.__call__
        self.assert_each(3, lambda: call(3).value)

    def test_class_becomes_abstract(self):
        class Base(abc.ABC):
            def __init__(self, value):
                self.value = value

        made, call = self.make(Base)
        made.__abstractmethods__ = frozenset({"method"})
        self.assert_each_raises(
            TypeError, "Can't instantiate abstract class Made with abstract method method", call, 3
        )

    def test_other_callables(self):
        call = define("def f(callable): return callable(1)")
        self.specialise(FORM, call, Pair)
        for other, expected in ((abs, 1), (lambda value: -value, -1), (int, 1), (str, "1")):
            self.assert_each(expected, call, other)
            self.assertEqual(call(Pair).values(), (1, 2))
        function = define("def f(callable): return callable(1)")
        self.specialise(FORM, function, lambda value: value)
        self.assert_each((1, 2), lambda: function(Pair).values())

    def test_exception_in_init(self):
        def fail(self, value):
            raise ValueError(value)

        made, call = self.make(object, __init__=lambda self, value: None)
        made.__init__ = fail
        self.assert_each_raises(ValueError, "3", call, 3)

    def test_collection_while_instances_are_made(self):
        made, call = self.make()
        replaced = []

        def replace(phase, info):
            made.__init__ = lambda self, value: setattr(self, "first", value)
            replaced.append(phase)

        threshold = gc.get_threshold()
        self.addCleanup(gc.set_threshold, *threshold)
        gc.callbacks.append(replace)
        self.addCleanup(gc.callbacks.remove, replace)
        gc.set_threshold(1)
        kept = [call(number) for number in range(WARM)]
        gc.set_threshold(*threshold)
        self.assertEqual([instance.first for instance in kept], list(range(WARM)))
        self.assertTrue(replaced)


class Triple(tuple):
    pass


class BuiltinNewTest(LoopTestCase):
    """__new__ of object and tuple, called by name as functions __new__ do."""

    def setUp(self):
        self.new_object = define("def f(*args): a, = args; return new(a)", new=object.__new__)
        self.new_tuple = define("def f(*args): a, b = args; return new(a, b)", new=tuple.__new__)
        for _ in range(WARM):
            self.new_object(Pair)
            self.new_tuple(Triple, (1,))

    def assert_each_raises(self, error, message, function):
        for _ in range(3):
            with self.assertRaises(error) as caught:
                function()
            self.assertEqual(str(caught.exception), message)

    def test_objects(self):
        class Slotted:
            __slots__ = "value"

        class Own:
            def __new__(cls, value):
                return object.__new__(cls)

        for cls in Pair, Slotted, Own, object:
            made = self.new_object(cls)
            self.assertIs(type(made), cls)
        self.assertEqual(vars(self.new_object(Pair)), {})
        self.assertFalse(hasattr(self.new_object(Slotted), "value"))

    def test_wrong_classes(self):
        class Abstract(abc.ABC):
            @abc.abstractmethod
            def method(self):
                pass

        for cls, message in (
            (1, "object.__new__(X): X is not a type object (int)"),
            (int, "object.__new__(int) is not safe, use int.__new__()"),
            (type, "object.__new__(type) is not safe, use type.__new__()"),
            (Abstract, "Can't instantiate abstract class Abstract with abstract method method"),
        ):
            with self.subTest(cls=cls):
                self.assert_each_raises(TypeError, message, lambda cls=cls: self.new_object(cls))
        for cls, message in (
            (1, "tuple.__new__(X): X is not a type object (int)"),
            (list, "tuple.__new__(list): list is not a subtype of tuple"),
            (os.stat_result, "tuple.__new__(os.stat_result) is not safe, use os.stat_result.__new__()"),
        ):
            with self.subTest(cls=cls):
                self.assert_each_raises(TypeError, message, lambda cls=cls: self.new_tuple(cls, (1,)))

    def test_tuples(self):
        items = 1, [], "three"
        made = self.new_tuple(Triple, items)
        self.assertIs(type(made), Triple)
        self.assertEqual(made, items)
        self.assertIs(made[1], items[1])
        self.assertTrue(gc.is_tracked(made))
        self.assertIs(self.new_tuple(tuple, items), items)
        self.assertEqual(self.new_tuple(Triple, ()), ())
        for iterable in [1, 2], "ab", iter((3,)), Triple((4, 5)), range(2):
            expected = tuple(iterable) if not hasattr(iterable, "__next__") else (3,)
            made = self.new_tuple(Triple, iterable)
            self.assertEqual((type(made), made), (Triple, expected))
        self.assert_each_raises(TypeError, "'int' object is not iterable", lambda: self.new_tuple(Triple, 1))

    def test_other_arguments(self):
        call = define("def f(*args): return new(*args)", new=tuple.__new__)
        two = define("def f(a): return new(a), new(a, ())", new=tuple.__new__)
        named = define("def f(a): return new(a, iterable=())", new=tuple.__new__)
        surplus = define("def f(a): return new(a, 1)", new=object.__new__)
        for _ in range(WARM):
            self.assertEqual(call(Triple), ())
            self.assertEqual(two(Triple), ((), ()))
            with self.assertRaisesRegex(TypeError, "takes no keyword arguments"):
                named(Triple)
            with self.assertRaisesRegex(TypeError, r"takes no arguments"):
                surplus(type("Bare", (), {}))

    def test_references(self):
        items = object(), object()
        before = [sys.getrefcount(value) for value in (*items, items, Triple, Pair)]
        for _ in range(100):
            made = self.new_tuple(Triple, items)
            self.new_object(Pair)
        del made
        self.assertEqual([sys.getrefcount(value) for value in (*items, items, Triple, Pair)], before)

    def test_a_profiler_sees_it(self):
        seen = []
        before = sys.getprofile()
        sys.setprofile(lambda frame, event, arg: seen.append(arg) if event == "c_call" else None)
        self.new_tuple(Triple, ())
        sys.setprofile(before)
        self.assertIn(tuple.__new__, seen)


class InstanceTest(LoopTestCase):
    """What becomes of an instance whose last reference the loop drops."""

    def drop(self, make):
        """Makes an instance and drops it, often."""
        f = define("def f(make):\n value = make()\n value = None")
        for _ in range(WARM):
            f(make)

    def test_attributes_are_dropped(self):
        class Attribute:
            pass

        class Slots:
            __slots__ = ("value", "unset")

            def __init__(self, value):
                self.value = value

        class MoreSlots(Slots):
            __slots__ = ("other",)

            def __init__(self, value):
                super().__init__(value)
                self.other = value

        class Mixed(MoreSlots):
            def __init__(self, value):
                super().__init__(value)
                self.third = value

        class WithDict(Pair):
            def __init__(self, value):
                super().__init__(value)
                self.__dict__["more"] = value

        for kind in (Pair, Slots, MoreSlots, Mixed, WithDict):
            with self.subTest(kind=kind.__name__):
                attribute = Attribute()
                gone = weakref.ref(attribute)
                holder = [attribute]
                del attribute
                self.drop(lambda: kind(holder[0]))
                self.assertIsNotNone(gone())
                holder.clear()
                self.assertIsNone(gone())

    def test_weak_references(self):
        seen = []

        class Referred(Pair):
            def __init__(self):
                super().__init__(1)
                references.append(weakref.ref(self, seen.append))

        references = []
        self.drop(Referred)
        self.assertEqual(seen, references)
        self.assertEqual(len(seen), WARM)

    def test_finalizer_appears_and_revives(self):
        class Revived(Pair):
            pass

        kept = []
        self.drop(lambda: Revived(1))
        Revived.__del__ = lambda self: kept.append(self)
        self.drop(lambda: Revived(1))
        self.assertEqual([instance.values() for instance in kept], [(1, 2)] * WARM)
        kept.clear()

    def test_destructor_of_an_attribute_uses_the_class(self):
        class Attribute:
            def __del__(self):
                other = Pair(1)
                setattr(other, f"attribute{len(seen)}", 1)
                seen.append(other.values())

        seen = []
        self.drop(lambda: Pair(Attribute()))
        self.assertEqual(seen, [(1, 2)] * WARM)

    def test_long_chains(self):
        class Link:
            def __init__(self, next_link):
                self.next_link = next_link

        class SlotLink:
            __slots__ = ("next_link",)
            __init__ = Link.__init__

        for kind in (Link, SlotLink):
            chain = None
            for _ in range(200_000):
                chain = kind(chain)
            chain = None

    def test_memory_is_not_overrun(self):
        """Classes get more attributes as time goes by; an allocator that checks each byte is watching."""
        script = (
            "def run(attributes):\n"
            " class Kind:\n"
            "  def __init__(self, count):\n"
            "   for number in range(count):\n"
            "    setattr(self, f'attribute{number}', number)\n"
            " kept = []\n"
            " for count in range(attributes):\n"
            "  for _ in range(20):\n"
            "   Kind(count)\n"
            "   kept.append(Kind(count))\n"
            "   if len(kept) > 30:\n"
            "    kept.pop(0)\n"
            "for attributes in (1, 2, 3, 5, 8, 13, 21, 34):\n"
            " run(attributes)\n"
        )
        environment = {**os.environ, "PYTHONMALLOC": "debug"}
        subprocess.run([sys.executable, "-c", script], env=environment, check=True)

    def test_class_without_init(self):
        class Bare:
            pass

        class Slots:
            __slots__ = ("value",)

        make = define("def f(kind): return kind()")
        for kind in (Bare, Slots, object):
            self.assertEqual([type(make(kind)) for _ in range(WARM)], [kind] * WARM)
        self.assertEqual(make(Bare).__dict__, {})
        with_argument = define("def f(kind): return kind(1)")
        self.assert_each_raises(TypeError, "Bare() takes no arguments", with_argument, Bare)
        with_keyword = define("def f(kind): return kind(value=1)")
        self.assert_each_raises(TypeError, "Bare() takes no arguments", with_keyword, Bare)
        Bare.__abstractmethods__ = {"method"}
        self.assert_each_raises(
            TypeError, "Can't instantiate abstract class Bare with abstract method method", make, Bare
        )

    def test_class_goes_with_its_last_instance(self):
        def make():
            class Local:
                def __init__(self):
                    self.value = [1]

            return Local()

        self.drop(make)
        instance = make()
        gone = weakref.ref(type(instance))
        gc.collect()
        self.assertIsNotNone(gone())
        instance = None
        gc.collect()
        self.assertIsNone(gone())

    def test_instances_are_tracked(self):
        make = define("def f(): return Pair(1)", Pair=Pair)
        self.specialise(FORM, make)
        self.assertTrue(gc.is_tracked(make()))
        cycle = make()
        cycle.first = cycle
        gone = weakref.ref(cycle)
        del cycle
        gc.collect()
        self.assertIsNone(gone())


if __name__ == "__main__":
    unittest.main()
