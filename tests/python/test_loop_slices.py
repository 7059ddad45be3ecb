"""Slices that need no object; tuples, lists and other objects made out of those that were there before."""

import collections
import gc
import itertools
import sys
import unittest

from support_loop import WARM, LoopTestCase, define

BOUNDS = (None, 0, 1, 2, 4, 5, 6, 100, -1, -2, -5, -6, -100, 2**70, -(2**70), True)
STEPS = (None, 1, 2, 3, -1, -2, -7, 50, True)


class Noisy:
    """Tells when it dies, and what it sees then."""

    def __init__(self, log, name, look=lambda: None):
        self.log, self.name, self.look = log, name, look

    def __del__(self):
        self.log.append((self.name, self.look()))


class LoadTest(LoopTestCase):
    SEQUENCES = (
        [10, 11, 12, 13, 14],
        (20, 21, 22, 23, 24),
        "01234",
        "caf\xe9!",
        "\u20ac1234",
        b"34567",
        bytearray(b"34567"),
        range(5),
        [],
        (),
        "",
        b"",
    )

    def test_two_bounds(self):
        load = define("def f(sequence, start, stop): return sequence[start:stop]")
        for sequence in self.SEQUENCES:
            for start, stop in itertools.product(BOUNDS, repeat=2):
                result = load(sequence, start, stop)
                expected = sequence[slice(start, stop)]
                self.assertEqual((type(result), result), (type(expected), expected))

    def test_step(self):
        load = define("def f(sequence, start, stop, step): return sequence[start:stop:step]")
        for sequence in self.SEQUENCES:
            for start, stop, step in itertools.product(BOUNDS, BOUNDS, STEPS):
                result = load(sequence, start, stop, step)
                expected = sequence[slice(start, stop, step)]
                self.assertEqual((type(result), result), (type(expected), expected))

    def test_all_of_it(self):
        load = define("def f(sequence): return sequence[:]")
        for sequence in ((1, 2), "ab", b"ab"):
            self.assertIs(load(sequence), sequence)
        sequence = [1, 2]
        self.assertIsNot(load(sequence), sequence)

    def test_subclasses_and_errors(self):
        load = define("def f(sequence, start, step): return sequence[start::step]")

        class Derived(list):
            def __getitem__(self, key):
                return ("derived", key)

        class Index:
            def __index__(self):
                return 1

        self.assert_each(("derived", slice(1, None, 2)), load, Derived([1, 2]), 1, 2)
        self.assert_each([2, 3], load, [1, 2, 3], Index(), None)
        self.assert_each_raises(ValueError, "slice step cannot be zero", load, [1], 0, 0)
        self.assert_each_raises(
            TypeError,
            "slice indices must be integers or None or have an __index__ method",
            load, [1], "a", 1,
        )
        self.assert_each_raises(TypeError, "'int' object is not subscriptable", load, 1, 0, 1)
        self.assert_each_raises(TypeError, "unhashable type: 'slice'", load, {}, 0, 1)

    def test_result_is_tracked(self):
        for sequence in [[1, []], [2]], ([1, []], [2], [3]):
            self.assertTrue(gc.is_tracked(sequence[:2]))


class StoreTest(LoopTestCase):
    def test_all_lengths(self):
        store = define("def f(list, start, stop, values): list[start:stop] = values; return list")
        for make in (lambda n: [*range(n)], lambda n: (*range(n),), lambda n: iter(range(n))):
            for start, stop, size in itertools.product(BOUNDS, BOUNDS, range(7)):
                expected = [10, 11, 12, 13, 14]
                expected.__setitem__(slice(start, stop), make(size))
                self.assertEqual(store([10, 11, 12, 13, 14], start, stop, make(size)), expected)

    def test_step(self):
        store = define("def f(list, start, stop, step, values): list[start:stop:step] = values; return list")
        for start, stop, step in itertools.product(BOUNDS, BOUNDS, STEPS):
            values = [0] * len(range(5)[start:stop:step])
            expected = [10, 11, 12, 13, 14]
            expected.__setitem__(slice(start, stop, step), values)
            self.assertEqual(store([10, 11, 12, 13, 14], start, stop, step, values), expected)
        self.assert_each_raises(
            ValueError,
            "attempt to assign sequence of size 1 to extended slice of size 2",
            store, [1, 2, 3], 0, 3, 2, [1],
        )

    def test_values_are_left_alone(self):
        store = define("def f(list, values): list[:2] = values")
        values = [1, 2]
        target = [3, 4, 5]
        for _ in range(WARM):
            store(target, values)
        self.assertEqual((target, values), ([1, 2, 5], [1, 2]))

    def test_new_values_are_taken(self):
        store = define("def f(list): list[:2] = [list[1], list[0]]; return list")
        self.assert_each([2, 1, 3], lambda: store([1, 2, 3]))

    def test_itself(self):
        store = define("def f(list): list[1:1] = list; return list")
        self.assert_each([1, 1, 2, 2], lambda: store([1, 2]))

    def test_errors(self):
        store = define("def f(target, values): target[:1] = values")
        self.assert_each_raises(TypeError, "can only assign an iterable", store, [1], 1)
        self.assert_each_raises(
            TypeError, "'tuple' object does not support item assignment", store, (1,), [2]
        )
        self.assert_each_raises(TypeError, "unhashable type: 'slice'", store, {}, [2])

    def test_what_is_replaced_dies_last(self):
        """The last one first, when the list is as it will be."""
        store = define("def f(list, values): list[:2] = values()")
        for size in 0, 1, 2, 3:
            for kind in list, tuple:
                with self.subTest(size=size, kind=kind):
                    log = []
                    target = []
                    target += [Noisy(log, name, lambda: list(target)) for name in "ab"] + ["c"]
                    store(target, lambda: kind(range(size)))
                    seen = [*range(size), "c"]
                    self.assertEqual(log, [("b", seen), ("a", seen)])

    def test_line_of_destructor(self):
        lines = []

        class Dying:
            def __del__(self):
                lines.append(sys._getframe(1).f_lineno)

        store = define("def f(list):\n list[\n  0:\n  1\n ] = [None]\n")
        for _ in range(WARM):
            store([Dying()])
        self.assertEqual(lines, [2] * WARM)

    def test_delete(self):
        delete = define("def f(list, start, stop): del list[start:stop]; return list")
        for start, stop in itertools.product(BOUNDS, repeat=2):
            expected = [10, 11, 12, 13, 14]
            expected.__delitem__(slice(start, stop))
            self.assertEqual(delete([10, 11, 12, 13, 14], start, stop), expected)
        delete = define("def f(list, step): del list[::step]; return list")
        for step in STEPS:
            expected = [10, 11, 12, 13, 14]
            expected.__delitem__(slice(None, None, step))
            self.assertEqual(delete([10, 11, 12, 13, 14], step), expected)
        self.assert_each_raises(
            TypeError, "'tuple' object does not support item deletion", delete, (1,), 1
        )


