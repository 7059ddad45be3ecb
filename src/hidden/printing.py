def print_(*args, sep=None, end=None, file=None, flush=False):
    if file is None:
        file = standard_output()
    if sep is None:
        sep = " "
    is_first = True
    for each in args:
        if not is_first:
            file.write(sep)
        is_first = False
        file.write(str(each))
    file.write("\n" if end is None else end)
    if flush:
        file.flush()
