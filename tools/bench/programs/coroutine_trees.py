"""Trees of coroutines: awaited in place, gathered as tasks, and asynchronous generators and contexts."""

import asyncio

DEPTH = 10
IN_PLACE = 15


async def leaf(value):
    return value


async def sum_in_place(depth):
    if depth == 0:
        return await leaf(1)
    return await sum_in_place(depth - 1) + await sum_in_place(depth - 1)


async def sum_gathered(depth):
    if depth == 0:
        await asyncio.sleep(0)
        return 1
    return sum(await asyncio.gather(*(sum_gathered(depth - 1) for _ in range(3))))


class Level:
    entered = 0

    async def __aenter__(self):
        self.entered += 1
        return self

    async def __aexit__(self, *details):
        self.entered -= 1


async def walk(depth, level):
    async with level:
        yield level.entered
        if depth:
            async for value in walk(depth - 1, level):
                yield value
            async for value in walk(depth - 1, level):
                yield value


async def main():
    return [
        await sum_in_place(IN_PLACE),
        await sum_gathered(DEPTH - 2),
        sum([value async for value in walk(DEPTH, Level())]),
    ]


def run():
    return asyncio.run(main())
