"""Arguments of instructions that do not fit into a byte: EXTENDED_ARG in front of them."""

import sys
import threading
import unittest

from support_loop import WARM, LoopTestCase, define, forms

COUNT = 700  # more than twice what a byte holds


class Computed:
    """Has every attribute: its name. That cannot be specialised."""

    def __getattr__(self, name):
        return name

    def __getitem__(self, key):
        return key


class Recorder:
    def __init__(self):
        self.__dict__["calls"] = []

    def __setattr__(self, name, value):
        self.calls.append((name, value))

    def __delattr__(self, name):
        self.calls.append(name)


def lines(template, count=COUNT, start=0):
    return "".join(template.format(i=i) + "\n" for i in range(start, start + count))


class OperandTest(LoopTestCase):
    def test_constants(self):
        f = define("def f(x): return [" + ", ".join(f"x or {i}.5" for i in range(COUNT)) + "]")
        self.assert_each([i + 0.5 for i in range(COUNT)], f, None)
        self.assertIn("EXTENDED_ARG_QUICK", forms(f))

    def test_locals(self):
        f = define(
            "def f(n):\n" + lines(" a{i} = n + {i}") + lines(" a{i} += 1000") +
            " return [" + ", ".join(f"a{i}" for i in range(COUNT)) + "]"
        )
        self.assert_each([1000 + i for i in range(COUNT)], f, 0)
        self.assertIn("BINARY_OP_ADD_INT", forms(f))
        self.assert_each([1000.5 + i for i in range(COUNT)], f, 0.5)

    def test_strings_appended_to_locals(self):
        f = define("def f(s):\n" + lines(" a{i} = s + '{i}'") + lines(" a{i} += s") +
                   " return " + " + ".join(f"a{i}" for i in range(COUNT)))
        self.assert_each("".join(f"x{i}x" for i in range(COUNT)), f, "x")

    def test_unbound_local(self):
        f = define("def f(bound):\n" + lines(" a{i} = {i}") + f" if not bound: del a{COUNT - 1}\n" +
                   f" return a{COUNT - 1}")
        self.assert_each(COUNT - 1, f, True)
        self.assert_each_raises(
            UnboundLocalError,
            f"cannot access local variable 'a{COUNT - 1}' where it is not associated with a value",
            f,
            False,
        )

    def test_cells_and_free_variables(self):
        f = define(
            "def f(n):\n" + lines(" a{i} = n + {i}") +
            " def g():\n" + "  nonlocal " + ", ".join(f"a{i}" for i in range(COUNT)) + "\n" +
            lines("  a{i} += 1") + "  return [" + ", ".join(f"a{i}" for i in range(COUNT)) + "]\n" +
            f" g()\n del a{COUNT - 2}\n a{COUNT - 2} = 0\n return g()"
        )
        wanted = [i + 2 for i in range(COUNT)]
        wanted[-2] = 1
        for _ in range(20):
            self.assertEqual(f(0), wanted)

    def test_unbound_free_variable(self):
        f = define("def f():\n" + lines(" a{i} = {i}") + " def g():\n" + lines("  a{i}") + " del a650\n g()")
        with self.assertRaisesRegex(NameError, "free variable 'a650'"):
            f()

    def test_globals(self):
        names = {f"name{i}": i for i in range(COUNT)}
        f = define("def f(): return [" + ", ".join(names) + "]", **names)
        self.assert_each(list(range(COUNT)), f)
        self.assertIn("LOAD_GLOBAL_MODULE", forms(f))
        del f.__globals__["name650"]
        self.assert_each_raises(NameError, "name 'name650' is not defined", f)

    def test_global_calls(self):
        names = {f"name{i}": lambda x, i=i: x + i for i in range(COUNT)}
        f = define("def f(): return [" + ", ".join(f"{name}(1)" for name in names) + "]", **names)
        self.assert_each([i + 1 for i in range(COUNT)], f)

    def test_stores_to_globals(self):
        f = define(
            "def f():\n global " + ", ".join(f"name{i}" for i in range(COUNT)) + "\n" +
            lines(" name{i} = {i}") + " del name699"
        )
        f()
        self.assertEqual([f.__globals__[f"name{i}"] for i in range(COUNT - 1)], list(range(COUNT - 1)))
        self.assertNotIn("name699", f.__globals__)

    def test_names_of_a_module(self):
        namespace = {}
        exec(lines("name{i} = {i}") + "total = [" + ", ".join(f"name{i}" for i in range(COUNT)) + "]\n" +
             "del name650", namespace)
        self.assertEqual(namespace["total"], list(range(COUNT)))
        self.assertNotIn("name650", namespace)

    def test_attributes(self):
        class Owner:
            pass

        names = [f"name{i}" for i in range(COUNT)]
        load = define("def f(o): return [" + ", ".join(f"o.{name}" for name in names) + "]")
        store = define("def f(o):\n" + lines(" o.name{i} = {i}"))
        delete = define("def f(o):\n" + lines(" del o.name{i}"))
        call = define("def f(o): return [" + ", ".join(f"o.{name}(1)" for name in names) + "]")
        owner = Owner()
        owner.__dict__.update((name, i) for i, name in enumerate(names))
        self.assert_each(list(range(COUNT)), load, owner)
        self.assertIn("LOAD_ATTR_WITH_HINT", forms(load))
        self.assert_each(names, load, Computed())
        for _ in range(20):
            recorder = Recorder()
            store(recorder)
            delete(recorder)
            self.assertEqual(recorder.calls, [*((name, i) for i, name in enumerate(names)), *names])
            store(owner)
            delete(owner)
            self.assertEqual(vars(owner), {})

        class Methods:
            pass

        for i, name in enumerate(names):
            setattr(Methods, name, lambda self, x, i=i: x + i)
        self.assert_each([i + 1 for i in range(COUNT)], call, Methods())
        self.assertIn("LOAD_METHOD_WITH_VALUES", forms(call))

    def test_imports(self):
        source = "def f():\n" + lines(" x.name{i}", 300) + " import sys as s, os.path as p\n from sys import path as q\n return s, p, q"
        f = define(source, x=Computed())
        import os.path

        self.assert_each((sys, os.path, sys.path), f)

    def test_keyword_names(self):
        f = define(
            "def f(g):\n" + lines(" x = {i}.5") + " return g(1, a=2), g(b=3)"
        )
        self.assert_each((((1,), {"a": 2}), ((), {"b": 3})), f, lambda *args, **kwargs: (args, kwargs))


