"""Tests of the benchmark tools themselves: what they name, refuse and go on after. No test judges a speed."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from xml.etree import ElementTree

import builtin_calls
import builtin_reasons
import cliffs
import measure
import peer_table
import program_table
import report
import svg_plot
from builtins_table import BuiltinsTable
from cliffs import CliffsTable
from measure import MeasureError, Probe, Ratio, Sample
from verdict import at_least, at_most

HERE = Path(__file__).parent


def run_tool(name, *arguments):
    return subprocess.run([sys.executable, HERE / name, *arguments], capture_output=True, text=True)


class FakeInterpreters(unittest.TestCase):
    """Shell scripts stand in for an interpreter, so that a failure needs no broken build."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def script(self, body):
        path = self.directory / "interpreter"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    def compare_with(self, stackless, *names):
        return run_tool("run.py", "--python", sys.executable, "--stackless", stackless, "--rounds", "1", *names)

    def test_equal_results_are_a_success(self):
        done = self.compare_with(sys.executable, "startup", "startup_isolated")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(?m)^startup +\d+\.\d +\d+\.\d +\d+\.\d\d  \d")
        self.assertRegex(done.stdout, r"(?m)^(holds |MISSED) startup: \d\.\d+, at least 0\.952$")
        self.assertNotIn("FAILED", done.stdout)

    def test_a_failing_program_is_named_and_the_rest_goes_on(self):
        fails_on_programs = self.script(
            f'case "$1" in *child_program.py) echo out of luck >&2; exit 3;; esac\nexec {sys.executable} "$@"'
        )
        done = self.compare_with(fails_on_programs, "nqueens", "startup")
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAILED: nqueens under stackless: exit status 3: out of luck", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^(holds |MISSED) startup:")

    def test_another_result_is_a_failure(self):
        cheats = self.script('echo \'{"seconds": [0.001], "result": 42}\'')
        done = self.compare_with(cheats, "nqueens")
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAILED: nqueens: python's result is [2, 10", done.stdout)
        self.assertIn("stackless's is 42", done.stdout)
        self.assertNotIn("geometric mean", done.stdout)

    def test_a_crash_is_named_by_its_signal(self):
        with self.assertRaisesRegex(MeasureError, "^killed by SIGSEGV$"):
            measure.run_json([self.script("kill -SEGV $$")])

    def test_output_that_is_no_report_is_quoted(self):
        with self.assertRaisesRegex(MeasureError, "did not print JSON, but 'hello"):
            measure.run_json([self.script("echo hello")])


class BadArguments(unittest.TestCase):
    def assert_refused(self, message, *arguments):
        done = run_tool(*arguments)
        self.assertEqual(done.returncode, 2)
        self.assertIn(message, done.stderr)

    def test_run(self):
        ours = ("run.py", "--stackless", sys.executable)
        self.assert_refused("required: --stackless", "run.py")
        self.assert_refused("/no/such/file is not a program", "run.py", "--stackless", "/no/such/file")
        self.assert_refused("there is no fibb; there are: aes_rounds,", *ours, "fibb")
        self.assert_refused("at least 1 round", *ours, "--rounds", "0")
        self.assert_refused("/no/such/folder is not a directory", *ours, "--report", "/no/such/folder")

    def test_preemption(self):
        self.assert_refused("--without-preemption is needed", "run.py", "--stackless", sys.executable, "preemption")

    def test_cliffs(self):
        self.assert_refused("no piece has any", "cliffs.py", "--stackless", sys.executable, "no such word")

    def test_count_instructions(self):
        self.assert_refused("there is no fibb;", "count_instructions.py", "--stackless", sys.executable, "fibb")

    def test_memory_table(self):
        self.assert_refused("'many' is not a list of numbers", "memory_table.py", "--counts", "many")
        self.assert_refused("at least 1", "memory_table.py", "--counts", "0,2")


