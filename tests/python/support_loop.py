"""What the tests of the bytecode loop share."""

import dis
import unittest

WARM = 100  # calls after which every instruction of a function has its specialised form


class LoopTestCase(unittest.TestCase):
    def specialise(self, form, function, *args):
        """Calls a function until the instruction has been specialised as the test is about."""
        for _ in range(WARM):
            function(*args)
        self.assertIn(form, forms(function))

    def assert_each(self, expected, function, *args):
        """Calls a function so often that what misses is despecialised, and then specialised anew."""
        for _ in range(2 * WARM):
            self.assertEqual(function(*args), expected)

    def assert_each_raises(self, exception, message, function, *args):
        for _ in range(2 * WARM):
            with self.assertRaises(exception) as caught:
                function(*args)
            self.assertEqual(str(caught.exception), message)


def forms(function):
    """The names of the instructions that a function consists of at the moment."""
    return {instruction.opname for instruction in dis.get_instructions(function, adaptive=True)}


def define(source, name="f", **namespace):
    """Runs the source of a definition and returns what it defines."""
    exec(source, namespace)
    return namespace[name]
