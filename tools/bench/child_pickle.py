"""Times pickling inside the interpreter that runs this file: child_pickle.py SCENARIO.

The reported result is the size of the pickle in bytes.
"""

import gc
import io
import pickle
import sys
import time

import pickled_functions
from child_report import print_report

try:
    import stackless
except ImportError:
    sys.exit("there is no module stackless; this file is for the program `stackless`")

REPETITIONS = 7
ROUND_TRIPS = 5_000
ROUND_TRIPS_OF_TASKLETS = 50_000  # snapshots of few tasklets are repeated until so many have been saved


def three_calls_deep():
    tasklet = stackless.tasklet(pickled_functions.outer)(7, "worker")
    tasklet.run()
    tasklet.tempval = None
    return tasklet


def leaves_of(state):
    """The same values in plain tuples."""
    return tuple(leaves_of(item) if isinstance(item, tuple) else item for item in state)


def time_round_trips(value):
    """Seconds for pickling and unpickling it once."""
    data = pickle.dumps(value)
    seconds = []
    for _ in range(REPETITIONS):
        start = time.process_time()
        for _ in range(ROUND_TRIPS):
            pickle.loads(pickle.dumps(value))
        seconds.append((time.process_time() - start) / ROUND_TRIPS)
    return seconds, len(data)


def time_snapshots(count):
    """Seconds a tasklet for saving and restoring `count` blocked ones."""
    channel = stackless.channel()
    for number in range(count):
        stackless.tasklet(pickled_functions.wait)(channel, number)
    stackless.run()
    times = max(1, ROUND_TRIPS_OF_TASKLETS // count)
    seconds = []
    for _ in range(REPETITIONS if times > 1 else 3):
        start = time.process_time()
        for _ in range(times):
            file = io.BytesIO()
            stackless.snapshot(file)
            size = file.tell()
            # So that there are never more tasklets than those.
            kill_all(channel)
            file.seek(0)
            channel = next(iter(stackless.restore(file).channels))
        seconds.append((time.process_time() - start) / times / count)
        gc.collect()
    return seconds, size // count


def kill_all(channel):
    while channel.balance:
        channel.queue.kill()


SCENARIOS = {
    "tuples": lambda: time_round_trips(leaves_of(three_calls_deep().__reduce__()[2])),
    "tasklet": lambda: time_round_trips(three_calls_deep()),
    "snapshot_100": lambda: time_snapshots(100),
    "snapshot_100000": lambda: time_snapshots(100_000),
}


def main(arguments):
    if len(arguments) != 1 or arguments[0] not in SCENARIOS:
        sys.exit(f"usage: child_pickle.py {'|'.join(SCENARIOS)}")
    seconds, size = SCENARIOS[arguments[0]]()
    print_report(seconds, size)


if __name__ == "__main__":
    main(sys.argv[1:])
