"""Mutates pickles opcode by opcode, so that most of what comes out is still a pickle."""

import pickletools
import random

import _stackless

NUMBERS = [-(1 << 70), -(1 << 31), -2, -1, 0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 63, 64, 100, 255, 256, 1000, 1 << 16]
NUMBERS += [1 << 31, 1 << 32, 1 << 63, 1 << 70]
LOADERS = [name for name in dir(_stackless) if name.startswith(("load_", "set_"))]
TEXTS = [
    *LOADERS,
    *("_stackless", "tasklet", "channel", "copyreg", "__newobj__", "builtins", "getattr", "iter", "pickled_program"),
    *("value", "iteration", "sent", "thrown", "closed", "attribute", "hooked", "created", "init", "star_args", "next"),
    *("channel", "bound", "exception", "contexts", "tracing", "state", "c_code"),
]
VALUES = {"NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "SHORT_BINUNICODE", "BINGET", "LONG_BINGET"}
VALUES |= {"EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT", "BINFLOAT", "SHORT_BINBYTES", "BINUNICODE"}
MOST_OPCODES = 4000


class Operation:
    def __init__(self, name, argument, data):
        self.name = name
        self.argument = argument
        self.data = data


def parse(data):
    """The operations of a pickle, as far as it is one. Frames are left out: their lengths would be wrong soon."""
    operations = []
    last = None
    try:
        for opcode, argument, position in pickletools.genops(data):
            if last is not None:
                last.data = data[last.position : position]
            last = Operation(opcode.name, argument, b"")
            last.position = position
            operations.append(last)
            if len(operations) > MOST_OPCODES:
                break
    except Exception:
        pass
    if last is not None:
        last.data = data[last.position :] if last.name != "STOP" else b"."
    return [operation for operation in operations if operation.name != "FRAME"]


def join(operations):
    return b"".join(operation.data for operation in operations)


def number(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + value.to_bytes(4, "little", signed=True)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def text(value):
    data = value.encode("utf-8", "surrogatepass")[:255]
    return b"\x8c" + bytes([len(data)]) + data


class Mutation:
    def __init__(self, operations, seed):
        self.operations = operations
        self.random = random.Random(seed)
        self.memo_size = sum(operation.name == "MEMOIZE" for operation in operations)

    def position(self, names=VALUES):
        """That of a random operation with one of the names; of any if there is none."""
        fitting = [i for i, operation in enumerate(self.operations) if operation.name in names]
        return self.random.choice(fitting) if fitting else self.random.randrange(len(self.operations))

    def replace(self, position, data):
        self.operations[position] = Operation("?", None, data)

    def value(self):
        """An operation that pushes a value."""
        choice = self.random.randrange(8)
        if choice == 0:
            return self.random.choice([b"N", b"\x88", b"\x89", b")", b"]", b"}"])
        if choice in (1, 2):
            return number(self.random.choice(NUMBERS))
        if choice == 3:
            return text(self.random.choice(TEXTS))
        if choice in (4, 5, 6) and self.memo_size > 0:
            return self.get(self.random.randrange(min(self.memo_size, 60000)))
        return self.operations[self.position()].data

    @staticmethod
    def get(index):
        return b"h" + bytes([index]) if index < 256 else b"j" + index.to_bytes(4, "little")

    def change_value(self):
        self.replace(self.position(), self.value())

    def change_number(self):
        position = self.position({"BININT", "BININT1", "BININT2", "LONG1"})
        argument = self.operations[position].argument
        if not isinstance(argument, int):
            return self.change_value()
        change = self.random.choice([-1, 1, 2, -2, 4, 1 << self.random.randrange(10), -argument])
        self.replace(position, number(argument + change))

    def change_text(self):
        position = self.position({"SHORT_BINUNICODE"})
        others = [operation.argument for operation in self.operations if operation.name == "SHORT_BINUNICODE"]
        self.replace(position, text(self.random.choice(others if others and self.random.random() < 0.6 else TEXTS)))

    def change_loader(self):
        """Another function of _stackless is called."""
        fitting = [i for i, operation in enumerate(self.operations) if operation.argument in LOADERS]
        if fitting:
            self.replace(self.random.choice(fitting), text(self.random.choice(LOADERS)))
        else:
            self.change_text()

    def change_reference(self):
        position = self.position({"BINGET", "LONG_BINGET"})
        argument = self.operations[position].argument
        if not isinstance(argument, int) or self.memo_size == 0:
            return self.change_value()
        if self.random.random() < 0.5:
            argument = max(0, argument + self.random.choice([-2, -1, 1, 2]))
        else:
            argument = self.random.randrange(self.memo_size)
        self.replace(position, self.get(min(argument, 60000)))

    def change_tuple(self):
        position = self.position({"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_TUPLE"})
        self.replace(position, self.random.choice([b"t", b"\x85", b"\x86", b"\x87", b")", b"l", b"\x91"]))

    def delete(self):
        first = self.random.randrange(len(self.operations))
        del self.operations[first : first + self.random.choice([1, 1, 1, 2, 3])]

    def delete_value(self):
        del self.operations[self.position()]

    def insert_value(self):
        self.operations.insert(self.position(), Operation("?", None, self.value()))

    def duplicate(self):
        first = self.random.randrange(len(self.operations))
        part = self.operations[first : first + self.random.choice([1, 2, 4, 8, 30])]
        position = self.random.choice([first, first, self.random.randrange(len(self.operations))])
        self.operations[position:position] = part

    def swap_values(self):
        first, second = self.position(), self.position()
        operations = self.operations
        operations[first], operations[second] = operations[second], operations[first]

    def build_twice(self):
        """Gives an object its state again: calls of state setters leave a None, others are builds."""
        position = self.position({"BUILD", "REDUCE"})
        start = max(0, position - self.random.choice([2, 5, 10, 20]))
        self.operations[position + 1 : position + 1] = self.operations[start : position + 1]

    MUTATIONS = [change_value] * 4 + [change_number] * 4 + [change_text] * 2 + [change_loader] + [change_reference] * 3
    MUTATIONS += [change_tuple, delete, delete_value, insert_value, duplicate, swap_values, build_twice]


def mutate(data, seed):
    """A mutation of a pickle."""
    operations = parse(data)
    if not operations:
        return b"\x80\x04N."
    mutation = Mutation(operations, seed)
    for _ in range(mutation.random.choice([1, 1, 1, 2, 3])):
        if mutation.operations:
            mutation.random.choice(Mutation.MUTATIONS)(mutation)
    return join(mutation.operations)


def cross(first, second, seed):
    """A pickle with a part of another one."""
    ours, theirs = parse(first), parse(second)
    if not ours or not theirs:
        return first
    numbers = random.Random(seed)
    start = numbers.randrange(len(theirs))
    part = theirs[start : start + numbers.choice([1, 3, 10, 100])]
    position = numbers.randrange(len(ours))
    end = position + numbers.choice([0, 1, len(part)])
    return join(ours[:position] + part + ours[end:])
