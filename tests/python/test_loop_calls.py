"""Calls: specialised for one callable, a call then meets every other one; arguments that do not fit."""

import functools
import io
import threading
import unittest

from support_loop import WARM, LoopTestCase, define, forms


class CallTest(LoopTestCase):
    """One call site whose callable changes."""

    @staticmethod
    def make_call():
        return define("def f(g, *args):\n a, = args\n return g(a)")

    def callables(self):
        class WithInit:
            def __init__(self, value):
                self.value = value

            def __eq__(self, other):
                return self.value == other

        class Callable:
            def __call__(self, value):
                return value

        def plain(value):
            return value

        def with_default(value, other=5):
            return value if other == 5 else None

        def with_star(*args):
            return args[0]

        class Method:
            def method(self, value):
                return value

            @classmethod
            def class_method(cls, value):
                return value

        return [
            plain,
            lambda value: value,
            with_default,
            with_star,
            WithInit,
            Callable(),
            Method().method,
            Method.class_method,
            abs,
            int,
            float,
            (0).__add__,
            functools.partial(max, 0),
        ]

    def test_changing_callables(self):
        call = self.make_call()
        callables = self.callables()
        for _ in range(WARM):
            for callable in callables:
                self.assertEqual(call(callable, 7), 7)
        for callable in callables:
            self.assert_each(7, call, callable, 7)
            for other in callables:
                self.assertEqual(call(other, 7), 7)
        self.assert_each_raises(TypeError, "'int' object is not callable", call, 7, 7)

    def check(self, form, source, args, others, **namespace):
        """Specialises a function for `args`, and calls it with others: a list of (args, result)."""
        f = define(source, **namespace)
        self.specialise(form, f, *args)
        for _ in range(WARM):
            for other_args, result in others:
                self.assertEqual(f(*other_args), result)
        for other_args, result in others:
            self.assert_each(result, f, *other_args)

    def test_python_function_with_exact_arguments(self):
        def two(a, b):
            c = a + b
            return c

        def three(a, b, c=10):
            return a + b + c

        source = "def f(g): return g(1, 2)"
        self.check(
            "CALL_PY_EXACT_ARGS",
            source,
            (two,),
            [((two,), 3), ((three,), 13), ((max,), 2), ((lambda *args: args,), (1, 2))],
        )
        self.check("CALL_PY_WITH_DEFAULTS", source, (three,), [((two,), 3), ((three,), 13)])

    def test_function_changes(self):
        def callee(a, b=10):
            return a + b

        f = define("def f(): return callee(1)", callee=callee)
        self.specialise("CALL_PY_WITH_DEFAULTS", f)
        callee.__defaults__ = (20,)
        self.assertEqual(f(), 21)
        self.assert_each(21, f)
        callee.__defaults__ = None
        self.assert_each_raises(
            TypeError,
            "CallTest.test_function_changes.<locals>.callee() missing 1 required positional argument: 'b'",
            f,
        )
        callee.__defaults__ = (1, 2)
        self.assert_each(3, f)
        callee.__code__ = (lambda a: -a).__code__
        callee.__defaults__ = None
        self.assertEqual(f(), -1)
        callee.__code__ = (lambda a, *, k=3: a + k).__code__
        callee.__kwdefaults__ = {"k": 5}
        self.assert_each(6, f)

    def test_bound_method(self):
        class Adder:
            def __init__(self, value):
                self.value = value

            def add(self, other):
                return self.value + other

        add = Adder(1).add
        self.check(
            "PRECALL_BOUND_METHOD",
            "def f(g): return g(2)",
            (add,),
            [((add,), 3), ((Adder(5).add,), 7), ((str,), "2"), ((lambda x: x,), 2)],
        )

    def test_python_function(self):
        self.check(
            "PRECALL_PYFUNC",
            "def f(g): return g(2)",
            (lambda x: x,),
            [((lambda x: x,), 2), ((str,), "2"), ((abs,), 2)],
        )

    BUILTINS = {
        # what it is specialised to: the call, its callable and value, and what other callables make of it
        "PRECALL_NO_KW_TYPE_1": ("g(a)", type, 1, int),
        "PRECALL_NO_KW_STR_1": ("g(a)", str, 1, "1"),
        "PRECALL_NO_KW_TUPLE_1": ("g(a)", tuple, "ab", ("a", "b")),
        "PRECALL_BUILTIN_CLASS": ("g(a)", list, "ab", ["a", "b"]),
        "PRECALL_NO_KW_BUILTIN_O": ("g(a)", ord, "a", 97),
        "PRECALL_NO_KW_BUILTIN_FAST": ("g(a, 2)", divmod, 7, (3, 1)),
        "PRECALL_BUILTIN_FAST_WITH_KEYWORDS": ("g(a)", sorted, "ba", ["a", "b"]),
        "PRECALL_NO_KW_LEN": ("g(a)", len, "abc", 3),
        "PRECALL_NO_KW_ISINSTANCE": ("g(a, int)", isinstance, 1, True),
        "PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS": ("a.upper()", None, "ab", "AB"),
        "PRECALL_NO_KW_METHOD_DESCRIPTOR_O": ("a.join('xy')", None, "-", "x-y"),
        "PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST": ("a.replace('b', 'c')", None, "ab", "ac"),
        "PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS": ("a.split(None, 1)", None, "a b c", ["a", "b c"]),
    }

    def test_builtins(self):
        class Other:
            upper = join = replace = split = lambda self, *args, **kwargs: "method"

        def other(*args):
            return "function"

        for form, (call, callable, value, result) in self.BUILTINS.items():
            with self.subTest(form=form):
                others = [((callable, value), result)]
                if callable is None:
                    others += [((None, Other()), "method")]
                else:
                    others += [((other, value), "function"), ((lambda *args: args[0], value), value)]
                self.check(form, f"def f(g, a): return {call}", (callable, value), others)

    def test_errors_of_builtins(self):
        for form, args, exception, message in (
            ("PRECALL_NO_KW_LEN", (len, 1), TypeError, "object of type 'int' has no len()"),
            ("PRECALL_NO_KW_TUPLE_1", (tuple, 1), TypeError, "'int' object is not iterable"),
            ("PRECALL_NO_KW_BUILTIN_O", (ord, 1), TypeError, "ord() expected string of length 1, but int found"),
            ("PRECALL_NO_KW_BUILTIN_FAST", (divmod, "a"), TypeError,
             "unsupported operand type(s) for divmod(): 'str' and 'int'"),
            ("PRECALL_BUILTIN_CLASS", (list, 1), TypeError, "'int' object is not iterable"),
        ):
            with self.subTest(form=form):
                call, callable, value, _ = self.BUILTINS[form]
                f = define(f"def f(g, a): return {call}")
                self.specialise(form, f, callable, value)
                self.assert_each_raises(exception, message, f, *args)

    def test_str_that_raises(self):
        class Silent:
            def __str__(self):
                raise ValueError("no text")

        f = define("def f(a): return str(a)")
        self.specialise("PRECALL_NO_KW_STR_1", f, 1)
        self.assert_each_raises(ValueError, "no text", f, Silent())

    def test_list_append(self):
        class List(list):
            def append(self, item):
                super().append(-item)

        class Logging:
            def __init__(self):
                self.items = []

            def append(self, item):
                self.items.append(item)

        f = define("def f(a, item): a.append(item)")
        self.specialise("PRECALL_NO_KW_LIST_APPEND", f, [], 1)
        plain, derived, logging = [], List(), Logging()
        for i in range(WARM):
            for target in (plain, derived, logging):
                self.assertIsNone(f(target, i))
        self.assertEqual(plain, list(range(WARM)))
        self.assertEqual(derived, [-i for i in range(WARM)])
        self.assertEqual(logging.items, plain)
        # The form skips the POP_TOP behind the call: there must be one.
        g = define("def f(a, item): return a.append(item)")
        self.assert_each(None, g, plain, 1)
        self.assertNotIn("PRECALL_NO_KW_LIST_APPEND", forms(g))

    def test_keywords_reach_the_callee_that_they_are_for(self):
        def callee(*args, **kwargs):
            return args, kwargs

        f = define("def f(g, h): return g(h(1, a=2), b=h(c=3))")
        expected = ((((1,), {"a": 2}),), {"b": ((), {"c": 3})})
        self.assert_each(expected, f, callee, callee)
        self.assertEqual(f(dict, lambda *args, **kwargs: {"x": 1}), {"x": 1, "b": {"x": 1}})
        self.assert_each(expected, f, callee, callee)

    def test_keywords_of_a_call_that_fails_are_forgotten(self):
        def callee(*args, **kwargs):
            return args, kwargs

        f = define(
            "def f(g, h):\n"
            "    try: g(1, x=2)\n"
            "    except TypeError: return h(3, 4)"
        )
        for failing in (None, int, len, sorted, lambda: 0, callee.__get__, [].append):
            self.assert_each(((3, 4), {}), f, failing, callee)


