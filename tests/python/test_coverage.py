"""coverage (Debian's python3-coverage) measures tasklets, with its tracers in C and in Python."""

import json
import tempfile
import textwrap
import unittest
from pathlib import Path

from support import run_script

# Two modules whose functions run in several tasklets, with switches in the middle of lines and branches.
PRODUCER = """\
    import stackless

    def produce(channel, items):
        for item in items:
            if item % 2:
                channel.send(item)
            else:
                stackless.schedule()
        finish(channel)

    def finish(channel):
        channel.send(None)
        if channel.balance > 5:
            print("never")

    def unused():
        return 1
"""
CONSUMER = """\
    def consume(channel, log):
        while True:
            item = channel.receive()
            if item is None:
                break
            for value in numbers(channel, item):
                log.append(value)
        return log

    def numbers(channel, item):
        yield item
        other = channel.receive()
        if other is not None:
            yield other
        else:
            channel.send(None)
"""
MAIN = """\
    import stackless
    from consumer import consume
    from producer import produce

    channel = stackless.channel()
    log = []
    for items in (range(3), range(4)):
        stackless.tasklet(produce)(channel, items)
    stackless.tasklet(consume)(channel, log)
    stackless.run()
    print(log)
"""
MODULES = {"producer.py": PRODUCER, "consumer.py": CONSUMER, "main.py": MAIN}

# What runs, by hand: both producers begin with 0, which is even. Then each sends 1; the consumer takes the first
# for its loop and the second inside of numbers(). After 2, which is even, the first producer sends None, with
# which the consumer ends. The second producer is left waiting with 3.
LINES = {
    "producer.py": [1, 3, 4, 5, 6, 8, 9, 11, 12, 13, 16],
    "consumer.py": [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14],
    "main.py": [1, 2, 3, 5, 6, 7, 8, 9, 10, 11],
}
MISSING = {"producer.py": [14, 17], "consumer.py": [16], "main.py": []}
MISSING_BRANCHES = {"producer.py": [[13, 14]], "consumer.py": [[13, 16]], "main.py": []}

MEASURE = """
import sys, coverage
sys.path.insert(0, ".")
measurement = coverage.Coverage(data_file=None, include=["./*"], {options})
measurement.start()
import main
measurement.stop()
measurement.json_report(outfile="report.json")
"""


class CoverageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, source in MODULES.items():
            (self.folder / name).write_text(textwrap.dedent(source))

    def run_in_folder(self, source, *args):
        result = run_script(f"import os; os.chdir({str(self.folder)!r})\n{source}", *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, "[1, 1]\n")
        return result

    def files(self):
        return json.loads((self.folder / "report.json").read_text())["files"]

    def check_lines(self, files):
        self.assertEqual({name: file["executed_lines"] for name, file in files.items()}, LINES)
        self.assertEqual({name: file["missing_lines"] for name, file in files.items()}, MISSING)

    def check_branches(self, files):
        self.assertEqual({name: file["missing_branches"] for name, file in files.items()}, MISSING_BRANCHES)

    def test_command(self):
        command = "import runpy, sys; sys.argv[0] = 'coverage'; runpy.run_module('coverage', run_name='__main__')"
        self.run_in_folder(command, "run", "--branch", "--include=./*", "main.py")
        run_script(f"import os; os.chdir({str(self.folder)!r}); {command}", "json", "-q", "-o", "report.json")
        files = self.files()
        self.check_lines(files)
        self.check_branches(files)

    def test_no_warnings(self):
        self.assertEqual(self.run_in_folder(MEASURE.format(options="branch=True")).stderr, "")


def add_tests(name, options):
    def test_lines(self):
        self.run_in_folder(MEASURE.format(options=options))
        self.check_lines(self.files())

    def test_branches(self):
        self.run_in_folder(MEASURE.format(options=f"{options}, branch=True"))
        files = self.files()
        self.check_lines(files)
        self.check_branches(files)

    setattr(CoverageTest, f"test_lines_with_the_tracer_in_{name}", test_lines)
    setattr(CoverageTest, f"test_branches_with_the_tracer_in_{name}", test_branches)


add_tests("c", "timid=False")
add_tests("python", "timid=True")


if __name__ == "__main__":
    unittest.main()
