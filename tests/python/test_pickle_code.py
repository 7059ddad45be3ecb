"""Pickles of code objects, functions, cells and methods, by reference and by value."""

import dataclasses
import functools
import importlib
import inspect
import io
import os
import pickle
import pickletools
import subprocess
import sys
import textwrap
import types
import unittest

import _stackless
import sample_functions
from sample_functions import Sample
from support_code import COMPUTATION, Project, round_trips

import stackless


def by_value(function):
    """A function with the same code that cannot be found by its name."""
    made = types.FunctionType(function.__code__, function.__globals__, "copy", function.__defaults__)
    made.__qualname__ = "nowhere"
    return made


class FunctionsByReference(unittest.TestCase):
    def test_importable_functions_stay_themselves(self):
        for function in [
            sample_functions.outer,
            sample_functions.decorated,
            sample_functions.decorated.__wrapped__,
            sample_functions.numbers,
            sample_functions.waits,
            Sample.method,
            Sample.add,
            Sample.make.__func__,
            Sample.doubled.fget,
            Sample.doubled.fset,
            Sample.Inner.method,
            sample_functions.double,
            sample_functions.square,
            Sample.negative,
            functools.reduce,
        ]:
            with self.subTest(function=function):
                for _, copy in round_trips([COMPUTATION, function]):
                    self.assertIs(copy, function)

    def test_function_that_a_decorator_keeps_in_its_closure(self):
        original = sample_functions.silently_decorated.__closure__[0].cell_contents
        for copy in round_trips(original):
            self.assertIs(copy, original)

    def test_without_a_computation_pickles_are_those_of_python(self):
        for text in ["sample_functions.outer", "Sample.method", "Sample.make", "Sample(1).method", "len", "[].append"]:
            with self.subTest(text):
                imports = "import pickle; import sample_functions; from sample_functions import Sample\n"
                pickles = f"[pickle.dumps({text}, protocol) for protocol in range(2, 6)]"
                self.assertEqual(eval(run_stock(f"{imports}print({pickles})")), eval(pickles))

    def test_no_module_is_imported_to_pickle(self):
        function = by_value(sample_functions.outer)
        function.__module__ = "a_module_that_is_not_there"
        for copy in round_trips(function):
            self.assertEqual(copy.__module__, "a_module_that_is_not_there")


def run_stock(script):
    """What python3.11 prints that knows nothing of tasklets."""
    environment = dict(os.environ, PYTHONPATH=os.path.dirname(__file__), PYTHONDONTWRITEBYTECODE="1")
    return subprocess.check_output(["python3.11", "-c", script], env=environment, text=True)


