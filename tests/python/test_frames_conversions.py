"""Special methods that builtins convert, format, print and check objects by run as frames of the loop."""

import io
import math
import operator
import os
import shutil
import subprocess
import sys
import unittest

import stackless
from support import StacklessTestCase, needs_soft_switching
from support_loop import WARM


def by_method(name, result, use):
    """What calls the action in the special method of an object, which then returns the result."""

    def row(action):
        def method(self, *args):
            action()
            return result

        return use(type("Special", (), {name: method})())

    return row


class Owner:
    """Has a property and items that call something."""

    def __init__(self, action):
        self.action = action

    @property
    def value(self):
        self.action()
        return 1

    def __getitem__(self, key):
        self.action()
        return key


def by_missing(action):
    class Missing(dict):
        def __missing__(self, key):
            action()
            return key

    return "{a}{b}".format_map(Missing(a=1))


def by_metaclass(name, use):
    def row(action):
        def method(cls, other):
            action()
            return True

        return use(type("Meta", (type,), {name: method})("Checked", (), {}))

    return row


def by_sep(action):
    class File:
        def write(self, text):
            action()

    print(1, 2, sep="-", end="", file=File())


def by_stdout(action):
    class File:
        def write(self, text):
            sys.stdout = saved
            action()
            sys.stdout = self

        def flush(self):
            sys.stdout = saved
            action()

    saved = sys.stdout
    sys.stdout = File()
    try:
        print(1, flush=True)
    finally:
        sys.stdout = saved


ROWS = {
    "len()": by_method("__len__", 3, len),
    "bool()": by_method("__bool__", True, bool),
    "bool() by __len__": by_method("__len__", 3, bool),
    "hash()": by_method("__hash__", 3, hash),
    "str()": by_method("__str__", "text", str),
    "str() by __repr__": by_method("__repr__", "text", str),
    "repr()": by_method("__repr__", "text", repr),
    "ascii()": by_method("__repr__", "text", ascii),
    "int()": by_method("__int__", 3, int),
    "int() by __index__": by_method("__index__", 3, int),
    "float()": by_method("__float__", 3.0, float),
    "complex()": by_method("__complex__", 3j, complex),
    "bytes() by __bytes__": by_method("__bytes__", b"text", bytes),
    "format()": by_method("__format__", "text", lambda it: format(it, "x")),
    "format() by __str__": by_method("__str__", "text", format),
    "f-string: __format__": by_method("__format__", "text", lambda it: f"{it:x{1}}"),
    "f-string: __str__": by_method("__str__", "text", lambda it: f"{it}"),
    "f-string: !s": by_method("__str__", "text", lambda it: f"{it!s:>5}"),
    "f-string: !r": by_method("__repr__", "text", lambda it: f"{it!r}"),
    "f-string: !a": by_method("__repr__", "text", lambda it: f"{it!a}"),
    "repr() of a list": by_method("__repr__", "text", lambda it: repr([it])),
    "repr() of a tuple": by_method("__repr__", "text", lambda it: str((it,))),
    "repr() of a dict": by_method("__repr__", "text", lambda it: f"{ {1: it} }"),
    "repr() of a set": by_method("__repr__", "text", lambda it: f"{ {it} !s}"),
    "str % value": by_method("__str__", "text", lambda it: "%d %s" % (1, it)),
    "str % list": by_method("__repr__", "text", lambda it: "%s" % [it]),
    "str.format(): __format__": by_method("__format__", "text", lambda it: "{0:x}".format(it)),
    "str.format(): __str__": by_method("__str__", "text", lambda it: "{a!s:>5}".format(a=it)),
    "str.format(): a property": lambda action: "{0.value}".format(Owner(action)),
    "str.format(): __getitem__": lambda action: "{a[b]}".format(a=Owner(action)),
    "str.format_map(): __str__": by_method("__str__", "text", lambda it: "{a}".format_map({"a": it})),
    "str.format_map(): __getitem__": lambda action: "{a}".format_map(Owner(action)),
    "str.format_map(): __missing__": by_missing,
    "print(): __str__": by_method("__str__", "text", lambda it: print(it, file=io.StringIO())),
    "print() to a file in Python": by_sep,
    "print() with sys.stdout in Python": by_stdout,
    "operator.index()": by_method("__index__", 3, operator.index),
    "bin(), oct(), hex()": by_method("__index__", 3, lambda it: (bin(it), oct(it), hex(it))),
    "range()": by_method("__index__", 3, lambda it: range(it, it, it)),
    "math.trunc()": by_method("__trunc__", 3, math.trunc),
    "math.floor()": by_method("__floor__", 3, math.floor),
    "math.ceil()": by_method("__ceil__", 3, math.ceil),
    "dir()": by_method("__dir__", ["x"], dir),
    "isinstance()": by_metaclass("__instancecheck__", lambda cls: isinstance(1, cls)),
    "isinstance() of a tuple": by_metaclass(
        "__instancecheck__", lambda cls: isinstance(1, (str, (cls,)))
    ),
    "isinstance() of a union": by_metaclass("__instancecheck__", lambda cls: isinstance(1, str | cls)),
    "issubclass()": by_metaclass("__subclasscheck__", lambda cls: issubclass(int, cls)),
    "issubclass() of a tuple": by_metaclass(
        "__subclasscheck__", lambda cls: issubclass(int, (str, cls))
    ),
}


