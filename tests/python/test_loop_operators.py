"""Operators and containers: specialised for one type, each instruction then meets every other one."""

import operator
import sys
import types
import unittest

from support_loop import WARM, LoopTestCase, define, forms


class SubscriptTest(LoopTestCase):
    CONTAINERS = (
        [10, 11, 12],
        (20, 21, 22),
        {0: 30, 1: 31, -1: 32},
        range(40, 43),
        b"234",
        types.MappingProxyType({0: 60, 1: 61, -1: 62}),
    )

    def check_others(self, load):
        class Counting:
            def __getitem__(self, key):
                return ("item", key)

        class Derived(list):
            def __getitem__(self, key):
                return ("derived", key)

        for _ in range(WARM):
            for container in (*self.CONTAINERS, Counting(), Derived()):
                for key in (0, 1, -1):
                    self.assertEqual(load(container, key), container.__getitem__(key))
        self.assert_each([10, 11], load, [10, 11, 12], slice(2))
        self.assert_each("b", load, "abc", True)
        self.assert_each(11, load, [10, 11], True)
        self.assert_each_raises(IndexError, "list index out of range", load, [1], 1)
        self.assert_each_raises(IndexError, "list index out of range", load, [], 0)
        self.assert_each_raises(IndexError, "list index out of range", load, [1], -2)
        self.assert_each_raises(IndexError, "tuple index out of range", load, (1,), 1)
        self.assert_each_raises(
            IndexError, "cannot fit 'int' into an index-sized integer", load, [1], 2**100
        )
        self.assert_each_raises(KeyError, "5", load, {}, 5)
        self.assert_each_raises(KeyError, "(1, 2)", load, {}, (1, 2))
        self.assert_each_raises(TypeError, "unhashable type: 'list'", load, {}, [])
        self.assert_each_raises(
            TypeError, "list indices must be integers or slices, not str", load, [1], "a"
        )
        self.assert_each_raises(TypeError, "'int' object is not subscriptable", load, 1, 0)

    @staticmethod
    def make_load():
        return define("def f(container, key): return container[key]")

    def test_list(self):
        load = self.make_load()
        self.specialise("BINARY_SUBSCR_LIST_INT", load, [1, 2], 1)
        self.check_others(load)

    def test_tuple(self):
        load = self.make_load()
        self.specialise("BINARY_SUBSCR_TUPLE_INT", load, (1, 2), 1)
        self.check_others(load)

    def test_dict(self):
        load = self.make_load()
        self.specialise("BINARY_SUBSCR_DICT", load, {1: 2}, 1)
        self.check_others(load)

        class Missing(dict):
            def __missing__(self, key):
                return "missing"

        self.assert_each("missing", load, Missing(), 1)

    def test_getitem(self):
        class Container:
            def __getitem__(self, key):
                local = key
                return local, self

        load = self.make_load()
        container = Container()
        self.specialise("BINARY_SUBSCR_GETITEM", load, container, 1)
        self.assertEqual(load(container, 5), (5, container))
        self.check_others(load)
        Container.__getitem__ = lambda self, key: "replaced"
        self.assert_each("replaced", load, container, 1)
        Container.__getitem__.__code__ = (lambda self, key: "other code").__code__
        self.assert_each("other code", load, container, 1)
        del Container.__getitem__
        self.assert_each_raises(
            TypeError, "'Container' object is not subscriptable", load, container, 1
        )

    def test_items_of_sequences(self):
        load = self.make_load()
        text = "".join(map(chr, range(1, 128)))
        wide = "a\xe9\u1234\U00012345z"
        for sequence in [text, wide, wide[:2], "", "x", list(text), tuple(text), [], (), b"abc", bytearray(b"abc"), range(5)]:
            size = len(sequence)
            for _ in range(2):
                for i in range(size):
                    self.assertEqual(load(sequence, i), sequence.__getitem__(i))
                    self.assertEqual(load(sequence, i - size), sequence.__getitem__(i))
                for i in size, -size - 1, size + 1, 2**30 - 1, 1 - 2**30, 2**40, -(2**62), 2**62:
                    with self.assertRaisesRegex(IndexError, "index out of range"):
                        load(sequence, i)
            if size:
                self.assertEqual(load(sequence, False), sequence[0])
        for i, character in enumerate(text):
            self.assertIs(load(text, i), character)

        class Text(str):
            def __getitem__(self, index):
                return "own"

        self.assert_each("own", load, Text("abc"), 1)
        self.assert_each_raises(TypeError, "string indices must be integers, not 'str'", load, "abc", "a")
        self.assert_each_raises(IndexError, "string index out of range", load, "abc", 3)

    def test_getitem_that_raises(self):
        class Container:
            def __getitem__(self, key):
                if key == 0:
                    raise KeyError(key)
                return key

        load = self.make_load()
        container = Container()
        self.specialise("BINARY_SUBSCR_GETITEM", load, container, 1)
        self.assert_each_raises(KeyError, "0", load, container, 0)

    def test_getitem_whose_code_is_replaced(self):
        class Container:
            def __getitem__(self, key):
                return "old"

        def new(self, key, more="default", *rest, **keywords):
            return more, rest, keywords

        load = self.make_load()
        container = Container()
        self.specialise("BINARY_SUBSCR_GETITEM", load, container, 1)
        Container.__getitem__.__code__ = new.__code__
        Container.__getitem__.__defaults__ = new.__defaults__
        self.assertEqual(load(container, 1), ("default", (), {}))

    def test_store_list(self):
        store = define("def f(container, key, value): container[key] = value")
        self.specialise("STORE_SUBSCR_LIST_INT", store, [1, 2], 1, 3)
        self.check_store(store)

    def test_store_dict(self):
        store = define("def f(container, key, value): container[key] = value")
        self.specialise("STORE_SUBSCR_DICT", store, {}, 1, 3)
        self.check_store(store)

    def check_store(self, store):
        class Logging:
            def __setitem__(self, key, value):
                self.last = (key, value)

        class Upper(dict):
            def __setitem__(self, key, value):
                super().__setitem__(key, str(value).upper())

        logging, upper, array = Logging(), Upper(), bytearray(3)
        for i in range(WARM):
            numbers, mapping = [0, 0, 0], {}
            for key in (0, 1, -1):
                store(numbers, key, i)
                store(mapping, key, i)
                store(array, key, i)
                store(logging, key, i)
                self.assertEqual(logging.last, (key, i))
            store(upper, i, "value")
            self.assertEqual(upper[i], "VALUE")
            self.assertEqual(numbers, [i, i, i])
            self.assertEqual(mapping, {0: i, 1: i, -1: i})
            self.assertEqual(array, bytes([i, i, i]))
        self.assert_each_raises(IndexError, "list assignment index out of range", store, [1], 1, 0)
        self.assert_each_raises(IndexError, "list assignment index out of range", store, [1], -2, 0)
        self.assert_each_raises(TypeError, "unhashable type: 'list'", store, {}, [], 0)
        self.assert_each_raises(
            TypeError, "'tuple' object does not support item assignment", store, (1,), 0, 0
        )

    def test_old_item_is_dropped_after_the_new_one_is_stored(self):
        class Watcher:
            def __init__(self, container):
                self.container = container

            def __del__(self):
                seen.append(type(self.container[0]))

        for container in ([0], {0: 0}):
            store = define("def f(container, key, value): container[key] = value")
            seen = []
            for _ in range(WARM):
                store(container, 0, Watcher(container))
            del seen[:]
            store(container, 0, "new")
            self.assertEqual(seen, [str])


