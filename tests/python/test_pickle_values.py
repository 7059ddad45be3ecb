"""Other values that a computation holds, and that stock pickle refuses."""

import collections
import contextlib
import contextvars
import decimal
import functools
import gc
import io
import operator
import pickle
import re
import struct
import sys
import types
import unittest
import weakref

import _stackless
from support_code import COMPUTATION, Project, round_trips

variable = contextvars.ContextVar("variable_by_another_name", default="default")


def copies(*values):
    """What becomes of values that travel with a computation."""
    for _, *result in round_trips([COMPUTATION, *values]):
        yield result


def copy(value):
    return pickle.loads(pickle.dumps([COMPUTATION, value]))[1]


class Node:
    """Can be referred to weakly."""

    def __init__(self, name=None):
        self.name = name

    def called(self, *args):
        return self.name, args


class LoaderTestCase(unittest.TestCase):
    def refuses(self, function, *arguments):
        with self.subTest(function=function.__name__, arguments=arguments):
            with self.assertRaises(pickle.UnpicklingError):
                function(*arguments)


class ViewTest(LoaderTestCase):
    def test_views(self):
        for of in (dict, collections.OrderedDict, collections.defaultdict):
            original = of()
            original.update(a=1, b=2)
            for view in (original.keys(), original.values(), original.items()):
                for copied, result in round_trips((original, view)):
                    self.assertIs(type(result), type(view))
                    copied["c"] = 3
                    self.assertEqual(list(result), list(result))
                    self.assertEqual(len(result), 3)
                    self.assertEqual(list(result)[:2], list(view))

    def test_dict_with_its_own_view(self):
        original = {}
        original["view"] = original.values()
        for [copied] in copies(original):
            self.assertIs(next(iter(copied["view"])), copied["view"])

    def test_proxies(self):
        original = {"a": 1}
        for copied, result in round_trips((original, types.MappingProxyType(original))):
            copied["b"] = 2
            self.assertIs(type(result), types.MappingProxyType)
            self.assertEqual(result, {"a": 1, "b": 2})

    def test_dictionaries_of_classes(self):
        for class_ in (Node, int, collections.OrderedDict):
            for result in round_trips(vars(class_)):
                self.assertEqual(result, vars(class_))
                self.assertIs(type(result), types.MappingProxyType)
                self.assertLess(len(pickle.dumps(vars(class_))), 100)

    def test_malformed(self):
        for arguments in [(), ("keys",), ("keys", []), ("nothing", {}), (1, {}), ("ordered_keys", {})]:
            self.refuses(_stackless.load_view, *arguments)
        for argument in (3, [], ()):
            self.refuses(_stackless.load_proxy, argument)
        self.refuses(_stackless.load_class_dict, {})


