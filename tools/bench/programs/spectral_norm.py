"""Spectral norm: the power method on an infinite matrix, cut off at a size; float work in small functions."""

from math import sqrt

SIZE = 300
ITERATIONS = 6


def element(i, j):
    diagonal = i + j
    return 1.0 / (diagonal * (diagonal + 1) // 2 + i + 1)


def times(vector):
    return [sum(element(i, j) * x for j, x in enumerate(vector)) for i in range(len(vector))]


def transposed_times(vector):
    return [sum(element(j, i) * x for j, x in enumerate(vector)) for i in range(len(vector))]


def run():
    u = [1.0] * SIZE
    v = u
    for _ in range(ITERATIONS):
        v = transposed_times(times(u))
        u = transposed_times(times(v))
    numerator = sum(a * b for a, b in zip(u, v))
    return sqrt(numerator / sum(b * b for b in v))
