"""Fannkuch: over all permutations, how many prefix reversals bring 1 to the front."""

SIZE = 9


def permutations(size):
    """All permutations of 1..size, each made from the last one by a rotation of a prefix (always the same list)."""
    current = list(range(1, size + 1))
    rotations = [0] * size
    yield current
    width = 1
    while width < size:
        current.insert(width, current.pop(0))
        if rotations[width] < width:
            rotations[width] += 1
            width = 1
            yield current
        else:
            rotations[width] = 0
            width += 1


def count_flips(permutation):
    flips = 0
    first = permutation[0]
    while first != 1:
        permutation[:first] = permutation[first - 1 :: -1]
        first = permutation[0]
        flips += 1
    return flips


def run():
    most = 0
    checksum = 0
    sign = 1
    for permutation in permutations(SIZE):
        flips = count_flips(permutation[:])
        checksum += sign * flips
        sign = -sign
        if flips > most:
            most = flips
    return [most, checksum]
