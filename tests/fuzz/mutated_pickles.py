"""Mutates the seeds, and lets pickle_driver.py use them: the fuzz target without libFuzzer, for any build.

Prints the seed, with which the same happens again. Before each pickle is loaded, it is written to --last, so that one that crashes the
process can be looked at.
"""

import argparse
import os
import random
import sys
import tempfile

import pickle_driver
import pickle_seeds
from pickle_mutator import cross, mutate

OUTPUT = os.fdopen(os.dup(1), "w")


def mutations(seeds, numbers):
    """Ever more pickles: mutations of seeds and of mutations."""
    pool = list(seeds)
    while True:
        data = numbers.choice(pool)
        if numbers.random() < 0.2:
            data = cross(data, numbers.choice(pool), numbers.random())
        else:
            data = mutate(data, numbers.random())
        if len(data) < 4000 and numbers.random() < 0.3:
            if len(pool) < 2000:
                pool.append(data)
            else:
                pool[numbers.randrange(len(seeds), len(pool))] = data
        yield data


def main():
    parser = argparse.ArgumentParser(description="Load mutated pickles.")
    parser.add_argument("--count", type=int, default=10_000, help="how many")
    parser.add_argument("--seed", type=int, help="that of an earlier run, to repeat it")
    parser.add_argument("--last", default=os.path.join(tempfile.gettempdir(), f"last-{os.getpid()}.pickle"))
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**9) if options.seed is None else options.seed
    print(f"seed {seed}, the last pickle is in {options.last}", file=OUTPUT, flush=True)
    seeds = [data for name, data in sorted(pickle_seeds.seeds())]
    file = os.open(options.last, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for number, data in zip(range(options.count), mutations(seeds, random.Random(seed))):
        os.pwrite(file, data, 0)
        os.ftruncate(file, len(data))
        pickle_driver.run(data)
    os.close(file)
    os.unlink(options.last)
    print(f"{options.count} passed, 0 failed", file=OUTPUT)


if __name__ == "__main__":
    sys.exit(main())
