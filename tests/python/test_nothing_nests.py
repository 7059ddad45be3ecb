"""In everything that calls back into Python, the Python code runs as frames of the loop.

Each test_frames_*.py has a table ROWS: a name, and a function that calls another one by way of what the name
says. What is left to C code is in its HARD_ROWS, with the reason. Here, each row is walked in the same way; and
docs/nesting.md is written from the tables:

    stackless tests/python/test_nothing_nests.py --write
"""

import contextlib
import importlib
import importlib.machinery
import importlib.util
import subprocess
import sys
import sysconfig
import tempfile
import unittest
from pathlib import Path

import stackless
from support import StacklessTestCase, collect, needs_soft_switching

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs/nesting.md"
MOST_HARD_ROWS = 10

PROBE = """
#include <Python.h>

static PyObject* address(PyObject*, PyObject*) {
    char local;
    char* volatile place = &local;
    return PyLong_FromVoidPtr(place);
}

static PyMethodDef functions[] = {{"address", address, METH_NOARGS}, {nullptr}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "stack_probe", nullptr, 0, functions};
PyMODINIT_FUNC PyInit_stack_probe() { return PyModule_Create(&definition); }
"""


def build_probe():
    """A module with address(): where the locals of a C function that Python code calls lie."""
    with tempfile.TemporaryDirectory() as directory:
        source, library = Path(directory, "probe.cpp"), str(Path(directory, "stack_probe.so"))
        source.write_text(PROBE)
        include = sysconfig.get_path("include")
        command = ["g++", "-w", "-shared", "-fPIC", f"-I{include}", source, "-o", library]
        subprocess.run(command, check=True)
        loader = importlib.machinery.ExtensionFileLoader("stack_probe", library)
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("stack_probe", loader))
        loader.exec_module(module)
        return module


class Family:
    """What one of the files has in its tables."""

    def __init__(self, path):
        module = importlib.import_module(path.stem)
        self.title = path.stem.removeprefix("test_frames_").capitalize()
        self.rows = module.ROWS
        self.catching_rows = getattr(module, "CATCHING_ROWS", set())
        self.hard_rows = getattr(module, "HARD_ROWS", {})


def families():
    return [Family(path) for path in sorted(HERE.glob("test_frames_*.py"))]


@needs_soft_switching
class RowsTest(StacklessTestCase):
    @classmethod
    def setUpClass(cls):
        cls.address = staticmethod(build_probe().address)
        cls.rows = {name: row for family in families() for name, row in family.rows.items()}
        cls.catching_rows = set().union(*(family.catching_rows for family in families()))

    def each_row(self, check, without=()):
        for name, row in self.rows.items():
            if name in without:
                continue
            del self.log[:]
            with self.subTest(name):
                check(row)
            # What has failed must not disturb the others.
            self.restore_scheduler()

    def run_row(self, row, action):
        """Starts a tasklet that calls the action by way of the row, once."""
        called = []

        def act_once():
            if not called:
                called.append(True)
                return action()

        return self.start(row, act_once)

    def test_on_the_c_stack_of_the_loop(self):
        def look():
            self.log.append((stackless.getcurrent().nesting_level, self.address()))

        def call(row):
            look()
            row(look)

        def check(row):
            self.start(call, row)
            stackless.run()
            self.assertGreater(len(self.log), 1, "the row has not called its action")
            self.assertEqual(set(self.log), {(0, self.log[0][1])})

        # The call of address() is specialised first, or else that would move the stack pointer between two looks.
        for _ in range(100):
            look()
        self.each_row(check)

    def test_switch_there_is_soft(self):
        def switch():
            address = self.address()
            stackless.schedule()
            self.log.append(self.address() == address)

        def look_at(tasklet):
            self.log.append((tasklet.alive, tasklet.cstate, tasklet.nesting_level))

        def check(row):
            tasklet = self.run_row(row, switch)
            self.start(look_at, tasklet)
            stackless.run()
            self.assertEqual(self.log, [(True, None, 0), True])
            self.assertFalse(tasklet.alive)

        self.each_row(check)

    def test_blocked_at_a_channel(self):
        def check(row):
            channel = stackless.channel()
            tasklet = self.run_row(row, lambda: self.log.append(channel.receive()))
            stackless.run()
            self.assertTrue(tasklet.blocked)
            cstate = tasklet.cstate
            channel.send("message")
            stackless.run()
            self.assertIsNone(cstate)
            self.assertEqual(self.log, ["message"])
            self.assertFalse(tasklet.alive)

        self.each_row(check)

    def test_preempted_there(self):
        def work():
            for _ in range(2000):
                pass
            self.log.append("done")

        def check(row):
            tasklet = self.run_row(row, work)
            interruptions = 0
            while (interrupted := stackless.run(500)) is not None:
                self.assertIs(interrupted, tasklet)
                self.assertIsNone(tasklet.cstate)
                interrupted.insert()
                interruptions += 1
            self.assertEqual(self.log, ["done"])
            self.assertGreater(interruptions, 1)

        self.each_row(check)

    def test_killed_there(self):
        def wait():
            try:
                stackless.schedule_remove()
            finally:
                self.log.append("finally")

        def check(row):
            tasklet = self.run_row(row, wait)
            stackless.run()
            self.assertTrue(tasklet.paused)
            tasklet.kill()
            stackless.run()
            self.assertFalse(tasklet.alive)
            self.assertEqual(self.log, ["finally"])

        self.each_row(check, without=self.catching_rows)


# These keep something each time, under python3.11 as well: entries of caches for paths and types.
KEEPING_ROWS = {"import of a file", "runpy.run_path", "runpy.run_module", "typing.Generic"}