class FunctionsByValue(unittest.TestCase):
    def test_nested_function(self):
        function = sample_functions.outer("x")
        for copy in round_trips(function):
            self.assertIsNot(copy, function)
            self.assertIs(copy.__code__, function.__code__)
            self.assertIs(copy.__globals__, function.__globals__)
            self.assertEqual(copy(2), ("x", 2, (3, 4)))
            self.assertEqual(copy.note, ["a note"])
            for name in "__name__ __qualname__ __module__ __doc__ __defaults__ __kwdefaults__ __annotations__".split():
                self.assertEqual(getattr(copy, name), getattr(function, name))

    def test_what_has_been_set_travels(self):
        function = sample_functions.outer("x")
        function.__name__, function.__qualname__, function.__doc__, function.__module__ = "n", "q", None, None
        for copy in round_trips(function):
            self.assertEqual((copy.__name__, copy.__qualname__, copy.__doc__, copy.__module__), ("n", "q", None, None))

    def test_recursion(self):
        for copy in round_trips(sample_functions.factorial()):
            self.assertEqual(copy(5), 120)
            self.assertIs(copy.__closure__[0].cell_contents, copy)

    def test_functions_share_a_variable(self):
        for increase, get in round_trips(sample_functions.counter()):
            increase()
            increase()
            self.assertEqual(get(), 2)

    def test_empty_cell(self):
        for copy in round_trips(sample_functions.uninitialised()):
            with self.assertRaisesRegex(NameError, "later"):
                copy()

    def test_two_lambdas_of_one_text(self):
        for one, two in round_trips(sample_functions.same_twice()):
            self.assertEqual((one(1), two(2)), (1, 2))

    def test_lambda_and_partial(self):
        for copy in round_trips(functools.partial(lambda x, y=2, *z, k=4: (x, y, z, k), 1, k=5)):
            self.assertEqual(copy(3, 4), (1, 3, (4,), 5))

    def test_closure_leads_back_through_a_container(self):
        things = {}
        things["function"] = lambda: things
        for copy in round_trips(things["function"]):
            self.assertIs(copy()["function"], copy)

    def test_generators_and_coroutines(self):
        for numbers, waits in round_trips((by_value(sample_functions.numbers), by_value(sample_functions.waits))):
            self.assertEqual(list(numbers(3)), [0, 1, 2])
            with self.assertRaises(StopIteration) as stopped:
                waits("value").send(None)
            self.assertEqual(stopped.exception.value, "value")

    def test_function_of_an_executed_text(self):
        namespace = {"base": 40}
        exec("def function(x): return later + base + x\nlater = 1", namespace)
        for copy, copied_namespace in round_trips((namespace["function"], namespace)):
            self.assertEqual(copy(1), 42)
            self.assertIs(copy.__globals__, copied_namespace)
            self.assertIs(copied_namespace["function"], copy)
            self.assertEqual(copy.__builtins__["len"], len)

    def test_builtins_are_not_copied(self):
        namespace = {}
        exec("def function(): return len", namespace)
        data = pickle.dumps(namespace["function"])
        self.assertLess(len(data), 1000)
        self.assertIs(pickle.loads(data)(), len)


class OtherHooks(unittest.TestCase):
    def test_a_reducer_override_of_a_program_goes_first(self):
        class Override:
            def reducer_override(self, thing):
                return (int, (5,)) if thing is sample_functions.outer else NotImplemented

        for bases in [
            (pickle.Pickler, Override),
            (pickle._Pickler, Override),
            (Override, pickle.Pickler),
            (Override, pickle._Pickler),
        ]:
            file = io.BytesIO()
            type("Pickler", bases, {})(file).dump([sample_functions.outer, Sample.method])
            self.assertEqual(pickle.loads(file.getvalue()), [5, Sample.method])


class Constants(unittest.TestCase):
    def test_object_that_is_a_variable_of_a_module(self):
        for _, missing, other in round_trips((COMPUTATION, sample_functions.missing, object())):
            self.assertIs(missing, sample_functions.missing)
            self.assertIs(type(other), object)

    def test_sentinels_of_the_library(self):
        constants = [dataclasses.MISSING, dataclasses.KW_ONLY, None, inspect.Parameter.empty]
        for _, copies in round_trips((COMPUTATION, constants)):
            self.assertIs(copies[0], dataclasses.MISSING)
            self.assertIs(copies[1], dataclasses.KW_ONLY)
            self.assertIs(copies[3], inspect.Parameter.empty)


class Methods(unittest.TestCase):
    def test_method_of_an_importable_class(self):
        for method, owner in round_trips((Sample("value").method, Sample)):
            self.assertEqual(method(), "value")
            self.assertIs(owner, Sample)

    def test_method_is_the_function_that_it_was(self):
        sample = Sample("value")
        function = sample_functions.outer("x")
        sample.bound = types.MethodType(function, sample)
        for copy in round_trips(sample.bound):
            self.assertIs(copy.__self__.bound.__self__, copy.__self__)
            self.assertEqual(copy()[0], "x")

    def test_methods_of_builtin_types(self):
        numbers = [1]
        for append, length, wrapper, copied in round_trips((numbers.append, list.__len__, numbers.__len__, numbers)):
            append(2)
            self.assertEqual((copied, length(copied), wrapper()), ([1, 2], 2, 2))


