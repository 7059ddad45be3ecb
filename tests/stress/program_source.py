"""Random Python programs: what a program is depends on its seed alone, it ends, and it notes what it does.

A program is the text of a module with a function `main(note)`. It takes all its state from its arguments and local
variables, so that it goes on anywhere; `note` is called with values whose repr() is the same everywhere.
"""

import random

HEADER = """\
import functools
import itertools
import operator
from contextlib import ExitStack, suppress

from program_parts import *
from program_parts import managed

LIMIT = 5
"""

INTEGER_OPERATORS = ["+", "-", "*", "//", "%", "&", "|", "^"]
COMPARISONS = ["<", "<=", "==", "!=", ">", ">="]
ERRORS = ["ValueError", "KeyError", "Failure", "ZeroDivisionError", "IndexError", "LookupError", "TypeError"]


def indent(lines):
    return ["    " + line for line in lines]


class Scope:
    """What is known of the names in a function: which variables have a value of which kind."""

    def __init__(self, kind, parent=None):
        self.kind = kind  # "function", "generator" or "coroutine"
        self.parent = parent
        self.integers = []
        self.lists = []
        self.texts = []
        self.dicts = []
        self.objects = []
        self.iterators = []
        self.functions = []  # take an integer and return one
        self.protected = set()  # what statements must not assign to
        self.loops = 0
        self.finals = 0  # inside of how many `finally` and `except*` there is no way out

    def snapshot(self):
        return {key: list(value) for key, value in vars(self).items() if isinstance(value, list)}

    def restore(self, snapshot):
        vars(self).update(snapshot)


