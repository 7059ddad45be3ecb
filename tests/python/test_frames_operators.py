"""Operators, comparisons, truth, containers: their methods in Python run as frames of the loop.

What the loop does is compared with what libpython does when it is asked through ctypes.
"""

import collections
import ctypes
import itertools
import operator
import random
import traceback
import unittest

import stackless
from support import StacklessTestCase, functions_of, needs_soft_switching, run_script
from support_loop import WARM, define

BINARY = {
    "+": ("add", "Add"),
    "-": ("sub", "Subtract"),
    "*": ("mul", "Multiply"),
    "@": ("matmul", "MatrixMultiply"),
    "/": ("truediv", "TrueDivide"),
    "//": ("floordiv", "FloorDivide"),
    "%": ("mod", "Remainder"),
    "**": ("pow", "Power"),
    "<<": ("lshift", "Lshift"),
    ">>": ("rshift", "Rshift"),
    "&": ("and", "And"),
    "^": ("xor", "Xor"),
    "|": ("or", "Or"),
}
UNARY = {"-": ("neg", "Negative"), "+": ("pos", "Positive"), "~": ("invert", "Invert")}
COMPARISONS = {"<": "lt", "<=": "le", "==": "eq", "!=": "ne", ">": "gt", ">=": "ge"}


def with_method(name, function):
    """An object whose class has just this special method."""
    return type("Thing", (), {name: function, "__hash__": None})()


# ---- Each way to call an action by an operator. Its result is thrown away.


def by_binary(symbol, name):
    apply = define(f"def f(a, b): return a {symbol} b")
    return lambda action: apply(with_method(f"__{name}__", lambda *_: action()), 1)


def by_reflected(symbol, name):
    apply = define(f"def f(a, b): return a {symbol} b")
    return lambda action: apply(1, with_method(f"__r{name}__", lambda *_: action()))


def by_inplace(symbol, name):
    apply = define(f"def f(a, b): a {symbol}= b")
    return lambda action: apply(with_method(f"__i{name}__", lambda *_: action()), 1)


def by_unary(symbol, name):
    apply = define(f"def f(a): return {symbol}a")
    return lambda action: apply(with_method(f"__{name}__", lambda _: action()))


def by_comparison(symbol, name):
    apply = define(f"def f(a, b): return a {symbol} b")
    return lambda action: apply(with_method(f"__{name}__", lambda *_: action()), 1)


def by_reflected_comparison(symbol, name):
    apply = define(f"def f(a, b): return a {symbol} b")
    return lambda action: apply(1, with_method(f"__{name}__", lambda *_: action()))


def by_inherited_ne(action):
    with_method("__eq__", lambda *_: action()) != 1


def true_after(action):
    def answer(*_):
        action()
        return True

    return answer


def by_bool(action):
    if with_method("__bool__", true_after(action)):
        pass


def by_not(action):
    return not with_method("__bool__", true_after(action))


def by_and(action):
    return with_method("__bool__", true_after(action)) and None


def by_or(action):
    return with_method("__bool__", true_after(action)) or None


def by_while(action):
    while not with_method("__bool__", true_after(action)):
        pass


def by_conditional(action):
    return 1 if with_method("__bool__", true_after(action)) else 2


def by_assert(action):
    assert with_method("__bool__", true_after(action))


def by_len(action):
    if with_method("__len__", true_after(action)):
        pass


def by_contains(action):
    return 1 in with_method("__contains__", lambda *_: action())


def by_not_in(action):
    return 1 not in with_method("__contains__", lambda *_: action())


def by_truth_of_contains(action):
    inner = with_method("__bool__", true_after(action))
    return 1 in with_method("__contains__", lambda *_: inner)


def by_contains_next(action):
    class Numbers:
        def __iter__(self):
            return self

        def __next__(self):
            action()
            raise StopIteration

    return 1 in Numbers()


def by_contains_items(action):
    def item(self, index):
        action()
        raise IndexError

    return 1 in with_method("__getitem__", item)


def by_contains_generator(action):
    def generate():
        action()
        yield 1

    return 1 in generate()