class Cells(unittest.TestCase):
    def test_contents(self):
        for content in [None, 5, "text", 1.5, b"bytes", True, [1], ()]:
            for copy in round_trips(types.CellType(content)):
                self.assertEqual(copy.cell_contents, content)

    def test_empty(self):
        for copy in round_trips(types.CellType()):
            self.assertEqual(copy, types.CellType())

    def test_contains_itself(self):
        cell = types.CellType()
        cell.cell_contents = [cell]
        for copy in round_trips(cell):
            self.assertIs(copy.cell_contents[0], copy)


class Code(unittest.TestCase):
    def test_by_reference(self):
        outer = sample_functions.outer.__code__
        for code in [
            outer,
            sample_functions.outer(1).__code__,
            sample_functions.decorated.__wrapped__.__code__,
            sample_functions.decorated.__wrapped__.__code__.co_consts[1],
            Sample(1).local().__code__,
            Sample.doubled.fset.__code__,
        ]:
            with self.subTest(code=code):
                for copy in round_trips(code):
                    self.assertIs(copy, code)

    def test_by_value(self):
        text = "[a + 1.5j, ..., b'\\0', 'ä', -10**30, (1, None, True), x in {1, 'two'}, lambda: 0, a.b, -0.0]"
        code = compile(text, "<text>", "eval")
        for copy in round_trips(code):
            self.assertEqual(copy, code)
            self.assertEqual(copy.co_filename, "<text>")
        self.assertEqual(eval(pickle.loads(pickle.dumps(compile("6 * 7", "<text>", "eval")))), 42)

    def test_code_that_has_run_often(self):
        namespace = {}
        exec("def f(x):\n for i in range(5): x += i\n return x", namespace)
        before = pickle.dumps(namespace["f"].__code__)
        for _ in range(100):
            namespace["f"](1)
        after = pickle.dumps(namespace["f"].__code__)
        self.assertEqual(self.fingerprint(before), self.fingerprint(after))

    @staticmethod
    def fingerprint(data):
        """The number that follows the one of the bytecode revision."""
        numbers = [value for opcode, value, _ in pickletools.genops(data) if opcode.name in ("LONG1", "BININT2")]
        return numbers[1]

    def fingerprint_of(self, source):
        return self.fingerprint(pickle.dumps(compile(source, "<text>", "exec")))

    def test_fingerprint_tells_changes(self):
        base = "def f(a, b=1):\n return a + b, 'x', (1, 2.5), a.name\n"
        for change in [
            "def f(a, c=1):\n return a + c, 'x', (1, 2.5), a.name\n",
            "def f(a, b=1):\n return a - b, 'x', (1, 2.5), a.name\n",
            "def f(a, b=1):\n return a + b, 'y', (1, 2.5), a.name\n",
            "def f(a, b=1):\n return a + b, 'x', (1, 2.75), a.name\n",
            "def f(a, b=1):\n return a + b, 'x', (1.0, 2.5), a.name\n",
            "def f(a, b=1):\n return a + b, 'x', (True, 2.5), a.name\n",
            "def f(a, b=1):\n return a + b, b'x', (1, 2.5), a.name\n",
            "def f(a, b=1):\n return a + b, 'x', (1, 2.5), a.nome\n",
            "def f(a, *, b=1):\n return a + b, 'x', (1, 2.5), a.name\n",
            "def g(a, b=1):\n return a + b, 'x', (1, 2.5), a.name\n",
        ]:
            self.assertNotEqual(self.fingerprint_of(base), self.fingerprint_of(change), change)

    def test_fingerprint_overlooks_lines_and_comments(self):
        one = self.fingerprint_of("def f(a):\n return a\n")
        two = self.fingerprint_of("# A comment.\n\ndef f(a):\n  # Another.\n  return a\n")
        self.assertEqual(one, two)

    def test_fingerprint_is_known(self):
        """It must never depend on the machine: pickles of another one are compared with it."""
        text = "x in {1, 'two', 3.5, None, b'4', (5, 6j)}, 10**20, 'ä', lambda a, *b: a"
        self.assertEqual(self.fingerprint_of(text), KNOWN_FINGERPRINT)

    def test_constants_that_no_compiler_makes(self):
        code = sample_functions.outer.__code__.replace(co_consts=(object(),), co_name="strange")
        with self.assertRaisesRegex(TypeError, "cannot pickle code with a constant of type object"):
            pickle.dumps(code)


