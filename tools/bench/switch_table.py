"""The table of switch costs: tasklets under stackless beside greenlets under python, in turn."""

from pathlib import Path

from measure import Ratio, reporting_probe, take_turns
from verdict import at_most

HERE = Path(__file__).parent

GREENLET_ROWS = {
    "switch": "greenlet switch",
    "life": "greenlet made, run, ended",
}
TASKLET_ROWS = {
    "schedule": "schedule()",
    "hop_to_and_fro": "channel hop, to and fro",
    "hop_one_way": "channel hop, one way",
    "hard_switch": "hard switch, by schedule()",
    "life": "tasklet made, run, ended",
}
# At most so much of the greenlets' row.
TARGETS = {
    "schedule": ("switch", 0.2),
    "hop_to_and_fro": ("switch", 0.33),
    "hop_one_way": ("switch", 0.33),
    "hard_switch": ("switch", 1.5),
    "life": ("life", 0.04),
}


class SwitchTable:
    def __init__(self, python, stackless, rounds):
        self.rounds = rounds
        self.greenlets = _probes(python, "child_greenlets.py", GREENLET_ROWS)
        self.tasklets = _probes(stackless, "child_tasklets.py", TASKLET_ROWS)
        self.failures = []
        self.verdicts = []
        self.plots = {}

    def measure(self):
        take_turns([*self.greenlets.values(), *self.tasklets.values()], self.rounds)
        print(f"{'switch costs':28} {'ns':>8} {'of a greenlet switch':>21}  {'min-max':12} switches in it")
        for key, label in GREENLET_ROWS.items():
            self._print_row(label, self.greenlets[key])
        for key, label in TASKLET_ROWS.items():
            self._print_row(label, self.tasklets[key])
        self._print_summary()

    def _print_row(self, label, measured):
        if measured.failure is not None:
            self.failures.append(f"{label}: {measured.failure}")
            print(f"{label:28} {'failed':>8}")
            return
        line = f"{label:28} {measured.seconds * 1e9:8.1f}"
        ratio = self._ratio(measured, self.greenlets["switch"])
        if ratio is not None:
            line += f" {ratio.median:21.2f}  {f'{ratio.lowest:.2f}-{ratio.highest:.2f}':12}"
            if measured.result is not None:
                line += f" {measured.result}"
        print(line.rstrip())

    def _ratio(self, measured, reference):
        if measured.failure is not None or reference.failure is not None:
            return None
        return Ratio.of(measured, reference)

    def _print_summary(self):
        print()
        print("hop: one value handed over, by one send() and the receive() that gets it")
        print("the time of empty loops is subtracted, for tasklets and greenlets alike")
        for key, (reference, limit) in TARGETS.items():
            ratio = self._ratio(self.tasklets[key], self.greenlets[reference])
            if ratio is not None:
                what = f"{TASKLET_ROWS[key]}, of {GREENLET_ROWS[reference]}"
                self.verdicts.append(at_most(what, ratio.median, limit))


def _probes(interpreter, child, scenarios):
    return {name: reporting_probe([interpreter, str(HERE / child), name]) for name in scenarios}
