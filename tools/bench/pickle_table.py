"""The table of what pickling costs: a tasklet beside plain tuples with the same leaves, many tasklets beside few."""

from pathlib import Path

from measure import Ratio, reporting_probe, take_turns
from verdict import at_most

CHILD = str(Path(__file__).parent / "child_pickle.py")
TUPLES_TARGET = 4.0
BYTES_TARGET = 600
MANY_TARGET = 1.0

ROWS = {
    "tuples": ("plain tuples with the same leaves", None),
    "tasklet": ("tasklet three calls deep", "tuples"),
    "snapshot_100": ("one of 100 blocked ones, in a snapshot", None),
    "snapshot_100000": ("one of 100,000", "snapshot_100"),
}


class PickleTable:
    def __init__(self, stackless, rounds):
        self.rounds = rounds
        self.probes = {name: reporting_probe([stackless, CHILD, name]) for name in ROWS}
        self.failures = []
        self.verdicts = []
        self.plots = {}

    def measure(self):
        take_turns(list(self.probes.values()), self.rounds)
        print(f"{'pickled and unpickled':40} {'µs':>8} {'bytes':>7} {'ratio':>6}  min-max")
        for name, (label, reference) in ROWS.items():
            self._print_row(label, self.probes[name], self.probes.get(reference))
        print()
        print("ratio: to the line above; the bytes of a snapshot are those of all of it, shared out")
        self._judge()

    def _print_row(self, label, measured, reference):
        if measured.failure is not None:
            self.failures.append(f"{label}: {measured.failure}")
            print(f"{label:40} {'failed':>8}")
            return
        line = f"{label:40} {measured.seconds * 1e6:8.2f} {measured.result:7}"
        if ratio := _ratio(measured, reference):
            line += f" {ratio.median:6.2f}  {ratio.lowest:.2f}-{ratio.highest:.2f}"
        print(line)

    def _judge(self):
        tasklet = self.probes["tasklet"]
        if ratio := _ratio(tasklet, self.probes["tuples"]):
            self.verdicts.append(at_most("pickling a tasklet, of plain tuples", ratio.median, TUPLES_TARGET))
        if tasklet.failure is None:
            self.verdicts.append(at_most("the pickle of a tasklet", tasklet.result, BYTES_TARGET, " bytes"))
        if ratio := _ratio(self.probes["snapshot_100000"], self.probes["snapshot_100"]):
            self.verdicts.append(at_most("one of 100,000 in a snapshot, of one of 100", ratio.median, MANY_TARGET))


def _ratio(measured, reference):
    if reference is None or measured.failure is not None or reference.failure is not None:
        return None
    return Ratio.of(measured, reference)