class Figures(unittest.TestCase):
    def probe(self, *seconds, results=None):
        samples = iter([Sample(s, r) for s, r in zip(seconds, results or [None] * len(seconds))])
        return Probe("command", lambda command, round_number: next(samples))

    def test_a_ratio_is_that_of_the_medians_between_those_of_the_rounds(self):
        ours, theirs = self.probe(1.0, 2.0, 9.0), self.probe(2.0, 8.0, 9.0)
        measure.take_turns([theirs, ours], rounds=3)
        self.assertEqual(Ratio.of(theirs, ours), Ratio(median=4.0, lowest=1.0, highest=4.0))
        self.assertEqual(theirs.spread, 7.0 / 8.0)

    def test_what_misses_its_target_is_measured_again(self):
        counts = {"slow": 0, "quick": 0, "base": 0}

        def take(name, round_number):
            counts[name] += 1
            return Sample(1.0 if name != "slow" or counts[name] > 2 else 3.0)

        def probe(name):
            return measure.Probe(name, take)

        pairs = [(probe("base"), probe("quick")), (probe("base"), probe("slow"))]
        measure.take_turns([each for pair in pairs for each in pair], rounds=2)
        measure.take_turns_again(pairs, 2, lambda ratio: ratio < 0.9)
        self.assertEqual(counts, {"quick": 2, "slow": 8, "base": 10})
        self.assertEqual(measure.Ratio.of(*pairs[1]).median, 1.0)

    def test_probes_take_turns(self):
        order = []
        probes = [Probe(name, lambda command, n: order.append((command, n)) or Sample(1.0)) for name in "ab"]
        measure.take_turns(probes, rounds=2)
        self.assertEqual(order, [("a", 0), ("b", 0), ("a", 1), ("b", 1)])

    def test_a_result_that_changes_between_rounds_is_a_failure(self):
        probe = self.probe(1.0, 1.0, results=["x", "y"])
        measure.take_turns([probe], rounds=2)
        self.assertEqual(probe.failure, "result is 'y' now, but was 'x'")

    def test_the_hash_seed_differs_between_rounds_alone(self):
        command = [sys.executable, "-c", "import json; print(json.dumps(hash('seed')))"]
        self.assertEqual(measure.run_json(command, 0), measure.run_json(command, 0))
        self.assertNotEqual(measure.run_json(command, 0), measure.run_json(command, 1))


class MemoryTable(unittest.TestCase):
    def test_it_has_a_row_for_each_count_and_kind(self):
        done = run_tool("memory_table.py", "--counts", "2,20")
        for count in (2, 20):
            self.assertRegex(done.stdout, rf"(?m)^ +{count} threads +[\d.]+ MB +[\d,.]+ MB +[\d,]+ +[\d,]+$")
            self.assertRegex(done.stdout, rf"(?m)^ +{count} tasklets ")
        failed = "FAILED" in done.stdout
        self.assertEqual(done.returncode, 1 if failed else 0)

    def test_a_probe_counts_what_it_made(self):
        done = run_tool("memory_probe.py", "threads", "50")
        report = json.loads(done.stdout)
        smallest_stack = 16_384
        self.assertGreater(report["after"]["virtual"] - report["before"]["virtual"], 50 * smallest_stack)


class BuiltinsAndPieces(unittest.TestCase):
    def printed_by(self, table):
        with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()):
            table.measure()
        return output.getvalue()

    def test_builtins_have_a_row_each_and_a_plot(self):
        table = BuiltinsTable(sys.executable, sys.executable, 1, ["str.find", "math.fsum"])
        self.assertRegex(self.printed_by(table), r"(?m)^math\.fsum +[\d.]+ +[\d.]+ +\d\.\d\d  \d")
        self.assertEqual([verdict.what for verdict in table.verdicts], ["str.find", "math.fsum"])
        self.assertIn("math.fsum", table.plots["builtins"])

    def test_those_that_are_slow_have_a_reason(self):
        table = BuiltinsTable("python", "stackless", 1, [])
        with contextlib.redirect_stdout(io.StringIO()) as output:
            table._summarize({"pickle.loads": 0.7, "struct": 0.8, "a new call": 0.8, "sum ints": 0.9})
        reasons = output.getvalue().partition("below 0.9:\n")[2]
        self.assertIn("- pickle.loads, struct: an object is made and freed", reasons)
        self.assertIn("- a new call: not looked into yet", reasons)
        self.assertNotIn("sum ints", reasons)

    def test_reasons_are_of_calls_that_there_are(self):
        self.assertLessEqual(builtin_reasons.REASONS.keys(), builtin_calls.CALLS.keys())

    def test_each_call_of_a_builtin_can_be_made(self):
        for name, (statement, setup) in builtin_calls.CALLS.items():
            with self.subTest(name):
                names = {}
                exec(setup, names)
                exec(statement, names)

    def test_pieces_are_timed_or_named_as_failed(self):
        names = ["test.test_bool.BoolTest.test_int", "test.test_bool.BoolTest.test_gone"]
        table = CliffsTable(sys.executable, "/usr/bin/python3.11", 1, names)
        self.assertIn("pieces: 1;", self.printed_by(table))
        self.assertRegex(table.failures[0], r"BoolTest.test_gone under python: .*no attribute 'test_gone'")
        self.assertRegex(table.verdicts[0].what, "the slowest of 1 pieces, test_bool.BoolTest.test_int")

    def test_what_a_piece_leaves_behind_is_removed(self):
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "leaving.py").write_text(
                "import unittest\n"
                "class Test(unittest.TestCase):\n"
                "    def test(self):\n"
                "        open('left', 'w').close()\n",
                encoding="utf-8",
            )
            command = [sys.executable, HERE / "child_pieces.py", "1", "leaving.Test.test"]
            environment = dict(os.environ, PYTHONPATH=directory, PYTHONDONTWRITEBYTECODE="1")
            done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
            self.assertIn("seconds", json.loads(done.stdout)["leaving.Test.test"])
            self.assertEqual(os.listdir(directory), ["leaving.py"])

    def test_there_are_200_pieces_and_each_one_once(self):
        self.assertEqual(len(cliffs.pieces()), 200)
        self.assertEqual(len(set(cliffs.pieces())), 200)


