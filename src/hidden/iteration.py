def tuple_of(iterable):
    values = []
    extend_list(values, iterable)
    return tuple(values)


def builtin_iter(iterable):
    return iter(iterable)


def builtin_next(iterator, default=...):
    if default is missing:
        return next(iterator)
    return next(iterator, default)


def ask_length(iterable):
    """What list() and others do to learn how much memory they will need."""
    counted = sequence_to_count(iterable)
    if counted is not None:
        no_length = True
        try:
            len(counted)
            no_length = False
        except TypeError:
            pass
        if counted is not iterable or not no_length:
            return
    method = special(iterable, "__length_hint__")
    if method is None:
        return
    hint = NotImplemented
    try:
        hint = method()
    except TypeError:
        pass
    if hint is not NotImplemented:
        check_length_hint(hint)


def iter_with_hint(iterable):
    iterator = iter(iterable)
    ask_length(iterable)
    return iterator


def extend_list(values, iterable):
    if has_python_hint(iterable):
        iterable = iter_with_hint(iterable)
        for values.c_append in iterable.c_itself:
            pass
    else:
        for values.c_append in iterable:
            pass


def update_set(values, iterable):
    for values.c_add in iterable:
        pass


def unpack(iterable, before, after):
    """The values that UNPACK_SEQUENCE wants, or with `after` not negative UNPACK_EX."""
    iterator = iter(iterable)
    values = []
    wanted = before
    while wanted:
        value = next(iterator, missing)
        if value is missing:
            if after < 0:
                raise ValueError(
                    f"not enough values to unpack (expected {before}, got {len(values)})"
                )
            raise ValueError(
                "not enough values to unpack "
                f"(expected at least {before + after}, got {len(values)})"
            )
        values.c_append = value
        wanted = wanted - 1
    if after < 0:
        if next(iterator, missing) is not missing:
            raise ValueError(f"too many values to unpack (expected {before})")
        return values
    rest = []
    extend_list(rest, iterator)
    if len(rest) < after:
        raise ValueError(
            "not enough values to unpack "
            f"(expected at least {before + after}, got {before + len(rest)})"
        )
    middle = len(rest) - after
    values.append(rest[:middle])
    values.extend(rest[middle:])
    return values


def keys_of(mapping):
    """The keys of what is no dict, as a list."""
    keys = mapping.keys()
    failed = False
    try:
        iterator = iter(keys)
    except TypeError:
        failed = True
    if failed:
        raise TypeError(
            f"{type_name(mapping)}.keys() returned a non-iterable (type {type_name(keys)})"
        )
    result = []
    extend_list(result, iterator)
    return result


def update_from_mapping(target, mapping):
    for key in keys_of(mapping):
        target[key] = mapping[key]


def update_display(target, mapping):
    """{**mapping}"""
    failed = False
    try:
        update_from_mapping(target, mapping)
    except AttributeError:
        failed = True
    if failed:
        raise TypeError(f"'{type_name(mapping)}' object is not a mapping")


def merge_keywords(function, target, mapping):
    """f(**mapping): no keyword may be there twice."""
    error = None
    try:
        for key in keys_of(mapping):
            if key in target:
                error = KeyError(key)
                break
            target[key] = mapping[key]
    except AttributeError as exception:
        error = exception
    if error is not None:
        raise_keywords_error(function, mapping, error)


def keywords_of(function, mapping):
    keywords = {}
    merge_keywords(function, keywords, mapping)
    return keywords


def sequence_next(iterator):
    """The iterator of an object that has __getitem__."""
    sequence = iterator.c_sequence_sequence
    index = iterator.c_sequence_index
    ended = False
    try:
        value = sequence[index]
    except (IndexError, StopIteration):
        ended = True
    if ended:
        iterator.c_sequence_sequence = None
        raise StopIteration
    iterator.c_sequence_index = index + 1
    return value


def new_reversed(sequence):
    method = special(sequence, "__reversed__")
    if method is not None:
        return method()
    length = len(sequence)
    result = reversed(())
    result.c_reversed_index = length - 1
    result.c_reversed_sequence = sequence
    return result


def reversed_next(iterator):
    sequence = iterator.c_reversed_sequence
    index = iterator.c_reversed_index
    ended = True
    try:
        value = sequence[index]
        ended = False
    except (IndexError, StopIteration):
        pass
    except BaseException:
        iterator.c_reversed_index = -1
        iterator.c_reversed_sequence = None
        raise
    if ended:
        iterator.c_reversed_index = -1
        iterator.c_reversed_sequence = None
        raise StopIteration
    iterator.c_reversed_index = index - 1
    return value


def callable_next(iterator):
    """iter(function, sentinel)"""
    function = iterator.c_callable_function
    ended = False
    try:
        value = function()
    except StopIteration:
        ended = True
    if not ended:
        sentinel = iterator.c_callable_sentinel
        if not iterator.c_callable_has_sentinel or not (sentinel is value or sentinel == value):
            return value
    iterator.c_callable_function = None
    iterator.c_callable_sentinel = None
    raise StopIteration


def new_enumerate(iterable, start=0):
    result = enumerate((), start)
    result.c_enumerate_iterator = iter(iterable)
    return result


def enumerate_next(iterator):
    value = next(iterator.c_enumerate_iterator)
    index = iterator.c_enumerate_index
    if index < 0x7FFFFFFFFFFFFFFF:
        iterator.c_enumerate_index = index + 1
        return index, value
    index = iterator.c_enumerate_long_index or index
    iterator.c_enumerate_long_index = index + 1
    return index, value


def iterators_of(iterables):
    iterators = []
    for each in iterables:
        iterators.append(iter(each))
    return (*iterators,)


def new_zip(*iterables, strict=False):
    result = zip(*((),) * len(iterables), strict=strict)
    result.c_zip_iterators = iterators_of(iterables)
    return result


def zip_next(iterator):
    iterators = iterator.c_zip_iterators
    if iterator.c_zip_strict:
        return zip_strictly(iterators)
    if len(iterators) == 2:
        return next(iterators[0]), next(iterators[1])
    values = []
    for each in iterators:
        values.append(next(each))
    return tuple(values)


def zip_strictly(iterators):
    values = []
    for each in iterators:
        value = next(each, missing)
        if value is missing:
            break
        values.append(value)
    done = len(values)
    if done == len(iterators):
        return (*values,)
    if done > 0:
        others = " " if done == 1 else "s 1-"
        raise ValueError(f"zip() argument {done + 1} is shorter than argument{others}{done}")
    done = 1
    while done < len(iterators):
        if next(iterators[done], missing) is not missing:
            others = " " if done == 1 else "s 1-"
            raise ValueError(f"zip() argument {done + 1} is longer than argument{others}{done}")
        done = done + 1
    raise StopIteration


def new_map(function, *iterables):
    result = map(function, ())
    result.c_map_iterators = iterators_of(iterables)
    return result


def map_next(iterator):
    iterators = iterator.c_map_iterators
    function = iterator.c_map_function
    if len(iterators) == 1:
        return function(next(iterators[0]))
    if len(iterators) == 2:
        return function(next(iterators[0]), next(iterators[1]))
    values = []
    for each in iterators:
        values.append(next(each))
    return function(*values)


def new_filter(function, iterable):
    iterator = iter(iterable)
    result = filter(function, ())
    result.c_filter_iterator = iterator
    return result


def filter_next(iterator):
    values = iterator.c_filter_iterator
    function = iterator.c_filter_function
    if function is None or function is bool:
        while True:
            value = next(values)
            if value:
                return value
    while True:
        value = next(values)
        if function(value):
            return value
