"""The table of other worlds: what tasklets do, beside what Go, Erlang, Lua, greenlet, PyPy and asyncio do."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from measure import Ratio, number_probe, take_turns

PEERS = Path(__file__).parent / "peers"
WORDS = ("hop", "yield", "life", "blocked")
WIDTHS = (10, 10, 12, 12)
OURS = "stackless: tasklets"


class MissingPeer(Exception):
    """Its message says what is not there."""


def commands(python, stackless, directory):
    """How each of the peers is started; those that are compiled are put into the directory."""
    return {
        OURS: lambda: [stackless, PEERS / "tasklets.py"],
        "Go: goroutines": lambda: go_program(directory),
        "Erlang: processes": lambda: erlang_program(directory),
        "Lua: coroutines": lambda: [installed("lua5.4"), PEERS / "coroutines.lua"],
        "python: greenlets": lambda: [python, PEERS / "greenlets.py"],
        "PyPy: greenlets": lambda: [installed("pypy3"), PEERS / "greenlets.py"],
        "python: asyncio": lambda: [python, PEERS / "asyncio_tasks.py"],
    }


def installed(program):
    path = shutil.which(program)
    if path is None:
        raise MissingPeer(f"{program} is not installed")
    return path


def go_program(directory):
    program = Path(directory, "goroutines")
    environment = dict(os.environ, GOCACHE=str(Path(directory, "go-cache")), GOFLAGS="-mod=mod", GO111MODULE="off")
    compile_with([installed("go"), "build", "-o", program, PEERS / "goroutines.go"], environment)
    return [program]


def erlang_program(directory):
    compile_with([installed("erlc"), "-o", directory, PEERS / "processes.erl"])
    one_scheduler = ["+S", "1:1", "+P", "262144"]
    return [installed("erl"), "-noshell", *one_scheduler, "-pa", directory, "-run", "processes", "main"]


def compile_with(command, environment=None):
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise MissingPeer(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")


class PeerTable:
    def __init__(self, python, stackless, rounds):
        self.python = python
        self.stackless = stackless
        self.rounds = rounds
        self.failures = []
        self.verdicts = []
        self.plots = {}

    def measure(self):
        with tempfile.TemporaryDirectory() as directory:
            probes, missing = self._probes(directory)
            take_turns([probe for row in probes.values() for probe in row.values()], self.rounds)
        print(f"{'':22} " + " ".join(f"{word:>{width + 6}}" for word, width in zip(WORDS, WIDTHS)))
        units = zip(("ns", "ns", "ns", "bytes"), WIDTHS)
        print(f"{'':22} " + " ".join(f"{unit:>{width}} ratio" for unit, width in units))
        for name, row in probes.items():
            self._print_row(name, row, probes[OURS])
        print()
        print("ratio: over that of tasklets; what hop, yield, life and blocked are: tools/bench/peers/README.md")
        for line in missing:
            print(f"skipped: {line}")

    def _probes(self, directory):
        probes, missing = {}, []
        for name, make_command in commands(self.python, self.stackless, directory).items():
            try:
                command = [str(part) for part in make_command()]
            except MissingPeer as reason:
                missing.append(f"{name}: {reason}")
                continue
            probes[name] = {word: number_probe([*command, word]) for word in WORDS}
        return probes, missing

    def _print_row(self, name, row, ours):
        line = f"{name:22}"
        for word, width in zip(WORDS, WIDTHS):
            probe = row[word]
            if probe.failure is not None:
                self.failures.append(f"{name}, {word}: {probe.failure}")
                line += f" {'failed':>{width}} {'':5}"
                continue
            line += f" {probe.seconds:{width}.1f}"
            ratio = Ratio.of(probe, ours[word]).median if ours[word].failure is None else None
            line += f" {ratio:5.1f}" if ratio is not None else f" {'':5}"
        print(line.rstrip())
