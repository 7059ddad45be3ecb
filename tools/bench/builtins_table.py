"""The table of builtins and C modules: the same calls under python and under stackless in turn."""

import statistics
import textwrap
from pathlib import Path

import builtin_calls
import builtin_reasons
import svg_plot
from measure import Ratio, reporting_probe, take_turns, take_turns_again
from verdict import at_least

CHILD = str(Path(__file__).parent / "child_builtins.py")
TARGET = 0.9


class BuiltinsTable:
    def __init__(self, python, stackless, rounds, names=tuple(builtin_calls.CALLS)):
        self.rounds = rounds
        self.failures = []
        self.verdicts = []
        self.plots = {}
        self.probes = {
            name: (reporting_probe([python, CHILD, name]), reporting_probe([stackless, CHILD, name])) for name in names
        }

    def measure(self):
        take_turns([side for sides in self.probes.values() for side in sides], self.rounds)
        take_turns_again(self.probes.values(), self.rounds, lambda ratio: ratio < TARGET)
        print(f"{'builtin':28} {'python µs':>10} {'stackless µs':>13} {'ratio':>6}  min-max")
        ratios = {}
        for name, (theirs, ours) in self.probes.items():
            failure = theirs.failure or ours.failure
            if failure is not None:
                self.failures.append(f"{name}: {failure}")
                print(f"{name:28} {'failed':>10}")
                continue
            ratio = Ratio.of(theirs, ours)
            ratios[name] = ratio.median
            print(
                f"{name:28} {theirs.seconds * 1e6:10.2f} {ours.seconds * 1e6:13.2f} {ratio.median:6.2f}"
                f"  {ratio.lowest:.2f}-{ratio.highest:.2f}"
            )
        if ratios:
            self._summarize(ratios)

    def _summarize(self, ratios):
        slow = [name for name, ratio in ratios.items() if ratio < TARGET]
        print()
        mean = statistics.geometric_mean(ratios.values())
        print(f"calls: {len(ratios)}; geometric mean: {mean:.3f}; below {TARGET}: {len(slow)}")
        if slow:
            print(f"\nwhat stands behind those below {TARGET}:")
        for reason, names in builtin_reasons.grouped(slow).items():
            print(textwrap.fill(f"{', '.join(names)}: {reason}", 110, initial_indent="- ", subsequent_indent="  "))
        self.plots["builtins"] = svg_plot.bars("python's time over stackless's", ratios, "", marks=(TARGET, 1))
        self.verdicts += [at_least(name, ratio, TARGET) for name, ratio in ratios.items()]
