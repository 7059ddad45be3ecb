"""Exceptions, tracebacks and bombs, as values of a computation."""

import copyreg
import io
import pickle
import sys
import traceback
import unittest

import _stackless
import stackless
from stackless import bomb
from support_code import COMPUTATION, Project, round_trips


def copies(*values):
    """What becomes of values that travel with a computation."""
    for _, *result in round_trips([COMPUTATION, *values]):
        yield result


def copy(value):
    return pickle.loads(pickle.dumps([COMPUTATION, value]))[1]


def caught(function, *args):
    """The exception that a call raises."""
    try:
        function(*args)
    except BaseException as error:
        return error
    return None


def raise_it(error):
    local = "a local"
    raise error


def handle(error):
    try:
        raise_it(error)
    except type(error):
        raise LookupError("while handling")


def convert(error):
    try:
        raise_it(error)
    except type(error) as original:
        raise LookupError("converted") from original


def hide(error):
    try:
        raise_it(error)
    except type(error):
        raise LookupError("hidden") from None


class Picky(Exception):
    """Stock pickle cannot make it, since `args` are not what __init__() takes."""

    def __init__(self, code, *, reason):
        super().__init__(f"{code}: {reason}")
        self.code = code


class PickyFile(OSError):
    def __init__(self, path):
        super().__init__(2, "gone", path)


class PickyText(UnicodeDecodeError):
    def __new__(cls):
        return super().__new__(cls, "utf-8", b"abc", 1, 2, "bad")

    def __init__(self):
        super().__init__("utf-8", b"abc", 1, 2, "bad")


class Reduced(Exception):
    """Says itself how it is pickled."""

    made = 0

    def __init__(self, number):
        super().__init__("something else")
        self.number = number
        Reduced.made += 1

    def __reduce__(self):
        return Reduced, (self.number,), {"extra": 1}


class Stateful(Exception):
    def __setstate__(self, state):
        self.__dict__.update(state)
        self.was_set = True


class Registered(Exception):
    pass


class Proud(Exception):
    """Does not want its attributes set."""

    def __setattr__(self, name, value):
        raise AssertionError("__setattr__() called")


