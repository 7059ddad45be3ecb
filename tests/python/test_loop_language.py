"""Statements: what they do, and how they complain."""

import sys
import unittest

from support_loop import WARM, LoopTestCase, define


class UnpackingTest(LoopTestCase):
    def test_starred(self):
        first = define("def f(s):\n a, *b = s\n return a, b")
        last = define("def f(s):\n *a, b = s\n return a, b")
        middle = define("def f(s):\n a, *b, c = s\n return a, b, c")
        for sequence in ("xyz", list("xyz"), tuple("xyz"), iter("xyz"), dict.fromkeys("xyz")):
            items = sequence if not hasattr(sequence, "__next__") else list(sequence)
            self.assert_each(("x", ["y", "z"]), first, items)
            self.assert_each((["x", "y"], "z"), last, items)
            self.assert_each(("x", ["y"], "z"), middle, items)
        self.assert_each(("x", []), first, "x")
        self.assert_each(("x", [], "y"), middle, "xy")
        self.assert_each_raises(
            ValueError, "not enough values to unpack (expected at least 1, got 0)", first, ""
        )
        self.assert_each_raises(
            ValueError, "not enough values to unpack (expected at least 2, got 1)", middle, "x"
        )
        self.assert_each_raises(TypeError, "cannot unpack non-iterable NoneType object", middle, None)

    def test_nested(self):
        f = define("def f(s):\n (a, (b, *c)), [d] = s\n return a, b, c, d")
        self.assert_each((1, 2, [3, 4], 5), f, ((1, (2, 3, 4)), [5]))
        self.assert_each_raises(
            ValueError, "not enough values to unpack (expected 2, got 1)", f, ((1,), [5])
        )

    def test_iterators_that_raise(self):
        def broken(count):
            yield from range(count)
            raise KeyError("from the iterator")

        f = define("def f(s):\n a, b = s")
        g = define("def f(s):\n a, *b = s")
        for count in range(3):
            self.assert_each_raises(KeyError, "'from the iterator'", lambda: f(broken(count)))
            self.assert_each_raises(KeyError, "'from the iterator'", lambda: g(broken(count)))

        class NoIterator:
            def __iter__(self):
                raise TypeError("from __iter__()")

        self.assert_each_raises(TypeError, "from __iter__()", f, NoIterator())

    def test_not_more_than_one_too_many_is_taken(self):
        numbers = iter(range(10))
        with self.assertRaises(ValueError):
            a, b = numbers
        self.assertEqual(next(numbers), 3)

    def test_targets_are_evaluated_in_order(self):
        log = []

        class Target:
            def __setattr__(self, name, value):
                log.append((name, value))

            def __setitem__(self, key, value):
                log.append((key, value))

        t = Target()
        t.a, t[0], (t.b, *t.c), t[1:2] = 1, 2, (3, 4, 5), 6
        self.assertEqual(log, [("a", 1), (0, 2), ("b", 3), ("c", [4, 5]), (slice(1, 2), 6)])

    def test_displays(self):
        self.assertEqual([*range(2), *"ab", 9], [0, 1, "a", "b", 9])
        self.assertEqual((*range(2), *()), (0, 1))
        self.assertEqual({*"ab", *"bc"}, set("abc"))
        self.assertEqual({"a": 1, **{"b": 2, "a": 3}, "c": 4}, {"a": 3, "b": 2, "c": 4})
        f = define("def f(a): return [*a]")
        self.assert_each_raises(TypeError, "Value after * must be an iterable, not int", f, 1)
        f = define("def f(a): return {**a}")
        self.assert_each_raises(TypeError, "'int' object is not a mapping", f, 1)
        f = define("def f(a): return {*a}")
        self.assert_each_raises(TypeError, "'int' object is not iterable", f, 1)
        f = define("def f(a): return {a: 1}")
        self.assert_each_raises(TypeError, "unhashable type: 'list'", f, [])


