"""The table of programs: each under python and under stackless in turn."""

import statistics
from pathlib import Path

import svg_plot
from measure import Ratio, reporting_probe, start_probe, take_turns, take_turns_again
from verdict import at_least

HERE = Path(__file__).parent
REPETITIONS = 3
MEAN_TARGET = 1.35
PROGRAM_TARGET = 1.0
STARTUP_TARGET = 1 / 1.05
# Programs that live from what python calls from C, and the loop runs as frames.
FRAMES_TARGET = 1.3
FRAMES_PROGRAMS = {"generator_pipeline", "object_creation", "operators", "properties", "yield_from"}

STARTUPS = {
    "startup": ["-c", "pass"],
    "startup_isolated": ["-I", "-S", "-c", "pass"],
}


def programs():
    return sorted(path.stem for path in (HERE / "programs").glob("*.py"))


def names():
    return programs() + list(STARTUPS)


def target(name):
    if name in STARTUPS:
        return STARTUP_TARGET
    return FRAMES_TARGET if name in FRAMES_PROGRAMS else PROGRAM_TARGET


def probe(interpreter, name):
    if name in STARTUPS:
        return start_probe([interpreter, *STARTUPS[name]])
    return reporting_probe([interpreter, str(HERE / "child_program.py"), name, str(REPETITIONS)])


class ProgramTable:
    """`other` is what stackless is compared with, python say: `name`. Against python there are targets."""

    def __init__(self, other, stackless, programs, rounds, name="python"):
        self.rounds = rounds
        self.other = name
        self.probes = {program: (probe(other, program), probe(stackless, program)) for program in programs}
        self.ratios = {}
        self.spreads = {}
        self.failures = []
        self.verdicts = []
        self.plots = {}

    def measure(self):
        take_turns([side for sides in self.probes.values() for side in sides], self.rounds)
        if self.other == "python":
            for name, sides in self.probes.items():
                take_turns_again([sides], self.rounds, lambda ratio, wanted=target(name): ratio < wanted)
        print(f"{'program':20} {self.other + ' ms':>12} {'stackless ms':>13} {'ratio':>6}  min-max")
        for name, (theirs, ours) in self.probes.items():
            self._print_row(name, theirs, ours)
        self._print_summary()

    def _print_row(self, name, theirs, ours):
        succeeded = self._note_failures(name, theirs, ours)
        line = f"{name:20} {_milliseconds(theirs):>12} {_milliseconds(ours):>13}"
        if succeeded:
            ratio = Ratio.of(theirs, ours)
            self.ratios[name] = ratio.median
            self.spreads[name] = theirs.spread
            line += f" {ratio.median:6.2f}  {ratio.lowest:.2f}-{ratio.highest:.2f}"
        print(line)

    def _note_failures(self, name, theirs, ours):
        """Returns whether there were none."""
        failures = [
            f"{name} under {side}: {measured.failure}"
            for side, measured in ((self.other, theirs), ("stackless", ours))
            if measured.failure is not None
        ]
        if not failures and theirs.result != ours.result:
            failures.append(f"{name}: {self.other}'s result is {theirs.result}, stackless's is {ours.result}")
        self.failures += failures
        return not failures

    def _print_summary(self):
        if not self.ratios:
            return
        print()
        print(f"ratio: {self.other}'s median time over stackless's, more than 1 is faster; min-max: of the single rounds")
        if self.rounds > 1:
            self._print_noise()
        programs = {name: ratio for name, ratio in self.ratios.items() if name not in STARTUPS}
        mean = statistics.geometric_mean(programs.values()) if programs else None
        if self.other != "python":
            print(f"geometric mean of {len(programs)} programs: {mean:.3f}")
            return
        if programs:
            self.verdicts.append(at_least(f"geometric mean of {len(programs)} programs", mean, MEAN_TARGET))
            title = "python's time over stackless's"
            self.plots["programs"] = svg_plot.bars(title, programs, "", marks=(1, MEAN_TARGET))
        self.verdicts += [at_least(name, ratio, round(target(name), 3)) for name, ratio in self.ratios.items()]

    def _print_noise(self):
        typical = statistics.median(self.spreads.values())
        noisiest = max(self.spreads, key=self.spreads.get)
        print(
            f"noise: {self.other}'s own rounds differ by {typical:.1%} in the median program, "
            f"by {self.spreads[noisiest]:.1%} in {noisiest}"
        )


def _milliseconds(measured):
    return f"{measured.seconds * 1e3:.1f}" if measured.failure is None else "failed"