class Generator:
    def __init__(self, seed, size):
        self.random = random.Random(seed)
        self.size = size  # about how many statements
        self.count = 0
        self.scope = None

    # ---- Helpers

    def name(self, prefix="v"):
        self.count += 1
        return f"{prefix}{self.count}"

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)

    def number(self, low=0, high=9):
        return self.random.randint(low, high)

    def variable(self, names):
        return self.random.choice(names)

    # ---- Expressions

    def integer(self, depth=2):
        """An expression whose value is an int, mostly."""
        scope = self.scope
        if depth <= 0 or self.chance(0.25):
            if scope.integers and self.chance(0.7):
                return self.variable(scope.integers)
            return str(self.number())
        choices = [
            self.arithmetic,
            self.arithmetic,
            lambda depth: f"({self.integer(depth - 1)} if {self.condition(depth - 1)} else {self.integer(depth - 1)})",
            lambda depth: f"sum({self.integers(depth - 1)})",
            lambda depth: f"len({self.integers(depth - 1)})",
            lambda depth: f"{self.pick('max', 'min')}({self.integers(depth - 1)}, default={self.number()})",
            lambda depth: f"-{self.integer(depth - 1)}",
            lambda depth: f"~{self.integer(depth - 1)} % 7",
            lambda depth: f"(lambda x, y={self.integer(0)}: x + y)({self.integer(depth - 1)})",
            lambda depth: f"({self.integers(depth - 1)} or [3])[{self.pick('0', '-1')}]",
            lambda depth: f"int({self.condition(depth - 1)})",
            lambda depth: f"max({self.integers(depth - 1)}, key=lambda x: x % 3, default=1)",
            lambda depth: f"next(iter({self.integers(depth - 1)}), {self.number()})",
            lambda depth: f"functools.reduce(lambda x, y: (x * y + 1) % 97, {self.integers(depth - 1)}, 1)",
            lambda depth: f"len({self.text(depth - 1)})",
            lambda depth: f"operator.add({self.integer(depth - 1)}, {self.integer(depth - 1)})",
            lambda depth: f"Point({self.integer(depth - 1)}).shifted({self.integer(0)}).x",
            lambda depth: f"Number.twice({self.integer(depth - 1)})",
        ]
        if scope.functions:
            choices += [lambda depth: f"{self.variable(scope.functions)}({self.integer(depth - 1)})"] * 3
        if scope.dicts:
            choices.append(lambda depth: f"{self.variable(scope.dicts)}.get({self.integer(depth - 1)}, 0)")
        if scope.objects:
            choices += [self.of_object] * 3
        return self.random.choice(choices)(depth)

    def arithmetic(self, depth):
        symbol = self.random.choice(INTEGER_OPERATORS)
        left = self.integer(depth - 1)
        if symbol in ("//", "%") and self.chance(0.9):
            return f"({left} {symbol} {self.number(1, 9)})"
        if symbol == "*":
            return f"({left} * {self.number()} % 97)"
        return f"({left} {symbol} {self.integer(depth - 1)})"

    def of_object(self, depth):
        name = self.variable(self.scope.objects)
        number = self.integer(depth - 1)
        return self.pick(
            f"({name} + {number}).value",
            f"({number} + {name}).value",
            f"({number} - {name}).value",
            f"(-{name}).value",
            f"({name} * {number}).value",
            f"{name}[{number}]",
            f"{name}[{number}:{self.integer(0)}]",
            f"{name}({number}, *{self.integers(depth - 1)}, key={number})",
            f"len({name})",
            f"{name}.double",
            f"getattr({name}, 'missing', {number})",
            f"int({name})",
            f"[1, 2, 3][{name}]",
            f"len(f'{{{name}!s:>4}} {{{name}!r}} {{{name}:03d}}')",
            f"sum({name})",
        )

    def condition(self, depth=2):
        if depth <= 0:
            return f"{self.integer(0)} {self.random.choice(COMPARISONS)} {self.integer(0)}"
        choices = [
            lambda: f"{self.integer(depth - 1)} {self.random.choice(COMPARISONS)} {self.integer(depth - 1)}",
            lambda: f"{self.integer(0)} < {self.integer(depth - 1)} <= {self.integer(depth - 1)}",
            lambda: f"not {self.condition(depth - 1)}",
            lambda: f"({self.condition(depth - 1)} {self.pick('and', 'or')} {self.condition(depth - 1)})",
            lambda: f"{self.integer(depth - 1)} {self.pick('in', 'not in')} {self.integers(depth - 1)}",
            lambda: f"{self.pick('any', 'all')}(x % 2 == 0 for x in {self.integers(depth - 1)})",
            lambda: f"{self.integers(depth - 1)} {self.random.choice(COMPARISONS)} {self.integers(depth - 1)}",
            lambda: f"{self.integers(depth - 1)} is {self.pick('', 'not ')}None",
        ]
        if self.scope.objects:
            name = self.variable(self.scope.objects)
            choices += [
                lambda: f"{name} {self.pick('<', '>', '==', '!=')} {self.integer(depth - 1)}",
                lambda: f"bool({name})",
                lambda: f"{self.integer(depth - 1)} in {name}",
            ]
        return self.random.choice(choices)()

    def integers(self, depth=2):
        """An expression whose value is a list or a tuple of ints."""
        scope = self.scope
        if depth <= 0 or self.chance(0.2):
            if scope.lists and self.chance(0.6):
                return self.variable(scope.lists)
            return f"[{', '.join(self.integer(0) for _ in range(self.number(0, 3)))}]"
        short = f"range({self.number(0, 4)})"
        choices = [
            lambda: f"[{self.element()} for x in {self.integers(depth - 1)}]",
            lambda: f"[{self.element()} for x in {short} if {self.inner_condition()}]",
            lambda: f"[x * y for x in range({self.number(0, 3)}) for y in {self.integers(depth - 1)}]",
            lambda: f"[len([y for y in range(x)]) for x in {short}]",
            lambda: f"sorted({{{self.element()} for x in {self.integers(depth - 1)}}})",
            lambda: f"sorted({self.integers(depth - 1)}, key=lambda x: -x)",
            lambda: f"sorted({self.integers(depth - 1)}, reverse=True)",
            lambda: f"list(map(lambda x: {self.element()}, {self.integers(depth - 1)}))",
            lambda: f"list(filter(lambda x: {self.inner_condition()}, {self.integers(depth - 1)}))",
            lambda: f"[*{self.integers(depth - 1)}, {self.integer(depth - 1)}]",
            lambda: f"list({{x: {self.element()} for x in {self.integers(depth - 1)}}}.{self.pick('values', 'keys')}())",
            lambda: f"{self.integers(depth - 1)}[{self.pick('1:', ':2', '::-1', '-2:', ':')}]",
            lambda: f"tuple({self.element()} for x in {self.integers(depth - 1)})",
            lambda: f"list(reversed({self.integers(depth - 1)}))",
            lambda: f"list(itertools.chain({self.integers(depth - 1)}, (x for x in {short})))",
            lambda: f"list(itertools.islice(itertools.{self.pick('count(2)', 'cycle([1, 2])')}, {self.number(0, 3)}))",
            lambda: f"list(itertools.accumulate({self.integers(depth - 1)}, lambda x, y: (x + y) % 50))",
            lambda: f"list(itertools.takewhile(lambda x: x < {self.number()}, {self.integers(depth - 1)}))",
            lambda: f"list(itertools.dropwhile(lambda x: x < {self.number()}, {self.integers(depth - 1)}))",
            lambda: f"list(itertools.starmap(lambda x, y: x + y, zip({self.integers(depth - 1)}, {short})))",
            lambda: f"[x + y for x, y in enumerate({self.integers(depth - 1)})]",
            lambda: f"[len(list(g)) for k, g in itertools.groupby({self.integers(depth - 1)}, lambda x: x % 2)]",
            lambda: f"list(Countdown(note, {self.number(0, 3)}))",
            lambda: f"(lambda *args, **kwargs: [*args, *kwargs.values()])(*{self.integers(depth - 1)}, k={self.integer(0)})",
        ]
        if scope.functions:
            function = self.variable(scope.functions)
            choices += [
                lambda: f"[{function}(x) for x in {short}]",
                lambda: f"list(map({function}, {short}))",
                lambda: f"sorted({self.integers(depth - 1)}, key={function})",
            ]
        return self.random.choice(choices)()

    def element(self):
        """An expression with `x`."""
        return self.pick("x", "x + 1", "x * 2 % 11", "-x", f"x ^ {self.number()}", "(x, x)[0]", "len(str(x))")

    def inner_condition(self):
        return self.pick("x % 2", "x > 1", "x", "not x", f"x != {self.number()}", "x in (1, 2, 3)")

    def text(self, depth=2):
        scope = self.scope
        if depth <= 0 or self.chance(0.3):
            if scope.texts and self.chance(0.6):
                return self.variable(scope.texts)
            return repr(self.pick("", "a", "text", "näme", "a,b"))
        choices = [
            lambda: f"f'{{{self.safe(self.integer(1))}}}:{{{self.safe(self.text(0))}!r:>6}}'",
            lambda: f"({self.text(depth - 1)} + {self.text(depth - 1)})[:20]",
            lambda: f"str({self.integers(depth - 1)})[:20]",
            lambda: f"str({self.text(depth - 1)}).{self.pick('upper', 'title', 'strip')}()",
            lambda: f"'-'.join(str(x) for x in {self.integers(depth - 1)})",
            lambda: f"'%s %r' % ({self.integer(depth - 1)}, {self.text(depth - 1)})",
            lambda: f"'{{}}/{{k}}'.format({self.integer(depth - 1)}, k={self.text(depth - 1)})",
        ]
        if scope.objects:
            choices.append(lambda: f"str({self.variable(scope.objects)})")
        return self.random.choice(choices)()

    def safe(self, expression):
        """For an f-string, which must not have quotes or a backslash in it."""
        return expression if not set("'\"\\{}:!=") & set(expression) else str(self.number())

    def value(self, depth=2):
        return self.random.choice([self.integer, self.integers, self.text, self.condition, self.pair])(depth)

    def pair(self, depth):
        return f"({self.integer(depth - 1)}, {self.text(depth - 1)})"

    # ---- Statements

    def block(self, depth, low=1, high=3):
        lines = []
        for _ in range(self.number(low, high)):
            lines += self.statement(depth)
        return lines

    def conditional_block(self, depth, low=1, high=3):
        """A block that is perhaps not run, so that the variables it sets are not known behind it."""
        snapshot = self.scope.snapshot()
        lines = self.block(depth, low, high)
        self.scope.restore(snapshot)
        return lines

    def statement(self, depth):
        self.size -= 1
        simple = [
            (self.note, 6),
            (self.assign, 5),
            (self.augment, 3),
            (self.assign_list, 3),
            (self.assign_text, 2),
            (self.assign_dict, 1),
            (self.assign_object, 2),
            (self.change_list, 2),
            (self.change_object, 2 if self.scope.objects else 0),
            (self.unpack, 2),
            (self.iterator, 2),
            (self.advance, 2 if self.scope.iterators else 0),
            (self.delete, 1),
            (self.check, 1),
            (self.walrus, 1),
            (self.raise_error, 1),
            (self.leave_loop, 3 if self.scope.loops else 0),
            (self.leave_function, 1 if self.scope.kind == "function" and not self.scope.finals else 0),
            (self.yield_value, 5 if self.scope.kind == "generator" else 0),
            (self.await_value, 5 if self.scope.kind == "coroutine" else 0),
            (self.import_module, 1),
        ]
        compound = [
            (self.if_statement, 3),
            (self.for_statement, 4),
            (self.while_statement, 2),
            (self.try_statement, 5),
            (self.try_star, 1),
            (self.with_statement, 3),
            (self.match_statement, 3),
            (self.nested_function, 3),
            (self.nested_class, 2),
            (self.generator_function, 3),
            (self.coroutine_function, 2),
        ]
        if self.scope.kind == "coroutine":
            compound += [(self.async_for, 4), (self.async_with, 4), (self.async_comprehension, 3)]
        kinds = simple + (compound * 2 if depth > 0 and self.size > 0 else [])
        makers, weights = zip(*kinds)
        maker = self.random.choices(makers, weights)[0]
        return maker(depth)

    def note(self, depth):
        return [f"note(({self.number()}, {self.value()}))"]

    def assignable(self):
        return [name for name in self.scope.integers if name not in self.scope.protected]

    def target(self):
        """A variable to assign an integer to."""
        free = self.assignable()
        if free and self.chance(0.5):
            return self.variable(free)
        return self.name("i")

    def set_integer(self, name):
        if name not in self.scope.integers:
            self.scope.integers.append(name)

    def assign(self, depth):
        value = self.integer(3)
        name = self.target()
        self.set_integer(name)
        return [f"{name} = {value}"]

    def augment(self, depth):
        free = self.assignable()
        if not free:
            return self.assign(depth)
        return [f"{self.variable(free)} {self.pick('+', '-', '|', '^', '&')}= {self.integer()}"]

    def walrus(self, depth):
        name = self.name("i")
        if self.chance(0.3):
            return [f"note([{name} for x in range({self.number(0, 3)}) if ({name} := x * {self.number()}) % 2 == 0])"]
        lines = [f"if ({name} := {self.integer()}) > {self.number()}:", f"    note({name})"]
        self.set_integer(name)
        return lines

    def assign_list(self, depth):
        value = self.integers(3)
        name = self.name("l")
        self.scope.lists.append(name)
        return [f"{name} = list({value})"]

    def assign_text(self, depth):
        value = self.text()
        name = self.name("s")
        self.scope.texts.append(name)
        return [f"{name} = {value}"]

    def assign_dict(self, depth):
        name = self.name("d")
        value = self.pick(
            f"{{x: x * 2 for x in {self.integers()}}}",
            f"dict(zip({self.integers()}, range(5)))",
            f"{{{self.integer()}: {self.integer()}, **{{{self.integer()}: 1}}}}",
        )
        self.scope.dicts.append(name)
        return [f"{name} = {value}"]

    def assign_object(self, depth):
        value = self.integer()
        name = self.name("o")
        self.scope.objects.append(name)
        made = self.pick(f"Number(note, {value})", f"Bigger(note, {value})", "Number.zero(note)")
        return [f"{name} = {made}"]

    def change_object(self, depth):
        name = self.variable(self.scope.objects)
        value = self.integer()
        return [
            self.pick(
                f"{name} += {value}",
                f"{name}[{self.integer(1)}] = {value}",
                f"del {name}[{value}]",
                f"{name}.double = {value}",
                f"{name}.value += {value}",
                f"note(str({name}))",
                f"note([int(x) for x in sorted([{name}, Number(note, {value})])])",
                f"note(max({name}, Number(note, {value})).value)",
            )
        ]

    def change_list(self, depth):
        if not self.scope.lists:
            return self.assign_list(depth)
        name = self.variable(self.scope.lists)
        return [
            self.pick(
                f"{name}.append({self.integer()})",
                f"{name} += {self.integers(1)}",
                f"{name}[1:2] = {self.integers(1)}",
                f"del {name}[:1]",
                f"{name}[{self.number(0, 2)}] = {self.integer()}",
                f"{name}[0] += {self.integer()}",
                f"{name}.sort(key=lambda x: str(x))",
                f"{name}.extend(x for x in {self.integers(1)})",
                f"note(list(zip({name}, {name}[1:])))",
                f"{name} *= 2; del {name}[6:]",
            )
        ]

    def unpack(self, depth):
        first, second, rest = self.name("i"), self.name("i"), self.name("l")
        lines = self.pick(
            [f"{first}, {second} = {self.integer()}, {self.integer()}; {rest} = [{first}]"],
            [f"{first}, *{rest}, {second} = [*{self.integers()}, 1, 2]"],
            [f"({first}, {second}), *{rest} = (1, {self.integer()}), {self.integer()}"],
            [f"{first} = {second} = {self.integer()}; {rest} = [*{self.integers()}]"],
            [f"{first}, *{rest} = (x for x in [1, *{self.integers()}]); {second} = {first}"],
        )
        self.scope.integers += [first, second]
        self.scope.lists.append(rest)
        return lines

    def iterator(self, depth):
        """One that is alive over several statements."""
        name = self.name("it")
        source = self.integers()
        value = self.pick(
            f"iter({source})",
            f"(x for x in {source})",
            f"map(lambda x: x + 1, {source})",
            f"zip({source}, itertools.count())",
            f"enumerate({source}, 3)",
            f"filter(None, {source})",
            f"itertools.chain({source}, [5])",
            f"itertools.chain.from_iterable([{source}, [7]])",
            f"reversed({source})",
            f"iter({{x: 1 for x in {source}}}.items())",
            f"itertools.product({source}, repeat=2)",
            f"itertools.combinations({source}, 2)",
            f"itertools.permutations({source}, 2)",
            f"itertools.zip_longest({source}, range(2), fillvalue=0)",
            f"itertools.pairwise({source})",
            f"itertools.tee({source})[1]",
            f"itertools.compress({source}, [1, 0, 1])",
            f"itertools.filterfalse(lambda x: x > 2, {source})",
            f"itertools.repeat({self.integer(1)}, 3)",
            f"itertools.accumulate({source}, lambda x, y: x + y)",
            f"Countdown(note, {self.number(0, 4)})",
            f"iter([*{source}, 4].pop, 4)",
            f"iter({self.text()})",
            f"iter({{*{source}}} & {{1, 2}})",
        )
        self.scope.iterators.append(name)
        return [f"{name} = {value}"]

    def advance(self, depth):
        name = self.variable(self.scope.iterators)
        return [self.pick(f"note(next({name}, None))", f"note(next({name}))", f"note([x for x in itertools.islice({name}, 2)])")]

    def delete(self, depth):
        name = self.name("gone")
        return [
            f"{name} = {self.value()}",
            f"del {name}",
            "try:",
            f"    note({name})",
            "except NameError as error:",
            "    note(type(error).__name__)",
        ]

    def check(self, depth):
        return [f"assert {self.condition()}, {self.text()}"]

    def import_module(self, depth):
        name = self.name("i")
        lines = self.pick(
            [f"from math import gcd; {name} = gcd({self.integer()}, 12)"],
            [f"import program_parts as parts; {name} = parts.count_down(note, {self.number(0, 3)})"],
            [f"import os.path; {name} = len(os.path.join('a', {self.text(0)}))"],
        )
        self.scope.integers.append(name)
        return lines

    def error(self):
        kind = self.random.choice(ERRORS)
        return f"{kind}({self.integer(1)})"

    def raise_error(self, depth):
        condition = self.condition(1)
        what = self.pick(
            f"raise {self.error()}",
            f"raise {self.error()}",
            f"raise {self.error()} from {self.error()}",
            f"raise {self.error()} from None",
            f"raise {self.random.choice(ERRORS[:2])}",
            "1 // 0",
            "[][1]",
            "{}['key']",
            "None.missing",
            f"raise ExceptionGroup('group', [{self.error()}, {self.error()}])",
        )
        return [f"if {condition}:", f"    {what}"]

    def leave_loop(self, depth):
        return [f"if {self.condition(1)}:", f"    {self.pick('break', 'continue')}"]

    def leave_function(self, depth):
        return [f"if {self.condition(1)}:", f"    return {self.integer()}"]

    def yield_value(self, depth):
        name = self.name("i")
        lines = self.pick(
            [f"{name} = yield {self.integer()}", f"{name} = {name} or 0"],
            [f"{name} = len([(yield {self.integer(1)}), (yield {self.integer(1)})])"],
            [f"yield from {self.integers()}", f"{name} = 1"],
            [f"{name} = (yield from (x for x in {self.integers()})) or 2"],
        )
        self.scope.integers.append(name)
        return lines

    def await_value(self, depth):
        name = self.name("i")
        lines = self.pick(
            [f"{name} = await Pause({self.integer()})"],
            [f"{name} = sum([await Pause({self.integer(1)}), *{self.integers(1)}, await Pause({self.integer(1)})])"],
            [f"{name} = len(f'{{await Pause({self.number()})}} {{await Pause({self.number()})!r:>4}}')"],
        )
        self.scope.integers.append(name)
        return lines

    def if_statement(self, depth):
        lines = [f"if {self.condition()}:", *indent(self.conditional_block(depth - 1))]
        if self.chance(0.3):
            lines += [f"elif {self.condition()}:", *indent(self.conditional_block(depth - 1))]
        if self.chance(0.5):
            lines += ["else:", *indent(self.conditional_block(depth - 1))]
        return lines

    def loop_body(self, depth):
        scope = self.scope
        finals, scope.finals = scope.finals, 0 if not scope.finals else scope.finals
        scope.loops += 1
        lines = self.conditional_block(depth - 1)
        scope.loops -= 1
        scope.finals = finals
        return indent(lines)

    def for_statement(self, depth):
        name = self.name("i")
        source = self.pick(
            f"range({self.number(1, 4)})",
            f"range({self.number(1, 4)}, -1, -2)",
            f"{self.integers()}[:3]",
            f"(x for x in {self.integers()}[:3])",
            f"Countdown(note, {self.number(0, 3)})",
            f"map(len, [{self.text()}, {self.text()}])",
            f"itertools.islice({self.integers()}, 3)",
        )
        head = f"for {name} in {source}:"
        if self.chance(0.2):
            head = f"for {name}, _ in zip({source}, {self.integers(1)}):"
        elif self.chance(0.2):
            head = f"for {name}, _ in {{x: 1 for x in {source}}}.items():"
        self.scope.protected.add(name)
        snapshot = self.scope.snapshot()
        self.scope.integers.append(name)
        lines = [head, *self.loop_body(depth)]
        self.scope.restore(snapshot)
        if self.chance(0.3):
            lines += ["else:", *indent(self.conditional_block(depth - 1))]
        return lines

    def while_statement(self, depth):
        name = self.name("n")
        self.scope.protected.add(name)
        condition = f"{name} < {self.number(1, 3)}"
        if self.chance(0.3):
            condition += f" {self.pick('and', 'or')} {name} < 4 and {self.condition(1)}"
        self.set_integer(name)
        lines = [f"{name} = 0", f"while {condition}:", f"    {name} += 1", *self.loop_body(depth)]
        if self.chance(0.3):
            lines += ["else:", *indent(self.conditional_block(depth - 1))]
        return lines

    def handler(self, depth):
        lines = [
            "note((type(error).__name__, str(error), repr(error.__context__), repr(error.__cause__)))",
            *self.conditional_block(depth - 1, 0, 2),
        ]
        if self.chance(0.2):
            lines.append(self.pick("raise", f"raise {self.error()}", f"raise {self.error()} from error"))
        return indent(lines)

    def try_statement(self, depth):
        lines = ["try:", *indent(self.conditional_block(depth - 1))]
        if self.chance(0.5):
            lines += self.raise_in_block(depth)
        with_handlers = self.chance(0.8)
        if with_handlers:
            for _ in range(self.number(0, 1)):
                kinds = ", ".join(self.random.sample(ERRORS, self.number(1, 3)))
                lines += [f"except ({kinds}) as error:", *self.handler(depth)]
            lines += ["except Exception as error:", *self.handler(depth)]
            if self.chance(0.3):
                lines += ["else:", *indent(self.conditional_block(depth - 1))]
        if not with_handlers or self.chance(0.4):
            lines += ["finally:", *indent(self.conditional_block(depth - 1, 1, 2))]
            if self.scope.loops and not self.scope.finals and self.chance(0.1):
                lines.append(f"    {self.pick('break', 'continue')}")
            elif self.scope.kind == "function" and not self.scope.finals and self.chance(0.1):
                lines.append(f"    return {self.integer(1)}")
        return lines

    def raise_in_block(self, depth):
        return indent([self.pick(f"raise {self.error()}", "1 // 0", f"note(next(iter({self.integers(1)})))")])

    def try_star(self, depth):
        scope = self.scope
        lines = ["try:", *indent(self.conditional_block(depth - 1, 0, 2))]
        lines.append(f"    raise ExceptionGroup('g', [{self.error()}, ExceptionGroup('h', [{self.error()}]), {self.error()}])")
        scope.finals += 1
        loops, scope.loops = scope.loops, 0
        for kinds in ("ValueError", "(KeyError, Failure)", "Exception"):
            lines += [f"except* {kinds} as error:", *indent(["note(repr(error))", *self.conditional_block(depth - 1, 0, 2)])]
        scope.finals -= 1
        scope.loops = loops
        return lines

    def manager(self):
        name = repr(self.pick("a", "b", "c"))
        return self.pick(
            f"Manager(note, {name})",
            f"Manager(note, {name}, {self.pick('Exception', 'Failure', '(ValueError, KeyError)')})",
            f"managed(note, {name})",
            f"suppress({self.pick('Exception', 'LookupError')})",
        )

    def with_statement(self, depth):
        managers = [self.manager() + self.pick("", f" as {self.name('m')}") for _ in range(self.number(1, 2))]
        if self.chance(0.15):
            stack = self.name("stack")
            lines = [
                f"with ExitStack() as {stack}:",
                f"    {stack}.enter_context({self.manager()})",
                f"    {stack}.callback(note, {self.integer()})",
            ]
        else:
            lines = [f"with {', '.join(managers)}:"]
        lines += indent(self.conditional_block(depth - 1))
        if self.chance(0.4):
            lines += self.raise_in_block(depth)
        return lines

    def match_statement(self, depth):
        subject = self.pick(
            self.value(),
            self.integers(),
            f"Point({self.integer()}, {self.integer()})",
            f"{{'kind': {self.integer()}, 'rest': {self.integers()}, 'other': 1}}",
            f"({self.text()}, {self.integers()})",
        )
        cases = [
            "[]",
            "[x]",
            "[1, *rest]",
            "[x, 2 | 3 as y, *_]",
            "(str(x), [*rest])",
            "int() | bool()",
            "str(x)",
            "Point(x, 3)",
            "Point(x=x, y=y)",
            "{'kind': 1 | 2, **rest}",
            "{'kind': int(x), 'rest': [first, *_]}",
            "{}",
            "operator.add",
            "None | True",
            "-1",
            "'text' | 'a'",
        ]
        lines = [f"match {subject}:"]
        for case in self.random.sample(cases, self.number(2, 5)):
            guard = f" if {self.condition(1)}" if self.chance(0.3) else ""
            lines += [f"    case {case}{guard}:"]
            lines += indent(indent([f"note({case!r})", *self.conditional_block(depth - 1, 0, 2)]))
        lines += ["    case _:", *indent(indent(self.conditional_block(depth - 1, 1, 1)))]
        return lines

    # ---- Functions and classes

    def body(self, kind, arguments, depth, tail):
        """The lines of a function."""
        outer, self.scope = self.scope, Scope(kind, self.scope)
        if outer is not None:
            for names in ("lists", "texts", "dicts", "objects"):
                setattr(self.scope, names, list(getattr(outer, names))[:2])
        # What the other names stand for may be assigned to, so they are not seen from inside.
        self.scope.integers = list(arguments)
        self.scope.functions = list(outer.functions[:1]) if outer is not None else []
        lines = self.block(depth)
        lines += tail()
        self.scope = outer
        return indent(lines)

    def nested_function(self, depth):
        name = self.name("f")
        cell = self.name("c")
        star = self.chance(0.3)
        parameters = "x, *, k=LIMIT" if self.chance(0.3) else "x, k=2, *args, **kwargs" if star else "x, /, k=1"
        lines = [f"{cell} = {self.integer()}"]
        if self.chance(0.3):
            lines.append("@noting(note)")
        lines.append(f"def {name}({parameters}):")
        lines += [f"    nonlocal {cell}", f"    {cell} = ({cell} + x) % 83"]
        lines += self.body("function", ["x", "k", cell], depth - 1, lambda: [f"return {self.integer()}"])
        lines += [f"note({name}({self.integer(1)}))"]
        self.scope.functions.append(name)
        self.set_integer(cell)
        return lines

    def nested_class(self, depth):
        name = self.name("C")
        base = self.pick("Number", "Bigger", "Number")
        method = self.name("method")
        lines = [f"class {name}({base}):", f"    constant = {self.integer()}", f"    def {method}(self, x):"]
        lines += indent(self.body("function", ["x", "self.constant"], depth - 1, lambda: ["return x + self.value"]))
        if self.chance(0.5):
            lines += ["    def __add__(self, other):", "        note(__class__.__name__)", "        return super().__add__(other)"]
        if self.chance(0.3):
            lines += ["    @property", "    def double(self):", f"        return self.value + {self.number()}"]
        made = self.name("o")
        lines += [f"{made} = {name}(note, {self.integer(1)})", f"note({made}.{method}({self.integer(1)}))"]
        self.scope.objects.append(made)
        return lines

    def generator_function(self, depth):
        name = self.name("g")
        made = self.name("it")
        lines = [f"def {name}(x, y=1):"]
        lines += self.body("generator", ["x", "y"], depth - 1, lambda: ["yield x", f"return {self.integer()}"])
        call = f"{name}({self.integer(1)})"
        if self.chance(0.3):
            return [*lines, f"for {made} in {call}:", f"    note({made})", *self.loop_body(depth)]
        return lines + self.pick(
            [f"note(list({call}))"],
            [f"note(sum({call}))"],
            [
                f"{made} = {call}",
                f"note(next({made}))",
                "with suppress(StopIteration):",
                f"    note({made}.send({self.number()}))",
                f"    note({made}.throw({self.random.choice(ERRORS[:3])}(1)))",
            ],
            [f"{made} = {call}", f"note(next({made}))", f"{made}.close()"],
            [f"{made} = [*{call}, *{call}]", f"note({made})"],
            [f"def {made}():", f"    note((yield from {call}))", f"    note(len(list({call})))", f"note(list({made}()))"],
        )

    def coroutine_function(self, depth):
        name = self.name("a")
        lines = [f"async def {name}(x):"]
        lines += self.body("coroutine", ["x"], depth - 1, lambda: [f"return await Pause({self.integer()})"])
        if self.chance(0.3):
            outer = self.name("a")
            lines += [
                f"async def {outer}(x):",
                f"    async with Manager(note, 'outer', {self.pick('Exception', 'Failure')}):",
                f"        return await {name}(x) + await {name}(x + 1)",
            ]
            name = outer
        lines += [f"note(drive(note, {name}({self.integer(1)})))"]
        return lines

    def async_for(self, depth):
        name = self.name("i")
        made = self.name("ag")
        lines = [
            f"async def {made}(x):",
            "    try:",
            f"        for y in range({self.number(1, 3)}):",
            f"            yield y + await Pause({self.integer(0)})",
            "    finally:",
            "        note('ended')",
        ]
        source = self.pick(f"Countdown(note, {self.number(1, 3)})", f"{made}({self.integer(1)})")
        snapshot = self.scope.snapshot()
        self.scope.protected.add(name)
        self.scope.integers.append(name)
        loops, self.scope.loops = self.scope.loops, 0
        finals, self.scope.finals = self.scope.finals, 1
        body = self.conditional_block(depth - 1)
        self.scope.loops, self.scope.finals = loops, finals
        self.scope.restore(snapshot)
        return lines + [f"async for {name} in {source}:", *indent(body)]

    def async_with(self, depth):
        manager = f"Manager(note, 'async', {self.pick('()', 'Exception', 'Failure')})"
        return [f"async with {manager}:", *indent(self.conditional_block(depth - 1))]

    def async_comprehension(self, depth):
        return [
            f"note([{self.element()} async for x in Countdown(note, {self.number(0, 3)})])",
            f"note({{x: await Pause(x) for x in range({self.number(0, 3)})}})",
        ]

    def module(self):
        size, self.size = self.size, self.size // 4
        lines = []
        functions = []
        for _ in range(self.number(1, 3)):
            name = self.name("function")
            self.scope = Scope("function")
            self.scope.functions = []
            lines += [f"def {name}(x, note=None, depth={self.number(0, 2)}):"]
            lines += ["    if note is None:", "        note = len"]
            lines += self.recursion(name)
            lines += self.body("function", ["x", "depth"], 2, lambda: [f"return {self.integer()}"])
            lines.append("")
            functions.append(name)
        self.scope = Scope("function")
        lines += ["", "def main(note):"]
        inner = []
        for name in functions:
            local = self.name("f")
            inner.append(f"{local} = lambda x: {name}(x, note)")
            self.scope.functions.append(local)
        self.size = size
        while self.size > 0:
            inner += self.guarded()
        lines += indent(inner) + [f"    return {self.value()}"]
        return HEADER + "\n\n" + "\n".join(lines) + "\n"

    def recursion(self, name):
        if not self.chance(0.4):
            return []
        return indent(["if depth > 0:", f"    note({name}(x + 1, note, depth - 1))"])

    def guarded(self):
        """Statements of main(), which is not to end because of one of them."""
        if self.chance(0.3):
            return self.plain()
        return [
            "try:",
            *indent(self.conditional_block(3, 2, 4)),
            "except (Exception, RecursionError) as error:",
            "    note(('caught', type(error).__name__, str(error)))",
        ]

    def plain(self):
        """A statement that is not likely to raise."""
        maker = self.pick(self.assign_list, self.assign_text, self.assign_dict, self.assign_object)
        return maker(1)


def make_source(seed, size=25):
    return Generator(seed, size).module()
