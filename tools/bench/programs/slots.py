"""Attribute access in classes with __slots__: a linked list that is built, reversed and summed."""

LENGTH = 8_000
ROUNDS = 350


class Link:
    __slots__ = ("value", "next")

    def __init__(self, value, next):
        self.value = value
        self.next = next


def linked(length):
    head = None
    for value in range(length):
        head = Link(value, head)
    return head


def reversed_in_place(head):
    previous = None
    while head is not None:
        following = head.next
        head.next = previous
        previous = head
        head = following
    return previous


def weighted_sum(head):
    total = 0
    position = 0
    while head is not None:
        head.value += 1
        total += head.value * position
        position += 1
        head = head.next
    return total


def run():
    checksum = 0
    head = linked(LENGTH)
    for _ in range(ROUNDS):
        head = reversed_in_place(head)
        checksum += weighted_sum(head)
    while head is not None:  # Unlinked from the front, so that no long chain is freed recursively.
        head = head.next
    return checksum
