"""Calls of builtins that the loop answers itself: len(), type(), isinstance(), getattr() ... with arguments of all kinds."""

import gc
import sys
import unittest

from support_loop import LoopTestCase, define


class Reporting:
    """Tells when an instance is destroyed."""

    deaths = []

    def __del__(self):
        self.deaths.append(type(self).__name__)


class Meta(type):
    shared = "of the metaclass"

    @property
    def computed(cls):
        return "computed by " + cls.__name__

    def bound(cls):
        return cls


class Plain(metaclass=Meta):
    __slots__ = ("slot",)
    value = 1
    shared = "of the class"
    computed = "never seen"

    def method(self):
        return self

    @staticmethod
    def static():
        return "static"

    @classmethod
    def of_class(cls):
        return cls

    @property
    def prop(self):
        return "never read"


class GetsInPython:
    def __get__(self, instance, owner):
        return (instance, owner)


class WithGetter:
    attribute = GetsInPython()


class BuiltinCallTest(LoopTestCase):
    def check_all(self, function, rows):
        """Each row, for as long as it takes to specialise for it, and all of them in turn."""
        for args, expected in rows:
            self.assert_each(expected, function, *args)
        for _ in range(50):
            for args, expected in rows:
                self.assertEqual(function(*args), expected)

    def test_len(self):
        class Sized:
            def __len__(self):
                return 7

        class Text(str):
            pass

        rows = [
            (([],), 0),
            (([0] * 256,), 256),
            (([0] * 257,), 257),
            (([0] * 70000,), 70000),
            (((1, 2),), 2),
            (({1: 2},), 1),
            (({},), 0),
            (({1, 2, 3},), 3),
            ((frozenset((1, 2)),), 2),
            (("",), 0),
            (("ab\u1234\U00012345",), 4),
            ((b"abc",), 3),
            ((bytearray(5),), 5),
            ((range(300),), 300),
            ((Sized(),), 7),
            ((Text("abc"),), 3),
            (({}.keys(),), 0),
        ]
        f = define("def f(x): return len(x)")
        self.check_all(f, rows)
        self.assert_each_raises(TypeError, "object of type 'int' has no len()", f, 1)
        self.check_all(f, rows)

    def test_str_and_repr(self):
        class Text(str):
            def __repr__(self):
                return "<text>"

        rows = [("a", "a", "'a'"), (7, "7", "7"), (-(10**20), str(-(10**20)), "-100000000000000000000")]
        rows += [(None, "None", "None"), (1.5, "1.5", "1.5"), (True, "True", "True"), ([1, "x"], "[1, 'x']", "[1, 'x']")]
        rows += [(Text("b"), "b", "<text>"), ([Text("b")], "[<text>]", "[<text>]")]
        self.check_all(define("def f(x): return str(x)"), [((value,), text) for value, text, _ in rows])
        self.check_all(define("def f(x): return repr(x)"), [((value,), text) for value, _, text in rows])
        for call in "str", "repr":
            f = define(f"def f(x): return {call}(x)")
            self.assert_each("7", f, 7)
            with self.assertRaisesRegex(ValueError, "Exceeds the limit"):
                f(10**5000)

    def test_str_of_str_is_itself(self):
        text = "".join(["not ", "interned"])
        f = define("def f(x): return str(x)")
        for _ in range(200):
            self.assertIs(f(text), text)

    def test_isinstance(self):
        class Other:
            pass

        class Liar:
            @property
            def __class__(self):
                return int

        class LiarByGetattribute:
            def __getattribute__(self, name):
                return int if name == "__class__" else object.__getattribute__(self, name)

        class Checks(type):
            def __instancecheck__(cls, instance):
                return instance == 5

        class Checked(metaclass=Checks):
            pass

        rows = [
            ((1, int), True),
            ((True, int), True),
            ((1, bool), False),
            ((Other(), Other), True),
            ((Other(), int), False),
            ((Liar(), int), True),
            ((Liar(), Liar), True),
            ((LiarByGetattribute(), int), True),
            ((5, Checked), True),
            ((6, Checked), False),
            ((Plain, Meta), True),
            ((Plain, type), True),
            ((Plain, int), False),
            ((1, (str, int)), True),
            ((1, (str, (bytes, float))), False),
            ((1, str | int), True),
        ]
        self.check_all(define("def f(x, y): return isinstance(x, y)"), rows)
        f = define("def f(x, y): return isinstance(x, y)")
        self.assert_each(True, f, 1, int)
        with self.assertRaisesRegex(TypeError, r"isinstance\(\) arg 2 must be a type"):
            f(1, 1)

    def test_issubclass(self):
        class Checks(type):
            def __subclasscheck__(cls, subclass):
                return subclass is int

        class Checked(metaclass=Checks):
            pass

        rows = [
            ((bool, int), True),
            ((int, bool), False),
            ((int, int), True),
            ((int, object), True),
            ((int, Checked), True),
            ((str, Checked), False),
            ((Plain, object), True),
            ((int, (str, int)), True),
        ]
        f = define("def f(x, y): return issubclass(x, y)")
        self.check_all(f, rows)
        self.assert_each_raises(TypeError, "issubclass() arg 1 must be a class", f, 1, int)

    def test_attributes_of_classes(self):
        bound = Plain.__class__.bound.__get__(Plain)
        rows = [
            ("value", 1),
            ("shared", "of the class"),
            ("computed", "computed by Plain"),
            ("method", Plain.__dict__["method"]),
            ("slot", Plain.__dict__["slot"]),
            ("prop", Plain.__dict__["prop"]),
            ("static", Plain.__dict__["static"].__func__),
            ("of_class", Plain.__dict__["of_class"].__get__(None, Plain)),
            ("bound", bound),
            ("__name__", "Plain"),
            ("__repr__", object.__repr__),
            ("__class__", Meta),
            ("__doc__", None),
        ]
        read = define("def f(x, name): return getattr(x, name)")
        read_or = define("def f(x, name): return getattr(x, name, 'missing')")
        for _ in range(3):
            for name, expected in rows:
                attribute = define(f"def f(x): return x.{name}")
                self.assert_each(expected, attribute, Plain)
                self.assert_each(expected, read, Plain, name)
                self.assert_each(expected, read_or, Plain, name)
        self.assert_each("missing", read_or, Plain, "nothing")
        self.assert_each_raises(AttributeError, "type object 'Plain' has no attribute 'nothing'", read, Plain, "nothing")
        self.assert_each((None, WithGetter), read, WithGetter, "attribute")
        self.assert_each((None, WithGetter), define("def f(x): return x.attribute"), WithGetter)
        self.assertIs(dict.__repr__, dict.__dict__["__repr__"])
        self.assertIs(dict.get, dict.__dict__["get"])
        self.assertIs(complex.real, complex.__dict__["real"])

    def test_attribute_of_class_that_changes(self):
        class Changing:
            value = 1

        f = define("def f(x): return x.value, getattr(x, 'value', None)")
        self.assert_each((1, 1), f, Changing)
        Changing.value = 2
        self.assert_each((2, 2), f, Changing)
        Changing.value = property(lambda self: 3)
        self.assert_each((Changing.__dict__["value"],) * 2, f, Changing)
        Changing.value = GetsInPython()
        self.assert_each(((None, Changing),) * 2, f, Changing)
        del Changing.value
        with self.assertRaises(AttributeError):
            f(Changing)

    def test_last_references(self):
        """What only the call holds is destroyed by it, the callable last."""

        class Class(Reporting):
            pass

        make = Class
        calls = {
            "len([make()])": 1,
            "type(make())": 1,
            "isinstance(make(), int)": 1,
            "isinstance(make(), make)": 1,
            "isinstance(make(), (int, str))": 1,
            "getattr(int, '__add__', make())": 1,
            "getattr(int, 'nothing', make())": 1,
            "getattr(make(), 'deaths')": 1,
            "hasattr(make(), 'deaths')": 1,
            "id(make())": 1,
            "callable(make())": 1,
            "repr(make())": 1,
            "str([make()])": 1,
            "[].append(make())": 1,
            "[make()].append(make())": 2,
            "{}.get(make(), make())": 2,
            "[make()].pop()": 1,
            "[make()].copy()": 1,
            "set().add(make())": 1,
            "next(iter([make()]), make())": 2,
            "sorted([make()], key=id)": 1,
        }
        for source, count in calls.items():
            with self.subTest(source):
                f = define(f"def f(): {source}", make=make)
                for _ in range(200):
                    Reporting.deaths.clear()
                    f()
                    self.assertEqual(Reporting.deaths, ["Class"] * count)

    def test_class_that_only_the_call_holds(self):
        f = define("def f(make, x): return isinstance(x, make()), issubclass(make(), object), getattr(make(), 'value')")
        for _ in range(200):
            self.assertEqual(f(lambda: type("Temporary", (), {"value": 5}), 1), (False, True, 5))
        gc.collect()

    def test_references_are_balanced(self):
        value = ["not", "shared"]
        name = "".join(["val", "ue"])
        Holder = type("Holder", (), {"value": value})
        f = define("""
def f(x, name, holder):
    len(x); type(x); isinstance(x, list); isinstance(x, int); isinstance(holder, type); issubclass(holder, holder)
    issubclass(holder, int); getattr(holder, name); getattr(holder, name, x); getattr(holder, name, holder); holder.value
    id(x); repr(x); str(x); x.index("not"); x.count(1); x.append(1); x.pop(); x.copy(); hasattr(holder, name); sorted(x, key=str)
""")
        objects = [value, name, Holder]
        for _ in range(100):
            f(value, name, Holder)
        before = [sys.getrefcount(x) for x in objects]
        for _ in range(100):
            f(value, name, Holder)
        self.assertEqual([sys.getrefcount(x) for x in objects], before)

    def test_append_of_subclass(self):
        class List(list):
            pass

        f = define("def f(x):\n for i in range(100):\n  x.append(i)\n return x")
        for make in list, List, list:
            for _ in range(100):
                self.assertEqual(f(make()), list(range(100)))

    def test_failing_calls(self):
        """The arguments are dropped, and the exception arrives."""
        calls = {
            "ord('')": TypeError,
            "chr(-1)": ValueError,
            "[].pop(make())": TypeError,
            "[].index(make())": ValueError,
            "{}.pop(make())": KeyError,
            "''.join([make()])": TypeError,
            "sum([make()])": TypeError,
            "sorted([make(), make()])": TypeError,
            "''.encode(make())": TypeError,
            "[].remove(make())": ValueError,
            "next(make())": TypeError,
            "{}.popitem()": KeyError,
        }
        for source, exception in calls.items():
            f = define(f"def f(make): {source}")
            with self.subTest(source):
                for _ in range(200):
                    Reporting.deaths.clear()
                    with self.assertRaises(exception):
                        f(Reporting)
                    self.assertEqual(len(Reporting.deaths), source.count("make()"))

    def test_one_site_for_many_builtins(self):
        f = define("def f(g, x): return g(x)")
        values = [(len, "ab", 2), (abs, -1, 1), (repr, 5, "5"), (str, 5, "5"), (type, 5, int), ("ab".count, "a", 1)]
        values += [(id, int, id(int)), (hash, 5, 5), ([1, 2].index, 2, 1), (str.upper, "a", "A"), (list, "ab", ["a", "b"])]
        values += [(tuple, "ab", ("a", "b")), (bool, [], False)]
        for _ in range(3):
            for g, x, expected in values:
                self.assert_each(expected, f, g, x)

    def test_recursion_limit(self):
        """C functions count for it."""

        def deep(value, level):
            return deep(value, level - 1) if level else value.__len__() + id(value) * 0 + value.count("a")

        for _ in range(100):
            self.assertEqual(deep("a", 5), 2)
        with self.assertRaises(RecursionError):
            deep("a", 10**6)


