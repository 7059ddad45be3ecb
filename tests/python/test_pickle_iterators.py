"""Iterators in the middle of what they iterate over."""

import io
import itertools
import operator
import os
import pickle
import re
import struct
import subprocess
import sys
import unittest
from array import array
from collections import OrderedDict, deque
from itertools import chain, groupby, islice, pairwise, tee

import _stackless
from support_code import COMPUTATION, Project, round_trips

TUPLE = ("a", "b", "c", "d")
LIST = list(TUPLE)
DICT = dict.fromkeys(LIST, 1)
ORDERED = OrderedDict(DICT)


class Getter:
    """Iterable by index."""

    def __getitem__(self, index):
        return TUPLE[index]

    def __len__(self):
        return len(TUPLE)


class Counting:
    """An iterator that does not like to be asked for another one."""

    asked = 0

    def __init__(self, numbers):
        self.numbers = numbers

    def __iter__(self):
        Counting.asked += 1
        return iter("wrong")

    def __next__(self):
        if not self.numbers:
            raise StopIteration
        return self.numbers.pop(0)


class Pops:
    """Callable for iter(callable, sentinel)."""

    def __init__(self):
        self.left = list("dcba")

    def __call__(self):
        return self.left.pop()


# Functions that make an iterator of a few items.
ITERATORS = {
    "list": lambda: iter(list(LIST)),
    "reversed list": lambda: reversed(list(LIST)),
    "tuple": lambda: iter(TUPLE),
    "reversed tuple": lambda: reversed(TUPLE),
    "str": lambda: iter("abcd"),
    "wide str": lambda: iter("ab\u1234\U00012345"),
    "bytes": lambda: iter(b"abcd"),
    "bytearray": lambda: iter(bytearray(b"abcd")),
    "array": lambda: iter(array("i", [1, 2, 3])),
    "range": lambda: iter(range(3, 9, 2)),
    "long range": lambda: iter(range(10**30, 10**30 + 3)),
    "reversed range": lambda: reversed(range(3)),
    "dict": lambda: iter(dict(DICT)),
    "dict.values": lambda: iter(dict(DICT).values()),
    "dict.items": lambda: iter(dict(DICT).items()),
    "reversed dict": lambda: reversed(dict(DICT)),
    "reversed dict.values": lambda: reversed(dict(DICT).values()),
    "reversed dict.items": lambda: reversed(dict(DICT).items()),
    "OrderedDict": lambda: iter(OrderedDict(ORDERED)),
    "OrderedDict.values": lambda: iter(OrderedDict(ORDERED).values()),
    "OrderedDict.items": lambda: iter(OrderedDict(ORDERED).items()),
    "reversed OrderedDict": lambda: reversed(OrderedDict(ORDERED)),
    "reversed OrderedDict.values": lambda: reversed(OrderedDict(ORDERED).values()),
    "reversed OrderedDict.items": lambda: reversed(OrderedDict(ORDERED).items()),
    "set": lambda: iter({1, 2, 3}),
    "frozenset": lambda: iter(frozenset({1, 2, 3})),
    "deque": lambda: iter(deque(LIST)),
    "reversed deque": lambda: reversed(deque(LIST)),
    "by index": lambda: iter(Getter()),
    "reversed by index": lambda: reversed(Getter()),
    "callable": lambda: iter(Pops(), "d"),
    "enumerate": lambda: enumerate(LIST, 5),
    "long enumerate": lambda: enumerate(LIST, sys.maxsize - 1),
    "zip": lambda: zip(LIST, TUPLE),
    "strict zip": lambda: zip(LIST, TUPLE, strict=True),
    "map": lambda: map(operator.add, LIST, TUPLE),
    "filter": lambda: filter(None, [0, 1, 0, 2, 3]),
    "finditer": lambda: (match.span() for match in re.finditer("a*", "baac")),
    "iter_unpack": lambda: struct.iter_unpack("<h", b"abcdef"),
    "accumulate": lambda: itertools.accumulate(TUPLE),
    "accumulate with initial": lambda: itertools.accumulate([1, 2, 3], operator.mul, initial=5),
    "accumulate None": lambda: itertools.accumulate([None, None], operator.is_),
    "chain": lambda: chain("ab", "", "cd"),
    "chain.from_iterable": lambda: chain.from_iterable(["ab", "c"]),
    "combinations": lambda: itertools.combinations("abc", 2),
    "combinations_with_replacement": lambda: itertools.combinations_with_replacement("ab", 2),
    "compress": lambda: itertools.compress("abcde", [1, 0, 1, 0, 1]),
    "count": lambda: islice(itertools.count(3), 4),
    "count by float": lambda: islice(itertools.count(3, 0.5), 4),
    "cycle": lambda: islice(itertools.cycle("abc"), 7),
    "dropwhile": lambda: itertools.dropwhile(operator.not_, [0, 0, 1, 0, 2]),
    "takewhile": lambda: itertools.takewhile(operator.truth, [1, 2, 0, 3]),
    "filterfalse": lambda: itertools.filterfalse(operator.not_, [0, 1, 2]),
    "groupby": lambda: ((key, list(group)) for key, group in groupby("aabccc")),
    "islice": lambda: islice("abcdefgh", 1, 7, 2),
    "pairwise": lambda: pairwise("abcd"),
    "permutations": lambda: itertools.permutations("abc", 2),
    "product": lambda: itertools.product("ab", "cd"),
    "repeat": lambda: itertools.repeat("a", 3),
    "starmap": lambda: itertools.starmap(pow, [(2, 3), (3, 2)]),
    "tee": lambda: tee("abcd")[1],
    "zip_longest": lambda: itertools.zip_longest("a", "abc", fillvalue="-"),
}

