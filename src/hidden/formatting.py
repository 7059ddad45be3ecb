# str.format() and the operator % of str.


def modulo(format, values):
    format, kinds, values = plan_of_modulo(format, values)
    i = 0
    while i < len(kinds):
        kind = kinds[i]
        if kind == "s":
            values[i] = exact_str(str(values[i]))
        elif kind == "r":
            values[i] = exact_str(repr(values[i]))
        elif kind == "a":
            values[i] = exact_str(ascii(values[i]))
        i += 1
    return format % tuple(values)


def str_format(self, /, *args, **kwargs):
    return format_fields(self, args, kwargs, [None], 2)


def str_format_map(self, mapping, /):
    return format_fields(self, None, mapping, [None], 2)


def format_fields(format, args, kwargs, numbering, depth):
    if depth == 0:
        raise ValueError("Max string recursion exceeded")
    pieces = []
    for literal, field, spec, conversion in parse_format(format):
        if literal:
            pieces.append(literal)
        if field is None:
            continue
        value = find_field(field, args, kwargs, numbering)
        if conversion == "r":
            value = repr(value)
        elif conversion == "s":
            value = str(value)
        elif conversion == "a":
            value = ascii(value)
        elif conversion is not None:
            ("{!" + conversion + "}").format(None)
        if "{" in spec:
            spec = format_fields(spec, args, kwargs, numbering, depth - 1)
        pieces.append(f"{value:{spec}}")
    return "".join(pieces)


def find_field(field, args, kwargs, numbering):
    first, rest = split_field(field)
    is_automatic = first == ""
    if is_automatic or isinstance(first, int):
        if numbering[0] is None:
            numbering[0] = 0 if is_automatic else -1
        if is_automatic and numbering[0] < 0:
            raise ValueError(
                "cannot switch from manual field specification to automatic field numbering"
            )
        if not is_automatic and numbering[0] >= 0:
            raise ValueError(
                "cannot switch from automatic field numbering to manual field specification"
            )
        if is_automatic:
            first = numbering[0]
            numbering[0] += 1
        if args is None:
            raise ValueError("Format string contains positional fields")
        if first >= len(args):
            raise IndexError(f"Replacement index {first} out of range for positional args tuple")
        value = args[first]
    else:
        value = kwargs[first]
    for is_attribute, name in rest:
        value = getattr(value, name) if is_attribute else value[name]
    return value
