"""Pickles for a fuzzer to begin with: one of each kind of thing that can be in one."""

import contextvars
import itertools
import pickle
import sys
import types
from pathlib import Path

import stackless

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
import pickled_program  # noqa: E402

variable = contextvars.ContextVar("variable")


class Named(stackless.tasklet):
    __slots__ = ("name", "__dict__")


class Node:
    def __init__(self, value):
        self.value = value

    def method(self):
        return self.value


def generate(limit):
    for number in range(limit):
        try:
            got = yield number
        finally:
            got = None
    return got


async def generate_async():
    yield 1
    await pickled_program.Pause()
    yield 2


async def wait_for(other):
    return await other


def spin(limit):
    # A mutated pickle may call it itself, where no watchdog is.
    limit = min(limit, 1_000)
    total = 0
    while total < limit:
        total += 1
    return total


def keep_error():
    try:
        raise ValueError("kept")
    except ValueError as error:
        kept = error
    pickled_program.wait()
    return kept


def in_context():
    variable.set(1)
    contextvars.copy_context().run(pickled_program.wait)


def paused(function, *args):
    tasklet = stackless.tasklet(function)(*args)
    tasklet.run()
    return tasklet


def closure(start):
    count = start

    def step(by=1, *, key=None):
        nonlocal count
        count += by
        return count, key

    return step


def programs():
    """Each program of the tests, at several of its stops."""
    for name, program in pickled_program.PROGRAMS.items():
        channel = stackless.channel()
        tasklet = paused(program, channel)
        for stop in range(4):
            yield f"program-{name}-{stop}", (tasklet, channel)
            if tasklet.blocked:
                break
            tasklet.run()


def interrupted():
    for number in (1, 7, 20, 33, 50):
        channel = stackless.channel()
        tasklet = stackless.tasklet(pickled_program.three_deep)(3, channel)
        tasklet.remove()
        for function in (spin, lambda limit: sum(x for x in range(limit)), lambda limit: sorted(range(9), key=abs)):
            tasklet = stackless.tasklet(function)(1000)
            stopped = stackless.run(number)
            if stopped is not None:
                yield f"interrupted-{function.__code__.co_firstlineno}-{number}", stopped
                tasklet.bind(None)


def tasklets():
    yield "tasklet-unbound", stackless.tasklet()
    yield "tasklet-bound", stackless.tasklet(spin, (3,), {})
    new = stackless.tasklet(spin)(3)
    yield "tasklet-scheduled", new
    new.kill()
    yield "tasklet-ended", new
    named = Named(pickled_program.wait)()
    named.name = "named"
    named.attribute = [named]
    named.run()
    named.set_atomic(True)
    named.set_ignore_nesting(1)
    yield "tasklet-subclass", named
    yield "tasklet-error", paused(keep_error)
    yield "tasklet-context", paused(in_context)
    yield "tasklet-bomb", (stackless.bomb(ValueError, ValueError("bomb"), None), paused(pickled_program.handle, stackless.channel()))


def channels():
    channel = stackless.channel()
    channel.preference = 1
    channel.schedule_all = 1
    yield "channel-empty", channel
    receivers = [paused(pickled_program.receive_one, channel, []) for _ in range(3)]
    yield "channel-receivers", (channel, receivers)
    channel = stackless.channel()
    senders = [paused(pickled_program.send_one, channel, number) for number in range(2)]
    yield "channel-senders", [senders, channel]
    channel.close()
    yield "channel-closing", channel


def generators():
    generator = generate(3)
    yield "generator-created", generator
    next(generator)
    yield "generator-suspended", generator
    generator.close()
    yield "generator-ended", generator
    inner = pickled_program.inner(2)
    outer = pickled_program.delegating(2)
    yield "generator-delegating", (inner, outer)
    coroutine = wait_for(pickled_program.Pause())
    yield "coroutine-created", coroutine
    coroutine.close()
    agen = generate_async()
    yield "async-generator", agen
    yield "async-generator-asend", (agen, agen.asend(None), agen.athrow(ValueError), agen.aclose())
    try:
        raise KeyError("raised")
    except KeyError as error:
        yield "traceback", (error, error.__traceback__, error.__traceback__.tb_frame)
    yield "expression", (x for x in [1, 2, 3])


def values():
    shared = {1: 2, "key": [3]}
    generator = generate(2)  # so that it is a computation
    for name, value in {
        "function": pickled_program.leaf,
        "lambda": lambda x, y=[]: (x, y),
        "closure": closure(3),
        "code": closure.__code__,
        "cell": closure(3).__closure__,
        "method": Node(3).method,
        "builtin-method": [1, 2].append,
        "class": type("Made", (Node,), {"attribute": 1, "own": lambda self: self, "double": property(lambda self: 2)}),
        "module": types,
        "views": (shared, shared.keys(), shared.values(), shared.items()),
        "iterators": [iter(shared), iter([1, 2]), iter((1, 2)), iter("ab"), iter({1}), iter(range(3)), reversed([1, 2])],
        "view-iterators": [iter(shared.items()), reversed(shared), iter(shared.values()), enumerate("ab")],
        "builtin-iterators": [map(abs, [1]), filter(None, [1]), zip([1], [2]), iter([1].pop, 2), iter(b"ab")],
        "itertools": [
            itertools.chain([1], [2]),
            itertools.islice([1, 2], 1),
            itertools.accumulate([1, 2]),
            itertools.starmap(max, [(1, 2)]),
            itertools.takewhile(bool, [1]),
            itertools.dropwhile(bool, [1]),
            itertools.filterfalse(None, [1]),
            itertools.compress([1], [1]),
            itertools.pairwise([1, 2]),
            itertools.zip_longest([1], [2, 3]),
            itertools.product([1, 2]),
            itertools.combinations([1, 2], 2),
            itertools.permutations([1, 2]),
        ],
        "tee": itertools.tee([1, 2, 3]),
        "groupby": itertools.groupby([1, 1, 2]),
        "context": contextvars.copy_context(),
        "proxy": types.MappingProxyType(shared),
        "exception": ExceptionGroup("group", [ValueError(1), KeyError(2)]),
        "types": (types.GeneratorType, types.SimpleNamespace(a=1), slice(1, 2), range(3), 1j, bytearray(b"x")),
        "property": (property(closure), classmethod(closure), staticmethod(closure)),
    }.items():
        yield name, [generator, value]


def seeds():
    """Names and pickles. What cannot be pickled is left out, with a message."""
    for make in (programs, interrupted, tasklets, channels, generators, values):
        for name, value in make():
            try:
                yield name.replace(" ", "-").replace("(", "").replace(")", ""), pickle.dumps(value, 4)
            except Exception as error:
                print(f"{name}: {error}", file=sys.stderr)


def write(directory):
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (directory / name.replace("*", "star")).write_bytes(data)


if __name__ == "__main__":
    import pickle_seeds  # what is in it goes by reference

    pickle_seeds.write(Path(sys.argv[1]))
