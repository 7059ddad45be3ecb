"""The examples: that the demo checks them, and the memory that they promise to save."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def run_example(path, *arguments):
    return subprocess.run(
        [sys.executable, path, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class MemoryTest(unittest.TestCase):
    def test_two_thousand_tasklets_are_smaller_than_threads(self):
        sizes = {}
        for program in ("tasklets", "threads"):
            result = run_example(EXAMPLES / "two_thousand.py", program)
            self.assertEqual(result.returncode, 0, result.stderr)
            sizes[program] = [int(size) for size in result.stdout.split()]
        for kind, tasklets, threads in zip(("resident", "virtual"), *sizes.values()):
            with self.subTest(size=kind):
                self.assertLess(tasklets, threads)


class DemoTest(unittest.TestCase):
    """run_demo.py with examples of which one may be broken."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.copy = pathlib.Path(directory.name) / "examples"
        shutil.copytree(EXAMPLES, self.copy)
        self.replace("ring.py", "print('10,000 tasklets 50,000 hops')")
        self.replace(
            "two_thousand.py", "print('2,000 tasklets 2,000 threads MB resident MB virtual')"
        )

    def replace(self, example, source):
        (self.copy / example).write_text(source)

    def run_demo(self, *arguments):
        return run_example(self.copy / "run_demo.py", *arguments)

    def test_all_is_well(self):
        result = self.run_demo()
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("\ncluck\n", result.stdout)
        self.assertIn("\n['yes', 'no']\n", result.stdout)
        self.assertEqual(result.stdout.splitlines()[-1], "10 passed, 0 failed")

    def test_wrong_output(self):
        self.replace("chicken_and_egg.py", "print('moo')")
        result = self.run_demo()
        self.assertEqual(result.returncode, 1)
        self.assertIn("chicken_and_egg.py did not print 'cluck'", result.stdout)
        self.assertEqual(result.stdout.splitlines()[-1], "9 passed, 1 failed")

    def test_error(self):
        self.replace("yes_and_no.py", "print(['yes', 'no']); raise ValueError('reason')")
        result = self.run_demo()
        self.assertEqual(result.returncode, 1)
        self.assertIn("ValueError: reason", result.stdout)
        self.assertIn("yes_and_no.py ended with status 1", result.stdout)

    def test_check_shows_only_what_fails(self):
        self.replace("chicken_and_egg.py", "print('moo')")
        result = self.run_demo("--check")
        self.assertIn("moo", result.stdout)
        self.assertNotIn("['yes', 'no']", result.stdout)
        self.assertEqual(result.returncode, 1)

    def test_unknown_option(self):
        self.assertEqual(self.run_demo("--no-such-option").returncode, 2)


if __name__ == "__main__":
    unittest.main()
