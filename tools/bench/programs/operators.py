"""Operator overloading: a vector class with arithmetic, comparison, indexing, hashing and truth."""

ROUNDS = 330_000


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __iadd__(self, other):
        self.x += other.x
        self.y += other.y
        return self

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __lt__(self, other):
        return self.x * self.x + self.y * self.y < other.x * other.x + other.y * other.y

    def __hash__(self):
        return self.x * 31 + self.y

    def __getitem__(self, index):
        return self.y if index else self.x

    def __len__(self):
        return 2

    def __bool__(self):
        return self.x != 0 or self.y != 0


def run():
    home = Vector(0, 0)
    wall = Vector(90, 120)
    pull = Vector(-1, 2)
    position = Vector(0, 0)
    velocity = Vector(3, -2)
    visits = bounces = 0
    seen = set()
    for i in range(ROUNDS):
        position += velocity
        if wall < position:
            velocity = -velocity
            position = position + velocity
            bounces += 1
        velocity = velocity + pull * (i % 3 - 1)
        if position == home or not velocity:
            velocity = velocity - 2 * pull
            visits += 1
        if i % 8 == 0:
            seen.add(Vector(position[0], position[len(position) - 1]))
    return [position.x, position.y, visits, bounces, len(seen)]
