"""Functions that test_pickle_code.py pickles."""

import functools


def outer(x):
    """Has functions inside."""

    def inner(y: int = 1, *, z=(3, 4)):
        """Is inside."""
        return x, y, z

    inner.note = ["a note"]
    return inner


def factorial():
    def fact(n):
        return n * fact(n - 1) if n else 1

    return fact


def counter():
    count = 0

    def increase():
        nonlocal count
        count += 1
        return count

    def get():
        return count

    return increase, get


def decorator(function):
    @functools.wraps(function)
    def wrapper(*args):
        return ["wrapped", function(*args)]

    return wrapper


def silent_decorator(function):
    def wrapper(*args):
        return ["silently wrapped", function(*args)]

    return wrapper


@decorator
def decorated(x):
    return [i * x for i in range(3)]


@silent_decorator
def silently_decorated(x):
    return x


def a_name():
    return double(1), square(1)


double = lambda x: x * 2  # noqa: E731
square = lambda x: x * x  # noqa: E731
missing = object()


def same_twice():
    return (lambda x: x), (lambda x: x)


def uninitialised():
    def read():
        return later

    return read
    later = 1


def numbers(n):
    yield from range(n)


async def waits(value):
    return value


class Sample:
    def __init__(self, value=0):
        self.value = value

    def method(self):
        return self.value

    def local(self):
        return lambda: self.value

    @property
    def doubled(self):
        return self.value * 2

    @doubled.setter
    def doubled(self, value):
        self.value = value / 2

    @classmethod
    def make(cls):
        return cls(1)

    @staticmethod
    def add(a, b):
        return a + b

    negative = lambda self: -self.value  # noqa: E731

    class Inner:
        def method(self):
            return "inner"
