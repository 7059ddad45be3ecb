"""Prints how much memory tasklets and threads take: run it with the program to be measured.

    stackless tools/bench/memory_table.py [--counts 2,200]

Each line is a fresh process of the same program. All tasklets wait in one channel, all threads for one lock, each two
Python calls deep. Growth is what the process grew by from right before the first was made until the last one waits,
divided by their number; few of them share out whole pages, so the larger numbers tell more.
"""

import argparse
import sys
from pathlib import Path

from measure import MeasureError, run_json

PROBE = Path(__file__).parent / "memory_probe.py"
COUNTS = [2, 200, 2_000, 20_000, 100_000]
MOST_THREADS = 2_000


def parse_counts(text):
    try:
        counts = [int(item) for item in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers such as 2,200") from None
    if min(counts) < 1:
        raise argparse.ArgumentTypeError("a count is at least 1")
    return counts


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__,
        usage="stackless memory_table.py [--counts N,N]",
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument(
        "--counts",
        type=parse_counts,
        default=COUNTS,
        metavar="N,N",
        help=f"numbers of tasklets, and of threads up to {MOST_THREADS} (default: {','.join(map(str, COUNTS))})",
    )
    return parser.parse_args(arguments)


def print_row(kind, count):
    """Returns whether the row could be measured."""
    label = f"{count:>9,} {kind:9}"
    try:
        report = run_json([sys.executable, str(PROBE), kind, str(count)])
    except MeasureError as error:
        print(f"{label} FAILED: {error}")
        return False
    before, after = report["before"], report["after"]
    growth = {key: (after[key] - before[key]) / count for key in before}
    print(
        f"{label} {megabytes(after['resident']):>12} {megabytes(after['virtual']):>12} "
        f"{growth['resident']:>18,.0f} {growth['virtual']:>18,.0f}",
        flush=True,
    )
    return True


def megabytes(size):
    return f"{size / 1e6:,.1f} MB"


def main(arguments):
    counts = parse_arguments(arguments).counts
    print(f"{'':19} {'resident':>12} {'virtual':>12} {'resident growth':>18} {'virtual growth':>18}")
    print(f"{'':19} {'':>12} {'':>12} {'each, bytes':>18} {'each, bytes':>18}")
    rows = [("tasklets", count) for count in counts]
    rows += [("threads", count) for count in counts if count <= MOST_THREADS]
    measured = [print_row(kind, count) for kind, count in rows]
    return 0 if all(measured) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
