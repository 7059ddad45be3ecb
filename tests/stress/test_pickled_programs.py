"""The random test of pickling finds what goes wrong, and its programs are what it needs."""

import ast
import os
import re
import subprocess
import sys
import unittest

DIRECTORY = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, DIRECTORY)

from program_source import make_source  # noqa: E402

RUN_CHANGED = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import pickled_programs, pickle, stackless
dump, dump_each_step = pickled_programs.dump, pickled_programs.dump_each_step
exec(sys.argv.pop(1))
pickled_programs.main()
"""


def run(*options, change="pass"):
    """Runs the test with something of it changed."""
    return subprocess.run(
        [sys.executable, "-c", RUN_CHANGED, DIRECTORY, change, "--seed", "1", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class PickledProgramsTest(unittest.TestCase):
    def assert_fails(self, change, pattern, *options):
        result = run("--programs", "2", *options, change=change)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertRegex(result.stdout, pattern)
        self.assertRegex(result.stdout, r"\n0 passed, 1 failed\n$")
        return result.stdout

    def test_without_a_difference_all_programs_pass(self):
        for options in ((), ("--chain",)):
            with self.subTest(options=options):
                result = run("--programs", "2", "--kinds", "reference", "value", *options)
                self.assertEqual(result.returncode, 0, result.stdout)
                self.assertRegex(result.stdout, r"^seed 1\n\d+ stops\n2 passed, 0 failed\n$")

    def test_something_else_that_is_noted_is_found(self):
        change = "pickled_programs.dump = lambda state, *rest: dump((state[0], ['wrong']), *rest)"
        self.assert_fails(change, r"from stop 0 on, elsewhere:\n\['wrong'\]")
        self.assert_fails(change, r"the program has noted\n\['wrong'\]", "--chain")

    def test_another_program_is_found(self):
        self.assert_fails(
            "pickled_programs.dump = lambda state, *rest: dump((stackless.tasklet(len, ('',)), state[1]), *rest)",
            "from stop 0 on, elsewhere",
        )

    def test_what_cannot_be_pickled_is_found(self):
        change = "pickled_programs.dump = lambda state, *rest: dump((state, sys.stdin.buffer), *rest)"
        self.assert_fails(change, "stop 0: TypeError: cannot pickle")

    def test_what_cannot_be_unpickled_is_found(self):
        change = "pickled_programs.dump = lambda state, *rest: dump(state, *rest)[:-9]"
        self.assert_fails(change, "from stop 0 on, elsewhere:\n(UnpicklingError|EOFError)")
        self.assert_fails(change, "step 0 of a chain: (UnpicklingError|EOFError)", "--chain")

    def test_a_process_that_dies_is_found(self):
        change = """if True:
            class Death:
                def __reduce__(self):
                    import os
                    return os._exit, (3,)
            pickled_programs.dump = lambda state, *rest: dump(Death(), *rest)"""
        self.assert_fails(change, "the process has died, with exit status 3")

    def test_a_program_can_be_repeated(self):
        change = "pickled_programs.dump = lambda state, *rest: dump((state[0], ['wrong']), *rest)"
        output = self.assert_fails(change, "Again with")
        again = re.search(r"Again with: \S+ (--seed 1 --program 0 --kinds reference --verbose)\n", output)
        repeated = run(*again[1].split(), change=change).stdout
        self.assertIn("def main(note):", repeated)
        self.assertIn("elsewhere:\n['wrong']", repeated)


class SourceTest(unittest.TestCase):
    SEEDS = range(150)

    def test_depends_on_the_seed_alone(self):
        self.assertEqual(make_source(1), make_source(1))
        self.assertNotEqual(make_source(1), make_source(2))

    def test_all_kinds_of_statements_and_expressions(self):
        found = set()
        for seed in self.SEEDS:
            found.update(type(node) for node in ast.walk(ast.parse(make_source(seed))))
        wanted = set()
        for base in (ast.stmt, ast.expr, ast.pattern):
            wanted.update(base.__subclasses__())
        # Modules have no global statement, because their global variables do not travel.
        wanted -= {ast.Global, ast.AnnAssign, ast.Pass, ast.SetComp} - found
        self.assertEqual({kind.__name__ for kind in wanted - found}, set())


if __name__ == "__main__":
    unittest.main()
