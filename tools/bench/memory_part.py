"""The part about memory: the table of memory_table.py, and what the targets ask for."""

import subprocess
from pathlib import Path

from measure import MeasureError, run_json
from verdict import at_most

HERE = Path(__file__).parent
MANY = 100_000
MILLION = 1_000_000
MEGABYTE = 1_000_000


class MemoryPart:
    def __init__(self, stackless):
        self.stackless = stackless
        self.failures = []
        self.verdicts = []
        self.plots = {}

    def measure(self):
        done = subprocess.run([self.stackless, HERE / "memory_table.py"], capture_output=True, text=True)
        print(done.stdout, end="")
        if done.returncode != 0:
            self.failures.append(f"memory_table.py: exit status {done.returncode} {done.stderr.strip()}")
        for what, judge in (
            ("bound", self._judge_bound),
            ("tasklets", self._judge_blocked),
            ("rounds", self._judge_rounds),
        ):
            try:
                judge()
            except MeasureError as error:
                self.failures.append(f"memory of {what}: {error}")

    def _judge_bound(self):
        self.verdicts.append(at_most("a bound tasklet", self._growth("bound", MANY) / MANY, 200, " bytes"))

    def _judge_blocked(self):
        each = self._growth("tasklets", MANY) / MANY
        self.verdicts.append(at_most("one blocked two calls deep", each, 500, " bytes"))
        _, after = self._resident("tasklets", MILLION)
        self.verdicts.append(at_most("the process with 1,000,000 of them", after / MEGABYTE, 600, " MB"))

    def _judge_rounds(self):
        first, tenth = self._resident("rounds", MANY)
        self.verdicts.append(at_most("the tenth round of 100,000, of the first", tenth / first, 1.01))

    def _growth(self, kind, count):
        before, after = self._resident(kind, count)
        return after - before

    def _resident(self, kind, count):
        report = run_json([self.stackless, str(HERE / "memory_probe.py"), kind, str(count)])
        return report["before"]["resident"], report["after"]["resident"]
