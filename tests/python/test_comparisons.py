"""What libpython compares and tests by way of src/cpython/comparisons.cpp: values as in python3.11, whatever their type."""

import bisect
import unittest

BIG = 1 << 40
NAN = float("nan")


class Loud(int):
    """An int that says how it is compared."""

    def __eq__(self, other):
        raise ZeroDivisionError("=")

    def __lt__(self, other):
        raise ZeroDivisionError("<")

    def __bool__(self):
        raise ZeroDivisionError("bool")

    __hash__ = int.__hash__


class OrderTest(unittest.TestCase):
    def test_ints_of_all_sizes(self):
        numbers = [5, -5, 0, BIG, -BIG, 1 << 30, (1 << 30) - 1, -(1 << 30), 1 - (1 << 30), 300, True, False]
        self.assertEqual((min(numbers), max(numbers)), (-BIG, BIG))
        ordered = sorted(numbers)
        for number in numbers:
            self.assertEqual(ordered[bisect.bisect_left(ordered, number)], number)
            self.assertEqual(numbers[numbers.index(number)], number)
        self.assertNotIn(7, numbers)

    def test_floats(self):
        self.assertEqual((min([2.5, -0.5, 1e300]), max([2.5, -0.5, 1e300])), (-0.5, 1e300))
        self.assertIn(0.0, [-0.0])
        self.assertIn(2, [2.0])
        self.assertEqual(max([1, 2.5, 2]), 2.5)

    def test_what_equals_nothing_is_found_by_its_identity_alone(self):
        self.assertIn(NAN, [NAN])
        self.assertNotIn(float("nan"), [NAN])
        self.assertEqual([NAN].count(NAN), 1)
        self.assertIs(min([NAN, 1.0]), NAN)
        self.assertIs(max(1.0, NAN), 1.0)
        self.assertEqual((NAN,), (NAN,))
        self.assertFalse((NAN,) < (NAN,))

    def test_strings_of_all_kinds(self):
        texts = ["", "a", "ab", "aé", "aλ", "a😀", "aa"]
        for place, text in enumerate(texts):
            self.assertEqual(texts.index("".join(list(text))), place)
        self.assertNotIn("b", texts)
        self.assertNotIn(b"a", texts)
        self.assertEqual((min(texts), max(texts)), ("", "a😀"))

    def test_tuples(self):
        rows = [(n % 3, -n, str(n)) for n in range(50)]
        self.assertEqual(sorted(rows), sorted(rows, key=lambda row: [*row]))

    def test_classes_compare_by_their_methods(self):
        with self.assertRaisesRegex(ZeroDivisionError, "="):
            [1].index(Loud(1))
        with self.assertRaisesRegex(ZeroDivisionError, "<"):
            bisect.bisect([Loud(1)], Loud(2))
        loud = Loud(1)
        self.assertIn(loud, [loud])
        with self.assertRaisesRegex(TypeError, "'<' not supported between instances of 'str' and 'int'"):
            min(1, "a")


class TruthTest(unittest.TestCase):
    def test_any_and_all(self):
        for true in (1, -1, BIG, -BIG, 0.5, "0", [0], True, object()):
            self.assertTrue(any([0, true]))
            self.assertTrue(all([true, 1]))
        for false in (0, BIG - BIG, 0.0, "", [], False, None):
            self.assertFalse(any([0, false]))
            self.assertFalse(all([1, false]))
        self.assertEqual(list(filter(None, [0, 1, BIG, None, "", "a"])), [1, BIG, "a"])

    def test_classes_are_asked(self):
        with self.assertRaisesRegex(ZeroDivisionError, "bool"):
            any([0, Loud(0)])


if __name__ == "__main__":
    unittest.main()
