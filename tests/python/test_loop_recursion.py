"""Recursion: limited by the recursion limit, and through C code by the C stack. Each deep one in a process."""

import unittest

from support import run_script

# Functions that recurse without end, each by way of something else than a plain call: through frames of the loop
# up to the recursion limit, or through C code up to the end of the C stack.
NOT_BY_CALLS = {
    "__new__": "class C:\n    def __new__(cls): return C()\nC()",
    "__call__": "class C:\n    def __call__(self): return self()\nC()()",
    "__getattr__": "class C:\n    def __getattr__(self, name): return self.other\nC().name",
    "__getattribute__": (
        "class C:\n"
        "    def __getattribute__(self, name): return self.other\n"
        "C().name"
    ),
    "__setattr__": (
        "class C:\n"
        "    def __setattr__(self, name, value): self.other = value\n"
        "C().name = 1"
    ),
    "__add__": "class C:\n    def __add__(self, other): return self + other\nC() + 1",
    "__eq__": "class C:\n    def __eq__(self, other): return self == other\nC() == C()",
    "__lt__": (
        "class C:\n"
        "    def __lt__(self, other): return sorted([self, C()])\n"
        "sorted([C(), C()])"
    ),
    "__hash__": "class C:\n    def __hash__(self): return hash((self,))\nhash(C())",
    "__bool__": "class C:\n    def __bool__(self): return True if self else False\nbool(C())",
    "__repr__": "class C:\n    def __repr__(self): return repr([self])\nrepr(C())",
    "__str__": "class C:\n    def __str__(self): return f'{self}'\nstr(C())",
    "__iter__": "class C:\n    def __iter__(self): return iter(self)\nlist(C())",
    "__next__": (
        "class C:\n"
        "    def __iter__(self): return self\n"
        "    def __next__(self): return max(self)\n"
        "max(C())"
    ),
    "__contains__": "class C:\n    def __contains__(self, key): return key in self\n1 in C()",
    "__enter__": (
        "class C:\n"
        "    def __enter__(self):\n"
        "        with self: pass\n"
        "    def __exit__(self, *a): pass\n"
        "with C(): pass"
    ),
    "__exit__": (
        "class C:\n"
        "    def __enter__(self): pass\n"
        "    def __exit__(self, *a):\n"
        "        with self: pass\n"
        "with C(): pass"
    ),
    "__init_subclass__": (
        "class C:\n"
        "    def __init_subclass__(cls): type('D', (C,), {})\n"
        "type('D', (C,), {})"
    ),
    "__instancecheck__": (
        "class M(type):\n"
        "    def __instancecheck__(cls, o): return isinstance(o, cls)\n"
        "class C(metaclass=M): pass\n"
        "isinstance(1, C)"
    ),
    "property": "class C:\n    p = property(lambda self: self.p)\nC().p",
    "sorted()": "def f(x): return sorted([1], key=f)\nf(1)",
    "map()": "def f(x): return list(map(f, [x]))\nf(1)",
    "re.sub()": "import re\ndef f(m): return re.sub('a', f, 'a')\nf(1)",
    "functools.partial": "import functools\ndef f(): return functools.partial(f)()\nf()",
    "functools.reduce()": (
        "import functools\n"
        "def f(a, b): return functools.reduce(f, [1, 2])\n"
        "f(1, 2)"
    ),
    "exec()": "def f(): exec('f()', {'f': f})\nf()",
    "eval()": "def f(): return eval('f()', {'f': f})\nf()",
    "class body": "def f():\n    class C:\n        f()\nf()",
    "generator and list()": "def f():\n    yield from list(f())\nlist(f())",
    "coroutine and send()": "async def f(): f().send(None)\nf().send(None)",
    "__import__()": "import builtins\ndef f(*a): import sys\nbuiltins.__import__ = f\nf()",
}

CATCH = """
import sys
sys.setrecursionlimit({limit})
try:
{indented}
except RecursionError as error:
    print("RecursionError:", error)
else:
    print("no error")
print("still running", sum(range(10)))
"""


def indent(source):
    return "".join(f"    {line}\n" for line in source.splitlines())