class ChangedModules(Project):
    def load(self, data):
        """Loads it in a program of the directory."""
        self.write("load.py", f"import pickle, stackless\nprint(pickle.loads({data!r})[1])\n")

    def setUp(self):
        super().setUp()
        sys.path.insert(0, str(self.directory))
        self.addCleanup(sys.path.remove, str(self.directory))
        self.addCleanup(sys.modules.pop, "app", None)
        self.addCleanup(setattr, sys, "dont_write_bytecode", sys.dont_write_bytecode)
        sys.dont_write_bytecode = True
        self.write("app.py", "def work(): return 1\ndef outer():\n def inner(): return 2\n return inner\n")
        importlib.invalidate_caches()
        self.app = importlib.import_module("app")

    def dump(self, value):
        self.load(pickle.dumps([COMPUTATION, value]))

    def test_unchanged(self):
        self.dump(self.app.work)
        self.write("app.py", "# Moved.\n\n\ndef work():\n    return 1\n")
        self.assertIn("<function work", self.run_program("load.py"))

    def test_changed_function(self):
        self.dump(self.app.work)
        self.write("app.py", "def work(): return 2\n")
        self.assertEqual(
            self.run_program("load.py", fails=True),
            "_pickle.UnpicklingError: the function app.work has changed since it was pickled: its bytecode differs",
        )

    def test_changed_nested_function(self):
        self.dump(self.app.outer())
        self.write("app.py", "def outer():\n def inner(): return 3\n return inner\n")
        self.assertEqual(
            self.run_program("load.py", fails=True),
            "_pickle.UnpicklingError: the code of app.outer.<locals>.inner has changed since it was pickled: "
            "its bytecode differs",
        )

    def test_missing_function(self):
        self.dump(self.app.work)
        self.write("app.py", "work = 5\n")
        error = self.run_program("load.py", fails=True)
        self.assertEqual(error, "_pickle.UnpicklingError: the module app has no function work")

    def test_missing_module(self):
        self.dump(self.app.work)
        (self.directory / "app.py").unlink()
        error = self.run_program("load.py", fails=True)
        self.assertEqual(
            error, "_pickle.UnpicklingError: the module app cannot be imported: No module named 'app'"
        )

    def test_reload_is_noticed(self):
        work = self.app.work
        pickle.dumps([COMPUTATION, work])
        self.write("app.py", "def work(): return 1000\n")
        importlib.reload(self.app)
        _, copy = pickle.loads(pickle.dumps([COMPUTATION, work]))
        self.assertEqual(copy(), 1)
        self.assertIsNot(copy, self.app.work)