class UnpackTest(LoopTestCase):
    @staticmethod
    def make_unpack():
        return define("def f(sequence):\n a, b = sequence\n return b, a")

    def check_others(self, unpack):
        class Derived(tuple):
            def __iter__(self):
                return iter(("x", "y"))

        for _ in range(WARM):
            for pair in ((1, 2), [1, 2], iter((1, 2)), {1: 0, 2: 0}, range(1, 3), b"\1\2"):
                self.assertEqual(unpack(pair), (2, 1))
            self.assertEqual(unpack(Derived((1, 2))), ("y", "x"))
        for pair in (1, 2, 3), [1, 2, 3], "abc":
            self.assert_each_raises(
                ValueError, "too many values to unpack (expected 2)", unpack, pair
            )
        for pair in (1,), [1], "a":
            self.assert_each_raises(
                ValueError, "not enough values to unpack (expected 2, got 1)", unpack, pair
            )
        self.assert_each_raises(
            TypeError, "cannot unpack non-iterable int object", unpack, 1
        )
        self.assert_each((2, 1), unpack, (1, 2))

    def test_two_tuple(self):
        unpack = self.make_unpack()
        self.specialise("UNPACK_SEQUENCE_TWO_TUPLE", unpack, (1, 2))
        self.check_others(unpack)

    def test_list(self):
        unpack = self.make_unpack()
        self.specialise("UNPACK_SEQUENCE_LIST", unpack, [1, 2])
        self.check_others(unpack)

    def test_tuple(self):
        unpack = define("def f(sequence):\n a, b, c = sequence\n return c, b, a")
        self.specialise("UNPACK_SEQUENCE_TUPLE", unpack, (1, 2, 3))
        self.assert_each((3, 2, 1), unpack, [1, 2, 3])
        self.assert_each((3, 2, 1), unpack, (1, 2, 3))
        self.assert_each_raises(
            ValueError, "not enough values to unpack (expected 3, got 2)", unpack, (1, 2)
        )


