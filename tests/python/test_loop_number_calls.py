"""sum(), min(), max(), int() and str() of plain numbers, which the loop does itself, are what builtins do."""

import builtins
import math
import subprocess
import sys
import unittest

ROUNDS = 50  # enough for the code to be specialised


def call_of(expression):
    """A function of one or two values that calls a builtin by its name, and so specialised."""
    namespace = {}
    exec(f"def f(x=None, y=None):\n    for _ in range({ROUNDS}):\n        r = {expression}\n    return r", namespace)
    return namespace["f"]


class Number(int):
    def __radd__(self, other):
        return ("added", other)

    def __lt__(self, other):
        return True

    def __repr__(self):
        return "a number"

    def __int__(self):
        return 77


class SumTest(unittest.TestCase):
    def test_sums(self):
        add = call_of("sum(x)")
        for values in (
            [], (), [1], [1, 2, 3], (4, 5), [-1, -(2**30) + 1], [2**30 - 1] * 100, [2**30, 1], [2**100, -(2**100)],
            [1, 2.5], [0.1] * 10, [True, True], [1, True], range(10), {1: 2}, {3}, [1.0, math.inf],
        ):  # fmt: skip
            with self.subTest(values=values):
                expected = builtins.sum(list(values))
                result = add(values)
                self.assertEqual((type(result), result), (type(expected), expected))
        self.assertEqual(add([1, Number(2)]), ("added", 1))
        self.assertEqual(call_of("sum(x, 10)")([1, 2]), 13)
        self.assertEqual(call_of("sum(x, start=5)")((1, 2)), 8)

    def test_errors(self):
        for wrong in (["a"], [None], 5):
            with self.assertRaises(TypeError):
                call_of("sum(x)")(wrong)

    def test_a_list_that_is_held_elsewhere_stays(self):
        values = [1000, 2000]
        before = sys.getrefcount(values), sys.getrefcount(values[0])
        call_of("sum(x)")(values)
        self.assertEqual((sys.getrefcount(values), sys.getrefcount(values[0])), before)


class MinMaxTest(unittest.TestCase):
    def test_two_numbers(self):
        smallest, greatest = call_of("min(x, y)"), call_of("max(x, y)")
        numbers = [0, 1, -1, 5, 1000, -1000, 2**30, 2**100, 0.0, -0.0, 1.5, math.inf, math.nan, True]
        for x in numbers:
            for y in numbers:
                with self.subTest(x=x, y=y):
                    self.assertIs(smallest(x, y), y if y < x else x)
                    self.assertIs(greatest(x, y), y if y > x else x)

    def test_other_arguments(self):
        self.assertEqual(call_of("min(x)")([3, 1, 2]), 1)
        self.assertEqual(call_of("max(x, y, 7)")(3, 9), 9)
        self.assertEqual(call_of("max(x, y, key=lambda v: -v)")(3, 9), 3)
        self.assertEqual(call_of("min(x, default=y)")([], 4), 4)
        self.assertEqual(call_of("min(x, y)")("b", "a"), "a")
        self.assertEqual(call_of("min(x, y)")(5, Number(9)), 9)
        with self.assertRaises(TypeError):
            call_of("max(x, y)")(1, "a")

    def test_references(self):
        x, y = 12345.0, 54321.0
        before = sys.getrefcount(x), sys.getrefcount(y), sys.getrefcount(max)
        call_of("max(x, y)")(x, y)
        self.assertEqual((sys.getrefcount(x), sys.getrefcount(y), sys.getrefcount(max)), before)

    def test_a_callable_that_changes(self):
        def call(function, x, y):
            return function(x, y)

        for _ in range(ROUNDS):
            self.assertEqual(call(min, 1000, 2000), 1000)
        for function, expected in ((max, 2000), ("".join, None), ([].append, None), (divmod, (0, 1000)), (pow, None)):
            if expected is None:
                with self.assertRaises((TypeError, OverflowError)):
                    call(function, 1000, "a")
            else:
                self.assertEqual(call(function, 1000, 2000), expected)


def by_libpython(text, base):
    """int(text, base) of bytes, which are left to libpython."""
    return int(bytes(text, "ascii"), base)


