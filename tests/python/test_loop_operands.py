"""Operators whose operands are local variables and constants, which the loop does together with the loads before them
(src/eval/ops_operands.cpp, ops_local_attributes.cpp): with what is to be seen of them, they are as each by itself."""

import itertools
import operator
import sys
import traceback
import unittest


class OwnInt(int):
    def __add__(self, other):
        return "own"


SMALL = [0, 1, -1, 7, 256, -5]
LARGE = [257, -6, 2**30 - 1, 2**30, -(2**30), 2**31 - 1, 2**45 + 3, 2**60 - 1, -(2**60), 2**62, 2**64, 10**30]
FLOATS = [0.0, -0.0, 1.5, -2.25, 1e308, float("inf"), float("nan")]
OTHERS = [True, False, OwnInt(4), "text", "", b"bytes", [1], (), None]
VALUES = SMALL + LARGE + FLOATS + OTHERS

OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}

# How the operands come to the operator, and where the result goes.
FORMS = """
def two_locals(a, b):
    return a {0} b

def stored(a, b):
    c = a {0} b
    return c

def stored_over_a_number(a, b):
    c = a is None or 123456.5
    c = 12345678
    c = a {0} b
    return c

def stored_in_the_left_one(a, b):
    a = a {0} b
    return a

def stored_in_the_right_one(a, b):
    b = a {0} b
    return b

def top_and_local(a, b):
    return (lambda: a)() {0} b

def loaded_one_by_one(a, b):
    c = a
    d = b
    return c {0} d
"""
WITH_CONSTANTS = """
def local_and_constant(a, b):
    return a {0} {2}

def stored_with_constant(a, b):
    a = a {0} {2}
    return a

def constant_and_local(a, b):
    return {1} {0} b

def top_and_constant(a, b):
    return (lambda: a)() {0} {2}
"""

WARM_UP = 40


def made(source):
    namespace = {}
    exec(source, namespace)
    return [value for name, value in namespace.items() if name != "__builtins__"]


def outcome(function, *args):
    """The value with its type, as text; or the exception with the text of its line."""
    try:
        value = function(*args)
    except Exception as error:
        return type(error), str(error)
    return type(value), repr(value)