class AttributesTest(unittest.TestCase):
    def same(self, error, *names):
        for [result] in copies(error):
            with self.subTest(error=repr(error)):
                self.assertIs(type(result), type(error))
                self.assertEqual(result.args, error.args)
                self.assertEqual(str(result), str(error))
                self.assertEqual(vars(result), vars(error))
                for name in names:
                    self.assertEqual(getattr(result, name), getattr(error, name), name)

    def test_plain(self):
        self.same(ValueError())
        self.same(ValueError(1, "two"))
        self.same(KeyError("key"))
        self.same(KeyboardInterrupt())
        self.same(TaskletExit("bye"), "code")

    def test_dictionary_and_notes(self):
        error = ValueError(1)
        error.extra = [1]
        error.add_note("a note")
        self.same(error)

    def test_os_errors(self):
        names = "errno", "strerror", "filename", "filename2"
        self.same(OSError(), *names)
        self.same(OSError(2, "gone"), *names)
        self.same(OSError(2, "gone", "here", None, "there"), *names)
        self.same(caught(open, "/no/such/file"), *names)
        self.same(ConnectionResetError(104, "reset"), *names)
        self.same(PickyFile("here"), *names)

    def test_values(self):
        self.same(StopIteration(5), "value")
        self.same(StopAsyncIteration(5))
        self.same(SystemExit(3), "code")
        changed = StopIteration(5)
        changed.value = 6
        self.same(changed, "value")

    def test_unicode_errors(self):
        names = "encoding", "object", "start", "end", "reason"
        self.same(caught("ä".encode, "ascii"), *names)
        self.same(caught(b"\xff".decode, "utf-8"), *names)
        moved = caught(b"a\xff\xff".decode, "utf-8")
        moved.end = 3
        self.same(moved, *names)
        self.same(UnicodeTranslateError("abc", 1, 2, "bad"), *names[1:])
        self.same(PickyText(), *names)

    def test_import_errors(self):
        self.same(ImportError("message", name="name", path="path"), "msg", "name", "path")
        self.same(caught(__import__, "no_such_module"), "msg", "name", "path")

    def test_syntax_errors(self):
        error = caught(compile, "a = = 1", "file", "exec")
        self.same(error, *"msg filename lineno offset text end_lineno end_offset print_file_and_line".split())

    def test_name_and_attribute_errors(self):
        self.same(caught(lambda: no_such_name), "name")  # noqa: F821
        self.same(caught(lambda: "".no_such_attribute), "name", "obj")

    def test_groups(self):
        inner = ValueError(1)
        for error in [
            ExceptionGroup("group", [inner, KeyError(2)]),
            BaseExceptionGroup("group", (KeyboardInterrupt(), ExceptionGroup("nested", [inner]))),
        ]:
            for [result] in copies(error):
                self.assertIs(type(result), type(error))
                self.assertEqual(repr(result), repr(error))
                self.assertIs(type(result.args[1]), type(error.args[1]))
                self.assertEqual(repr(result.exceptions), repr(error.exceptions))

    def test_group_and_its_members_are_the_same(self):
        inner = ValueError(1)
        for member, group in copies(inner, ExceptionGroup("group", [inner])):
            self.assertIs(group.exceptions[0], member)

    def test_init_is_not_called(self):
        self.same(Picky(5, reason="no"), "code")
        error = Proud(1)
        error.__dict__["extra"] = 1
        self.same(error)

    def test_class_that_says_how(self):
        for [result] in copies(Reduced(5)):
            self.assertEqual((result.number, result.extra), (5, 1))
        error = caught(raise_it, Reduced(6))
        Reduced.made = 0
        result = copy(error)
        self.assertEqual((result.number, result.extra, Reduced.made), (6, 1, 1))
        self.assertIsNotNone(result.__traceback__)

    def test_class_with_a_setstate(self):
        error = caught(raise_it, Stateful(1))
        error.extra = 2
        for [result] in copies(error):
            self.assertEqual(vars(result), {"extra": 2, "was_set": True})
            self.assertIsNotNone(result.__traceback__)

    def test_registered_reducers_win(self):
        copyreg.pickle(Registered, lambda error: (Registered, ("registered",)))
        self.addCleanup(copyreg.dispatch_table.pop, Registered)
        self.assertEqual(copy(Registered(1)).args, ("registered",))

        class Pickler(pickle.Pickler):
            dispatch_table = {Registered: lambda error: (Registered, ("of the pickler",))}

        file = io.BytesIO()
        Pickler(file).dump([COMPUTATION, Registered(1)])
        self.assertEqual(pickle.loads(file.getvalue())[1].args, ("of the pickler",))

    def test_without_a_computation_pickles_are_those_of_python(self):
        class StockPickler(pickle.Pickler):
            def reducer_override(self, obj):
                return NotImplemented

        for error in (ValueError(1), OSError(2, "gone", "here"), caught(convert, KeyError(1))):
            file = io.BytesIO()
            StockPickler(file).dump(error)
            self.assertEqual(pickle.dumps(error), file.getvalue())


