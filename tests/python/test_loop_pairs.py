"""`for` over enumerate(), zip(), the items of dicts, tuples, chain() and islice(): FOR_ITER stores into the loop's variables itself."""

import itertools
import sys
import unittest

ROUNDS = 50  # enough for the code to be specialised


def warmed_up(function):
    """The results of many calls, which are to be the same; returns one."""
    results = [function() for _ in range(ROUNDS)]
    assert all(result == results[0] for result in results), results
    return results[0]


class Logged:
    """Notes in a list when it is destroyed."""

    def __init__(self, name, log):
        self.name = name
        self.log = log

    def __del__(self):
        self.log.append(self.name)


class EnumerateTest(unittest.TestCase):
    def test_numbers_that_are_kept_stay_as_they_are(self):
        def collect():
            kept = []
            for i, x in enumerate(("first", "a", "b"), 254):
                kept.append((i, x))
            for i, x in enumerate(list("abcdefgh"), 1000):
                kept.append((i, x))
            return kept

        expected = [(254, "first"), (255, "a"), (256, "b")]
        expected += [(1000 + i, x) for i, x in zip(range(8), "abcdefgh")]
        self.assertEqual(warmed_up(collect), expected)

    def test_numbers_of_one_digit_become_longer_ones(self):
        def numbers(start):
            found = []
            for i, _ in enumerate([None] * 4, start):
                found.append(i)
            return found

        for start in (2**30 - 2, 2**60 - 2, sys.maxsize - 2, -3, -(2**30) - 1):
            self.assertEqual(warmed_up(lambda start=start: numbers(start)), [start + i for i in range(4)])

    def test_a_list_that_changes_is_seen(self):
        def grow():
            values = [1, 2, 3]
            seen = []
            for i, x in enumerate(values):
                if i < 3:
                    values.append(x * 10)
                seen.append((i, x))
            return seen

        self.assertEqual(warmed_up(grow), list(enumerate([1, 2, 3, 10, 20, 30])))

    def test_any_other_iterator(self):
        def pairs():
            return [
                pair
                for source in ("ab", {"a": 1}, {7}, range(2), (c for c in "xy"), iter([5]), map(str, [6]))
                for pair in self.listed(enumerate(source))
            ]

        expected = [(0, "a"), (1, "b"), (0, "a"), (0, 7), (0, 0), (1, 1), (0, "x"), (1, "y"), (0, 5), (0, "6")]
        self.assertEqual(warmed_up(pairs), expected)

    @staticmethod
    def listed(iterable):
        result = []
        for a, b in iterable:
            result.append((a, b))
        return result


class ZipTest(unittest.TestCase):
    def test_pairs(self):
        def pairs(left, right):
            result = []
            for a, b in zip(left, right):
                result.append((a, b))
            return result

        for left, right in (([1, 2], [3, 4]), ((1, 2), [3]), ([1], (3, 4)), ([], ()), ("ab", [1, 2]), ([1], {2: 3})):
            self.assertEqual(warmed_up(lambda left=left, right=right: pairs(left, right)), list(zip(left, right)))

    def test_what_is_left_of_longer_ones(self):
        def rest():
            left = iter([1, 2, 3, 4])
            right = iter([1, 2])
            for a, b in zip(left, right):
                pass
            return a, b, list(left), list(right)

        self.assertEqual(warmed_up(rest), (2, 2, [4], []))

    def test_strict(self):
        def strict(left, right):
            seen = []
            try:
                for a, b in zip(left, right, strict=True):
                    seen.append((a, b))
            except ValueError as error:
                return seen, str(error)
            return seen, None

        self.assertEqual(warmed_up(lambda: strict([1, 2], [3, 4])), ([(1, 3), (2, 4)], None))
        self.assertEqual(
            warmed_up(lambda: strict([1, 2], (3,))), ([(1, 3)], "zip() argument 2 is shorter than argument 1")
        )

    def test_one_iterator_twice_and_three_of_them(self):
        def both():
            same = iter([1, 2, 3, 4, 5])
            result = []
            for a, b in zip(same, same):
                result.append((a, b))
            for a, b, c in zip([1], [2], [3]):
                result.append((a, b, c))
            return result

        self.assertEqual(warmed_up(both), [(1, 2), (3, 4), (1, 2, 3)])


class DictItemsTest(unittest.TestCase):
    def test_all_kinds_of_tables(self):
        def items(mapping):
            result = []
            for key, value in mapping.items():
                result.append((key, value))
            return result

        class Plain:
            def __init__(self):
                self.a = 1
                self.b = 2

        holes = {str(i): i for i in range(20)}
        for i in range(0, 20, 3):
            del holes[str(i)]
        for mapping in ({}, {"a": 1}, {1: 2, "x": 3}, vars(Plain()), holes, dict.fromkeys("abc")):
            expected = [(key, mapping[key]) for key in mapping]
            self.assertEqual(warmed_up(lambda mapping=mapping: items(mapping)), expected)

    def test_changes_are_errors(self):
        def change(action):
            mapping = {"a": 1, "b": 2, "c": 3}
            seen = []
            try:
                for key, value in mapping.items():
                    seen.append(key)
                    action(mapping)
            except RuntimeError as error:
                return seen, str(error)
            return seen, value

        grown = warmed_up(lambda: change(lambda mapping: mapping.setdefault("d", 4)))
        self.assertEqual(grown, (["a"], "dictionary changed size during iteration"))

        def replace(mapping):
            if list(mapping)[0] == "a":
                del mapping["a"]
                mapping["a"] = 1

        seen, message = warmed_up(lambda: change(replace))
        self.assertEqual(message, "dictionary keys changed during iteration")
        self.assertEqual(seen, ["a", "b", "c"])

    def test_an_iterator_goes_on_elsewhere(self):
        def halves():
            items = iter({"a": 1, "b": 2, "c": 3}.items())
            for key, value in items:
                break
            return key, value, items.__length_hint__(), list(items)

        self.assertEqual(warmed_up(halves), ("a", 1, 2, [("b", 2), ("c", 3)]))


