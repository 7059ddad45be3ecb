"""What coroutines and asynchronous generators do, printed. It has to be the same under either interpreter."""

import sys
import traceback
import types
import asyncio


def log(*a):
    print(*a)


def tb(e):
    r = []
    while e is not None:
        r.append((type(e).__name__, str(e), [(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__)]))
        e = e.__context__
    return r


def attempt(f, *a):
    try:
        return ('ok', f(*a))
    except BaseException as e:
        return ('exc', tb(e), getattr(e, 'value', None))


class Aw:

    def __init__(self, v):
        self.v = v

    def __await__(self):
        r = (yield self.v)
        return ('aw', r)


class BadAw:

    def __init__(self, r):
        self.r = r

    def __await__(self):
        return self.r


class RaiseAw:

    def __await__(self):
        raise KeyError('await')


async def co():
    return 1


@types.coroutine
def tc(v):
    r = (yield v)
    return ('tc', r)


class AI:

    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        self.n -= 1
        if self.n < 0:
            raise StopAsyncIteration
        await Aw('step')
        return self.n


class AI2(AI):

    def __anext__(self):
        return Aw('a2')


class AI3(AI):

    def __anext__(self):
        return 3


class AI4(AI):

    def __anext__(self):
        return RaiseAw()


class AI5(AI):

    def __anext__(self):
        return BadAw(3)


class AI6(AI):

    def __anext__(self):
        raise KeyError('anext')


class AI7:

    def __aiter__(self):
        return 3


class AI8:

    def __aiter__(self):
        raise KeyError('aiter')


def drive(c, sends=()):
    r = []
    it = iter(sends)
    try:
        v = c.send(None)
        while True:
            r.append(v)
            if len(r) > 12:
                c.close()
                r.append('closed')
                break
            v = c.send(next(it, None))
    except BaseException as e:
        r.append(tb(e))
        r.append(getattr(e, 'value', None))
    return r


async def agen(n):
    try:
        for i in range(n):
            x = (yield i)
            if x is not None:
                log('asent', x)
            await Aw(('in agen', i))
    except ValueError as e:
        log('agen caught', tb(e))
        await Aw('in handler')
        yield 'handled'
    finally:
        log('agen fin', sys.exc_info()[0])
        await tc('finalizing')


async def ignoring():
    while True:
        try:
            yield 1
        except GeneratorExit:
            pass


async def awaiting_ignoring():
    while True:
        try:
            yield 1
        except GeneratorExit:
            await tc('sleep')