class ContextTest(LoaderTestCase):
    def test_variables_of_modules_stay_themselves(self):
        for result in round_trips(variable):
            self.assertIs(result, variable)

    def test_other_variables(self):
        local = contextvars.ContextVar("local", default=[1])
        without_default = contextvars.ContextVar("without")
        for one, other, same in round_trips((local, without_default, local)):
            self.assertIs(same, one)
            self.assertIsNot(one, local)
            self.assertEqual((one.name, one.get(), other.name), ("local", [1], "without"))
            self.assertRaises(LookupError, other.get)

    def test_context(self):
        local = contextvars.ContextVar("local")
        context = contextvars.copy_context()
        context.run(variable.set, "changed")
        context.run(local.set, local)
        for result, local_copy in round_trips((context, local)):
            self.assertEqual(result[variable], "changed")
            self.assertIs(result[local_copy], local_copy)
            self.assertEqual(result.run(variable.get), "changed")
            self.assertEqual(variable.get(), "default")

    def test_context_in_its_own_value(self):
        context = contextvars.Context()
        context.run(variable.set, [context])
        for result in round_trips(context):
            self.assertIs(result[variable][0], result)

    def test_empty_context(self):
        for result in round_trips(contextvars.Context()):
            self.assertEqual(len(result), 0)

    def test_values_that_cannot_be_pickled_stay_behind(self):
        context = contextvars.Context()
        other = contextvars.ContextVar("other")
        context.run(variable.set, sys.implementation)
        context.run(other.set, io.open(__file__))
        self.addCleanup(context[other].close)
        context.run(variable.set, 5)
        for [result] in copies(context):
            self.assertEqual(dict(result), {variable: 5})

    def test_decimal(self):
        context = contextvars.Context()
        context.run(decimal.getcontext).prec = 5
        for [result] in copies(context):
            self.assertEqual(result.run(decimal.getcontext).prec, 5)
            self.assertEqual(len(result), 1)

    def test_tokens(self):
        context = contextvars.Context()
        token = context.run(variable.set, 1)
        second = context.run(variable.set, 2)
        context.run(variable.reset, second)
        for result, first, used in round_trips((context, token, second)):
            self.assertEqual(result.run(variable.get), 1)
            self.assertIs(first.var, variable)
            self.assertIs(first.old_value, contextvars.Token.MISSING)
            self.assertEqual(used.old_value, 1)
            result.run(variable.reset, first)
            self.assertNotIn(variable, result)
            with self.assertRaisesRegex(RuntimeError, "already been used"):
                result.run(variable.reset, used)

    def test_malformed(self):
        for arguments in [
            (),
            (None, None),
            ("no_such_module_at_all", "x"),
            ("sys", "path"),
            ("sys", "no_such_name"),
            (1, "x"),
            ("sys", 1),
            (None, None, 1, None),
            (None, None, "a", 1),
            ("sys", "path", 1, None),
        ]:
            with self.subTest(arguments), self.assertRaises((pickle.UnpicklingError, ImportError)):
                _stackless.load_context_variable(*arguments)
        full = contextvars.Context()
        full.run(variable.set, 1)
        empty = contextvars.Context()
        for arguments in [(), (1, []), (empty, ()), (empty, [1]), (empty, [(1, 2)]), (full, [(variable, 2)])]:
            self.refuses(_stackless.set_context_state, *arguments)
        for arguments in [(), (1, variable, None, 0), (empty, 1, None, 0), (empty, variable, 1, 0), (empty, variable, None, 2)]:
            self.refuses(_stackless.load_token, *arguments)


class ContextOfMainTest(Project):
    def test_variable_of_main(self):
        self.write(
            "program.py",
            """
            import contextvars, pickle, sys
            if sys.argv[1] == "save":
                setting = contextvars.ContextVar("own name", default="default")
                context = contextvars.Context()
                context.run(setting.set, "value")
                pickle.dump([context, setting], open("data", "wb"))
            elif sys.argv[1] == "load":
                setting = contextvars.ContextVar("another")
                context, found = pickle.load(open("data", "rb"))
                print(found is setting, context[setting])
            else:
                context, found = pickle.load(open("data", "rb"))
                print(found.name, found.get(), context[found])
            """.replace("import contextvars", "import stackless, contextvars"),
        )
        self.run_program("program.py", "save")
        self.assertEqual(self.run_program("program.py", "load"), "True value\n")
        self.assertEqual(self.run_program("program.py", "elsewhere"), "own name default value\n")


