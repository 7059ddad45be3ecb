"""Classes and functions that the random programs (program_source.py) are made with.

Everything notes what it does by `note`, a function that each is given.
"""

import contextlib
import dataclasses
import functools
import sys
import traceback
import warnings


class Failure(Exception):
    """What the programs raise themselves."""

    def __init__(self, number, note=None):
        super().__init__(number)
        self.number = number


class Manager:
    """A context manager. It suppresses exceptions of the class `suppresses`."""

    def __init__(self, note, name, suppresses=()):
        self.note = note
        self.name = name
        self.suppresses = suppresses

    def __enter__(self):
        self.note(("enter", self.name))
        return self.name

    def __exit__(self, kind, error, traceback):
        self.note(("exit", self.name, kind.__name__ if kind else None, str(error)))
        return error is not None and isinstance(error, self.suppresses)

    async def __aenter__(self):
        self.note(("aenter", self.name, await Pause(1)))
        return self.name

    async def __aexit__(self, kind, error, traceback):
        self.note(("aexit", self.name, kind.__name__ if kind else None, await Pause(2)))
        return error is not None and isinstance(error, self.suppresses)


@contextlib.contextmanager
def managed(note, name):
    note(("managed", name))
    try:
        yield name
    except Failure as failure:
        note(("failed", name, failure.number))
        raise
    finally:
        note(("left", name))


class Pause:
    """Awaiting it suspends the coroutine: who drives it gets `value`, and sends the result."""

    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return got


class Countdown:
    """An iterator, and an asynchronous one, in Python."""

    def __init__(self, note, number):
        self.note = note
        self.number = number

    def __iter__(self):
        return self

    def __next__(self):
        if self.number <= 0:
            raise StopIteration
        self.number -= 1
        self.note(("next", self.number))
        return self.number

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.number <= 0:
            raise StopAsyncIteration
        self.number -= 1
        return await Pause(self.number)


class Number:
    """Has special methods for everything, each of which is a call from Python to Python."""

    def __init__(self, note, value):
        self.note = note
        self.value = value

    def made(self, name, value):
        self.note((name, value))
        return Number(self.note, value % 89)

    def __add__(self, other):
        return self.made("add", self.value + int(other))

    def __radd__(self, other):
        return self.made("radd", other + self.value)

    def __iadd__(self, other):
        return self.made("iadd", self.value + int(other) + 1)

    def __mul__(self, other):
        return NotImplemented if isinstance(other, str) else self.made("mul", self.value * int(other))

    def __sub__(self, other):
        return NotImplemented

    def __rsub__(self, other):
        return self.made("rsub", int(other) - self.value)

    def __neg__(self):
        return self.made("neg", -self.value)

    def __eq__(self, other):
        self.note(("eq", self.value))
        return self.value == int(other)

    __hash__ = object.__hash__

    def __lt__(self, other):
        self.note(("lt", self.value))
        return self.value < int(other)

    def __gt__(self, other):
        self.note(("gt", self.value))
        return self.value > int(other)

    def __bool__(self):
        self.note(("bool", self.value))
        return self.value % 2 == 0

    def __len__(self):
        return abs(self.value) % 5

    def __int__(self):
        self.note("int")
        return self.value

    def __index__(self):
        self.note("index")
        return abs(self.value) % 3

    def __str__(self):
        self.note("str")
        return f"<{self.value}>"

    def __repr__(self):
        return f"Number({self.value})"

    def __format__(self, spec):
        self.note(("format", spec))
        return format(self.value, spec)

    def __contains__(self, item):
        self.note(("contains", item))
        return item % 3 == self.value % 3

    def __getitem__(self, key):
        self.note(("getitem", str(key)))
        if isinstance(key, int) and key > 3:
            raise IndexError(key)
        return self.value + 1

    def __setitem__(self, key, value):
        self.note(("setitem", str(key), value))
        self.value = value % 89

    def __delitem__(self, key):
        self.note(("delitem", str(key)))

    def __call__(self, *args, **kwargs):
        self.note(("call", args, kwargs))
        return self.value + len(args)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        note = object.__getattribute__(self, "__dict__").get("note")
        if note is not None:
            note(("getattr", name))
        raise AttributeError(name)

    @property
    def double(self):
        self.note("double")
        return self.value * 2

    @double.setter
    def double(self, value):
        self.note(("set double", value))
        self.value = value // 2

    @classmethod
    def zero(cls, note):
        note("zero")
        return cls(note, 0)

    @staticmethod
    def twice(number):
        return number * 2


class Bigger(Number):
    def __add__(self, other):
        self.note("bigger")
        return super().__add__(other)

    def __init__(self, note, value):
        super().__init__(note, value + 1)


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 2
    tags: list = dataclasses.field(default_factory=list, compare=False)

    def shifted(self, by):
        return dataclasses.replace(self, x=self.x + by)


def noting(note):
    """A decorator."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            note(("call", function.__name__, args, sorted(kwargs)))
            try:
                return function(*args, **kwargs)
            finally:
                note("returned")

        return wrapper

    return decorate


def drive(note, coroutine, limit=30):
    """Runs a coroutine to its end, sending it what it gives."""
    value = None
    try:
        for _ in range(limit):
            value = coroutine.send(value)
            note(("suspended", value))
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    return None


def count_down(note, depth):
    """Recursion."""
    note(("depth", depth))
    if depth == 0:
        return 0
    try:
        return 1 + count_down(note, depth - 1)
    finally:
        note(("back", depth))


def run(main, note):
    """Runs a whole program, and notes how it ends."""
    try:
        note(("returned", main(note)))
    except Exception as error:
        places = [(frame.name, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
        note(("raised", type(error).__name__, str(error), places))


def be_silent():
    """Random programs leave coroutines and generators in the lurch."""
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda unraisable: None
