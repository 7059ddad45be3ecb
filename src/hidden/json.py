# The C code of json, where it has hooks in Python.


def json_scan(scanner, string, idx):
    """Parses without the hooks, which leaves marks in their places, and calls them then in the same order."""
    failed = False
    try:
        value, end = call_in_c(json_marking_scanner(scanner), string, idx)
    except BaseException:
        failed = True
    if failed:
        # The hooks come first for what is before the mistake.
        return call_in_c(scanner, string, idx)
    return json_unmark(scanner, value), end


def json_unmark(scanner, value):
    kind = type(value)
    if kind is list:
        for place in json_marked_places(value):
            value[place] = json_unmark(scanner, value[place])
        return value
    if kind is tuple:
        pairs = list(value)
        for place in json_marked_places(pairs):
            key, item = pairs[place]
            pairs[place] = key, json_unmark(scanner, item)
        if scanner.object_pairs_hook is not None:
            return scanner.object_pairs_hook(pairs)
        result = dict(pairs)
        return result if scanner.object_hook is None else scanner.object_hook(result)
    if kind is slice:
        if value.step == 0:
            return scanner.parse_float(value.stop)
        if value.step == 1:
            return scanner.parse_int(value.stop)
        return scanner.parse_constant(value.stop)
    return value


def json_encode(encoder, value, level):
    return [json_text(encoder, value)]


def json_text(encoder, value):
    if not needs_json_default(encoder, value):
        return "".join(call_in_c(encoder, value, 0))
    # A copy of the computation has it at another address, so that is not kept.
    marked = value
    markers = encoder.markers
    if markers is not None:
        if address_of(marked) in markers:
            raise ValueError("Circular reference detected")
        markers[address_of(marked)] = marked
    kind = json_kind(value)
    if kind == "other":
        value = encoder.default(value)
    enter_recursion(" while encoding a JSON object")
    try:
        if kind == "list":
            # A list may change meanwhile.
            items = value if type(value) is list else elements_of(value)
            pieces = []
            i = 0
            while i < len(items):
                pieces.append(json_text(encoder, items[i]))
                i += 1
            text = "[" + encoder.item_separator.join(pieces) + "]"
        elif kind == "dict":
            text = "{" + encoder.item_separator.join(json_items(encoder, value)) + "}"
        else:
            text = json_text(encoder, value)
    finally:
        leave_recursion()
    if markers is not None:
        del markers[address_of(marked)]
    return text


def json_items(encoder, value):
    items = list(value.items())
    if encoder.sort_keys:
        items.sort()
    pieces = []
    for key, item in items:
        kind = json_kind(key)
        if kind == "plain":
            key = "".join(call_in_c(encoder, key, 0))
        elif kind != "str":
            if encoder.skipkeys:
                continue
            raise TypeError(f"keys must be str, int, float, bool or None, not {type_name(key)}")
        key = "".join(call_in_c(encoder, key, 0))
        pieces.append(key + encoder.key_separator + json_text(encoder, item))
    return pieces
