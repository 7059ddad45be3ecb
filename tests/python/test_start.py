"""How the program starts: what src/cpython/start_up.cpp and src/main.cpp do is not to be seen afterwards."""

import subprocess
import sys
import textwrap
import unittest

from support import run_script

COLLECTIONS = """
import gc
young = gc.get_stats()[0]["collections"]
print(gc.get_count()[0] < gc.get_threshold()[0], len(gc.get_objects(2)) > 1000)
keep = [[] for _ in range(10 * gc.get_threshold()[0])]
print(gc.get_stats()[0]["collections"] - young >= 5)
print(gc.collect() >= 0, gc.get_count()[0] < gc.get_threshold()[0])
"""


class CollectorTest(unittest.TestCase):
    def test_what_a_start_makes_is_old_and_collections_come_as_always(self):
        self.assertEqual(run_script(COLLECTIONS).stdout.split(), ["True", "True", "True", "True", "True"])


class MemoryTest(unittest.TestCase):
    """The data of the program stay where they are, whether they could be moved to a huge page or not."""

    SCRIPT = "import json, re; print(json.dumps({'a': [1.5, None]}), re.sub('b', 'c', 'abc'), len(sys.modules) > 10)"

    def run_with(self, *prefix):
        command = [*prefix, sys.executable, "-c", "import sys; " + self.SCRIPT]
        return subprocess.run(command, capture_output=True, text=True)

    def test_with_the_heap_right_behind_the_data(self):
        if subprocess.run(["setarch", "-R", "true"], capture_output=True).returncode != 0:
            self.skipTest("addresses cannot be fixed here")
        fixed = self.run_with("setarch", "-R")
        self.assertEqual((fixed.returncode, fixed.stderr), (0, ""))
        self.assertEqual(fixed.stdout, self.run_with().stdout)

    def test_a_child_process_has_its_own_data(self):
        script = """
            import os, sys
            values = [n % 7 for n in range(100_000)]
            pid = os.fork()
            if pid == 0:
                sys.intern("a name of the child's"), values.sort()
                os._exit(values[0] + len({n: None for n in range(1000)}) - 1000)
            print(os.waitpid(pid, 0)[1], values[6], type(values).__name__)
        """
        self.assertEqual(run_script(textwrap.dedent(script)).stdout.split(), ["0", "6", "list"])

    def assert_is_used_again(self, size):
        """Making and dropping 8 MiB of objects of this size does not take new pages each time."""
        script = f"""
            import resource
            number, pages = (8 << 20) // {size}, (8 << 20) // resource.getpagesize()
            for round in range(4):
                before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
                blocks = [bytes({size}) for _ in range(number)]
                del blocks
                faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
                if round:
                    print(faults < pages / 10)
        """
        self.assertEqual(run_script(textwrap.dedent(script)).stdout.split(), ["True"] * 3)

    def test_freed_blocks_are_used_again(self):
        self.assert_is_used_again(8000)

    def test_freed_arenas_are_used_again(self):
        self.assert_is_used_again(400)


class CommandLineTest(unittest.TestCase):
    """As python3.11 -c, --version ... does."""

    def status(self, *arguments):
        return subprocess.run([sys.executable, *arguments], capture_output=True, text=True)

    def test_what_ends_the_process_before_python_runs(self):
        self.assertEqual(self.status("--version").returncode, 0)
        self.assertIn("usage:", self.status("--help").stdout)
        wrong = self.status("--no-such-option")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("unknown option --no-such-option", wrong.stderr)

    def test_an_exit_status(self):
        self.assertEqual(self.status("-c", "raise SystemExit(3)").returncode, 3)

    def test_a_failed_start(self):
        failed = subprocess.run(
            [sys.executable, "-c", "pass"], capture_output=True, text=True, env={"PYTHONHOME": "/nonexistent"}
        )
        self.assertEqual(failed.returncode, 1)
        self.assertIn("init_fs_encoding", failed.stderr)


if __name__ == "__main__":
    unittest.main()