def by_contains_list(action):
    return 1 in [with_method("__eq__", true_after(action))]


def by_contains_tuple(action):
    return with_method("__eq__", true_after(action)) in (1,)


def by_getitem(action):
    return with_method("__getitem__", lambda *_: action())[1]


def by_setitem(action):
    with_method("__setitem__", lambda *_: action())[1] = 2


def by_delitem(action):
    del with_method("__delitem__", lambda *_: action())[1]


def by_slice(action):
    return with_method("__getitem__", lambda *_: action())[1:2]


def by_augmented_item(action):
    class Items:
        def __getitem__(self, key):
            return 1

        def __setitem__(self, key, value):
            action()

    Items()[1] += 2


def by_missing(action):
    class Items(dict):
        def __missing__(self, key):
            return action()

    return Items()[1]


def by_default_factory(action):
    return collections.defaultdict(lambda: action())[1]


def by_class_getitem(action):
    class Generic:
        def __class_getitem__(cls, key):
            return action()

    return Generic[1]


def by_metaclass_getitem(action):
    class Meta(type):
        def __getitem__(cls, key):
            return action()

    class Made(metaclass=Meta):
        pass

    return Made[1]


def by_abs(action):
    return abs(with_method("__abs__", lambda _: action()))


def by_round(action):
    return round(with_method("__round__", lambda _: action()))


def by_round_to_digits(action):
    return round(with_method("__round__", lambda *_: action()), 2)


def by_divmod(action):
    return divmod(with_method("__divmod__", lambda *_: action()), 2)


def by_reflected_divmod(action):
    return divmod(2, with_method("__rdivmod__", lambda *_: action()))


def by_pow(action):
    return pow(with_method("__pow__", lambda *_: action()), 2)


def by_reflected_pow(action):
    return pow(2, with_method("__rpow__", lambda *_: action()))


def by_pow_modulo(action):
    return pow(with_method("__pow__", lambda *_: action()), 2, 3)


def by_operator_binary(name):
    function = getattr(operator, f"__{name}__")
    return lambda action: function(with_method(f"__{name}__", lambda *_: action()), 1)


def by_operator_unary(name):
    function = getattr(operator, f"__{name}__")
    return lambda action: function(with_method(f"__{name}__", lambda _: action()))


def by_operator_truth(action):
    return operator.truth(with_method("__bool__", true_after(action)))


def by_operator_not(action):
    return operator.not_(with_method("__bool__", true_after(action)))


def by_operator_contains(action):
    return operator.contains(with_method("__contains__", lambda *_: action()), 1)


def by_operator_count_of(action):
    return operator.countOf([with_method("__eq__", true_after(action))], 1)


def by_operator_index_of(action):
    return operator.indexOf([with_method("__eq__", true_after(action))], 1)


def by_operator_getitem(action):
    return operator.getitem(with_method("__getitem__", lambda *_: action()), 1)


def by_operator_setitem(action):
    operator.setitem(with_method("__setitem__", lambda *_: action()), 1, 2)


def by_operator_delitem(action):
    operator.delitem(with_method("__delitem__", lambda *_: action()), 1)


