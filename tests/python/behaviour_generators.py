"""What generators' methods do, printed. It has to be the same under either interpreter."""

import sys
import traceback
import types
import asyncio
out = []


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


def gen():
    x = None
    while True:
        try:
            x = (yield (x, sys.exc_info()[0]))
        except ValueError as e:
            x = (yield ('caught', str(e), tb(e)))


def rounds():
    g = gen()
    log(attempt(g.send, 1))
    log(attempt(g.send, None))
    log(attempt(g.send, 5))
    log(attempt(g.__next__))
    log(attempt(g.throw, ValueError))
    log(attempt(g.throw, ValueError('x')))
    log(attempt(g.throw, KeyError, 'k'))
    log(attempt(g.send, 1))
    log(attempt(g.throw, KeyError))
    log(attempt(g.close))
    log(attempt(next, g))
    g = gen()
    log(attempt(g.throw, KeyError('unstarted')))
    log(attempt(next, g))
    g = gen()
    next(g)
    log(attempt(g.throw, 3))
    log(attempt(g.throw, ValueError('a'), 'b'))
    log(attempt(g.throw, ValueError, 'b', 3))
    log(attempt(g.throw))
    log(attempt(g.throw, 1, 2, 3, 4))
    log(attempt(g.throw, ValueError, ValueError('q'), None))

    def ret():
        yield 1
        return (1, 2)
    g = ret()
    log(g.send(None), attempt(g.send, None), attempt(g.send, None))
    g = ret()
    next(g)
    log(attempt(g.__next__))

    def selfish():
        yield 1
        try:
            me.send(None)
        except ValueError as e:
            log(str(e))
        try:
            me.close()
        except ValueError as e:
            log(str(e))
        try:
            me.throw(KeyError)
        except ValueError as e:
            log(str(e))
        log(me.gi_running, me.gi_yieldfrom)
        yield 2
    me = selfish()
    me.send(None)
    log(me.send(None))

    def ignore():
        while 1:
            try:
                yield 1
            except GeneratorExit:
                pass
    g = ignore()
    next(g)
    log(attempt(g.close))

    def fin():
        try:
            yield 1
        finally:
            log('fin', sys.exc_info()[0])
    g = fin()
    next(g)
    log(attempt(g.close), attempt(g.close), g.gi_frame)
    g = fin()
    next(g)
    del g

    def inner():
        try:
            r = (yield 'inner')
            log('got', r)
        except ValueError as e:
            log('inner caught', tb(e), [f.f_code.co_name for f, _ in traceback.walk_stack(None)][:4] and None)
            r = (yield 'handled')
        return r

    def mid():
        try:
            r = (yield from inner())
        except KeyError as e:
            log('mid', tb(e))
            return 'k'
        return ('mid', r)

    def outer():
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            r = (yield from mid())
        log(sys.exc_info()[0])
        return ('outer', r)
    g = outer()
    log(next(g))
    log(attempt(g.throw, ValueError('v')))
    log(attempt(g.send, 7))
    g = outer()
    log(next(g))
    log(attempt(g.throw, KeyError('v')))
    g = outer()
    log(next(g))
    log(attempt(g.throw, IndexError('v')))
    g = outer()
    log(next(g))
    log(attempt(g.throw, GeneratorExit))
    g = outer()
    log(next(g))
    log(attempt(g.close))
    g = outer()
    log(next(g))
    log(attempt(g.throw, StopIteration(8)))

    def inner2():
        try:
            yield 1
        finally:
            raise OSError('in close')

    def outer2():
        try:
            yield from inner2()
        except OSError as e:
            log(tb(e))
            yield 'after'
    g = outer2()
    next(g)
    log(attempt(g.close))
    g = outer2()
    next(g)
    log(attempt(g.throw, GeneratorExit))
    g = outer2()
    next(g)
    log(attempt(g.throw, KeyError))

    class It:

        def __init__(self):
            self.n = 0

        def __iter__(self):
            return self

        def __next__(self):
            self.n += 1
            if self.n > 3:
                raise StopIteration('end')
            return self.n

    class It2(It):

        def send(self, v):
            return ('sent', v)

        def throw(self, *a):
            log('throw', len(a), a[0], sys.exc_info()[0], [f.f_code.co_name for f, _ in traceback.walk_stack(sys._getframe())][:1])
            if isinstance(a[0], ValueError):
                raise StopIteration('done')
            if isinstance(a[0], TypeError):
                return 'thrown'
            raise a[0]

        def close(self):
            log('closed')

    class It3(It):

        def __getattr__(self, n):
            log('getattr', n)
            if n == 'close':
                raise OverflowError('attr')
            raise AttributeError(n)

    class Bad:

        def __iter__(self):
            return 3

    def over(it):
        r = (yield from it)
        return ('over', r)
    log(list(over(It())))
    for cls in (It, It2, It3):
        g = over(cls())
        log(next(g))
        log(attempt(g.send, 4))
        g = over(cls())
        log(next(g))
        log(attempt(g.throw, ValueError('a')))
        g = over(cls())
        log(next(g))
        log(attempt(g.throw, TypeError('a')))
        g = over(cls())
        log(next(g))
        log(attempt(g.throw, KeyError('a')))
        g = over(cls())
        log(next(g))
        log(attempt(g.throw, KeyError, 'a'))
        g = over(cls())
        log(next(g))
        log(attempt(g.close))
        g = over(cls())
        log(next(g))
        log(attempt(g.throw, GeneratorExit()))
        g = over(over(cls()))
        log(next(g))
        log(attempt(g.throw, TypeError('a')))
        log(attempt(next, g))
    g = over(Bad())
    log(attempt(next, g))
    g = over(7)
    log(attempt(next, g))
    g = over([1, 2, 3])
    next(g)
    log(attempt(g.send, 3))
    g = over([1, 2, 3])
    next(g)
    log(attempt(g.throw, KeyError(1)))
    g = gen()
    a = (None,)
    log(attempt(lambda: g.send(*a)))
    a = (ValueError, 's')
    log(attempt(lambda: g.throw(*a)))
    log(attempt(lambda: g.send(value=3)))
    s = g.send
    log(s(3))
    t = g.throw
    log(attempt(t, ValueError, 'zz'))
    c = g.close
    log(c())

    def p():
        yield 1
        raise StopIteration
    g = p()
    next(g)
    log(attempt(g.send, None))
    g = p()
    next(g)
    log(attempt(g.throw, StopIteration))

    def exc_hidden():
        while True:
            log(sys.exc_info()[0])
            yield
    g = exc_hidden()
    try:
        1 / 0
    except ZeroDivisionError:
        g.send(None)
        attempt(g.throw, KeyError)
    g = gen()
    next(g)
    try:
        1 / 0
    except ZeroDivisionError as z:
        log(attempt(g.throw, KeyError))

    def inn():
        yield 1
        log(attempt(out.throw, KeyError('while running')))
        yield 2
    i = inn()

    def outf():
        yield from i
    out = outf()
    next(out)
    log(next(out))
    i = gen()

    def o():
        return (yield from i)
    x = o()
    next(x)
    i.close()
    log(attempt(x.throw, KeyError('dead')))
    i = gen()
    x = o()
    next(x)
    i.close()
    log(attempt(x.send, 3))
for _ in range(30):
    rounds()
