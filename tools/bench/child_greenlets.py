"""Times greenlets inside the interpreter that runs this file: child_greenlets.py SCENARIO."""

import sys
from itertools import repeat

from child_report import print_report
from switch_timing import Scenario, repeated

try:
    from greenlet import greenlet
except ImportError:
    sys.exit("greenlet is missing; on Debian it is in the package python3-greenlet")


def prepare_switch(count):
    """Two greenlets beside each other that switch to and fro; a unit is one switch."""

    def first_body():
        switch = second.switch
        for _ in repeat(None, count):
            switch()

    def second_body():
        switch = first.switch
        for _ in repeat(None, count):
            switch()

    second = greenlet(second_body)
    first = greenlet(first_body, second)  # Its end goes on in its parent, the second, which then ends too.
    return first.switch, lambda: first.dead and second.dead


def prepare_life(count):
    """A unit is one greenlet made, switched to, and ended, which switches back."""
    lives = []

    def nothing():
        pass

    def start():
        for _ in repeat(None, count):
            greenlet(nothing).switch()
        lives.append(count)

    return start, lambda: lives == [count]


SCENARIOS = {
    "switch": Scenario(prepare_switch, count=200_000, units=2, loops=2),
    "life": Scenario(prepare_life, count=20_000, units=1, loops=1),
}


if __name__ == "__main__":
    print_report(repeated(SCENARIOS[sys.argv[1]]))
