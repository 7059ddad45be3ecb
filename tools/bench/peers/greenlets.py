"""Greenlets, CPython's or PyPy's: hop and yield are a switch, with a value and without."""

from itertools import repeat

from greenlet import getcurrent, greenlet
from peer import grown, print_figure, quickest


def switch(count, *value):
    def body(*_):
        other = second if getcurrent() is first else first
        for _ in repeat(None, count // 2):
            other.switch(*value)

    second = greenlet(body)
    first = greenlet(body, second)  # Its end goes on in its parent, which then ends too.
    first.switch()


def life(count):
    def nothing():
        pass

    for _ in repeat(None, count):
        greenlet(nothing).switch()


def switch_to(other):
    other.switch()


def wait(other):
    switch_to(other)


def block(count):
    main = getcurrent()
    waiting = [greenlet(wait) for _ in repeat(None, count)]
    for one in waiting:
        one.switch(main)
    return waiting


print_figure(
    {
        "hop": lambda: quickest(lambda count: switch(count, 1), 400_000),
        "yield": lambda: quickest(switch, 400_000),
        "life": lambda: quickest(life, 20_000),
        "blocked": lambda: grown(block),
    }
)
