"""Exceptions: raised and caught near and through several calls, builtin and own classes, chained ones."""

ROUNDS = 170_000


class Rejected(Exception):
    def __init__(self, value):
        super().__init__(value)
        self.value = value


def check(value):
    if value & 1:
        raise Rejected(value)
    return value


def through_calls(value, depth):
    if depth == 0:
        return check(value)
    return through_calls(value, depth - 1)


def sum_of_rejected(rounds):
    total = 0
    for i in range(rounds):
        try:
            through_calls(i, 3)
        except Rejected as error:
            total += error.value
    return total


def missing_keys(rounds):
    table = {0: "zero"}
    missing = 0
    for i in range(rounds):
        try:
            table[i & 3]
        except (IndexError, KeyError):
            missing += 1
    return missing


def chained(rounds):
    count = 0
    for i in range(rounds):
        try:
            try:
                int("x")
            except ValueError as error:
                raise LookupError(i) from error
        except LookupError as error:
            count += isinstance(error.__cause__, ValueError)
    return count


def never_raised(rounds):
    total = 0
    for i in range(rounds):
        try:
            total += i
        except OverflowError:
            total = 0
        else:
            total -= 1
    return total


def run():
    return [
        sum_of_rejected(ROUNDS),
        missing_keys(2 * ROUNDS),
        chained(ROUNDS // 2),
        never_raised(5 * ROUNDS),
    ]
