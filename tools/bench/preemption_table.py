"""The table of what preemption costs: programs without the feature, with it, and under a watchdog, in turn."""

import statistics
from pathlib import Path

from measure import Ratio, reporting_probe, take_turns
from verdict import at_least

HERE = Path(__file__).parent
REPETITIONS = 3
PROGRAMS = "attributes closures exceptions fannkuch generator_pipeline method_calls nbody nqueens".split()

WITHOUT = "without it"
WITH = "compiled in"
WATCHED = "watchdog on"
# Of the mean ratio. Nothing is what cannot be told from noise.
TARGETS = {WITH: 0.99, WATCHED: 1 / 1.05}


class PreemptionTable:
    """`without` is a build of stackless that was configured with --disable-preemption."""

    def __init__(self, stackless, without, rounds):
        self.rounds = rounds
        self.failures = []
        self.verdicts = []
        self.plots = {}
        child = str(HERE / "child_program.py")
        commands = {WITHOUT: (without, []), WITH: (stackless, []), WATCHED: (stackless, ["watchdog"])}
        self.probes = {
            name: {
                side: reporting_probe([program, child, name, str(REPETITIONS), *mode])
                for side, (program, mode) in commands.items()
            }
            for name in PROGRAMS
        }

    def measure(self):
        take_turns([probe for sides in self.probes.values() for probe in sides.values()], self.rounds)
        print(f"{'preemption':20} {WITHOUT:>13} {WITH:>13} {'ratio':>6} {WATCHED:>13} {'ratio':>6}")
        ratios = {WITH: [], WATCHED: []}
        for name, sides in self.probes.items():
            self._print_row(name, sides, ratios)
        if ratios[WITH]:
            means = {side: statistics.geometric_mean(values) for side, values in ratios.items()}
            print()
            print("ratio: the time without preemption over the time with it; 1 is no cost")
            for side, mean in means.items():
                self.verdicts.append(at_least(f"preemption, {side}", mean, TARGETS[side]))

    def _print_row(self, name, sides, ratios):
        failures = [f"{name} {side}: {probe.failure}" for side, probe in sides.items() if probe.failure is not None]
        if failures:
            self.failures += failures
            print(f"{name:20} {'failed':>13}")
            return
        line = f"{name:20} {_milliseconds(sides[WITHOUT])}"
        for side, values in ratios.items():
            values.append(Ratio.of(sides[WITHOUT], sides[side]).median)
            line += f" {_milliseconds(sides[side])} {values[-1]:6.2f}"
        print(line)


def _milliseconds(measured):
    return f"{measured.seconds * 1e3:10.1f} ms"