class SizeTest(LoopTestCase):
    def test_many_arguments(self):
        values = list(range(COUNT))
        arguments = ", ".join(map(str, values))
        keywords = ", ".join(f"a{i}={i}" for i in values)
        parameters = ", ".join(f"a{i}" for i in values)
        call = define(f"def f(g): return g({arguments})")
        self.assert_each(values, call, lambda *args: list(args))
        self.assert_each(values, call, define(f"def f({parameters}): return [{parameters}]"))
        self.assert_each(values, call, define(f"def f({parameters}, more=1): return [{parameters}]"))
        call = define(f"def f(g): return g({keywords})")
        self.assert_each(values, call, lambda **kwargs: list(kwargs.values()))
        self.assert_each(values, call, define(f"def f({parameters}): return [{parameters}]"))
        call = define(f"def f(o): return o.method({arguments})")
        self.assert_each(values, call, type("O", (), {"method": lambda self, *args: list(args)})())
        call = define(f"def f(g): return g(*[{arguments}], **dict({keywords}))")
        self.assert_each(
            (values, values), call, lambda *args, **kwargs: (list(args), list(kwargs.values()))
        )

    def test_many_missing_arguments(self):
        parameters = ", ".join(f"a{i}" for i in range(300))
        f = define(f"def f({parameters}): pass")
        names = ", ".join(f"'a{i}'" for i in range(299)) + ", and 'a299'"
        self.assert_each_raises(TypeError, f"f() missing 300 required positional arguments: {names}", f)

    def test_displays(self):
        items = ", ".join(f"n + {i}" for i in range(COUNT))
        pairs = ", ".join(f"n + {i}: {i}" for i in range(COUNT))
        wanted = list(range(1000, 1000 + COUNT))
        for kind, source in ((list, f"[{items}]"), (tuple, f"({items})"), (set, f"{{{items}}}")):
            self.assert_each(kind(wanted), define(f"def f(n): return {source}"), 1000)
        f = define(f"def f(n): return {{{pairs}}}")
        self.assert_each({1000 + i: i for i in range(COUNT)}, f, 1000)
        f = define("def f(n): return f'" + "{n}-" * COUNT + "'")
        self.assert_each("1000-" * COUNT, f, 1000)

    def test_unpacking(self):
        names = ", ".join(f"a{i}" for i in range(COUNT))
        f = define(f"def f(s):\n {names} = s\n return [{names}]")
        values = list(range(COUNT))
        for sequence in (values, tuple(values), range(COUNT), dict.fromkeys(values)):
            self.assert_each(values, f, sequence)
        self.assert_each_raises(
            ValueError, f"not enough values to unpack (expected {COUNT}, got {COUNT - 1})", f, values[1:]
        )
        self.assert_each_raises(ValueError, f"too many values to unpack (expected {COUNT})", f, [0, *values])

    def test_starred_unpacking(self):
        before = ", ".join(f"a{i}" for i in range(255))
        after = ", ".join(f"b{i}" for i in range(300))
        f = define(f"def f(s):\n {before}, *c, {after} = s\n return [{before}], c, [{after}]")
        values = list(range(600))
        self.assert_each((values[:255], values[255:300], values[300:]), f, values)
        self.assert_each((values[:255], [], values[255:555]), f, values[:555])
        self.assert_each_raises(
            ValueError, "not enough values to unpack (expected at least 555, got 554)", f, values[:554]
        )

    def test_deep_stack(self):
        depth = 90
        f = define("def f(a): return " + "a + (" * depth + "a" + ")" * depth)
        self.assert_each(depth + 1, f, 1)
        self.assert_each((depth + 1) * 1.5, f, 1.5)
        self.assert_each("x" * (depth + 1), f, "x")