# What generators are for does not go without a computation.
GENERATORS = {"finditer", "groupby"}

# What stock pickle can do without knowing of a computation, but for these.
OURS = GENERATORS | {"pairwise", "iter_unpack"}


def advance(iterator, count):
    for _ in range(count):
        next(iterator)
    return iterator


def copies(*values):
    """What becomes of values that travel with a computation."""
    for _, *result in round_trips([COMPUTATION, *values]):
        yield result


class StockPickler(pickle.Pickler):
    def reducer_override(self, obj):
        return NotImplemented


class PositionTest(unittest.TestCase):
    def test_in_a_computation_they_go_on(self):
        for name, make in ITERATORS.items():
            items = list(make())
            for count in range(len(items) + 1):
                with self.subTest(name, count=count):
                    for [copy] in copies(advance(make(), count)):
                        self.assertEqual(list(copy), items[count:])

    def test_without_a_computation_they_go_on(self):
        for name in ITERATORS.keys() - GENERATORS:
            items = list(ITERATORS[name]())
            for count in range(len(items) + 1):
                with self.subTest(name, count=count):
                    for copy in round_trips(advance(ITERATORS[name](), count)):
                        self.assertEqual(list(copy), items[count:])

    def test_without_a_computation_pickles_are_those_of_python(self):
        for name in ITERATORS.keys() - OURS:
            with self.subTest(name):
                iterator = advance(ITERATORS[name](), 1)
                file = io.BytesIO()
                StockPickler(file).dump(iterator)
                self.assertEqual(pickle.dumps(iterator), file.getvalue())

    def test_exhausted_iterators_stay_exhausted(self):
        for name, make in ITERATORS.items():
            with self.subTest(name):
                iterator = make()
                list(iterator)
                for [copy] in copies(iterator):
                    self.assertEqual(list(copy), [])

    def test_twice(self):
        for name, make in ITERATORS.items():
            with self.subTest(name):
                items = list(make())
                [copy] = pickle.loads(pickle.dumps([COMPUTATION, make()]))[1:]
                [copy] = pickle.loads(pickle.dumps([COMPUTATION, advance(copy, 1)]))[1:]
                [copy] = pickle.loads(pickle.dumps([COMPUTATION, copy]))[1:]
                self.assertEqual(list(copy), items[1:])

    def test_pickling_does_not_change_them(self):
        for name, make in ITERATORS.items():
            with self.subTest(name):
                items = list(make())
                iterator = advance(make(), 1)
                pickle.dumps([COMPUTATION, iterator])
                self.assertEqual(list(iterator), items[1:])


