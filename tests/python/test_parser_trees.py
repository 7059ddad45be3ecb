"""Trees that the parser makes are those of CPython's, node by node and position by position."""

import ast
import os
import random
import unittest

from support_parser import both

CONSTRUCTS = {
    "names and constants": r"""
        a; _b1; é; None; True; False; ...; __debug__
        ﬁne  # normalized
        0; 7; 1_000; 0x1F; 0o17; 0b11; 123456789012345678901234567890; 1.5; 1e3; .5; 2j; 1_0.0_1; 9j
    """,
    "strings": r'''
        ''; "a"; 'a' "b" 'c'; """two
        lines"""; r"\n"; "\n\x41\N{EM DASH}"; b"bytes"; b"a" b"b"; rb"\x"; u"unicode"; u"a" "b"; "a" u"b"
        "é"; "\\"; 'it\'s'
    ''',
    "f-strings": r'''
        f""; f"a"; f"{a}"; f"{a!r}"; f"{a:>10}"; f"{a!s:{width}.{precision}}"; f"{a=}"; f"{ a = !r}"; "a" f"{b}" "c"
        f"{a if b else c}{(lambda: 1)()}{x, y}{*x, y}{yield_}{{}}"; f"""{
        a
        + b}"""; rf"\{a}"; f"{f'{b}'}"; f'{a["b"]}'
        def function():
            f"{yield}{(yield a)}{await_}"
    ''',
    "operators": """
        a + b - c; a * b / c // d % e @ f; a << b >> c; a & b | c ^ d; a ** b ** c; -a ** -b; +a; ~-+a; not not a
        a + b * c; (a + b) * c; a * b + c; a - (b - c); a ** (b ** c); (a ** b) ** c; -a + b; not a == b
        a and b and c; a or b and c or d; (a or b) or c; not a and b; a and (b and c)
        a < b; a < b <= c != d == e > f >= g; a in b; a not in b; a is b; a is not b; (a < b) < c; a < (b < c); a is (not b)
        a if b else c; a if b else c if d else e; (a if b else c) if d else e; lambda: a if b else c
        (a := 1); [b := 1, c := 2]; (a := b if c else d); {d := 1}; f(e := 1); x[y := 1]; x[y := 1, z := 2]
        (a); ((a)); (a).b; (a)(b); (a)[b]; (  a  ) + (  b  )
    """,
    "displays": """
        (); (a,); (a, b); (a, b,); (*a, b); (*a,); a,; a, b; a, b,; *a, b; *a,; (a, *b | c)
        []; [a]; [a,]; [a, b]; [*a]; [*a, *b, c]; [(yield_)]
        {a}; {a, b}; {a,}; {*a}; {*a, b}; {}; {a: b}; {a: b,}; {a: b, **c}; {**a}; {**a, b: c, **d}; {a: lambda: b}
        {a: b if c else d, e: f}; {**a | b}
    """,
    "comprehensions": """
        [a for a in b]; {a for a in b}; {a: b for a in c}; (a for a in b); [a for a in b if c if d for e in f if g]
        [a for a, b in c]; [a for a, in c]; [a for (a, b), *c in d]; [a for a.b in c]; [a for a[b] in c]; [b := a for a in c]
        [a async for a in b]; [a for b in c async for d in e]; f(a for a in b); f(a)(b for b in c); f((a for a in b), c)
        [a for a in b or c]; [lambda: a for a in b]; {a: b for a, b in c if (lambda: d)}; [[a for a in b] for c in d]
        f(a := b for b in c); (a := b for b in c); {a := b for b in c}; [(a, b) for a in c]
    """,
    "calls": """
        f(); f(a); f(a,); f(a, b); f(*a); f(*a, b, *c); f(a=b); f(a=b,); f(a, b=c); f(**a); f(**a, b=c, **d)
        f(a=b, *c); f(a, *b, c=d, *e, f=g, **h); f(*a or b); f(**a or b); f(a)(b)[c].d; f(*a, **b); f(a if b else c)
        f(lambda a: a, b=lambda: c); f(a == b); f((a)); f((yield_)); a.b.c(d).e; a . b; a.\\
            b
    """,
    "subscripts": """
        a[b]; a[b, c]; a[b,]; a[:]; a[b:]; a[:b]; a[b:c]; a[::]; a[b::c]; a[:b:]; a[::c]; a[b:c:d]; a[b:c, d]; a[b, c:d,]; a[...]
        a[*b]; a[*b, c]; a[c, *b]; a[*b,]; a[b or c]; a[lambda: b]; a[lambda: b:c]; a[b][c]; a[(b, c)]; a[b if c else d:e]
    """,
    "lambda": """
        lambda: a; lambda a: b; lambda a, b=c: d; lambda *a: b; lambda **a: b; lambda a, /, b, *, c, d=e, **f: g
        lambda a, /: b; lambda a, b, /, c: d; lambda *, a: b; lambda *, a=b, c: d; lambda a=b, /, c=d, *e, f, g=h, **i: j
        lambda a,: b; lambda *a,: b; lambda **a,: b; lambda *a, b: c; lambda a=lambda: b: c; lambda: (yield)
    """,
    "assignments": """
        a = b; a = b = c; a, b = c; a, = b; (a, b) = c; [a, b] = c; [] = a; () = a; *a, b = c; a, *b = c; (*a,) = b; [*a] = b
        a.b = c; a[b] = c; a.b[c].d = e; f(a).b = c; (a) = b; (a.b) = c; (a[b]) = c; ((a, b)) = c; (a, [b, (c, *d)]) = e
        *a = b; a = *b, c; a = b, c; "a".b = c; (a + b).c = d; *a.b, c[d] = e; (a)[b] = c; {}[a] = b; a[b:c] = d
        a += b; a -= b; a *= b; a /= b; a //= b; a %= b; a @= b; a &= b; a |= b; a ^= b; a <<= b; a >>= b; a **= b
        a.b += c; a[b] += c; (a) += b; (a.b) += c; a += b, c; a += *b, c
        a: b; a: b = c; a.b: c; a[b]: c = d; (a): b; (a): b = c; (a.b): c; ((a)): b; a: b = c, d; a: b = *c, d
        def function():
            a = yield; a = yield b; a = b = yield c; a += yield; a: b = yield c; a = yield b, c; a = yield *b, c
            a = yield from b; yield; yield a; yield a, b; yield from a; (yield); (yield a); [(yield)]; f((yield a))
            a = await b; await a; await a ** b; -await a; await a.b(c)[d]
    """,
    "del": """
        del a; del a, b; del a,; del (a); del (a, b); del (a,); del (); del []; del [a, b]; del a.b, c[d]; del f(a).b; del (a), [b]
        del ((a)); del (a, (b, [c])); del a[b:c], d
    """,
    "statements in a line": """
        pass; pass
        pass;
        if a: b; c
        if a: pass;
        assert a; assert a, b; raise; raise a; raise a from b; global a; global a, b
        import a; import a.b.c; import a as b; import a.b as c; import a, b.c as d, e
        from a import b; from a import b as c; from a import b, c as d; from a import (b); from a import (b, c as d,)
        from a import *; from . import b; from .a import b; from ... import b; from .... a.b import c; from ...a import b
        from . import *; from .a.b.c import (d as e)
        def function():
            return; return a; return a, b; return *a, b; return (a); nonlocal a; nonlocal a, b
        for a in b: continue; break
        a \\
            + b
    """,
    "if and loops": """
        if a: b
        if a:
            b
        elif c:
            d
        elif e: f
        else:
            g
        if (a := b): c
        else: d
        if a:
            if b: c
            else: d
        while a:
            b
        else:
            c
        while a: break
        for a in b: c
        for a, b in c, d:
            e
        else: f
        for a, in b: c
        for (a, b), *c in d: e
        for [a, b] in c: d
        for a.b in c: d
        for a[b] in *c, d: e
        for *a, b in c: d
        for (a) in b: c
        for f(a).b in c: d
        for (a in b)[c] in d: e
    """,
    "try": """
        try: a
        finally: b
        try:
            a
        except:
            b
        try:
            a
        except b: c
        except (b, c) as d:
            e
        except: f
        else:
            g
        finally:
            h
        try: a
        except* b: c
        except* d as e: f
        else: g
        finally: h
        try: a
        except *b: c
        try: a
        except b if c else d: e
    """,
    "with": """
        with a: b
        with a as b: c
        with a, b as c, d: e
        with (a): b
        with (a, b): c
        with (a, b,): c
        with (a as b): c
        with (a as b, c as d,): e
        with (a, b) as c: d
        with (a).b as c: d
        with (a) as b, (c) as d: e
        with (a), (b): c
        with (a) + b: c
        with (a := b): c
        with (a for a in b): c
        with (): a
        with (*a, b): c
        with (a, b as c): d
        with a as (b, c): d
        with a as [b, *c], d as e.f, g as h[i]: j
        with (a as (b, c)): d
        with (a if b else c): d
        with (a) if b else c: d
        with (a)(b), c: d
        with (yield_), a: b
        def function():
            with (yield): a
            with (yield a) as b: c
    """,
    "functions": """
        def f(): a
        def f() -> a: b
        def f(a, b=c, *d, e, f=g, **h) -> i:
            j
        def f(a, /): b
        def f(a, b=c, /, d=e, *, f): g
        def f(*, a): b
        def f(*, a=b, c): d
        def f(*a, b): c
        def f(**a): b
        def f(a: b, c: d = e, *f: g, h: i = j, **k: l) -> m: n
        def f(*a: *b): c
        def f(*a: *b.c[d],): c
        def f(a,): b
        def f(*a,): b
        def f(**a,): b
        def f(a: lambda: b = c, d=lambda: e): f
        def f():
            'docstring'
        def f():
            def g():
                return a
            return g
        @a
        def f(): b
        @a.b(c)
        @d[e] if f else g
        @(h := i)
        @j := k
        def f(): l
        @a
        async def f(): b
    """,
    "async": """
        async def f(a):
            async for a in b: c
            async for a, b in c:
                d
            else: e
            async with a as b, c: d
            async with (a as b, c): d
            async with (a, b): c
            async with (a): b
            await a
            return await b
            yield c
            [a async for a in b]
            {a: b async for a, b in c if await d}
    """,
    "classes": """
        class A: a
        class A(): a
        class A(B): a
        class A(B, C, metaclass=D, **E): a
        class A(*B, c=D):
            'docstring'
            a: int = 1
            def f(self): pass
        @a
        @b(c)
        class A: d
        class A(B,): pass
    """,
    "match": """
        match a:
            case b: c
        match a, b:
            case 1 | -2 | 'a' | None | True | 1 + 2j | b.c: d
            case [a, *_] | (b, c) | []: d
            case {'a': b, **rest}: c
            case A(b, c=d) as e if f: g
            case (a): b
            case a, b:
                match c:
                    case _:
                        d
                    case A(): e
        match *a, b:
            case _: c
        match a,:
            case _: c
        match (a := b):
            case _: c
        match -a:
            case b: c
        match (a):
            case b: c
        match [a]:
            case b: c
        match {}:
            case b: c
    """,
    "soft keywords as names": """
        match; match.a; match(a); match[a]; match = a; match: a; match, b = c; match -a; match * a; match (a) + b; match(a).b = c
        match[a]: b = c; match (a), b; match in a; match is a; match not in a; match if a else b; match += a; case; case = match
        case(a); _ = a; match(*a); match = case = _; match [a:b]; match [a] = b; print; exec
        if match: case
        for match in case: _
        def match(case, _): return match(case)
        class case: match = case
        with match as case: pass
        del match
    """,
}