class WeakReferenceTest(LoaderTestCase):
    def test_reference(self):
        node = Node("a")
        for holder, reference in round_trips(([node], weakref.ref(node))):
            self.assertIs(reference(), holder[0])
            holder.clear()
            gc.collect()
            self.assertIsNone(reference())

    def test_reference_that_comes_first(self):
        node = Node("a")
        for reference, result in round_trips((weakref.ref(node), node)):
            self.assertIs(reference(), result)

    def test_reference_to_what_nothing_else_holds(self):
        node = Node("a")
        for reference in round_trips(weakref.ref(node)):
            gc.collect()
            self.assertIsNone(reference())

    def test_dead_reference(self):
        for reference in round_trips(weakref.ref(Node())):
            self.assertIsNone(reference())

    def test_parent_and_child(self):
        parent, child = Node("parent"), Node("child")
        parent.children, child.parent = [child], weakref.ref(parent)
        for result in round_trips(parent):
            self.assertIs(result.children[0].parent(), result)
        for result, keeps in round_trips((child, parent)):
            self.assertIs(result.parent(), keeps)

    def test_callback(self):
        node = Node("a")
        calls = Calls()
        for holder, called, reference in round_trips(([node], calls, weakref.ref(node, calls))):
            holder.clear()
            gc.collect()
            self.assertEqual(called.seen, [reference])

    def test_proxies(self):
        node = Node("a")
        for holder, proxy in copies([node], weakref.proxy(node)):
            self.assertEqual(proxy.name, "a")
            holder.clear()
            gc.collect()
            with self.assertRaises(ReferenceError):
                proxy.name
        calls = Calls()
        for called, proxy in copies(calls, weakref.proxy(calls)):
            proxy(1)
            self.assertEqual(called.seen, [1])
        for result in round_trips(weakref.proxy(node)):  # as python3.11 does it
            self.assertIs(type(result), Node)

    def test_method(self):
        node = Node("a")
        for result, method in round_trips((node, weakref.WeakMethod(node.called))):
            self.assertEqual(method()(1), ("a", (1,)))
            self.assertIs(method().__self__, result)
        dead = weakref.WeakMethod(Node().called)
        for method in round_trips(dead):
            self.assertIsNone(method())

    def test_dictionaries(self):
        node, other = Node("a"), Node("b")
        values = weakref.WeakValueDictionary(a=node, b=other)
        keys = weakref.WeakKeyDictionary({node: 1, other: 2})
        for holder, by_name, by_node in round_trips(([node], values, keys)):
            gc.collect()
            self.assertEqual(dict(by_name), {"a": holder[0]})
            self.assertEqual(dict(by_node), {holder[0]: 1})
            holder.clear()
            gc.collect()
            self.assertEqual((len(by_name), len(by_node)), (0, 0))

    def test_set(self):
        node, other = Node("a"), Node("b")
        for holder, nodes in round_trips(([node], weakref.WeakSet([node, other]))):
            gc.collect()
            self.assertEqual(list(nodes), holder)
            holder.clear()
            gc.collect()
            self.assertEqual(len(nodes), 0)

    def test_malformed(self):
        for function in (_stackless.load_reference, _stackless.load_weak_proxy):
            for arguments in [(), (1, None), ("", None), (Node(),)]:
                self.refuses(function, *arguments)
        self.refuses(_stackless.set_weak_set_state, weakref.WeakSet(), ())
        self.refuses(_stackless.set_weak_set_state, weakref.WeakSet())
        self.refuses(_stackless.set_weak_set_state, set(), [])


class Calls:
    def __init__(self):
        self.seen = []

    def __call__(self, reference):
        self.seen.append(reference)


# Coroutines and asynchronous generators, run by hand.


@types.coroutine
def pause(value):
    return (yield value)


async def waits(value):
    return await pause(value) + 1


async def numbers():
    while True:
        try:
            yield await pause("number")
        except KeyError as error:
            yield await pause(error.args)


async def closes():
    try:
        yield await pause("number")
    finally:
        await pause("closing")


class AwaitableTest(LoaderTestCase):
    def step(self, awaitable, value=None):
        return awaitable.send(value)

    def result(self, awaitable, value):
        with self.assertRaises(StopIteration) as raised:
            awaitable.send(value)
        return raised.exception.value

    def test_wrapper_of_a_coroutine(self):
        coroutine = waits(5)
        wrapper = coroutine.__await__()
        self.assertEqual(self.step(wrapper), 5)
        for original, result in copies(coroutine, wrapper):
            self.assertEqual(self.result(result, 7), 8)
            self.assertRaises(RuntimeError, original.send, None)
        self.result(wrapper, 1)

    def test_asend(self):
        generator = numbers()
        fresh = generator.asend(None)
        for result in (result for [result] in copies(fresh)):
            self.assertEqual(self.step(result), "number")
            self.assertEqual(self.result(result, 7), 7)
        self.assertEqual(self.step(fresh), "number")
        for of, result in copies(generator, fresh):
            self.assertTrue(of.ag_running)
            self.assertEqual(self.result(result, 7), 7)
            self.assertEqual(self.step(of.asend(1)), "number")

    def test_athrow_and_aclose(self):
        generator = numbers()
        first = generator.asend(None)
        self.step(first)
        self.result(first, 1)
        thrown = generator.athrow(KeyError("thrown"))
        self.assertEqual(self.step(thrown), ("thrown",))
        for [result] in copies(thrown):
            self.assertEqual(self.result(result, 2), 2)
        self.result(thrown, 1)

        generator = closes()
        first = generator.asend(None)
        self.step(first)
        self.result(first, 1)
        closing = generator.aclose()
        self.assertEqual(self.step(closing), "closing")
        for [result] in copies(closing):
            self.assertIsNone(self.result(result, None))
        self.result(closing, None)

    def test_anext_with_a_default(self):
        generator = numbers()
        awaitable = anext(generator, "default")
        self.assertEqual(self.step(awaitable.__await__()), "number")
        for of, result in copies(generator, awaitable):
            self.assertIs(type(result), type(awaitable))
            self.assertTrue(of.ag_running)

    def test_used_up(self):
        generator = numbers()
        used = generator.asend(None)
        self.step(used)
        self.result(used, 1)
        for [result] in copies(used):
            self.assertRaises(RuntimeError, result.send, None)

    def test_malformed(self):
        generator = numbers()
        self.refuses(_stackless.load_coroutine_wrapper, generator)
        for function in (_stackless.load_asend, _stackless.load_athrow):
            for arguments in [
                (),
                (1, None, 0),
                (generator, 1, 0),
                (generator, None, 3),
                (generator, None, -1),
                (generator, None, None),
            ]:
                self.refuses(function, *arguments)
        self.refuses(_stackless.load_athrow, generator, (1,), 0)


