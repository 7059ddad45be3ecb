"""Properties with getter and setter, __getattr__, and a descriptor of one's own."""

ROUNDS = 375_000


class Positive:
    """A descriptor that refuses to store what is below zero."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner):
        return getattr(instance, self.name)

    def __set__(self, instance, value):
        setattr(instance, self.name, value if value > 0 else 0)


class Rectangle:
    depth = Positive()

    def __init__(self, width, height):
        self._width = width
        self._height = height
        self.depth = 1

    @property
    def width(self):
        return self._width

    @width.setter
    def width(self, value):
        self._width = value

    @property
    def area(self):
        return self.width * self._height


class Proxy:
    def __init__(self, target):
        self.target = target

    def __getattr__(self, name):
        return getattr(self.target, name)


def run():
    rectangle = Rectangle(3, 4)
    proxy = Proxy(rectangle)
    total = 0
    for i in range(ROUNDS):
        rectangle.width = i & 15
        total += rectangle.area
        rectangle.depth = rectangle.width - 4
        total += rectangle.depth
        total += proxy._height
    return total