class NameTest(LoopTestCase):
    def test_unbound(self):
        def local():
            if False:
                x = 1
            return x

        def free():
            def inner():
                return x

            if False:
                x = 1
            return inner()

        def cell():
            def inner():
                return x

            result = x
            x = 1
            return result

        def deleted():
            x = 1
            del x
            del x

        place = "cannot access {} 'x' where it is not associated with a value{}"
        for function in (local, cell, deleted):
            self.assert_each_raises(UnboundLocalError, place.format("local variable", ""), function)
        self.assert_each_raises(
            NameError, place.format("free variable", " in enclosing scope"), free
        )

    def test_errors_carry_the_name(self):
        with self.assertRaises(NameError) as caught:
            not_defined_anywhere
        self.assertEqual(caught.exception.name, "not_defined_anywhere")
        with self.assertRaises(AttributeError) as caught:
            self.not_defined_anywhere
        self.assertEqual((caught.exception.name, caught.exception.obj), ("not_defined_anywhere", self))

    def test_class_body(self):
        x = y = "of function"

        class Sees:
            before = x
            locals()["x"] = "of class"
            after = x
            other = y

            def method(self):
                return x

        self.assertEqual((Sees.before, Sees.after, Sees.other), ("of function", "of class", "of function"))
        self.assertEqual(Sees().method(), "of function")
        with self.assertRaisesRegex(NameError, "name 'x' is not defined"):

            class Assigns:
                x = x

        with self.assertRaisesRegex(NameError, "name 'x' is not defined"):

            class Deletes:
                x = 1
                del x
                del x

    def test_class_body_with_a_namespace_of_its_own(self):
        class Meta(type):
            @classmethod
            def __prepare__(cls, name, bases):
                return Default()

        class Default(dict):
            def __missing__(self, key):
                if key.startswith("__"):
                    raise KeyError(key)
                return f"missing {key}"

        class Body(metaclass=Meta):
            first = anything
            second = first

        self.assertEqual((Body.first, Body.second), ("missing anything", "missing anything"))

    def test_exec_with_other_mappings(self):
        class Mapping:
            def __init__(self):
                self.log = []

            def __getitem__(self, key):
                self.log.append(("get", key))
                if key == "x":
                    return 5
                raise KeyError(key)

            def __setitem__(self, key, value):
                self.log.append(("set", key, value))

            def __delitem__(self, key):
                self.log.append(("del", key))
                raise KeyError(key)

        mapping = Mapping()
        exec("y = x + len('ab')", {}, mapping)
        self.assertEqual(mapping.log, [("get", "x"), ("get", "len"), ("set", "y", 7)])
        with self.assertRaisesRegex(NameError, "name 'z' is not defined"):
            exec("del z", {}, mapping)

    def test_annotations(self):
        namespace = {}
        exec("x: int = 1\ny: 'str'\nclass C:\n a: 1 + 1", namespace)
        self.assertEqual(namespace["__annotations__"], {"x": int, "y": "str"})
        self.assertEqual(namespace["C"].__annotations__, {"a": 2})