class OperatorTest(unittest.TestCase):
    """Each operator, warmed up with one kind of operands, on all kinds."""

    def check(self, source, expected, warm, pairs):
        for function in made(source):
            for _ in range(WARM_UP):
                outcome(function, *warm)
            for a, b in pairs:
                self.assertEqual(outcome(function, a, b), outcome(expected, a, b), (function.__name__, a, b))

    def test_operators(self):
        pairs = list(itertools.product(VALUES, VALUES))
        for sign, function in OPERATORS.items():
            expected = function
            if sign == "<<":
                pairs_here = [(a, b) for a, b in pairs if not (isinstance(b, int) and b > 70)]
            elif sign == "*":
                pairs_here = [(a, b) for a, b in pairs if not any(
                    isinstance(x, int) and abs(x) > 300 and hasattr(y, "__len__") for x, y in [(a, b), (b, a)])]
            else:
                pairs_here = pairs
            for warm in ((300, 7), (1.5, 2.5), (3, 0.5), (2**40, 3)):
                with self.subTest(sign, warm=warm):
                    self.check(FORMS.format(sign), expected, warm, pairs_here)

    def test_operators_with_constants(self):
        for sign, function in OPERATORS.items():
            for a, b in ((1000, 3), (2**40, 5), (1.5, 4.0), (7, 0.25), (2.5, 3), (5, 0), (-7, 2)):
                with self.subTest(sign, constants=(a, b)):
                    for made_function in made(WITH_CONSTANTS.format(sign, repr(a), repr(b))):
                        constant_left = made_function.__name__ == "constant_and_local"
                        for value in VALUES:
                            if sign in ("<<", "*") and not isinstance(value, float) and (
                                    not isinstance(value, int) or abs(value) > 70):
                                continue
                            args = (a, value) if constant_left else (value, b)
                            for _ in range(WARM_UP):
                                outcome(made_function, *args)
                            self.assertEqual(outcome(made_function, *args), outcome(function, *args), args)

    def test_comparisons(self):
        condition = "\ndef jumps(a, b):\n    if a {0} b:\n        return True\n    return False\n"
        loop = "\ndef jumps_back(a, b):\n    n = 0\n    while a {0} b:\n        n += 1\n        if n == 3: return True\n    return False\n"
        pairs = list(itertools.product(VALUES, VALUES))
        for sign, function in COMPARISONS.items():
            for warm in ((300, 7), (7, 300), (1.5, 2.5), ("a", "b")):
                with self.subTest(sign, warm=warm):
                    self.check(FORMS.format(sign), function, warm, pairs)
                    self.check((condition + loop).format(sign), lambda a, b: bool(function(a, b)), warm, pairs)

    def test_membership(self):
        containers = [{1, "a", -1, 2**40}, {1: 2, "b": 3}, frozenset("ab"), [1, "a"], ("b", None), "abc", 5]
        source = FORMS.format("in") + FORMS.format("not in") + (
            "\ndef jumps(a, b):\n    if a in b:\n        return True\n    return False\n"
            "\ndef constant(a, b):\n    if 'a' not in b:\n        return True\n    return False\n")
        namespace = {}
        for text, inverted in ((FORMS.format("in"), False), (FORMS.format("not in"), True)):
            for function in made(text):
                for container in containers:
                    for value in (1, -1, 2**40, "a", "b", "zz", None, 1.0, (), []):
                        for _ in range(WARM_UP):
                            result = outcome(function, value, container)
                        expected = outcome(lambda: (value in container) != inverted)
                        self.assertEqual(result, expected, (function.__name__, value, container))
        exec(source, namespace)
        for container in containers[:-1]:
            for value in (1, -1, 2**40, "a", "b"):
                if isinstance(container, str) and not isinstance(value, str):
                    continue
                for _ in range(WARM_UP):
                    self.assertIs(namespace["jumps"](value, container), value in container)
                    self.assertIs(namespace["constant"](value, container), "a" not in container)

    def test_subscripts(self):
        class Own(dict):
            def __missing__(self, key):
                return key, "missing"

        containers = [[1, "two", 3.0], ("x", None), "text", "t\u00e9xt", b"bytes", {0: "zero", "k": 1}, Own({1: 2}), 5]
        keys = [0, 1, -1, 2, 3, 17, -17, 2**70, "k", 1.0, None, slice(1), True]
        for warm in containers[:-1]:
            for function in made(FORMS.replace("a {0} b", "a[b]").replace("() {0} b", "()[b]").replace("c {0} d", "c[d]")):
                for _ in range(WARM_UP):
                    outcome(function, warm, 1)
                for container, key in itertools.product(containers, keys):
                    self.assertEqual(outcome(function, container, key), outcome(operator.getitem, container, key))

    def test_stored_items(self):
        def store(values, index, value):
            values[index] = value
            return values

        def store_first(values, value):
            values[0] = value
            return values

        for _ in range(WARM_UP):
            self.assertEqual(store([1, 2], 1, 5), [1, 5])
            self.assertEqual(store_first([1, 2], 5), [5, 2])
        for values, index in (([1], 1), ([1], -2), ((1,), 0), ({}, 4), ([1], None)):
            self.assertEqual(
                outcome(store, values, index, 6)[0], outcome(lambda: operator.setitem(values, index, 6) or values)[0])
        self.assertEqual(store_first(bytearray(2), 7), b"\7\0")


