"""What the tests of run() with a limit share: tasklets to interrupt, and programs that return what they have done."""

import asyncio
import contextlib
import dis
import faulthandler
import sys

import stackless
from support import StacklessTestCase, functions_of


def setUpModule():
    faulthandler.dump_traceback_later(120, exit=True)


def tearDownModule():
    faulthandler.cancel_dump_traceback_later()


def spin():
    while True:
        pass


def half(number):
    return number // 2 if number % 2 == 0 else half(number + 1)


def halve():
    total = 0
    for number in range(1500):
        total += half(number) + len(str(number))
    return total


def instructions_per_turn():
    """How many instructions a turn of the loop in count_turns() is."""
    code = list(dis.get_instructions(count_turns))
    jump = next(i for i in code if i.opname.startswith("JUMP_BACKWARD"))
    return sum(1 for i in code if jump.argval <= i.offset <= jump.offset)


def count_turns(turns):
    while True:
        turns[0] += 1


class WatchdogTestCase(StacklessTestCase):
    def interrupt(self, function, *args, after=100, **options):
        """A tasklet that was interrupted."""
        started = self.start(function, *args)
        self.assertIs(stackless.run(after, **options), started)
        return started

    def keep_running(self, timeout, **options):
        """Lets each interrupted tasklet go on until none is left. Returns how many there were."""
        interruptions = 0
        while (interrupted := stackless.run(timeout, **options)) is not None:
            interrupted.insert()
            interruptions += 1
        return interruptions


# ---- Programs to interrupt.


def loops():
    done = []
    for i in range(3):
        for j in "ab":
            if i == 1:
                continue
            done.append((i, j))
    else:
        done.append("else")
    while True:
        i += 1
        if i > 4:
            break
    while i: i -= 1  # noqa: E701 (one line that jumps to itself)
    done.append(i)
    return done


def try_finally():
    done = []

    def leave(how):
        for _ in range(2):
            try:
                if how == "return":
                    return "returned"
                if how == "break":
                    break
                if how == "continue":
                    continue
                if how == "raise":
                    raise KeyError(how)
                done.append(how)
            finally:
                done.append("finally")
        return "end"

    for how in ("return", "break", "continue", "pass", "raise"):
        try:
            done.append(leave(how))
        except KeyError as error:
            done.append(str(error))
    return done


def exceptions():
    done = []
    try:
        try:
            [][0]
        except IndexError as error:
            done.append(type(error).__name__)
            raise ValueError("second") from error
    except ValueError as error:
        done.append((str(error), type(error.__cause__).__name__))
        done.append(functions_of(error.__traceback__))
    try:
        raise ExceptionGroup("group", [TypeError(1), KeyError(2), OSError(3)])
    except* (TypeError, KeyError) as group:
        done.append([str(error) for error in group.exceptions])
    except* OSError as group:
        done.append(len(group.exceptions))
    done.append(sys.exc_info())
    return done


def with_blocks():
    done = []

    class Manager:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            done.append("enter " + self.name)
            return self

        def __exit__(self, kind, value, tb):
            done.append((self.name, kind))
            return kind is ValueError

    @contextlib.contextmanager
    def generated():
        done.append("begin")
        try:
            yield 1
        finally:
            done.append("end")

    with Manager("a") as a, Manager("b"), generated() as one:
        done.append((a.name, one))
    with Manager("c"):
        raise ValueError
    for _ in range(2):
        with generated():
            break
    return done


def generators():
    def count(limit):
        try:
            for number in range(limit):
                got = yield number
                if got:
                    yield got * 2
        finally:
            yield "finally"

    def delegate():
        result = yield from count(2)
        yield result

    sending = count(3)
    done = [next(sending), sending.send(5), *sending]
    done += delegate()
    done.append(sum(x * x for x in range(4) if x != 2))
    return done


