"""bytes.replace(), find(), count() and `in` of bytes and bytearrays, and str.find(), which look at many places at a time."""

import random
import unittest

SIZES = 0, 1, 15, 16, 17, 63, 64, 65, 79, 80, 81, 200, 1000


class Bytes(bytes):
    pass


def positions(text, word):
    """Where the word is, without overlaps, found by slices."""
    found = []
    at = 0
    while at <= len(text) - len(word):
        if text[at : at + len(word)] == word:
            found.append(at)
            at += len(word)
        else:
            at += 1
    return found


def replaced(text, word, replacement):
    parts = []
    begin = 0
    for at in positions(text, word):
        parts += [text[begin:at], replacement]
        begin = at + len(word)
    return b"".join([*parts, text[begin:]])


class SearchingTest(unittest.TestCase):
    def check(self, text, word):
        expected = positions(text, word)
        found = expected[0] if expected else -1
        letters, word_letters = text.decode("latin-1"), word.decode("latin-1")
        self.assertEqual(letters.find(word_letters), found)
        self.assertEqual((letters + "\N{EURO SIGN}").find(word_letters), found)
        self.assertEqual(letters.find(word_letters + "\N{EURO SIGN}"), -1)
        for kind in bytes, bytearray, Bytes:
            for each in word, bytearray(word), memoryview(word), Bytes(word):
                self.assertEqual(kind(text).find(each), found)
                self.assertEqual(kind(text).count(each), len(expected))
                self.assertIs(each in kind(text), bool(expected))
                for replacement in b"", b"x", word[::-1], 3 * word:
                    result = kind(text).replace(each, replacement)
                    self.assertEqual(result, replaced(text, word, replacement))
                    self.assertIs(type(result), bytearray if kind is bytearray else bytes)

    def test_few_letters(self):
        generator = random.Random(3)
        for size in SIZES:
            for letters in b"ab", b"abcd", bytes(range(256)):
                text = bytes(generator.choices(letters, k=size))
                for word_size in 1, 2, 3, 8, 20:
                    self.check(text, bytes(generator.choices(letters, k=word_size)))
                    self.check(text, text[size // 2 : size // 2 + word_size] or b"a")

    def test_at_each_place(self):
        for at in range(80):
            text = bytearray(b"." * 96)
            text[at : at + 5] = b"words"
            self.assertEqual(bytes(text).find(b"words"), at)
            self.assertEqual(bytes(text).find(b"w."), -1)
            self.assertEqual(bytes(text).replace(b"words", b""), b"." * 91)

    def test_occurrences_do_not_overlap(self):
        for size in range(60, 100):
            self.assertEqual((b"a" * size).count(b"aa"), size // 2)
            self.assertEqual((b"a" * size).count(b"aaa"), size // 3)
            self.assertEqual((b"a" * size).replace(b"aaa", b"b"), b"b" * (size // 3) + b"a" * (size % 3))

    def test_what_is_nearly_found_everywhere(self):
        text = b"a" * 20_000
        for word in (b"a" * 500 + b"b" + b"a" * 500, b"ab" + b"a" * 500):
            self.assertEqual(text.find(word), -1)
            self.assertEqual(text.count(word), 0)
            self.assertIs(text.replace(word, b"x"), text)
            self.assertEqual((text + word + text).find(word), len(text))
            self.assertEqual((text + word + text).replace(word, b"x"), text + b"x" + text)

    def test_nothing_replaced_is_the_same_object(self):
        text = b"some text " * 20
        self.assertIs(text.replace(b"none", b"x"), text)
        derived = Bytes(text)
        self.assertIs(type(derived.replace(b"none", b"x")), bytes)
        self.assertEqual(derived.replace(b"none", b"x"), text)

    def test_everything_replaced(self):
        self.assertEqual((b"ab" * 50).replace(b"ab", b""), b"")
        self.assertEqual((b"ab" * 50).replace(b"ab", b"ba"), b"ba" * 50)

    def test_limits_go_elsewhere(self):
        text = b"one two " * 20
        self.assertEqual(text.replace(b"one", b"1", 2), b"1 two 1 two " + text[16:])
        self.assertEqual(text.replace(b"one", b"1", -1), b"1 two " * 20)
        self.assertEqual(text.find(b"one", 1), 8)
        self.assertEqual(text.find(b"one", 1, 8), -1)
        self.assertEqual(text.count(b"two", 8), 19)
        self.assertEqual(text.replace(b"", b"-"), b"-" + b"".join(b"%c-" % each for each in text))
        self.assertEqual(text.find(b""), 0)
        self.assertEqual(text.decode().find("one", 1), 8)
        self.assertEqual(text.decode().find("one", 1, 8), -1)

    def test_wrong_arguments(self):
        text = b"one two " * 20
        with self.assertRaisesRegex(TypeError, "a bytes-like object is required, not 'str'"):
            text.replace(b"one", "1")
        with self.assertRaisesRegex(TypeError, "argument should be integer or bytes-like object, not 'str'"):
            text.find("one")
        with self.assertRaisesRegex(TypeError, "a bytes-like object is required, not 'str'"):
            "one" in text
        with self.assertRaisesRegex(TypeError, "must be str, not bytes"):
            text.decode().find(text)
        with self.assertRaisesRegex(TypeError, "find\\(\\) takes at least 1 argument"):
            text.decode().find()

    def test_too_long(self):
        with self.assertRaises((MemoryError, OverflowError)):
            (b"ab" * 2**21).replace(b"ab", b"-" * 2**22)


if __name__ == "__main__":
    unittest.main()