class InPlaceTest(unittest.TestCase):
    """A result may only take the place of a number that nobody else sees."""

    def test_another_reference_keeps_its_value(self):
        def counted(start, step):
            value = start
            kept = []
            for _ in range(5):
                other = value
                kept.append(value)
                value = value + step
                value += step
                self.assertIs(other, kept[-1])
            return value, kept

        for start, step in ((1000, 1000), (1.5, 0.25), (2**40, 2**35), (250, 3)):
            for _ in range(WARM_UP):
                value, kept = counted(start, step)
            self.assertEqual(value, start + 10 * step)
            self.assertEqual(kept, [start + 2 * step * i for i in range(5)])
        self.assertEqual(start, 250)

    def test_small_results_are_the_ints_that_there_are_once(self):
        def difference(a, b):
            c = 100_000
            c = a - b
            return c

        for _ in range(WARM_UP):
            self.assertIs(difference(1000, 900), 100)
            self.assertEqual(difference(3000, 900), 2100)

    def test_the_same_variable_on_both_sides(self):
        def doubled(value, times):
            for _ in range(times):
                value = value + value
                value = value - value + value
            return value

        for _ in range(WARM_UP):
            self.assertEqual(doubled(1000, 25), 1000 * 2**25)
            self.assertEqual(doubled(1.5, 25), 1.5 * 2**25)

    def test_references_are_counted(self):
        def use(a, b, values, table):
            if a < b and a in table and values[a] is not b:
                c = values[a]
                values[a] = b
                values[a] = c
            return a

        a, b, values, table = OwnInt(0), 10**9, [object(), object()], {0: 1}
        objects = (a, b, values[0], values, table)
        counts = [sys.getrefcount(value) for value in objects]
        for _ in range(WARM_UP):
            use(a, b, values, table)
            use(0, b, values, table)
        self.assertEqual([sys.getrefcount(value) for value in objects], counts)


class ErrorTest(unittest.TestCase):
    def test_unbound_variables(self):
        def unbound(case):
            if case < 0:
                a = b = [1]
            if case == 0:
                return a + b
            if case == 1:
                a = 1
                return a + b
            if case == 2:
                return a[0]
            if case == 3:
                return 5 - a
            if case == 4:
                return a
            if case == 5:
                return a.real
            if case == 6:
                a.attribute = 1
            if case == 7 and a:
                return 1
            if case == 8 and a is None:
                return 1
            if case == 9:
                a.attribute += 1
            if case == 10 and case in a:
                return 1
            return "end"

        for _ in range(WARM_UP):
            self.assertEqual(unbound(11), "end")
            for case in range(11):
                name = "b" if case == 1 else "a"
                with self.assertRaisesRegex(UnboundLocalError, f"local variable '{name}'"):
                    unbound(case)

    def test_the_line_of_an_error(self):
        def divided(a, b):
            c = (
                a
                //
                b
            )
            return c

        lines = set()
        for _ in range(WARM_UP):
            self.assertEqual(divided(1000, 3), 333)
            try:
                divided(1000, 0)
            except ZeroDivisionError as error:
                frame = traceback.extract_tb(error.__traceback__)[-1]
                lines.add((frame.lineno - divided.__code__.co_firstlineno, frame.colno))
        self.assertEqual(lines, {(2, 16)})

    def test_a_destructor_sees_the_line_of_the_store(self):
        class Seen:
            def __del__(self):
                lines.append(sys._getframe(1).f_lineno)

        def replace(a, b):
            c = Seen()
            d = None
            c = a + b
            d = c
            return d

        lines = []
        for _ in range(WARM_UP):
            self.assertEqual(replace(1000, 1), 1001)
        self.assertEqual(set(lines), {replace.__code__.co_firstlineno + 3})


class TruthTest(unittest.TestCase):
    def test_jumps_on_a_variable(self):
        class Long:
            def __init__(self, length):
                self.length = length

            def __len__(self):
                return self.length

        def truths(value):
            first = second = third = fourth = False
            if value:
                first = True
            if not value:
                second = True
            if value is None:
                third = True
            if value is not None:
                fourth = True
            return first, second, third, fourth

        values = [*VALUES, [], (1,), {}, {1: 2}, set(), {1}, "x", 0j, object(), Long(0), Long(2), range(0), range(2)]
        for _ in range(WARM_UP):
            for value in values:
                expected = bool(value), not value, value is None, value is not None
                self.assertEqual(truths(value), expected, value)