class LinksTest(unittest.TestCase):
    def test_traceback(self):
        error = caught(raise_it, ValueError(1))
        for [result] in copies(error):
            frames = [(frame.f_code.co_name, line) for frame, line in traceback.walk_tb(result.__traceback__)]
            self.assertEqual(
                frames, [(frame.f_code.co_name, line) for frame, line in traceback.walk_tb(error.__traceback__)]
            )
            self.assertEqual(result.__traceback__.tb_next.tb_frame.f_locals["local"], "a local")
            self.assertIs(result.__traceback__.tb_next.tb_frame.f_locals["error"], result)
            self.assertEqual(
                "".join(traceback.format_exception(result)), "".join(traceback.format_exception(error))
            )

    def test_context_and_cause(self):
        for function in (handle, convert, hide):
            error = caught(function, ValueError(1))
            for [result] in copies(error):
                self.assertEqual(result.__suppress_context__, error.__suppress_context__)
                self.assertEqual(repr(result.__context__), repr(error.__context__))
                self.assertEqual(repr(result.__cause__), repr(error.__cause__))
                self.assertIsNotNone(result.__context__.__traceback__)
                if function is convert:
                    self.assertIs(result.__context__, result.__cause__)

    def test_links_are_there_whichever_comes_first(self):
        error = caught(convert, ValueError(1))
        for outer, inner in copies(error, error.__context__):
            self.assertIs(outer.__context__, inner)
            self.assertIsNotNone(inner.__traceback__)
        for inner, outer in copies(error.__context__, error):
            self.assertIs(outer.__context__, inner)
            self.assertIsNotNone(inner.__traceback__)
            self.assertIsNotNone(outer.__traceback__)

    def test_exception_that_leads_to_itself(self):
        items = []
        error = caught(raise_it, ValueError(items))
        items.append(error)
        error.itself = error
        for [result] in copies(error):
            self.assertIs(result.args[0][0], result)
            self.assertIs(result.itself, result)
            self.assertIsNotNone(result.__traceback__)

    def test_group_in_the_context_of_its_member(self):
        group = ExceptionGroup("group", [ValueError(1)])
        [inner] = group.exceptions
        inner.__context__ = group
        group.__context__ = KeyError(2)
        for [result] in copies(group):
            self.assertIs(result.exceptions[0].__context__, result)
            self.assertEqual(repr(result.__context__), "KeyError(2)")
        for member, result in copies(inner, group):
            self.assertIs(result.exceptions[0], member)
            self.assertIs(member.__context__, result)
            self.assertEqual(repr(result.__context__), "KeyError(2)")

    def test_circle_of_contexts(self):
        first, second = ValueError(1), ValueError(2)
        first.__context__, second.__context__ = second, first
        for one, other in copies(first, second):
            self.assertIs(one.__context__, other)
            self.assertIs(other.__context__, one)

    def test_chain_of_thousands(self):
        for link in ("__context__", "__cause__"):
            error = None
            for number in range(5000):
                error, last = ValueError(number), error
                setattr(error, link, last)
            for [result] in copies(error):
                for number in reversed(range(5000)):
                    self.assertEqual(result.args, (number,))
                    result = getattr(result, link)
                self.assertIsNone(result)
        del error, last

    def test_traceback_of_hundreds(self):
        def recurse(depth):
            if depth:
                return recurse(depth - 1)
            raise ValueError(1)

        error = caught(recurse, 400)
        for [result] in copies(error):
            self.assertEqual(len(list(traceback.walk_tb(result.__traceback__))), 402)

    def test_traceback_by_itself(self):
        error = caught(raise_it, ValueError(1))
        for result in round_trips(error.__traceback__):
            self.assertEqual(traceback.format_tb(result), traceback.format_tb(error.__traceback__))

    def test_traceback_keeps_its_identity(self):
        error = caught(raise_it, ValueError(1))
        for result, trace in copies(error, error.__traceback__):
            self.assertIs(result.__traceback__, trace)
        for trace, result in copies(error.__traceback__, error):
            self.assertIs(result.__traceback__, trace)

    def test_in_a_generator_that_handles_it(self):
        def handles():
            try:
                raise_it(ValueError(1))
            except ValueError as error:
                yield "handling"
                yield sys.exc_info()[1] is error, error.__traceback__ is not None
                raise

        generator = handles()
        next(generator)
        for [result] in copies(generator):
            self.assertEqual(next(result), (True, True))
            error = caught(next, result)
            names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
            self.assertEqual((names[0], len(names), names[-1]), ("caught", 3, "raise_it"))


class BombTest(unittest.TestCase):
    def test_bomb(self):
        original = bomb(caught(raise_it, ValueError(1)))
        for result in round_trips(original):
            self.assertIs(type(result), bomb)
            self.assertEqual((result.type, result.value.args), (ValueError, (1,)))
            self.assertIs(result.traceback, result.value.__traceback__)
            self.assertEqual(traceback.format_tb(result.traceback), traceback.format_tb(original.traceback))

    def test_bomb_that_leads_to_itself(self):
        original = bomb(ValueError())
        original.value.bomb = original
        for result in round_trips(original):
            self.assertIs(result.value.bomb, result)


