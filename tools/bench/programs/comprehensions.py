"""Comprehensions: lists, sets and dictionaries, nested ones, with conditions and with closures."""

ROUNDS = 80


def run():
    checksum = 0
    for round_number in range(ROUNDS):
        squares = [i * i for i in range(30_000)]
        odd = [n for n in squares if n & 1]
        residues = {n % 1009 for n in odd}
        index = {n: n // 3 for n in odd if n % 3 == 0}
        shifted = [n + round_number for n in odd]
        table = [[x * y for x in range(60)] for y in range(60)]
        transposed = [[row[i] for row in table] for i in range(60)]
        flat = [cell for row in transposed for cell in row if cell % 2 == 0]
        checksum += sum(shifted) + len(residues) + sum(index.values()) + sum(flat)
    return checksum