ROWS = {
    **{f"__{name}__": by_binary(symbol, name) for symbol, (name, _) in BINARY.items()},
    **{f"__r{name}__": by_reflected(symbol, name) for symbol, (name, _) in BINARY.items()},
    **{f"__i{name}__": by_inplace(symbol, name) for symbol, (name, _) in BINARY.items()},
    **{f"__{name}__": by_unary(symbol, name) for symbol, (name, _) in UNARY.items()},
    **{f"__{name}__": by_comparison(symbol, name) for symbol, name in COMPARISONS.items()},
    "__gt__ for <": by_reflected_comparison("<", "gt"),
    "__eq__ of the right operand": by_reflected_comparison("==", "eq"),
    "__eq__ for !=": by_inherited_ne,
    "__bool__ in if": by_bool,
    "__bool__ in not": by_not,
    "__bool__ in and": by_and,
    "__bool__ in or": by_or,
    "__bool__ in while": by_while,
    "__bool__ in a conditional expression": by_conditional,
    "__bool__ in assert": by_assert,
    "__len__ in if": by_len,
    "__contains__": by_contains,
    "__contains__ for not in": by_not_in,
    "__bool__ of what __contains__ returns": by_truth_of_contains,
    "in over __next__": by_contains_next,
    "in over __getitem__": by_contains_items,
    "in over a generator": by_contains_generator,
    "in over a list, __eq__": by_contains_list,
    "in over a tuple, __eq__": by_contains_tuple,
    "__getitem__": by_getitem,
    "__setitem__": by_setitem,
    "__delitem__": by_delitem,
    "__getitem__ with a slice": by_slice,
    "__setitem__ by +=": by_augmented_item,
    "__missing__": by_missing,
    "defaultdict": by_default_factory,
    "__class_getitem__": by_class_getitem,
    "__getitem__ of a metaclass": by_metaclass_getitem,
    "abs()": by_abs,
    "round()": by_round,
    "round() to digits": by_round_to_digits,
    "divmod()": by_divmod,
    "divmod() reflected": by_reflected_divmod,
    "pow()": by_pow,
    "pow() reflected": by_reflected_pow,
    "pow() modulo": by_pow_modulo,
    **{
        f"operator.__{name}__()": by_operator_binary(name)
        for name in itertools.chain(
            (name for name, _ in BINARY.values()),
            ("i" + name for name, _ in BINARY.values()),
            COMPARISONS.values(),
        )
    },
    **{
        f"operator.{name}()": by_operator_unary(name)
        for name in (*(name for name, _ in UNARY.values()), "abs")
    },
    "operator.truth()": by_operator_truth,
    "operator.not_()": by_operator_not,
    "operator.contains()": by_operator_contains,
    "operator.countOf()": by_operator_count_of,
    "operator.indexOf()": by_operator_index_of,
    "operator.getitem()": by_operator_getitem,
    "operator.setitem()": by_operator_setitem,
    "operator.delitem()": by_operator_delitem,
}

# ---- What libpython does.


def c_function(name, count, result=ctypes.py_object):
    function = getattr(ctypes.pythonapi, name)
    function.restype = result
    function.argtypes = [ctypes.py_object] * count
    return function


def c_binary(name):
    function = c_function(f"PyNumber_{name}", 3 if "Power" in name else 2)
    return (lambda a, b: function(a, b, None)) if "Power" in name else function


def c_comparison(number):
    function = ctypes.pythonapi.PyObject_RichCompare
    function.restype = ctypes.py_object
    function.argtypes = [ctypes.py_object, ctypes.py_object, ctypes.c_int]
    return lambda a, b: function(a, b, number)


c_is_true = c_function("PyObject_IsTrue", 1, ctypes.c_int)
c_contains = c_function("PySequence_Contains", 2, ctypes.c_int)
c_get_item = c_function("PyObject_GetItem", 2)


def outcome(log, function, *args):
    """What a call comes to: what has been logged, and its result or exception."""
    del log[:]
    try:
        result = function(*args)
    except Exception as error:
        result = type(error), str(error), error.__context__, functions_called(error)
    return list(log), result


def functions_called(error):
    """The functions of classes in a traceback, with their lines."""
    frames = traceback.extract_tb(error.__traceback__)
    return [(frame.name, frame.lineno) for frame in frames if frame.name == "method"]


