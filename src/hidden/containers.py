# repr() of builtin containers.


def container_repr(container):
    kind = type(container)
    if kind is dict:
        return dict_repr(container)
    if kind is list:
        return list_repr(container)
    if kind is tuple:
        return tuple_repr(container)
    return set_repr(container)


def list_repr(container):
    if enter_repr(container):
        return "[...]"
    try:
        pieces = []
        i = 0
        while i < len(container):
            pieces.append(repr(container[i]))
            i += 1
        return "[" + ", ".join(pieces) + "]"
    finally:
        leave_repr(container)


def tuple_repr(container):
    if enter_repr(container):
        return "(...)"
    try:
        pieces = []
        for each in container:
            pieces.append(repr(each))
        return "(" + ", ".join(pieces) + (",)" if len(pieces) == 1 else ")")
    finally:
        leave_repr(container)


def dict_repr(container):
    if enter_repr(container):
        return "{...}"
    try:
        pieces = []
        # An iterator, and no position, since a copy of the dict has no gaps where entries have been deleted.
        iterator = iter(container.items())
        item = next_item(iterator)
        while item is not None:
            text = repr(item[0])
            pieces.append(text + ": " + repr(item[1]))
            item = next_item(iterator)
        return "{" + ", ".join(pieces) + "}"
    finally:
        leave_repr(container)


def set_repr(container):
    is_set = type(container) is set
    if enter_repr(container):
        return "set(...)" if is_set else "frozenset(...)"
    try:
        items = list_repr(list(container))[1:-1]
        return "{" + items + "}" if is_set else "frozenset({" + items + "})"
    finally:
        leave_repr(container)
