# Builtins that make a value of an object by a special method. The numbers are those of Target in
# src/eval/conversions.hpp.


def convert(target, object):
    method, check = conversion(target, object)
    return converted(check, object, method())


def convert_length(object):
    return convert(1, object)


def convert_truth(object):
    return convert(2, object)


def convert_hash(object):
    return convert(3, object)


def convert_text(object):
    return container_repr(object) if has_python_items(object) else convert(4, object)


def convert_representation(object):
    return container_repr(object) if has_python_items(object) else convert(5, object)


def convert_integer(object):
    return convert(6, object)


def convert_index(object):
    return convert(7, object)


def convert_floating(object):
    return convert(8, object)


def convert_complex(object):
    return convert(9, object)


def convert_bytes(object):
    return convert(10, object)


def ascii_(object):
    return escaped(repr(object))


def format_(value, format_spec=""):
    return f"{value:{format_spec}}"


def indexed(number):
    return convert(7, number) if needs_index(number) else number


def bin_(number):
    return bin(convert(7, number))


def oct_(number):
    return oct(convert(7, number))


def hex_(number):
    return hex(convert(7, number))


def range_(start, stop=..., step=...):
    if stop is missing:
        return range(indexed(start))
    if step is missing:
        return range(indexed(start), indexed(stop))
    return range(indexed(start), indexed(stop), indexed(step))


def call_floor(number):
    return special(number, "__floor__")()


def call_ceil(number):
    return special(number, "__ceil__")()


def call_trunc(number):
    return special(number, "__trunc__")()


def dir_(object):
    names = list(special(object, "__dir__")())
    names.sort()
    return names


def isinstance_(instance, classes):
    if type(instance) is classes:
        return True
    parts = parts_of(classes)
    if parts is not None:
        for each in parts:
            if isinstance_(instance, each):
                return True
        return False
    check = special_in_python(classes, "__instancecheck__")
    if check is None:
        return isinstance(instance, classes)
    return True if check(instance) else False


def issubclass_(derived, classes):
    parts = parts_of(classes)
    if parts is not None:
        for each in parts:
            if issubclass_(derived, each):
                return True
        return False
    check = special_in_python(classes, "__subclasscheck__")
    if check is None:
        return issubclass(derived, classes)
    return True if check(derived) else False