class ContainersTest(LoopTestCase):
    def test_sizes(self):
        for size in (0, 1, 2, 19, 20, 21, 300):
            names = ", ".join(f"a{i}" for i in range(size))
            comma = "," if size == 1 else ""
            swap = define(f"def f(values): ({names}{comma}) = values; return ({names}{comma}), [{names}]")
            for _ in range(WARM):
                values = tuple(object() for _ in range(size))
                for again in values, list(values):
                    self.assertEqual(swap(again), (values, list(values)))
                self.assertEqual(swap((*values,)), (values, list(values)))
                self.assertEqual(swap([*values]), (values, list(values)))

    def test_items_die_last_first(self):
        drop = define("def f(make): make()")
        for make in (lambda log: (Noisy(log, 1), Noisy(log, 2)), lambda log: [Noisy(log, 1), Noisy(log, 2)]):
            for _ in range(WARM):
                log = []
                drop(lambda: make(log))
                self.assertEqual(log, [(2, None), (1, None)])

    def test_deep_ones(self):
        for wrap in (lambda x: (x,), lambda x: [x], lambda x: ([x], x)[0:1], lambda x: [(x, x)]):
            log = []
            value = Noisy(log, "inner")
            for _ in range(50_000):
                value = wrap(value)
            self.assertEqual(log, [])
            del value
            self.assertEqual(log, [("inner", None)])

    def test_subclasses(self):
        class Pair(tuple):
            pass

        class Stack(list):
            pass

        for kind in Pair, Stack:
            log = []
            value = kind()
            for _ in range(10_000):
                value = kind([value, Noisy(log, "n")])
            del value
            self.assertEqual(len(log), 10_000)

    def test_new_ones_are_tracked(self):
        make = define("def f(a, b): return (a, b), [a, b], []")
        for _ in range(WARM):
            for value in make([], {}):
                self.assertTrue(gc.is_tracked(value))

    def test_lists_grow_and_shrink(self):
        def churn(sizes):
            for size in sizes:
                items = []
                items += range(size)
                copied = items[:]
                copied.append(size)
                del items[size // 2:]
                items.extend(copied)
                copied.sort()
                copied.clear()
                copied.append(items)
            return items

        self.assertEqual(churn([*range(40), 7]), [0, 1, 2, *range(8)])


class TupleInstancesTest(LoopTestCase):
    """Instances of classes derived from tuple."""

    def test_named_tuples(self):
        Point = collections.namedtuple("Point", "x y")

        class Labelled(Point):
            pass

        for kind in Point, Labelled:
            make = define("def f(kind, x, y): return kind(x, y)")
            for _ in range(WARM):
                value = make(kind, 1, [2])
                self.assertEqual((type(value), value, value.x, value.y), (kind, (1, [2]), 1, [2]))
                self.assertTrue(gc.is_tracked(value))
            self.assert_each_raises(
                TypeError,
                "Point.__new__() missing 1 required positional argument: 'y'",
                define("def f(kind): kind(1)"), kind,
            )
        value.label = "b"
        self.assertEqual(value.__dict__, {"label": "b"})

    def test_new(self):
        class Plain(tuple):
            pass

        new = define("def f(kind, items): return new(kind, items)", new=tuple.__new__)
        for kind in tuple, Plain:
            for items in (), (1,), (1, 2, 3), tuple(range(50)), [1, 2], "ab", Plain((4,)):
                for _ in range(3):
                    value = new(kind, items)
                    self.assertEqual((type(value), list(value)), (kind, list(items)))
        self.assert_each_raises(
            TypeError, "tuple.__new__(list): list is not a subtype of tuple", new, list, ()
        )
        self.assert_each_raises(
            TypeError, "tuple.__new__(X): X is not a type object (int)", new, 1, ()
        )
        self.assert_each_raises(
            TypeError,
            "tuple.__new__(sys.version_info) is not safe, use sys.version_info.__new__()",
            new, type(sys.version_info), (),
        )

    def test_what_is_in_them_dies(self):
        class Pair(tuple):
            pass

        log = []
        pair = Pair((Noisy(log, 1), Noisy(log, 2)))
        pair.more = Noisy(log, 3)
        del pair
        self.assertEqual(log, [(3, None), (2, None), (1, None)])

        class Last(Pair):
            def __del__(self):
                log.append(list(self))

        log.clear()
        Last((5,))
        self.assertEqual(log, [[5]])

    def test_the_class_is_let_go(self):
        class Pair(tuple):
            pass

        before = sys.getrefcount(Pair)
        pairs = [Pair((i, i)) for i in range(500)]
        self.assertEqual(sys.getrefcount(Pair), before + 500)
        del pairs
        self.assertEqual(sys.getrefcount(Pair), before)


class AppendTest(LoopTestCase):
    def test_sizes(self):
        def by_method(count):
            made = []
            for i in range(count):
                made.append(i)
            return made

        def by_bound_method(count):
            made = []
            append = made.append
            for i in range(count):
                append(i)
            return made

        def by_comprehension(count):
            return [i for i in range(count)]

        expected = []
        sizes = []
        for i in range(100):
            expected.insert(i, i)
            sizes.append(sys.getsizeof(expected))
        for build in by_method, by_bound_method, by_comprehension:
            for _ in range(3):
                built = [build(count) for count in range(1, 101)]
                for count, made in enumerate(built, 1):
                    self.assertEqual(made, expected[:count])
                    self.assertEqual(sys.getsizeof(made), sizes[count - 1])

    def test_while_it_is_sorted(self):
        numbers = [3, 1, 2]

        def key(number):
            numbers.append(number)
            return number

        with self.assertRaisesRegex(ValueError, "list modified during sort"):
            numbers.sort(key=key)
        self.assertEqual(numbers, [1, 2, 3])

    def test_errors(self):
        append = [].append
        with self.assertRaisesRegex(TypeError, r"list.append\(\) takes exactly one argument \(0 given\)"):
            append()
        with self.assertRaisesRegex(TypeError, "descriptor 'append' for 'list' objects doesn't apply to a 'tuple' object"):
            list.append((), 1)


class DefaultEqualityTest(unittest.TestCase):
    def test_tuples_are_sorted(self):
        log = []

        class Ordered:
            def __init__(self, value):
                self.value = value

            def __lt__(self, other):
                log.append((self.value, other.value))
                return self.value < other.value

        first, second = Ordered(1), Ordered(2)
        self.assertEqual(sorted([(second, 1), (first, 2)]), [(first, 2), (second, 1)])
        self.assertEqual(log, [(1, 2)])
        self.assertNotIn(first, [second, Ordered(1)])
        self.assertIn(first, [second, first])
        Ordered.__eq__ = lambda self, other: self.value == other.value
        self.assertIn(first, [second, Ordered(1)])
        del Ordered.__eq__
        self.assertNotIn(first, [second, Ordered(1)])


class CollectedObjectsTest(unittest.TestCase):
    """Objects that the garbage collector knows, made out of the memory of others."""

    MAKERS = (
        lambda: lambda: None,
        lambda: [].append,
        lambda: iter([]),
        lambda: iter(()),
        lambda: {}.items(),
        lambda: {1: 2},
        lambda: {1},
        lambda: Noisy([], 1).__del__,
        lambda: property(),
        lambda: slice(1, []),
    )

    def test_they_are_new(self):
        for make in self.MAKERS:
            for _ in range(3):
                made = [make() for _ in range(200)]
                self.assertEqual(len({id(value) for value in made}), 200)
                for value in made:
                    self.assertIs(type(value), type(made[0]))
                    self.assertEqual(gc.is_tracked(value), gc.is_tracked(made[0]))
                del made[::2]

    def test_the_collector_counts_them(self):
        gc.disable()
        self.addCleanup(gc.enable)
        gc.collect()
        before = gc.get_count()[0]
        functions = [lambda: None for _ in range(300)]
        self.assertGreaterEqual(gc.get_count()[0], before + 300)
        functions.clear()
        self.assertLess(gc.get_count()[0], before + 100)

    def test_the_collector_runs_by_itself(self):
        log = []
        for _ in range(2000):
            methods = []
            methods += [methods.append, Noisy(log, 1)]
        del methods
        self.assertGreater(len(log), 100)


if __name__ == "__main__":
    unittest.main()
