"""Methods that are called on classes: classmethods and staticmethods without a bound method, and what may be in the way."""

import abc
import sys
import unittest

ROUNDS = 50  # enough for the code to be specialised


class Base:
    @classmethod
    def cls(cls, x=0):
        return cls.__name__, x

    @staticmethod
    def static(x=0):
        return "static", x

    def plain(self, x=0):
        return self, x


class Derived(Base):
    pass


def warmed_up(function, *arguments):
    results = [function(*arguments) for _ in range(ROUNDS)]
    assert all(result == results[0] for result in results), results
    return results[0]


def call(owner, x):
    return owner.method(x)


def class_with(method, metaclass=type):
    return metaclass("Made", (), {"method": method})


class MethodsOfClassesTest(unittest.TestCase):
    def test_each_kind(self):
        def calls(owner):
            return owner.cls(), owner.cls(1), owner.static(2), owner.plain(3, 4), owner.plain("self")

        expected = (("Base", 0), ("Base", 1), ("static", 2), (3, 4), ("self", 0))
        self.assertEqual(warmed_up(calls, Base), expected)
        self.assertEqual(warmed_up(calls, Derived), (("Derived", 0), ("Derived", 1), *expected[2:]))
        self.assertEqual(warmed_up(lambda: Base().cls(5)), ("Base", 5))
        self.assertEqual(warmed_up(lambda: Base().static(5)), ("static", 5))

    def test_one_call_of_all_kinds(self):
        class Callable:
            def __call__(self, *args):
                return "called", args[-1]

        good = [
            (Base.__dict__["cls"], ("Made", 1)),
            (classmethod(Callable()), ("called", 1)),
            (staticmethod(abs), 1),
            (staticmethod(Callable()), ("called", 1)),
            (Callable(), ("called", 1)),
            (lambda x: x + 1, 2),
            (classmethod(property(lambda cls: lambda x: (cls.__name__, x))), ("Made", 1)),
            (int, 1),
        ]
        bad = [
            (classmethod(len), TypeError),
            (staticmethod(len), TypeError),
            (str.upper, TypeError),
            (property(lambda self: None), TypeError),
            (classmethod.__new__(classmethod), RuntimeError),
            (staticmethod.__new__(staticmethod), RuntimeError),
        ]
        for _ in range(20):
            for method, expected in good:
                with self.subTest(method=method):
                    self.assertEqual(call(class_with(method), 1), expected)
            for method, error in bad:
                with self.subTest(method=method), self.assertRaises(error):
                    call(class_with(method), 1)

    def test_subclasses_of_the_descriptors(self):
        class Loud(classmethod):
            def __get__(self, instance, owner):
                return lambda x: ("loud", x)

        self.assertEqual(warmed_up(call, class_with(Loud(lambda cls, x: x)), 1), ("loud", 1))
        self.assertEqual(
            warmed_up(call, class_with(abc.abstractclassmethod(lambda cls, x: (cls.__name__, x))), 1), ("Made", 1)
        )

    def test_the_metaclass_comes_first_if_it_has_a_data_descriptor(self):
        class Data:
            def __get__(self, instance, owner):
                return lambda x: ("data", x)

            def __set__(self, instance, value):
                raise AttributeError

        class WithData(type):
            method = Data()

        class WithFunction(type):
            def method(cls, x):
                return "metaclass", x

        class Hooked(type):
            def __getattribute__(cls, name):
                return (lambda x: ("hooked", x)) if name == "method" else super().__getattribute__(name)

        own = Base.__dict__["cls"]
        self.assertEqual(warmed_up(call, class_with(own, WithData), 1), ("data", 1))
        self.assertEqual(warmed_up(call, class_with(own, WithFunction), 1), ("Made", 1))
        self.assertEqual(warmed_up(call, class_with(own, Hooked), 1), ("hooked", 1))
        self.assertEqual(warmed_up(call, WithFunction("Empty", (), {}), 1), ("metaclass", 1))

    def test_changes_are_seen(self):
        class Changing:
            method = classmethod(lambda cls, x: ("first", x))

        self.assertEqual(warmed_up(call, Changing, 1), ("first", 1))
        Changing.method = classmethod(lambda cls, x: ("second", x))
        self.assertEqual(warmed_up(call, Changing, 1), ("second", 1))
        Changing.method = staticmethod(lambda x: ("third", x))
        self.assertEqual(warmed_up(call, Changing, 1), ("third", 1))
        del Changing.method
        with self.assertRaisesRegex(AttributeError, "type object 'Changing' has no attribute 'method'"):
            call(Changing, 1)

    def test_references(self):
        function = Base.__dict__["cls"].__func__
        before = sys.getrefcount(Base), sys.getrefcount(function)
        warmed_up(lambda: (Base.cls(), Base.static()))
        self.assertEqual((sys.getrefcount(Base), sys.getrefcount(function)), before)


if __name__ == "__main__":
    unittest.main()
