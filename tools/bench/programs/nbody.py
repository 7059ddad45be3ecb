"""N-body: the Sun and the four giant planets, stepped with a symplectic integrator."""

from math import pi, sqrt

STEPS = 80_000
TIME_STEP = 0.01
SOLAR_MASS = 4 * pi * pi
DAYS_PER_YEAR = 365.24

# Position in astronomical units, velocity in those per day, mass in Suns.
PLANETS = {
    "Jupiter": (
        (4.84143144246472090, -1.16032004402742839, -0.103622044471123109),
        (0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023),
        0.000954791938424326609,
    ),
    "Saturn": (
        (8.34336671824457987, 4.12479856412430479, -0.403523417114321381),
        (-0.00276742510726411879, 0.00499852801234917238, 0.0000230417297573763929),
        0.000285885980666130812,
    ),
    "Uranus": (
        (12.8943695621391310, -15.1111514016986312, -0.223307578892655734),
        (0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556),
        0.0000436624404335156298,
    ),
    "Neptune": (
        (15.3796971148509165, -25.9193146099879641, 0.179258772950371181),
        (0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870),
        0.0000515138902046611451,
    ),
}


class Body:
    def __init__(self, position, velocity, mass):
        self.x, self.y, self.z = position
        self.vx, self.vy, self.vz = velocity
        self.mass = mass


def solar_system():
    """The bodies, with the Sun moving so that the total momentum is zero."""
    sun = Body((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), SOLAR_MASS)
    bodies = [sun]
    for position, velocity, mass in PLANETS.values():
        per_year = [component * DAYS_PER_YEAR for component in velocity]
        planet = Body(position, per_year, mass * SOLAR_MASS)
        sun.vx -= planet.vx * planet.mass / SOLAR_MASS
        sun.vy -= planet.vy * planet.mass / SOLAR_MASS
        sun.vz -= planet.vz * planet.mass / SOLAR_MASS
        bodies.append(planet)
    return bodies


def pairs_of(bodies):
    return [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1 :]]


def advance(bodies, pairs, dt, steps):
    for _ in range(steps):
        for a, b in pairs:
            dx = a.x - b.x
            dy = a.y - b.y
            dz = a.z - b.z
            squared = dx * dx + dy * dy + dz * dz
            magnitude = dt / (squared * sqrt(squared))
            pull = b.mass * magnitude
            a.vx -= dx * pull
            a.vy -= dy * pull
            a.vz -= dz * pull
            pull = a.mass * magnitude
            b.vx += dx * pull
            b.vy += dy * pull
            b.vz += dz * pull
        for body in bodies:
            body.x += dt * body.vx
            body.y += dt * body.vy
            body.z += dt * body.vz


def energy(bodies, pairs):
    kinetic = sum(b.mass * (b.vx**2 + b.vy**2 + b.vz**2) / 2 for b in bodies)
    potential = sum(
        a.mass * b.mass / sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2)
        for a, b in pairs
    )
    return kinetic - potential


def run():
    bodies = solar_system()
    pairs = pairs_of(bodies)
    before = energy(bodies, pairs)
    advance(bodies, pairs, TIME_STEP, STEPS)
    return [before, energy(bodies, pairs)]