class MainProgram(Project):
    """Functions of `__main__` and what they refer to."""

    DUMP = """
        import functools, os, pickle, stackless, sys, threading
        limit = 10
        lock = threading.Lock()
        log = open(os.devnull)
        things = {"a": [1, 2]}
        nested_lock = [lock]

        def helper(x):
            return x + limit

        @functools.lru_cache
        def cached(x):
            return helper(x) * 2

        def work(x):
            things["a"].append(x)
            return helper(x), cached(x), things, os.path.basename("a/b"), [helper(i) for i in range(2)]

        def tries():
            return lock, log, nested_lock, limit

        def counts():
            global calls
            calls += 1
            return calls

        calls = 0
        COMPUTATION = eval("lambda: None", {})

        def is_main(): return __name__

        def even(n): return True if n == 0 else odd(n - 1)
        def odd(n): return False if n == 0 else even(n - 1)

        def show(what, *args):
            print(what, *args, file=sys.stdout)

    """

    def dump(self, expression):
        program = f"""
        if __name__ == '__main__':
            pickle.dump([COMPUTATION, {expression}], open('data', 'wb'))
        """
        self.write("dump.py", textwrap.dedent(self.DUMP) + textwrap.dedent(program))
        self.assertEqual(self.run_program("dump.py"), "")

    def load(self, text, name="load.py"):
        begin = "import pickle, stackless\n_, loaded = pickle.load(open('data', 'rb'))\n"
        self.write(name, begin + textwrap.dedent(text))
        return self.run_program(name).splitlines()

    def test_another_program(self):
        self.dump("work")
        self.assertEqual(
            self.load("limit = 20\nhelper = None\nprint(loaded(1))"),
            ["(11, 22, {'a': [1, 2, 1]}, 'b', [10, 11])"],
        )

    def test_its_globals_are_apart(self):
        self.dump("[counts, is_main]")
        self.assertEqual(
            self.load("calls = 70\nprint(loaded[0](), loaded[0](), calls, loaded[1]())\nprint('counts' in globals())"),
            ["1 2 70 __main__", "False"],
        )

    def test_functions_share_their_globals(self):
        self.dump("[work, counts, even]")
        self.assertEqual(self.load("print(len({id(f.__globals__) for f in loaded}), loaded[2](11))"), ["1 False"])

    def test_what_cannot_be_pickled_is_left_out(self):
        self.dump("tries")
        self.assertEqual(
            self.load("try: loaded()\nexcept NameError as error: print(error)\nprint('log' in loaded.__globals__)"),
            ["name 'lock' is not defined", "False"],
        )

    def test_same_program_uses_what_it_has(self):
        self.write("data", "")
        self.DUMP += """
        if sys.argv[1:] == ["load"]:
            limit = 1000
            _, (loaded, counter) = pickle.load(open("data", "rb"))
            print(loaded is work, loaded(1)[0], loaded.__globals__ is globals(), counter is counts)
            sys.exit()
        """
        self.dump("[work, counts]")
        self.assertEqual(self.run_program("dump.py", "load"), "True 1001 True True\n")
        # The same contents are the same program, wherever they are.
        (self.directory / "other.py").write_bytes((self.directory / "dump.py").read_bytes())
        (self.directory / "dump.py").unlink()
        self.assertEqual(self.run_program("other.py", "load"), "True 1001 True True\n")

    def test_same_program_that_has_changed(self):
        self.DUMP += """
        if sys.argv[1:] == ["load"]:
            _, (loaded, other) = pickle.load(open("data", "rb"))
            print(loaded is helper, loaded(1), loaded.__globals__ is globals(), other is cached)
            sys.exit()
        """
        self.dump("[helper, work]")
        source = (self.directory / "dump.py").read_text().replace("return x + limit", "return x - limit")
        source = source.replace("def work(", "def no_work(")
        (self.directory / "dump.py").write_text(source)
        self.assertEqual(self.run_program("dump.py", "load"), "False 11 True False\n")

    def test_same_process(self):
        self.dump("None")
        self.write(
            "dump.py",
            textwrap.dedent(self.DUMP)
            + "def outer(): return lambda x: x + limit\n"
            + "nested = [outer()]\n"
            + "copy, f, g = pickle.loads(pickle.dumps([nested, work, helper]))\n"
            + "print(copy[0].__code__ is nested[0].__code__, copy[0].__globals__ is globals())\n"
            + "print(f is work, g is helper)\n",
        )
        self.assertEqual(self.run_program("dump.py"), "True True\nTrue True\n")

    def test_pickled_again(self):
        """What came from another program can go on to a third one."""
        self.dump("[even, counts]")
        lines = self.load(
            """
            loaded[1]()
            pickle.dump([None, loaded], open('data', 'wb'))
            print(pickle.loads(pickle.dumps(loaded))[0](3))
            """
        )
        self.assertEqual(lines, ["False"])
        self.assertEqual(self.load("print(loaded[0](10), loaded[1]())", "third.py"), ["True 2"])

    def test_main_itself(self):
        self.dump("sys.modules['__main__']")
        self.assertEqual(
            self.load("print(loaded.work(1)[0], loaded.limit, hasattr(loaded, 'lock'), loaded.__name__)"),
            ["11 10 False __main__"],
        )

    def test_computation_goes_on_in_another_program(self):
        self.DUMP = """
        import dataclasses, enum, functools, pickle, stackless, threading
        lock = threading.Lock()

        class Kind(enum.Enum):
            A = 1

        @dataclasses.dataclass
        class Job:
            name: str
            kind: Kind = Kind.A
            def run(self):
                return self.name, self.kind is Kind.A, [channel.receive() for _ in range(2)]

        class Special(Job):
            def run(self): return ("special", *super().run())

        log = []
        channel, results = stackless.channel(), stackless.channel()

        def key(x): return channel.receive() + x

        def generate(n):
            for i in range(n):
                yield channel.receive() * i

        def worker(job):
            log.append(job.run())
            log.append(sorted([3, 1, 2], key=key))
            try:
                log.append(list(generate(3)))
                log.append(functools.partial(lambda a, b: (a, b, channel.receive()), 1)(2))
            finally:
                results.send(log)

        COMPUTATION = stackless.tasklet(worker)(Special("job"))
        COMPUTATION.run()
        """
        self.dump("(channel, results)")
        self.assertEqual(
            self.load(
                """
                state = _, loaded
                for i in range(9):
                    state[1][0].send(i)
                    state = pickle.loads(pickle.dumps(state))
                print(state[1][1].receive())
                """
            ),
            ["[('special', 'job', True, [0, 1]), [1, 3, 2], [0, 6, 14], (1, 2, 8)]"],
        )

    def test_modules_of_packages(self):
        self.DUMP += """
        import xml.dom.minidom, logging.handlers
        def parse(): return xml.dom.minidom.parseString("<a/>").toxml(), (lambda: logging.handlers.__name__)()
        """
        self.dump("parse")
        self.assertEqual(
            self.load("print(loaded())"), ["('<?xml version=\"1.0\" ?><a/>', 'logging.handlers')"]
        )

    def test_program_from_the_command_line(self):
        dump = """if 1:
            import pickle, stackless
            C = eval("lambda: 0", {})
            x = 5
            def f(): return x
            print(pickle.dumps([C, f]).hex())
        """
        data = subprocess.run([sys.executable, "-c", dump], capture_output=True, text=True, check=True).stdout.strip()
        load = f"import pickle, stackless; x = 6; print(pickle.loads(bytes.fromhex('{data}'))[1]())"
        self.assertEqual(subprocess.check_output([sys.executable, "-c", load], text=True), "5\n")

    def test_multiprocessing(self):
        self.write(
            "spawn.py",
            """
            import multiprocessing, sys
            def work(x): return x + 1, __name__
            if __name__ == "__main__":
                import stackless
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    print(pool.map(work, [1, 2]))
            """,
        )
        self.assertEqual(self.run_program("spawn.py"), "[(2, '__mp_main__'), (3, '__mp_main__')]\n")

    def test_tasklet_for_another_process_of_multiprocessing(self):
        self.write(
            "spawn.py",
            """
            import multiprocessing, stackless
            class Thing:
                value = 2
            def work(channel, results):
                thing = Thing()
                results.send((channel.receive() + thing.value, __name__))
            def go_on(queue, answers):
                tasklet, channel, results = queue.get()
                channel.send(5)
                answers.put(results.receive())
            if __name__ == "__main__":
                channel, results = stackless.channel(), stackless.channel()
                tasklet = stackless.tasklet(work)(channel, results)
                tasklet.run()
                context = multiprocessing.get_context("spawn")
                queue, answers = context.Queue(), context.Queue()
                process = context.Process(target=go_on, args=(queue, answers))
                process.start()
                queue.put((tasklet, channel, results))
                print(answers.get())
                process.join()
            """,
        )
        self.assertEqual(self.run_program("spawn.py"), "(7, '__mp_main__')\n")

    def test_without_a_computation_pickles_are_those_of_python(self):
        self.write("same.py", "import pickle, sys\ndef f(): pass\nclass C: pass\n"
                   "if sys.argv[1:]: import stackless\nprint([pickle.dumps([f, C, C.mro], n) for n in range(6)])\n")
        stock = subprocess.check_output(["python3.11", self.directory / "same.py"], text=True)
        self.assertEqual(self.run_program("same.py", "import"), stock)