class MatchTest(LoopTestCase):
    def match(self, pattern, names=""):
        return define(
            f"def f(subject):\n"
            f"    match subject:\n"
            f"        case {pattern}: return ({names})\n"
            f"        case _: return 'no match'",
            Point=Point,
            Named=Named,
            Twice=Twice,
            NotATuple=NotATuple,
            NotStrings=NotStrings,
            not_a_class=1,
            Color=Color,
        )

    def check(self, pattern, names, matches, others):
        f = self.match(pattern, names)
        for subject, result in matches:
            self.assert_each(result, f, subject)
        for subject in others:
            self.assert_each("no match", f, subject)

    def test_literals_and_values(self):
        self.check("1 | 'a' | None | True", "", [(1, ()), ("a", ()), (None, ()), (1.0, ())], [2, "b", False])
        self.check("-1.5 | 2+1j", "", [(-1.5, ()), (2 + 1j, ())], [1.5, 2])
        self.check("Color.red", "", [("red", ())], ["blue", Color])
        self.check("None", "", [(None, ())], [0, False])

    def test_sequences(self):
        self.check("[]", "", [([], ()), ((), ())], ["", [1], {}, None, iter([])])
        self.check("[a, b]", "a, b", [([1, 2], (1, 2)), ((1, 2), (1, 2)), (range(2), (0, 1))], ["ab", b"ab", {1, 2}, [1]])
        self.check("[a, *rest]", "a, rest", [([1], (1, [])), ((1, 2, 3), (1, [2, 3]))], [[], "a"])
        self.check("[*_, (a, 2)]", "a,", [([1, (3, 2)], (3,)), ([[1, 2]], (1,))], [[1, 2], [[1, 3]]])
        self.check("[a, *_, b]", "a, b", [([1, 2, 3], (1, 3)), ([1, 2], (1, 2))], [[1]])

    def test_mappings(self):
        self.check("{}", "", [({}, ()), ({1: 2}, ())], [[], None])
        self.check("{'a': x}", "x,", [({"a": 1}, (1,)), ({"a": 1, "b": 2}, (1,))], [{}, {"b": 1}, [("a", 1)]])
        self.check("{'a': 1, **rest}", "rest,", [({"a": 1}, ({},)), ({"a": 1, "b": 2}, ({"b": 2},))], [{"a": 2}])

        class Default(dict):
            def __missing__(self, key):
                raise AssertionError("must not be asked")

        self.assert_each("no match", self.match("{'a': x}", "x"), Default())
        self.assert_each_raises(
            ValueError, "mapping pattern checks duplicate key ('red')", self.match("{Color.red: 1, 'red': 2}"),
            {"red": 1, "b": 2},
        )

    def test_classes(self):
        self.check("int(x)", "x,", [(1, (1,)), (True, (True,))], [1.0, "1"])
        self.check("str() | bytes()", "", [("", ()), (b"", ())], [0])
        self.check("Point(1, y)", "y,", [(Point(1, 2), (2,))], [Point(2, 2), (1, 2)])
        self.check("Point(x=1, y=y)", "y,", [(Point(1, 2), (2,))], [Point(2, 2)])
        self.check("Point(z=1)", "", [], [Point(1, 2)])
        self.check("Named(name='n')", "", [(Named(), ())], [Point(1, 2)])

    def test_errors_in_class_patterns(self):
        for pattern, subject, message in (
            ("Point(1, 2, 3)", Point(1, 2), "Point() accepts 2 positional sub-patterns (3 given)"),
            ("Named(1)", Named(), "Named() accepts 0 positional sub-patterns (1 given)"),
            ("int(1, 2)", 1, "int() accepts 1 positional sub-pattern (2 given)"),
            ("Point(1, x=1)", Point(1, 2), "Point() got multiple sub-patterns for attribute 'x'"),
            ("Twice(1, 1)", Twice(), "Twice() got multiple sub-patterns for attribute 'x'"),
            ("NotATuple(1)", NotATuple(), "NotATuple.__match_args__ must be a tuple (got list)"),
            ("NotStrings(1)", NotStrings(), "__match_args__ elements must be strings (got int)"),
            ("not_a_class()", 1, "called match pattern must be a type"),
        ):
            with self.subTest(pattern=pattern):
                self.assert_each_raises(TypeError, message, self.match(pattern), subject)

    def test_attribute_that_raises(self):
        class Broken(Point):
            @property
            def z(self):
                raise ValueError("from the property")

        self.assert_each_raises(ValueError, "from the property", self.match("Point(z=1)"), Broken(1, 2))

    def test_guards_and_order(self):
        def f(subject):
            match subject:
                case [x, y] if x == y:
                    return "equal"
                case [x, y] if x > y:
                    return "greater"
                case {"x": x} | [x]:
                    return x
                case Point(x=x, y=[*_, last]):
                    return x, last
                case _:
                    return "other"

        for _ in range(WARM):
            self.assertEqual(f([1, 1]), "equal")
            self.assertEqual(f([2, 1]), "greater")
            self.assertEqual(f([1, 2]), "other")
            self.assertEqual(f([5]), 5)
            self.assertEqual(f({"x": 6}), 6)
            self.assertEqual(f(Point(1, [2, 3])), (1, 3))
            self.assertEqual(f(Point(1, 2)), "other")


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


class Named:
    name = "n"


