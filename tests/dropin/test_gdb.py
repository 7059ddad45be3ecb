"""Python frames in gdb: of a program that runs, and of its core dump."""

import sys
import unittest
from pathlib import Path

from support import IS_STACKLESS, DirectoryTestCase, needs_file, run, write

SCRIPT = Path(__file__).resolve().parents[2] / "tools/packaging/stackless-gdb.py"

PROGRAM = """
    import os, stackless

    def outer():
        return sorted([2, 1], key=inner)

    def inner(number):
        os.abort()

    stackless.tasklet(outer)()
    stackless.run()
"""


@needs_file("/usr/bin/gdb", "gdb")
@needs_file("/usr/share/gdb/auto-load/usr/bin/python3.11-gdb.py", "python3.11-dbg")
@unittest.skipUnless(IS_STACKLESS, "the script is for stackless")
class BacktraceTest(DirectoryTestCase):
    def gdb(self, *commands, program):
        options = [
            part
            for command in ("set debuginfod enabled off", f"source {SCRIPT}", *commands)
            for part in ("-ex", command)
        ]
        return run("gdb", "-q", "-batch", "-nx", *options, *program, cwd=self.directory)

    def assert_shows_frames(self, output):
        self.assertIn("(most recent call first):", output)
        self.assertRegex(output, r'program.py", line 8, in inner\n(.*\n)*.*program.py", line 5, in outer\n')

    def test_running_program_and_core_dump(self):
        write(self.directory / "program.py", PROGRAM)
        program = ("--args", sys.executable, self.directory / "program.py")
        self.assert_shows_frames(self.gdb("run", "stackless-bt", "generate-core-file core", program=program))
        self.assert_shows_frames(self.gdb("stackless-bt", program=(sys.executable, "core")))


if __name__ == "__main__":
    unittest.main()