class CodeByValue(Project):
    """stackless.pickle_code = "value"."""

    DUMP = """
        import pickle, stackless, app, os
        stackless.pickle_code = {mode!r}
        COMPUTATION = eval("lambda: None", {{}})
        pickle.dump([COMPUTATION, app.work, app.Thing(5), app, os.path.join], open("data", "wb"))
    """

    LOAD = """
        import pickle, stackless, sys, os
        _, work, thing, app, join = pickle.load(open("data", "rb"))
        print(work(1), thing.get(), app.work is work, app.__name__, "app" in sys.modules, join is os.path.join)
    """

    def setUp(self):
        super().setUp()
        self.write(
            "app.py",
            """
            import helpers, os
            from helpers import triple
            limit = 10
            def inner(x): return x + limit
            def work(x): return inner(x), helpers.double(x), triple(x), os.sep
            class Thing:
                def __init__(self, x): self.x = x
                def get(self): return work(self.x)
            """,
        )
        self.write("helpers.py", "factor = 2\ndef double(x): return x * factor\ndef triple(x): return x * 3\n")
        self.write("load.py", self.LOAD)

    def dump(self, mode):
        self.write("dump.py", textwrap.dedent(self.DUMP).format(mode=mode))
        self.run_program("dump.py")

    def test_modules_are_not_needed(self):
        self.dump("value")
        (self.directory / "app.py").unlink()
        (self.directory / "helpers.py").unlink()
        self.assertEqual(self.run_program("load.py"), "(11, 2, 3, '/') (15, 10, 15, '/') True app False True\n")

    def test_modules_are_needed_otherwise(self):
        self.dump("reference")
        self.assertEqual(self.run_program("load.py"), "(11, 2, 3, '/') (15, 10, 15, '/') True app True True\n")
        (self.directory / "app.py").unlink()
        self.assertIn("the module app cannot be imported", self.run_program("load.py", fails=True))

    def test_modules_that_are_there_are_used(self):
        self.dump("value")
        begin, end = "import app\napp.limit = 20\n", "print(type(thing) is sys.modules['app'].Thing)"
        self.write("load.py", begin + textwrap.dedent(self.LOAD) + end)
        self.assertEqual(
            self.run_program("load.py").splitlines(), ["(21, 2, 3, '/') (25, 10, 15, '/') True app True True", "True"]
        )

    def test_attribute(self):
        self.assertEqual(stackless.pickle_code, "reference")
        for wrong in ("something", "", None, 5, b"value"):
            with self.assertRaisesRegex(ValueError, 'is "reference" or "value", not'):
                stackless.pickle_code = wrong
        stackless.pickle_code = "value"
        self.assertEqual(stackless.pickle_code, "value")
        stackless.pickle_code = "reference"

    def test_without_a_computation_pickles_are_those_of_python(self):
        expected = pickle.dumps([sample_functions.outer, Sample])
        stackless.pickle_code = "value"
        self.addCleanup(setattr, stackless, "pickle_code", "reference")
        self.assertEqual(pickle.dumps([sample_functions.outer, Sample]), expected)