class SuperinstructionTest(LoopTestCase):
    """Pairs of instructions that run as one."""

    def test_unbound_locals(self):
        message = "cannot access local variable '{}' where it is not associated with a value"

        def first(bound):
            if bound:
                a = b = 1
            return a, b

        def second(bound):
            a = 1
            if bound:
                b = 1
            return a, b

        def constant_then_local(bound):
            if bound:
                a = 1
            return [1, a]

        def store_then_load(bound):
            if bound:
                b = 1
            a = 2
            return b, a

        def deleted(bound):
            a = 1
            if not bound:
                del a
            return a, a

        for function, name in (
            (first, "a"),
            (second, "b"),
            (constant_then_local, "a"),
            (store_then_load, "b"),
            (deleted, "a"),
        ):
            with self.subTest(function=function.__name__):
                for _ in range(WARM):
                    function(True)
                self.assert_each_raises(UnboundLocalError, message.format(name), function, False)

    def test_destructor_sees_and_changes_locals(self):
        """A destructor that runs between the two halves."""

        class Watcher:
            def __del__(self):
                log.append("dropped")

        log = []

        def replace(values):
            a = Watcher()
            b = 1
            for a in values:
                log.append(a)
                b = a
            return a, b

        for _ in range(WARM):
            del log[:]
            self.assertEqual(replace([1, 2]), (2, 2))
            self.assertEqual(log, ["dropped", 1, 2])

    def test_all_are_met(self):
        def f(a, b):
            c, d = b, a
            c = d
            a, b, c = b, a, c
            e = [a, 1]
            return a, b, c, d, e, (1, a)

        self.assert_each((2, 1, 1, 1, [2, 1], (1, 2)), f, 1, 2)
        for form in ("LOAD_FAST__LOAD_FAST", "LOAD_FAST__LOAD_CONST", "LOAD_CONST__LOAD_FAST",
                     "STORE_FAST__LOAD_FAST", "STORE_FAST__STORE_FAST"):
            self.assertIn(form, forms(f))