class Twice:
    __match_args__ = ("x", "x")
    x = 1


class NotATuple:
    __match_args__ = ["x"]


class NotStrings:
    __match_args__ = (1,)


class Color:
    red = "red"


class FinallyTest(LoopTestCase):
    def test_the_last_return_counts(self):
        def f(a):
            try:
                if a == 0:
                    return "try"
                if a == 1:
                    raise ValueError
                if a == 2:
                    raise KeyError
                result = "fell through"
            except ValueError:
                return "except"
            finally:
                if a in (0, 2):
                    return "finally"
            return result

        self.assert_each("finally", f, 0)
        self.assert_each("except", f, 1)
        self.assert_each("finally", f, 2)
        self.assert_each("fell through", f, 3)

    def test_loops(self):
        def f(action):
            log = []
            for i in range(4):
                try:
                    log.append(i)
                    if action == "continue" and i == 1:
                        continue
                    if action == "break" and i == 1:
                        break
                    if action == "return" and i == 1:
                        return log
                    if action == "raise" and i == 1:
                        raise ValueError
                except ValueError:
                    log.append("caught")
                finally:
                    log.append("finally")
                    if action == "break in finally" and i == 1:
                        break
                    if action == "continue in finally" and i == 1:
                        continue
                log.append("end")
            else:
                log.append("else")
            return log

        plain = ["finally", "end"]
        self.assert_each([0, *plain, 1, *plain, 2, *plain, 3, *plain, "else"], f, "nothing")
        self.assert_each([0, *plain, 1, "finally", 2, *plain, 3, *plain, "else"], f, "continue")
        self.assert_each([0, *plain, 1, "finally"], f, "break")
        self.assert_each([0, *plain, 1, "finally"], f, "return")
        self.assert_each([0, *plain, 1, "caught", *plain, 2, *plain, 3, *plain, "else"], f, "raise")
        self.assert_each([0, *plain, 1, "finally"], f, "break in finally")
        self.assert_each([0, *plain, 1, "finally", 2, *plain, 3, *plain, "else"], f, "continue in finally")

    def test_an_exception_in_finally_takes_over(self):
        def f():
            try:
                raise ValueError("first")
            finally:
                raise KeyError("second")

        for _ in range(WARM):
            with self.assertRaises(KeyError) as caught:
                f()
            self.assertIsInstance(caught.exception.__context__, ValueError)

    def test_return_in_finally_drops_the_exception(self):
        def f():
            for _ in range(3):
                try:
                    raise ValueError
                finally:
                    return sys.exc_info()[0]

        self.assert_each(ValueError, f)
        self.assertEqual(sys.exc_info(), (None, None, None))

    def test_nested(self):
        def f(log, raising):
            try:
                try:
                    try:
                        if raising:
                            raise ValueError
                    finally:
                        log.append(1)
                except KeyError:
                    log.append("wrong")
                finally:
                    log.append(2)
            except ValueError:
                log.append(3)
            else:
                log.append(4)
            finally:
                log.append(5)
            return log

        for _ in range(WARM):
            self.assertEqual(f([], True), [1, 2, 3, 5])
            self.assertEqual(f([], False), [1, 2, 4, 5])

    def test_the_handled_exception_is_restored(self):
        def f():
            seen = [sys.exc_info()[0]]
            try:
                raise ValueError
            except ValueError:
                seen.append(sys.exc_info()[0])
                try:
                    raise KeyError
                except KeyError:
                    seen.append(sys.exc_info()[0])
                seen.append(sys.exc_info()[0])
            seen.append(sys.exc_info()[0])
            return seen

        self.assert_each([None, ValueError, KeyError, ValueError, None], f)

    def test_name_of_the_exception_is_deleted(self):
        def f():
            try:
                raise ValueError
            except ValueError as error:
                pass
            return error

        self.assert_each_raises(
            UnboundLocalError,
            "cannot access local variable 'error' where it is not associated with a value",
            f,
        )