class NextTest(unittest.TestCase):
    """next() of the iterators of containers, and of others at the same place."""

    def test_all_kinds(self):
        def take(iterator):
            return next(iterator), next(iterator, "end"), next(iterator, "end")

        for _ in range(50):
            for values in [1], (2,), "3", range(4, 5), {5: 6}, {7}, {8: 9}.items(), {10: 11}.values(), b"a":
                expected = list(values)[0]
                self.assertEqual(take(iter(values)), (expected, "end", "end"))
            self.assertEqual(take(number for number in [1, 2]), (1, 2, "end"))
            self.assertEqual(take(map(str, [1])), ("1", "end", "end"))
            self.assertEqual(take(iter(list, 5)), ([], [], []))

    def test_ends(self):
        def take(iterator):
            return next(iterator)

        for _ in range(50):
            for iterator in iter([]), iter(()), iter(""), iter(range(0)), iter({}), iter(set()), (x for x in ()):
                with self.assertRaises(StopIteration) as caught:
                    take(iterator)
                self.assertIsNone(caught.exception.value)
                self.assertIsNone(caught.exception.__context__)

    def test_errors(self):
        def take(iterator):
            return next(iterator, None)

        for _ in range(50):
            table = {1: 2}
            iterator = iter(table)
            table[3] = 4
            with self.assertRaisesRegex(RuntimeError, "dictionary changed size during iteration"):
                take(iterator)
            with self.assertRaisesRegex(TypeError, "'list' object is not an iterator"):
                take([])

    def test_references(self):
        value = object()
        before = sys.getrefcount(value)
        for _ in range(50):
            iterator = iter([value])
            next(iterator)
            next(iterator, value)
        self.assertEqual(sys.getrefcount(value), before)


if __name__ == "__main__":
    unittest.main()
