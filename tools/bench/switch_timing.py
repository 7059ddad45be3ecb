"""What the measurements of tasklets and of greenlets share, so that both are measured in the same way.

A scenario makes its tasklets or greenlets, and they all do their work in loops of this one form:

    for _ in repeat(None, count):
        one action

The time of as many rounds of the same loop with an empty body, measured right after it in the same process, is
subtracted. The call of the action itself (loading the callable, calling it, dropping its result) belongs to the cost.
"""

import gc
import time
from dataclasses import dataclass
from itertools import repeat
from typing import Callable

REPETITIONS = 5


@dataclass(frozen=True)
class Scenario:
    """`prepare(count)` returns (start, has_ended): one function that runs the whole, one that tells if all of it ran.

    For each of `count`, the loops go round `loops` times altogether, and `units` of what is measured are done.
    """

    prepare: Callable
    count: int
    units: int
    loops: int


def empty_loop_seconds(count):
    start = time.process_time()
    for _ in repeat(None, count):
        pass
    return time.process_time() - start


def seconds_per_unit(scenario):
    start, has_ended = scenario.prepare(scenario.count)
    gc.collect()
    begin = time.process_time()
    start()
    elapsed = time.process_time() - begin
    if not has_ended():
        raise SystemExit("the scenario stopped half-way, its time would mean nothing")
    net = elapsed - empty_loop_seconds(scenario.loops * scenario.count)
    return net / (scenario.units * scenario.count)


def repeated(scenario):
    return [seconds_per_unit(scenario) for _ in range(REPETITIONS)]
