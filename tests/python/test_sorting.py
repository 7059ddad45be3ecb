"""list.sort() and sorted() of many numbers and short strings, which are distributed by their digits."""

import itertools
import math
import random
import unittest

SIZES = 0, 1, 2, 31, 63, 64, 65, 100, 1000


class Compared:
    """Sorts as its value does, but only by comparisons."""

    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        return self.value < other.value


def by_comparisons(values, reverse=False):
    return [each.value for each in sorted(map(Compared, values), reverse=reverse)]


def identities(values):
    return [id(value) for value in values]


class SortingTest(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(7)

    def check(self, values):
        expected = by_comparisons(values)
        self.assertEqual(identities(sorted(values)), identities(expected))
        in_place = values.copy()
        self.assertIsNone(in_place.sort())
        self.assertEqual(identities(in_place), identities(expected))
        in_reverse = by_comparisons(values, reverse=True)
        self.assertEqual(identities(sorted(values, reverse=True)), identities(in_reverse))
        self.assertEqual(identities(sorted(values, key=lambda value: value)), identities(expected))
        self.assertEqual(identities(sorted(values, key=lambda value: value, reverse=True)), identities(in_reverse))

    def check_sizes(self, make):
        for size in SIZES:
            with self.subTest(size=size):
                self.check([make() for _ in range(size)])

    def test_ints(self):
        for limit in 1, 2, 100, 2**8, 2**16, 2**30, 2**59, 2**60, 2**64, 2**100:
            with self.subTest(limit=limit):
                self.check_sizes(lambda: self.random.randint(-limit, limit))
                self.check_sizes(lambda: self.random.randint(0, limit))

    def test_floats(self):
        self.check_sizes(self.random.random)
        self.check_sizes(lambda: self.random.choice([1, -1]) * 10 ** self.random.uniform(-300, 300))
        special = [0.0, -0.0, math.inf, -math.inf, 5e-324, -5e-324, 1.0, -1.0]
        self.check_sizes(lambda: float(self.random.choice(special)))

    def test_what_is_not_ordered_is_compared(self):
        values = [self.random.choice([math.nan, self.random.random()]) for _ in range(200)]
        self.check(values)

    def test_strings(self):
        for letters in "ab", "\0a", "aé\xff", "aб", "a\U0001f600":
            for longest in 1, 3, 8, 9:
                with self.subTest(letters=letters, longest=longest):
                    self.check_sizes(
                        lambda: "".join(self.random.choices(letters, k=self.random.randrange(longest + 1)))
                    )

    def test_an_end_comes_before_any_character(self):
        words = ["a", "a\0", "a\0\0", "b", "", "\0"] * 20
        self.random.shuffle(words)
        self.check(words)

    def test_order_that_is_there_already(self):
        for values in range(200), range(200, 0, -1), [*range(100), *range(100)], [*range(198), 5, 1], [5] * 200:
            self.check(list(values))

    def test_several_classes(self):
        class Int(int):
            def __lt__(self, other):
                asked.append(other)
                return int(self) < int(other)

        asked = []
        values = [self.random.randrange(100) for _ in range(100)]
        mixed = values + [0.5, True, 2**70, Int(50)]
        self.random.shuffle(mixed)
        self.check(mixed)
        self.assertTrue(asked)
        for other in None, "text", [], 1j:
            with self.assertRaisesRegex(TypeError, "'<' not supported between instances of"):
                sorted([*values, other])

    def test_values_with_equal_keys_keep_their_order(self):
        pairs = [(self.random.randrange(10), number) for number in range(1000)]
        by_first = sorted(pairs, key=lambda pair: pair[0])
        self.assertEqual(by_first, sorted(pairs))
        reverse = sorted(pairs, key=lambda pair: pair[0], reverse=True)
        groups = [list(group) for _, group in itertools.groupby(by_first, lambda pair: pair[0])]
        self.assertEqual(reverse, [pair for group in reversed(groups) for pair in group])

    def test_subclass_of_list(self):
        class List(list):
            pass

        values = List(self.random.randrange(1000) for _ in range(1000))
        values.sort()
        self.assertIs(type(values), List)
        self.assertEqual(values, by_comparisons(values))

    def test_arguments(self):
        values = [self.random.randrange(1000) for _ in range(100)]
        with self.assertRaisesRegex(TypeError, r"sort\(\) takes no positional arguments"):
            values.copy().sort(None)
        with self.assertRaisesRegex(TypeError, "'wrong' is an invalid keyword argument for sort"):
            values.copy().sort(wrong=True)
        for arguments in {"key": None}, {"reverse": False}, {"reverse": 0, "key": None}:
            self.assertEqual(sorted(values, **arguments), by_comparisons(values))
        self.assertEqual(sorted(values, reverse=1), by_comparisons(values, reverse=True))


if __name__ == "__main__":
    unittest.main()
