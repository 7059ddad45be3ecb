"""asyncio: producers, workers and a collector with bounded queues between them, a lock and events."""

import asyncio

ITEMS = 4_000
PRODUCERS = 3
WORKERS = 4


async def produce(queue, first, count):
    for number in range(first, first + count):
        await queue.put(number)


async def work(source, target, lock, totals):
    while True:
        number = await source.get()
        async with lock:
            totals["seen"] += 1
        if number % 7 == 0:
            await asyncio.sleep(0)
        await target.put(number * number)
        source.task_done()


async def collect(queue, count, done):
    total = 0
    for _ in range(count):
        total += await queue.get()
    done.set()
    return total


async def main():
    source, target = asyncio.Queue(10), asyncio.Queue(5)
    lock, done, totals = asyncio.Lock(), asyncio.Event(), {"seen": 0}
    collector = asyncio.create_task(collect(target, PRODUCERS * ITEMS, done))
    workers = [asyncio.create_task(work(source, target, lock, totals)) for _ in range(WORKERS)]
    await asyncio.gather(*(produce(source, number * ITEMS, ITEMS) for number in range(PRODUCERS)))
    await source.join()
    await done.wait()
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return [await collector, totals["seen"]]


def run():
    return asyncio.run(main())