class PatternTest(LoaderTestCase):
    def test_matches(self):
        for pattern, string, pos in [
            (r"(?P<first>a)(b)?(c)", "xxacyy", 1),
            (r"a*", "b", 0),
            (rb"(a)|(b)", b"b", 0),
            (r"(.)(.)", "\u1234\U00012345", 0),
            (rb"(.)", bytearray(b"abc"), 1),
        ]:
            match = re.compile(pattern).search(string, pos)
            for result in round_trips(match):
                for name in ("string", "re", "pos", "endpos", "lastindex", "lastgroup", "regs"):
                    self.assertEqual(getattr(result, name), getattr(match, name), name)
                self.assertEqual((result.groups(), result.groupdict()), (match.groups(), match.groupdict()))
                self.assertEqual(repr(result), repr(match))

    def test_finditer(self):
        for pattern, string in [(r"a*", "baac"), (rb"(?<=a)b|^", b"abab"), (r".", "\u1234\U00012345a")]:
            expected = [match.span() for match in re.finditer(pattern, string)]
            for count in range(len(expected) + 1):
                iterator = re.finditer(pattern, string)
                for _ in range(count):
                    next(iterator)
                for result in round_trips(iterator):
                    self.assertEqual([match.span() for match in result], expected[count:])
                if count == len(expected):
                    self.assertEqual(next(iterator, None), None)
                    for result in round_trips(iterator):
                        self.assertEqual(list(result), [])

    def test_finditer_of_a_part(self):
        iterator = re.compile("a").finditer("aaaaa", 1, 4)
        next(iterator)
        for result in round_trips(iterator):
            self.assertEqual([match.span() for match in result], [(2, 3), (3, 4)])

    def test_struct(self):
        for result in round_trips(struct.Struct("<hb")):
            self.assertEqual((result.format, result.pack(1, 2)), ("<hb", b"\1\0\2"))

    def test_malformed(self):
        pattern = re.compile("(a)")
        good = [pattern, "aaa", 0, 3, 1, (0, 1, 0, 1)]
        self.assertEqual(_stackless.load_match(*good).groups(), ("a",))
        for index, values in {
            0: ["a", None],
            1: [3, ["a"]],
            2: [-1, "", 2**70],
            3: [-1, ""],
            4: [-2, 2, ""],
            5: [(), (0, 1), [0, 1, 0, 1], (0, -1, 0, 1), (-1, 0, 0, 1), (2, 1, 0, 1), (0, 1, -2, 1), (0, 1, "", 1)],
        }.items():
            for value in values:
                self.refuses(_stackless.load_match, *good[:index], value, *good[index + 1 :])
        # Beyond the end there is nothing.
        self.assertEqual(_stackless.load_match(*good[:5], (0, 10, 5, 2**60)).groups(), ("",))
        good = [pattern, "aaa", 0, 3, 1, 0]
        self.assertEqual(_stackless.load_scanner(*good).search().span(), (1, 2))
        for index, values in {
            0: ["a"],
            1: [3, b"aaa"],
            2: ["", 2],
            3: [""],
            4: [-2, 4, ""],
            5: [2, -1, ""],
        }.items():
            for value in values:
                self.refuses(_stackless.load_scanner, *good[:index], value, *good[index + 1 :])
        two = struct.Struct("<h")
        for arguments in [(1,), (1, b"ab", 0), (two, 3, 0), (two, b"abc", 0), (two, b"abcd", 1), (two, b"abcd", 6), (two, b"", "")]:
            self.refuses(_stackless.load_unpack_iterator, *arguments)


