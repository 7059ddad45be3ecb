"""What is wrong is told in the words of CPython's parser, and at the place that it finds."""

import os
import random
import re
import tokenize
import unittest

from support_parser import both

WRONG = [
    "(", ")", "a b", "a +", "+", "a = ", "= a", "1 = a", "f() = a", "a + b = c", "a, b += c", "[a] += b", "(a, b): c", "[a]: b",
    "f(): a", "a: b: c", "a := b", "(a.b := c)", "((a) := b)", "a = b := c", "f(a.b=c)", "f((a)=b)", "f(True=a)", "f(a=b, c)",
    "f(**a, b)", "f(**a, *b)", "f(a for a in b, c)", "f(a, b for b in c)", "f(a for a in b,)", "class A(a for a in b): pass",
    "f(*)", "f(**)", "f(,)", "f(a,,b)", "f(a=)", "f(*a=b)", "(*a)", "(**a)", "*a", "{*a: b}", "{a: *b}", "{a, b: c}", "{a: b, c}",
    "{**a for a in b}", "[*a for a in b]", "{a: b, **c for c in d}", "[a, b for a in c]", "(a, b for a in c)", "a[]", "a[b:=c:d]",
    "a[*]", "a[b c]", "lambda a, a=b, c: d", "lambda *: a", "lambda *, **a, b: c", "lambda a b: c", "lambda a: b: c", "lambda /: a", "lambda (a): b",
    "def f(a=b, c): d", "def f(*): a", "def f(*, **a): b", "def f(/): a", "def f(a, /, b, /): c", "def f(*a, /): b",
    "def f(**a, b): c", "def f(*a, *b): c", "def f(*a=b): c", "def f(**a=b): c", "def f(a:): b", "def f(a=): b", "def f(a b): c",
    "def f: a", "def f() a", "def f()", "def f():", "def f():\na", "def (a): b", "def f(a.b): c", "def 1(): a",
    "class A", "class A:", "class A:\na", "class: a", "class A(B: a", "class A.b: c", "class A(B=): c",
    "if a", "if a:", "if a:\nb", "if a b", "if a = b: c", "if: a", "else: a", "elif a: b", "if a: b\nelse c", "if a: b\nelif: c",
    "while a", "while a:\nb", "for a in b", "for a in b:\nc", "for a b: c", "for in a: b", "for a in: b", "for f() in a: b",
    "for a + b in c: d", "for 1 in a: b", "for (a in b) in c: d", "for a in b c: d", "for *a in b, c d",
    "try: a", "try: a\nb", "try: a\nelse: b", "try:\na", "try: a\nexcept", "try: a\nexcept b, c: d", "try: a\nexcept:\nb",
    "try: a\nexcept* b: c\nexcept d: e", "try: a\nexcept b: c\nexcept* d: e", "try: a\nexcept*: b", "try: a\nexcept b as c.d: e",
    "try: a\nfinally: b\nexcept: c", "try: a\nfinally", "try a",
    "with a", "with a:\nb", "with: a", "with a as f(): b", "with a as b", "with (a as b: c", "with (a as b) as c: d",
    "with a as b, c as: d", "with (a, b as c) d", "with (a b): c", "with a as 1: b",
    "return a b", "return =", "raise a from", "raise from a", "raise a, b", "assert", "assert a,", "del", "del f()", "del a + b",
    "del *a", "del (a, *b)", "del a b", "del (a := b)", "global", "global a.b", "global a,", "nonlocal a b", "pass a", "break a",
    "import", "import a.", "import a as", "import a as b.c", "import .a", "from a import", "from import a", "from . import",
    "from a import b,", "from a import (b", "from a import ()", "from a import (*)", "from a import b.c", "from a import *, b",
    "yield = a", "(yield) = a", "a = yield = b", "f(yield a)", "[yield]", "lambda: yield", "x if y", "x if y else", "x else y",
    "a not b", "not", "a <> b", "a is", "a in", "a < > b", "a ** ", "a ! b", "a ? b", "a $ b", "print a", "print 'a'", "exec a",
    "print a, b", "await", "async a", "async with a", "async for a b", "await await a", "[a async in b]", "async lambda: a",
    "@a", "@a\nb", "@\ndef f(): a", "@a def f(): b", "@a\n@b\nc = d", "@a\nasync b",
    "match a:\nb", "match a:\n  b", "match a:\n  case b:\nc", "match a:\n  case b c: d", "match a\n  case b: c", "match: b: c",
    "match a:\n  case b: c\n d", "match *a:\n  case b: c", "match a:\n  case f() as _: b", "match a:\n  case 1 + 2: b", "case a: b",
    "match a:\n  case 0 + 0\n    b", "match a:\n  case 1j + 1j: b", "with (0 as f()): a",
    "  a", "a\n  b", "if a:\n  b\n c", "if a:\n    b\n  c\n", "\tif a:\n", "if a:\n\tb\n        c", "if a: b; if c: d", "a; ; b", ";",
    "'a", '"""a', "'a\n'", "b'é'", "'a' b'b'", "f'{'", "f'{}'", "f'{a b}'", "f'{a!x}'", "f'}'", "f'{a:{b:{c}}}'", "f'{a\\n}'", "f'{#}'",
    "f'{lambda: a}'", "f'{a = b}'", "f'{*a}'", "f'{yield a b}'", "f'{a}' b''", "'\\N{x}'", "'\\x1'", "'\\u12'", "'\\d' a", "a '\\d'",
    "0777", "1__0", "1_", "0x", "0b2", "0o8", "1e", "1.e+", "1a", "1if a else b", "0_7", "9" * 5000, "1_000j_", "a.1", "1.a", "1..a b",
    "a\\", "a \\ b", "\\", "a\0b", "é = 1 2", "a = é b", "€", "a€", "'\ud800'", "(a\n b", "[a\n) b", "{a]", "(" * 201, "a)" , "f(a\ndef g(): b",
    "-" * 10000 + "a", "not " * 10000 + "a", "lambda: " * 3000 + "a", "a if b else " * 3000 + "c", "a ** " * 10000 + "b",
    "(" * 199 + ")" * 199, "[" * 150 + "]" * 150, "if a: b\n" + "elif a: b\n" * 6500, "await " * 100 + "a",
    "f(a=b, '\\d')", "f(a=b, c('\\d'))", "f(**a, '\\d')", "f(a=b, *c, '\\d')", f"f(a=b, {'9' * 5000})", "f(a, '\\d'=b)", "f('\\d' a)",
    "for f('\\d') in a: b", "del f('\\d')", "a = f('\\d') = '\\c'", "try: a\nexcept b: c\nexcept* '\\d': e", "[*a for a in '\\d']",
    "def f(a=b, c: '\\d', d='\\c'): e", "with ('\\d') a: b", "match '\\d', a b: c", "{**a for a in '\\d'}", "class A(a for a in '\\d'): b",
    "None = a", "None += a", "a.None", "def None(): a", "def f(None): a", "import None", "for None in a: b", "__debug__ = a", "del None",
    "f(None=a)", "lambda None: a", "a as b", "(a as b)", "[a as b]", "a = import b", "a = if b", "a -> b", "a: -> b", "...a", "a...",
]  # fmt: skip

