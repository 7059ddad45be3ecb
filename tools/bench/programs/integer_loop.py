"""Integer arithmetic in a while loop: a linear congruential generator and the Collatz rule."""

STEPS = 1_400_000


def pseudo_random_sum(steps):
    state = 12345
    total = 0
    i = 0
    while i < steps:
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        if state & 1:
            total += state >> 16
        else:
            total -= state % 7
        i += 1
    return total


def longest_collatz(limit):
    longest = 0
    for start in range(1, limit):
        n = start
        length = 1
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            length += 1
        if length > longest:
            longest = length
    return longest


def run():
    return [pseudo_random_sum(STEPS), longest_collatz(14_000)]