class SharingTest(unittest.TestCase):
    def test_list_and_its_iterators_stay_together(self):
        numbers = [1, 2, 3]
        for copied, first, second in copies(numbers, advance(iter(numbers), 1), iter(numbers)):
            copied.append(4)
            self.assertEqual((list(first), list(second)), ([2, 3, 4], [1, 2, 3, 4]))

    def test_dict_that_grows_is_noticed(self):
        for view in (dict.keys, dict.values, dict.items):
            for start in (iter, reversed):
                for of in (dict, OrderedDict):
                    original = of(a=1, b=2)
                    for copied, iterator in copies(original, advance(start(view(original)), 1)):
                        copied["c"] = 3
                        with self.assertRaisesRegex(RuntimeError, "(changed size|mutated) during iteration"):
                            next(iterator)
                        with self.assertRaises(RuntimeError):
                            next(iterator)

    def test_set_that_shrinks_is_noticed(self):
        original = {1, 2, 3}
        for count in (0, 1):
            for copied, iterator in copies(original, advance(iter(original), count)):
                copied.discard(2)
                with self.assertRaisesRegex(RuntimeError, "Set changed size during iteration"):
                    next(iterator)
                copied.add(2)
                with self.assertRaises(RuntimeError):
                    next(iterator)

    def test_deque_that_grows_is_noticed(self):
        original = deque([1, 2, 3])
        for start in (iter, reversed):
            for copied, iterator in copies(original, advance(start(original), 1)):
                copied.append(4)
                with self.assertRaisesRegex(RuntimeError, "deque mutated"):
                    next(iterator)

    def test_change_before_pickling_is_noticed_after(self):
        for original in ({1: 1, 2: 2}, OrderedDict({1: 1, 2: 2}), {1, 2}, deque([1, 2])):
            iterator = advance(iter(original), 1)
            original.pop(*[1] if isinstance(original, dict) else [])
            for [copy] in copies(iterator):
                with self.subTest(type(original)), self.assertRaises(RuntimeError):
                    next(copy)

    def test_dict_with_deleted_entries(self):
        original = {number: number for number in range(10)}
        del original[0], original[1], original[4]
        iterator = advance(iter(original), 3)
        backward = advance(reversed(original), 3)
        rest, backward_rest = [6, 7, 8, 9], [6, 5, 3, 2]
        for copy, backward_copy in copies(iterator, backward):
            self.assertEqual(list(copy), rest)
            self.assertEqual(list(backward_copy), backward_rest)

    def test_attributes_of_an_object(self):
        class_ = type("Attributes", (), {"__module__": __name__})
        globals()["Attributes"] = class_
        self.addCleanup(globals().pop, "Attributes")
        other, original = class_(), class_()
        other.first = other.second = other.third = 0
        original.third, original.first, original.second = 1, 2, 3
        for [copy] in copies(advance(iter(vars(original).items()), 1)):
            self.assertEqual(list(copy), [("first", 2), ("second", 3)])

    def test_values_may_change(self):
        original = {"a": 1, "b": 2}
        for copied, iterator in copies(original, advance(iter(original.values()), 1)):
            copied["b"] = 5
            self.assertEqual(list(iterator), [5])

    def test_how_many_are_left(self):
        for make in (lambda: iter(dict(DICT)), lambda: iter({1, 2, 3, 4}), lambda: iter(deque(LIST))):
            for [copy] in copies(advance(make(), 1)):
                self.assertEqual(operator.length_hint(copy), 3)
                next(copy)
                self.assertEqual(operator.length_hint(copy), 2)
                list(copy)
                self.assertEqual(operator.length_hint(copy), 0)

    def test_iterators_of_one_tee(self):
        first, second = tee(iter("abcdef"))
        advance(first, 3)
        for one, other in copies(first, second):
            self.assertEqual((next(one), list(other)), ("d", list("abcdef")))
            self.assertEqual(list(one), list("ef"))

    def test_tee_far_behind(self):
        first, second = tee(range(1000))
        advance(first, 700)
        advance(second, 60)
        for one, other in copies(first, second):
            self.assertEqual(list(one), list(range(700, 1000)))
            self.assertEqual(list(other), list(range(60, 1000)))

    def test_group_of_groupby(self):
        grouped = groupby("aabb")
        [_, stale], [_, current] = next(grouped), next(grouped)
        next(current)
        for parent, old, new in copies(grouped, stale, current):
            self.assertEqual((list(old), list(new), list(parent)), ([], ["b"], []))
        for new, old, parent in copies(current, stale, grouped):
            self.assertEqual((list(old), list(new), list(parent)), ([], ["b"], []))

    def test_cycle_has_a_list_of_its_own(self):
        for [copy] in copies(advance(itertools.cycle([1, 2]), 3)):
            self.assertEqual(list(islice(copy, 3)), [2, 1, 2])

    def test_iterator_within_iterators(self):
        numbers = [1, 2, 3, 4, 5]
        source = iter(numbers)
        zipped = zip(source, map(str, source))
        self.assertEqual(next(zipped), (1, "2"))
        for numbers_copy, source_copy, zipped_copy in copies(numbers, source, zipped):
            numbers_copy.append(6)
            self.assertEqual(next(zipped_copy), (3, "4"))
            self.assertEqual(next(source_copy), 5)


