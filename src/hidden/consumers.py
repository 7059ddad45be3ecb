def sum(iterable, start=0):
    cell = [start]
    start = None
    for cell.c_sum in iterable:
        pass
    return cell[0]


def add_to_total(cell, value):
    cell[0] = cell[0] + value


def product_of(iterable):
    result = 1
    for value in iterable:
        result = result * value
    return result


def any(iterable):
    for value in iterable:
        if value:
            return True
    return False


def all(iterable):
    for value in iterable:
        if not value:
            return False
    return True


def min(*values, key=None, default=...):
    iterator = iter(values if len(values) > 1 else values[0])
    best = next(iterator, missing)
    if best is missing:
        if default is missing:
            raise ValueError("min() arg is an empty sequence")
        return default
    if key is None:
        for value in iterator.c_itself:
            if value < best:
                best = value
    else:
        best_rank = key(best)
        for value in iterator.c_itself:
            rank = key(value)
            if rank < best_rank:
                best = value
                best_rank = rank
    return best


def max(*values, key=None, default=...):
    iterator = iter(values if len(values) > 1 else values[0])
    best = next(iterator, missing)
    if best is missing:
        if default is missing:
            raise ValueError("max() arg is an empty sequence")
        return default
    if key is None:
        for value in iterator.c_itself:
            if value > best:
                best = value
    else:
        best_rank = key(best)
        for value in iterator.c_itself:
            rank = key(value)
            if rank > best_rank:
                best = value
                best_rank = rank
    return best


def reduce(function, iterable, initial=...):
    failed = False
    try:
        iterator = iter(iterable)
    except TypeError:
        failed = True
    if failed:
        raise TypeError("reduce() arg 2 must support iteration")
    result = initial
    if result is missing:
        result = next(iterator, missing)
        if result is missing:
            raise TypeError("reduce() of empty iterable with no initial value")
    for value in iterator.c_itself:
        result = function(result, value)
    return result


def count_elements(counts, iterable):
    iterator = iter(iterable)
    if is_plain_counter(counts):
        for counts.c_count in iterator.c_itself:
            pass
        return
    get = counts.get
    for value in iterator.c_itself:
        counts[value] = get(value, 0) + 1


def new_list(iterable):
    values = []
    extend_list(values, iterable)
    return values


def new_set(iterable):
    values = set()
    for values.c_add in iterable:
        pass
    return values


def new_frozenset(iterable):
    values = set()
    for values.c_add in iterable:
        pass
    freeze_set(values)
    return values


def bytes_iterator(iterable, name):
    failed = False
    try:
        iterator = iter(iterable)
    except TypeError:
        failed = True
    if failed:
        raise TypeError(f"cannot convert '{type_name(iterable)}' object to {name}")
    return iterator


def byte_values(iterator, kind):
    """All values, as a list. One that is no byte is what `kind` complains about."""
    values = []
    for value in iterator.c_itself:
        if type(value) is not int or not 0 <= value < 256:
            kind((value,))
        values.append(value)
    return values


def new_bytes(iterable):
    iterator = bytes_iterator(iterable, "bytes")
    if has_python_hint(iterable):
        ask_length(iterable)
    return bytes(byte_values(iterator, bytes))


def new_bytearray(iterable):
    return bytearray(byte_values(bytes_iterator(iterable, "bytearray"), bytearray))


def join(separator, iterable):
    """str.join() and the like."""
    values = []
    if type(iterable) is generator:
        for values.c_append in iterable.c_itself:
            pass
    else:
        extend_list(values, iterator_to_join(iterable))
    return separator.join(values)


def iterator_to_join(iterable):
    try:
        return iter(iterable)
    except TypeError:
        pass
    raise TypeError("can only join an iterable")


def list_iadd(values, iterable):
    extend_list(values, iterable)
    return values


def dict_init(target, arg, keywords):
    """What dict() and dict.update() have in common."""
    if hasattr(arg, "keys"):
        update_from_mapping(target, arg)
    else:
        update_from_pairs(target, arg)
    if keywords:
        dict.update(target, keywords)


def init_list(target, iterable, /):
    list.clear(target)
    extend_list(target, iterable)


def init_set(target, iterable, /):
    set.clear(target)
    for target.c_add in iterable:
        pass


def init_dict(target, arg, /, **keywords):
    dict_init(target, arg, keywords)


def update_from_pairs(target, pairs):
    cell = [target, 0]
    for cell.c_pair in pairs:
        pass


def add_list_of_pair(cell, pair):
    """The same for a pair that is no tuple of two."""
    number = cell[1]
    if type(pair) is not tuple and type(pair) is not list:
        pair = list_of_pair(pair, number)
    if len(pair) != 2:
        raise ValueError(
            f"dictionary update sequence element #{number} has length {len(pair)}; 2 is required"
        )
    dict.__setitem__(cell[0], pair[0], pair[1])
    cell[1] = number + 1


def list_of_pair(pair, number):
    failed = False
    try:
        values = list(pair)
    except TypeError:
        failed = True
    if failed:
        raise TypeError(
            f"cannot convert dictionary update sequence element #{number} to a sequence"
        )
    return values


def new_dict(arg, /, **keywords):
    result = {}
    dict_init(result, arg, keywords)
    return result


def new_defaultdict(default_factory, arg, /, **keywords):
    values = defaultdict(default_factory)
    dict_init(values, arg, keywords)
    return values


def dict_update(target, arg, /, **keywords):
    dict_init(target, arg, keywords)


def dict_fromkeys(iterable, value=None):
    result = {}
    for key in iterable:
        result[key] = value
    return result


def set_update(values, /, *iterables):
    for iterable in iterables:
        if is_iterated_in_python(iterable):
            for values.c_add in iterable:
                pass
        else:
            values.update(iterable)


def set_difference_update(values, /, *iterables):
    for iterable in iterables:
        if is_iterated_in_python(iterable):
            for value in iterable:
                values.discard(value)
        else:
            values.difference_update(iterable)


def plain_list(iterable):
    """Its values, without asking for its length."""
    values = []
    for values.c_append in iterable:
        pass
    return values


def lists_of(iterables):
    """The same with lists in the place of what is iterated in Python."""
    result = []
    for iterable in iterables:
        if is_iterated_in_python(iterable):
            iterable = plain_list(iterable)
        result.append(iterable)
    return result


def set_union(values, /, *iterables):
    return values.union(*lists_of(iterables))


def set_difference(values, /, *iterables):
    return values.difference(*lists_of(iterables))


def set_intersection(values, /, *iterables):
    return values.intersection(*lists_of(iterables))


def set_intersection_update(values, /, *iterables):
    values.intersection_update(*lists_of(iterables))


def set_symmetric_difference(values, iterable, /):
    return values.symmetric_difference(plain_list(iterable))


def set_symmetric_difference_update(values, iterable, /):
    values.symmetric_difference_update(plain_list(iterable))


def set_issubset(values, iterable, /):
    return values.issubset(plain_list(iterable))


def set_issuperset(values, iterable, /):
    for value in iterable:
        if value not in values:
            return False
    return True


def set_isdisjoint(values, iterable, /):
    for value in iterable:
        if value in values:
            return False
    return True


def new_deque(iterable, maxlen=None):
    result = deque((), maxlen)
    for result.c_push in iterable:
        pass
    return result


def deque_extend(values, iterable, /):
    for values.c_push in iterable:
        pass


def deque_extendleft(values, iterable, /):
    for value in iterable:
        # A subclass may have another appendleft().
        deque.appendleft(values, value)