class AttributeTest(unittest.TestCase):
    class Plain:
        def __init__(self, x, y):
            self.x = x
            self.y = y

        def moved(self, dx):
            self.x += dx
            self.y = self.x + self.y
            return self

    class Slotted:
        __slots__ = ("x", "y")

        def __init__(self, x, y):
            self.x = x
            self.y = y

        def moved(self, dx):
            self.x += dx
            self.y = self.x + self.y
            return self

    def test_attributes_of_a_variable(self):
        for cls in (self.Plain, self.Slotted):
            for _ in range(WARM_UP):
                point = cls(1000, 2).moved(5)
                self.assertEqual((point.x, point.y), (1005, 1007))
            point = cls("a", "b").moved("c")
            self.assertEqual((point.x, point.y), ("ac", "acb"))
            del point.x
            with self.assertRaises(AttributeError):
                point.moved(1)
            point.x = 1
            point.y = 1
            self.assertEqual(point.moved(1).y, 3)

    def test_another_class_at_the_same_place(self):
        def read(point):
            return point.x

        def write(point, value):
            point.x = value

        class Property:
            x = property(lambda self: "computed")

        class Dynamic:
            def __getattr__(self, name):
                return name + "!"

        for cls in (self.Plain, self.Slotted):
            point = cls(1, 2)
            for _ in range(WARM_UP):
                write(point, 3)
                self.assertEqual(read(point), 3)
            self.assertEqual(read(Property()), "computed")
            self.assertEqual(read(Dynamic()), "x!")
            with self.assertRaises(AttributeError):
                write(Property(), 1)
            with self.assertRaises(AttributeError):
                write(5, 1)

    def test_the_order_of_new_attributes(self):
        class Ordered:
            def __init__(self, first, second, third):
                self.c = first
                self.a = second
                self.b = third

        for _ in range(WARM_UP):
            self.assertEqual(list(vars(Ordered(1, 2, 3)).items()), [("c", 1), ("a", 2), ("b", 3)])

    def test_a_value_with_a_destructor_is_replaced(self):
        class Seen:
            def __del__(self):
                seen.append((point.x, sys._getframe(1).f_lineno))

        def replace(target, value):
            target.x = value
            return value

        for cls in (self.Plain, self.Slotted):
            seen = []
            point = cls(0, 0)
            for number in range(WARM_UP):
                point.x = Seen()
                replace(point, number)
            line = replace.__code__.co_firstlineno + 1
            self.assertEqual(seen, [(number, line) for number in range(WARM_UP)])


class ReturnTest(unittest.TestCase):
    def test_a_returned_variable_is_seen_in_a_kept_frame(self):
        def keep(value, keeps):
            if keeps:
                frames.append(sys._getframe())
            return value

        frames = []
        for number in range(WARM_UP):
            self.assertEqual(keep(number, False), number)
            self.assertEqual(keep(number, True), number)
        self.assertEqual([frame.f_locals["value"] for frame in frames], list(range(WARM_UP)))

    def test_a_generator_returns_a_variable(self):
        def generate(value):
            yield 1
            return value

        def delegate(value):
            result = yield from generate(value)
            return result

        for number in range(WARM_UP):
            iterator = delegate([number])
            next(iterator)
            with self.assertRaises(StopIteration) as stopped:
                next(iterator)
            self.assertEqual(stopped.exception.value, [number])

    def test_a_profiler_sees_what_is_returned(self):
        def returned(value):
            return value

        def profile(frame, event, arg):
            if event == "return" and frame.f_code is returned.__code__:
                seen.append((frame.f_locals["value"], arg))

        seen = []
        for _ in range(WARM_UP):
            returned(5)
        sys.setprofile(profile)
        try:
            returned(6)
        finally:
            sys.setprofile(None)
        self.assertEqual(seen, [(6, 6)])


if __name__ == "__main__":
    unittest.main()
