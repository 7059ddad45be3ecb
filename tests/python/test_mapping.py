"""map() of builtin functions and methods, which it calls directly, and what adds and multiplies for operator and itertools."""

import itertools
import math
import operator
import sys
import tracemalloc
import unittest

NUMBERS = [
    *(0, 1, -1, 5, -7, 2**30 - 1, 1 - 2**30, 2**30, -(2**30), 2**31, 2**62, -(2**63), 10**30, True, False),
    *(0.0, -0.0, 1.0, -2.5, 1e300, -1e300, 5e-324, float("inf"), float("-inf"), float("nan"), 1.5 + 2j),
]
OPERATORS = (
    (operator.add, "__add__", "__radd__"),
    (operator.sub, "__sub__", "__rsub__"),
    (operator.mul, "__mul__", "__rmul__"),
)


class Int(int):
    def __add__(self, other):
        return "added"

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __add__


class Float(float):
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = Int.__add__


def by_methods(left, right, name, reflected):
    """The result as the types' own methods have it, of numbers that are no kin."""
    result = getattr(left, name)(right)
    return getattr(right, reflected)(left) if result is NotImplemented else result


class ArithmeticTest(unittest.TestCase):
    def test_numbers(self):
        for function, name, reflected in OPERATORS:
            for left, right in itertools.product(NUMBERS, repeat=2):
                expected = by_methods(left, right, name, reflected)
                result = function(left, right)
                self.assertIs(type(result), type(expected))
                self.assertEqual(repr(result), repr(expected))
                self.assertEqual([*map(repr, map(function, [left], [right]))], [repr(expected)])

    def test_subclasses(self):
        for function, _, _ in OPERATORS:
            for number, derived in (1, Int(1)), (2**70, Int(1)), (1.5, Float(1.5)), (1, Float(1.5)):
                self.assertEqual(function(number, derived), "added")
                self.assertEqual(function(derived, number), "added")

    def test_what_is_no_number(self):
        self.assertEqual([*map(operator.add, ["a", [1]], ["b", [2]])], ["ab", [1, 2]])
        self.assertEqual([*map(operator.mul, ["a", 2], [2, [1]])], ["aa", [1, 1]])
        with self.assertRaisesRegex(TypeError, r"unsupported operand type\(s\) for \+: 'int' and 'str'"):
            operator.add(1, "a")
        with self.assertRaisesRegex(TypeError, r"unsupported operand type\(s\) for -: 'float' and 'str'"):
            operator.sub(1.5, "a")

    def test_accumulated(self):
        self.assertEqual([*itertools.accumulate([1, 2.5, 3, 2**40])], [1, 3.5, 6.5, 2**40 + 6.5])
        self.assertEqual([*itertools.accumulate(range(1, 30), operator.mul)][-1], math.factorial(29))

    def test_floats_are_traced(self):
        tracemalloc.start()
        try:
            values = [*map(math.sin, range(5000))]
            self.assertGreater(tracemalloc.get_traced_memory()[0], 5000 * sys.getsizeof(1.5))
            del values
        finally:
            tracemalloc.stop()

    def test_floats_are_not_shared(self):
        values = [*map(math.sqrt, range(1000))]
        self.assertEqual(len(set(map(id, values))), 1000)
        self.assertEqual(values, [n**0.5 for n in range(1000)])


class MapTest(unittest.TestCase):
    def test_functions(self):
        self.assertEqual([*map(abs, [-1, 2])], [1, 2])
        self.assertEqual([*map(pow, [2, 3], [3, 2])], [8, 9])
        self.assertEqual([*map(pow, [2, 3], [3, 2], [5, 5])], [3, 4])
        self.assertEqual([*map(math.hypot, [3.0], [4.0])], [5.0])
        self.assertEqual([*map(divmod, [7, 8], [2, 3])], [(3, 1), (2, 2)])
        self.assertEqual([*map(print, [])], [])
        self.assertEqual([*map(sorted, ["ba"])], [["a", "b"]])
        self.assertEqual([*map(max, [1, 4], [3, 2])], [3, 4])

    def test_methods(self):
        self.assertEqual([*map(str.upper, ["a", "b"])], ["A", "B"])
        self.assertEqual([*map(str.upper, [type("Text", (str,), {})("a")])], ["A"])
        self.assertEqual([*map("ab".count, "ac")], [1, 0])
        self.assertEqual([*map(str.startswith, ["ab", "b"], "ab")], [True, True])
        self.assertEqual([*map(bytes.fromhex, ["00", "01"])], [b"\0", b"\1"])
        self.assertEqual([*map(dict.fromkeys, ["a"], [1])], [{"a": 1}])
        collected = []
        self.assertEqual([*map(collected.append, range(3))], [None] * 3)
        self.assertEqual(collected, [0, 1, 2])

    def test_the_shortest_ends_it(self):
        left, right = iter("abc"), iter("xy")
        self.assertEqual([*map(operator.concat, left, right)], ["ax", "by"])
        self.assertEqual([*left], [])
        left, right = iter("a"), iter("xy")
        self.assertEqual([*map(operator.concat, left, right)], ["ax"])
        self.assertEqual([*right], ["y"])

    def test_errors(self):
        for function, values, error in (
            (abs, ["a"], r"bad operand type for abs\(\): 'str'"),
            (str.upper, [1], "descriptor 'upper' for 'str' objects doesn't apply to a 'int' object"),
            (math.sqrt, [None], "must be real number, not NoneType"),
            (len, [1], r"object of type 'int' has no len\(\)"),
            (pow, [1], r"pow\(\) missing required argument 'exp' \(pos 2\)"),
            (divmod, [1], "divmod expected 2 arguments, got 1"),
            (globals, [1], r"globals\(\) takes no arguments \(1 given\)"),
            (1, [1], "'int' object is not callable"),
        ):
            with self.assertRaisesRegex(TypeError, error):
                [*map(function, values)]
        with self.assertRaisesRegex(TypeError, r"abs\(\) takes exactly one argument \(2 given\)"):
            [*map(abs, [1], [2])]
        with self.assertRaisesRegex(ValueError, "math domain error"):
            [*map(math.sqrt, [1, -1])]

    def test_errors_of_the_iterables(self):
        def failing():
            yield 1
            raise KeyError("stop")

        with self.assertRaisesRegex(KeyError, "stop"):
            [*map(abs, failing())]
        for iterables in ([failing(), [1, 2]], [[1, 2], failing()]):
            with self.assertRaisesRegex(KeyError, "stop"):
                [*map(max, *iterables)]

    def test_too_deep(self):
        functions = []

        def again(_):
            return [*map(functions[0].__call__, [1])]

        functions.append(again)
        with self.assertRaises(RecursionError):
            again(1)

    def test_the_map_is_dropped_meanwhile(self):
        class Holder:
            pass

        holder = Holder()
        holder.map = map(getattr, [holder], ["value"])
        Holder.value = property(lambda self: self.__dict__.pop("map") and 5)
        self.assertEqual(next(holder.map), 5)


if __name__ == "__main__":
    unittest.main()