class CycleTest(unittest.TestCase):
    def test_list_with_its_own_iterator(self):
        for start in (iter, reversed):
            items = [1, 2]
            iterator = start(items)
            items += [iterator, 3, 4]
            if start is iter:
                advance(iterator, 4)
            for [copied] in copies(items):
                self.assertEqual(next(copied[2]), 4 if start is iter else 2)
                self.assertIs(next(iter(copied)), 1)
            for copy, copied in copies(iterator, items):
                self.assertIs(copied[2], copy)
                self.assertEqual(next(copy), 4 if start is iter else 2)

    def test_containers_with_their_own_iterators(self):
        makers = {
            "dict": (dict, lambda container, item: container.__setitem__(item, item)),
            "OrderedDict": (OrderedDict, lambda container, item: container.__setitem__(item, item)),
            "deque": (deque, deque.append),
        }
        for name, (make, add) in makers.items():
            container, inner = make(), Holder()
            for item in ("a", "b", inner, "c"):
                add(container, item)
            inner.iterator = advance(iter(container.values() if isinstance(container, dict) else container), 1)
            for [copied] in copies(container):
                with self.subTest(name):
                    [holder] = [item for item in copied if isinstance(item, Holder)]
                    self.assertEqual(list(holder.iterator), ["b", holder, "c"])

    def test_set_with_its_own_iterator(self):
        for protocol in (4, 5):
            container = {1, 2, 3}
            holder = Holder()
            container.add(holder)
            holder.iterator = iter(container)
            given = next(holder.iterator)
            data = pickle.dumps([COMPUTATION, container, given], protocol)
            _, copied, given = pickle.loads(data)
            [holder] = [item for item in copied if isinstance(item, Holder)]
            rest = list(holder.iterator)
            self.assertEqual(len(rest), 3)
            self.assertEqual({given, *rest}, copied)

    def test_values_that_lead_back(self):
        for make in (
            lambda items: itertools.accumulate(items, lambda total, item: item),
            itertools.cycle,
            pairwise,
            groupby,
            lambda items: tee(items)[0],
            lambda items: chain.from_iterable([items]),
        ):
            items = []
            iterator = make(items)
            items += [[iterator], [iterator]]
            next(iterator)
            for copied, copy in copies(items, iterator):
                self.assertIs(copied[1][0], copy)


class Holder:
    pass


class CodeOfTheProgramTest(unittest.TestCase):
    """Neither pickling nor loading calls anything of the program."""

    def test_iter_is_not_called(self):
        wrap = [
            enumerate,
            zip,
            lambda i: map(str, i),
            lambda i: filter(None, i),
            itertools.accumulate,
            itertools.cycle,
            pairwise,
            lambda i: islice(i, 2, 3),
            lambda i: itertools.takewhile(str, i),
            lambda i: itertools.starmap(str, i),
            lambda i: itertools.zip_longest(i, i),
        ]
        for make in wrap:
            iterator = make(Source(Counting([1, 2, 3])))
            Counting.asked = 0
            for _ in copies(iterator):
                pass
            self.assertEqual(Counting.asked, 0)

    def test_subclasses_with_an_iter_of_their_own(self):
        for original, expected in ((OddList([1, 2, 3]), [2, 3]), (OddTuple([1, 2, 3]), [2, 3])):
            iterator = advance(type(original).__mro__[1].__iter__(original), 1)
            for copied, copy in copies(original, iterator):
                self.assertIs(type(copied), type(original))
                self.assertEqual(list(copy), expected)


