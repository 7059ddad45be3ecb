"""pprint: nested containers, long strings and data classes laid out on lines."""

import pprint
from dataclasses import dataclass

ITEMS = 350


@dataclass
class Station:
    name: str
    position: tuple
    lines: list


def make_value():
    return {
        f"key {number}": {
            "numbers": list(range(number % 13)),
            "text": "words that go on and on " * (number % 4),
            "pairs": [(i, {i: str(i)}) for i in range(number % 5)],
            "station": Station(f"station {number}", (number * 1.5, number * 2.5), ["U1", "U2", "a longer name"]),
            "set": {number, number + 1, number + 2},
        }
        for number in range(ITEMS)
    }


def run():
    value = make_value()
    wide = pprint.pformat(value, width=100)
    compact = pprint.pformat(value, compact=True, sort_dicts=False)
    assert pprint.isreadable(list(range(100))) and not pprint.isrecursive(value)
    return [len(wide), wide.count("\n"), len(compact)]