class RuntimeModules(unittest.TestCase):
    def test_module_made_at_run_time(self):
        module = types.ModuleType("made", "Its doc.")
        exec("x = 5\ndef f(): return x", module.__dict__)
        for copy in round_trips(module):
            self.assertEqual((copy.__name__, copy.__doc__, copy.x, copy.f()), ("made", "Its doc.", 5, 5))
            self.assertIs(copy.f.__globals__, copy.__dict__)

    def test_imported_modules(self):
        for copy in round_trips([os, os.path, sys, sample_functions, stackless]):
            self.assertEqual(copy, [os, os.path, sys, sample_functions, stackless])


class Malformed(unittest.TestCase):
    """Loaders take nothing on trust."""

    def refuse(self, loader, *args):
        with self.assertRaises(pickle.UnpicklingError, msg=(loader.__name__, args)):
            loader(*args)

    def test_arguments(self):
        code = sample_functions.outer.__code__
        function = _stackless.load_new_function(code, {}, True)
        values = [None, 5, "text", b"bytes", (), [], {}, (1,), ("text",), code, function, types.CellType(), int, 10**30]
        for loader in [
            _stackless.load_function,
            _stackless.load_code,
            _stackless.load_new_code,
            _stackless.load_hidden,
            _stackless.load_method,
            _stackless.set_function_state,
            _stackless.set_cell_state,
        ]:
            for args in [(), *((a,) for a in values)]:
                self.refuse(loader, *args)
        for a in values:
            for b in values:
                for loader in (_stackless.load_function, _stackless.load_code, _stackless.load_hidden):
                    self.refuse(loader, a, b)
                    self.refuse(loader, a, b, a)

    def test_states_of_functions(self):
        cell = types.CellType()
        code = sample_functions.outer(1).__code__
        for state in [
            None,
            (),
            (1,),
            (1, ()),
            (1, (1,)),
            (1, (cell, cell)),
            (2, [1]),
            (2, None),
            (4, ()),
            (8, 5),
            (16, None),
            (128, 1),
            (256, ()),
            (1 << 20, 1),
            (-1, 1),
            ("text", 1),
            (10**30, 1),
            (3, (cell,)),
            (2, (1,), 3),
        ]:
            self.refuse(_stackless.set_function_state, _stackless.load_new_function(code, {}, True), state)

    def test_a_state_is_set_once(self):
        function = _stackless.load_new_function(sample_functions.outer.__code__, {}, True)
        _stackless.set_function_state(function, (2, (1,)))
        self.assertEqual(function.__defaults__, (1,))
        for complete in (function, sample_functions.decorated):
            before = complete.__defaults__
            _stackless.set_function_state(complete, (2, (2,)))
            self.assertEqual(complete.__defaults__, before)

    def test_blank_function(self):
        function = _stackless.load_new_function(sample_functions.outer(1).__code__, {}, True)
        self.assertIn("inner", repr(function))
        self.assertEqual(len(function.__closure__), 1)
        for _ in range(50):
            with self.assertRaisesRegex(RuntimeError, r"inner\(\) is called while it is being unpickled"):
                function()

    def test_code_is_checked(self):
        code = compile("1 + x", "<text>", "eval")
        data = pickle.dumps(code)
        _, (revision, fingerprint, checksum, text), *_ = code_reduced(code)
        self.assertEqual(pickle.loads(data), code)
        for position in range(len(text)):
            changed = bytearray(text)
            changed[position] ^= 1
            self.refuse(_stackless.load_new_code, revision, fingerprint, checksum, bytes(changed))
        self.refuse(_stackless.load_new_code, revision, fingerprint + 1, checksum, text)
        self.refuse(_stackless.load_new_code, revision, fingerprint, checksum + 1, text)

    def test_other_bytecode_is_refused_by_name(self):
        _, (revision, *rest), *_ = code_reduced(compile("1 + x", "<text>", "eval"))
        with self.assertRaisesRegex(pickle.UnpicklingError, r"has code of Python 3\.12 \(bytecode revision 3531\)"):
            _stackless.load_new_code(3531, *rest)
        with self.assertRaisesRegex(pickle.UnpicklingError, r"Python 3\.10"):
            _stackless.load_new_code(3439, *rest)
        self.assertEqual(revision, 3495)

    def test_hidden_functions(self):
        with self.assertRaisesRegex(pickle.UnpicklingError, "no function 'nonsense'"):
            _stackless.load_hidden("nonsense", 1)
        with self.assertRaisesRegex(pickle.UnpicklingError, "another version of stackless"):
            _stackless.load_hidden("finish_class", 1)


def code_reduced(code):
    """What the reducer makes of a code object."""

    class Spy(pickle._Pickler):
        reduced = None

        def save_reduce(self, *args, obj=None, **kwargs):
            if obj is code:
                Spy.reduced = args
            return super().save_reduce(*args, obj=obj, **kwargs)

    Spy(io.BytesIO()).dump(code)
    return Spy.reduced


KNOWN_FINGERPRINT = 77239312833717365

if __name__ == "__main__":
    unittest.main()
