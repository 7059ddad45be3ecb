"""AES-128 in counter mode, written with tables and lists of small integers, as pure-Python ciphers are."""

BLOCKS = 3_500
KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
# The block and its ciphertext that FIPS 197 gives for this key in appendix B.
KNOWN_PLAIN = bytes.fromhex("3243f6a8885a308d313198a2e0370734")
KNOWN_CIPHER = "3925841d02dc09fbdc118597196a0b32"


def doubled(value):
    """Twice the value in the field GF(2^8)."""
    return (value << 1 ^ 0x1B) & 0xFF if value & 0x80 else value << 1


def make_substitution():
    powers, logarithms = [0] * 256, [0] * 256
    value = 1
    for exponent in range(255):
        powers[exponent] = value
        logarithms[value] = exponent
        value ^= doubled(value)
    table = []
    for value in range(256):
        inverse = powers[(255 - logarithms[value]) % 255] if value else 0
        result = 0x63
        for shift in range(5):
            result ^= inverse << shift | inverse >> (8 - shift)
        table.append(result & 0xFF)
    return table


SUBSTITUTION = make_substitution()


class Cipher:
    rounds = 10

    def __init__(self, key):
        self.round_keys = self.expand(key)
        self.columns = self.column_tables()

    def expand(self, key):
        words = [list(key[start : start + 4]) for start in range(0, 16, 4)]
        constant = 1
        while len(words) < 4 * (self.rounds + 1):
            word = words[-1]
            if len(words) % 4 == 0:
                word = [SUBSTITUTION[byte] for byte in word[1:] + word[:1]]
                word[0] ^= constant
                constant = doubled(constant)
            words.append([a ^ b for a, b in zip(word, words[-4])])
        return [int.from_bytes(bytes(word), "big") for word in words]

    @staticmethod
    def column_tables():
        """What a byte adds to its column when it is substituted and mixed, for each of the four rows."""
        tables = [[], [], [], []]
        for byte in SUBSTITUTION:
            twice = doubled(byte)
            column = [twice, byte, byte, twice ^ byte]
            for row, table in enumerate(tables):
                turned = column[-row:] + column[:-row]
                table.append(int.from_bytes(bytes(turned), "big"))
        return tables

    def encrypt(self, block):
        first, second, third, fourth = self.columns
        keys = self.round_keys
        state = [int.from_bytes(block[4 * i : 4 * i + 4], "big") ^ keys[i] for i in range(4)]
        for number in range(1, self.rounds):
            state = [
                first[state[i] >> 24]
                ^ second[state[(i + 1) & 3] >> 16 & 0xFF]
                ^ third[state[(i + 2) & 3] >> 8 & 0xFF]
                ^ fourth[state[(i + 3) & 3] & 0xFF]
                ^ keys[4 * number + i]
                for i in range(4)
            ]
        result = bytearray()
        for i in range(4):
            key = keys[4 * self.rounds + i]
            for row in range(4):
                shift = 24 - 8 * row
                byte = state[(i + row) & 3] >> shift & 0xFF
                result.append(SUBSTITUTION[byte] ^ (key >> shift & 0xFF))
        return bytes(result)


def run():
    cipher = Cipher(KEY)
    assert cipher.encrypt(KNOWN_PLAIN).hex() == KNOWN_CIPHER
    text = bytearray(16 * BLOCKS)
    for number in range(BLOCKS):
        pad = cipher.encrypt(number.to_bytes(16, "big"))
        start = 16 * number
        for offset, byte in enumerate(pad):
            text[start + offset] ^= byte
    return [text[:16].hex(), sum(text)]