class WithTest(LoopTestCase):
    class Manager:
        def __init__(self, log, suppress=False):
            self.log, self.suppress = log, suppress

        def __enter__(self):
            self.log.append("enter")
            return self

        def __exit__(self, kind, value, traceback):
            self.log.append(kind)
            return self.suppress

    def test_ways_to_leave(self):
        def f(manager, action):
            for _ in range(2):
                with manager as entered:
                    assert entered is manager
                    if action == "return":
                        return "returned"
                    if action == "raise":
                        raise ValueError
                    if action == "continue":
                        continue
                    if action == "break":
                        break
            return "end"

        for action, result, log in (
            ("nothing", "end", ["enter", None] * 2),
            ("return", "returned", ["enter", None]),
            ("raise", "end", ["enter", ValueError] * 2),
            ("continue", "end", ["enter", None] * 2),
            ("break", "end", ["enter", None]),
        ):
            for _ in range(WARM):
                manager = self.Manager([], suppress=True)
                self.assertEqual(f(manager, action), result)
                self.assertEqual(manager.log, log)
        for _ in range(WARM):
            with self.assertRaises(ValueError):
                f(self.Manager([]), "raise")

    def test_several(self):
        log = []

        class Numbered(self.Manager):
            def __init__(self, number):
                super().__init__(log)
                self.number = number

            def __enter__(self):
                log.append(("enter", self.number))
                if self.number == 3:
                    raise KeyError

            def __exit__(self, *arguments):
                log.append(("exit", self.number, arguments[0]))

        with self.assertRaises(KeyError):
            with Numbered(1), Numbered(2), Numbered(3):
                log.append("body")
        self.assertEqual(log, [("enter", 1), ("enter", 2), ("enter", 3), ("exit", 2, KeyError), ("exit", 1, KeyError)])

    def test_what_is_no_manager(self):
        f = define("def f(m):\n with m: pass")

        class NoExit:
            def __enter__(self):
                raise AssertionError("must not be entered")

        class OnInstance:
            pass

        on_instance = OnInstance()
        on_instance.__enter__ = on_instance.__exit__ = lambda *arguments: None
        self.assert_each_raises(
            TypeError, "'int' object does not support the context manager protocol", f, 1
        )
        self.assert_each_raises(
            TypeError,
            "'NoExit' object does not support the context manager protocol (missed __exit__ method)",
            f,
            NoExit(),
        )
        self.assert_each_raises(
            TypeError, "'OnInstance' object does not support the context manager protocol", f, on_instance
        )

    def test_exit_that_raises(self):
        class Raising(self.Manager):
            def __exit__(self, *arguments):
                raise KeyError("from __exit__()")

        for _ in range(WARM):
            with self.assertRaises(KeyError) as caught:
                with Raising([]):
                    raise ValueError
            self.assertIsInstance(caught.exception.__context__, ValueError)

    def test_truth_of_the_result_of_exit(self):
        class Truth:
            def __bool__(self):
                raise KeyError("from __bool__()")

        with self.assertRaisesRegex(KeyError, "from __bool__"):
            with self.Manager([], suppress=Truth()):
                raise ValueError


class RaiseTest(LoopTestCase):
    def test_what_cannot_be_raised_or_caught(self):
        def catch(kind):
            try:
                raise ValueError
            except kind:
                pass

        message = "exceptions must derive from BaseException"
        for wrong in (1, None, int, "text"):
            self.assert_each_raises(TypeError, message, define("def f(e): raise e"), wrong)
        self.assert_each_raises(
            TypeError, "exception causes must derive from BaseException", define("def f(e): raise KeyError from e"), 1
        )
        self.assert_each_raises(RuntimeError, "No active exception to reraise", define("def f(): raise"))
        message = "catching classes that do not inherit from BaseException is not allowed"
        for wrong in (1, None, int, (ValueError, 1), (int,)):
            self.assert_each_raises(TypeError, message, catch, wrong)
        self.assert_each(None, catch, (KeyError, ValueError))
        with self.assertRaises(ValueError):
            catch(())

    def test_class_whose_call_makes_something_else(self):
        class Odd(Exception):
            def __new__(cls):
                return 5

        self.assert_each_raises(
            TypeError,
            f"calling {Odd!r} should have returned an instance of BaseException, not <class 'int'>",
            define("def f(e): raise e"),
            Odd,
        )

    def test_cause_and_context(self):
        def f(cause):
            try:
                raise KeyError
            except KeyError:
                raise ValueError from cause

        for cause, kind in ((None, type(None)), (OSError, OSError), (OSError(), OSError)):
            for _ in range(WARM):
                with self.assertRaises(ValueError) as caught:
                    f(cause)
                self.assertIs(type(caught.exception.__cause__), kind)
                self.assertIs(type(caught.exception.__context__), KeyError)
                self.assertTrue(caught.exception.__suppress_context__)

    def test_assertion(self):
        f = define("def f(a): assert a, 'message'")
        self.assert_each(None, f, 1)
        self.assert_each_raises(AssertionError, "message", f, 0)


