def chain_next(iterator):
    while True:
        active = iterator.c_chain_active
        if active is None:
            if iterator.c_chain_source is None:
                raise StopIteration
            failed = True
            try:
                iterable = next(iterator.c_chain_source, missing)
                if iterable is not missing:
                    active = iter(iterable)
                    failed = False
            finally:
                if failed:
                    iterator.c_chain_source = None
            if failed:
                raise StopIteration
            iterator.c_chain_active = active
        value = next(active, missing)
        if value is not missing:
            return value
        iterator.c_chain_active = None


def chain_from_iterable(iterable):
    result = chain()
    result.c_chain_source = iter(iterable)
    return result


def new_islice(iterable, /, *limits):
    result = islice((), *limits)
    result.c_islice_iterator = iter(iterable)
    return result


def islice_next(iterator):
    values = iterator.c_islice_iterator
    wanted = iterator.c_islice_next
    stop = iterator.c_islice_stop
    ended = True
    try:
        while iterator.c_islice_count < wanted:
            next(values)
            iterator.c_islice_count = iterator.c_islice_count + 1
        if stop == -1 or iterator.c_islice_count < stop:
            value = next(values)
            ended = False
    finally:
        if ended:
            iterator.c_islice_iterator = None
    if ended:
        raise StopIteration
    iterator.c_islice_count = iterator.c_islice_count + 1
    wanted = wanted + iterator.c_islice_step
    if stop != -1 and wanted > stop or wanted > 0x7FFFFFFFFFFFFFFF:
        wanted = stop
    iterator.c_islice_next = wanted
    return value


def new_takewhile(function, iterable, /):
    iterator = iter(iterable)
    result = takewhile(function, ())
    result.c_takewhile_iterator = iterator
    return result


def takewhile_next(iterator):
    value = next(iterator.c_takewhile_iterator)
    if iterator.c_takewhile_function(value):
        return value
    iterator.c_takewhile_stopped = 1
    raise StopIteration


def new_dropwhile(function, iterable, /):
    iterator = iter(iterable)
    result = dropwhile(function, ())
    result.c_dropwhile_iterator = iterator
    return result


def dropwhile_next(iterator):
    values = iterator.c_dropwhile_iterator
    while True:
        value = next(values)
        if iterator.c_dropwhile_started:
            return value
        if not iterator.c_dropwhile_function(value):
            iterator.c_dropwhile_started = 1
            return value


def new_filterfalse(function, iterable, /):
    iterator = iter(iterable)
    result = filterfalse(function, ())
    result.c_filterfalse_iterator = iterator
    return result


def filterfalse_next(iterator):
    values = iterator.c_filterfalse_iterator
    function = iterator.c_filterfalse_function
    if function is None or function is bool:
        while True:
            value = next(values)
            if not value:
                return value
    while True:
        value = next(values)
        if not function(value):
            return value


def new_starmap(function, iterable, /):
    iterator = iter(iterable)
    result = starmap(function, ())
    result.c_starmap_iterator = iterator
    return result


def starmap_next(iterator):
    args = next(iterator.c_starmap_iterator)
    if type(args) is not tuple:
        args = tuple(args)
    return iterator.c_starmap_function(*args)


def new_accumulate(iterable, func=None, *, initial=None):
    iterator = iter(iterable)
    result = accumulate((), func, initial=initial)
    result.c_accumulate_iterator = iterator
    return result


def accumulate_next(iterator):
    total = iterator.c_accumulate_initial
    if total is not None:
        iterator.c_accumulate_total = total
        iterator.c_accumulate_initial = None
        return total
    value = next(iterator.c_accumulate_iterator)
    if not iterator.c_accumulate_has_total:
        iterator.c_accumulate_total = value
        return value
    function = iterator.c_accumulate_function
    if function is None:
        total = iterator.c_accumulate_total + value
    else:
        total = function(iterator.c_accumulate_total, value)
    iterator.c_accumulate_total = total
    return total


def new_groupby(iterable, key=None):
    iterator = iter(iterable)
    result = groupby((), key)
    result.c_groupby_iterator = iterator
    return result


def step_groupby(groups):
    value = next(groups.c_groupby_iterator, missing)
    if value is missing:
        raise StopIteration
    function = groups.c_groupby_function
    key = value if function is None else function(value)
    groups.c_groupby_value = value
    groups.c_groupby_key = key


