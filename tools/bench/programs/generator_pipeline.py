"""Generators: a pipeline of them, one fed by send(), and generator expressions."""

ITEMS = 1_200_000


def numbers(limit):
    n = 0
    while n < limit:
        yield n
        n += 1


def only_multiples(source, factor):
    for n in source:
        if n % factor == 0:
            yield n


def pairs(source):
    previous = 0
    for n in source:
        yield previous, n
        previous = n


def running_mean():
    total = 0
    count = 0
    mean = 0
    while True:
        n = yield mean
        total += n
        count += 1
        mean = total // count


def run():
    products = 0
    for previous, n in pairs(only_multiples(numbers(ITEMS), 3)):
        products += previous * n
    mean = running_mean()
    next(mean)
    means = sum(mean.send(n) for n in range(ITEMS))
    return [products, means, sum(n >> 1 for n in numbers(ITEMS) if n & 3)]
