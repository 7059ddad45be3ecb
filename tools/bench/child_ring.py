"""Prints the nanoseconds of one switch among a number of live tasklets: child_ring.py schedule|hop NUMBER.

hop        a token goes round: each tasklet receives it from its own channel and sends it into the next one's
schedule   all of them take turns
"""

import gc
import os
import sys
import time
from itertools import repeat

try:
    import stackless
except ImportError:
    sys.exit("there is no module stackless; this file is for the program `stackless`")

SWITCHES = 400_000
REPETITIONS = 3


def pass_on(receive, send):
    while True:
        send(receive())


def prepare_ring(number):
    """Returns a function that sends the token round the ring so many times; the caller is one of the ring."""
    channels = [stackless.channel() for _ in range(number)]
    for before, after in zip(channels, channels[1:]):
        stackless.tasklet(pass_on)(before.receive, after.send)
    stackless.run()
    send, receive = channels[0].send, channels[-1].receive

    def go_round(times):
        for _ in repeat(None, times):
            send(None)
            receive()

    return go_round


def take_turns():
    schedule = stackless.schedule
    while True:
        schedule()


def prepare_turns(number):
    for _ in range(number - 1):
        stackless.tasklet(take_turns)()

    def go_round(times):
        schedule = stackless.schedule
        for _ in repeat(None, times):
            schedule()

    go_round(1)
    return go_round


PREPARATIONS = {"hop": prepare_ring, "schedule": prepare_turns}


def main(action, number):
    go_round = PREPARATIONS[action](number)
    times = max(1, SWITCHES // number)
    gc.collect()
    gc.freeze()
    results = []
    for _ in range(REPETITIONS):
        start = time.process_time()
        go_round(times)
        results.append((time.process_time() - start) / (times * number) * 1e9)
    print(sorted(results)[REPETITIONS // 2], flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
    os._exit(0)  # without killing a million tasklets
