"""What `with`, `raise` and exceptions with code in Python do."""

import asyncio
import contextlib
import functools
import io
import sys

from behaviour import show

log = []


def note(*event):
    log.append(event)
    log.append(sys.exc_info()[0])


class Manager:
    def __init__(self, swallow=False, fail=""):
        self.swallow = swallow
        self.fail = fail

    def __enter__(self):
        note("enter")
        if self.fail == "enter":
            raise KeyError("enter")
        return self

    def __exit__(self, *args):
        note("exit", args[0], str(args[1]), args[2] is not None and args[2].tb_lineno)
        if self.fail == "exit":
            raise KeyError("exit")
        return self.swallow

    async def __aenter__(self):
        note("aenter")
        if self.fail == "enter":
            raise KeyError("enter")
        return self

    async def __aexit__(self, *args):
        note("aexit", args[0], str(args[1]))
        if self.fail == "exit":
            raise KeyError("exit")
        return self.swallow


class Truth:
    def __bool__(self):
        note("bool")
        return True


def plain():
    with Manager() as manager:
        note("body")
    return type(manager)


def raising():
    with Manager():
        raise ValueError("body")


def swallowing():
    with Manager(swallow=True):
        raise ValueError("body")
    return "swallowed"


def swallowing_by_truth():
    with Manager(swallow=Truth()):
        raise ValueError("body")
    return "swallowed"


def failing_enter():
    with Manager(fail="enter"):
        note("body")


def failing_exit():
    with Manager(fail="exit"):
        note("body")


def failing_twice():
    with Manager(fail="exit"):
        raise ValueError("body")


def while_handling():
    try:
        raise IndexError("before")
    except IndexError:
        with Manager(swallow=True), Manager():
            raise ValueError("body")
        note("after")


def returning():
    with Manager():
        return "value"


def leaving_loops():
    for number in range(5):
        with Manager():
            if number == 1:
                continue
            if number == 2:
                break
    return number


class Parts:
    """Managers whose methods are no functions."""

    @staticmethod
    def __enter__():
        note("static")
        return 1

    @classmethod
    def __exit__(cls, *args):
        note("class", args[0])
        return True


def odd_methods():
    with Parts() as value:
        raise ValueError("body")
    return value


class Callable:
    def __call__(self, *args):
        note("call", args[:1])
        return True


class OfObjects:
    __enter__ = Callable()
    __exit__ = functools.partial(note, "partial")


def objects_as_methods():
    with OfObjects() as value:
        pass
    return value


class Described:
    @property
    def __enter__(self):
        note("lookup of enter")
        return lambda: note("entered")

    @property
    def __exit__(self):
        note("lookup of exit")
        return lambda *args: note("exited", args[0])


def described():
    with Described():
        pass


class NoExit:
    def __enter__(self):
        note("never")


class NoEnter:
    def __exit__(self, *args):
        note("never")


class Extra:
    def __enter__(self, other):
        note("never")

    def __exit__(self):
        note("never")


def no_exit():
    with NoExit():
        pass


def no_enter():
    with NoEnter():
        pass


def no_manager():
    with 5:
        pass


def wrong_parameters():
    with Extra():
        pass


class ExitOnly(Manager):
    def __exit__(self):
        note("never")


def wrong_exit():
    with ExitOnly():
        pass


def wrong_exit_with_error():
    with ExitOnly():
        raise ValueError("body")


@contextlib.contextmanager
def generated(swallow=False, fail=None):
    note("begin")
    try:
        yield "generated"
    except ValueError:
        note("caught")
        if not swallow:
            raise
    finally:
        note("end")
        if fail:
            raise fail


def by_generator():
    with generated() as value:
        return value


def by_generator_raising():
    with generated():
        raise ValueError("body")


def by_generator_swallowing():
    with generated(swallow=True):
        raise ValueError("body")
    return "swallowed"


def by_generator_failing():
    with generated(fail=KeyError("end")):
        raise ValueError("body")


def by_stack():
    with contextlib.ExitStack() as stack:
        stack.enter_context(Manager())
        stack.enter_context(generated())
        stack.callback(note, "callback", key=1)
        stack.push(lambda *args: note("pushed", args[0]))
        raise ValueError("body")


def by_closing():
    with contextlib.closing(io.StringIO()) as file, contextlib.suppress(ValueError):
        file.write("x")
        raise ValueError("body")
    return file.closed


