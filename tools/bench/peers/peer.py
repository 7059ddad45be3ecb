"""What the peers written in Python share: they time actions, and print the figure that they are asked for."""

import gc
import os
import sys
import time

REPETITIONS = 5
BLOCKED = 100_000


def quickest(action, count):
    """The nanoseconds of one of the `count` things that action(count) does."""
    times = []
    for _ in range(REPETITIONS):
        gc.collect()
        start = time.process_time()
        action(count)
        times.append(time.process_time() - start)
    return min(times) / count * 1e9


def resident():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def grown(block):
    """The bytes that each of those takes that block(BLOCKED) returns."""
    gc.collect()
    before = resident()
    kept = block(BLOCKED)
    size = (resident() - before) / BLOCKED
    del kept
    return size


def print_figure(figures):
    """`figures` has a function for each of the words."""
    if len(sys.argv) != 2 or sys.argv[1] not in figures:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(figures)}")
    print(f"{figures[sys.argv[1]]():.1f}", flush=True)
    os._exit(0)  # without taking 100,000 of them down
