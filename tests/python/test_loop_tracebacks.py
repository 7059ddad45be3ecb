"""Tracebacks: each names the right lines, and marks the right part of them."""

import linecache
import os
import subprocess
import sys
import tempfile
import textwrap
import traceback
import unittest

from support_loop import WARM

FILE = "program.py"


class TracebackTest(unittest.TestCase):
    def setUp(self):
        self.addCleanup(linecache.cache.pop, FILE, None)

    def run_program(self, source):
        """Runs a program that defines main(). Returns the exception that leaves main() when it is called for
        the first time and, to have it specialised, for the last time of many."""
        source = textwrap.dedent(source).lstrip("\n")
        linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
        namespace = {}
        exec(compile(source, FILE, "exec"), namespace)
        errors = []
        for _ in range(WARM):
            try:
                namespace["main"]()
            except BaseException as error:
                error.__traceback__ = error.__traceback__.tb_next
                errors.append(error)
        return errors[0], errors[-1]

    def check(self, source, expected):
        """Compares the traceback from main() on."""
        expected = textwrap.dedent(expected).lstrip("\n")
        for error in self.run_program(source):
            text = "".join(traceback.format_exception(error))
            self.assertEqual(text.replace("Traceback (most recent call last):\n", ""), expected)

    def test_line_and_marks(self):
        self.check(
            """
            def divide(a, b):
                return a + (b / 0) * a

            def main():
                x = 1
                divide(x,
                       2)
            """,
            """
              File "program.py", line 6, in main
                divide(x,
              File "program.py", line 2, in divide
                return a + (b / 0) * a
                            ~~^~~
            ZeroDivisionError: division by zero
            """,
        )

    def test_operators(self):
        for expression, marks, message in (
            ("a.b.c.d", "^^^^^", "AttributeError: 'int' object has no attribute 'c'"),
            ("a.b['x'].c", "~~~^^^^^", "TypeError: 'int' object is not subscriptable"),
            ("-a.b + 'x'", "~~~~~^~~~~", "TypeError: unsupported operand type(s) for +: 'int' and 'str'"),
            ("1 + a.f(2)(3)", "^^^^^^^^^", "TypeError: 'int' object is not callable"),
            ("a.g(2)", "^^^", "AttributeError: 'A' object has no attribute 'g'"),
            ("(1, 2)[a.b]", "~~~~~~^^^^^", "IndexError: tuple index out of range"),
            ("[i / (i - 3) for i in range(9)]", "~~^~~~~~~~~", "ZeroDivisionError: division by zero"),
            ("a < 1", "^^^^^", "TypeError: '<' not supported between instances of 'A' and 'int'"),
            ("1 in a.b", "^^^^^^^^", "TypeError: argument of type 'int' is not iterable"),
            ("f'{undefined}'", "^^^^^^^^^", "NameError: name 'undefined' is not defined"),
            ("~'x'", "^^^^", "TypeError: bad operand type for unary ~: 'str'"),
            ("[*a.b]", "^^^^^^", "TypeError: Value after * must be an iterable, not int"),
            ("a.f(*a.b)", "^^^^^^^^^", "TypeError: __main__.A.f() argument after * must be an iterable, not int"),
        ):
            source = (
                "class A:\n"
                "    b = 7\n"
                "    def f(self, x): return x\n"
                "__name__ = '__main__'\n"
                "A.f.__module__ = '__main__'\n"
                "a = A()\n"
                "def main():\n"
                f"    None, {expression}\n"
            )
            with self.subTest(expression=expression):
                for error in self.run_program(source):
                    lines = "".join(traceback.format_exception(error)).splitlines()
                    self.assertEqual(lines[-1], message)
                    self.assertEqual(lines[-2].strip(), marks)
                    self.assertEqual(lines[-3].strip(), f"None, {expression}")

    def test_call_over_several_lines(self):
        self.check(
            """
            def fail(*args, **kwargs):
                raise ValueError(
                    "message"
                )

            def main():
                result = (
                    fail(
                        1,
                        a=fail
                    )
                )
            """,
            """
              File "program.py", line 8, in main
                fail(
              File "program.py", line 2, in fail
                raise ValueError(
            ValueError: message
            """,
        )

    def test_error_in_one_of_several_arguments(self):
        self.check(
            """
            def identity(x):
                return x

            def main():
                identity(
                    identity(1),
                ).bit_length(
                    identity(2),
                    identity(1 / 0),
                )
            """,
            """
              File "program.py", line 9, in main
                identity(1 / 0),
                         ~~^~~
            ZeroDivisionError: division by zero
            """,
        )

    def test_chain_of_methods(self):
        self.check(
            """
            class Chain:
                def link(self):
                    return self
                def fail(self):
                    raise KeyError(1)

            def main():
                return (
                    Chain()
                    .link()
                    .fail()
                    .link()
                )
            """,
            """
              File "program.py", line 11, in main
                .fail()
                 ^^^^^^
              File "program.py", line 5, in fail
                raise KeyError(1)
            KeyError: 1
            """,
        )

    def test_comprehensions_and_generators(self):
        self.check(
            """
            def pairs(values):
                yield from (
                    (value, 1 / value)
                    for value in values
                )

            def main():
                return {key: [item for item in value]
                        for key, value in pairs([1, 0])}
            """,
            """
              File "program.py", line 8, in main
                return {key: [item for item in value]
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              File "program.py", line 8, in <dictcomp>
                return {key: [item for item in value]
                             ^^^^^^^^^^^^^^^^^^^^^^^^
            TypeError: 'float' object is not iterable
            """,
        )

    def test_generator(self):
        self.check(
            """
            def inner():
                yield 1
                yield 1 / 0

            def outer():
                yield from inner()

            def main():
                for value in outer():
                    pass
            """,
            """
              File "program.py", line 9, in main
                for value in outer():
              File "program.py", line 6, in outer
                yield from inner()
              File "program.py", line 3, in inner
                yield 1 / 0
                      ~~^~~
            ZeroDivisionError: division by zero
            """,
        )

    def test_exception_thrown_at_a_generator(self):
        self.check(
            """
            def inner():
                yield 1

            def outer():
                yield from inner()

            def main():
                generator = outer()
                next(generator)
                generator.throw(KeyError("thrown"))
            """,
            """
              File "program.py", line 10, in main
                generator.throw(KeyError("thrown"))
              File "program.py", line 5, in outer
                yield from inner()
              File "program.py", line 2, in inner
                yield 1
            KeyError: 'thrown'
            """,
        )

    def test_stop_iteration_in_a_generator(self):
        self.check(
            """
            def generate():
                yield 1
                raise StopIteration("end")

            def main():
                for _ in generate():
                    pass
            """,
            """
              File "program.py", line 3, in generate
                raise StopIteration("end")
            StopIteration: end

            The above exception was the direct cause of the following exception:

              File "program.py", line 6, in main
                for _ in generate():
            RuntimeError: generator raised StopIteration
            """,
        )

    def test_coroutine(self):
        self.check(
            """
            async def inner():
                raise OSError("inside")

            async def outer():
                async with Manager() as manager:
                    await inner()

            class Manager:
                async def __aenter__(self): pass
                async def __aexit__(self, *arguments): pass

            def main():
                outer().send(None)
            """,
            """
              File "program.py", line 13, in main
                outer().send(None)
              File "program.py", line 6, in outer
                await inner()
              File "program.py", line 2, in inner
                raise OSError("inside")
            OSError: inside
            """,
        )

    def test_decorators(self):
        self.check(
            """
            def fail(function):
                raise ValueError(function.__name__)

            def keep(function):
                return function

            def main():
                @keep
                @fail
                @keep
                def decorated():
                    pass
            """,
            """
              File "program.py", line 9, in main
                @fail
                 ^^^^
              File "program.py", line 2, in fail
                raise ValueError(function.__name__)
            ValueError: decorated
            """,
        )

    def test_class_body(self):
        self.check(
            """
            def main():
                class Class:
                    x = 1
                    y = x.real.missing
            """,
            """
              File "program.py", line 2, in main
                class Class:
              File "program.py", line 4, in Class
                y = x.real.missing
                    ^^^^^^^^^^^^^^
            AttributeError: 'int' object has no attribute 'missing'
            """,
        )

    def test_raised_again(self):
        self.check(
            """
            def fail():
                try:
                    1 / 0
                finally:
                    pass

            def main():
                try:
                    try:
                        fail()
                    except ZeroDivisionError as error:
                        raise
                    finally:
                        x = 1
                except OSError:
                    pass
            """,
            """
              File "program.py", line 10, in main
                fail()
              File "program.py", line 3, in fail
                1 / 0
                ~~^~~
            ZeroDivisionError: division by zero
            """,
        )

    def test_instance_raised_again(self):
        self.check(
            """
            def main():
                try:
                    1 / 0
                except ZeroDivisionError as error:
                    raise error
            """,
            """
              File "program.py", line 5, in main
                raise error
              File "program.py", line 3, in main
                1 / 0
                ~~^~~
            ZeroDivisionError: division by zero
            """,
        )

    def test_loops_around_a_raise(self):
        self.check(
            """
            def fail(n):
                while True:
                    with open("/dev/null"):
                        for i in range(n):
                            if i == 3:
                                raise IndexError(i)

            def main():
                fail(9)
            """,
            """
              File "program.py", line 9, in main
                fail(9)
              File "program.py", line 6, in fail
                raise IndexError(i)
            IndexError: 3
            """,
        )

    def test_with(self):
        self.check(
            """
            class Manager:
                def __enter__(self):
                    pass
                def __exit__(self, *arguments):
                    raise OSError("leaving")

            def main():
                with Manager():
                    x = 1
            """,
            """
              File "program.py", line 8, in main
                with Manager():
              File "program.py", line 5, in __exit__
                raise OSError("leaving")
            OSError: leaving
            """,
        )

    def test_chain(self):
        self.check(
            """
            def main():
                try:
                    try:
                        {}["key"]
                    except KeyError:
                        undefined
                except NameError as error:
                    raise OSError("outermost") from error
            """,
            """
              File "program.py", line 4, in main
                {}["key"]
                ~~^^^^^^^
            KeyError: 'key'

            During handling of the above exception, another exception occurred:

              File "program.py", line 6, in main
                undefined
            NameError: name 'undefined' is not defined

            The above exception was the direct cause of the following exception:

              File "program.py", line 8, in main
                raise OSError("outermost") from error
            OSError: outermost
            """,
        )

    def test_group(self):
        def lines_of(error):
            return [line for _, line in traceback.walk_tb(error.__traceback__)]

        for error in self.run_program(
            """
            def fail(kind):
                raise kind

            def main():
                try:
                    raise ExceptionGroup("group", [ValueError(1), KeyError(2)])
                except* ValueError:
                    fail(OSError)
            """
        ):
            raised, rest = error.exceptions
            self.assertEqual((type(raised), lines_of(raised)), (OSError, [8, 2]))
            self.assertEqual((type(rest), lines_of(rest)), (ExceptionGroup, [6]))
            self.assertEqual(lines_of(raised.__context__), [6])

    def test_callbacks_from_c(self):
        self.check(
            """
            class Key:
                def __init__(self, x):
                    self.x = x
                def __lt__(self, other):
                    return self.y < other.y

            def main():
                sorted([1, 2],
                       key=Key)
            """,
            """
              File "program.py", line 8, in main
                sorted([1, 2],
              File "program.py", line 5, in __lt__
                return self.y < other.y
                       ^^^^^^
            AttributeError: 'Key' object has no attribute 'y'
            """,
        )

    def test_wrong_arguments(self):
        self.check(
            """
            def callee(a):
                pass

            def main():
                [callee(1),
                 callee(1, 2)]
            """,
            """
              File "program.py", line 6, in main
                callee(1, 2)]
                ^^^^^^^^^^^^
            TypeError: callee() takes 1 positional argument but 2 were given
            """,
        )

    def test_statement_that_unpacks(self):
        self.check(
            """
            def main():
                for i, (a,
                        b) in [(1, (2, 3)),
                               (1, (2,))]:
                    pass
            """,
            """
              File "program.py", line 2, in main
                for i, (a,
                       ^^^
            ValueError: not enough values to unpack (expected 2, got 1)
            """,
        )

    def test_assert_and_delete(self):
        self.check(
            """
            def main():
                x = {}
                assert not x, (
                    "never"
                )
                del x["a"], x
            """,
            """
              File "program.py", line 6, in main
                del x["a"], x
                    ~^^^^^
            KeyError: 'a'
            """,
        )

    def test_frames_of_a_traceback(self):
        first, last = self.run_program(
            """
            def main():
                x = 1
                inner(x + 1)

            def inner(y):
                z = y
                z.missing
            """
        )
        for error in first, last:
            frames = [frame for frame, line in traceback.walk_tb(error.__traceback__)]
            self.assertEqual([frame.f_code.co_name for frame in frames], ["main", "inner"])
            self.assertEqual([frame.f_lineno for frame in frames], [3, 7])
            self.assertEqual([frame.f_locals for frame in frames], [{"x": 1}, {"y": 2, "z": 2}])
            self.assertIs(frames[1].f_back, frames[0])
            instruction = error.__traceback__.tb_next.tb_lasti
            positions = list(frames[1].f_code.co_positions())[instruction // 2]
            self.assertEqual(positions, (7, 7, 4, 13))


class PrintedTest(unittest.TestCase):
    """What the program itself prints, for errors that leave it."""

    def run_file(self, source):
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, FILE)
            with open(file, "w") as program:
                program.write(textwrap.dedent(source).lstrip("\n"))
            result = subprocess.run(
                [sys.executable, file], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
            return result.stderr.replace(directory + "/", "")

    def check(self, source, expected):
        expected = textwrap.dedent(expected).lstrip("\n")
        printed = self.run_file(source)
        self.assertEqual(printed[-len(expected):], expected)

    def test_uncaught(self):
        self.check(
            """
            def fail(values):
                return sum(1 / value for value in values)

            fail([1,
                  0])
            """,
            """
            Traceback (most recent call last):
              File "program.py", line 4, in <module>
                fail([1,
              File "program.py", line 2, in fail
                return sum(1 / value for value in values)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              File "program.py", line 2, in <genexpr>
                return sum(1 / value for value in values)
                           ~~^~~~~~~
            ZeroDivisionError: division by zero
            """,
        )

    def test_suggestion(self):
        self.check(
            """
            import collections
            def f(counter):
                return conter
            f(collections.Counter())
            """,
            """
            NameError: name 'conter' is not defined. Did you mean: 'counter'?
            """,
        )
        self.check(
            """
            import collections
            collections.Countr
            """,
            """
            AttributeError: module 'collections' has no attribute 'Countr'. Did you mean: 'Counter'?
            """,
        )

    def test_in_a_destructor(self):
        self.check(
            """
            class Class:
                def __del__(self):
                    self.missing

            def f(x):
                x = None

            f(Class())
            """,
            """
            Traceback (most recent call last):
              File "program.py", line 3, in __del__
                self.missing
            AttributeError: 'Class' object has no attribute 'missing'
            """,
        )

    def test_in_a_tasklet(self):
        self.check(
            """
            import stackless

            def fail(n):
                stackless.schedule()
                return 1 + 1 // (n - 1)

            stackless.tasklet(fail)(1)
            stackless.run()
            """,
            """
            Traceback (most recent call last):
              File "program.py", line 8, in <module>
                stackless.run()
              File "program.py", line 5, in fail
                return 1 + 1 // (n - 1)
                           ~~^^~~~~~~~~
            ZeroDivisionError: integer division or modulo by zero
            """,
        )


if __name__ == "__main__":
    unittest.main()