def by_c():
    with io.StringIO() as file:
        file.write("x")
    return file.closed


async def in_async(manager, error=None):
    async with manager as value:
        note("body", type(value).__name__)
        if error is not None:
            raise error


def run(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def async_plain():
    return run(in_async(Manager()))


def async_raising():
    return run(in_async(Manager(), ValueError("body")))


def async_swallowing():
    return run(in_async(Manager(swallow=True), ValueError("body")))


def async_failing():
    return run(in_async(Manager(fail="exit"), ValueError("body")))


def async_enter_failing():
    return run(in_async(Manager(fail="enter")))


def async_wrong():
    return run(in_async(5))


def async_not_awaitable():
    return run(in_async(type("X", (), {"__aenter__": note, "__aexit__": note})()))


def async_stack():
    async def main():
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(Manager())
            raise ValueError("body")

    return asyncio.run(main())


class Error(Exception):
    def __init__(self, *args):
        note("init", args)
        super().__init__("made", *args)


class New(Exception):
    def __new__(cls, *args):
        note("new", args)
        return super().__new__(cls, *args)


class Strange(Exception):
    def __new__(cls):
        return 5


class Failing(Exception):
    def __init__(self):
        raise KeyError("init")


class Returning(Exception):
    def __init__(self):
        return 5


class Shown(Exception):
    def __str__(self):
        note("str")
        return "shown"


class Meta(type):
    def __call__(cls, *args):
        note("meta")
        return super().__call__(*args)


class OfMeta(Exception, metaclass=Meta):
    pass


class Needy(Exception):
    def __init__(self, needed):
        pass


def raiser(what):
    def raises():
        raise what

    raises.__name__ = f"raise_{getattr(what, '__name__', type(what).__name__)}"
    return raises


def raiser_from(what, cause):
    def raises():
        raise what from cause

    names = [getattr(each, "__name__", type(each).__name__) for each in (what, cause)]
    raises.__name__ = f"raise_{'_from_'.join(names)}"
    return raises


def raised():
    things = [Error, New, Strange, Failing, Returning, Shown, OfMeta, Needy, ValueError]
    things += [5, int, None, Error.__new__(Error), KeyError("instance")]
    yield from map(raiser, things)
    for what in (Error, Strange, ValueError("what")):
        for cause in (Error, New, Failing, None, 5, int, KeyError("cause"), OfMeta, Strange):
            yield raiser_from(what, cause)


def raise_handling():
    try:
        raise IndexError("before")
    except IndexError:
        raise Error


def raise_from_handled():
    try:
        raise Error
    except Error as error:
        raise New from error


def raise_again():
    try:
        raise Error
    except Error:
        raise


def call_of_class():
    return Error(1).args, New(2).args, OfMeta(3).args


def raise_after_call():
    raise Error(1)


def caught_by_tuple():
    try:
        raise Error
    except (KeyError, New, Exception) as error:
        return str(error)


def wrong_catch():
    try:
        raise Error
    except 5:
        pass


def assertion():
    assert False, Shown()


def in_group():
    try:
        raise ExceptionGroup("group", [Error(), ValueError()])
    except* Error as group:
        note(len(group.exceptions))


def finally_order():
    try:
        try:
            raise Error
        finally:
            note("inner")
    finally:
        note("outer")


def printed():
    code = compile("1\n'two'\n[3]\n", "<single>", "single")
    saved = sys.displayhook
    sys.displayhook = lambda value: note("shown", value)
    try:
        exec(code)
    finally:
        sys.displayhook = saved


def printed_failing():
    def hook(value):
        raise KeyError("hook")

    saved = sys.displayhook
    sys.displayhook = hook
    try:
        exec(compile("1\n", "<single>", "single"))
    finally:
        sys.displayhook = saved


def printed_without_hook():
    saved = sys.displayhook
    del sys.displayhook
    try:
        exec(compile("1\n", "<single>", "single"))
    finally:
        sys.displayhook = saved


functions = [
    value
    for name, value in list(globals().items())
    if callable(value)
    and getattr(value, "__module__", "") == "__main__"
    and not isinstance(value, type)
    and value.__code__.co_argcount == 0
    and name not in ("note", "raised", "generated")
]
show([*functions, *raised()], log)
