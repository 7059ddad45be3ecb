# match statements: patterns that call code in Python.


def match_class(subject, cls, positional, keywords):
    if not isinstance(subject, cls):
        return None
    values = []
    seen = set()
    if positional:
        names = positional_names(cls, getattr(cls, "__match_args__", missing), positional)
        if names is None:
            values.append(subject)
        else:
            for name in names:
                note_attribute(cls, seen, name)
                value = attribute_or_missing(subject, name)
                if value is missing:
                    return None
                values.append(value)
    for name in keywords:
        note_attribute(cls, seen, name)
        value = attribute_or_missing(subject, name)
        if value is missing:
            return None
        values.append(value)
    return tuple(values)


def attribute_or_missing(subject, name):
    try:
        return subject.n_name
    except AttributeError:
        return missing


def match_keys(subject, keys):
    get = subject.get
    absent = object()
    values = []
    seen = set()
    for key in keys:
        note_key(seen, key)
        value = get(key, absent)
        if value is absent:
            return None
        values.append(value)
    return tuple(values)
