"""Subscripts, lengths and `in` of subclasses of builtin types, whose special methods may be those of the builtin type."""

import collections
import unittest

ROUNDS = 50  # enough for the code to be specialised


class Numbers(list):
    pass


class Names(dict):
    pass


class Index:
    def __index__(self):
        return 1


def item(container, key):
    return container[key]


def length(container):
    return len(container)


def contains(container, key):
    return key in container


def warmed_up(function, *arguments):
    results = [function(*arguments) for _ in range(ROUNDS)]
    assert all(result == results[0] for result in results), results
    return results[0]


class InheritedTest(unittest.TestCase):
    def test_items_of_a_list(self):
        numbers = Numbers([10, 20, 30])
        for key, expected in ((0, 10), (-1, 30), (True, 20), (Index(), 20), (slice(1), [10]), (slice(Index(), None), [20, 30])):
            with self.subTest(key=key):
                self.assertEqual(warmed_up(item, numbers, key), expected)
        for key, error in ((3, IndexError), (-4, IndexError), (2**100, IndexError), ("a", TypeError), (1.0, TypeError)):
            with self.subTest(key=key), self.assertRaises(error):
                item(numbers, key)

    def test_lengths(self):
        for container, expected in (
            (Numbers([1, 2]), 2), (Names(a=1), 1), (type("S", (str,), {})("abc"), 3), (type("T", (tuple,), {})((1,)), 1),
            (type("B", (bytes,), {})(b"ab"), 2), (type("D", (collections.deque,), {})("abcd"), 4), (range(300), 300),
        ):  # fmt: skip
            with self.subTest(container=container):
                self.assertEqual(warmed_up(length, container), expected)

    def test_keys_of_a_dict(self):
        names = Names(a=1)
        self.assertEqual(warmed_up(item, names, "a"), 1)
        self.assertTrue(warmed_up(contains, names, "a"))
        self.assertFalse(warmed_up(contains, names, "b"))
        with self.assertRaises(KeyError):
            item(names, "b")
        with self.assertRaises(TypeError):
            contains(names, [])

    def test_methods_of_their_own_come_first(self):
        class Own(list):
            def __getitem__(self, key):
                return "own", key

            def __len__(self):
                return 7

        class OwnDict(dict):
            def __contains__(self, key):
                return key == "own"

            def __missing__(self, key):
                return "missing", key

        self.assertEqual(warmed_up(item, Own(), 0), ("own", 0))
        self.assertEqual(warmed_up(length, Own()), 7)
        self.assertTrue(warmed_up(contains, OwnDict(), "own"))
        self.assertEqual(warmed_up(item, OwnDict(), "x"), ("missing", "x"))

    def test_methods_that_come_later_are_seen(self):
        class Late(list):
            pass

        class LateDict(dict):
            pass

        late = Late([5])
        self.assertEqual((warmed_up(item, late, 0), warmed_up(length, late)), (5, 1))
        Late.__getitem__ = lambda self, key: "late"
        Late.__len__ = lambda self: 9
        self.assertEqual((warmed_up(item, late, 0), warmed_up(length, late)), ("late", 9))
        del Late.__getitem__, Late.__len__
        self.assertEqual((warmed_up(item, late, 0), warmed_up(length, late)), (5, 1))
        self.assertFalse(warmed_up(contains, LateDict(), 1))
        LateDict.__contains__ = lambda self, key: True
        self.assertTrue(warmed_up(contains, LateDict(), 1))

    def test_wrong_lengths(self):
        class Wrong(list):
            def __len__(self):
                return -1

        with self.assertRaises(ValueError):
            warmed_up(length, Wrong())
        with self.assertRaises(TypeError):
            warmed_up(length, 5)


if __name__ == "__main__":
    unittest.main()
