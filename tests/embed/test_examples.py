"""What the examples of embedding print. They are in the build directory: the current one, or STACKLESS_BUILD."""

import os
import pathlib
import subprocess
import unittest

BUILD = pathlib.Path(os.environ.get("STACKLESS_BUILD", os.curdir)).resolve()


def output(name, *options):
    # PYTHONUNBUFFERED would change the order of what programs print.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [BUILD / name, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout.splitlines()


class Examples(unittest.TestCase):
    def test_minimal(self):
        lines = output("embed_minimal")
        self.assertEqual(
            lines,
            [
                "Ann takes step 1",
                "Ben takes step 1",
                "Ann takes step 2",
                "Ben takes step 2",
                "Ben takes step 3",
                "everybody has arrived",
            ],
        )

    def test_watchdog(self):
        lines = output("embed_watchdog")
        self.assertEqual(lines.count("Ann works"), 3)
        self.assertEqual(lines.count("Ben works"), 3)
        interrupted = next(line for line in lines if line.startswith("a script runs away: endless, line "))
        self.assertEqual(lines[lines.index(interrupted) + 1], "endless cleans up")
        self.assertIn("a script has failed: ZeroDivisionError: division by zero", lines)
        self.assertEqual(lines[-1], "all scripts have ended")

    def test_frame_cost(self):
        lines = output("embed_frame_cost", "--check")
        self.assertEqual(lines, ["every actor goes on"])


if __name__ == "__main__":
    unittest.main()