@functools.lru_cache(maxsize=3)
def cached(number):
    return number * 2


def compare(one, other):
    return (one > other) - (one < other)


def get_name(node):
    return node.name


class WrapperTest(LoaderTestCase):
    def test_properties_and_methods(self):
        for [result] in copies(property(get_name, doc="text")):
            self.assertEqual((result.fget, result.fset, result.__doc__), (get_name, None, "text"))
        for type_ in (classmethod, staticmethod):
            for [result] in copies(type_(get_name)):
                self.assertIs(type(result), type_)
                self.assertIs(result.__func__, get_name)

    def test_lru_cache(self):
        for result in round_trips(cached):
            self.assertIs(result, cached)
        for size, typed in ((None, False), (0, True), (5, True)):
            local = functools.lru_cache(size, typed)(lambda number: number + 1)
            local(1)
            for [result] in copies(local):
                self.assertEqual((result(1), result.cache_info().misses), (2, 1))
                self.assertEqual(result.cache_parameters(), {"maxsize": size, "typed": typed})

    def test_compared_keys(self):
        make = functools.cmp_to_key(compare)
        for result, key in round_trips((make, make(5))):
            self.assertTrue(result(4) < key < result(6))
            self.assertEqual(key.obj, 5)

    def test_cached_property(self):
        original = functools.cached_property(get_name)
        original.__set_name__(Node, "shown")
        for result in round_trips(original):
            self.assertEqual((result.func, result.attrname), (get_name, "shown"))

    def test_functions_of_functions(self):
        for original in [
            functools.partial(pow, 2, mod=5),
            operator.itemgetter(1, 2),
            operator.attrgetter("a.b"),
            operator.methodcaller("a", 1, b=2),
        ]:
            for [result] in copies(original):
                self.assertEqual(repr(result), repr(original))

    def test_single_dispatch(self):
        @functools.singledispatch
        def describe(value):
            return "something"

        describe.register(int, lambda value: "a number")
        describe(1)
        for [result] in copies(describe):
            self.assertEqual((result(1), result("")), ("a number", "something"))
            result.register(str, lambda value: "a text")
            self.assertEqual(result(""), "a text")

    def test_malformed(self):
        for arguments in [(), (1, None, 0), (len, -1, 0), (len, "", 0), (len, None, 2), (len, None, None)]:
            self.refuses(_stackless.load_lru_cache, *arguments)
        self.refuses(_stackless.load_compared_key)
        self.refuses(_stackless.load_compared_key, 1, 2, 3)


class Base:
    __slots__ = ("slot",)

    def method(self):
        return "base"


class Derived(Base):
    def __init__(self):
        pass

    def __len__(self):
        return 5

    def method(self):
        return "derived"


class DescriptorTest(LoaderTestCase):
    def test_descriptors(self):
        for original in [
            vars(type)["__mro__"],
            vars(Derived)["__dict__"],
            vars(Node)["__weakref__"],
            Base.slot,
            vars(dict)["fromkeys"],
            str.upper,
            int.__add__,
            type.__call__,
        ]:
            for [result] in copies(original):
                self.assertIs(result, original)

    def test_method_that_a_subclass_overrides(self):
        original = Derived()
        for result, init in copies(original, super(Derived, original).__init__):
            self.assertEqual(repr(init), repr(super(Derived, result).__init__))
            self.assertIs(init.__self__, result)

    def test_super(self):
        original = Derived()
        for result, base in round_trips((original, super(Derived, original))):
            self.assertEqual(base.method(), "base")
            self.assertIs(base.__self__, result)
        for result in round_trips(super(Derived, Derived)):
            self.assertIs(result.__self__, Derived)
        for result in round_trips(super(Derived)):
            self.assertIsNone(result.__self__)

    def test_malformed(self):
        for arguments in [(), (1, "a"), (int, 1), (int, "nothing"), (Node, "__init__"), (int, "__doc__")]:
            self.refuses(_stackless.load_descriptor, *arguments)
        for arguments in [(), (int, "__add__", ""), (str, "upper", ""), (int, "nothing", 1)]:
            self.refuses(_stackless.load_method_wrapper, *arguments)
        for arguments in [(), (1,), (int, ""), (int, 1, 2)]:
            self.refuses(_stackless.load_super, *arguments)


