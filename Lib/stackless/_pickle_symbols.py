"""Reads a pickle without making any of its objects: it stays a tree of names, calls and plain values.

Containers are themselves, but for sets, which are lists, and dictionaries, which are lists of pairs: what stands for
an object cannot be hashed as that would be.
"""

import pickletools


class Name:
    """A class or a function that unpickling would import."""

    def __init__(self, module, name):
        self.module = module
        self.name = name

    def __str__(self):
        return f"{self.module}.{self.name}"


class Object:
    """What a call returns: `function` is a Name, or whatever else the pickle calls."""

    def __init__(self, function, arguments):
        self.function = function
        self.arguments = arguments
        self.state = None

    def is_made_by(self, *names):
        return str(self.function) in names


MARK = object()


class Reader:
    """Reads pickles that follow each other and share a memo. `names` and `objects` are all that were met."""

    def __init__(self, stream):
        self.stream = stream
        self.memo = {}
        self.names = {}
        self.objects = []

    def load(self):
        """The next pickle. ValueError, IndexError, KeyError, AttributeError, TypeError: it is none."""
        self.stack = []
        for opcode, argument, _ in pickletools.genops(self.stream):
            act = ACTIONS.get(opcode.name)
            if act is not None:
                act(self, argument)
            elif opcode.name in CONSTANTS:
                self.stack.append(CONSTANTS[opcode.name])
            elif opcode.name in VALUES:
                self.stack.append(argument)
            elif opcode.name not in IGNORED:
                raise ValueError(f"the opcode {opcode.name} is not used by stackless.snapshot()")
        return self.stack.pop()

    def push_name(self, module, name):
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("a name is no string")
        self.stack.append(self.names.setdefault((module, name), Name(module, name)))

    def push_object(self, function, arguments):
        made = Object(function, arguments)
        self.objects.append(made)
        self.stack.append(made)

    def pop_to_mark(self):
        items = []
        while (item := self.stack.pop()) is not MARK:
            items.append(item)
        return items[::-1]

    def pop_many(self, count):
        return [self.stack.pop() for _ in range(count)][::-1]

    def push_tuple(self, count):
        self.stack.append(tuple(self.pop_many(count)))

    def extend(self, items):
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(items)

    def reduce(self):
        function, arguments = self.pop_many(2)
        is_setter = isinstance(function, Name) and function.name.startswith("set_")
        if is_setter and len(arguments) == 2 and isinstance(arguments[0], Object):
            # The sixth item of what a reducer returns; the result is popped.
            arguments[0].state = arguments[1]
            self.stack.append(None)
        else:
            self.push_object(function, arguments)

    def build(self):
        state = self.stack.pop()
        if isinstance(self.stack[-1], Object):
            self.stack[-1].state = state


def pairs(items):
    return list(zip(items[::2], items[1::2], strict=True))


IGNORED = {"PROTO", "FRAME", "STOP"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
ACTIONS = {
    "MARK": lambda self, _: self.stack.append(MARK),
    "POP": lambda self, _: self.stack.pop(),
    "POP_MARK": lambda self, _: self.pop_to_mark(),
    "DUP": lambda self, _: self.stack.append(self.stack[-1]),
    "MEMOIZE": lambda self, _: self.memo.__setitem__(len(self.memo), self.stack[-1]),
    "BINPUT": lambda self, index: self.memo.__setitem__(index, self.stack[-1]),
    "LONG_BINPUT": lambda self, index: self.memo.__setitem__(index, self.stack[-1]),
    "BINGET": lambda self, index: self.stack.append(self.memo[index]),
    "LONG_BINGET": lambda self, index: self.stack.append(self.memo[index]),
    "EMPTY_LIST": lambda self, _: self.stack.append([]),
    "EMPTY_DICT": lambda self, _: self.stack.append([]),
    "EMPTY_SET": lambda self, _: self.stack.append([]),
    "FROZENSET": lambda self, _: self.stack.append(self.pop_to_mark()),
    "TUPLE": lambda self, _: self.stack.append(tuple(self.pop_to_mark())),
    "TUPLE1": lambda self, _: self.push_tuple(1),
    "TUPLE2": lambda self, _: self.push_tuple(2),
    "TUPLE3": lambda self, _: self.push_tuple(3),
    "APPEND": lambda self, _: self.extend(self.pop_many(1)),
    "APPENDS": lambda self, _: self.extend(self.pop_to_mark()),
    "ADDITEMS": lambda self, _: self.extend(self.pop_to_mark()),
    "SETITEM": lambda self, _: self.extend(pairs(self.pop_many(2))),
    "SETITEMS": lambda self, _: self.extend(pairs(self.pop_to_mark())),
    "STACK_GLOBAL": lambda self, _: self.push_name(*self.pop_many(2)),
    "REDUCE": lambda self, _: self.reduce(),
    "NEWOBJ": lambda self, _: self.push_object(*self.pop_many(2)),
    "NEWOBJ_EX": lambda self, _: self.push_object(*self.pop_many(3)[:2]),
    "BUILD": lambda self, _: self.build(),
}