class Source:
    """Something to make an iterator of."""

    def __init__(self, iterator):
        self.iterator = iterator

    def __iter__(self):
        return self.iterator


class OddList(list):
    def __iter__(self):
        return iter("wrong")

    def __reduce__(self):
        return OddList, ([*list.__iter__(self)],)


class OddTuple(tuple):
    def __iter__(self):
        return iter("wrong")

    def __reduce__(self):
        return OddTuple, ([*tuple.__iter__(self)],)


class OtherProcessTest(Project):
    def test_sets_have_another_order(self):
        self.write(
            "program.py",
            """
            import pickle, sys, stackless
            names = {"one", "two", "three", "four", "five", "six", "seven"}
            if sys.argv[1] == "save":
                iterator = iter(names)
                given = [next(iterator) for _ in range(3)]
                data = pickle.dumps([stackless.bomb(ValueError), names, given, iterator])
                open("data", "wb").write(data)
            else:
                _, copied, given, iterator = pickle.loads(open("data", "rb").read())
                rest = list(iterator)
                assert copied == names
                assert len(rest) == 4 and {*given, *rest} == names, (given, rest)
            """,
        )
        for seed in range(5):
            for action in ("save", "load"):
                environment = dict(os.environ, PYTHONHASHSEED=str(seed + (action == "load") * 100))
                command = [sys.executable, "-B", "program.py", action]
                subprocess.run(command, env=environment, cwd=self.directory, check=True)