class RecursionTest(unittest.TestCase):
    def run_source(self, source, limit=10**6, threads=False):
        script = CATCH.format(limit=limit, indented=indent(source))
        if threads:
            script = (
                "import threading\n"
                f"thread = threading.Thread(target=exec, args=({script!r}, {{}}))\n"
                "thread.start()\n"
                "thread.join()"
            )
        result = run_script(script)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        first, second = result.stdout.splitlines()
        self.assertEqual(second, "still running 45")
        return first

    def assert_exceeds(self, message):
        self.assertRegex(message, "^RecursionError: maximum recursion depth exceeded")

    def test_not_by_calls(self):
        for name, source in NOT_BY_CALLS.items():
            with self.subTest(name):
                self.assert_exceeds(self.run_source(source, limit=10**5))

    def test_not_by_calls_in_a_thread(self):
        for name in ("__new__", "sorted()", "__getattr__"):
            with self.subTest(name):
                self.assert_exceeds(self.run_source(NOT_BY_CALLS[name], limit=10**5, threads=True))

    def test_init_needs_no_c_stack(self):
        source = "class C:\n    def __init__(self, n):\n        if n: C(n - 1)\nC(10 ** 5)"
        self.assertEqual(self.run_source(source), "no error")

    def test_recursion_limit_comes_first(self):
        for name in ("__new__", "sorted()", "__getattr__", "class body"):
            with self.subTest(name):
                message = self.run_source(NOT_BY_CALLS[name], limit=500)
                self.assertTrue(message.startswith("RecursionError: maximum recursion depth exceeded"), message)
                self.assertNotIn("C stack", message)

    def test_python_functions(self):
        source = "def f(n): return 0 if n == 0 else 1 + f(n - 1)\nassert f(10 ** 5) == 10 ** 5"
        self.assertEqual(self.run_source(source), "no error")
        self.assertEqual(
            self.run_source(source, limit=10**5 // 2), "RecursionError: maximum recursion depth exceeded"
        )

    def test_methods_and_closures(self):
        source = (
            "class C:\n"
            "    def method(self, n, k=0):\n"
            "        def inner(*args, **kwargs): return self.method(n - 1, k=1) if n else 0\n"
            "        return inner(*[1, 2], **{'a': 3}) + 1\n"
            "assert C().method(40000) == 40001"
        )
        self.assertEqual(self.run_source(source), "no error")

    def test_getitem(self):
        source = (
            "class C:\n"
            "    def __getitem__(self, n): return self[n - 1] + 1 if n else 0\n"
            "c = C()\n"
            "for _ in range(100): c[10]\n"
            "assert c[10 ** 5] == 10 ** 5"
        )
        self.assertEqual(self.run_source(source), "no error")

    def test_generators(self):
        source = (
            "def f(n):\n"
            "    if n: yield from f(n - 1)\n"
            "    yield n\n"
            "assert sum(1 for _ in f(5000)) == 5001\n"
            "def g(n):\n"
            "    if n:\n"
            "        for i in g(n - 1): yield i\n"
            "    yield n\n"
            "assert sum(1 for _ in g(3000)) == 3001"
        )
        self.assertEqual(self.run_source(source), "no error")

    def test_endless_generators(self):
        source = "def f():\n    yield from f()\nnext(f())"
        self.assertEqual(self.run_source(source, limit=3000), "RecursionError: maximum recursion depth exceeded")

    def test_endless_coroutines(self):
        source = "async def f(): await f()\nf().send(None)"
        self.assertEqual(self.run_source(source, limit=3000), "RecursionError: maximum recursion depth exceeded")

    def test_deep_exception(self):
        source = (
            "import sys, traceback\n"
            "def f(n):\n"
            "    if n == 0: raise KeyError('deep')\n"
            "    f(n - 1)\n"
            "try: f(20000)\n"
            "except KeyError as error: depth = sum(1 for _ in traceback.walk_tb(error.__traceback__))\n"
            "assert depth == 20002, depth"
        )
        self.assertEqual(self.run_source(source), "no error")

    def test_finally_blocks_run_while_unwinding(self):
        source = (
            "log = []\n"
            "def f():\n"
            "    try: f()\n"
            "    finally: log.append(1)\n"
            "try: f()\n"
            "except RecursionError: assert len(log) > 2900, len(log)"
        )
        self.assertEqual(self.run_source(source, limit=3000), "no error")

    def test_the_limit_is_exact_again_after_an_overflow(self):
        source = (
            "import sys\n"
            "def depth():\n"
            "    try: return depth() + 1\n"
            "    except RecursionError: return 0\n"
            "def generate():\n"
            "    yield\n"
            "    yield from generate()\n"
            "def through_c(): return sorted([1], key=lambda x: through_c())\n"
            "first = depth()\n"
            "for function in (depth, lambda: list(generate()), through_c) * 3:\n"
            "    try: function()\n"
            "    except RecursionError: pass\n"
            "    assert depth() == first, (depth(), first)"
        )
        self.assertEqual(self.run_source(source, limit=700), "no error")

    def test_recursion_in_a_tasklet(self):
        for name in ("__new__", "sorted()"):
            source = (
                "import stackless\n"
                "def run():\n" + indent(NOT_BY_CALLS[name]) +
                "stackless.tasklet(run)()\n"
                "stackless.run()"
            )
            self.assert_exceeds(self.run_source(source, limit=10**5))
        source = (
            "import stackless\n"
            "results = []\n"
            "def f(n): return 0 if n == 0 else 1 + f(n - 1)\n"
            "stackless.tasklet(lambda: results.append(f(10 ** 5)))()\n"
            "stackless.run()\n"
            "assert results == [10 ** 5]"
        )
        self.assertEqual(self.run_source(source), "no error")

    def test_destructors_of_a_long_chain(self):
        source = (
            "class Link:\n"
            "    def __init__(self, next): self.next = next\n"
            "    def __del__(self): count.append(1)\n"
            "count = []\n"
            "chain = None\n"
            "for _ in range(10 ** 5): chain = Link(chain)\n"
            "del chain\n"
            "assert len(count) == 10 ** 5"
        )
        self.assertEqual(self.run_source(source), "no error")


if __name__ == "__main__":
    unittest.main()
