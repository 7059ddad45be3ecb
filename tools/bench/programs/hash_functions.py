"""Hashes and random numbers of 64 bits, in ints that do not fit a digit: FNV-1a, MurmurHash3's last step and xorshift64*."""

MASK = 2**64 - 1
WORDS = [f"word {number} of the text" for number in range(400)]
ROUNDS = 100_000


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def mixed(value):
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & MASK
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ value >> 33


class Generator:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        state = self.state
        state ^= state >> 12
        state ^= state << 25 & MASK
        state ^= state >> 27
        self.state = state
        return state * 0x2545F4914F6CDD1D & MASK


def run():
    assert fnv1a(b"foobar") == 0x85944171F73967E8
    total = 0
    for word in WORDS:
        total ^= fnv1a(word.encode())
    generator = Generator(total)
    buckets = [0] * 64
    for number in range(ROUNDS):
        buckets[mixed(generator.next() + number) >> 58] += 1
    return [hex(total), hex(generator.state), buckets[:4]]
