"""dict() of pairs and dict.fromkeys(): strings are inserted without a call for each."""

import gc
import random
import sys
import unittest


class Text(str):
    pass


class Dict(dict):
    pass


class Value:
    """Acts when it is dropped."""

    def __init__(self, act):
        self.act = act

    def __del__(self):
        self.act()


class Dropping:
    """An iterable of two values that makes a list forget its own."""

    def __init__(self, other, pair):
        self.other = other
        self.pair = pair

    def __iter__(self):
        self.other.clear()
        return iter(self.pair)


def filled(pairs):
    table = {}
    for key, value in pairs:
        table[key] = value
    return table


class PairsTest(unittest.TestCase):
    def check(self, keys):
        pairs = [(key, [i]) for i, key in enumerate(keys)]
        expected = filled(pairs)
        for source in (
            pairs,
            tuple(pairs),
            [list(pair) for pair in pairs],
            zip(keys, [value for _, value in pairs]),
            iter(pairs),
            [iter(pair) for pair in pairs],
        ):
            table = dict(source)
            self.assertEqual([*table.items()], [*expected.items()])
            for (key, value), (expected_key, expected_value) in zip(table.items(), expected.items()):
                self.assertIs(key, expected_key)
                self.assertIs(value, expected_value)
            self.assertEqual(sys.getsizeof(table), sys.getsizeof(expected))
            for key, value in expected.items():
                self.assertIs(table[key], value)
        self.assertEqual(Dict(pairs), expected)

        by_keys = filled((key, pairs) for key in keys)
        for source in keys, tuple(keys), iter(keys):
            table = dict.fromkeys(source, pairs)
            self.assertEqual([*table.items()], [*by_keys.items()])
            self.assertEqual(sys.getsizeof(table), sys.getsizeof(by_keys))
            self.assertTrue(all(value is pairs for value in table.values()))

    def test_strings(self):
        generator = random.Random(2)
        for count in 0, 1, 5, 6, 10, 11, 200, 3000:
            for letters in "ab", "ab\N{LATIN SMALL LETTER E WITH ACUTE}", "a\N{EURO SIGN}", "a\N{GRINNING FACE}":
                self.check(["".join(generator.choices(letters, k=generator.randrange(30))) for _ in range(count)])

    def test_many_strings(self):
        self.check([str(n) for n in range(50_000)])

    def test_strings_that_differ_in_one_letter(self):
        for size in range(1, 40):
            base = "x" * size
            self.check([base[:i] + "y" + base[i + 1 :] for i in range(size)] * 2)

    def test_other_keys(self):
        self.check([*range(100), *"abc", None, 1.5, 1.0, True, (1, "a")])
        self.check(["a", "b", 1, "c", "a", 2])
        self.check(["a", Text("b"), "b", Text("a"), "c"])

    def test_strings_without_a_hash(self):
        self.check([bytes([letter]).decode() + "!" for letter in range(97, 120)] * 2)

    def test_what_the_collector_tracks(self):
        self.assertFalse(gc.is_tracked(dict([("a", 1), ("b", "x")])))
        self.assertFalse(gc.is_tracked(dict.fromkeys(["a", "b"])))
        self.assertTrue(gc.is_tracked(dict([("a", 1), ("b", [])])))
        self.assertTrue(gc.is_tracked(dict([("b", 1), ("b", [])])))
        self.assertTrue(gc.is_tracked(dict.fromkeys(["a", "b"], [])))
        self.assertTrue(gc.is_tracked(dict([("a", 1), ("b", (lambda: 0, 2))])))

    def test_dropped_values(self):
        dropped = []
        table = dict([("a", Value(lambda: dropped.append(1))), ("a", Value(lambda: dropped.append(2)))])
        self.assertEqual(dropped, [1])
        del table
        self.assertEqual(dropped, [1, 2])

    def test_the_list_changes_meanwhile(self):
        # Nobody else has the first value once its pair is emptied.
        pairs = [["a", None], ["a", 1], ["b", 2]]
        pairs[0][1] = Value(pairs.clear)
        pairs[1] = Dropping(pairs[0], ("a", 1))
        self.assertEqual(dict(pairs), {"a": 1})
        self.assertEqual(pairs, [])

        pairs = [["a", None], None]
        pairs[0][1] = Value(lambda: pairs.append(("b", 2)))
        pairs[1] = Dropping(pairs[0], ("a", 1))
        self.assertEqual(dict(pairs), {"a": 1, "b": 2})

    def test_wrong_elements(self):
        for make in list, tuple, iter:
            with self.assertRaisesRegex(
                TypeError, "^cannot convert dictionary update sequence element #1 to a sequence$"
            ):
                dict(make([("a", 1), 2]))
            with self.assertRaisesRegex(
                ValueError, "^dictionary update sequence element #2 has length 3; 2 is required$"
            ):
                dict(make([("a", 1), "bc", (1, 2, 3)]))
            with self.assertRaisesRegex(ValueError, "element #0 has length 1; 2 is required"):
                dict(make([["a"]]))
            with self.assertRaisesRegex(TypeError, "^unhashable type: 'list'$"):
                dict(make([("a", 1), ([], 2)]))
            with self.assertRaisesRegex(TypeError, "^unhashable type: 'list'$"):
                dict.fromkeys(make(["a", []]))
        with self.assertRaisesRegex(ValueError, "has length 3; 2 is required"):
            dict(zip("ab", "cd", "ef"))

    def test_elements_that_fail(self):
        def fail():
            yield "a"
            raise KeyError("stop")

        with self.assertRaisesRegex(KeyError, "stop"):
            dict([("a", 1), fail()])
        with self.assertRaisesRegex(KeyError, "stop"):
            dict(zip("ab", fail()))

    def test_other_calls(self):
        self.assertEqual(dict([("a", 1)], b=2), {"a": 1, "b": 2})
        self.assertEqual(dict(), {})
        self.assertEqual(dict({"a": 1}), {"a": 1})
        self.assertIs(type(Dict.fromkeys(["a"])), Dict)
        with self.assertRaisesRegex(TypeError, "dict expected at most 1 argument, got 2"):
            dict([], [])
        with self.assertRaisesRegex(TypeError, "fromkeys expected at least 1 argument, got 0"):
            dict.fromkeys()
        with self.assertRaisesRegex(TypeError, "fromkeys expected at most 2 arguments, got 3"):
            dict.fromkeys([], 1, 2)

    def test_elements_that_are_one_of_a_kind(self):
        self.assertEqual(dict(["ab", "cd"]), {"a": "b", "c": "d"})
        self.assertEqual(dict([{"a": 1, "b": 2}]), {"a": "b"})
        self.assertEqual(dict((key, key) for key in "ab"), {"a": "a", "b": "b"})


if __name__ == "__main__":
    unittest.main()