def comprehensions():
    table = {key: [key * i for i in range(3)] for key in "xy"}
    matrix = [[row + column for row in range(3)] for column in range(2)]
    return table, matrix, {x % 3 for x in range(7)}, [*map(lambda x: -x, range(3))]


def classes():
    class Base:
        field = [i for i in range(3)]

        def __init__(self, value):
            self.value = value

        def __init_subclass__(cls, tag=None):
            cls.tag = tag

        def method(self):
            return __class__.__name__, self.value

        @property
        def double(self):
            return self.value * 2

        def __getitem__(self, index):
            return index + self.value

        def __eq__(self, other):
            return self.value == other.value

        def __add__(self, other):
            return type(self)(self.value + other.value)

    class Derived(Base, tag="tagged"):
        def __init__(self, value):
            super().__init__(value + 1)

        def method(self):
            return super().method() + (self.tag,)

    first, second = Derived(1), Base(2)
    total = first + second
    return first.method(), second.double, first[3], first == second, total.value, Derived.field


def formats():
    width, value, text = 7, 3.14159, "text"
    return f"{value:>{width}.2f}|{text!r}|{text + 'x':*^10}|{width=}|{[i for i in range(2)]}"


def calls():
    def target(a, /, b, *rest, c=3, **others):
        return a, b, rest, c, sorted(others.items())

    defaults = {"c": 4, "d": 5}
    return [
        target(1, 2),
        target(1, b=2, c=8, e=9),
        target(1, *[2, 3, 4], **defaults),
        target(*"xyz", x=1, **{"y": 2}),
        dict(a=1, b=2),
        sorted([3, 1, 2], key=lambda x: -x, reverse=True),
        "{}-{name}".format(1, name=2),
        max(1, 2, key=lambda x: -x),
    ]


def matching():
    def describe(subject):
        match subject:
            case {"kind": kind, **rest}:
                return kind, rest
            case [first, *others] if first:
                return "list", first, others
            case complex(real=1, imag=imag):
                return "complex", imag
            case 0 | None:
                return "nothing"
            case str() as text:
                return text
            case _:
                return "?"

    subjects = [{"kind": 1, "x": 2}, [1, 2, 3], [0], 1 + 2j, None, 0, "s", 2.5]
    return [describe(subject) for subject in subjects]


def coroutines():
    done = []

    class Ready:
        def __await__(self):
            got = yield "wait"
            return got

    class Manager:
        async def __aenter__(self):
            return await Ready()

        async def __aexit__(self, *exc_info):
            done.append(await Ready())

    async def numbers():
        for number in range(3):
            yield number + await Ready()

    async def work():
        async with Manager() as got:
            done.append(got)
            async for number in numbers():
                done.append(number)
            done.append([number async for number in numbers() if number])
        return "result"

    coroutine = work()
    try:
        coroutine.send(None)
        while True:
            coroutine.send(1)
    except StopIteration as stop:
        done.append(stop.value)
    return done


def event_loop():
    async def double(number):
        await asyncio.sleep(0)
        return number * 2

    async def both():
        return await asyncio.gather(double(1), double(2))

    return asyncio.run(both())


def closures():
    def make(step):
        total = 0

        def add():
            nonlocal total
            total += step
            return total

        return add

    add, other = make(2), make(5)

    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    return add(), other(), add(), fib(6)


def unpacking():
    a, (b, *c), d = 1, (2, 3, 4), 5
    e = {**{"x": 1}, "y": 2}
    x = y = [*range(3), *"ab"]
    del x[1:3]
    x[0], y[-1] = y[-1], x[0]
    assert a == 1, "message"
    return a, b, c, d, e, x, a < b < d, a and b or c, not a, (n := 3) + n, x[::2]


PROGRAMS = [
    loops,
    try_finally,
    exceptions,
    with_blocks,
    generators,
    comprehensions,
    classes,
    formats,
    calls,
    matching,
    coroutines,
    closures,
    unpacking,
]
