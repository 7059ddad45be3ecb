# Subscripts and repetitions of builtin sequences, where a number has an __index__ in Python.


def load_by_index(container, key):
    return container[plain_key(container, key)]


def load_from_list(container, key):
    return list.__getitem__(container, plain_key(container, key))


def store_by_index(container, key, value):
    container[plain_key(container, key)] = value


def delete_by_index(container, key):
    del container[plain_key(container, key)]


def plain_key(container, key):
    if type(key) is slice:
        return plain_slice(key)
    number = convert(7, key)
    return number if type(container) is range else fitting_index(number, key)


def plain_slice(key):
    step = indexed(key.step)
    # What is wrong with a part is found before the next one is asked.
    ()[::step]
    start = indexed(key.start)
    ()[start:]
    return slice(start, indexed(key.stop), step)


def replace_in_list(container, key, value):
    key = plain_slice(key)
    if key.step is None or key.step == 1:
        start, stop, step = key.indices(list.__len__(container))
        key = slice(start, stop)
        message = "can only assign an iterable"
    else:
        message = "must assign iterable to extended slice"
    iterator = missing
    try:
        iterator = iter(value)
    except TypeError:
        pass
    if iterator is missing:
        raise TypeError(message)
    container[key] = list(iterator)


def repeat_by_index(sequence, times, is_in_place):
    return repeated(sequence, convert(7, times), times, is_in_place)
