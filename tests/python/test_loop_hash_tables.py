"""Dicts and sets asked by instructions, which look at the first place for a key themselves: `in` and `dict[key]`."""

import random
import sys
import unittest

from support_loop import WARM, LoopTestCase, define


class Named:
    """Equal by name, which code in Python says."""

    def __init__(self, name, code):
        self.name = name
        self.code = code

    def __eq__(self, other):
        return isinstance(other, Named) and self.name == other.name

    def __hash__(self):
        return self.code


class Text(str):
    """As a str, but for what it is equal to."""

    def __eq__(self, other):
        return str(self) == "answer" and other == 42

    def __hash__(self):
        return hash(42)


class Plain:
    pass


def missing_or(look, key):
    try:
        return look(key)
    except KeyError as error:
        assert error.args[0] is key
        return "missing"


class HashTableTest(LoopTestCase):
    def check_table(self, make, keys, others):
        """A table of the keys, asked for each of them and for others."""
        is_in = define("def f(table, key): return key in table, key not in table")
        table = make(keys)
        for _ in range(WARM):
            for key in keys:
                self.assertEqual(is_in(table, key), (True, False), key)
            for key in others:
                self.assertEqual(is_in(table, key), (False, True), key)
        if isinstance(table, dict):
            item = define("def f(table, key): return table[key]")
            for _ in range(WARM):
                for key in keys:
                    self.assertIs(item(table, key), table.get(key))
                for key in others:
                    self.assertEqual(missing_or(lambda k: item(table, k), key), "missing", key)
            get = define("def f(table, key): return table.get(key), table.get(key, 'missing')")
            for _ in range(WARM):
                for key in keys:
                    self.assertEqual(get(table, key), (table[key],) * 2)
                for key in others:
                    self.assertEqual(get(table, key), (None, "missing"))

    def check_all(self, keys, others):
        for make in dict.fromkeys, set, frozenset:
            with self.subTest(make):
                self.check_table(make, keys, others)

    def test_strings(self):
        keys = [f"key {i}" for i in range(20)]
        equal = ["".join(["key ", str(i)]) for i in range(20)]
        self.check_all(keys, [f"other {i}" for i in range(20)] + ["", "key"])
        self.check_table(lambda _: dict.fromkeys(keys), equal, [1, None, (), b"key 1"])
        self.check_table(lambda _: set(keys), equal, [1, None, (), b"key 1"])

    def test_ints(self):
        keys = [0, 1, -1, -2, 7, 2**30 - 1, 2**30, -(2**30), 2**60 - 1, 2**60, 2**61 - 1, 2**61, -(2**61), 10**30]
        others = [2, -3, 2**30 + 1, 2**31, -(2**30) - 1, 2**60 - 2, 2**62, 10**30 + 1, 8, 16, 0.5, "1"]
        self.check_all(keys, others)
        self.check_all(keys, [value + 8 for value in range(30)])
        self.check_all([2**61 - 1], [0, 1, 2**61, 2**62 - 2])

    def test_equal_keys_of_other_types(self):
        self.check_table(lambda _: {1, 2.0, True, 0.0}, [1, 1.0, True, 2, 0, False, -0.0], [3, 3.0])
        self.check_table(lambda _: {1: "a", 2.0: "b", 0: "c"}, [1, 1.0, True, 2, 0, False], [3, 3.0])

    def test_collisions(self):
        for step in 8, 16, 32, 256, 2**16:
            keys = [i * step for i in range(20)]
            self.check_all(keys, [i * step for i in range(20, 40)] + [-8, -1, "x"])

    def test_objects_without_comparison(self):
        objects = [Plain() for _ in range(30)] + [int, str, Plain, len, None, ..., HashTableTest, print]
        self.check_all(objects, [Plain() for _ in range(30)] + [dict, bytes, abs, NotImplemented])

    def test_comparison_in_python(self):
        keys = [Named(str(i), i % 3) for i in range(10)]
        equal = [Named(str(i), i % 3) for i in range(10)]
        self.check_all(keys, [Named(str(i), i % 3) for i in range(10, 20)] + [0, 1, 2, "0"])
        self.check_table(lambda _: dict.fromkeys(keys), equal, [0, 1, 2])
        self.check_table(lambda _: set(keys), equal, [0, 1, 2])

    def test_comparison_that_raises(self):
        class Raising:
            def __hash__(self):
                return 5

            def __eq__(self, other):
                raise ValueError("compared")

        key = Raising()
        is_in = define("def f(table, key): return key in table")
        item = define("def f(table, key): return table[key]")
        for table in {key: 1}, {key}:
            for _ in range(2 * WARM):
                self.assertTrue(is_in(table, key))
                self.assertFalse(is_in(table, 6))
                with self.assertRaisesRegex(ValueError, "compared"):
                    is_in(table, 5)
        for _ in range(2 * WARM):
            self.assertEqual(item({key: 1}, key), 1)
            with self.assertRaisesRegex(ValueError, "compared"):
                item({key: 1}, 5)

    def test_subclass_of_str(self):
        answer, other = Text("answer"), Text("key")
        self.check_all([42, "key"], ["answer", other])
        self.check_table(lambda _: {42}, [42, answer], ["answer", other])
        self.check_table(lambda _: {42: "x"}, [42, answer], ["answer", other])
        self.check_table(lambda _: {answer: "x"}, [42, answer], ["answer", other])

    def test_unhashable(self):
        is_in = define("def f(table, key): return key in table")
        for table in {}, {1: 2}, set(), frozenset((1,)):
            self.assert_each_raises(TypeError, "unhashable type: 'list'", is_in, table, [])

    def test_instance_dictionaries(self):
        """They share their keys, and have places without a value."""
        full, half = Plain(), Plain()
        full.a, full.b, full.c = 1, 2, 3
        half.a = 1
        gone = Plain()
        gone.a, gone.b = 1, 2
        del gone.a
        for _ in range(3):
            self.check_table(lambda _: vars(full), ["a", "b", "c"], ["d", 1, None, Plain])
            self.check_table(lambda _: vars(half), ["a"], ["b", "c", "d", 1])
            self.check_table(lambda _: vars(gone), ["b"], ["a", "c", 1])
        vars(full)[1] = 2
        self.check_table(lambda _: vars(full), ["a", "b", "c", 1], ["d", 2])

    def test_keys_of_all_kinds(self):
        table = {name: name for name in "abcdef"}
        self.check_table(lambda _: table, list("abcdef"), [1, 2, None])
        table[1] = 1
        self.check_table(lambda _: table, [*"abcdef", 1], [2, None])
        del table["a"], table[1]
        self.check_table(lambda _: table, list("bcdef"), ["a", 1, 2])

    def test_sizes_of_tables(self):
        """The places of a table are bytes or words, by its size."""
        for size in 0, 1, 5, 6, 80, 90, 170, 180, 30_000, 60_000:
            for make in dict.fromkeys, set:
                table = make(range(size))
                is_in = define("def f(table, keys): return [key for key in keys if key in table]")
                asked = [*range(min(size, 300)), size - 1, size, size + 1, -1, -2, size * 2, 2**16, 2**40]
                self.assertEqual(is_in(table, asked), [key for key in asked if 0 <= key < size])

    def test_table_that_changes(self):
        """Against a list of pairs."""
        source = random.Random(5)
        pool = [0, 8, 16, 64, -1, -2, 2**30, 2**40, "a", "b", "name", "longer name", int, None, 1.5, (1, 2)]
        pool += [Named("x", 8), Named("y", 8), Named("z", 16), Plain(), True]
        is_in = define("def f(table, key): return key in table")
        item = define("def f(table, key): return table[key]")
        get = define("def f(table, key): return table.get(key, 'missing')")
        for _ in range(20):
            table, members, pairs = {}, set(), []
            for step in range(400):
                key = source.choice(pool)
                if source.random() < 0.5:
                    pairs = [pair for pair in pairs if pair[0] != key] + [(key, step)]
                    table[key] = step
                    members.add(key)
                elif is_in(table, key):
                    pairs = [pair for pair in pairs if pair[0] != key]
                    del table[key]
                    members.remove(key)
                for asked in pool:
                    expected = [value for other, value in pairs if other == asked]
                    self.assertEqual(is_in(table, asked), bool(expected))
                    self.assertEqual(is_in(members, asked), bool(expected))
                    self.assertEqual(missing_or(lambda k: item(table, k), asked), expected[0] if expected else "missing")
                    self.assertEqual(get(table, asked), expected[0] if expected else "missing")

    def test_subclasses_of_dict_and_set(self):
        class Dict(dict):
            def __contains__(self, key):
                return True

            def __missing__(self, key):
                return "made"

        class Set(set):
            def __contains__(self, key):
                return False

        is_in = define("def f(table, key): return key in table")
        item = define("def f(table, key): return table[key]")
        for _ in range(2 * WARM):
            self.assertTrue(is_in({1: 2}, 1))
            self.assertTrue(is_in(Dict(), 1))
            self.assertFalse(is_in(Set((1,)), 1))
            self.assertEqual(item({1: 2}, 1), 2)
            self.assertEqual(item(Dict(), 1), "made")
            self.assertEqual(item(Dict({1: 3}), 1), 3)

    def test_get_with_other_arguments(self):
        f = define("def f(table, *args): return table.get(*args) if len(args) != 2 else table.get(args[0], [args[1]])")
        table = {1: "one"}
        self.assert_each("one", f, table, 1, 2)
        self.assert_each([2], f, table, 3, 2)
        get = define("def f(table): return table.get()")
        self.assert_each_raises(TypeError, "get expected at least 1 argument, got 0", get, table)
        get = define("def f(table): return table.get(1, 2, 3)")
        self.assert_each_raises(TypeError, "get expected at most 2 arguments, got 3", get, table)
        get = define("def f(table): return table.get([])")
        self.assert_each_raises(TypeError, "unhashable type: 'list'", get, table)

    def test_references_of_get(self):
        key, value, fallback = "".join(["k", "ey"]), ["value"], ["fallback"]
        table = {key: value, 2**40: value}
        get = define(
            "def f(table, key, value, fallback):\n"
            " table.get(key); table.get(key, fallback); table.get('other', fallback); table.get(value, 1) if 0 else 0\n"
            " table.get('other'); table.get(key, key); table.get('other', table); table.get(2**40, value); {}.get(key, {})\n"
        )
        objects = [key, value, fallback, table, dict.get, None]
        for _ in range(WARM):
            get(table, key, value, fallback)
        before = [sys.getrefcount(x) for x in objects[:5]]
        for _ in range(WARM):
            get(table, key, value, fallback)
        self.assertEqual([sys.getrefcount(x) for x in objects[:5]], before)

    def test_last_reference(self):
        f = define("def f(): return 1 in {1: 2}, 'a' in {'b'}, 10**12 in {10**12}, {1: [5]}[1], {2**40: [6]}[2**40]")
        for _ in range(2 * WARM):
            self.assertEqual(f(), (True, False, True, [5], [6]))


if __name__ == "__main__":
    unittest.main()
