"""The parts of the benchmark, by the names that they are asked for."""

from dataclasses import dataclass
from typing import Callable

import cliffs
import program_table
from builtins_table import BuiltinsTable
from cliffs import CliffsTable
from flat_table import FlatTable
from memory_part import MemoryPart
from peer_table import PeerTable
from pickle_table import PickleTable
from preemption_table import PreemptionTable
from program_table import ProgramTable
from switch_table import SwitchTable

PROGRAMS = "programs"
PREEMPTION = "preemption"
TRAINING = "training"


@dataclass(frozen=True)
class Part:
    """`make(options)` returns what measures it: it has measure(), and then failures, verdicts and plots."""

    title: str
    about: str
    make: Callable


def some_programs(options, names):
    return ProgramTable(options.python, options.stackless, names, options.rounds)


PARTS = {
    PROGRAMS: Part(
        "Programs, and the start",
        "The programs in `tools/bench/programs/`, under Debian's python3.11 and under stackless.",
        lambda options: some_programs(options, program_table.names()),
    ),
    TRAINING: Part(
        "Training",
        "The same programs by a build with `--disable-pgo`, and by the usual one, whose compiler knew from a run of tests"
        " what is hot.",
        lambda options: ProgramTable(
            options.untrained, options.stackless, program_table.programs(), options.rounds, "untrained"
        ),
    ),
    "builtins": Part(
        "Builtins and C modules",
        "The calls in `tools/bench/builtin_calls.py`: nearly all their time passes in C code, the same on both sides"
        " but for how it was compiled and linked.",
        lambda options: BuiltinsTable(options.python, options.stackless, options.rounds),
    ),
    "cliffs": Part(
        "No cliffs",
        "Tests of CPython's own suite, drawn from those that take some milliseconds and wait for nothing: the list is"
        " `tools/bench/cliff_pieces.txt`.",
        lambda options: CliffsTable(options.python, options.stackless, options.rounds, cliffs.pieces()),
    ),
    "switching": Part(
        "Switching",
        "Tasklets under stackless, greenlets under Debian's python3.11.",
        lambda options: SwitchTable(options.python, options.stackless, options.rounds),
    ),
    "flat": Part(
        "Switching among many",
        "The cost of a switch stays the same however many tasklets there are, but for the processor's caches.",
        lambda options: FlatTable(options.stackless, options.rounds),
    ),
    "peers": Part(
        "Beside other worlds",
        "The same four things in other languages, by the programs in `tools/bench/peers/`, each on one processor.",
        lambda options: PeerTable(options.python, options.stackless, options.rounds),
    ),
    "memory": Part(
        "Memory",
        "Resident memory of fresh processes, everything counted.",
        lambda options: MemoryPart(options.stackless),
    ),
    "pickling": Part(
        "Pickling",
        "A tasklet beside plain tuples with the same leaves, and snapshots of many beside few.",
        lambda options: PickleTable(options.stackless, options.rounds),
    ),
    PREEMPTION: Part(
        "Preemption",
        "A build without the feature, one with it, and a watchdog on.",
        lambda options: PreemptionTable(options.stackless, options.without_preemption, options.rounds),
    ),
}
