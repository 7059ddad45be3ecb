"""What the tests of pickling run in tasklets: functions that can be imported."""

import stackless

log = []


def wait():
    """Gives way until somebody inserts the tasklet again. Returns its tempval."""
    return stackless.schedule_remove(None)


def three_deep(number, channel):
    try:
        total = add_up(number)
    finally:
        log.append("finally")
    channel.send(total)


def add_up(number):
    total = 0
    for item in (number, number + 1):
        total += leaf(item)
    return total


def leaf(number):
    double = number * 2
    wait()
    return double + 1


def numbers(limit):
    for number in range(limit):
        yield number
        wait()


def squares(source):
    for number in source:
        yield number * number


def consume(channel):
    total = []
    for square in squares(numbers(4)):
        total.append(square)
    channel.send(total)


def delegating(limit):
    return (yield from inner(limit))


def inner(limit):
    got = []
    for number in range(limit):
        got.append((yield number))
        wait()
    return got


def drive(channel):
    generator = delegating(3)
    values = [next(generator)]
    try:
        while True:
            values.append(generator.send(values[-1]))
    except StopIteration as stop:
        channel.send((values, stop.value))


def receive_all(channel, received):
    me = stackless.getcurrent()
    for value in channel:
        received.append((value, me is stackless.getcurrent()))
    received.append("end")


def send_one(channel, value):
    channel.send(value)
    log.append(("sent", value))


def receive_one(channel, received):
    received.append(channel.receive())


def spin(limit, channel):
    count = 0
    while count < limit:
        count += 1
    channel.send(count)


def handle(channel):
    try:
        {}["missing"]
    except KeyError as error:
        wait()
        try:
            raise
        except KeyError as again:
            channel.send((again is error, repr(again)))


class Manager:
    def __init__(self):
        self.seen = []

    def __enter__(self):
        wait()
        return self

    def __exit__(self, kind, error, traceback):
        self.seen.append(kind.__name__)
        wait()
        return True


def manage(channel):
    manager = Manager()
    with manager as same:
        same.seen.append(same is manager)
        raise ValueError("managed")
    channel.send(manager.seen)


def sort(channel):
    channel.send(sorted([3, 1, 2], key=negated))


def negated(number):
    wait()
    return -number


def map_and_filter(channel):
    channel.send(list(map(negated, filter(is_odd, range(6)))))


def is_odd(number):
    wait()
    return number % 2 == 1


class Computed:
    def __init__(self, value):
        wait()
        self.value = value

    @property
    def double(self):
        wait()
        return self.value * 2

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        wait()
        return name + "!"

    def __add__(self, other):
        wait()
        return self.value + other

    def __lt__(self, other):
        wait()
        return self.value < other.value

    def __len__(self):
        wait()
        return self.value

    def __bool__(self):
        wait()
        return True

    def __str__(self):
        wait()
        return f"<{self.value}>"

    def __getitem__(self, index):
        wait()
        return index


def compute(channel):
    one, two = Computed(1), Computed(2)
    channel.send(
        (
            one.double,
            one.missing,
            one + 3,
            one < two,
            len(two),
            "true" if one else "false",
            f"{two}",
            one["key"],
            [item.value for item in sorted([two, one])],
            max(one, two).value,
            getattr(two, "double"),
        )
    )


async def async_numbers():
    for number in range(3):
        await Pause()
        yield number


def forget(generator):
    log.append("forgotten")


class Pause:
    def __await__(self):
        wait()
        return 1
        yield


async def async_consume(results):
    async for number in async_numbers():
        results.append(number)
    async with AsyncManager() as manager:
        results.append(manager)
    results.append([number async for number in async_numbers() if number])


class AsyncManager:
    async def __aenter__(self):
        await Pause()
        return "entered"

    async def __aexit__(self, *details):
        await Pause()


def run_coroutine(channel):
    results = []
    coroutine = async_consume(results)
    try:
        coroutine.send(None)
    except StopIteration:
        channel.send(results)


def run_class_body(channel):
    class Local:
        first = wait()
        second = 2

    channel.send(Local.second)


def match(channel):
    results = []
    for subject in ([1, 2, 3], {"key": 1}, 5, "text"):
        match subject:
            case [first, *rest] if wait() is None:
                results.append((first, rest))
            case {"key": value, **rest} if wait() is None:
                results.append((value, rest))
            case int(number) if wait() is None:
                results.append(number)
            case _:
                results.append(None)
    channel.send(results)


def unwind(channel):
    results = []
    try:
        try:
            raise ValueError("first")
        finally:
            wait()
            results.append("finally")
    except* ValueError as group:
        wait()
        results.append(len(group.exceptions))
    channel.send(results)


def with_closure(channel):
    count = 0

    def step():
        nonlocal count
        count += 1
        wait()
        return count

    channel.send([step(), step(), count])


def star_arguments(channel):
    channel.send(collect(*numbers(3), **{"key": leaf(1)}))


def collect(*args, **kwargs):
    wait()
    return args, kwargs


def unpack(channel):
    first, *rest = numbers(3)
    channel.send((first, rest, {*numbers(2)}, [*numbers(2)], {**dict(a=wait())}))


def own_tasklet(channel):
    me = stackless.getcurrent()
    wait()
    channel.send(me is stackless.getcurrent())


def own_generator(channel):
    """A generator that knows itself, and the tasklet that runs it."""
    holder = []

    def generate():
        me = stackless.getcurrent()
        yield 1
        wait()
        yield holder[0].gi_running and me is stackless.getcurrent()

    holder.append(generate())
    channel.send(list(holder[0]))


def import_module(channel):
    import pickled_module

    channel.send(pickled_module.value)


PROGRAMS = {
    "calls": lambda channel: three_deep(1, channel),
    "generators": consume,
    "yield from": drive,
    "handled exception": handle,
    "with": manage,
    "sorted()": sort,
    "map() and filter()": map_and_filter,
    "special methods": compute,
    "coroutines": run_coroutine,
    "class body": run_class_body,
    "match": match,
    "finally and except*": unwind,
    "closure": with_closure,
    "star arguments": star_arguments,
    "unpacking": unpack,
    "itself": own_tasklet,
    "a generator that knows itself": own_generator,
    "import": import_module,
}
