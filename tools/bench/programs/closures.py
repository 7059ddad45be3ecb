"""Closures and decorators: counters with nonlocal, composed functions, *args wrappers, a memoising decorator."""

from functools import wraps

ROUNDS = 320_000


def counter():
    count = 0

    def step(amount):
        nonlocal count
        count += amount
        return count

    return step


def composed(*functions):
    def call(value):
        for function in functions:
            value = function(value)
        return value

    return call


def counted(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return function(*args, **kwargs)

    wrapper.calls = 0
    return wrapper


def memoised(function):
    results = {}

    def wrapper(*key):
        try:
            return results[key]
        except KeyError:
            result = results[key] = function(*key)
            return result

    return wrapper


def run():
    @counted
    def weighted(a, b, weight=1):
        return a + b * weight

    @memoised
    def paths(rows, columns):
        if rows == 0 or columns == 0:
            return 1
        return paths(rows - 1, columns) + paths(rows, columns - 1)

    step = counter()
    pipeline = composed(lambda n: n + 1, lambda n: n * 2, lambda n: n % 1000)
    total = 0
    for i in range(ROUNDS):
        total += pipeline(i) + weighted(i, 2, weight=3) + weighted(1, i)
        total += paths(i % 12, i % 9)
        step(i & 1)
    return [total, step(0), weighted.calls]