class RandomClasses:
    """Classes whose methods log that they have been called, and then do anything."""

    def __init__(self, seed, names):
        self.random = random.Random(seed)
        self.names = names
        self.log = []
        self.answers = [NotImplemented, NotImplemented, NotImplemented, True, False, 7, "", ValueError]
        self.answers += [with_method("__bool__", lambda _: self.log.append("bool") or False)]
        self.classes = [self.make(())]
        for bases in ((int,), (str,), (list,), (set,), (dict,), (float,), (tuple,)):
            self.classes += [self.make(bases)]
        for _ in range(12):
            self.classes += [self.make((self.random.choice(self.classes),))]

    def method(self, class_name, name):
        answer = self.random.choice(self.answers)

        def method(*args):
            self.log.append((class_name, name, [type(arg) for arg in args]))
            if answer is ValueError:
                raise ValueError(name)
            return answer

        kind = self.random.random()
        if kind < 0.1:
            return staticmethod(method)
        if kind < 0.2:
            return classmethod(method)
        if kind < 0.25:
            return None
        if kind < 0.3:
            return property(lambda self: method)
        if kind < 0.35:
            return property(lambda self: self.missing)
        return method

    def make(self, bases):
        name = f"Class{self.random.random()}"
        methods = {
            each: self.method(name, each) for each in self.names if self.random.random() < 0.4
        }
        return type(name, bases, methods | {"__hash__": lambda _: 1})

    def operands(self):
        objects = [each() for each in self.classes]
        return [*objects, 1, 2.5, "a", [1], {1}, {1: 2}, (), None, True, print, object()]


