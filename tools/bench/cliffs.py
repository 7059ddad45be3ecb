"""The slowest of many small pieces: tests of CPython's own suite, each under python and under stackless in turn.

    cliffs.py --stackless PATH [--python PATH] [--rounds N] [WORD ...]

cliff_pieces.txt names the tests. Those in which one of the WORDs occurs are run, or all of them.
"""

import argparse
import collections
import statistics
import sys
from pathlib import Path

import svg_plot
from measure import CLOSER_LOOK, MeasureError, run_json
from verdict import at_most

HERE = Path(__file__).parent
CHILD = str(HERE / "child_pieces.py")
REPETITIONS = 3
SLOWEST_TARGET = 1.15


def pieces():
    lines = (HERE / "cliff_pieces.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


class CliffsTable:
    """Those of one module run in one process, so that it is not imported for each."""

    def __init__(self, python, stackless, rounds, names):
        self.sides = {"python": python, "stackless": stackless}
        self.rounds = rounds
        self.names = names
        self.seconds = {name: {side: [] for side in self.sides} for name in names}
        self.failures = []
        self.verdicts = []
        self.plots = {}

    def measure(self):
        self._take_turns(self.names, self.rounds)
        # The slowest of so many is one that the machine has disturbed.
        slow = [name for name, ratio in self._ratios().items() if ratio > SLOWEST_TARGET]
        self._take_turns(slow, CLOSER_LOOK * self.rounds if slow else 0)
        self._print_ratios()

    def _take_turns(self, names, rounds):
        modules = collections.defaultdict(list)
        for name in names:
            modules[name.split(".")[1]].append(name)
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            for group in modules.values():
                for side in self.sides:
                    self._take_samples(side, group, number)

    def _take_samples(self, side, names, round_number):
        names = [name for name in names if name in self.seconds]
        if not names:
            return
        try:
            report = run_json([self.sides[side], CHILD, str(REPETITIONS), *names], round_number)
        except MeasureError as error:
            report = {name: {"failure": str(error)} for name in names}
        for name, figures in report.items():
            if "failure" in figures:
                self.failures.append(f"{name} under {side}: {figures['failure']}")
                del self.seconds[name]
            else:
                self.seconds[name][side].append(statistics.median(figures["seconds"]))

    def _times(self):
        return {
            name: (statistics.median(sides["python"]), statistics.median(sides["stackless"]))
            for name, sides in self.seconds.items()
        }

    def _ratios(self):
        return {name: ours / theirs for name, (theirs, ours) in self._times().items()}

    def _print_ratios(self):
        times = self._times()
        ratios = self._ratios()
        slowest_first = sorted(ratios, key=ratios.get, reverse=True)
        print(f"{'the slowest, and the quickest':72} {'python ms':>10} {'stackless ms':>13} {'times':>6}")
        shown = [name for name in slowest_first if ratios[name] > 1] + slowest_first[-5:]
        for name in dict.fromkeys(shown):
            theirs, ours = times[name]
            print(f"{name.removeprefix('test.'):72} {theirs * 1e3:10.1f} {ours * 1e3:13.1f} {ratios[name]:6.2f}")
        if not ratios:
            return
        print()
        print("times: stackless's median time over python's, more than 1 is slower")
        print(f"pieces: {len(ratios)}; geometric mean: {statistics.geometric_mean(ratios.values()):.3f}; ", end="")
        print(f"above {SLOWEST_TARGET}: {sum(ratio > SLOWEST_TARGET for ratio in ratios.values())}")
        slowest = slowest_first[0]
        what = f"the slowest of {len(ratios)} pieces, {slowest.removeprefix('test.')}"
        self.verdicts.append(at_most(what, ratios[slowest], SLOWEST_TARGET))
        shown = {name.removeprefix("test."): ratios[name] for name in slowest_first[:30]}
        title = "the 30 slowest: stackless's time over python's"
        self.plots["cliffs"] = svg_plot.bars(title, shown, "", marks=(1, SLOWEST_TARGET))


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--stackless", required=True, metavar="PATH")
    parser.add_argument("--python", default="/usr/bin/python3.11", metavar="PATH", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument("words", nargs="*", metavar="WORD")
    options = parser.parse_args(arguments)
    names = [name for name in pieces() if not options.words or any(word in name for word in options.words)]
    if not names:
        parser.error("no piece has any of these words in its name")
    table = CliffsTable(options.python, options.stackless, options.rounds, names)
    table.measure()
    print(*table.verdicts, *table.failures, sep="\n")
    return 1 if table.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