class ExceptionGroupTest(LoopTestCase):
    def split(self, exception):
        log = []
        try:
            try:
                raise exception
            except* ValueError as group:
                log.append(("ValueError", [str(e) for e in group.exceptions]))
            except* (KeyError, OSError) as group:
                log.append(("others", [type(e) for e in group.exceptions]))
        except BaseException as rest:
            log.append(rest)
        return log

    def test_split(self):
        for _ in range(WARM):
            self.assertEqual(self.split(ExceptionGroup("g", [ValueError("a")])), [("ValueError", ["a"])])
            self.assertEqual(self.split(ValueError("naked")), [("ValueError", ["naked"])])
            self.assertEqual(
                self.split(ExceptionGroup("g", [OSError(), ValueError("a"), KeyError(), ValueError("b")])),
                [("ValueError", ["a", "b"]), ("others", [OSError, KeyError])],
            )

    def test_rest(self):
        error = TypeError("not caught")
        log = self.split(ExceptionGroup("g", [ValueError("a"), ExceptionGroup("inner", [error, KeyError()])]))
        self.assertEqual(log[0], ("ValueError", ["a"]))
        self.assertEqual(log[1], ("others", [ExceptionGroup]))
        rest = log[2]
        self.assertEqual((rest.message, rest.exceptions[0].message), ("g", "inner"))
        self.assertEqual(rest.exceptions[0].exceptions, (error,))
        self.assertEqual(self.split(error), [error])

    def test_raised_in_the_handlers(self):
        def f():
            try:
                raise ExceptionGroup("g", [ValueError(1), KeyError(2), OSError(3)])
            except* ValueError:
                raise TypeError("new")
            except* KeyError:
                raise

        for _ in range(WARM):
            with self.assertRaises(ExceptionGroup) as caught:
                f()
            new, old = caught.exception.exceptions
            self.assertEqual((type(new), str(new)), (TypeError, "new"))
            self.assertEqual([type(e) for e in old.exceptions], [KeyError, OSError])

    def test_groups_cannot_be_caught(self):
        def f(kind):
            try:
                raise ValueError
            except* kind:
                pass

        message = "catching ExceptionGroup with except* is not allowed. Use except instead."
        for wrong in (ExceptionGroup, (KeyError, ExceptionGroup), BaseExceptionGroup):
            for _ in range(WARM):
                with self.assertRaisesRegex(TypeError, "catching ExceptionGroup with except") as caught:
                    f(wrong)
                self.assertEqual(str(caught.exception), message)
        self.assert_each_raises(
            TypeError, "catching classes that do not inherit from BaseException is not allowed", f, int
        )

    def test_finally_and_else(self):
        def f(exception):
            log = []
            try:
                if exception:
                    raise exception
            except* ValueError:
                log.append("caught")
            else:
                log.append("else")
            finally:
                log.append("finally")
            return log

        self.assert_each(["caught", "finally"], f, ValueError())
        self.assert_each(["else", "finally"], f, None)


