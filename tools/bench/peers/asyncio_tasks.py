"""asyncio's tasks, and its queues for handing over values."""

import asyncio
from itertools import repeat

from peer import grown, print_figure, quickest


async def hop(count):
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def first():
        for _ in repeat(None, count // 2):
            await there.put(1)
            await back.get()

    async def second():
        for _ in repeat(None, count // 2):
            await there.get()
            await back.put(1)

    await asyncio.gather(first(), second())


async def give_way(count):
    async def body():
        for _ in repeat(None, count // 2):
            await asyncio.sleep(0)

    await asyncio.gather(body(), body())


async def life(count):
    async def nothing():
        pass

    for _ in repeat(None, count):
        await asyncio.create_task(nothing())


async def wait_for(future):
    await future


async def wait(future):
    await wait_for(future)


def block(count):
    loop = asyncio.new_event_loop()

    async def start_all():
        future = loop.create_future()
        tasks = [loop.create_task(wait(future)) for _ in repeat(None, count)]
        await asyncio.sleep(0)
        return tasks

    return loop, loop.run_until_complete(start_all())


def in_a_loop(function):
    return lambda count: asyncio.run(function(count))


print_figure(
    {
        "hop": lambda: quickest(in_a_loop(hop), 50_000),
        "yield": lambda: quickest(in_a_loop(give_way), 50_000),
        "life": lambda: quickest(in_a_loop(life), 20_000),
        "blocked": lambda: grown(block),
    }
)
