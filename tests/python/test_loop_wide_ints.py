"""Operators on ints of up to 128 bits, which the loop works out in machine words, against those of libpython."""

import itertools
import operator
import random
import unittest

# On both sides of where another digit, or the 128 bits, begin.
BORDERS = (0, 30, 59, 60, 61, 63, 64, 65, 89, 90, 91, 119, 120, 121, 126, 127, 128, 149, 150, 151)
VALUES = sorted({sign * (2**bits + more) for bits in BORDERS for more in (-1, 0, 1) for sign in (-1, 1)})
SHIFTS = (0, 1, 29, 30, 31, 60, 63, 64, 90, 119, 120, 126, 127, 128, 200)


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def and_(a, b):
    return a & b


def or_(a, b):
    return a | b


def xor(a, b):
    return a ^ b


def floordiv(a, b):
    return a // b


def mod(a, b):
    return a % b


def lshift(a, b):
    return a << b


def rshift(a, b):
    return a >> b


class WideIntsTest(unittest.TestCase):
    def compare(self, pairs, *functions):
        for function in functions:
            by_c = getattr(operator, function.__name__)
            for a, b in pairs:
                result = function(a, b)
                expected = by_c(a, b)
                if result != expected or type(result) is not int or hash(result) != hash(expected):
                    self.fail(f"{function.__name__}({a}, {b}) gives {result}, not {expected}")
                self.assertEqual(result.bit_length(), expected.bit_length())

    def test_pairs(self):
        self.compare(list(itertools.product(VALUES, VALUES)), add, sub, mul, and_, or_, xor)

    def test_random_pairs(self):
        generator = random.Random(6)
        pairs = []
        for _ in range(3000):
            pairs.append([generator.randint(-1, 1) * generator.getrandbits(generator.randint(1, 160)) for _ in "ab"])
        self.compare(pairs, add, sub, mul, and_, or_, xor)
        self.compare([pair for pair in pairs if pair[1]], floordiv, mod)

    def test_divisions(self):
        self.compare([pair for pair in itertools.product(VALUES, VALUES) if pair[1]], floordiv, mod)

    def test_shifts(self):
        self.compare(list(itertools.product(VALUES, SHIFTS)), lshift, rshift)

    def test_operands_are_unchanged(self):
        a = 2**90 + 5
        b = 2**70 + 3
        pairs = [(a, b), (b, a), (-a, b)]
        for function in (add, sub, mul, and_, or_, xor, floordiv, mod):
            for left, right in pairs:
                function(left, right)
        self.assertEqual((str(a), str(b)), ("1237940039285380274899124229", "1180591620717411303427"))

    def test_errors(self):
        for function, right, error, message in (
            (floordiv, 0, ZeroDivisionError, "integer division or modulo by zero"),
            (mod, 0, ZeroDivisionError, "integer modulo by zero|integer division or modulo by zero"),
            (lshift, -1, ValueError, "negative shift count"),
            (rshift, -(2**70), ValueError, "negative shift count"),
            (rshift, 2**70, None, None),
            (lshift, 2**70, OverflowError, "shift count|too many digits"),
        ):
            with self.subTest(function=function.__name__, right=right):
                if error is None:
                    self.assertEqual(function(2**100, right), 0)
                else:
                    self.assertRaisesRegex(error, message, function, 2**100, right)

    def test_other_types(self):
        class Number(int):
            def __add__(self, other):
                return "added"

        wide = 2**100
        self.assertEqual(Number(wide) + wide, "added")
        self.assertEqual(wide + True, 2**100 + 1)
        self.assertEqual(True + wide, 2**100 + 1)
        self.assertEqual(wide + 1.0, float(2**100) + 1.0)
        self.assertEqual(wide / 2**90, 1024.0)
        self.assertEqual(wide**2, 2**200)
        with self.assertRaisesRegex(TypeError, "unsupported operand"):
            wide + "text"

    def test_a_hash(self):
        value = 0xCBF29CE484222325
        for byte in b"stackless":
            value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
        self.assertEqual(hex(value), "0xc8d3abcea15538d2")

    def test_memory_is_used_again(self):
        wide = [2**64 + i for i in range(20_000)]
        total = 0
        for number in wide:
            total += number
        del wide
        again = [2**100 + i * 3 for i in range(20_000)]
        self.assertEqual(total, 20_000 * 2**64 + 19_999 * 10_000)
        self.assertEqual(sum(again), 20_000 * 2**100 + 3 * 19_999 * 10_000)


if __name__ == "__main__":
    unittest.main()
