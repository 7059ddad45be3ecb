"""Runs measuring processes in turn and keeps their figures.

A figure is the median over the rounds. In a round each probe has its turn, in a fresh process that repeats the work and
counts with the median of the repetitions. So a machine that is slower for some seconds spoils one round of some probes,
which the median passes over, and not all rounds of one probe. Times are CPU time, so that other processes matter less.
"""

import json
import os
import resource
import signal
import statistics
import subprocess
import sys
from dataclasses import dataclass

TIMEOUT_SECONDS = 300
STARTS_IN_A_ROUND = 15
# So many times as many rounds has what misses a target at first.
CLOSER_LOOK = 3


class MeasureError(Exception):
    """A measuring process did not deliver; the message says why, in one line."""


@dataclass(frozen=True)
class Sample:
    """`result` is what the work came to; it must be the same in every process."""

    seconds: float
    result: object = None


class Probe:
    """One command that is measured round by round, until it fails."""

    def __init__(self, command, take):
        self.command = command
        self.samples = []
        self.failure = None
        self._take = take

    def take_sample(self, round_number):
        if self.failure is not None:
            return
        try:
            sample = self._take(self.command, round_number)
            if self.samples and sample.result != self.result:
                raise MeasureError(f"result is {sample.result!r} now, but was {self.result!r}")
            self.samples.append(sample)
        except MeasureError as error:
            self.failure = str(error)

    @property
    def result(self):
        return self.samples[0].result

    @property
    def seconds(self):
        return statistics.median(sample.seconds for sample in self.samples)

    @property
    def spread(self):
        """The distance of the slowest and the fastest round, as a part of the median."""
        rounds = [sample.seconds for sample in self.samples]
        return (max(rounds) - min(rounds)) / self.seconds


def reporting_probe(command):
    """A probe of a command that measures itself and prints `{"seconds": [...], "result": ...}`."""
    return Probe(command, _reported_sample)


def number_probe(command):
    """A probe of a command that prints one number; its samples have that in the place of seconds."""
    return Probe(command, _number_sample)


def start_probe(command):
    """A probe of the CPU time that a command takes from its start to its end."""
    return Probe(command, _start_sample)


def take_turns(probes, rounds):
    for round_number in range(rounds):
        print(f"round {round_number + 1} of {rounds}", file=sys.stderr)
        for probe in probes:
            probe.take_sample(round_number)


def take_turns_again(pairs, rounds, misses):
    """Measures those pairs of probes whose ratio misses a target in more rounds, as one of many often does by chance."""
    doubtful = [pair for pair in pairs if all(each.failure is None for each in pair) and misses(Ratio.of(*pair).median)]
    take_turns([probe for pair in doubtful for probe in pair], CLOSER_LOOK * rounds if doubtful else 0)


@dataclass(frozen=True)
class Ratio:
    """One probe's time over another's: that of the medians, and the extremes of the single rounds."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, numerator, denominator):
        single = [a.seconds / b.seconds for a, b in zip(numerator.samples, denominator.samples)]
        return cls(numerator.seconds / denominator.seconds, min(single), max(single))


def run_json(command, round_number=0):
    """Runs a command and returns the JSON that it printed."""
    output = _run(command, _environment(round_number))
    try:
        return json.loads(output)
    except ValueError:
        raise MeasureError(f"did not print JSON, but {output[:80]!r}") from None


def _reported_sample(command, round_number):
    report = run_json(command, round_number)
    return Sample(statistics.median(report["seconds"]), report["result"])


def _number_sample(command, round_number):
    output = _run(command, _environment(round_number))
    try:
        return Sample(float(output))
    except ValueError:
        raise MeasureError(f"did not print a number, but {output[:80]!r}") from None


def _start_sample(command, round_number):
    environment = _environment(round_number)
    seconds = []
    for _ in range(STARTS_IN_A_ROUND):
        start = _seconds_of_children()
        _run(command, environment)
        seconds.append(_seconds_of_children() - start)
    return Sample(statistics.median(seconds))


def _seconds_of_children():
    """The CPU time of the processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _environment(round_number):
    """The hash seed is the same for all probes of a round, and differs between rounds: so no side has all the luck."""
    return dict(os.environ, PYTHONHASHSEED=str(round_number + 1), PYTHONDONTWRITEBYTECODE="1")


def _run(command, environment):
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise MeasureError(f"no answer within {TIMEOUT_SECONDS} s") from None
    except OSError as error:
        raise MeasureError(str(error)) from None
    if done.returncode != 0:
        raise MeasureError(_reason(done))
    return done.stdout


def _reason(done):
    if done.returncode < 0:
        status = f"killed by {signal.Signals(-done.returncode).name}"
    else:
        status = f"exit status {done.returncode}"
    complaint = done.stderr.strip().splitlines()
    return f"{status}: {complaint[-1]}" if complaint else status
