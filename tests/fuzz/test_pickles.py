"""What the fuzzer of pickles begins with, has found, and would do next, with the ordinary program."""

import pickle
import random
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent
sys.path.insert(0, str(DIRECTORY))

from pickle_mutator import cross, mutate  # noqa: E402

# Says how many of the files can be loaded.
COUNT_LOADED = """
import sys
sys.path.insert(0, sys.argv.pop(1))
output = sys.stdout
import io, pickle_driver
loaded = 0
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        try:
            pickle_driver.Unpickler(io.BytesIO(file.read())).load()
            loaded += 1
        except Exception as error:
            print(f"{name}: {error!r}", file=output)
print(loaded, file=output)
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class PicklesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        result = run(DIRECTORY / "pickle_seeds.py", cls.directory.name)
        cls.complaints = result.stdout
        cls.seeds = sorted(Path(cls.directory.name).iterdir())

    def assert_runs(self, *arguments):
        result = run(*arguments)
        self.assertEqual(result.returncode, 0, result.stdout[-4000:])
        return result.stdout

    def test_seeds(self):
        self.assertEqual(self.complaints, "")
        self.assertGreater(len(self.seeds), 100)
        self.assert_runs(DIRECTORY / "pickle_driver.py", *self.seeds)

    def test_most_seeds_can_be_loaded(self):
        """The driver does not allow everything that a pickle can name."""
        *refused, loaded = self.assert_runs("-c", COUNT_LOADED, DIRECTORY, *self.seeds).splitlines()
        self.assertGreater(int(loaded), 0.9 * len(self.seeds), refused)

    def test_found_ones(self):
        found = sorted((DIRECTORY / "corpus").glob("*.pickle"))
        self.assertGreater(len(found), 0)
        self.assert_runs(DIRECTORY / "pickle_driver.py", *found)

    def test_mutations(self):
        for seed in ("1", "2"):
            output = self.assert_runs(DIRECTORY / "mutated_pickles.py", "--seed", seed, "--count", "3000")
            self.assertTrue(output.endswith("3000 passed, 0 failed\n"), output)


class MutatorTest(unittest.TestCase):
    DATA = b"\x80\x04]\x94(\x8c\x01a\x94K\x01K\x02h\x01e\x85\x94."
    OTHER = b"\x80\x04}\x94(\x8c\x03key\x94K\x07u."

    def test_depends_on_the_seed_alone(self):
        for seed in range(50):
            self.assertEqual(mutate(self.DATA, seed), mutate(self.DATA, seed))
            self.assertEqual(cross(self.DATA, self.OTHER, seed), cross(self.DATA, self.OTHER, seed))

    def test_most_mutations_are_pickles(self):
        made = {mutate(self.DATA, seed) for seed in range(300)} - {self.DATA}
        self.assertGreater(len(made), 100)
        self.assertGreater(sum(map(self.is_pickle, made)), len(made) / 2)

    def test_anything_can_be_mutated(self):
        numbers = random.Random(1)
        for length in range(60):
            data = numbers.randbytes(length)
            self.assertIsInstance(mutate(data, length), bytes)
            self.assertIsInstance(cross(data, self.DATA, length), bytes)
            self.assertIsInstance(cross(self.DATA, data, length), bytes)

    @staticmethod
    def is_pickle(data):
        try:
            pickle.loads(data)
        except Exception:
            return False
        return True


if __name__ == "__main__":
    unittest.main()
