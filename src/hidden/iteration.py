def map_next(iterator):
    iterators = iterator.c_map_iterators
    if len(iterators) == 1:
        return iterator.c_map_function(next(iterators[0]))
    values = []
    for each in iterators:
        values.append(next(each))
    return iterator.c_map_function(*values)


def sum(iterable, start=0):
    total = start
    for value in iterable:
        total = total + value
    return total
