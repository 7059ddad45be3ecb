"""Compares the results of a test module under two interpreters, and tells differences from chance.

A module whose results differ is run again under both. A test that differs the same way again counts as a difference.
One that does not is run alone, several times under both: it counts if `stackless` does then what python3.11 never did.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass

RUNS_ALONE = 5


def find_differences(run, reference):
    """Returns the tests whose result differs from the reference's, each with the two results."""
    both = {
        test: (run.results.get(test, "not run"), reference.results.get(test, "not run"))
        for test in run.results.keys() | reference.results.keys()
    }
    return {test: results for test, results in both.items() if results[0] != results[1]}


@dataclass
class Verdict:
    test: str
    ours: list  # the result in each run
    theirs: list
    kind: str

    EXPECTED = "as expected"
    EACH_TIME = "each time"
    SOMETIMES = "sometimes"
    CHANCE = "by chance"

    @property
    def counts(self):
        return self.kind in (self.EACH_TIME, self.SOMETIMES)

    def __str__(self):
        return f"differs {self.kind}: {self.test}: {summary(self.ours)}, but {summary(self.theirs)}"


def summary(results):
    """What results there were, the number of times with each if there were several."""
    counts = Counter(results)
    if len(counts) == 1:
        return results[0]
    return ", ".join(f"{number}x {result}" for result, number in counts.items())


@dataclass
class Comparison:
    module: str
    ours: object  # the first ModuleRun of each
    theirs: object
    verdicts: list

    def differences(self):
        return [verdict for verdict in self.verdicts if verdict.counts]


class Record:
    """The runs of a comparison, kept in a file, so that one that was interrupted goes on where it was.

    A run is known by the program's content and arguments: what another build has done is not taken for the result of
    this one.
    """

    def __init__(self, path, make_run):
        self.path = path
        self.runs = {}
        if path and path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                self.runs[tuple(entry["key"])] = make_run(**entry["run"])

    def run(self, interpreter, module, attempt, only=()):
        key = (interpreter.digest, module, attempt, *only)
        if key not in self.runs:
            self.runs[key] = run = interpreter.run(module, only)
            if self.path:
                with open(self.path, "a") as file:
                    print(json.dumps({"key": key, "run": asdict(run) | {"output": ""}}), file=file)
        return self.runs[key]


def compare(module, interpreters, record, expected):
    """Runs a module under `stackless` and python3.11, as often as needed, and returns the Comparison."""
    first = [record.run(each, module, 0) for each in interpreters]
    differences = find_differences(*first)
    doubtful = differences.keys() - set(expected)
    verdicts = [
        Verdict(test, [ours], [theirs], Verdict.EXPECTED)
        for test, (ours, theirs) in differences.items()
        if test not in doubtful
    ]
    if doubtful:
        verdicts += judge_doubtful(module, interpreters, record, first, expected)
    return Comparison(module, *first, sorted(verdicts, key=lambda verdict: verdict.test))


def judge_doubtful(module, interpreters, record, first, expected):
    again = [record.run(each, module, 1) for each in interpreters]
    before, after = find_differences(*first), find_differences(*again)
    steady = {test for test, results in before.items() if after.get(test) == results} - set(expected)
    unsteady = sorted((before.keys() | after.keys()) - steady - set(expected))
    # What stands for a module or a class as a whole cannot be run alone.
    only = unsteady if all(test.rpartition(".")[2].startswith("test") and test != module for test in unsteady) else ()
    alone = [
        [record.run(each, module, attempt, only) for each in interpreters]
        for attempt in range(2, 2 + RUNS_ALONE if unsteady else 2)
    ]
    for test in sorted(steady) + unsteady:
        runs = [first, again] + (alone if test in unsteady else [])
        ours, theirs = ([run.results.get(test, "not run") for run in runs_of_one] for runs_of_one in zip(*runs))
        if test in steady:
            kind = Verdict.EACH_TIME
        else:
            kind = Verdict.CHANCE if set(ours[2:]) <= set(theirs) else Verdict.SOMETIMES
        yield Verdict(test, ours, theirs, kind)
