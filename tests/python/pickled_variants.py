"""More ways to call something that gives way, beyond the rows of test_frames_*.py: what C code then holds."""

import decimal
import enum
import functools
import heapq
import itertools
import json
import re
import string


class Pausing:
    """Whatever is asked of it, it gives way first."""

    def __init__(self, pause):
        self.pause = pause

    def __repr__(self):
        self.pause()
        return "Pausing"

    def __format__(self, spec):
        self.pause()
        return f"<{spec}>"

    def __getitem__(self, key):
        self.pause()
        return self

    @property
    def other(self):
        self.pause()
        return self


class Owner:
    def __init__(self, pause):
        self.pause = pause

    @functools.cached_property
    def value(self):
        self.pause()
        return 3


def check(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} is not {expected!r}")


def by_list_in_itself(pause):
    values = [Pausing(pause)]
    values += [values, Pausing(pause)]
    check(repr(values), "[Pausing, [...], Pausing]")


def by_dict_in_itself(pause):
    values = {1: Pausing(pause)}
    values[2] = values
    check(repr(values), "{1: Pausing, 2: {...}}")


def by_dict_with_gaps(pause):
    values = dict.fromkeys(range(9))
    for i in range(5):
        del values[i]
    values[5] = values[7] = Pausing(pause)
    check(repr(values), "{5: Pausing, 6: None, 7: Pausing, 8: None}")


def by_nested_json(pause):
    class Encoder(json.JSONEncoder):
        def default(self, value):
            pause()
            return [type(value).__name__]

    values = [{1}, {"key": [{1}, {2}]}, 5]
    check(Encoder().encode(values), '[["set"], {"key": [["set"], ["set"]]}, 5]')
    values[-1] = values
    try:
        Encoder().encode(values)
    except ValueError as error:
        check(str(error), "Circular reference detected")


def by_running_tee(pause):
    def generate():
        yield 1
        pause()
        try:
            list(other)
        except RuntimeError as error:
            yield str(error)

    one, other = itertools.tee(generate())
    check(list(one), [1, "cannot re-enter the tee iterator"])


def by_cached_property(pause):
    check(Owner(pause).value, 3)


def by_formats(pause):
    check("a{0.other[1]:{1}}b{0}c".format(Pausing(pause), Pausing(pause)), "a<<>>b<>c")
    check(string.Formatter().format("{0.other:x} {1[key]}", Pausing(pause), Pausing(pause)), "<x> <>")


def by_scanner(pause):
    def found(scanner, text):
        pause()
        return text

    scan = re.Scanner([("[a-f]+", found), (r"\d+", found)]).scan
    check(scan("ab12"), (["ab", "12"], ""))


def by_decimal_context(pause):
    with decimal.localcontext() as context:
        context.prec = 3
        pause()
        text = str(decimal.Decimal(1) / 3)
    check(text, "0.333")


def by_overridden_containers(pause):
    class Dict(dict):
        __slots__ = ("sets",)

        def __setitem__(self, key, value):
            self.sets += 1
            super().__setitem__(key, value)

    class List(list):
        def append(self, value):
            super().append((value, pause()))

        extend = None

    class Set(set):
        def __init__(self, value, name):
            super().__init__([value])
            self.name = name
            pause()

    counted = Dict()
    counted.sets = 0
    counted[1] = 2
    values = List()
    values.append(counted)
    values.append(values)
    named = Set(1, "name")
    pause()
    check((counted, counted.sets), ({1: 2}, 1))
    check((values[0], values[1][0] is values), ((counted, None), True))
    check((named, named.name), ({1}, "name"))


def by_descriptors(pause):
    def pausing(base):
        class Descriptor(base):
            def __init__(self, *args):
                super().__init__(*args)
                self.extra = [5]

            def __get__(self, instance, owner=None):
                pause()
                check(self.extra, [5])
                return super().__get__(instance, owner)

        return Descriptor

    class Class:
        @pausing(property)
        def one(self):
            """Its text."""
            return 1

        @pausing(classmethod)
        def name(cls):
            return cls.__name__

        @pausing(staticmethod)
        def two():
            return 2

    check((Class().one, Class.name(), Class().two()), (1, "Class", 2))
    check(vars(Class)["one"].__doc__, "Its text.")


def by_members(pause):
    class Colour(enum.IntEnum):
        RED = 1
        GREEN = 2

        def __init__(self, value):
            self.half = value / 2
            pause()

    check((Colour(2), Colour.RED.half, list(Colour)), (Colour.GREEN, 0.5, [1, 2]))


def by_types(pause):
    known = [type(iter(values)) for values in ([], (), {}, "", "é", b"", set(), range(1))]
    pause()
    check(known, [type(iter(values)) for values in ([], (), {}, "", "é", b"", set(), range(1))])


def by_merge(pause):
    check([*heapq.merge([1, 3], [2], key=lambda value: pause() or value)], [1, 2, 3])


VARIANTS = {
    "repr() of a list in itself": by_list_in_itself,
    "repr() of a dict in itself": by_dict_in_itself,
    "repr() of a dict with gaps": by_dict_with_gaps,
    "json, nested": by_nested_json,
    "itertools.tee() that is running": by_running_tee,
    "functools.cached_property of a module's class": by_cached_property,
    "str.format() and string.Formatter": by_formats,
    "re.Scanner": by_scanner,
    "decimal.localcontext()": by_decimal_context,
    "containers with methods of their own": by_overridden_containers,
    "subclasses of descriptors": by_descriptors,
    "members of an enumeration, one by one": by_members,
    "types without a name": by_types,
    "heapq.merge() with key": by_merge,
}