def rounds():

    async def f(x):
        return await x
    for x in (Aw(1), BadAw(3), RaiseAw(), BadAw(tc(1)), tc(2), 3, BadAw(iter([1, 2]))):
        log(drive(f(x), [5]))
    c = co()
    log(drive(f(BadAw(c))))
    c.close()

    async def floop(it):
        r = []
        async for x in it:
            r.append(x)
        return r
    for x in (AI(3), AI2(1), AI3(1), AI4(1), AI5(1), AI6(1), AI7(), AI8(), 5, agen(3)):
        log(drive(floop(x), [1, 2, 3]))

    async def proto():
        a = agen(5)
        log(await a.__anext__())
        log(await a.asend('hello'))
        log(await anext(a))
        try:
            log(await a.athrow(ValueError('thrown')))
        except Exception as e:
            log(tb(e))
        log(await a.aclose())
        log(await a.aclose())
        try:
            await a.asend(None)
        except StopAsyncIteration as e:
            log(tb(e))
        log(await anext(a, 'default'))
        a = agen(1)
        try:
            await a.asend(4)
        except TypeError as e:
            log(e)
        a = agen(3)
        await anext(a)
        try:
            await a.athrow(KeyError)
        except KeyError as e:
            log(tb(e))
        a = ignoring()
        await anext(a)
        try:
            await a.aclose()
        except RuntimeError as e:
            log(tb(e))
        a = agen(3)
        log(await a.aclose())
        a = agen(3)
        await anext(a)
        try:
            log(await a.athrow(GeneratorExit))
        except GeneratorExit as e:
            log(tb(e))
        s = a.asend(None)
        try:
            await s
        except StopAsyncIteration:
            pass
        try:
            await s
        except RuntimeError as e:
            log(tb(e))
        log(await anext(AI(2)), await anext(AI(0), 'dflt'), await anext(AI2(0), 3))
        try:
            await anext(AI(0))
        except StopAsyncIteration as e:
            log(tb(e))
        try:
            anext(3)
        except TypeError as e:
            log(tb(e))
        try:
            anext(AI6(1))
        except KeyError as e:
            log(tb(e))
        for b in (AI7(), AI8(), 3):
            try:
                aiter(b)
            except Exception as e:
                log(tb(e))
        log(type(aiter(AI(1))))

        async def stops():
            yield 1
            raise StopAsyncIteration
        try:
            async for _ in stops():
                pass
        except RuntimeError as e:
            log(tb(e), repr(e.__cause__))

        async def stops2():
            yield 1
            raise StopIteration
        try:
            async for _ in stops2():
                pass
        except RuntimeError as e:
            log(tb(e), repr(e.__cause__))
        return 'done'
    log(drive(proto(), list('abcdefghijklmnopqrst')))
    c = proto()
    log(len([c.send(None)]))
    a = agen(3)
    s = a.asend(None)
    log(attempt(s.send, None))
    s = a.__anext__()
    log(attempt(s.send, None))
    log(attempt(a.asend(3).send, None))
    log(attempt(s.throw, ValueError('m')))
    log(attempt(s.send, None))
    log(attempt(s.send, None))
    log(attempt(s.throw, KeyError))
    s = a.aclose()
    log(attempt(s.send, 3))
    log(attempt(s.send, None))
    log(attempt(s.send, None))
    log(attempt(s.send, None))
    a = awaiting_ignoring()
    attempt(a.__anext__().send, None)
    s = a.aclose()
    log(attempt(s.__next__))
    log(attempt(s.throw, ValueError('in aclose')))
    log(attempt(s.__next__))
    a = awaiting_ignoring()
    attempt(a.__anext__().send, None)
    s = a.athrow(GeneratorExit)
    log(attempt(s.__next__))
    log(attempt(s.throw, ValueError('in athrow')))
    log(attempt(s.__next__))
    a = awaiting_ignoring()
    attempt(a.__anext__().send, None)
    s = a.athrow(3)
    log(attempt(s.__next__))
    s = a.asend(None)
    log(attempt(s.throw, GeneratorExit))
    log(attempt(s.close))

    async def chain(n):
        if n == 0:
            return await tc('bottom')
        return await chain(n - 1)
    c = chain(5)
    log(c.send(None), c.cr_running, type(c.cr_await))
    log(attempt(c.throw, KeyError('deep')))
    log(attempt(c.send, None))
    log(attempt(c.throw, KeyError))
    log(attempt(c.close))
    c = chain(5)
    c.send(None)
    log(attempt(c.send, 9))
    c = chain(2)
    w = c.__await__()
    log(attempt(next, w))
    log(attempt(w.send, 3))
    log(attempt(w.send, 3))
    c = chain(2)
    w = c.__await__()
    log(attempt(next, w))
    log(attempt(w.throw, KeyError('w')))
    log(attempt(w.close))

    async def viawrap():
        return await BadAw2()

    class BadAw2:

        def __await__(self):
            return chain(2).__await__()
    log(drive(viawrap(), [4]))
    c = viawrap()
    c.send(None)
    log(attempt(c.throw, KeyError('vw')))
    c = viawrap()
    c.send(None)
    log(attempt(c.close))
    c = co()
    c2 = f(c)
    log(attempt(c2.send, None))
    log(attempt(f(c).send, None))
    c = chain(1)
    f1 = f(c)
    f1.send(None)
    log(attempt(f(c).send, None))
    f1.close()

    @types.coroutine
    def waits():
        try:
            yield 1
        except GeneratorExit:
            log('ge')
            yield 2
    c = f(waits())
    c.send(None)
    log(attempt(c.close))

    def nong():
        yield from co()
    log(attempt(next, nong()))


async def main():
    for q in range(2):
        q = asyncio.Queue(2)

        async def prod():
            for i in range(5):
                await q.put(i)
            await q.put(None)

        async def cons():
            r = []
            while (x := (await q.get())) is not None:
                r.append(x)
            return r
        log(await asyncio.gather(prod(), cons()))

        async def slow():
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                log('cancelled')
                raise
        t = asyncio.create_task(slow())
        await asyncio.sleep(0)
        t.cancel('msg')
        try:
            await t
        except asyncio.CancelledError as e:
            log(e.args, tb(e))

        async def err():
            await asyncio.sleep(0)
            raise KeyError('task')
        t = asyncio.create_task(err())
        try:
            await t
        except KeyError as e:
            log(tb(e))
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(1)
        except TimeoutError as e:
            log(len(tb(e)))
        async with asyncio.TaskGroup() as tg:
            tg.create_task(asyncio.sleep(0))
            tg.create_task(asyncio.sleep(0.001))
        a = agen2()
        log(await anext(a))
        del a
        async for x in agen2():
            log(x)
            break


async def agen2():
    try:
        yield 1
        yield 2
    finally:
        log('agen2 fin')
for _ in range(30):
    rounds()
asyncio.run(main())
