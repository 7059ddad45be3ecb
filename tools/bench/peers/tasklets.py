"""Stackless tasklets and channels."""

from itertools import repeat

import stackless
from peer import grown, print_figure, quickest


def hop(count):
    there, back = stackless.channel(), stackless.channel()

    def first():
        for _ in repeat(None, count // 2):
            there.send(1)
            back.receive()

    def second():
        for _ in repeat(None, count // 2):
            there.receive()
            back.send(1)

    run(first, second)


def give_way(count):
    def body():
        for _ in repeat(None, count // 2):
            stackless.schedule()

    run(body, body)


def life(count):
    def nothing():
        pass

    def body():
        for _ in repeat(None, count):
            stackless.tasklet(nothing)()
            stackless.schedule()

    run(body)


def run(*bodies):
    for body in bodies:
        stackless.tasklet(body)()
    stackless.run()


def receive_from(channel):
    channel.receive()


def wait(channel):
    receive_from(channel)


def block(count):
    channel = stackless.channel()
    for _ in repeat(None, count):
        stackless.tasklet(wait)(channel)
    stackless.run()
    return channel


print_figure(
    {
        "hop": lambda: quickest(hop, 400_000),
        "yield": lambda: quickest(give_way, 400_000),
        "life": lambda: quickest(life, 100_000),
        "blocked": lambda: grown(block),
    }
)
