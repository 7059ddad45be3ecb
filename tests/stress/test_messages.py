"""The program that exchanges messages finds what got lost, and what has come twice."""

import unittest
from array import array

from messages import Exchange


class ProblemsTest(unittest.TestCase):
    def assert_problems(self, received, **expected):
        exchange = Exchange(threads=1, tasklets=2, messages=4, channels=1)
        exchange.received = [array("q", numbers) for numbers in received]
        found = {what: those for what, those in exchange.problems().items() if those}
        expected = {f"messages {what.replace('_', ' ')}": those for what, those in expected.items()}
        self.assertEqual(found, expected)

    def test_all_is_well(self):
        self.assert_problems([[0, 3], [], [2, 1]])

    def test_lost(self):
        self.assert_problems([[0, 3], [2]], lost=[1])

    def test_twice(self):
        self.assert_problems([[0, 1, 2, 3], [3]], received_twice=[3])

    def test_never_sent(self):
        self.assert_problems([[0, 1, 2, 3], [4]], never_sent=[4])


if __name__ == "__main__":
    unittest.main()
