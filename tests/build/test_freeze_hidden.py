"""tools/freeze_hidden.py: what it makes of functions, and what it refuses."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "tools/freeze_hidden.py"


class FreezeTest(unittest.TestCase):
    def freeze(self, *sources):
        """The header for files with these sources, or what the program complains about."""
        with tempfile.TemporaryDirectory() as directory:
            paths = [Path(directory, f"file{number}.py") for number in range(len(sources))]
            for path, source in zip(paths, sources):
                path.write_text(source)
            output = Path(directory, "header.hpp")
            result = subprocess.run(
                [sys.executable, PROGRAM, output, *paths], capture_output=True, text=True
            )
            return output.read_text() if result.returncode == 0 else result.stderr

    def test_names_are_enumerated(self):
        header = self.freeze("def first(a): return a\ndef second(): pass", "def third(): pass")
        enumeration = header[header.index("enum class Hidden") :].split("}")[0]
        self.assertEqual(enumeration.split("{")[1].split(), ["first,", "second,", "third,"])

    def test_the_same_each_time(self):
        source = "def first(a, b=1, *, c=...): return [a, b, c]"
        self.assertEqual(self.freeze(source), self.freeze(source))

    def test_refuses_functions_inside(self):
        for body in ("lambda: 0", "[x for x in a]", "(x for x in a)"):
            with self.subTest(body):
                complaint = self.freeze(f"def outer(a): return {body}")
                self.assertIn("outer() must not contain functions", complaint)

    def test_refuses_a_name_twice(self):
        complaint = self.freeze("def name(): pass", "def name(): pass")
        self.assertIn("hidden functions defined twice: name", complaint)


if __name__ == "__main__":
    unittest.main()