class ImportTest(LoopTestCase):
    def test_errors(self):
        import types

        module = types.ModuleType("made_up")
        sys.modules["made_up"] = module
        self.addCleanup(sys.modules.pop, "made_up")
        f = define("def f():\n from made_up import name")
        self.assert_each_raises(
            ImportError, "cannot import name 'name' from 'made_up' (unknown location)", f
        )
        module.__file__ = "place"
        self.assert_each_raises(ImportError, "cannot import name 'name' from 'made_up' (place)", f)
        module.name = 1
        self.assert_each(None, f)
        module.__all__ = ["name", 1]
        with self.assertRaisesRegex(TypeError, "Item in made_up.__all__ must be str, not int"):
            exec("from made_up import *")
        module.__all__ = ["absent"]
        with self.assertRaisesRegex(AttributeError, "module 'made_up' has no attribute 'absent'"):
            exec("from made_up import *")
        del module.__all__
        module._hidden = 1
        namespace = {}
        exec("from made_up import *", namespace)
        self.assertEqual(namespace["name"], 1)
        self.assertNotIn("_hidden", namespace)

    def test_own_import_function(self):
        def load(*arguments):
            calls.append((arguments[0], *arguments[3:]))
            return sys

        calls = []
        f = define(
            "def f():\n import a.b\n from c import path, argv\n import d as e\n return a, path, e",
            __builtins__={"__import__": load},
        )
        self.assert_each((sys, sys.path, sys), f)
        self.assertEqual(calls[:3], [("a.b", None, 0), ("c", ("path", "argv"), 0), ("d", None, 0)])
        del f.__globals__["__builtins__"]["__import__"]
        self.assert_each_raises(ImportError, "__import__ not found", f)


