"""Dictionaries: counting, grouping, nested tables, string and tuple keys, iteration and deletion."""

ROUNDS = 80


def word_counts(words):
    counts = {}
    for word in words:
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts


def grouped(words):
    groups = {}
    for word in words:
        groups.setdefault(len(word), []).append(word)
    return {length: len(group) for length, group in groups.items()}


def sparse_grid(side):
    grid = {}
    for x in range(side):
        for y in range(side):
            grid[x, y] = x * y
    total = 0
    for (x, y), value in grid.items():
        total += value - grid.get((y, x + 1), 0)
    return total


def nested_totals(count):
    tables = {"red": {}, "green": {}, "blue": {}}
    for i in range(count):
        table = tables[("red", "green", "blue")[i % 3]]
        key = i & 63
        table[key] = table.get(key, 0) + i
    return sum(sum(table.values()) for table in tables.values())


def emptied(size):
    table = dict.fromkeys(range(size), 1)
    for key in range(0, size, 2):
        del table[key]
    while table:
        key, _ = table.popitem()
    return key


def run():
    words = [f"w{i * i % 997}" for i in range(8_000)]
    checksum = 0
    for _ in range(ROUNDS):
        counts = word_counts(words)
        checksum += max(counts.values()) + len(counts) + grouped(words)[4]
        checksum += sparse_grid(70) + nested_totals(12_000) + emptied(6_000)
    return checksum