TOKEN = re.compile(r"""\s+|[^\W\d]\w*|\d[\w.]*|"[^"\n]*"|'[^'\n]*'|\*\*=?|//=?|>>=?|<<=?|->|:=|[-+*/%&|^=<>!@]=|\.\.\.|.""", re.DOTALL)
INSERTED = """( ) [ ] { } , : = := * ** / . ... -> @ ; if else for in not is and or lambda await async yield from import as with def class
    return del match case _ try except finally a 1 's' f'{a}' b'b' u'u' 1j 0777 True None print += == != <> ~ - global nonlocal
    raise assert while elif pass $ ! \\ '\\d' é type""".split() + ["\n", "\n    ", "\n  "]


class Mutator:
    """Pieces of files in which a few tokens are moved, lost, doubled or others."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def piece(self, lines):
        start = self.random.randrange(len(lines))
        chunk = lines[start : start + self.random.choice([1, 1, 2, 3, 5, 8, 20])]
        indentation = len(chunk[0]) - len(chunk[0].lstrip())
        return "".join(line if line[:indentation].strip() else line[indentation:] for line in chunk)

    def mutate(self, tokens):
        place = self.random.randrange(len(tokens))
        other = self.random.randrange(len(tokens))
        match self.random.randrange(5):
            case 0 if len(tokens) > 1:
                del tokens[place]
            case 1:
                tokens.insert(place, tokens[place])
            case 2:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 3:
                tokens.insert(place, f" {self.random.choice(INSERTED)} ")
            case _:
                tokens[place] = self.random.choice(INSERTED)

    def mutants(self, source, count):
        lines = source.splitlines(True)
        while count:
            tokens = TOKEN.findall(self.piece(lines))
            if len(tokens) < 2:
                continue
            for _ in range(self.random.choice([1, 1, 1, 2, 3])):
                self.mutate(tokens)
            yield "".join(tokens)
            count -= 1


class ErrorsTest(unittest.TestCase):
    maxDiff = 2000

    def check(self, source, mode="exec"):
        ours, original = both(source, mode)
        self.assertEqual(ours, original, source[:1000])

    def test_wrong_sources(self):
        for source in WRONG:
            with self.subTest(source[:80]):
                for mode in "exec", "eval", "single":
                    self.check(source, mode)
                    self.check(source + "\n", mode)
                self.check(f"def outer():\n    if a:\n        b = 1\n        {source}\n    c")
                self.check(f"f'{{{source}}}'")

    def test_mutants(self):
        mutator = Mutator(seed=3)
        for name in "test_grammar", "test_syntax", "test_patma", "test_fstring", "argparse", "dataclasses", "inspect":
            source = self.source(name)
            for mutant in mutator.mutants(source, 300):
                if "# type:" not in mutant:
                    self.check(mutant, mutator.random.choice(["exec", "exec", "exec", "eval", "single"]))

    def source(self, name):
        folder = os.path.dirname(os.__file__)
        path = os.path.join(folder, f"{name}.py")
        if not os.path.exists(path):
            path = os.path.join(folder, "test", f"{name}.py")
        if not os.path.exists(path):
            self.skipTest(f"{name}.py is not installed")
        with tokenize.open(path) as file:
            return file.read()


if __name__ == "__main__":
    unittest.main()