class ArgumentTest(LoopTestCase):
    """Each kind of parameter list against each kind of call."""

    def check_messages(self, signature, calls):
        """`calls`: the arguments of a call as source, and the message of the TypeError, after "f()"."""
        for arguments, message in calls.items():
            with self.subTest(signature=signature, arguments=arguments):
                f = define(f"def f({signature}): pass")
                call = define(f"def call(f): f({arguments})", "call")
                self.assert_each_raises(TypeError, f"f(){message}", call, f)
                # The same through C, and with the arguments unpacked.
                through_c = define(
                    f"def call(f): functools.partial(f)({arguments})", "call", functools=functools
                )
                self.assert_each_raises(TypeError, f"f(){message}", through_c, f)
                unpacked = define(
                    f"def call(f):\n"
                    f"    args, kwargs = (lambda *args, **kwargs: (args, kwargs))({arguments})\n"
                    f"    f(*args, **kwargs)",
                    "call",
                )
                self.assert_each_raises(TypeError, f"f(){message}", unpacked, f)

    def test_missing(self):
        self.check_messages("a", {"": " missing 1 required positional argument: 'a'"})
        self.check_messages(
            "a, b, c",
            {
                "": " missing 3 required positional arguments: 'a', 'b', and 'c'",
                "1": " missing 2 required positional arguments: 'b' and 'c'",
                "1, 2": " missing 1 required positional argument: 'c'",
                "b=1": " missing 2 required positional arguments: 'a' and 'c'",
                "c=1, a=2": " missing 1 required positional argument: 'b'",
            },
        )
        self.check_messages(
            "a, b, c, d, e=1",
            {"": " missing 4 required positional arguments: 'a', 'b', 'c', and 'd'"},
        )
        self.check_messages("a, /, b", {"b=1": " missing 1 required positional argument: 'a'"})
        self.check_messages("a, *args", {"": " missing 1 required positional argument: 'a'"})

    def test_missing_keyword_only(self):
        self.check_messages("*, k", {"": " missing 1 required keyword-only argument: 'k'"})
        self.check_messages(
            "a, *args, k, m, n=1, o",
            {
                "1, 2, 3": " missing 3 required keyword-only arguments: 'k', 'm', and 'o'",
                "1, m=2": " missing 2 required keyword-only arguments: 'k' and 'o'",
                "": " missing 1 required positional argument: 'a'",
            },
        )

    def test_too_many(self):
        self.check_messages("", {
            "1": " takes 0 positional arguments but 1 was given",
            "1, 2": " takes 0 positional arguments but 2 were given",
        })
        self.check_messages("a", {"1, 2": " takes 1 positional argument but 2 were given"})
        self.check_messages("a, b", {"1, 2, 3": " takes 2 positional arguments but 3 were given"})
        self.check_messages(
            "a, b=1", {"1, 2, 3": " takes from 1 to 2 positional arguments but 3 were given"}
        )
        self.check_messages(
            "a=1", {"1, 2": " takes from 0 to 1 positional arguments but 2 were given"}
        )
        self.check_messages("a, /", {"1, 2": " takes 1 positional argument but 2 were given"})
        self.check_messages("*, k=1", {"1": " takes 0 positional arguments but 1 was given"})
        self.check_messages("a, *, k=1, m=2", {
            "1, 2, k=3": " takes 1 positional argument but 2 positional arguments "
                         "(and 1 keyword-only argument) were given",
            "1, 2, 3, k=3, m=4": " takes 1 positional argument but 3 positional arguments "
                                 "(and 2 keyword-only arguments) were given",
        })
        self.check_messages("*, k", {
            "1, k=3": " takes 0 positional arguments but 1 positional argument "
                      "(and 1 keyword-only argument) were given",
        })

    def test_duplicate(self):
        self.check_messages("a", {"1, a=2": " got multiple values for argument 'a'"})
        self.check_messages("a, b", {"1, 2, b=3": " got multiple values for argument 'b'"})
        self.check_messages("a, *args, **kwargs", {"1, 2, a=3": " got multiple values for argument 'a'"})

    def test_unexpected(self):
        self.check_messages("a", {
            "1, b=2": " got an unexpected keyword argument 'b'",
            "b=2": " got an unexpected keyword argument 'b'",
        })
        self.check_messages("*args", {"a=1": " got an unexpected keyword argument 'a'"})

    def test_positional_only(self):
        self.check_messages("a, /", {
            "a=1": " got some positional-only arguments passed as keyword arguments: 'a'",
        })
        self.check_messages("a, b, /, c", {
            "b=1, c=2, a=3": " got some positional-only arguments passed as keyword arguments: 'a, b'",
            "1, b=1, c=2": " got some positional-only arguments passed as keyword arguments: 'b'",
        })
        self.check_messages("a, /, **kwargs", {"a=1": " missing 1 required positional argument: 'a'"})

    def test_names_of_nested_functions_and_methods(self):
        class Class:
            def method(self):
                pass

            @staticmethod
            def static():
                pass

        prefix = "ArgumentTest.test_names_of_nested_functions_and_methods.<locals>."
        call = define("def f(g): g(1)")
        self.assert_each_raises(
            TypeError, prefix + "Class.method() takes 1 positional argument but 2 were given", call, Class().method
        )
        self.assert_each_raises(
            TypeError, prefix + "Class.static() takes 0 positional arguments but 1 was given", call, Class.static
        )
        self.assert_each_raises(
            TypeError, prefix + "<lambda>() takes 0 positional arguments but 1 was given", call, lambda: 0
        )
        self.assert_each_raises(TypeError, "Plain() takes no arguments", call, type("Plain", (), {}))

    def test_what_cannot_be_unpacked(self):
        callee = define("def f(*args, **kwargs): return args, kwargs")
        messages = {
            "f(*1)": "f() argument after * must be an iterable, not int",
            "f(1, *None)": "Value after * must be an iterable, not NoneType",
            "f(**1)": "f() argument after ** must be a mapping, not int",
            "f(a=1, **[])": "f() argument after ** must be a mapping, not list",
            "f(**{'a': 1}, **{'a': 2})": "f() got multiple values for keyword argument 'a'",
            "f(a=1, **{'a': 2})": "f() got multiple values for keyword argument 'a'",
            "f(**{1: 2})": "keywords must be strings",
            "f(**{'a': 2, 1: 2})": "keywords must be strings",
        }
        for source, message in messages.items():
            with self.subTest(call=source):
                call = define(f"def call(f): return {source}", "call")
                self.assert_each_raises(TypeError, message, call, callee)

    def test_what_raises_while_it_is_unpacked(self):
        class Mapping:
            def keys(self):
                raise AttributeError("from keys()")

        class Items:
            def keys(self):
                return ["a"]

            def __getitem__(self, key):
                raise KeyError("from __getitem__()", key)

        def broken():
            yield 1
            raise TypeError("from the generator")

        callee = define("def f(*args, **kwargs): return args, kwargs")
        self.assert_each_raises(TypeError, "from the generator", lambda: callee(*broken()))
        self.assert_each_raises(TypeError, "from the generator", lambda: callee(0, *broken()))
        self.assert_each_raises(
            TypeError, "f() argument after ** must be a mapping, not Mapping", lambda: callee(**Mapping())
        )
        self.assert_each_raises(
            KeyError, "('from __getitem__()', 'a')", lambda: callee(**Items())
        )

    def test_all_ways_to_give_the_same_arguments(self):
        def callee(a, b, /, c, d=4, *rest, e, f=6, **more):
            return a, b, c, d, rest, e, f, more

        class Owner:
            method = callee

        owner = Owner()
        calls = {
            "2, 3, e=5": (2, 3, 4, (), 5, 6, {}),
            "2, c=3, e=5": (2, 3, 4, (), 5, 6, {}),
            "2, e=5, c=3, d=0": (2, 3, 0, (), 5, 6, {}),
            "2, 3, 4, 7, 8, e=5, f=0": (2, 3, 4, (7, 8), 5, 0, {}),
            "2, 3, e=5, a=9, b=8, z=7": (2, 3, 4, (), 5, 6, {"a": 9, "b": 8, "z": 7}),
            "*(2,), *[3], **{'e': 5}": (2, 3, 4, (), 5, 6, {}),
            "*iter((2, 3, 4, 5)), e=0, **{'x': 1}, **{'y': 2}": (2, 3, 4, (5,), 0, 6, {"x": 1, "y": 2}),
        }
        for arguments, result in calls.items():
            with self.subTest(arguments=arguments):
                call = define(f"def f(g): return g(1, {arguments})")
                self.assert_each((1, *result), call, callee)
                method = define(f"def f(o): return o.method({arguments})")
                self.assert_each((owner, *result), method, owner)
                bound = define(f"def f(g): return g({arguments})")
                self.assert_each((owner, *result), bound, owner.method)

    def test_order_of_evaluation(self):
        log = []

        def note(value):
            log.append(value)
            return value

        def callee(*args, **kwargs):
            return args, kwargs

        self.assertEqual(
            note(callee)(note(1), *note([2]), note(3), a=note(4), **note({"b": 5}), c=note(6)),
            ((1, 2, 3), {"a": 4, "b": 5, "c": 6}),
        )
        self.assertEqual(log, [callee, 1, [2], 3, 4, {"b": 5}, 6])

    def test_own_dictionary_and_tuple(self):
        def callee(*args, **kwargs):
            kwargs["changed"] = True
            return args, kwargs

        args, kwargs = (1,), {"a": 1}
        got_args, got_kwargs = callee(*args, **kwargs)
        self.assertEqual((args, kwargs), ((1,), {"a": 1}))
        self.assertEqual(got_kwargs, {"a": 1, "changed": True})
        self.assertEqual(callee(), ((), {"changed": True}))
        self.assertEqual(callee(), ((), {"changed": True}))

    def test_keyword_that_is_equal_but_another_object(self):
        def callee(name, *, other=0):
            return name, other

        keyword = "".join(["na", "me"])
        self.assert_each((1, 0), lambda: callee(**{keyword: 1}))

        class Odd(str):
            def __hash__(self):
                return 1

            def __eq__(self, other):
                return False

        with self.assertRaisesRegex(TypeError, "unexpected keyword argument"):
            callee(**{Odd("name"): 1})

    def test_arguments_become_cells(self):
        def callee(a, b=2, *args, k, **kwargs):
            def inner():
                return a, b, args, k, kwargs

            a = a + 1
            return inner

        self.assert_each((2, 2, (), 3, {}), lambda: callee(1, k=3)())
        self.assert_each((2, 3, (4,), 5, {"z": 6}), lambda: callee(1, 3, 4, k=5, z=6)())

    def test_arguments_are_dropped_when_the_call_fails(self):
        class Argument:
            def __init__(self):
                live.append(1)

            def __del__(self):
                live.pop()

        def callee(a, b, c):
            raise AssertionError("not called")

        live = []
        for failing in (
            lambda: callee(Argument(), Argument()),
            lambda: callee(Argument(), Argument(), Argument(), Argument()),
            lambda: callee(Argument(), a=Argument()),
            lambda: callee(Argument(), z=Argument()),
            lambda: callee(*[Argument(), Argument()]),
            lambda: callee(**{"a": Argument(), "z": Argument()}),
            lambda: callee(*[Argument()], **{"a": Argument()}),
            lambda: callee(Argument(), **{"b": Argument(), 1: Argument()}),
        ):
            for _ in range(WARM):
                with self.assertRaises(TypeError):
                    failing()
                self.assertEqual(live, [])