class JumpTest(LoopTestCase):
    BLOCK = lines("  x.a{i} = {i}", 200)

    def setUp(self):
        class Sink:
            pass

        self.sink = Sink()

    def test_if(self):
        for condition, values in {
            "a": [(1, True), (0, False), ([], False), (None, False)],
            "not a": [(1, False), (0, True)],
            "a is None": [(None, True), (0, False)],
            "a is not None": [(None, False), (0, True)],
            "a < 5": [(1, True), (7, False), (1.5, True), (float("nan"), False)],
            "a == 'x'": [("x", True), ("y", False), (1, False)],
            "a and a > 2": [(3, True), (1, False), (0, False)],
        }.items():
            f = define(f"def f(a, x):\n if {condition}:\n{self.BLOCK}  return True\n else:\n{self.BLOCK}  return False")
            for value, result in values:
                with self.subTest(condition=condition, value=value):
                    self.assert_each(result, f, value, self.sink)

    def test_for(self):
        def generate():
            for i in range(3):
                yield i

        f = define(f"def f(s, x):\n n = 0\n for i in s:\n{self.BLOCK}  n += i\n else:\n  n = -n\n return n")
        for values in ([0, 1, 2], (0, 1, 2), range(3), {0, 1, 2}):
            self.assert_each(-3, f, values, self.sink)
        for _ in range(WARM):
            self.assertEqual(f(generate(), self.sink), -3)
        self.assertIn("EXTENDED_ARG_QUICK", forms(f))

    def test_for_with_a_generator_that_raises(self):
        def generate():
            yield 1
            raise ValueError("in the generator")

        f = define(f"def f(s, x):\n for i in s:\n{self.BLOCK}  x.i = i")
        for _ in range(WARM):
            with self.assertRaisesRegex(ValueError, "in the generator"):
                f(generate(), self.sink)

    def test_while(self):
        f = define(
            f"def f(n, x):\n while n > 0:\n{self.BLOCK}  n -= 1\n  if n == 1: continue\n{self.BLOCK} return n"
        )
        self.assert_each(0, f, 3, self.sink)
        self.assert_each(-0.5, f, 2.5, self.sink)

    def test_try(self):
        f = define(
            f"def f(a, x):\n try:\n{self.BLOCK}  1 / a\n{self.BLOCK}"
            f" except ZeroDivisionError:\n{self.BLOCK}  return 'caught'\n"
            f" else:\n{self.BLOCK}  return 'not raised'\n finally:\n{self.BLOCK}  x.done = a"
        )
        for a, result in ((0, "caught"), (1, "not raised")):
            self.assert_each(result, f, a, self.sink)
            self.assertEqual(self.sink.done, a)
        with self.assertRaises(TypeError):
            f("a", self.sink)
        self.assertEqual(self.sink.done, "a")

    def test_with(self):
        class Manager:
            def __enter__(self):
                return self

            def __exit__(self, kind, value, traceback):
                return kind is ZeroDivisionError

        f = define(f"def f(a, m, x):\n with m:\n{self.BLOCK}  return 1 / a\n return 'suppressed'")
        self.assert_each(0.5, f, 2, Manager(), self.sink)
        self.assert_each("suppressed", f, 0, Manager(), self.sink)

    def test_long_function(self):
        """Jumps over more than 65,535 units of bytecode."""
        body = "".join(f"  n += a * {i}\n" for i in range(12000))
        f = define(f"def f(a):\n n = 0\n for k in (1, 2):\n{body} return n")
        self.assertGreater(len(f.__code__.co_code), 2 * 65536)
        for a in (1, 1, 2, 0.5, 1):
            self.assertEqual(f(a), 2 * a * sum(range(12000)))

    def test_exceptions_in_a_long_function(self):
        body = "".join(f"  try: log.append(a[{i}])\n  except IndexError: log.append('none')\n" for i in range(600))
        f = define(f"def f(a, log):\n for k in (1, 2):\n{body} return log")
        for _ in range(10):
            self.assertEqual(f([7, 8], []), ([7, 8] + ["none"] * 598) * 2)


class TracedTest(LoopTestCase):
    def test_traced(self):
        names = [f"name{i}" for i in range(COUNT)]
        f = define("def f(o): return [" + ", ".join(f"o.{name}" for name in names) + "]")
        events = []

        def trace(frame, event, argument):
            frame.f_trace_opcodes = True
            events.append(event)
            return trace

        for _ in range(20):
            sys.settrace(trace)
            try:
                result = f(Computed())
            finally:
                sys.settrace(None)
            self.assertEqual(result, names)
            self.assertEqual(f(Computed()), names)
        self.assertIn("opcode", events)

    def test_while_another_thread_is_traced(self):
        names = [f"name{i}" for i in range(COUNT)]
        f = define("def f(o): return [" + ", ".join(f"o.{name}" for name in names) + "]")
        traced, done = threading.Event(), threading.Event()

        def wait():
            sys.settrace(lambda *arguments: None)
            traced.set()
            done.wait()
            sys.settrace(None)

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            traced.wait()
            for _ in range(2 * WARM):
                self.assertEqual(" ".join(f(Computed())), " ".join(names))
        finally:
            done.set()
            thread.join()


if __name__ == "__main__":
    unittest.main()