class IntTest(unittest.TestCase):
    def test_texts(self):
        convert = call_of("int(x)")
        for text in ("0", "7", "007", "123", "-5", "+5", " 12 ", "1_000", "9" * 18, "9" * 19, "-" + "9" * 18, "1" * 50):
            with self.subTest(text=text):
                self.assertEqual(convert(text), by_libpython(text, 10))
        self.assertEqual(convert("٣"), 3)
        for wrong in ("", "-", "a", "1a", "--1", "- 1", "1__0", "_1", "²"):
            with self.assertRaises(ValueError):
                convert(wrong)

    def test_texts_in_bases(self):
        for base in range(2, 37):
            digits = "0123456789abcdefghijklmnopqrstuvwxyz"[:base]
            for text in (digits[-1], digits[1:], "-" + digits[::-1], digits[-1].upper() * 11, digits[-1] * 12, digits[-1] * 70):
                with self.subTest(base=base, text=text):
                    self.assertEqual([*map(int, [text], [base])], [by_libpython(text, base)])
            with self.assertRaises(ValueError):
                [*map(int, ["1%c" % (digits + "_")[base]], [base])]

    def test_prefixes(self):
        for text, base in (("0xff", 16), ("-0XfF", 16), ("0b11", 2), ("0o17", 8), ("0x10", 0), ("0", 0), ("12", 0)):
            self.assertEqual([*map(int, [text], [base])], [by_libpython(text, base)])
        self.assertRaises(ValueError, int, "010", 0)

    def test_called_by_c_code(self):
        self.assertEqual([*map(int, ["12", "-7", b"5", 2.5, -2.5, True, 1 << 70, 2.0**80])],
                         [12, -7, 5, 2, -2, 1, 1 << 70, 1 << 80])
        self.assertIs(type([*map(int, [True])][0]), int)
        for wrong, error in ((float("nan"), ValueError), (float("inf"), OverflowError), ([], TypeError)):
            for convert in (call_of("int(x)"), lambda value: [*map(int, [value])]):
                self.assertRaises(error, convert, wrong)
        for arguments, error in ((("1", 37), ValueError), (("1", 1), ValueError), (("1", -1), ValueError),
                                 (("1", 2.0), TypeError), ((1, 2), TypeError), (("1", 2, 3), TypeError)):
            with self.assertRaises(error):
                [*map(int, *([argument] for argument in arguments))]

    def test_others(self):
        convert = call_of("int(x)")
        self.assertEqual(convert(3.9), 3)
        self.assertEqual(convert(b"12"), 12)
        self.assertEqual(convert(Number(5)), 77)
        self.assertEqual(convert(True), 1)
        self.assertEqual(call_of("int(x, 16)")("ff"), 255)
        self.assertEqual(call_of("int(x, base=2)")("11"), 3)
        self.assertEqual(call_of("int()")(), 0)


class TextTest(unittest.TestCase):
    def test_ints(self):
        for number in (0, 5, 9, 10, 99, 12345, 2**30 - 1, 2**30, 2**60, 2**100):
            for value in (number, -number):
                digits = format(value, "d")
                with self.subTest(value=value):
                    for expression in ("str(x)", "repr(x)", "f'{x}'", "'%s' % x", "'%d' % x", "x.__repr__()"):
                        self.assertEqual(call_of(expression)(value), digits)
        self.assertEqual(repr([1, -2, 3000]), "[1, -2, 3000]")
        self.assertEqual(str(Number(3)), "a number")
        self.assertEqual(int.__repr__(Number(-3)), "-3")
        self.assertEqual((repr(True), str(False)), ("True", "False"))


class KeptIntsTest(unittest.TestCase):
    def test_instances_of_subclasses_are_destroyed(self):
        destroyed = []

        class Noted(int):
            def __del__(self):
                destroyed.append(int(self))

        for value in (5, 5000, 2**40, 2**100):
            Noted(value)
        self.assertEqual(destroyed, [5, 5000, 2**40, 2**100])

    def test_many_ints_come_and_go(self):
        for _ in range(5):
            numbers = list(range(100_000, 120_000))
            longer = [number << 25 for number in numbers]
            del numbers
            self.assertEqual(longer[::5000], [number << 25 for number in range(100_000, 120_000, 5000)])


class IdTest(unittest.TestCase):
    def test_id(self):
        values = [object() for _ in range(5000)] + [None, 1, "a", [], id]
        ids = [id(value) for value in values]
        self.assertEqual(len(set(ids)), len(values))
        self.assertEqual(ids, [int(object.__repr__(value).split()[-1].rstrip(">"), 16) for value in values])
        with self.assertRaisesRegex(TypeError, r"id\(\) takes exactly one argument \(2 given\)"):
            id(1, 2)

    def test_audit(self):
        source = (
            "import sys\n"
            "seen = []\n"
            "def hook(name, args):\n"
            "    if name == 'builtins.id': seen.append(args)\n"
            "def stop(name, args):\n"
            "    if name == 'builtins.id': raise KeyError\n"
            "sys.addaudithook(hook)\n"
            "number = id(None)\n"
            "assert seen == [(number,)], seen\n"
            "sys.addaudithook(stop)\n"
            "try: id(None)\n"
            "except KeyError: print('stopped')"
        )
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
        self.assertEqual((done.stdout, done.stderr), ("stopped\n", ""))


if __name__ == "__main__":
    unittest.main()