class Peers(unittest.TestCase):
    def test_one_that_is_not_installed_is_named(self):
        with unittest.mock.patch("shutil.which", return_value=None):
            commands = peer_table.commands("python", "stackless", "/no/such/folder")
            with self.assertRaisesRegex(peer_table.MissingPeer, "^go is not installed$"):
                commands["Go: goroutines"]()

    def test_a_peer_prints_its_figure_and_knows_its_words(self):
        done = run_tool("peers/asyncio_tasks.py", "yield")
        self.assertGreater(float(done.stdout), 0)
        done = run_tool("peers/asyncio_tasks.py", "jump")
        self.assertIn("hop|yield|life|blocked", done.stderr)


class Reports(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def write(self, title, text, *verdicts):
        chapter = report.Chapter(title, "about it", text, {"plot": "<svg/>"}, verdicts, "machine: a good one")
        report.write(self.directory, [chapter], ["First", "Second"])
        return (self.directory / "performance.md").read_text()

    def test_a_chapter_replaces_that_of_an_earlier_run_and_the_others_stay(self):
        self.write("Second", "old figures")
        self.write("First", "figures")
        page = self.write("Second", "new figures")
        self.assertNotIn("old figures", page)
        self.assertLess(page.index("## First"), page.index("## Second"))
        self.assertEqual(page, self.write("Second", "new figures"))

    def test_targets_are_listed_with_their_figures_and_plots_are_there(self):
        page = self.write("First", "figures", at_most("a hop", 0.5, 0.33), at_least("the mean", 1.5, 1.35))
        self.assertIn("| a hop | ≤ 0.33 | 0.5 | **missed** |", page)
        self.assertIn("| the mean | ≥ 1.35 | 1.5 | holds |", page)
        self.assertIn("![plot](performance/plot.svg)", page)
        self.assertEqual((self.directory / "performance" / "plot.svg").read_text(), "<svg/>")


class Plots(unittest.TestCase):
    def elements(self, svg, name):
        return ElementTree.fromstring(svg).findall("{http://www.w3.org/2000/svg}" + name)

    def test_bars_are_as_long_as_their_values(self):
        rows = self.elements(svg_plot.bars("a < b", {"one": 1.0, "two": 2.0}, "", marks=(1.5,)), "rect")
        one, two = (float(row.get("width")) for row in rows)
        self.assertAlmostEqual(two, 2 * one, delta=0.2)

    def test_lines_have_a_point_for_each_pair(self):
        svg = svg_plot.lines("hops", {"hop": [(2, 50.0), (1000, 60.0)], "turn": [(2, 20.0)]}, "number", "ns")
        self.assertEqual(len(self.elements(svg, "circle")), 3)
        self.assertIn("1,000", svg)


class Programs(unittest.TestCase):
    def test_each_one_has_a_name_that_can_be_asked_for(self):
        files = {path.stem for path in (HERE / "programs").iterdir() if path.suffix == ".py"}
        self.assertEqual(files | set(program_table.STARTUPS), set(program_table.names()))
        self.assertGreaterEqual(len(files), 42)


if __name__ == "__main__":
    unittest.main()