class AsInCTest(unittest.TestCase):
    def check(self, classes, function, c_function, *args):
        expected = outcome(classes.log, c_function, *args)
        self.assertEqual(outcome(classes.log, function, *args), expected, args)

    def check_binary(self, seed, symbol, names, c_name):
        classes = RandomClasses(seed, names)
        in_c = c_binary(c_name)
        apply = define(f"def f(a, b):\n    a {symbol} b\n    return a")
        if symbol[-1] != "=":
            apply = define(f"def f(a, b): return a {symbol} b")
        for left, right in itertools.product(classes.operands(), repeat=2):
            if not isinstance(left, (list, set, dict)) or symbol[-1] != "=":
                self.check(classes, apply, in_c, left, right)

    def test_binary(self):
        for seed, (symbol, (name, c_name)) in enumerate(BINARY.items()):
            with self.subTest(symbol=symbol):
                self.check_binary(seed, symbol, (f"__{name}__", f"__r{name}__"), c_name)

    def test_inplace(self):
        for seed, (symbol, (name, c_name)) in enumerate(BINARY.items()):
            with self.subTest(symbol=symbol):
                names = (f"__{name}__", f"__r{name}__", f"__i{name}__")
                self.check_binary(seed, f"{symbol}=", names, f"InPlace{c_name}")

    def test_comparisons(self):
        for number, symbol in enumerate(COMPARISONS):
            with self.subTest(symbol=symbol):
                classes = RandomClasses(number, [f"__{name}__" for name in COMPARISONS.values()])
                apply = define(f"def f(a, b): return a {symbol} b")
                in_c = c_comparison(number)
                for left, right in itertools.product(classes.operands(), repeat=2):
                    self.check(classes, apply, in_c, left, right)

    def test_unary(self):
        for seed, (symbol, (name, c_name)) in enumerate(UNARY.items()):
            with self.subTest(symbol=symbol):
                classes = RandomClasses(seed, [f"__{name}__"])
                apply = define(f"def f(a): return {symbol}a")
                for operand in classes.operands():
                    self.check(classes, apply, c_function(f"PyNumber_{c_name}", 1), operand)

    def test_divmod(self):
        classes = RandomClasses(1, ["__divmod__", "__rdivmod__"])
        in_c = c_binary("Divmod")
        for left, right in itertools.product(classes.operands(), repeat=2):
            self.check(classes, lambda a, b: divmod(a, b), in_c, left, right)

    def test_pow(self):
        classes = RandomClasses(1, ["__pow__", "__rpow__"])
        in_c = c_function("PyNumber_Power", 3)
        for left, right, modulus in itertools.product(classes.operands(), repeat=3):
            self.check(classes, lambda a, b, c: pow(a, b, c), in_c, left, right, modulus)

    TRUTHS = {
        "not": ("def f(a): return not a", lambda a: not c_is_true(a)),
        "if": ("def f(a):\n  if a: return 1\n  return 0", c_is_true),
        "if not": ("def f(a):\n  if not a: return 0\n  return 1", c_is_true),
        "while": ("def f(a):\n  n = 0\n  while a:\n    return 1\n  return 0", c_is_true),
        "or": ("def f(a): return a or 5", lambda a: a if c_is_true(a) else 5),
        "and": ("def f(a): return a and 5", lambda a: 5 if c_is_true(a) else a),
    }

    def test_truth(self):
        for kind, (source, in_c) in self.TRUTHS.items():
            for seed in range(4):
                with self.subTest(kind=kind, seed=seed):
                    classes = RandomClasses(seed, ["__bool__", "__len__"])
                    classes.answers += [1, -1, 2**70]
                    apply = define(source)
                    for operand in classes.operands():
                        self.check(classes, apply, in_c, operand)

    def test_length_of_a_strange_type(self):
        class Index:
            def __index__(self):
                return length

        class Items:
            def __len__(self):
                return Index()

        def look(items):
            if items:
                return 1
            return 0

        for length in (0, 5, -1, 2**80, "1"):
            self.assertEqual(outcome([], look, Items()), outcome([], c_is_true, Items()))

    def test_contains(self):
        for seed in range(4):
            with self.subTest(seed=seed):
                names = ["__contains__", "__iter__", "__eq__"]
                classes = RandomClasses(seed, names)
                classes.answers += [iter(()), iter([1])]
                apply = define("def f(a, b): return b in a")
                for container, value in itertools.product(classes.operands(), repeat=2):
                    self.check(
                        classes, apply, lambda a, b: bool(c_contains(a, b)), container, value
                    )

    def test_contains_in_sequences(self):
        classes = RandomClasses(1, ["__eq__"])
        operands = classes.operands()
        apply = define("def f(a, b): return b in a")
        for values in ([*operands], (*operands,), [*operands[-3:]], (operands[0],)):
            for value in classes.operands():
                self.check(classes, apply, lambda a, b: bool(c_contains(a, b)), values, value)

    def test_get_item(self):
        for seed in range(4):
            classes = RandomClasses(seed, ["__getitem__", "__missing__"])
            apply = define("def f(a, b): return a[b]")
            for container, key in itertools.product(classes.operands(), repeat=2):
                self.check(classes, apply, c_get_item, container, key)

    def test_class_item(self):
        classes = RandomClasses(1, ["__class_getitem__"])
        apply = define("def f(a, b): return a[b]")
        for container in (*classes.classes, int, type, object, list):
            expected = outcome(classes.log, c_get_item, container, 1)
            for _ in range(WARM):
                self.assertEqual(outcome(classes.log, apply, container, 1), expected)

    def test_set_and_delete_item(self):
        for seed in range(4):
            classes = RandomClasses(seed, ["__setitem__", "__delitem__"])
            for source, c_name in (
                ("def f(a, b): a[b] = None", "PyObject_SetItem"),
                ("def f(a, b): del a[b]", "PyObject_DelItem"),
            ):
                count = 3 if "Set" in c_name else 2
                in_c = c_function(c_name, count, ctypes.c_int)
                apply = define(source)
                for i, j in itertools.product(range(len(classes.operands())), repeat=2):
                    with self.subTest(source=source, i=i, j=j):
                        values = [None] * (count - 2)
                        one, other = classes.operands(), classes.operands()
                        expected, result = outcome(classes.log, in_c, one[i], other[j], *values)
                        one = classes.operands()
                        log, actual = outcome(classes.log, apply, one[i], other[j])
                        self.assertEqual((log, actual or 0), (expected, result))


