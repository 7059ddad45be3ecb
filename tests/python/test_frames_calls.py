"""Calls of what is no plain function: partials, cached functions, methods, callable objects."""

import functools
import operator
import types
import unittest

import stackless
from support import StacklessTestCase
from support_frames import ComparedTestCase, RowsTestCase, assert_recurses


class Thing:
    def __init__(self, action):
        self.action = action

    def method(self, *args, **kwargs):
        self.action()

    __call__ = method

    @classmethod
    def of_class(cls, action):
        action()

    @staticmethod
    def static(action):
        action()

    part = functools.partialmethod(method, 1, key=2)


class CallableFromCallable:
    def __init__(self, callable):
        type(self).__call__ = callable


def by_wraps(action):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    decorate(lambda value, key: action())(1, key=2)


def by_singledispatch(action):
    @functools.singledispatch
    def generic(value):
        pass

    @generic.register
    def _(value: int):
        action()

    generic(1)


def by_lru_cache(**options):
    def by(action):
        @functools.lru_cache(**options)
        def cached(*args, **kwargs):
            action()

        cached(1)

    return by


def by_cache_with_keywords(action):
    @functools.cache
    def cached(*args, **kwargs):
        action()

    cached(1, key=2)


def by_lru_cache_method(action):
    class Cached:
        @functools.lru_cache
        def method(self):
            action()

    Cached().method()


def by_callable_chain(action):
    class Inner:
        def __call__(self, *args):
            action()

    class Outer:
        __call__ = Inner()

    Outer()()


def by_callable_partial(action):
    class Outer:
        __call__ = functools.partial(lambda value: action(), 1)

    Outer()()


def with_many_arguments(action):
    return functools.partial(lambda *args, **kwargs: action(), *range(20), **{"key": 1})


ROWS = {
    "a function": lambda action: (lambda value: action())(1),
    "a method": lambda action: Thing(action).method(),
    "a bound method": lambda action: [method := Thing(action).method, method()],
    "classmethod": lambda action: Thing.of_class(action),
    "staticmethod": lambda action: Thing.static(action),
    "a staticmethod object": lambda action: staticmethod(lambda value: action())(1),
    "a callable object": lambda action: Thing(action)(),
    "a callable object whose __call__ is one": by_callable_chain,
    "a callable object whose __call__ is a partial": by_callable_partial,
    "types.MethodType": lambda action: types.MethodType(lambda self, value: action(), 1)(2),
    "types.MethodType of a callable object": lambda action: types.MethodType(Thing(action), 1)(2),
    "f(*args, **kwargs)": lambda action: (lambda *args, **kwargs: action())(*(1, 2), **{"key": 3}),
    "object(*args, **kwargs)": lambda action: Thing(action)(*(1, 2), **{"key": 3}),
    "method(*args, **kwargs)": lambda action: Thing(action).method(*(1, 2), **{"key": 3}),
    "functools.partial": lambda action: functools.partial(lambda value: action(), 1)(),
    "functools.partial with keywords": lambda action: functools.partial(
        lambda value, key: action(), key=1
    )(2),
    "functools.partial of a partial": lambda action: functools.partial(
        functools.partial(lambda *values: action(), 1), 2
    )(3),
    "functools.partial of an object": lambda action: functools.partial(Thing(action), 1)(2),
    "partial(*args, **kwargs)": lambda action: functools.partial(
        lambda *args, **kwargs: action(), 1, key=2
    )(*(2, 3), **{"key": 4}),
    "functools.partial with many arguments": lambda action: with_many_arguments(action)(1, other=2),
    "functools.partialmethod": lambda action: Thing(action).part(3),
    "functools.wraps": by_wraps,
    "functools.lru_cache": by_lru_cache(),
    "functools.lru_cache, bounded": by_lru_cache(maxsize=1),
    "functools.lru_cache, typed": by_lru_cache(maxsize=None, typed=True),
    "functools.lru_cache without a cache": by_lru_cache(maxsize=0),
    "functools.lru_cache of a method": by_lru_cache_method,
    "functools.cache with keywords": by_cache_with_keywords,
    "functools.singledispatch": by_singledispatch,
    "operator.methodcaller": lambda action: operator.methodcaller("method", 1, key=2)(Thing(action)),
    "operator.methodcaller of a class": lambda action: operator.methodcaller("of_class", action)(
        Thing
    ),
    "function.__call__": lambda action: (lambda value: action()).__call__(1),
    "types.FunctionType.__call__": lambda action: types.FunctionType.__call__(
        lambda value: action(), 1
    ),
    "partial.__call__": lambda action: functools.partial(lambda value: action()).__call__(1),
    "a class's __call__ called on it": lambda action: Thing.__call__(Thing(action)),
}
HARD_ROWS = {}


