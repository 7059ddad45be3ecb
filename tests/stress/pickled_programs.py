"""Stops random programs at each instruction, pickles them there, and lets them go on in another process.

What a program has noted in the end must be what it notes without that. Prints the seed, with which the same happens
again. See docs/internals/robustness.md.
"""

import argparse
import importlib
import os
import pickle
import random
import subprocess
import sys
import tempfile

import stackless
from program_parts import be_silent, run
from program_source import make_source

LONGEST = 1500  # how many instructions a program may have
WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pickled_programs_worker.py")


class Worker:
    """A process that has never run the programs. It is asked, and answers later."""

    def __init__(self, directory, interpreter):
        self.process = subprocess.Popen(
            [interpreter, "-X", "faulthandler", WORKER, directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, *question):
        pickle.dump(question, self.process.stdin)
        self.process.stdin.flush()

    def answer(self):
        try:
            return pickle.load(self.process.stdout)
        except EOFError:
            return f"the process has died, with exit status {self.process.wait()}"

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


# ---- How functions travel


def by_reference(directory, name, source):
    """The module is found by the other process."""
    with open(os.path.join(directory, f"{name}.py"), "w", encoding="utf-8") as file:
        file.write(source)
    importlib.invalidate_caches()
    return importlib.import_module(name).main


def by_value(directory, name, source):
    """The other process has never heard of it."""
    namespace = {"__name__": f"{name}_by_value"}
    exec(compile(source, f"{name}.py", "exec"), namespace)
    return namespace["main"]


KINDS = {"reference": by_reference, "value": by_value}


class Difference(Exception):
    pass


def start(main):
    log = []
    return stackless.tasklet(run)(main, log.append), log


def run_to_end(main):
    """What a program notes; None if it is too long."""
    tasklet, log = start(main)
    if stackless.run(LONGEST) is not None:
        tasklet.bind(None)
        return None
    return log


def dump(state, protocol):
    dumps = pickle.dumps if protocol > 0 else pickle._dumps
    return dumps(state, abs(protocol))


def dump_each_step(main, expected, protocol):
    """Steps through a program. Returns a pickle of it at each stop."""
    tasklet, log = start(main)
    pickles = []
    while (stopped := stackless.run(1)) is not None:
        try:
            pickles.append(dump((stopped, log), protocol))
        except Exception as error:
            raise Difference(f"stop {len(pickles)}: {describe(error)}\n{where(stopped)}") from None
        stopped.insert()
    if log != expected:
        raise Difference(f"when it is stopped often, the program notes\n{log}")
    return pickles


def describe(error):
    return f"{type(error).__name__}: {error}"


def where(tasklet):
    frame = tasklet.frame
    lines = []
    while frame is not None:
        lines.append(f"    {frame.f_code.co_qualname}() line {frame.f_lineno}, offset {frame.f_lasti}")
        frame = frame.f_back
    return "\n".join(lines)


def stop_number(main, number):
    """The tasklet at that stop."""
    start(main)
    for _ in range(number + 1):
        stopped = stackless.run(1)
        if stopped is not None:
            stopped.insert()
    return stackless.run(1) if stopped is None else stopped.remove()


class Programs:
    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.workers = self.make_workers()
        self.stops = 0
        self.passed = 0
        self.failed = 0

    def make_workers(self):
        return [Worker(self.directory, interpreter) for interpreter in (self.options.elsewhere, sys.executable)]

    def source_of(self, program):
        """The first program of this number that is not too long."""
        for attempt in range(100):
            source = make_source(f"{self.options.seed} {program} {attempt}", 25 - attempt // 4)
            expected = run_to_end(by_value(self.directory, f"program_{program}_{attempt}", source))
            if expected is not None:
                return source, expected
        raise AssertionError("all programs are too long")

    def run_program(self, program):
        source, expected = self.source_of(program)
        # By value, pickles are larger.
        usual = ["reference", "value"] if program % 3 == 0 else ["reference"]
        for kind in self.options.kinds or usual:
            protocol = random.Random(program).choice([2, 3, 4, 4, 5, 5, -4])
            main = KINDS[kind](self.directory, f"program_{program}", source)
            try:
                if self.options.chain or program % 4 == 3:
                    self.chain(main, expected, protocol)
                else:
                    self.go_on_elsewhere(main, expected, protocol)
            except Difference as difference:
                self.report(program, kind, source, expected, difference)
                return False
        return True

    def go_on_elsewhere(self, main, expected, protocol):
        """Each stop's pickle is run to the end."""
        pickles = dump_each_step(main, expected, protocol)
        self.stops += len(pickles)
        worker = self.workers[0]
        worker.ask("run", pickles, expected, 10 * LONGEST)
        answer = worker.answer()
        if answer is not None:
            self.replace_workers()
            stop, text = answer if isinstance(answer, tuple) else ("?", answer)
            place = where(stop_number(main, stop)) if stop != "?" else ""
            raise Difference(f"from stop {stop} on, elsewhere:\n{text}\n{place}")

    def chain(self, main, expected, protocol):
        """Each stop's pickle is run to the next stop, in two processes by turns."""
        state = start(main)
        state[0].remove()
        data = dump(state, protocol)
        for step in range(2 * LONGEST):
            worker = self.workers[step % 2]
            worker.ask("step", data, protocol)
            answer = worker.answer()
            self.stops += 1
            if isinstance(answer, str):
                self.replace_workers()
                raise Difference(f"step {step} of a chain: {answer}")
            if isinstance(answer, list):
                if answer != expected:
                    raise Difference(f"after {step} steps in turns, the program has noted\n{answer}")
                return
            data = answer
        raise Difference("in steps by turns, the program does not end")

    def replace_workers(self):
        for worker in self.workers:
            worker.process.kill()
            worker.close()
        self.workers = self.make_workers()

    def report(self, program, kind, source, expected, difference):
        seed = self.options.seed
        if self.options.verbose:
            print(source)
            print("expected:", expected)
        print(f"Program {program}, by {kind}: {difference}")
        print(f"Again with: tests/stress/pickled_programs.py --seed {seed} --program {program} --kinds {kind} --verbose", flush=True)

    def run(self):
        numbers = range(self.options.programs) if self.options.program is None else [self.options.program]
        for program in numbers:
            if self.run_program(program):
                self.passed += 1
            else:
                self.failed += 1
                if self.failed >= self.options.failures:
                    break
        for worker in self.workers:
            worker.close()


def parse_arguments():
    parser = argparse.ArgumentParser(description="Pickle random programs at each instruction.")
    parser.add_argument("--programs", type=int, default=40, help="how many")
    parser.add_argument("--seed", type=int, help="that of an earlier run, to repeat it")
    parser.add_argument("--program", type=int, help="run this program only")
    parser.add_argument("--kinds", nargs="*", choices=list(KINDS), help="how functions travel")
    parser.add_argument("--chain", action="store_true", help="pickle again after each instruction")
    parser.add_argument(
        "--elsewhere",
        default=sys.executable,
        metavar="STACKLESS",
        help="another build of the program: goes on with pickles, in a chain by turns with this one",
    )
    parser.add_argument("--failures", type=int, default=1, help="stop after so many")
    parser.add_argument("--verbose", action="store_true", help="print programs that fail")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**9)
    print(f"seed {options.seed}", flush=True)
    be_silent()
    with tempfile.TemporaryDirectory() as directory:
        sys.path.insert(0, directory)
        programs = Programs(options, directory)
        programs.run()
    print(f"{programs.stops} stops")
    print(f"{programs.passed} passed, {programs.failed} failed")
    sys.exit(1 if programs.failed else 0)


if __name__ == "__main__":
    main()