class OddityTest(LoopTestCase):
    def test_truth(self):
        class Truth:
            def __init__(self, value):
                self.value = value

            def __bool__(self):
                if self.value is None:
                    raise KeyError("from __bool__()")
                return self.value

        class Sized:
            def __init__(self, length):
                self.length = length

            def __len__(self):
                return self.length

        sources = {
            "if a: return True\n return False": (True, False),
            "if not a: return False\n return True": (True, False),
            "return not not a": (True, False),
            "while a: return True\n return False": (True, False),
            "while not a: return False\n return True": (True, False),
            "return True if a else False": (True, False),
            "return bool(a and True)": (True, False),
            "return bool(a or False)": (True, False),
        }
        true = [1, -1, 0.5, "x", [0], (0,), {0: 0}, Truth(True), Sized(1), object(), True]
        false = [0, 0.0, "", [], (), {}, None, False, Truth(False), Sized(0), range(0), b""]
        for source, (when_true, when_false) in sources.items():
            with self.subTest(source=source):
                f = define(f"def f(a):\n {source}")
                for _ in range(WARM):
                    for value in true:
                        self.assertIs(f(value), when_true)
                    for value in false:
                        self.assertIs(f(value), when_false)
                self.assert_each_raises(KeyError, "'from __bool__()'", f, Truth(None))
                self.assert_each_raises(ValueError, "__len__() should return >= 0", f, Sized(-1))

    def test_chained_comparison(self):
        log = []

        def note(value):
            log.append(value)
            return value

        f = define("def f(n): return n(1) < n(5) < n(3) < n(9)")
        self.assert_each(False, f, note)
        self.assertEqual(log[:4], [1, 5, 3, 1])

    def test_formatted_strings(self):
        class Formatted:
            def __format__(self, spec):
                return f"<{spec}>"

            def __str__(self):
                return "str"

            def __repr__(self):
                return "r\xe9pr"

        f = define("def f(a, width): return f'{a}|{a!s}|{a!r}|{a!a}|{a:x{width}y}|{a!s:>{width}}|{{}}'")
        self.assert_each("<>|str|r\xe9pr|r\\xe9pr|<x5y>|  str|{}", f, Formatted(), 5)
        f = define("def f(a): return f'{a:d}'")
        self.assert_each("5", f, 5)
        self.assert_each_raises(ValueError, "Unknown format code 'd' for object of type 'str'", f, "a")

    def test_slices(self):
        class Keys:
            def __getitem__(self, key):
                return key

        f = define("def f(o, a, b, c): return o[a:b], o[a:b:c], o[:], o[a:b, ...]")
        self.assert_each(
            (slice(1, 2), slice(1, 2, 3), slice(None), (slice(1, 2), ...)), f, Keys(), 1, 2, 3
        )

    def test_comprehensions(self):
        f = define(
            "def f(n):\n"
            " return [i * j for i in range(n) if i for j in range(i)], {i: [j for j in range(i)] for i in range(n)},"
            " {i % 2 for i in range(n)}, tuple(i for i in range(n))"
        )
        self.assert_each(([0, 0, 2], {0: [], 1: [0], 2: [0, 1]}, {0, 1}, (0, 1, 2)), f, 3)
        f = define("def f(): return {k: v for k, v in [([], 1)]}")
        self.assert_each_raises(TypeError, "unhashable type: 'list'", f)

    def test_del_and_augmented_assignment(self):
        log = []

        class Container:
            def __getitem__(self, key):
                log.append(("get", key))
                return 10

            def __setitem__(self, key, value):
                log.append(("set", key, value))

            def __delitem__(self, key):
                log.append(("del", key))

        c = Container()
        c[1] += 5
        c[2] **= 2
        c[3] @= Matrix()
        del c[4], c[5:6]
        self.assertEqual(
            log,
            [("get", 1), ("set", 1, 15), ("get", 2), ("set", 2, 100), ("get", 3), ("set", 3, "matrix"),
             ("del", 4), ("del", slice(5, 6))],
        )

    def test_operators(self):
        cases = {
            "+": 19, "-": 11, "*": 60, "/": 3.75, "//": 3, "%": 3, "**": 50625, "<<": 240, ">>": 0, "&": 4,
            "|": 15, "^": 11,
        }
        for operator, result in cases.items():
            self.assert_each(result, define(f"def f(a, b): return a {operator} b"), 15, 4)
            self.assert_each(result, define(f"def f(a, b):\n a {operator}= b\n return a"), 15, 4)
            self.assert_each_raises(
                TypeError,
                f"unsupported operand type(s) for {operator + ' or pow()' if operator == '**' else operator}: "
                "'int' and 'NoneType'",
                define(f"def f(a, b): return a {operator} b"), 15, None,
            )
        self.assert_each((-15, 15, -16, False), define("def f(a): return -a, +a, ~a, not a"), 15)
        for operator in "-+~":
            self.assert_each_raises(
                TypeError, f"bad operand type for unary {operator}: 'str'", define(f"def f(a): return {operator}a"), "a"
            )
        self.assert_each((True, False, True, False), define("def f(a, b): return a in b, a not in b, a is a, b is not b"), 1, [1])
        self.assert_each_raises(
            TypeError, "argument of type 'int' is not iterable", define("def f(a, b): return a in b"), 1, 1
        )

    def test_closures_in_loops(self):
        functions = []
        for i in range(3):
            def get(bound=i):
                return bound, i

            functions.append(get)
        self.assertEqual([function() for function in functions], [(0, 2), (1, 2), (2, 2)])

    def test_decorators_and_classes(self):
        log = []

        def note(name):
            log.append(name)
            return lambda thing: (name, thing)

        @note("outer")
        @note("inner")
        def function():
            return "called"

        self.assertEqual(log, ["outer", "inner"])
        self.assertEqual((function[0], function[1][0], function[1][1]()), ("outer", "inner", "called"))

        class Meta(type):
            def __new__(cls, name, bases, namespace, **keywords):
                made = super().__new__(cls, name, bases, namespace)
                made.keywords = keywords
                return made

            def __init__(cls, *args, **keywords):
                pass

        class Base:
            def __init_subclass__(cls, **keywords):
                cls.subclass_keywords = keywords

        class Made(Base, metaclass=Meta, key="value"):
            def method(self):
                return __class__, super().__init__

        self.assertEqual((Made.keywords, Made.subclass_keywords), ({"key": "value"}, {}))
        self.assertIs(Made().method()[0], Made)

    def test_building_a_class_without_build_class(self):
        with self.assertRaisesRegex(NameError, "__build_class__ not found"):
            exec("class C: pass", {"__builtins__": {}})


class Matrix:
    def __rmatmul__(self, other):
        return "matrix"


if __name__ == "__main__":
    unittest.main()
