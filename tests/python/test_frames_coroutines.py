"""await, asynchronous generators and the tasks of asyncio run coroutines as frames of the loop."""

import asyncio
import contextvars
import sys
import types
import unittest

import stackless
from support import needs_soft_switching
from test_frames_generators import FramesTestCase


@types.coroutine
def pausing():
    yield 1


async def deep(action, depth=3):
    if depth > 0:
        return await deep(action, depth - 1)
    action()
    try:
        await pausing()
    finally:
        action()


class Awaitable:
    def __init__(self, action):
        self.action = action

    def __await__(self):
        self.action()
        yield 1
        self.action()


class Wrapping(Awaitable):
    def __await__(self):
        self.action()
        return deep(self.action).__await__()


class Iterator:
    def __init__(self, action):
        self.action = action
        self.left = 3

    def __aiter__(self):
        self.action()
        return self

    async def __anext__(self):
        self.action()
        self.left -= 1
        if self.left == 0:
            raise StopAsyncIteration
        await pausing()
        self.action()


class PlainIterator(Iterator):
    def __anext__(self):
        self.action()
        return Awaitable(self.action)


async def values(action):
    try:
        while True:
            action()
            await pausing()
            try:
                yield 1
            except ValueError:
                action()
    finally:
        await pausing()
        action()


def drive(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


async def awaiting(awaitable):
    return await awaitable


def by_await(action):
    drive(awaiting(deep(action)))


def by_throw(action):
    coroutine = awaiting(deep(action))
    coroutine.send(None)
    try:
        coroutine.throw(KeyError)
    except KeyError:
        pass


def by_close(action):
    coroutine = awaiting(deep(action))
    coroutine.send(None)
    coroutine.close()


def by_await_method(action):
    drive(awaiting(Awaitable(action)))


def by_wrapper(action):
    drive(awaiting(Wrapping(action)))
    coroutine = awaiting(Wrapping(action))
    coroutine.send(None)
    coroutine.close()
    drive(deep(action).__await__())


def by_async_for(action):
    async def loop():
        async for _ in Iterator(action):
            action()
        async for _ in PlainIterator(action):
            break

    drive(loop())


def by_async_generator(action):
    async def loop():
        generator = values(action)
        async for _ in generator:
            break
        await generator.asend(1)
        await generator.__anext__()
        await anext(generator)
        await anext(generator, None)
        await generator.athrow(ValueError)
        await generator.aclose()

    drive(loop())


def by_methods_of_awaitables(action):
    generator = values(action)
    drive(generator.asend(None))
    drive(generator.athrow(ValueError))
    step = generator.asend(None)
    step.send(None)
    try:
        step.throw(KeyError)
    except (KeyError, StopIteration):
        pass
    generator = values(action)
    drive(generator.asend(None))
    drive(generator.aclose())


def by_anext(action):
    async def step():
        await anext(Iterator(action))
        await anext(Iterator(action), None)
        await anext(aiter(Iterator(action)))
        await anext(PlainIterator(action))

    drive(step())


def by_context(action):
    context = contextvars.copy_context()
    context.run(action)
    context.run(lambda *args, **kwargs: action(), 1, two=2)


def by_tasks(action):
    async def step():
        await asyncio.sleep(0)
        action()

    async def fill(queue):
        await queue.put(1)
        await queue.put(2)
        action()

    async def main():
        action()
        await asyncio.gather(step(), step())
        queue = asyncio.Queue(1)
        task = asyncio.create_task(fill(queue))
        await queue.get()
        await queue.get()
        await task
        task = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            action()

    asyncio.run(main())


ROWS = {
    "await of coroutines": by_await,
    "coroutine.throw()": by_throw,
    "coroutine.close()": by_close,
    "await of an object with __await__": by_await_method,
    "await of coroutine.__await__()": by_wrapper,
    "async for": by_async_for,
    "asynchronous generators": by_async_generator,
    "send() and throw() of asend(), athrow() and aclose()": by_methods_of_awaitables,
    "anext() and aiter()": by_anext,
    "contextvars.Context.run()": by_context,
    "asyncio tasks": by_tasks,
}

HARD_ROWS = {
    "callbacks that asyncio's C code calls itself, loop.call_soon() say": "they never block",
}


class TestCoroutines(FramesTestCase):
    rows = ROWS

    def test_behaviour(self):
        self.compare_with_cpython("behaviour_coroutines.py")

    @needs_soft_switching
    def test_first_iteration_hook(self):
        levels = []

        async def numbers():
            yield 1
            yield 2

        def hook(generator):
            levels.append(stackless.getcurrent().nesting_level)
            stackless.schedule()

        def body():
            previous = sys.get_asyncgen_hooks()
            sys.set_asyncgen_hooks(firstiter=hook)
            try:

                async def loop():
                    async for _ in numbers():
                        break
                    await numbers().asend(None)
                    await numbers().aclose()

                drive(loop())
            finally:
                sys.set_asyncgen_hooks(*previous)

        self.start(body)
        stackless.run()
        self.assertEqual(levels, [0, 0, 0])

    def test_current_task(self):
        seen = []

        async def inner():
            seen.append(asyncio.current_task().get_name())
            await asyncio.sleep(0)
            seen.append(asyncio.current_task().get_name())

        async def main():
            await asyncio.gather(
                asyncio.create_task(inner(), name="one"), asyncio.create_task(inner(), name="two")
            )

        def body():
            asyncio.run(main())

        self.start(body)
        stackless.run()
        self.assertEqual(seen, ["one", "two", "one", "two"])

    def test_task_that_cancels_itself(self):
        async def main():
            task = asyncio.current_task()
            task.cancel("own")
            await asyncio.sleep(0)

        caught = []

        def body():
            try:
                asyncio.run(main())
            except asyncio.CancelledError as error:
                caught.append(error.args)

        for run in (body, lambda: (self.start(body), stackless.run())):
            caught.clear()
            run()
            self.assertEqual(caught, [("own",)])


if __name__ == "__main__":
    unittest.main()