class FramesTest(StacklessTestCase):
    """In each row, the action runs in a frame of the loop."""

    @needs_soft_switching
    def test_nesting_level(self):
        def look():
            self.log.append(stackless.getcurrent().nesting_level)
            return 1

        for name, call in ROWS.items():
            for temperature in ("cold", "warm"):
                with self.subTest(row=name, temperature=temperature):
                    del self.log[:]
                    self.start(call, look)
                    stackless.run()
                    self.assertEqual(set(self.log), {0})

    def test_switch(self):
        def work(call):
            def action():
                self.log.append("before")
                stackless.schedule()
                self.log.append("after")
                return 1

            self.start(self.note, "other")
            call(action)
            self.log.append("end")

        for name, call in ROWS.items():
            with self.subTest(row=name):
                del self.log[:]
                self.start(work, call)
                stackless.run()
                self.assertEqual(self.log, ["before", "other", "after", "end"])

    def test_kill(self):
        def work(call):
            def action():
                try:
                    stackless.schedule_remove()
                finally:
                    self.log.append("finally")

            call(action)
            self.log.append("not reached")

        for name, call in ROWS.items():
            with self.subTest(row=name):
                del self.log[:]
                waiting = self.pause(work, call)
                waiting.kill()
                self.assertEqual(self.log, ["finally"])

    def test_exception(self):
        def action():
            raise LookupError("reason")

        for name, call in ROWS.items():
            for handled in (None, KeyError("handled")):
                with self.subTest(row=name, handled=handled):
                    try:
                        if handled is not None:
                            raise handled
                        call(action)
                    except LookupError as error:
                        if error is not handled:
                            self.check_exception(error, None)
                            continue
                        try:
                            call(action)
                        except LookupError as other:
                            self.check_exception(other, handled)

    def check_exception(self, error, context):
        self.assertEqual(str(error), "reason")
        self.assertIs(error.__context__, context)
        functions = functions_of(error.__traceback__)
        self.assertEqual(functions[-1], "action")
        # Nothing of ours.
        files = {frame.filename for frame in traceback.extract_tb(error.__traceback__)}
        self.assertLessEqual(files, {__file__, "<string>"})

    def test_traceback(self):
        source = """if True:
            def f(a):
                return (
                    1,
                    a
                    + 1
                )
        """
        apply = define(source)

        def fail(*_):
            raise LookupError

        for _ in range(WARM):
            try:
                apply(with_method("__add__", fail))
            except LookupError as error:
                frames = traceback.extract_tb(error.__traceback__)[1:]
            self.assertEqual(
                [(frame.name, frame.lineno, frame.end_lineno) for frame in frames[:1]],
                [("f", 5, 6)],
            )
            self.assertEqual([frame.name for frame in frames], ["f", "fail"])


class RecursionTest(unittest.TestCase):
    """100,000 deep on a small C stack; and past the limit a RecursionError."""

    PROGRAM = """
import sys

class Thing:
    def __init__(self, depth):
        self.depth = depth

def descend(self, *_):
    if not self.depth:
        return True
    following = Thing(self.depth - 1)
    {expression}
    return True

for name in names:
    setattr(Thing, name, descend)
sys.setrecursionlimit(10**6)
descend(Thing(100_000))
sys.setrecursionlimit(1000)
try:
    descend(Thing(100_000))
except RecursionError:
    print("done")
"""
    EXPRESSIONS = {
        "following + 1": "__add__",
        "1 + following": "__radd__",
        "following += 1": "__iadd__",
        "following ** 2": "__pow__",
        "-following": "__neg__",
        "following == 1": "__eq__",
        "following != 1": "__eq__",
        "1 < following": "__gt__",
        "not following": "__bool__",
        "following and 1": "__bool__",
        "assert following": "__bool__",
        "if following: pass": "__len__",
        "1 in following": "__contains__",
        "following in [1]": "__eq__",
        "following[1]": "__getitem__",
        "following[1] = 2": "__setitem__",
        "del following[1]": "__delitem__",
        "abs(following)": "__abs__",
        "divmod(1, following)": "__rdivmod__",
        "round(following)": "__round__",
        "pow(following, 2, 3)": "__pow__",
        "__import__('operator').add(following, 1)": "__add__",
    }

    def test_deep(self):
        for expression, name in self.EXPRESSIONS.items():
            with self.subTest(expression=expression):
                program = self.PROGRAM.replace("{expression}", expression)
                program = program.replace("names", repr([name]))
                done = run_script(program, options=("-X", "stackless-cstack=262144"))
                self.assertEqual((done.stdout, done.stderr), ("done\n", ""))


if __name__ == "__main__":
    unittest.main()
