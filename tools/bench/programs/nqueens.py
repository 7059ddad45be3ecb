"""N queens: counts the solutions by backtracking over sets of attacked lines."""

SIZE = 11


def solutions(size, row, columns, rising, falling):
    if row == size:
        return 1
    count = 0
    for column in range(size):
        if column in columns or row + column in rising or row - column in falling:
            continue
        columns.add(column)
        rising.add(row + column)
        falling.add(row - column)
        count += solutions(size, row + 1, columns, rising, falling)
        columns.remove(column)
        rising.remove(row + column)
        falling.remove(row - column)
    return count


def run():
    return [solutions(size, 0, set(), set(), set()) for size in range(4, SIZE + 1)]
