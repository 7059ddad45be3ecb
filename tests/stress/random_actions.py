"""Lets tasklets and channels do random things, and compares them with a model of the scheduler.

Prints the seed, with which the same happens again. See docs/internals/robustness.md.
"""

import argparse
import collections
import gc
import os
import random
import sys
import threading

from driver import Driver

STEPS_OF_A_BATCH = 1000

BATCHES_COMPARED = 5  # the last ones with the first ones: what a batch leaves in free lists varies, a leak stays
SLACK = 50  # how many references or blocks of memory more may be in use, whatever for
MEMORY = "references (in debug builds), blocks of memory, objects with references"


def fill_kept_ints():
    """Ints that are dropped are kept for the next ones, up to a number: as many as there can be, so that all are counted."""
    for digits in (1, 2):
        numbers = [number << 30 * (digits - 1) for number in range(1000, 6000)]
        del numbers


SLOTTED = [type("Slotted", (), {"__slots__": [f"slot{n}" for n in range(size)]}) for size in range(33)]


def fill_kept_blocks():
    """The same of small blocks of memory, which are kept by their size."""
    for size, slotted in enumerate(SLOTTED):
        lists = [[None] * size for _ in range(100)]
        objects = [slotted() for _ in range(100)]
        del lists, objects


def memory_in_use():
    fill_kept_ints()
    fill_kept_blocks()
    references = sys.gettotalrefcount() if hasattr(sys, "gettotalrefcount") else 0
    return references, sys.getallocatedblocks(), len(gc.get_objects())


def least_of_each(readings):
    return tuple(map(min, zip(*readings)))


def parse_arguments():
    parser = argparse.ArgumentParser(description="Compare random tasklets with a model.")
    parser.add_argument("--steps", type=int, default=20_000, help="how many actions in all")
    parser.add_argument("--seed", type=int, help="that of an earlier run, to repeat it")
    parser.add_argument("--threads", type=int, default=1, help="how many, each with a program")
    parser.add_argument(
        "--nested", type=int, choices=[0, 1], default=1, help="0: C calls in the main tasklet only"
    )
    parser.add_argument("--batch", type=int, help="run this batch only")
    parser.add_argument("--verbose", action="store_true", help="print each action before it is done")
    return parser.parse_args()


class Stress:
    """Runs batches, each of them a test, and counts them."""

    def __init__(self, options):
        self.options = options
        each = options.steps // (STEPS_OF_A_BATCH * options.threads)
        self.batches = range(each) if options.batch is None else [options.batch]
        self.passed = [0] * options.threads
        # What was in use after the first batches, and after the last ones.
        self.first_memory = []
        self.last_memory = collections.deque(maxlen=BATCHES_COMPARED)

    def run_batches(self, worker):
        for batch in self.batches:
            self.run_batch(worker, batch)
            if self.options.threads == 1:
                self.check_memory(batch)
            self.passed[worker] += 1

    def run_batch(self, worker, batch):
        def tell(text):
            if self.options.verbose:
                print(f"[{worker}] {text}", flush=True)

        def fail(text):
            self.fail(f"Worker {worker}, batch {batch}. {text}", batch)

        numbers = random.Random(f"{self.options.seed} {worker} {batch}")
        driver = Driver(numbers, STEPS_OF_A_BATCH, self.options.nested, tell, fail)
        if self.options.threads > 1:
            driver.run_in_thread()
        elif batch % 2 == 0:
            driver.run()
        else:
            driver.run_watched()
        driver.check_leaks()

    def check_memory(self, batch):
        """The least that is in use after the last batches may not be more than after the first ones."""
        gc.collect()
        sys._clear_type_cache()  # it keeps names that lookups have made up
        if len(self.first_memory) < BATCHES_COMPARED:
            self.first_memory.append(memory_in_use())
            return
        self.last_memory.append(memory_in_use())
        if len(self.last_memory) < BATCHES_COMPARED:
            return
        first = least_of_each(self.first_memory)
        last = least_of_each(self.last_memory)
        if any(now > before + SLACK for now, before in zip(last, first)):
            self.fail(f"{MEMORY}: {last} up to batch {batch}, {first} after the first ones")

    def fail(self, text, batch=None):
        print(text)
        print(f"Again with: {self.command(batch)}")
        print(f"{sum(self.passed)} passed, 1 failed", flush=True)
        os._exit(1)  # after a difference, nothing is sure any more

    def command(self, batch):
        options = self.options
        text = f"tests/stress/random_actions.py --seed {options.seed} --nested {options.nested}"
        if options.threads == 1 and batch is not None:
            return f"{text} --batch {batch}"
        return f"{text} --threads {options.threads} --steps {options.steps}"

    def run(self):
        if self.options.threads == 1:
            self.run_batches(0)
            return
        sys.setswitchinterval(0.0001)
        workers = [
            threading.Thread(target=self.run_batches, args=(number,))
            for number in range(self.options.threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def main():
    options = parse_arguments()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**9)
    print(f"seed {options.seed}", flush=True)
    # The programs of the batches collect garbage themselves, when the model does too.
    gc.disable()
    gc.collect()
    gc.freeze()
    stress = Stress(options)
    stress.run()
    passed = sum(stress.passed)
    failed = options.threads * len(stress.batches) - passed  # if a worker has ended early
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