class RowsTestCase(StacklessTestCase):
    """Tests of rows of the table of what calls back."""

    rows = ROWS

    def in_each(self, check):
        for name, row in self.rows.items():
            with self.subTest(row=name):
                del self.log[:]
                check(row)

    def run_beside_another(self, function):
        """Runs it in a tasklet, while another one wants to run as well."""

        def keep_running():
            while working.alive:
                stackless.schedule()

        working = self.start(function)
        self.start(keep_running)
        stackless.run()


class NestingTest(RowsTestCase):
    def test_each_calls(self):
        def check(row):
            row(lambda: self.log.append(1))
            self.assertNotEqual(self.log, [])

        self.in_each(check)

    @needs_soft_switching
    def test_at_the_base_before_and_after_warming_up(self):
        def check(row):
            def action():
                self.log.append(stackless.getcurrent().nesting_level)
                stackless.schedule()

            def repeat():
                for _ in range(WARM):
                    row(action)

            self.run_beside_another(repeat)
            self.assertEqual(set(self.log), {0})

        self.in_each(check)

    def test_killed_there(self):
        def check(row):
            def action():
                try:
                    stackless.schedule_remove()
                finally:
                    self.log.append("finally")

            waiting = self.pause(row, action)
            waiting.kill()
            self.assertFalse(waiting.alive)
            self.assertEqual(self.log[0], "finally")

        self.in_each(check)

    def test_exception_comes_through(self):
        def check(row):
            def action():
                raise LookupError("reason")

            def handle():
                try:
                    raise KeyError("outer")
                except KeyError:
                    row(action)

            for _ in range(3):
                with self.assertRaisesRegex(LookupError, "reason") as caught:
                    handle()
                self.assertIsInstance(caught.exception.__context__, KeyError)

        self.in_each(check)


# Where nothing can be switched softly, as in the main tasklet, more is left to C code.
RUN_IN_TASKLET = """
import runpy, sys, stackless
stackless.tasklet(runpy.run_path)(sys.argv[1], run_name="__main__")
stackless.run()
"""


class BehaviourTest(unittest.TestCase):
    scripts = ("frames_conversions_script.py", "frames_formatting_script.py")

    @unittest.skipUnless(shutil.which("python3.11"), "there is no python3.11 to compare with")
    def test_as_in_python(self):
        """Values, exceptions, tracebacks and warnings are those of python3.11."""
        for name in self.scripts:
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
            theirs, ours, in_tasklet = (
                subprocess.run([*command, script], capture_output=True, text=True)
                for command in (["python3.11"], [sys.executable], [sys.executable, "-c", RUN_IN_TASKLET])
            )
            self.assertEqual(theirs.returncode, 0)
            for result in (ours, in_tasklet):
                with self.subTest(script=name, command=result.args):
                    self.assertEqual(result.returncode, 0)
                    self.assertEqual(result.stdout.splitlines(), theirs.stdout.splitlines())
                    self.assertEqual(result.stderr.splitlines(), theirs.stderr.splitlines())


if __name__ == "__main__":
    unittest.main()
