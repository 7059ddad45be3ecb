"""Reads code objects that are in a pickle by value, without making them: their names and line numbers.

marshal itself trusts what it reads; this does not.
"""

from collections import namedtuple

Code = namedtuple("Code", "filename qualname firstlineno linetable")

REFERENCE_FLAG = 0x80
CONSTANTS = {"N": None, "T": True, "F": False, "S": StopIteration, ".": ...}
SIZES = {"i": 4, "g": 8, "y": 16}
COUNT_SIZES = {"s": 4, "t": 4, "u": 4, "a": 4, "A": 4, "z": 1, "Z": 1, "(": 4, ")": 1, "<": 4, ">": 4}
NUMBERS_OF_CODE = 5  # argcount, posonlyargcount, kwonlyargcount, stacksize, flags
OBJECTS_BEFORE_FILENAME = 5  # code, consts, names, localsplusnames, localspluskinds


class _Reader:
    def __init__(self, data):
        self.data = data
        self.position = 0
        self.references = []

    def take(self, size):
        taken = self.data[self.position : self.position + size]
        if size < 0 or len(taken) < size:
            raise ValueError("code in the snapshot is truncated")
        self.position += size
        return taken

    def number(self, size=4):
        return int.from_bytes(self.take(size), "little", signed=size == 4)

    def object(self):
        byte = self.number(1)
        kind = chr(byte & ~REFERENCE_FLAG)
        if kind == "r":
            return self.references[self.number()]
        index = len(self.references)
        if byte & REFERENCE_FLAG:
            self.references.append(None)
        value = self.value(kind)
        if byte & REFERENCE_FLAG:
            self.references[index] = value
        return value

    def value(self, kind):
        if kind in CONSTANTS:
            return CONSTANTS[kind]
        if kind in SIZES:
            return self.take(SIZES[kind])
        if kind == "l":
            return self.take(2 * abs(self.number()))
        if kind == "c":
            return self.code()
        if kind not in COUNT_SIZES:
            raise ValueError(f"code in the snapshot has something of the unknown kind {kind!r}")
        count = self.number(COUNT_SIZES[kind])
        if kind in "()<>":
            return [self.object() for _ in range(count)]
        data = self.take(count)
        return data if kind == "s" else str(data, "utf-8", "replace")

    def code(self):
        self.take(4 * NUMBERS_OF_CODE)
        for _ in range(OBJECTS_BEFORE_FILENAME):
            self.object()
        filename, _, qualname = self.object(), self.object(), self.object()
        firstlineno = self.number()
        linetable, _ = self.object(), self.object()
        return Code(filename, qualname, firstlineno, linetable)


def read_code(data):
    """The Code in what marshal has written. ValueError, IndexError, RecursionError: there is none."""
    code = _Reader(data).object()
    if not isinstance(code, Code) or not isinstance(code.linetable, bytes):
        raise ValueError("there is no code where it should be")
    return code


def line_of(code, offset):
    """The line of the instruction at an offset, in code units; None if it has none. As code.co_positions()."""
    line, end = code.firstlineno, 0
    table = iter(code.linetable)
    for byte in table:
        kind = byte >> 3 & 15
        has_line = True
        if kind == 15:
            has_line = False
        elif kind == 14:
            line += read_signed(table)
            for _ in range(3):
                read_unsigned(table)
        elif kind == 13:
            line += read_signed(table)
        elif kind >= 10:
            line += kind - 10
            next(table), next(table)
        else:
            next(table)
        end += (byte & 7) + 1
        if offset < end:
            return line if has_line else None
    return None


def read_unsigned(table):
    value = shift = 0
    while True:
        byte = next(table)
        value |= (byte & 63) << shift
        shift += 6
        if not byte & 64:
            return value


def read_signed(table):
    value = read_unsigned(table)
    return -(value >> 1) if value & 1 else value >> 1