@unittest.skipUnless(hasattr(sys, "gettotalrefcount"), "only a debug build counts references")
class ReferencesTest(StacklessTestCase):
    """No row leaks references, whether its action switches or raises."""

    def fail_in_action(self):
        raise ValueError

    def call(self, row, action):
        with contextlib.suppress(Exception):
            row(action)

    def growth(self, row, action):
        growths = []
        for _ in range(6):
            collect()
            before = sys.gettotalrefcount()
            for _ in range(4):
                self.start(self.call, row, action)
                stackless.run()
            collect()
            growths.append(sys.gettotalrefcount() - before)
        return min(growths[2:])

    def test_rows(self):
        of_measuring = self.growth(lambda action: action(), stackless.schedule)
        rows = {name: row for family in families() for name, row in family.rows.items()}
        for name in rows.keys() - KEEPING_ROWS:
            for action in (stackless.schedule, self.fail_in_action):
                with self.subTest(name, action=action.__name__), contextlib.redirect_stderr(None):
                    self.assertLessEqual(self.growth(rows[name], action), of_measuring)


RECURSIONS = {
    "__init__": "class C:\n    def __init__(self, n):\n        if n: C(n - 1)\nC({n})",
    "__getattr__": (
        "class C:\n"
        "    def __init__(self, n): self.n = n\n"
        "    def __getattr__(self, name): return C(self.n - 1).other + 1 if self.n else 0\n"
        "assert C({n}).other == {n}"
    ),
    "__add__": (
        "class C:\n    def __add__(self, n): return self + (n - 1) if n else 0\nC() + {n}"
    ),
    "map": "def f(n): return [*map(f, [n - 1])] and n if n else 0\nf({n})",
    "list(map)": "def f(n): return list(map(f, [n - 1])) and n if n else 0\nf({n})",
    "sorted(key=)": "def f(n): return n and len(sorted([n - 1], key=f))\nf({n})",
    "comprehension": "def f(n): return [f(n - 1) for _ in range(1)] and n if n else 0\nf({n})",
    "generator expression": "def f(n): return sum(f(n - 1) for _ in range(1)) + 1 if n else 0\nf({n})",
    "yield from": (
        "def f(n):\n"
        "    if n: yield from f(n - 1)\n"
        "    yield n\n"
        "assert next(f({n})) == 0"
    ),
    "with": (
        "class C:\n"
        "    def __init__(self, n): self.n = n\n"
        "    def __enter__(self):\n"
        "        if self.n:\n"
        "            with C(self.n - 1): pass\n"
        "    def __exit__(self, *args): pass\n"
        "with C({n}): pass"
    ),
    "functools.partial": (
        "import functools\n"
        "def f(n): return n and functools.partial(f, n - 1)()\n"
        "f({n})"
    ),
}

RECURSE = """
import sys
import stackless
sys.setrecursionlimit({limit})
def recurse():
    try:
        exec({source!r}, {{}})
    except RecursionError as error:
        print(error)
    else:
        print("done")
stackless.tasklet(recurse)()
stackless.run()
"""


class RecursionTest(unittest.TestCase):
    """Recursion needs no C stack, however it comes about."""

    def recurse(self, source, limit):
        script = RECURSE.format(source=source, limit=limit)
        command = [sys.executable, "-X", f"stackless-cstack={256 * 1024}", "-c", script]
        result = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.strip()

    @needs_soft_switching
    def test_100000_deep(self):
        for name, source in RECURSIONS.items():
            with self.subTest(name):
                self.assertEqual(self.recurse(source.format(n=100_000), 10**6), "done")

    def test_past_the_limit(self):
        for name, source in RECURSIONS.items():
            with self.subTest(name):
                message = self.recurse(source.format(n=100_000), 2000)
                self.assertRegex(message, "^maximum recursion depth exceeded")


def page():
    """docs/nesting.md, from the tables."""
    tables = families()
    hard = {name: reason for family in tables for name, reason in family.hard_rows.items()}
    lines = [
        "# What nests on the C stack",
        "",
        "Nearly nothing. Python code that something else than a plain call calls (an operator, a property, `sorted()`,",
        "`with`, ...) runs as a frame of the interpreter's loop: a tasklet can be switched, blocked, preempted and killed",
        "there without a C stack of its own, its `nesting_level` is 0, and recursion through it ends at the recursion",
        "limit only.",
        "",
        "This page is written by `tests/python/test_nothing_nests.py --write`, from the tables that it walks: each row is",
        "tested for all of that.",
        "",
        "A profiler (`sys.setprofile()`, `cProfile`) sees C functions, so while there is one, they do call back from C.",
        "",
        "## What is left to C code",
        "",
        "Here, a tasklet that switches keeps its C stack until it goes on, see [tasklets.md](tasklets.md). All works as",
        "elsewhere; it costs some more memory and time, and the tasklet cannot be pickled meanwhile.",
        "",
        "| what calls back | why |",
        "|---|---|",
        *(f"| {name} | {reason} |" for name, reason in hard.items()),
    ]
    for family in tables:
        lines += ["", f"## {family.title}", "", ", ".join(family.rows)]
    return "\n".join(lines) + "\n"


class PageTest(unittest.TestCase):
    def test_is_up_to_date(self):
        self.assertEqual(PAGE.read_text(), page(), "write it anew: see this file's docstring")

    def test_little_is_left(self):
        hard = [name for family in families() for name in family.hard_rows]
        self.assertLessEqual(len(hard), MOST_HARD_ROWS, hard)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page())
    else:
        unittest.main()