def dedent(source):
    lines = source.split("\n")[1:]
    indentation = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indentation:] if not line[:indentation].strip() else line for line in lines)


class TreesTest(unittest.TestCase):
    maxDiff = 2000

    def check(self, source, mode="exec"):
        ours, original = both(source, mode)
        self.assertIsInstance(original[0], str, original)
        self.assertEqual(ours, original)

    def test_constructs(self):
        for name, source in CONSTRUCTS.items():
            with self.subTest(name):
                self.check(dedent(source))

    def test_within_other_statements(self):
        for name, source in CONSTRUCTS.items():
            if name in ("strings", "f-strings"):
                continue  # they have lines that must not be indented
            with self.subTest(name):
                lines = dedent(source).splitlines()
                body = "".join(f"        {line}\n" for line in lines)
                self.check(f"class Outer:\n    async def outer():\n{body}        last\n")

    def test_without_a_newline_at_the_end(self):
        for source in "a", "a;", "if a: b", "if a:\n  b", "def f():\n  if a:\n    b", "a # comment", "class A: pass":
            with self.subTest(source):
                self.check(source)

    def test_empty_modules(self):
        for source in "", "\n", "# comment", "\n\n# comment\n\n", "'docstring'", "\f\n", b"\xef\xbb\xbfa", b"# coding: latin-1\na = '\xe9'":
            with self.subTest(source):
                self.check(source)

    def test_eval_mode(self):
        for source in "a", "a\n\n", "a, b", "a,", "lambda: a", "a if b else c", "(a := b)", "f(a)  # comment\n", "[a for a in b]":
            with self.subTest(source):
                self.check(source, "eval")

    def test_single_mode(self):
        for source in "a", "a; b = c;", "if a: b\n\n", "def f():\n  a\n\n", "match = a\n", "match a:\n  case b: c\n\n", "@a\nclass b: c\n\n":
            with self.subTest(source):
                self.check(source, "single")

    def test_long_chains(self):
        for source in (
            " + ".join(["a"] * 200),
            " and ".join(["a"] * 3000),
            " < ".join(["a"] * 3000),
            " = ".join(["a"] * 3000),
            ", ".join(["a=b"] * 3000).join(["f(", ")"]),
            ", ".join(["a: b"] * 3000).join(["{", "}"]),
            "if a: b\n" + "elif c: d\n" * 200,
            "".join(f"{' ' * depth}if a:\n" for depth in range(90)) + " " * 90 + "b",
            "(" * 90 + "a" + ")" * 90,
            "a" + ".b(c)[d]" * 50,
            "'a' " * 1000,
        ):
            with self.subTest(source[:10]):
                self.check(source)

    def test_standard_library(self):
        folder = os.path.dirname(ast.__file__)
        names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
        for name in random.Random(1).sample(names, 30):
            with self.subTest(name), open(os.path.join(folder, name), encoding="utf-8") as file:
                source = file.read()
                if "# type:" not in source:
                    self.check(source)


if __name__ == "__main__":
    unittest.main()
