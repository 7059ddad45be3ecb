"""The table of switch costs over the number of live tasklets: it stays flat, but for the processor's caches."""

from pathlib import Path

import svg_plot
from measure import number_probe, take_turns

CHILD = str(Path(__file__).parent / "child_ring.py")
NUMBERS = [2, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
ACTIONS = {"hop": "channel hop", "schedule": "schedule()"}


class FlatTable:
    def __init__(self, stackless, rounds):
        self.rounds = rounds
        self.failures = []
        self.verdicts = []
        self.plots = {}
        self.probes = {
            action: {number: number_probe([stackless, CHILD, action, str(number)]) for number in NUMBERS}
            for action in ACTIONS
        }

    def measure(self):
        take_turns([probe for row in self.probes.values() for probe in row.values()], self.rounds)
        print(f"{'live tasklets':>13} " + " ".join(f"{label + ', ns':>16}" for label in ACTIONS.values()))
        for number in NUMBERS:
            print(f"{number:13,} " + " ".join(self._figure(action, number) for action in ACTIONS))
        self._plot()

    def _figure(self, action, number):
        probe = self.probes[action][number]
        if probe.failure is not None:
            self.failures.append(f"{ACTIONS[action]} among {number:,}: {probe.failure}")
            return f"{'failed':>16}"
        return f"{probe.seconds:16.1f}"

    def _plot(self):
        series = {
            ACTIONS[action]: [(number, probe.seconds) for number, probe in row.items() if probe.failure is None]
            for action, row in self.probes.items()
        }
        if all(series.values()):
            self.plots["flat"] = svg_plot.lines("A switch among many tasklets", series, "live tasklets", "ns")