class RowsTest(RowsTestCase, StacklessTestCase):
    rows = ROWS


class ComparisonTest(ComparedTestCase):
    def test_partial(self):
        self.compare(
            """
from functools import partial, partialmethod
def f(a, b=2, *c, d=4, **e):
    return a, b, c, d, e
def g(a):
    raise ValueError(a)
class Sub(partial):
    def __call__(self, *args):
        return "sub", super().__call__(*args)
def scenario_positional(): return partial(f, 1)(2, 3, 4)
def scenario_keywords(): return partial(f, d=1, z=2)(2, y=3, d=5)
def scenario_order(): return list(partial(f, 1, z=1, y=2)(x=3, y=4)[4].items())
def scenario_both(): return partial(partial(f, 1, d=7), 2, q=8)(3, d=9)
def scenario_star(): return partial(f, 1)(*[2, 3], **{"d": 4})
def scenario_missing(): return partial(f)()
def scenario_twice(): return partial(f, 1)(a=2)
def scenario_raises(): return partial(g, 1)()
def scenario_builtin(): return partial(int, base=2)("101")
def scenario_not_callable():
    p = partial(f); p.__setstate__((5, (), {}, None)); return p()
def scenario_subclass(): return Sub(f, 1)(2)
def scenario_many(): return partial(f, *range(15), k=1)(*range(20), l=2)
def scenario_bad_keyword(): return partial(f)(**{1: 2})
def scenario_class(): return partial(dict, a=1)(b=2)
"""
        )

    def test_lru_cache(self):
        self.compare(
            """
from functools import lru_cache, cache
class Key:
    count = 0
    def __init__(self, value): self.value = value
    def __hash__(self): Key.count += 1; return hash(self.value)
    def __eq__(self, other): return self.value == other.value
class Bad:
    def __hash__(self): raise ValueError("hash")
class BadEq:
    def __hash__(self): return 1
    def __eq__(self, other): raise ValueError("eq")
def use(size, typed=False):
    calls = []
    @lru_cache(size, typed)
    def f(*args, **kwargs):
        calls.append((args, kwargs))
        return args, kwargs
    for args, kwargs in [((1,), {}), ((1.0,), {}), ((1,), {}), (("a",), {}), ((1, 2), {"x": 1}), ((1, 2), {"x": 1}), ((2,), {}),
                         ((3,), {}), ((1,), {}), ((), {}), ((), {"b": 1, "a": 2}), ((), {"a": 2, "b": 1}), ((1, 2), {"x": 1})]:
        f(*args, **kwargs)
    return f.cache_info(), calls
def scenario_infinite(): return use(None)
def scenario_bounded(): return use(2)
def scenario_larger(): return use(5)
def scenario_none(): return use(0)
def scenario_typed(): return use(3, True)
def scenario_hashes_once():
    Key.count = 0
    f = lru_cache(2)(lambda x: 1)
    f(Key(1)); f(Key(2)); f(Key(3)); f(Key(3))
    return Key.count, f.cache_info()
def scenario_bad_hash():
    f = lru_cache(2)(lambda x: 1)
    try:
        return f(Bad())
    finally:
        print(f.cache_info())
def scenario_unhashable(): return cache(lambda x: 1)([])
def scenario_bad_eq():
    f = lru_cache(2)(lambda x: 1)
    f(BadEq())
    return f(BadEq())
def scenario_raises():
    @cache
    def f(x): raise ValueError(x)
    try:
        f(1)
    finally:
        print(f.cache_info())
def scenario_recursive():
    @lru_cache(3)
    def f(n): return 1 if n < 2 else f(n - 1) + f(n - 2)
    return f(20), f.cache_info()
def scenario_reentrant():
    @lru_cache(1)
    def f(n):
        if n == 1 and not done:
            done.append(1)
            f(1); f(2)
        return n
    done = []
    return f(1), f(1), f(2), f.cache_info()
def scenario_cleared():
    @lru_cache(2)
    def f(n):
        f.cache_clear()
        return n
    return f(1), f(2), f(3), f.cache_info()
def scenario_wrong_arguments(): return cache(lambda x: 1)(1, 2)
"""
        )

    def test_others(self):
        self.compare(
            """
import operator, types, sys
class Thing:
    def m(self, *args, **kwargs): return args, kwargs
    def fail(self): raise ValueError("m")
    def __call__(self, *args): return args
    @property
    def p(self): return lambda x: x
class Bad: __call__ = 5
class Loop: pass
Loop.__call__ = Loop()
class Callable:
    @property
    def __call__(self): return lambda: sys._getframe(1).f_code.co_name
def scenario_methodcaller(): return operator.methodcaller("m", 1, k=2)(Thing())
def scenario_methodcaller_property(): return operator.methodcaller("p", 1)(Thing())
def scenario_methodcaller_missing(): return operator.methodcaller("x")(Thing())
def scenario_methodcaller_raises(): return operator.methodcaller("fail")(Thing())
def scenario_methodcaller_two(): return operator.methodcaller("m")(1, 2)
def scenario_methodcaller_keyword(): return operator.methodcaller("m")(Thing(), x=1)
def scenario_methodcaller_builtin(): return operator.methodcaller("split", ",")("a,b")
def scenario_bad(): return Bad()()
def scenario_loop():
    try:
        Loop()()
    except RecursionError as error:
        return str(error)
def scenario_property(): return Callable()()
def scenario_static(): return staticmethod(lambda *a, **k: (a, k))(1, x=2)
def scenario_static_bad(): return staticmethod(5)()
def scenario_method_wrapper(): return (lambda a: a).__call__(1)
def scenario_method_wrapper_bad(): return (lambda a: a).__call__(1, 2)
def scenario_wrapper(): return types.FunctionType.__call__(lambda a: a, 1)
def scenario_wrapper_bad(): return types.FunctionType.__call__(1, 2)
def scenario_wrapper_none(): return types.FunctionType.__call__()
def scenario_type_call(): return type.__call__(Thing).m(3)
def scenario_frames():
    def f(): return [sys._getframe(i).f_code.co_name for i in range(2)]
    return types.MethodType(operator.methodcaller("m"), Thing())(), staticmethod(f)()
"""
        )

    def test_traced(self):
        self.compare(
            """
import sys, functools
def f(x): return x
class A:
    def __new__(cls, x): return object.__new__(cls)
    def __init__(self, x): self.x = x
    def __call__(self): return 1
def events(install, action):
    log = []
    def trace(frame, event, arg):
        if event.startswith("c_"):
            log.append((event, arg.__name__))
        else:
            log.append((event, frame.f_code.co_name, frame.f_lineno))
        return trace
    install(trace)
    try:
        action()
    finally:
        install(None)
    return log
def work():
    functools.partial(f, 1)()
    A(1)()
    c = functools.lru_cache(f)
    c(1); c(1)
    class B(A): x = 1
    exec("x = 1")
    eval("f(2)")
def scenario_trace(): return events(sys.settrace, work)
def scenario_profile(): return events(sys.setprofile, work)
"""
        )


class RecursionTest(unittest.TestCase):
    def test_partial(self):
        assert_recurses(
            self,
            "import functools\n"
            "def f(p, n):\n"
            "    if n: functools.partial(p, p)(n - 1)\n"
            "f(f, 100_000)\nprint('done')",
        )

    def test_callable_object(self):
        assert_recurses(
            self,
            "class C:\n"
            "    def __call__(self, n):\n"
            "        return n and self(n - 1)\n"
            "C()(100_000)\nprint('done')",
        )

    def test_lru_cache(self):
        assert_recurses(
            self,
            "import functools\n"
            "@functools.lru_cache\n"
            "def f(n): return n and f(n - 1)\n"
            "f(100_000)\nprint('done')",
        )

    def test_methodcaller(self):
        assert_recurses(
            self,
            "import operator\n"
            "class C:\n"
            "    def m(self, n): return n and operator.methodcaller('m', n - 1)(self)\n"
            "C().m(100_000)\nprint('done')",
        )

    def test_too_deep(self):
        import sys

        def recurse():
            functools.partial(recurse)()

        with self.assertRaises(RecursionError):
            recurse()
        self.assertLess(sys.getrecursionlimit(), 10**5)


if __name__ == "__main__":
    unittest.main()
