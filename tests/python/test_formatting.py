"""% and str.format() of short ASCII texts and numbers, and f-strings: the results and errors are libpython's."""

import itertools
import math
import random
import unittest


class Stock(str):
    """A format that libpython fills."""


class Number(int):
    def __str__(self):
        return "a number"

    __repr__ = __str__


class Text(str):
    def __str__(self):
        return "a text"

    def __rmod__(self, other):
        return "rmod"


VALUES = (
    "", "a", "it's", "two words", "tab\t", "back\\slash", '"quoted"', "é", "x" * 470, "y" * 500,
    0, 5, -5, 255, -2**30, 2**30 - 1, 2**59, -(2**60) + 1, 2**60, -(2**63), 2**80,
    0.0, -0.0, 1.5, -2.25, 1e300, 1e-7, 123456.789, math.inf, -math.inf, math.nan,
    None, True, b"bytes", [1, "a"], {"a": 1}, Number(3), Text("text"), 3 + 4j,
)


def outcome(function, *args, **kwargs):
    """What comes of a call: its result, which is an exact str, or its exception."""
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)
    return type(result), result, hash(result)


class ModuloTest(unittest.TestCase):
    def check(self, format, values):
        self.assertEqual(outcome(lambda: format % values), outcome(str.__mod__, format, values), (format, values))

    def test_one_value(self):
        specifiers = [
            "%" + flags + width + precision + kind
            for flags, width, precision, kind in itertools.product(
                ("", "-", "0", "-0", "0-", "+", " ", "#"), ("", "1", "7", "12", "100"), ("", ".", ".0", ".2", ".15"), "sdfrixeg%"
            )
        ]
        source = random.Random(3)
        for specifier in specifiers:
            for value in source.sample(VALUES, 8):
                self.check(specifier, (value,))
                self.check(f"<{specifier}>", (value,))

    def test_each_value(self):
        for format in "%s", "%d", "%r", "%f", "%.3f", "%05d", "%-9s|", "%9s|", "100%% %s", "no value":
            for value in VALUES:
                self.check(format, (value,))
                if not isinstance(value, Text):
                    self.check(format, value)

    def test_several_values(self):
        for format in "%s %s", "%s%d%r", "%d of %d: %s", "%s", "", "%", "%s %", "%%", "%5", "%(a)s", "%s%%%s":
            for count in range(4):
                for values in itertools.product(("a", 7, 2.5), repeat=count):
                    self.check(format, values)

    def test_others_come_first(self):
        self.assertEqual("%s" % Text("x"), "rmod")
        self.assertEqual("%(a)s" % {"a": 1}, "1")
        self.assertEqual("plain" % {}, "plain")
        self.assertEqual("é%s" % "a", "éa")
        self.assertEqual(Stock("%s") % "a", "a")

    def test_assigned(self):
        text = "%s and %s"
        text %= 1, 2
        self.assertEqual(text, "1 and 2")


class FormatTest(unittest.TestCase):
    def check(self, format, *args, **kwargs):
        self.assertEqual(outcome(format.format, *args, **kwargs), outcome(Stock(format).format, *args, **kwargs), format)

    def test_fields(self):
        for format in ("{}", "{} {}", "{0}", "{1} {0}", "{0}{0}", "{00}", "{a}", "{b} {a}", "{{}}", "{{{}}}", "}}{{", "}", "{",
                       "{} {0}", "{0} {}", "{2}", "{c}", "{!r}", "{!s:>4}", "{0!r}", "{a!r}", "{0.real}", "{a[0]}", "{:{}}", "{:{1}}",
                       "{-1}", "{ 0}", "{0 }", "{a }", "{:}", "{0:}", "{a:}", "{a:>5}", "{}}", "{123}", "x{}y{}z", ""):
            for args in (), ("a",), ("ab", 3), (1, 2, 3):
                for kwargs in {}, {"a": "word"}, {"b": 5, "a": 2.5}, {"é": 1, "a": None}:
                    self.check(format, *args, **kwargs)

    def specifications(self):
        return ("".join(parts) for parts in itertools.product(
            ("", "<", ">", "^", "=", "*<"), ("", "0"), ("", "1", "8", "100"), ("", ".0", ".2", ".20", ".100", ","), ("", "d", "f", "s", "x", "%")))

    def test_specifications(self):
        source = random.Random(4)
        for specification in self.specifications():
            for value in source.sample(VALUES, 4):
                self.check("{:" + specification + "}", value)
                self.check("<{a:" + specification + "}>", a=value)

    def test_formatted_in_an_f_string(self):
        source = random.Random(5)
        for specification in self.specifications():
            for value in source.sample(VALUES, 4):
                self.assertEqual(outcome(lambda: f"{value:{specification}}"), outcome(format, value, specification), (value, specification))

    def test_each_value(self):
        for value in VALUES:
            self.check("{}", value)
            self.check("{a}", a=value)
            self.check("{:>6}|{:<6}|{:6}", value, value, value)

    def test_long_results(self):
        for length in 477, 478, 479, 480, 481, 10_000:
            text = "x" * length
            self.check("{}", text)
            self.check(text + "{}", 1)
            self.assertEqual(text + "%d" % 12, f"{text}12")
            self.assertEqual(outcome(lambda: (text + "%d") % 12), outcome(str.__mod__, text + "%d", 12))

    def test_a_single_text_is_not_copied(self):
        text = "".join(["to", "gether"])
        for result in "%s" % text, "%s" % (text,), "{}".format(text), "{:3}".format(text), f"{text:<8}", text % (), text.format():
            self.assertIs(result, text)

    def test_as_a_function(self):
        self.assertEqual(str.format("{}-{a}", 1, a=2), "1-2")
        self.assertEqual([*map("{:02d}".format, range(3))], ["00", "01", "02"])
        self.assertRaises(TypeError, str.format)
        self.assertRaises(TypeError, str.format, 1)

    def test_a_value_whose_str_is_in_python(self):
        self.assertEqual("{} {}".format("a", Number(3)), "a a number")
        self.assertEqual("{!s} {!r}".format(Number(3), Number(3)), "a number a number")
        self.assertEqual("%s %s" % ("a", Number(3)), "a a number")


if __name__ == "__main__":
    unittest.main()