class ArithmeticTest(LoopTestCase):
    """Operators that change the types of their operands in the middle of a loop."""

    class Number:
        def __add__(self, other):
            return ("add", other)

        def __radd__(self, other):
            return ("radd", other)

        __sub__ = __mul__ = __add__
        __rsub__ = __rmul__ = __radd__

    def check(self, operator, form, warm, cases):
        f = define(f"def f(a, b): return a {operator} b")
        self.specialise(form, f, *warm)
        for _ in range(WARM):
            for a, b, result in cases:
                self.assertEqual((f(a, b), type(f(a, b))), (result, type(result)))
        for a, b, result in cases:
            self.assert_each(result, f, a, b)

    ADDITIONS = [
        (1000, 2000, 3000),
        (1, -1, 0),
        (-5, -1, -6),
        (250, 7, 257),
        (2**30 - 1, 1, 1073741824),
        (-(2**30) + 1, -1, -1073741824),
        (2**30 - 1, 2**30 - 1, 2147483646),
        (2**62, 2**62, 9223372036854775808),
        (2**30, -1, 1073741823),
        (True, True, 2),
        (True, 1000, 1001),
        (1.5, 2.25, 3.75),
        (1, 0.5, 1.5),
        (0.5, 1000, 1000.5),
        (1e308, 1e308, float("inf")),
        (1j, 1, 1 + 1j),
        ("ab", "cd", "abcd"),
        ("", "", ""),
        ("a", "\N{GREEK SMALL LETTER PI}", "a\N{GREEK SMALL LETTER PI}"),
        ([1], [2], [1, 2]),
        ((1,), (2,), (1, 2)),
        (Number(), 1, ("add", 1)),
        (1, Number(), ("radd", 1)),
        ("a", Number(), ("radd", "a")),
    ]

    def test_add_int(self):
        self.check("+", "BINARY_OP_ADD_INT", (1, 2), self.ADDITIONS)

    def test_add_float(self):
        self.check("+", "BINARY_OP_ADD_FLOAT", (1.5, 2.5), self.ADDITIONS)

    def test_add_str(self):
        self.check("+", "BINARY_OP_ADD_UNICODE", ("a", "b"), self.ADDITIONS)

    SUBTRACTIONS = [
        (1000, 2000, -1000),
        (5, 10, -5),
        (5, 11, -6),
        (1000, 744, 256),
        (0, 2**30 - 1, -1073741823),
        (-1, 2**30 - 1, -1073741824),
        (2**60, 1, 1152921504606846975),
        (1.5, 0.25, 1.25),
        (0.5, 1, -0.5),
        ({1, 2}, {2}, {1}),
        (Number(), 1, ("add", 1)),
        (1.0, Number(), ("radd", 1.0)),
    ]

    def test_subtract_int(self):
        self.check("-", "BINARY_OP_SUBTRACT_INT", (1, 2), self.SUBTRACTIONS)

    def test_subtract_float(self):
        self.check("-", "BINARY_OP_SUBTRACT_FLOAT", (1.5, 2.5), self.SUBTRACTIONS)

    MULTIPLICATIONS = [
        (100, 200, 20000),
        (-16, 16, -256),
        (-1, 5, -5),
        (0, -1000, 0),
        (2**30 - 1, 2**30 - 1, 1152921502459363329),
        (-(2**30) + 1, 2**30 - 1, -1152921502459363329),
        (2**15, 2**15, 1073741824),
        (2**40, 2**40, 1208925819614629174706176),
        (1.5, 2.0, 3.0),
        (2, 1.5, 3.0),
        (1e200, 1e200, float("inf")),
        ("ab", 2, "abab"),
        (3, [1], [1, 1, 1]),
        (Number(), 1, ("add", 1)),
        (1, Number(), ("radd", 1)),
    ]

    def test_multiply_int(self):
        self.check("*", "BINARY_OP_MULTIPLY_INT", (3, 4), self.MULTIPLICATIONS)

    def test_multiply_float(self):
        self.check("*", "BINARY_OP_MULTIPLY_FLOAT", (1.5, 2.5), self.MULTIPLICATIONS)

    DIGIT = 2**30
    EDGES = [0, 1, 3, 29, 256, DIGIT - 1, DIGIT, DIGIT + 1, 2**53 - 1, 2**53 + 1, DIGIT**2 - 1, DIGIT**2, 2**63]

    def test_ints_of_one_two_and_three_digits(self):
        operators = {
            "+": operator.add,
            "-": operator.sub,
            "*": operator.mul,
            "//": operator.floordiv,
            "%": operator.mod,
            "/": operator.truediv,
            "&": operator.and_,
            "|": operator.or_,
            "^": operator.xor,
            ">>": operator.rshift,
            "<": operator.lt,
            "<=": operator.le,
            "==": operator.eq,
            "!=": operator.ne,
            ">": operator.gt,
            ">=": operator.ge,
        }
        numbers = [sign * edge for edge in self.EDGES for sign in (1, -1)]
        for symbol, by_c in operators.items():
            f = define(f"def f(a, b): return a {symbol} b")
            in_place = symbol if symbol[0] in "<>=!" and symbol != ">>" else symbol + "="
            g = define(f"def g(a, b):\n r = a\n r {in_place} b\n return r", "g")
            for warm in ((5, 7), (self.DIGIT, self.DIGIT)):
                for _ in range(WARM):
                    f(*warm)
                    g(*warm)
                for a in numbers:
                    for b in numbers:
                        if b == 0 and symbol in ("//", "%", "/") or symbol == ">>" and not 0 <= b < 100:
                            continue
                        before = str((a, b))
                        with self.subTest(operator=symbol, a=a, b=b):
                            expected = by_c(a, b)
                            result = f(a, b)
                            self.assertEqual((result, type(result)), (expected, type(expected)))
                            self.assertEqual(hash(result), hash(expected))
                            if in_place != symbol:
                                self.assertEqual(g(a, b), expected)
                        self.assertEqual(str((a, b)), before)

    def test_variable_of_two_digits_is_replaced(self):
        f = define(
            "def f(total, step):\n"
            " seen = []\n"
            " for _ in range(200):\n"
            "  total += step\n"
            "  seen.append(total)\n"
            "  total -= step\n"
            "  total += step\n"
            " return seen"
        )
        for start, step in ((2**30 - 100, 1), (2**60 - 100, 1), (-(2**30), 7), (2**40, -(2**33))):
            self.assertEqual(f(start, step), list(range(start + step, start + 201 * step, step)))

    def test_subclasses_have_their_own_operators(self):
        class Int(int):
            def __add__(self, other):
                return "int"

        class Float(float):
            def __add__(self, other):
                return "float"

            __radd__ = __add__

        class Str(str):
            def __add__(self, other):
                return "str"

        f = define("def f(a, b): return a + b")
        for warm, derived in (((1, 1), Int(1)), ((1.5, 1.5), Float(1)), (("a", "b"), Str("a"))):
            self.assert_each(warm[0] + warm[1], f, *warm)
            self.assertEqual(f(derived, warm[1]), type(derived).__base__.__name__)
        self.assert_each(3.5, f, 1.5, 2.0)
        self.assertEqual(f(1.5, Float(1)), "float")

    def test_negative_zero_and_nan(self):
        f = define("def f(a, b): return a * b")
        self.specialise("BINARY_OP_MULTIPLY_FLOAT", f, 1.5, 2.5)
        self.assertEqual(str(f(-1.0, 0.0)), "-0.0")
        self.assertEqual(str(f(float("inf"), 0.0)), "nan")
        g = define("def f(a, b): return a - b")
        self.specialise("BINARY_OP_SUBTRACT_FLOAT", g, 1.5, 2.5)
        self.assertEqual(str(g(float("inf"), float("inf"))), "nan")

    def test_errors(self):
        messages = {
            "+": "unsupported operand type(s) for +: 'int' and 'NoneType'",
            "-": "unsupported operand type(s) for -: 'int' and 'NoneType'",
            "*": "unsupported operand type(s) for *: 'int' and 'NoneType'",
            "+=": "unsupported operand type(s) for +=: 'int' and 'NoneType'",
        }
        for operator, message in messages.items():
            statement = "a += b; return a" if operator == "+=" else f"return a {operator} b"
            f = define(f"def f(a, b): {statement}")
            for warm in ((1, 2), (1.5, 2.5)):
                for _ in range(WARM):
                    f(*warm)
                self.assert_each_raises(TypeError, message, f, 1, None)
        f = define("def f(a, b): return a + b")
        self.specialise("BINARY_OP_ADD_UNICODE", f, "a", "b")
        self.assert_each_raises(
            TypeError, 'can only concatenate str (not "int") to str', f, "a", 1
        )

    def test_types_change_within_one_call(self):
        def total(values):
            result = values[0]
            for value in values[1:]:
                result = result + value
            return result

        self.assertEqual(total([1] * 300), 300)
        self.assertEqual(total([1] * 300 + [0.5] * 300 + [1j] * 300), 450 + 300j)
        self.assertEqual(total(["a"] * 300), "a" * 300)
        self.assertEqual(total([(1,)] * 300), (1,) * 300)

    def test_appending_to_a_string(self):
        def build(pieces):
            text = ""
            for piece in pieces:
                text += piece
            return text

        pieces = [chr(97 + i % 26) for i in range(500)] + ["\N{SNOWMAN}", "\U0001f40d"]
        for _ in range(10):
            self.assertEqual(build(pieces), "".join(pieces))
        self.assertIn("BINARY_OP_INPLACE_ADD_UNICODE", forms(build))
        self.assertEqual(build([]), "")
        with self.assertRaisesRegex(TypeError, 'can only concatenate str \\(not "int"\\) to str'):
            build(["a", "b", 1])

        class Str(str):
            def __radd__(self, other):
                return "radd"

        self.assertEqual(build(["a", Str("b")]), "radd")


