"""The chaos game: points that jump part of the way towards random corners, drawn into a picture; and along a spline."""

POINTS = 60_000
SIZE = 120


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)


class Random:
    """A linear congruential generator, the same everywhere."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
        return (self.state >> 16) % limit


class Picture:
    def __init__(self, size):
        self.size = size
        self.rows = [[0] * size for _ in range(size)]

    def mark(self, point):
        column, row = int(point.x * self.size), int(point.y * self.size)
        if 0 <= column < self.size and 0 <= row < self.size:
            self.rows[row][column] += 1

    @property
    def marked(self):
        return sum(1 for row in self.rows for count in row if count)


class Spline:
    """A quadratic B-spline through the plane, by de Boor's recursion on uniform knots."""

    def __init__(self, points):
        self.points = points

    def __call__(self, at):
        segment = min(int(at), len(self.points) - 3)
        t = at - segment
        first, second, third = self.points[segment : segment + 3]
        left = self.between(first, second, (t + 1) / 2)
        right = self.between(second, third, t / 2)
        return self.between(left, right, t)

    @staticmethod
    def between(start, end, part):
        return start + (end - start) * part


def play(corners, points, picture):
    random = Random(42)
    place = Vector(0.5, 0.5)
    for _ in range(points):
        place = place + (corners[random.below(len(corners))] - place) * 0.5
        picture.mark(place)


def trace(spline, steps, picture):
    length = len(spline.points) - 2
    for step in range(steps):
        picture.mark(spline(step * length / steps))


def run():
    triangle, curve = Picture(SIZE), Picture(SIZE)
    play([Vector(0.0, 0.0), Vector(1.0, 0.0), Vector(0.5, 1.0)], POINTS, triangle)
    corners = [(0.1, 0.1), (0.9, 0.2), (0.3, 0.8), (0.7, 0.9), (0.2, 0.4), (0.8, 0.5)]
    trace(Spline([Vector(x, y) for x, y in corners]), POINTS // 6, curve)
    return [triangle.marked, curve.marked]
