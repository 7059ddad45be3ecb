"""yield from: walks over a tree by recursive generators, and values sent through several levels."""

DEPTH = 15
WALKS = 6
LEVELS = 8
SENDS = 700_000


class Node:
    def __init__(self, key, left, right):
        self.key = key
        self.left = left
        self.right = right

    def __iter__(self):
        if self.left is not None:
            yield from self.left
        yield self.key
        if self.right is not None:
            yield from self.right


def tree(depth, key=1):
    if depth == 0:
        return None
    return Node(key, tree(depth - 1, 2 * key), tree(depth - 1, 2 * key + 1))


def accumulator(rounds):
    total = 0
    for _ in range(rounds):
        total += yield total
    return total


def delegate(levels, rounds):
    if levels == 0:
        return (yield from accumulator(rounds))
    return (yield from delegate(levels - 1, rounds)) + 1


def result_through_levels(levels, rounds):
    generator = delegate(levels, rounds)
    next(generator)
    try:
        for n in range(rounds):
            generator.send(n & 15)
    except StopIteration as stop:
        return stop.value


def run():
    root = tree(DEPTH)
    checksum = 0
    for _ in range(WALKS):
        for position, key in enumerate(root):
            checksum += position * key
    return [checksum, result_through_levels(LEVELS, SENDS)]
