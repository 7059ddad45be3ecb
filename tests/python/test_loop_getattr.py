"""getattr(), hasattr() and issubclass(), once the call is specialised."""

import types
import unittest

MISSING = object()


def read(owner, name):
    return getattr(owner, name)


def read_or(owner, name):
    return getattr(owner, name, MISSING)


def has(owner, name):
    return hasattr(owner, name)


def derives(cls, base):
    return issubclass(cls, base)


class Plain:
    shared = "of the class"

    def __init__(self):
        self.own = "its own"

    def method(self):
        return self.own

    @property
    def computed(self):
        return "computed"

    @property
    def broken(self):
        raise AttributeError("inner")


class Slotted:
    __slots__ = ("filled", "empty")

    def __init__(self):
        self.filled = 1


class Odd:
    """A key whose comparison runs code is found in a dictionary."""

    class Key:
        def __hash__(self):
            return hash("odd")

        def __eq__(self, other):
            return other == "odd"

    def __init__(self):
        self.__dict__[self.Key()] = "found"


class WithHook:
    def __getattr__(self, name):
        if name == "none":
            raise AttributeError(name)
        return f"hook of {name}"


def setUpModule():
    for _ in range(100):
        read(Plain(), "own")
        read_or(Plain(), "own")
        has(Plain(), "own")
        derives(int, object)


class GetattrTest(unittest.TestCase):
    def assert_found(self, expected, owner, name):
        self.assertEqual(read(owner, name), expected)
        self.assertEqual(read_or(owner, name), expected)
        self.assertIs(has(owner, name), True)

    def assert_missing(self, owner, name):
        self.assertIs(read_or(owner, name), MISSING)
        self.assertIs(has(owner, name), False)
        with self.assertRaises(AttributeError) as caught:
            read(owner, name)
        self.assertIs(caught.exception.obj, owner)
        self.assertEqual(caught.exception.name, name)

    def test_instance(self):
        plain = Plain()
        self.assert_found("its own", plain, "own")
        self.assert_found("of the class", plain, "shared")
        self.assert_found("computed", plain, "computed")
        self.assert_found(plain.method, plain, "method")
        self.assert_found(Plain, plain, "__class__")
        self.assert_missing(plain, "nothing")
        self.assert_missing(plain, "broken")

    def test_instance_whose_dictionary_was_asked_for(self):
        plain = Plain()
        plain.__dict__["more"] = 1
        self.assert_found(1, plain, "more")
        self.assert_missing(plain, "nothing")

    def test_name_that_is_not_interned(self):
        self.assert_found("its own", Plain(), "".join(["o", "wn"]))
        self.assert_missing(Plain(), "".join(["not", "hing"]))

    def test_slots(self):
        self.assert_found(1, Slotted(), "filled")
        self.assert_missing(Slotted(), "empty")

    def test_odd_keys(self):
        self.assert_found("found", Odd(), "odd")

    def test_classes(self):
        self.assert_found("of the class", Plain, "shared")
        self.assert_found(Plain.__init__, Plain, "__init__")
        self.assert_found("Plain", Plain, "__name__")
        self.assert_found(dict.fromkeys, dict, "fromkeys")
        self.assert_missing(Plain, "own")

    def test_modules(self):
        class Derived(types.ModuleType):
            shared = "of the class"

            @property
            def computed(self):
                return "computed"

        for module in (types.ModuleType("plain"), Derived("derived")):
            module.there = 1
            self.assert_found(1, module, "there")
            self.assert_found(module.__name__, module, "__name__")
            self.assert_found(type(module), module, "__class__")
            self.assert_found(vars(module), module, "__dict__")
            self.assert_missing(module, "nothing")
            module.nothing = 2
            self.assert_found(2, module, "nothing")
        self.assert_found("of the class", module, "shared")
        self.assert_found("computed", module, "computed")

    def test_modules_with_a_hook(self):
        def hook(name):
            if name == "none":
                raise AttributeError(name)
            return f"hook of {name}"

        module = types.ModuleType("module")
        module.there = 1
        module.__getattr__ = hook
        self.assert_found(1, module, "there")
        self.assert_found("hook of x", module, "x")
        self.assertIs(read_or(module, "none"), MISSING)
        self.assertIs(has(module, "none"), False)
        module.__getattr__ = "hook of {}".format
        self.assert_found("hook of x", module, "x")

    def test_modules_with_odd_keys(self):
        module = types.ModuleType("module")
        vars(module)[Odd.Key()] = "found"
        self.assert_found("found", module, "odd")

    def test_hook(self):
        self.assert_found("hook of x", WithHook(), "x")
        self.assertIs(read_or(WithHook(), "none"), MISSING)

    def test_builtins(self):
        items = []
        self.assert_found(items.__len__, items, "__len__")
        self.assert_found(1, 1, "real")
        self.assert_missing(1, "nothing")
        self.assert_found(unittest.TestCase, unittest, "TestCase")
        self.assert_missing(unittest, "nothing")

    def test_wrong_arguments(self):
        for arguments in (1,), (1, 2), (1, "a", 2, 3), ():
            with self.assertRaises(TypeError):
                getattr(*arguments)
        with self.assertRaises(TypeError):
            read(1, 2)
        with self.assertRaises(TypeError):
            has(1, None)

    def test_exceptions_other_than_attribute_errors(self):
        class Failing:
            @property
            def fails(self):
                raise ZeroDivisionError

        for function in read, read_or, has:
            with self.assertRaises(ZeroDivisionError):
                function(Failing(), "fails")


class IssubclassTest(unittest.TestCase):
    def test_classes(self):
        self.assertIs(derives(bool, int), True)
        self.assertIs(derives(int, int), True)
        self.assertIs(derives(int, bool), False)
        self.assertIs(derives(type, object), True)

    def test_others(self):
        import collections.abc

        self.assertIs(derives(list, collections.abc.Sequence), True)
        self.assertIs(derives(int, (str, int)), True)
        self.assertIs(derives(int, str | int), True)
        self.assertIs(derives(list, collections.abc.Mapping), False)
        for arguments in (1, int), (int, 1):
            with self.assertRaises(TypeError):
                derives(*arguments)


if __name__ == "__main__":
    unittest.main()
