"""str.split() and str.splitlines() of ASCII text, which are not libpython's."""

import itertools
import random
import sys
import unittest


class Stock(str):
    """A text that libpython splits."""


def kinds(parts):
    return [(type(part), part, hash(part), part.isascii()) for part in parts]


class SplittingTest(unittest.TestCase):
    def check(self, text):
        stock = Stock(text)
        for split in (
            lambda text: text.split(),
            lambda text: text.split(" "),
            lambda text: text.split(","),
            lambda text: text.splitlines(),
            lambda text: text.splitlines(True),
        ):
            self.assertEqual(kinds(split(text)), kinds(str(part) for part in split(stock)), repr(text))

    def test_short_texts(self):
        for length in range(6):
            for letters in itertools.product("a \n\r\x1c,", repeat=length):
                self.check("".join(letters))

    def test_each_letter(self):
        for code in range(128):
            for before, after in itertools.product(("", "x", "seven +", "eight ++", "and more letters"), repeat=2):
                self.check(before + chr(code) + after)

    def test_long_texts(self):
        source = random.Random(5)
        for letters in ("ab \n", "abcdefghijklmno,", "".join(map(chr, range(128)))):
            for _ in range(300):
                self.check("".join(source.choices(letters, k=source.randrange(200))))

    def test_other_texts(self):
        self.assertEqual("ä b\u2003c\x85d".split(), ["ä", "b", "c", "d"])
        self.assertEqual("ä\x85b\u2028c".splitlines(), ["ä", "b", "c"])
        self.assertEqual("a\x85b".split("\x85"), ["a", "b"])

    def test_other_arguments(self):
        self.assertEqual("a b c".split(None, 1), ["a", "b c"])
        self.assertEqual("a,b,c".split(",", maxsplit=1), ["a", "b,c"])
        self.assertEqual("a, b".split(sep=", "), ["a", "b"])
        self.assertEqual("a b".split("é"), ["a b"])
        self.assertEqual("a b".split(Stock(" ")), ["a", "b"])
        self.assertEqual("a\nb".splitlines(keepends=True), ["a\n", "b"])
        self.assertEqual("a\nb".splitlines(1), ["a\n", "b"])
        self.assertRaises(ValueError, "a".split, "")
        self.assertRaises(TypeError, "a".split, 1)
        self.assertRaises(TypeError, "a".splitlines, "x")

    def test_a_text_without_separators_is_not_copied(self):
        text = "".join(["to", "gether"])
        for parts in (text.split(), text.split(","), text.splitlines()):
            self.assertIs(parts[0], text)

    def test_texts_that_end_like_others_are_not_written_over(self):
        text = "".join(["one two", " three"])
        parts = text.split()
        self.assertEqual("".join([parts[0], "!"]), "one!")
        self.assertEqual((text, parts), ("one two three", ["one", "two", "three"]))


class JoinedTextsTest(unittest.TestCase):
    def joined(self, first, second, third=""):
        results = first + second + third, f"{first}{second}{third}"
        self.assertEqual(*kinds(results))
        return results[0]

    def test_ascii(self):
        self.assertEqual(self.joined("a", "b"), "ab")
        self.assertEqual(self.joined("", "b"), "b")
        self.assertEqual(self.joined("", ""), "")
        self.assertEqual(self.joined("x" * 1000, "", "y"), "x" * 1000 + "y")

    def test_others(self):
        for other in "é", "€", "𝄞", "e\0":
            self.assertEqual(self.joined("a", other), "a" + other)
            self.assertEqual(len(self.joined(other, "bc", other)), len(other) * 2 + 2)

    def test_instances_of_subclasses(self):
        class Text(str):
            def __format__(self, specification):
                return self

        self.assertEqual(kinds([f"{Text('a')}{Text('b')}", Text("a") + Text("b")]), kinds(["ab", "ab"]))

    def test_result_is_a_key_like_others(self):
        names = {"alphabet": 1, "é!": 2}
        for first, second in (("alpha", "bet"), ("é", "!")):
            self.assertIn(first + second, names)
            self.assertIn(f"{first}{second}", names)
        self.assertEqual(sys.intern("al" + "".join("pha")), "alpha")


if __name__ == "__main__":
    unittest.main()
