"""Attribute access: instance dictionaries, class attributes, module globals, and one site that sees many classes."""

import math

ROUNDS = 800_000


class Point:
    scale = 2

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Point3(Point):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z


class Sphere(Point3):
    def __init__(self, x, y, z):
        super().__init__(x, y, z)
        self.centre = self
        self.radius = 1


def read_and_write(rounds):
    point = Sphere(1, 2, 3)
    for i in range(rounds):
        point.x = point.y + i
        point.y = point.centre.z - point.scale
        point.centre.z = point.x & 7
        point.radius += 1
    return point.x + point.y + point.z + point.radius


def many_classes(rounds):
    points = [Point(1, 2), Point3(3, 4, 5), Sphere(6, 7, 8)] * 4
    total = 0
    for _ in range(rounds // len(points)):
        for point in points:
            total += point.x * point.scale - point.y
    return total


def module_attributes(rounds):
    total = 0.0
    for _ in range(rounds):
        total += math.pi - math.e
    return total


def run():
    return [read_and_write(ROUNDS), many_classes(2 * ROUNDS), module_attributes(2 * ROUNDS)]