class Refuses:
    """A mixin for picklers."""

    def reducer_override(self, obj):
        return (str, ("refused",)) if isinstance(obj, Node) else super().reducer_override(obj)


class RefusesAlone:
    def reducer_override(self, obj):
        return (str, ("refused",)) if isinstance(obj, Node) else NotImplemented


class PicklerTest(unittest.TestCase):
    def test_reducer_of_a_mixin(self):
        for pickler in (pickle.Pickler, pickle._Pickler):
            in_front = type("InFront", (Refuses, pickler), {})
            file = io.BytesIO()
            in_front(file).dump([COMPUTATION, Node(), {}.keys()])
            self.assertEqual(pickle.loads(file.getvalue())[1:], ["refused", {}.keys()])

            behind = type("Behind", (pickler, RefusesAlone), {})
            file = io.BytesIO()
            behind(file).dump(Node())
            self.assertEqual(pickle.loads(file.getvalue()), "refused")


class StockTest(unittest.TestCase):
    """What stock pickle knows, it knows in a computation, too."""

    def test_values(self):
        for original in [
            slice(1, None, 2),
            range(3),
            ...,
            NotImplemented,
            list[int],
            int | None,
            types.SimpleNamespace(a=1),
            decimal.Decimal("1.5"),
            collections.Counter("aab"),
            collections.deque([1], 5),
            collections.defaultdict(list, {1: [2]}),
            collections.OrderedDict(a=1),
            re.compile("a", re.I),
            frozenset({1}),
            bytearray(b"a"),
        ]:
            for [result] in copies(original):
                self.assertEqual(result, original)
                self.assertIs(type(result), type(original))

    def test_what_cannot_be_pickled(self):
        import hashlib
        import threading

        with open(__file__) as file:
            for value in (hashlib.md5(), threading.Lock(), memoryview(b""), file):
                with self.subTest(type(value)), self.assertRaises(TypeError):
                    pickle.dumps([COMPUTATION, value])


@contextlib.contextmanager
def managed(log):
    log.append("enter")
    try:
        yield "managed"
    finally:
        log.append("exit")


class ContextManagerTest(unittest.TestCase):
    """Context managers that a generator is inside of."""

    def rest(self, generator):
        next(generator)
        for log, result in copies(generator.gi_frame.f_locals["log"], generator):
            self.assertEqual(list(result), [])
            yield log
        self.assertEqual(list(generator), [])

    def test_generator_function(self):
        def inside(log):
            with managed(log) as value:
                yield
                log.append(value)

        for log in self.rest(inside([])):
            self.assertEqual(log, ["enter", "managed", "exit"])

    def test_suppress(self):
        def inside(log):
            with contextlib.suppress(KeyError):
                yield
                raise KeyError

        for log in self.rest(inside([])):
            self.assertEqual(log, [])

    def test_exit_stack(self):
        def inside(log):
            with contextlib.ExitStack() as stack:
                stack.enter_context(managed(log))
                stack.callback(log.append, "callback")
                yield

        for log in self.rest(inside([])):
            self.assertEqual(log, ["enter", "callback", "exit"])

    def test_redirection(self):
        def inside(log):
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                print("first")
                yield
                print("second", file=stream)
                log.append(stream.getvalue())

        original = sys.stdout
        for log in self.rest(inside([])):
            self.assertEqual(log, ["first\nsecond\n"])
            self.assertIs(sys.stdout, original)


if __name__ == "__main__":
    unittest.main()
