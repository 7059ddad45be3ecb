"""What the tests of pickled code, functions and classes share."""

import pickle
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

PICKLERS = [(dumps, protocol) for dumps in (pickle.dumps, pickle._dumps) for protocol in range(2, 6)]

# A function that goes by value makes a pickle one of a computation.
COMPUTATION = eval("lambda: None", {})


def round_trips(value):
    """What becomes of a value in pickles of each kind."""
    for dumps, protocol in PICKLERS:
        data = dumps(value, protocol)
        for loads in (pickle.loads, pickle._loads):
            yield loads(data)



class Project(unittest.TestCase):
    """Each test has a directory of its own for programs and modules."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def write(self, name, source):
        (self.directory / name).write_text(textwrap.dedent(source))

    def run_program(self, name, *arguments, fails=False):
        """Runs a program of the directory and returns what it printed, or, if it fails, its last line of error."""
        command = [sys.executable, "-B", str(self.directory / name), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, cwd=self.directory, check=False)
        if fails:
            self.assertNotEqual(result.returncode, 0, result.stdout)
            return result.stderr.strip().splitlines()[-1]
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout
