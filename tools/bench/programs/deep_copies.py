"""copy.deepcopy() of containers, of instances, of a data class and of a structure that refers to itself."""

import copy
from dataclasses import dataclass, field

TIMES = 800


class Node:
    def __init__(self, name):
        self.name = name
        self.children = []
        self.parent = None

    def add(self, child):
        child.parent = self
        self.children.append(child)


class Shared:
    """Copies itself, to itself."""

    def __deepcopy__(self, memo):
        return self


@dataclass
class Order:
    number: int
    lines: list = field(default_factory=list)
    prices: dict = field(default_factory=dict)


def make_tree(width, depth):
    node = Node(f"depth {depth}")
    if depth:
        for _ in range(width):
            node.add(make_tree(width, depth - 1))
    return node


def run():
    shared = Shared()
    containers = {"numbers": list(range(20)), "pairs": [(i, str(i)) for i in range(8)], "shared": [shared, shared]}
    order = Order(7, ["one", "two", ["three", 3]], {("a", 1): 1.5, ("b", 2): 2.5})
    tree = make_tree(3, 2)
    for _ in range(TIMES):
        copied = copy.deepcopy(containers)
        assert copied == containers and copied["pairs"] is not containers["pairs"]
        assert copy.deepcopy(order) == order
        root = copy.deepcopy(tree)
        assert root.children[0].parent is root
    return [len(root.children), root.children[2].children[1].name]