class OtherProcessTest(Project):
    def test_traceback_travels(self):
        self.write(
            "program.py",
            """
            import pickle, sys, traceback, stackless

            class Own(Exception):
                def __init__(self, a, b):
                    super().__init__(a + b)

            def fail():
                raise Own("a", "b")

            def outer():
                try:
                    fail()
                except Own as error:
                    raise KeyError("outer") from error

            if sys.argv[1] == "save":
                try:
                    outer()
                except KeyError as error:
                    data = pickle.dumps(stackless.bomb(error))
                    open("data", "wb").write(data)
                    traceback.print_exc(file=sys.stdout)
            else:
                traceback.print_exception(pickle.loads(open("data", "rb").read()).value, file=sys.stdout)
            """,
        )
        saved = self.run_program("program.py", "save")
        self.assertEqual(self.run_program("program.py", "load"), saved)
        self.assertIn("The above exception was the direct cause", saved)
        self.assertIn("Own: ab", saved)


class MalformedTest(unittest.TestCase):
    def refuses(self, function, *arguments):
        with self.subTest(function=function.__name__, arguments=arguments):
            with self.assertRaises(pickle.UnpicklingError):
                function(*arguments)

    def test_load_exception(self):
        for arguments in [
            (),
            (ValueError,),
            (3, ()),
            ("int", ()),
            ("NoSuchError", ()),
            (int, ()),
            (ValueError(), ()),
            (ValueError, []),
            (ExceptionGroup, ()),
            (ExceptionGroup, ("", [KeyboardInterrupt()])),
            (BaseExceptionGroup, ("", ())),
        ]:
            self.refuses(_stackless.load_exception, *arguments)
        # What does not fit a class may be what a subclass calls `args`.
        self.assertEqual(_stackless.load_exception(UnicodeDecodeError, (1,)).args, (1,))

    def test_states(self):
        error = ValueError()
        for function in (_stackless.set_exception_state, _stackless.set_exception_links):
            for arguments in [
                (error,),
                (3, (None,)),
                (error, ()),
                (error, [None]),
                (error, (None, [], [()])),
                (error, (None, (), ())),
                (error, (None, [error], [()])),
                (error, (None, [3], [(None, None, None, False)])),
                (error, (None, [error], [(3, None, None, False)])),
                (error, (None, [error], [(None, 3, None, False)])),
                (error, (None, [error], [(None, None, 3, False)])),
                (error, (None, [error], [[None, None, None, False]])),
                (error, (None, [error, error], [(None, None, None, False)])),
            ]:
                self.refuses(function, *arguments)
        for own in [
            3,
            (),
            ([], None, None),
            (None, [], None),
            (None, None, []),
            (None, None, {"errno": 1}),
            (None, None, {"__traceback__": None}),
            (None, None, {1: 1}),
        ]:
            self.refuses(_stackless.set_exception_state, error, (own,))

    def test_tracebacks(self):
        frame = sys._getframe()
        trace = _stackless.load_traceback()
        for arguments in [
            (),
            (trace,),
            (3, [(frame, 0, 1)]),
            (trace, []),
            (trace, ((frame, 0, 1),)),
            (trace, [frame]),
            (trace, [(3, 0, 1)]),
            (trace, [(frame, -2, 1)]),
            (trace, [(frame, 2**31, 1)]),
            (trace, [(frame, len(frame.f_code.co_code), 1)]),
            (trace, [(frame, 0, 1.0)]),
            (trace, [(frame, 0, 1), (frame, 0, -2)]),
            (trace, [(frame, 0, 1), None]),
        ]:
            self.refuses(_stackless.set_traceback_state, *arguments)
        self.assertEqual(len(traceback.format_tb(trace)), 1)
        _stackless.set_traceback_state(trace, [(frame, 10, 1), (frame, -1, 2), (None, 100, 3)])
        self.assertEqual([line for _, line in traceback.walk_tb(trace)], [1, 2, 3])
        self.assertEqual(len(traceback.format_tb(trace)), 3)
        self.refuses(_stackless.set_traceback_state, trace, [(frame, 0, 1)])
        self.refuses(_stackless.set_traceback_state, caught(raise_it, ValueError()).__traceback__, [(frame, 0, 1)])

    def test_bombs(self):
        self.refuses(_stackless.load_bomb, 3)
        self.refuses(_stackless.load_bomb, ValueError)


if __name__ == "__main__":
    unittest.main()
