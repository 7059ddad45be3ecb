def sorted(iterable, /, *, key=None, reverse=False):
    values = list(iterable)
    sort_values(values, key, as_flag(reverse))
    return values


def sort_list(target, /, *, key=None, reverse=False):
    reverse = as_flag(reverse)
    # While it is sorted, the list looks empty.
    values = take_items(target)
    try:
        # The keys are gone with it: their destructors may still change the list.
        sort_values(values, key, reverse)
    finally:
        is_modified = give_items(target, values)
    if is_modified:
        raise ValueError("list modified during sort")


def sort_values(values, key, reverse):
    keys = values
    if key is not None:
        keys = []
        for keys.c_append in map(key, values).c_itself:
            pass
    if sort_by_keys(values, keys, reverse):
        return
    # The keys compare in Python.
    if reverse:
        keys.reverse()
        if keys is not values:
            values.reverse()
    merge_sort(keys, values)
    if reverse:
        values.reverse()


def merge_sort(keys, values):
    """Sorts both lists by the keys. They may be the same list."""
    length = len(keys)
    run = length
    odd = 0
    while run >= 64:
        odd = odd | run & 1
        run = run >> 1
    run = run + odd
    start = 0
    while start < length:
        end = start + run
        sort_run(keys, values, start, end if end < length else length)
        start = end
    while run < length:
        start = 0
        while start + run < length:
            end = start + 2 * run
            merge_runs(keys, values, start, start + run, end if end < length else length)
            start = end
        run = 2 * run


def sort_run(keys, values, start, end):
    """A run in order, or the reverse, and then binary insertion."""
    place = start + 1
    if place < end:
        place = place + 1
        if keys[start + 1] < keys[start]:
            while place < end and keys[place] < keys[place - 1]:
                place = place + 1
            keys[start:place] = keys[start:place][::-1]
            if values is not keys:
                values[start:place] = values[start:place][::-1]
        else:
            while place < end and not keys[place] < keys[place - 1]:
                place = place + 1
    while place < end:
        key = keys[place]
        low = start
        high = place
        while low < high:
            middle = (low + high) >> 1
            if key < keys[middle]:
                high = middle
            else:
                low = middle + 1
        keys.insert(low, keys.pop(place))
        if values is not keys:
            values.insert(low, values.pop(place))
        place = place + 1


def merge_runs(keys, values, start, middle, end):
    left = start
    right = middle
    if not keys[middle] < keys[middle - 1]:
        return
    merged_keys = []
    merged_values = []
    while left < middle and right < end:
        if keys[right] < keys[left]:
            merged_keys.append(keys[right])
            merged_values.append(values[right])
            right = right + 1
        else:
            merged_keys.append(keys[left])
            merged_values.append(values[left])
            left = left + 1
    merged_keys.extend(keys[left:middle])
    merged_values.extend(values[left:middle])
    # What is left on the right side is in place.
    keys[start:right] = merged_keys
    if values is not keys:
        values[start:right] = merged_values