def groupby_next(iterator):
    iterator.c_groupby_grouper = 0
    while True:
        if iterator.c_groupby_has_key:
            if not iterator.c_groupby_has_target:
                break
            target = iterator.c_groupby_target
            key = iterator.c_groupby_key
            if not (target is key or target == key):
                break
        step_groupby(iterator)
    return iterator.c_groupby_key, new_grouper(iterator)


def grouper_next(iterator):
    groups = iterator.c_grouper_parent
    if not groups.c_groupby_has_value:
        step_groupby(groups)
    target = iterator.c_grouper_target
    key = groups.c_groupby_key
    if not (target is key or target == key):
        raise StopIteration
    value = groups.c_groupby_value
    groups.c_groupby_cleared_value = None
    groups.c_groupby_cleared_key = None
    return value


def new_zip_longest(*iterables, fillvalue=None):
    iterators = iterators_of(iterables)
    result = zip_longest(*((),) * len(iterables), fillvalue=fillvalue)
    result.c_zip_longest_iterators = iterators
    return result


def zip_longest_next(iterator):
    # No variable holds the tuple of iterators: its items get lost, which no pickler would understand.
    if iterator.c_zip_longest_active == 0:
        raise StopIteration
    values = []
    for index in range(len(iterator.c_zip_longest_iterators)):
        each = longest_iterator(iterator, index)
        value = iterator.c_zip_longest_fill
        if each is not None:
            failed = True
            try:
                got = next(each, missing)
                failed = False
            finally:
                if failed:
                    iterator.c_zip_longest_active = 0
            if got is missing:
                active = iterator.c_zip_longest_active - 1
                iterator.c_zip_longest_active = active
                if active == 0:
                    raise StopIteration
                end_longest_iterator(iterator, index)
            else:
                value = got
        values.append(value)
    return (*values,)


def new_pairwise(iterable, /):
    iterator = iter(iterable)
    result = pairwise(())
    result.c_pairwise_iterator = iterator
    return result


def pairwise_next(iterator):
    failed = True
    try:
        if not iterator.c_pairwise_has_old:
            iterator.c_pairwise_old = next(iterator.c_pairwise_iterator)
        values = iterator.c_pairwise_iterator
        if values is not None:
            old = iterator.c_pairwise_old
            new = next(values)
            failed = False
    finally:
        if failed:
            iterator.c_pairwise_iterator = None
            iterator.c_pairwise_cleared_old = None
    if failed:
        raise StopIteration
    iterator.c_pairwise_old = new
    return old, new


def new_compress(data, selectors):
    iterators = iter(data), iter(selectors)
    result = compress((), ())
    result.c_compress_data = iterators[0]
    result.c_compress_selectors = iterators[1]
    return result


def compress_next(iterator):
    data = iterator.c_compress_data
    selectors = iterator.c_compress_selectors
    while True:
        value = next(data)
        if next(selectors):
            return value


def new_cycle(iterable, /):
    iterator = iter(iterable)
    result = cycle(())
    result.c_cycle_iterator = iterator
    return result


def cycle_next(iterator):
    value = next(iterator.c_cycle_iterator, missing)
    if value is not missing:
        if not iterator.c_cycle_is_saved:
            iterator.c_cycle_saved.append(value)
        return value
    iterator.c_cycle_iterator = None
    # What is saved is C's to give.
    return next(iterator)


def tee_next(iterator):
    block = tee_block(iterator)
    if block.c_tee_is_running:
        raise RuntimeError("cannot re-enter the tee iterator")
    block.c_tee_is_running = True
    try:
        value = next(block.c_tee_iterator, missing)
    finally:
        block.c_tee_is_running = False
    if value is missing:
        raise StopIteration
    return add_to_tee(iterator, block, value)


def count_next(iterator):
    value = iterator.c_count_value
    iterator.c_count_value = value + iterator.c_count_step
    return value


def tuples_of(iterables):
    result = []
    for iterable in iterables:
        result.append(tuple(iterable))
    return result


def new_product(*iterables, repeat=1):
    return product(*tuples_of(iterables), repeat=repeat)


def new_permutations(iterable, r=None):
    return permutations(tuple(iterable), r)


def new_combinations(iterable, r):
    return combinations(tuple(iterable), r)


def new_combinations_with_replacement(iterable, r):
    return combinations_with_replacement(tuple(iterable), r)