class ManagerInCTest(unittest.TestCase):
    """Context managers whose methods are C functions."""

    def test_locks(self):
        for make in threading.Lock, threading.RLock:
            lock = make()
            for _ in range(100):
                with lock as entered:
                    self.assertIs(entered, True)
                self.assertTrue(lock.acquire(blocking=False))
                lock.release()
            with self.assertRaises(ZeroDivisionError):
                with lock:
                    1 / 0
            self.assertTrue(lock.acquire(blocking=False))
            lock.release()

    def test_files(self):
        for _ in range(100):
            with io.BytesIO(b"text") as file:
                self.assertEqual(file.read(), b"text")
            self.assertTrue(file.closed)
            with self.assertRaisesRegex(ValueError, "closed file"):
                with file:
                    pass

    def test_a_failing_exit(self):
        lock = threading.Lock()
        for _ in range(100):
            with self.assertRaisesRegex(RuntimeError, "release unlocked lock"):
                with lock:
                    lock.release()

    def test_a_method_of_another_class(self):
        class Wrong:
            __enter__ = type(threading.Lock()).__enter__

        for _ in range(100):
            with self.assertRaisesRegex(
                TypeError, "descriptor '__enter__' for '_thread.lock' objects doesn't apply to a 'Wrong' object"
            ):
                with Wrong():
                    pass

    def test_the_call_that_exit_is(self):
        def call(release):
            return release(None, None, None)

        def call_with_keyword(release):
            return release(None, None, key=None)

        for _ in range(100):
            lock = threading.Lock()
            lock.acquire()
            call(lock.__exit__)
            self.assertFalse(lock.locked())
            self.assertIsNone(call(lambda *values: None if values == (None,) * 3 else values))
            with self.assertRaisesRegex(TypeError, r"__exit__\(\) takes no keyword arguments"):
                call_with_keyword(lock.__exit__)
            with self.assertRaisesRegex(TypeError, "not callable"):
                call(None)


if __name__ == "__main__":
    unittest.main()
