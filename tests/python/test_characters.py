"""What kind of letters characters are, as str's methods and re have it."""

import re
import unicodedata
import unittest

CHARACTERS = [*map(chr, range(0x600)), *"\N{CJK UNIFIED IDEOGRAPH-4E00}\N{ROMAN NUMERAL ONE}\N{GRINNING FACE}\U0010ffff"]


class CharactersTest(unittest.TestCase):
    def test_letters(self):
        for character in CHARACTERS:
            self.assertIs(character.isalpha(), unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo"))

    def test_digits(self):
        for character in CHARACTERS:
            self.assertIs(character.isdecimal(), unicodedata.decimal(character, None) is not None)
            self.assertIs(character.isdigit(), unicodedata.digit(character, None) is not None)
            self.assertIs(character.isnumeric(), unicodedata.numeric(character, None) is not None)

    def test_words(self):
        word, digit = re.compile(r"\w"), re.compile(r"\d")
        for character in CHARACTERS:
            is_letter = character.isalpha() or unicodedata.numeric(character, None) is not None
            self.assertIs(character.isalnum(), is_letter)
            self.assertIs(word.match(character) is not None, is_letter or character == "_")
            self.assertIs(digit.match(character) is not None, unicodedata.decimal(character, None) is not None)

    def test_words_of_text(self):
        self.assertEqual(re.findall(r"\w+", "ab1 \N{LATIN SMALL LETTER E WITH ACUTE}_2\u00b2, x"), ["ab1", "\xe9_2\xb2", "x"])


if __name__ == "__main__":
    unittest.main()
