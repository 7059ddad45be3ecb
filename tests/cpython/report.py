"""Writes what the comparison of the whole suite has found, as Markdown."""

import subprocess
from collections import Counter

from comparison import summary


def version_of(program):
    return subprocess.run([program, "-VV"], capture_output=True, text=True, check=True).stdout.strip()


def write_table(say, headings, rows):
    say("| " + " | ".join(headings) + " |")
    say("|---" + "|---:" * (len(headings) - 1) + "|")
    for row in rows:
        say("| " + " | ".join(map(str, row)) + " |")


def module_row(comparison):
    ours, theirs = (Counter(run.results.values()) for run in (comparison.ours, comparison.theirs))
    tests = len(comparison.ours.results.keys() | comparison.theirs.results.keys())
    counts = [ours[result] for result in ("passed", "failed", "skipped")]
    counts += [theirs[result] for result in ("passed", "failed", "skipped")]
    return comparison.module, tests, *counts, len(comparison.differences())


def verdict_row(verdict):
    return verdict.test, summary(verdict.ours), summary(verdict.theirs), verdict.kind, "yes" if verdict.counts else "no"


def write_report(path, comparisons, programs, resources, exclusions):
    """comparisons: of all modules; programs: `stackless` and the reference; resources: the option -u of `-m test`;
    exclusions: tests that were not run, with the reasons.
    """
    comparisons = sorted(comparisons, key=lambda comparison: comparison.module)
    verdicts = [verdict for comparison in comparisons for verdict in comparison.verdicts]
    rows = [module_row(comparison) for comparison in comparisons]
    totals = ["**all**", *(sum(column) for column in list(zip(*rows))[1:])]
    with open(path, "w") as file:
        say = lambda text="": print(text, file=file)
        say("# CPython's test suite under stackless and python3.11\n")
        say("Written by `make check-cpython REPORT=docs/reports/cpython.md`.\n")
        say("".join(f"    {version_of(program)}\n" for program in programs))
        say(f"Each module runs under both, with the resources `{resources}`, in an empty directory.")
        say("A module with a difference is run again, and a test that does not differ again, alone and several times.\n")
        say(f"{totals[-1]} of {totals[1]} tests differ.\n")
        say("## Tests whose results were not always the same\n")
        if verdicts:
            write_table(say, ["test", "stackless", "python3.11", "differs", "counts"], map(verdict_row, verdicts))
        else:
            say("None.")
        say("\n## Tests that fail under both\n")
        failures = [
            f"- `{test}`"
            for comparison in comparisons
            for test in comparison.ours.failures()
            if comparison.theirs.results.get(test) == "failed"
        ]
        say("\n".join(failures) or "None.")
        say("\n## Tests that are not run\n")
        say("\n".join(f"- `{test}`: {reason}" for test, reason in exclusions.items()) or "None.")
        say("\n## Modules\n")
        say("Numbers of tests, as the first run of each has found them.\n")
        headings = ["module", "tests", "passed", "failed", "skipped"]
        write_table(say, headings + [f"python3.11: {each}" for each in headings[2:]] + ["different"], [*rows, totals])
