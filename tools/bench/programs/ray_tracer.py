"""A ray tracer: spheres and a chequered floor, with shadows and reflections."""

import math

WIDTH, HEIGHT = 96, 72
DEPTH = 3
NEAREST = 1e-6


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def scaled(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def normalized(self):
        return self.scaled(1.0 / math.sqrt(self.dot(self)))

    def reflected(self, normal):
        return self - normal.scaled(2.0 * self.dot(normal))


class Ray:
    def __init__(self, origin, direction):
        self.origin = origin
        self.direction = direction

    def at(self, distance):
        return self.origin + self.direction.scaled(distance)


class Sphere:
    def __init__(self, centre, radius, colour, mirror):
        self.centre = centre
        self.radius = radius
        self.colour = colour
        self.mirror = mirror

    def distance_along(self, ray):
        to_centre = self.centre - ray.origin
        along = to_centre.dot(ray.direction)
        under_root = self.radius * self.radius - to_centre.dot(to_centre) + along * along
        if under_root < 0.0:
            return None
        distance = along - math.sqrt(under_root)
        return distance if distance > NEAREST else None

    def normal_at(self, point):
        return (point - self.centre).normalized()

    def colour_at(self, point):
        return self.colour


class Floor:
    mirror = 0.1

    def __init__(self, height):
        self.height = height

    def distance_along(self, ray):
        if abs(ray.direction.y) < NEAREST:
            return None
        distance = (self.height - ray.origin.y) / ray.direction.y
        return distance if distance > NEAREST else None

    def normal_at(self, point):
        return Vector(0.0, 1.0, 0.0)

    def colour_at(self, point):
        return 0.9 if (math.floor(point.x) + math.floor(point.z)) % 2 else 0.2


class Scene:
    def __init__(self, things, light):
        self.things = things
        self.light = light

    def nearest(self, ray):
        hits = ((thing.distance_along(ray), thing) for thing in self.things)
        return min(((d, thing) for d, thing in hits if d is not None), key=lambda hit: hit[0], default=None)

    def brightness(self, ray, depth):
        hit = self.nearest(ray)
        if hit is None:
            return 0.4 + 0.4 * ray.direction.y
        distance, thing = hit
        point = ray.at(distance)
        normal = thing.normal_at(point)
        own = thing.colour_at(point) * self.light_at(point, normal)
        if depth == 0 or not thing.mirror:
            return own
        reflected = Ray(point, ray.direction.reflected(normal))
        return own * (1.0 - thing.mirror) + self.brightness(reflected, depth - 1) * thing.mirror

    def light_at(self, point, normal):
        direction = (self.light - point).normalized()
        if self.nearest(Ray(point, direction)) is not None:
            return 0.1
        return max(0.1, normal.dot(direction))


def run():
    spheres = [Sphere(Vector(x, 0.0, 4.0 + x), 0.9, 0.3 + x / 10, 0.3) for x in (-2.0, 0.0, 2.0)]
    scene = Scene([*spheres, Floor(-1.0)], Vector(-6.0, 9.0, -2.0))
    eye = Vector(0.0, 0.5, -2.0)
    rows = []
    for row in range(HEIGHT):
        y = 0.5 - row / HEIGHT
        directions = (Vector(column / WIDTH - 0.5, y, 0.8).normalized() for column in range(WIDTH))
        rows.append(sum(int(255 * scene.brightness(Ray(eye, direction), DEPTH)) for direction in directions))
    return [sum(rows), rows[HEIGHT // 2]]
