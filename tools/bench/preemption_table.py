"""The table of what preemption costs: programs without the feature, with it, and under a watchdog, in turn.

Only tasklets have a watchdog: what it costs is told from what the same tasklet takes without a limit.
"""

import statistics
from pathlib import Path

from measure import Ratio, reporting_probe, take_turns
from verdict import at_least

HERE = Path(__file__).parent
REPETITIONS = 3
PROGRAMS = "attributes closures exceptions fannkuch generator_pipeline method_calls nbody nqueens".split()

WITHOUT = "without it"
WITH = "compiled in"
IN_TASKLET = "in a tasklet"
COUNTING = "instructions"
TIMED = "seconds"
# Each with what it is compared to, and the least mean ratio. Nothing is what cannot be told from noise.
COMPARISONS = {WITH: (WITHOUT, 0.99), COUNTING: (IN_TASKLET, 1 / 1.05), TIMED: (IN_TASKLET, 1 / 1.05)}


class PreemptionTable:
    """`without` is a build of stackless that was configured with --disable-preemption."""

    def __init__(self, stackless, without, rounds):
        self.rounds = rounds
        self.failures = []
        self.verdicts = []
        self.plots = {}
        child = str(HERE / "child_program.py")
        commands = {
            WITHOUT: (without, []),
            WITH: (stackless, []),
            IN_TASKLET: (stackless, ["none"]),
            COUNTING: (stackless, ["instructions"]),
            TIMED: (stackless, ["seconds"]),
        }
        self.probes = {
            name: {
                side: reporting_probe([program, child, name, str(REPETITIONS), *limit])
                for side, (program, limit) in commands.items()
            }
            for name in PROGRAMS
        }

    def measure(self):
        take_turns([probe for sides in self.probes.values() for probe in sides.values()], self.rounds)
        heads = [f"{WITHOUT:>13}", *(f"{side:>13} {'ratio':>6}" for side in COMPARISONS)]
        heads.insert(2, f"{IN_TASKLET:>13}")
        print(f"{'preemption':20}", *heads)
        ratios = {side: [] for side in COMPARISONS}
        for name, sides in self.probes.items():
            self._print_row(name, sides, ratios)
        if ratios[WITH]:
            means = {side: statistics.geometric_mean(values) for side, values in ratios.items()}
            print()
            print("ratio: the time without preemption, or without a limit, over the time with it; 1 is no cost")
            for side, mean in means.items():
                self.verdicts.append(at_least(f"preemption, {side}", mean, COMPARISONS[side][1]))

    def _print_row(self, name, sides, ratios):
        failures = [f"{name} {side}: {probe.failure}" for side, probe in sides.items() if probe.failure is not None]
        if failures:
            self.failures += failures
            print(f"{name:20} {'failed':>13}")
            return
        line = f"{name:20}"
        for side, probe in sides.items():
            line += f" {_milliseconds(probe)}"
            if side in COMPARISONS:
                base, _ = COMPARISONS[side]
                ratios[side].append(Ratio.of(sides[base], probe).median)
                line += f" {ratios[side][-1]:6.2f}"
        print(line)


def _milliseconds(measured):
    return f"{measured.seconds * 1e3:10.1f} ms"
