"""Lists: indexing, a sieve, a sort written in Python, append and pop, slices, a matrix product."""


def primes_below(limit):
    sieve = [True] * limit
    sieve[0] = sieve[1] = False
    for n in range(2, int(limit**0.5) + 1):
        if sieve[n]:
            for multiple in range(n * n, limit, n):
                sieve[multiple] = False
    return sieve.count(True)


def heap_sorted(items):
    heap = list(items)
    size = len(heap)
    for start in range(size // 2 - 1, -1, -1):
        sift_down(heap, start, size)
    for end in range(size - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sift_down(heap, 0, end)
    return heap


def sift_down(heap, parent, end):
    while (child := 2 * parent + 1) < end:
        if child + 1 < end and heap[child + 1] > heap[child]:
            child += 1
        if heap[parent] >= heap[child]:
            return
        heap[parent], heap[child] = heap[child], heap[parent]
        parent = child


def matrix_product(a, b):
    size = len(a)
    product = [[0] * size for _ in range(size)]
    for i in range(size):
        row = a[i]
        for j in range(size):
            total = 0
            for k in range(size):
                total += row[k] * b[k][j]
            product[i][j] = total
    return product


def survivor(people, step):
    """The Josephus problem, on a list that is used as a stack and a queue."""
    circle = list(range(people))
    position = 0
    while len(circle) > 1:
        position = (position + step) % len(circle)
        circle.append(circle.pop(position))
        circle.pop()
    return circle[0]


def run():
    items = [i * 7919 % 50_021 for i in range(40_000)]
    matrix = [[(i * j) % 10 for j in range(85)] for i in range(85)]
    product = matrix_product(matrix, matrix)
    return [
        primes_below(1_500_000),
        heap_sorted(items) == sorted(items),
        sum(row[i] for i, row in enumerate(product)),
        survivor(20_000, 7),
    ]
