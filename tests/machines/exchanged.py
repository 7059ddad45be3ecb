"""Computations of each kind, to be begun in one process and finished in another, which may be one of another processor.

Usage: stackless exchanged.py begin FILE
       stackless exchanged.py finish FILE

The first pickles them, with what comes of them if they are not interrupted. The second goes on with the pickles,
prints those of which something else comes, and then how many there were.
"""

import decimal
import fractions
import io
import itertools
import math
import pickle
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))

import pickled_program  # noqa: E402
import pickled_rows  # noqa: E402
import stackless  # noqa: E402
from support_code import COMPUTATION  # noqa: E402
from test_pickle_iterators import ITERATORS, advance  # noqa: E402
from test_pickle_rows import CANNOT, STAY_HOME  # noqa: E402

KEY = b"known to both"
NUMBERS = [
    *(sign * (1 << bits) + more for bits in (7, 15, 30, 31, 32, 60, 63, 64, 200) for sign in (1, -1) for more in (-1, 0, 1)),
    *(math.pi, -0.0, math.inf, -math.inf, math.nan, 5e-324, sys.float_info.max, 1 + 2j),
    *(decimal.Decimal("-1.10"), fractions.Fraction(1, 3)),
]


def paused(function, *args):
    tasklet = stackless.tasklet(function)(*args)
    tasklet.run()
    return tasklet


def receive_last(channel):
    """What a tasklet sends before it ends."""
    value = channel.receive()
    stackless.run()
    return value


class Rows:
    """Python code runs that something else than a plain call has called."""

    @staticmethod
    def begin():
        for name, row in pickled_rows.all_rows().items():
            if name not in CANNOT and name not in STAY_HOME:
                expected = pickled_rows.go_on(pickled_rows.begin(row))
                tasklet = pickled_rows.begin(row)
                before = list(pickled_rows.log)
                yield name, pickle.dumps((tasklet, before)), expected
                pickled_rows.go_on(tasklet)

    @staticmethod
    def finish(data):
        tasklet, before = pickle.loads(data)
        pickled_rows.log[:] = before
        return pickled_rows.go_on(tasklet)


class Programs:
    """Calls, generators, coroutines, exceptions, classes: by reference and by value, in each protocol."""

    @staticmethod
    def begin():
        dumps = {f"protocol {number}": lambda value, number=number: pickle.dumps(value, number) for number in range(2, 6)}
        for name, program in pickled_program.PROGRAMS.items():
            for kind, dump in {**dumps, "by value": Programs.dump_by_value}.items():
                sys.modules.pop("pickled_module", None)  # one of the programs imports it
                channel = stackless.channel()
                tasklet = paused(program, channel)
                data = dump((tasklet, channel))
                yield f"{name}, {kind}", data, Programs.result(tasklet, channel)

    @staticmethod
    def dump_by_value(value):
        stackless.pickle_code = "value"
        try:
            return pickle.dumps(value)
        finally:
            stackless.pickle_code = "reference"

    @staticmethod
    def result(tasklet, channel):
        while not tasklet.blocked:
            tasklet.run()
        return receive_last(channel)

    @staticmethod
    def finish(data):
        sys.modules.pop("pickled_module", None)
        return Programs.result(*pickle.loads(data))


class Iterators:
    """Each one after each number of items."""

    @staticmethod
    def begin():
        for name, make in ITERATORS.items():
            count = len(list(make()))
            for taken in range(count + 1):
                iterator = advance(make(), taken)
                data = pickle.dumps((COMPUTATION, iterator))
                yield f"{name} after {taken}", data, list(iterator)

    @staticmethod
    def finish(data):
        _, iterator = pickle.loads(data)
        return list(iterator)


class Interrupted:
    """A tasklet that a watchdog has stopped, with many kinds of numbers in its variables."""

    @staticmethod
    def begin():
        for stop in range(0, 400, 20):
            channel = stackless.channel()
            stackless.tasklet(compute)(channel, NUMBERS)
            tasklet = stackless.run(stop + 1)
            data = pickle.dumps((tasklet, channel))
            yield f"after {stop} instructions", data, Interrupted.result(tasklet, channel)

    @staticmethod
    def result(tasklet, channel):
        tasklet.insert()
        stackless.run()
        return receive_last(channel)

    @staticmethod
    def finish(data):
        return Interrupted.result(*pickle.loads(data))


def compute(channel, numbers):
    results = []
    for number, other in itertools.pairwise(numbers):
        negated, repeated = -number, [number] * 2
        results.append(f"{negated!r} {repeated!r} {number == other}")
    channel.send(results)


class Snapshots:
    """All tasklets of a thread, unsigned and signed."""

    @staticmethod
    def begin():
        for key in (None, KEY):
            log = []
            world = Snapshots.world(log)
            file = io.BytesIO()
            stackless.snapshot(file, extra=(log, *world), key=key)
            yield f"signed: {key is not None}", (file.getvalue(), key), Snapshots.result(log, *world)

    @staticmethod
    def world(log):
        """Tasklets that take turns, that wait at channels for either side, and one that is paused."""
        channel, full = stackless.channel(), stackless.channel()
        for name in "ab":
            paused(receive, name, channel, log)
            paused(send, name, full, log)
        waiting = paused(receive_twice, channel, log)
        for name in "cd":
            stackless.tasklet(take_turns)(name, log)
        stackless.schedule()
        return channel, full, waiting

    @staticmethod
    def result(log, channel, full, waiting):
        log.append((channel.balance, full.balance))
        stackless.run()
        for number in range(-channel.balance):
            channel.send(number)
        while full.balance:
            log.append(full.receive())
        waiting.run()
        channel.send("last")
        stackless.run()
        return log

    @staticmethod
    def finish(written):
        data, key = written
        return Snapshots.result(*stackless.restore(io.BytesIO(data), key=key).extra)


def receive(name, channel, log):
    log.append((name, channel.receive()))


def send(name, channel, log):
    channel.send((name, len(log)))
    log.append(name)


def receive_twice(channel, log):
    with decimal.localcontext() as context:
        context.prec = 5
        stackless.schedule_remove()
        log.append(decimal.Decimal(1) / 3)
        log.append(channel.receive())


def take_turns(name, log):
    for number in range(5):
        log.append((name, number))
        stackless.schedule()


KINDS = {kind.__name__: kind for kind in (Rows, Programs, Iterators, Interrupted, Snapshots)}


def begin(file):
    """Writes {(kind, name): (pickle, what comes of it)}."""
    pickle.dump(
        {(kind, name): (data, expected) for kind in KINDS for name, data, expected in KINDS[kind].begin()}, file
    )


def finish(file):
    pickles = pickle.load(file)
    for (kind, name), (data, expected) in pickles.items():
        try:
            found = KINDS[kind].finish(data)
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        if found != expected:
            print(f"{kind}, {name}: {found!r}, not {expected!r}")
    print(len(pickles))


if __name__ == "__main__":
    # What is pickled is in a module that both processes can import.
    import exchanged

    _, action, path = sys.argv
    with open(path, {"begin": "wb", "finish": "rb"}[action]) as file:
        {"begin": exchanged.begin, "finish": exchanged.finish}[action](file)