class MalformedTest(unittest.TestCase):
    def refuses(self, function, *arguments):
        with self.subTest(function=function.__name__, arguments=arguments):
            with self.assertRaises(pickle.UnpicklingError):
                function(*arguments)

    def test_load_iterator(self):
        load = _stackless.load_iterator
        empty = iter(())
        for arguments in [
            (),
            ("nothing",),
            (3,),
            (None, []),
            ("list", []),
            ("list", [], -1),
            ("list", [], 2**70),
            ("list", [], 1.0),
            ("list", (), 1),
            ("list", [], 1, 1),
            ("reversed_list", [], -2),
            ("tuple", [], 1),
            ("sequence", 3, 1),
            ("sequence", [], -1),
            ("reversed", {1}, 1),
            ("callable", (len,), None),
            ("callable", len, (1,)),
            ("enumerate", [], 1, None),
            ("enumerate", empty, -1, None),
            ("enumerate", empty, 1, (1.0,)),
            ("zip", (empty, []), False),
            ("zip", [empty], False),
            ("zip", (empty,), 3),
            ("zip", (empty, None), False),
            ("map", (), len),
            ("filter", None, len),
            ("takewhile", empty, len, 1),
            ("islice", empty, 0, 0, 0, 0),
            ("islice", empty, 0, -2, 1, 0),
            ("islice", empty, -1, 0, 1, 0),
            ("zip_longest", (3,), None),
            ("compress", empty, None),
            ("chain", [], None),
            ("accumulate", empty, len, None, None),
            ("pairwise", [], None),
            ("cycle", empty, [], 0, False),
            ("cycle", empty, (), 1, False),
            ("cycle", empty, (1, 2), 2, False),
            ("cycle", empty, None, 0, False),
            ("groupby", empty, None, None, (1,), None),
            ("groupby", empty, None, 1, None, None),
        ]:
            self.refuses(load, *arguments)

    def test_state_is_set_once(self):
        state = _stackless.set_iterator_state
        for iterator, fields in [
            (iter([1]), ([2], 0)),
            (zip([1]), ((iter([1]),), False)),
            (map(len, ()), ()),
            (pairwise("ab"), (iter(()), None)),
            ([], ([], 0)),
            (3, ()),
        ]:
            self.refuses(state, iterator, fields)
        blank = _stackless.load_iterator("pairwise")
        self.assertIsNone(state(blank, (iter("bc"), ("a",))))
        self.refuses(state, blank, (iter("bc"), ("a",)))
        self.refuses(state, blank)
        self.assertEqual(list(blank), [("a", "b"), ("b", "c")])

    def test_blanks_are_exhausted(self):
        for kind in (
            "list reversed_list tuple sequence reversed callable enumerate zip map filter filterfalse starmap "
            "takewhile dropwhile islice compress zip_longest chain accumulate pairwise cycle groupby"
        ).split():
            blank = _stackless.load_iterator(kind)
            self.assertEqual(list(blank), [], kind)
            self.assertEqual(list(pickle.loads(pickle.dumps([COMPUTATION, blank]))[1]), [], kind)

    def test_dict_iterators(self):
        load = _stackless.load_dict_iterator
        for arguments in [
            ("nothing",),
            (1,),
            (),
            ("keys", {}),
            ("keys", [], 0, 0, 0),
            ("keys", {1: 1}, 2, 1, 0),
            ("keys", {1: 1}, -1, 1, 0),
            ("keys", {1: 1}, 0, -2, 0),
            ("keys", {1: 1}, 0, 1, -1),
            ("reversed_items", {1: 1}, 2, 1, 1),
            ("reversed_items", {1: 1}, "", 1, 1),
        ]:
            self.refuses(load, *arguments)
        # A place is compared with the size at the time of the iteration.
        for kind in ("keys", "values", "items", "reversed_keys", "reversed_values", "reversed_items"):
            for size in (-1, 0, 2):
                with self.assertRaises(RuntimeError):
                    next(load(kind, {1: 1}, max(size, 0), size, 5))

    def test_set_iterators(self):
        load = _stackless.load_set_iterator
        for arguments in [(set(),), ([], 0, None), (set(), 0, []), (set(), -2, None), (set(), "", None)]:
            self.refuses(load, *arguments)
        for rest in (None, (1, 2, 3)):
            with self.assertRaises(RuntimeError):
                next(load({1, 2}, 3, rest))

    def test_resumed_iterators(self):
        load = _stackless.load_resumed_iterator
        for arguments in [
            (),
            ([], 8, 0, 0),
            (deque(), 2, 0, 0),
            (deque(), 10, 0, 0),
            (deque(), 16, 0, 0),
            (deque(), -1, 0, 0),
            (deque(), 8, -2, 0),
            (deque(), 8, 1, 2),
            (deque(), 8, 1, -1),
            (OrderedDict(), 0, 0, 0),
            (OrderedDict(), 1, 0, 0),
            (OrderedDict(), 8, 0, 0),
            ({}, 2, 0, 0),
        ]:
            self.refuses(load, *arguments)

    def test_groups_and_tees(self):
        self.refuses(_stackless.load_group, 1, 2, True)
        self.refuses(_stackless.load_group, groupby(""))
        block = _stackless.load_tee_block(3)
        self.refuses(_stackless.load_tee, block, 4)
        self.refuses(_stackless.load_tee, block, -1)
        self.refuses(_stackless.load_tee, 3, 0)
        self.refuses(_stackless.load_tee_block, 58)
        self.refuses(_stackless.load_tee_block, "")
        self.assertEqual(list(_stackless.load_tee(block, 1)), [None, None])
        set_state = _stackless.set_tee_block_state
        for state in [
            (),
            [iter(""), (1, 2, 3), None],
            ([], (1, 2, 3), None),
            (iter(""), (1, 2), None),
            (iter(""), [1, 2, 3], None),
            (iter(""), (1, 2, 3), block),
            (iter(""), (1, 2, 3), 3),
        ]:
            self.refuses(set_state, block, state)
        set_state(block, (iter("ab"), (1, 2, 3), None))
        self.refuses(set_state, block, (iter("ab"), (1, 2, 3), None))
        self.refuses(set_state, 3, (iter("ab"), (1, 2, 3), None))
        self.assertEqual(list(_stackless.load_tee(block, 1)), [2, 3, "a", "b"])


if __name__ == "__main__":
    unittest.main()
