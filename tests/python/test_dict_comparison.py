"""`==` of dicts: keys in the same order are found where they are."""

import unittest
from collections import OrderedDict, defaultdict


class Dict(dict):
    pass


class Namespace:
    pass


class Key:
    """Tells to whom it is compared."""

    def __init__(self, number, calls, result=False):
        self.number = number
        self.calls = calls
        self.result = result

    def __hash__(self):
        return hash(self.number)

    def __eq__(self, other):
        self.calls.append((self.number, other.number if isinstance(other, Key) else other))
        return self.result


class Value:
    def __init__(self, act):
        self.act = act

    def __eq__(self, other):
        return self.act()


class DictComparisonTest(unittest.TestCase):
    def check(self, left, right, are_equal):
        for a, b in (left, right), (right, left), (Dict(left), right), (left, Dict(right)):
            self.assertIs(a == b, are_equal)
            self.assertIs(a != b, not are_equal)
            self.assertIs(a.__eq__(b), are_equal)

    def test_same_order(self):
        for keys in "abc", range(10), ["a", 1, "b", 2], [1.5, "a", None], [(1, 2), "a"], [str(n) for n in range(3000)]:
            left = {key: [key] for key in keys}
            self.check(left, {key: [key] for key in keys}, True)
            self.check(left, left.copy(), True)
            self.check(left, left | {[*keys][-1]: "other"}, False)
            self.check(left, {key: [key] for key in [*keys][:-1]}, False)
            self.check(left, left | {"more": 1}, False)
            self.check(left, {key: [key] for key in [*keys][:-1]} | {"more": 1}, False)

    def test_other_order(self):
        for keys in "abc", range(10), [str(n) for n in range(1000)]:
            left = dict.fromkeys(keys, 1)
            self.check(left, dict.fromkeys(reversed(keys), 1), True)
            self.check(left, dict.fromkeys(reversed(keys), 1) | {keys[0]: 2}, False)

    def test_deleted_entries(self):
        left = {"gone": 0, "a": 1, "b": 2}
        del left["gone"]
        self.check(left, {"a": 1, "b": 2}, True)
        other = {"gone": 0, "a": 1, "b": 2}
        del other["gone"]
        self.check(left, other, True)
        moved = {"a": 1, "b": 2}
        del moved["a"]
        moved["a"] = 1
        self.check(left, moved, True)
        self.check(dict.fromkeys(range(5)), {key: None for key in range(5)}, True)

    def test_equal_keys_of_other_classes(self):
        self.check({1: "a", 2: "b"}, {1.0: "a", True + 1: "b"}, True)
        self.check({1: "a", "b": 0}, {True: "a", "b": 0}, True)
        self.check({10**20: 1}, {10**20: 1}, True)

    def test_attributes(self):
        left, right, other = Namespace(), Namespace(), Namespace()
        left.a, left.b = 1, [2]
        right.a, right.b = 1, [2]
        other.b, other.a = [2], 1
        self.check(left.__dict__, right.__dict__, True)
        self.check(left.__dict__, other.__dict__, True)
        self.check(left.__dict__, {"a": 1, "b": [2]}, True)
        del other.b
        other.c = 3
        self.check(left.__dict__, other.__dict__, False)

    def test_derived_dicts(self):
        self.assertEqual(defaultdict(int, a=1), {"a": 1})
        self.assertNotEqual(OrderedDict(a=1, b=2), OrderedDict(b=2, a=1))
        self.assertEqual(OrderedDict(a=1, b=2), dict(b=2, a=1))

    def test_no_dict(self):
        self.assertIs({}.__eq__(1), NotImplemented)
        self.assertIs({}.__ne__([]), NotImplemented)
        self.assertIs({}.__lt__({}), NotImplemented)
        with self.assertRaisesRegex(TypeError, "'<' not supported between instances of 'dict' and 'dict'"):
            {} < {}

    def test_what_is_not_equal_to_itself(self):
        nan = float("nan")
        self.check({"a": nan}, {"a": nan}, True)
        self.check({"a": nan}, {"a": float("nan")}, False)
        self.check({nan: 1}, {nan: 1}, True)
        self.check({nan: 1}, {float("nan"): 1}, False)

    def test_keys_are_compared_in_order(self):
        calls = []
        keys = [Key(1, calls), Key(1, calls), 1]
        left = dict.fromkeys(keys)
        right = dict.fromkeys(keys)
        calls.clear()
        self.assertTrue(left == right)
        self.assertEqual(calls, [(1, 1)] * 3)

    def test_failing_keys_and_values(self):
        class Failing:
            def __hash__(self):
                return 1

            def __eq__(self, other):
                raise KeyError("compared")

        with self.assertRaisesRegex(KeyError, "compared"):
            {Failing(): 1} == {Failing(): 1}
        with self.assertRaisesRegex(KeyError, "compared"):
            {"a": 1, "b": Failing()} == {"a": 1, "b": Failing()}

    def test_the_right_one_changes_meanwhile(self):
        for change, expected in (
            (lambda right: right.update(b=5), False),
            (lambda right: right.clear(), False),
            (lambda right: right.update(more=1), True),
            (lambda right: right.pop("c"), False),
            (lambda right: right.update(b=right.pop("b")), True),
        ):
            right = {"a": 1, "b": 2, "c": 3}
            left = {"a": Value(lambda: change(right) or True), "b": 2, "c": 3}
            self.assertIs(left == right, expected)

    def test_the_left_one_changes_meanwhile(self):
        right = {"a": 1, "b": 2, "c": 3}
        left = {"a": Value(lambda: left.clear() or True), "b": 2, "c": 3}
        self.assertTrue(left == right)
        left = {"a": Value(lambda: left.update(b=7) or True), "b": 2, "c": 3}
        self.assertFalse(left == right)

    def test_a_key_drops_the_value(self):
        class Dropping:
            def __hash__(self):
                return 1

            def __eq__(self, other):
                left.clear()
                return True

        left = {Dropping(): [1, 2]}
        self.assertTrue(left == {Dropping(): [1, 2]})

    def test_too_deep(self):
        left, right = {}, {}
        left["self"], right["self"] = right, left
        with self.assertRaises(RecursionError):
            left == right


if __name__ == "__main__":
    unittest.main()