def values_of(iterator):
    values = []
    for value in iterator:
        values.append(value)
    return values


class ChainTest(unittest.TestCase):
    def test_all_kinds_of_iterables(self):
        def collect():
            return values_of(itertools.chain([1, 2], (), (3,), "ab", {4: 5}, iter([6]), (x for x in [7]), range(8, 10)))

        self.assertEqual(warmed_up(collect), [1, 2, 3, "a", "b", 4, 6, 7, 8, 9])

    def test_a_list_that_grows(self):
        def collect():
            numbers = [0]
            seen = []
            for number in itertools.chain(numbers, "z"):
                seen.append(number)
                if len(numbers) < 4:
                    numbers.append(len(numbers))
            return seen

        self.assertEqual(warmed_up(collect), [0, 1, 2, 3, "z"])

    def test_it_goes_on_elsewhere_and_ends_for_good(self):
        def collect():
            numbers = [1, 2, 3]
            chain = itertools.chain(numbers, [4])
            for number in chain:
                if number == 2:
                    break
            rest = list(chain)
            numbers.append(5)
            return rest, values_of(chain)

        self.assertEqual(warmed_up(collect), ([3, 4], []))


class SliceTest(unittest.TestCase):
    def test_limits(self):
        numbers = list(range(20))
        for limits in (5,), (3, 9), (2, None), (0, 20, 3), (1, 100, 7), (4, 4), (30, 40), (None,):
            for kind in list, tuple, iter:
                with self.subTest(limits=limits, kind=kind.__name__):
                    values = warmed_up(lambda: values_of(itertools.islice(kind(numbers), *limits)))
                    self.assertEqual(values, numbers[slice(*limits)])

    def test_what_is_left_of_the_source(self):
        def collect():
            source = iter([1, 2, 3, 4, 5, 6])
            return values_of(itertools.islice(source, 1, 5, 2)), list(source)

        self.assertEqual(warmed_up(collect), ([2, 4], [6]))

    def test_it_lets_its_source_go(self):
        def collect():
            log = []
            slice_ = itertools.islice([Logged("source", log)], 5)
            for item in slice_:
                del item
            return log, list(slice_)

        self.assertEqual(warmed_up(collect), (["source"], []))


class VariablesTest(unittest.TestCase):
    def test_destructors_run_when_a_variable_gets_its_next_value(self):
        def destroy():
            log = []
            for i, x in enumerate([1, 2, 3]):
                log.append(i)
                x = Logged(f"second {i}", log)
            log.append("behind")
            for i, x in zip([1, 2], [3, 4]):
                i = Logged(f"first {i}", log)
            del i, x
            return log

        expected = [0, "second 0", 1, "second 1", 2, "behind", "second 2", "first 1", "first 2"]
        self.assertEqual(warmed_up(destroy), expected)

    def test_a_destructor_sees_the_variables_as_they_are_then(self):
        def look():
            seen = []

            class Looking:
                def __del__(self):
                    variables = sys._getframe(1).f_locals
                    seen.append((type(variables.get("a")).__name__, variables["b"]))

            for a, b in zip([1, 2], ["x", "y"]):
                a = Looking()
            del a
            return seen

        self.assertEqual(warmed_up(look)[0], ("int", "x"))

    def test_one_variable_twice_and_variables_of_closures(self):
        def others():
            result = []
            for x, x in enumerate("ab"):
                result.append(x)
            for i, y in enumerate(["c", "d"]):
                result.append((lambda: y)())
            for (a, b), c in zip([(1, 2)], [3]):
                result.append((a, b, c))
            for first, *rest in [(1, 2, 3)]:
                result.append((first, rest))
            return result

        self.assertEqual(warmed_up(others), ["a", "b", "c", "d", (1, 2, 3), (1, [2, 3])])

    def test_the_first_round_finds_the_variables_unbound(self):
        def unbound():
            for i, x in enumerate([7]):
                return i, x

        self.assertEqual(warmed_up(unbound), (0, 7))

    def test_too_many_variables_for_a_byte(self):
        names = [f"v{i}" for i in range(300)]
        source = "def f():\n" + "".join(f"    {name} = 0\n" for name in names)
        source += "    out = []\n    for v298, v299 in enumerate(['a', 'b']):\n        out.append((v298, v299))\n"
        source += "    for v299 in ('c', 'd'):\n        out.append(v299)\n    return out\n"
        namespace = {}
        exec(source, namespace)
        self.assertEqual(warmed_up(namespace["f"]), [(0, "a"), (1, "b"), "c", "d"])

    def test_each_line_of_a_loop_is_traced(self):
        def loop():
            total = 0
            for i, x in enumerate([1, 2]):
                total += i * x
            for y in (1, 2):
                total += y
            return total

        warmed_up(loop)
        lines = []

        def trace(frame, event, argument):
            if frame.f_code is not loop.__code__:
                return None
            if event == "line":
                lines.append(frame.f_lineno - loop.__code__.co_firstlineno)
            return trace

        old = sys.gettrace()
        sys.settrace(trace)
        try:
            loop()
        finally:
            sys.settrace(old)
        self.assertEqual(lines, [1, 2, 3, 2, 3, 2, 4, 5, 4, 5, 4, 6])


if __name__ == "__main__":
    unittest.main()
