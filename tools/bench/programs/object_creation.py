"""Object creation: classes with __init__, inherited ones, __slots__, dataclasses, and trees made and dropped."""

from dataclasses import dataclass

ROUNDS = 300_000
TREE_DEPTH = 15


class Money:
    def __init__(self, amount, currency="EUR"):
        self.amount = amount
        self.currency = currency


class Invoice(Money):
    def __init__(self, number, amount):
        super().__init__(amount)
        self.number = number


class Pixel:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


@dataclass
class Order:
    number: int
    price: int
    quantity: int = 1


class Tree:
    def __init__(self, depth):
        self.left = Tree(depth - 1) if depth else None
        self.right = Tree(depth - 1) if depth else None

    def count(self):
        return 1 + self.left.count() + self.right.count() if self.left else 1


def run():
    total = 0
    for i in range(ROUNDS):
        total += Money(i).amount
        total += Invoice(number=i, amount=2).amount
        total += Pixel(i, 1).y
        total += Order(i, 5).quantity
    return [total, Tree(TREE_DEPTH).count()]