class CompareTest(LoopTestCase):
    OPERATORS = {
        # what holds of less, equal, greater, unordered
        "<": (True, False, False, False),
        "<=": (True, True, False, False),
        "==": (False, True, False, False),
        "!=": (True, False, True, True),
        ">": (False, False, True, False),
        ">=": (False, True, True, False),
    }
    JUMPS = {
        "if": "def f(a, b):\n if a {} b: return True\n return False",
        "if not": "def f(a, b):\n if not a {} b: return False\n return True",
        "while": "def f(a, b):\n n = 0\n while a {} b:\n  n += 1\n  if n == 2: return True\n return False",
        "and": "def f(a, b):\n if a {} b and a is not f: return True\n return False",
        "or": "def f(a, b):\n if a {} b or a is f: return True\n return False",
        "value": "def f(a, b): return a {} b",
    }
    NAN = float("nan")

    def check(self, form, warm, pairs):
        for operator, holds in self.OPERATORS.items():
            for jump, source in self.JUMPS.items():
                with self.subTest(operator=operator, jump=jump):
                    f = define(source.format(operator))
                    for a, b in warm:
                        for _ in range(WARM):
                            f(a, b)
                    if jump != "value" and (form != "COMPARE_OP_STR_JUMP" or operator in ("==", "!=")):
                        self.assertIn(form, forms(f))
                    for _ in range(WARM):
                        for a, b, ordering in pairs:
                            self.assertIs(f(a, b), holds[ordering], (a, b))

    PAIRS = [
        (1, 2, 0),
        (2, 2, 1),
        (1000, 1000, 1),
        (-1, -2, 2),
        (2**30, 2**30 - 1, 2),
        (2**70, 2**70 + 1, 0),
        (-(2**30), 0, 0),
        (0, -(2**30), 2),
        (True, 1, 1),
        (1.5, 2.5, 0),
        (-0.0, 0.0, 1),
        (2.5, 1.5, 2),
        (1, 1.5, 0),
        (1.0, 1, 1),
        (NAN, 1.0, 3),
        (1.0, NAN, 3),
        (NAN, NAN, 3),
        (NAN, 1, 3),
        (float("inf"), 2**70, 2),
        ("a", "b", 0),
        ("ab", "a" + chr(98), 1),
        ("b", "a", 2),
        ("", "", 1),
        ((1,), (1,), 1),
    ]

    def test_int(self):
        self.check("COMPARE_OP_INT_JUMP", [(1, 2), (2, 1)], self.PAIRS)

    def test_float(self):
        self.check("COMPARE_OP_FLOAT_JUMP", [(1.5, 2.5), (2.5, 1.5)], self.PAIRS)

    def test_str(self):
        self.check("COMPARE_OP_STR_JUMP", [("a", "b"), ("b", "b")], self.PAIRS)

    def test_results_that_are_no_bools(self):
        class Vector:
            def __init__(self, *items):
                self.items = items

            def __lt__(self, other):
                return [item < other for item in self.items]

        f = define(self.JUMPS["if"].format("<"))
        self.specialise("COMPARE_OP_INT_JUMP", f, 1, 2)
        self.assertIs(f(Vector(), 1), False)
        self.assertIs(f(Vector(5), 1), True)
        self.assert_each_raises(
            TypeError, "'<' not supported between instances of 'int' and 'str'", f, 1, "a"
        )


class DestructorTest(unittest.TestCase):
    def test_a_destructor_sees_the_line_of_the_test_that_dropped_the_last_reference(self):
        lines = []

        class Noted:
            def __del__(self):
                lines.append(sys._getframe(1).f_lineno - tests.__code__.co_firstlineno)

            def __eq__(self, other):
                return False

            __hash__ = object.__hash__

        def tests():
            if Noted() is None:
                pass
            elif Noted() in ():
                pass
            elif Noted() in {1: 2}:
                pass
            elif Noted() == 5:
                pass
            return None

        for _ in range(50):
            tests()
        self.assertEqual(lines, [1, 3, 5, 7] * 50)


if __name__ == "__main__":
    unittest.main()
