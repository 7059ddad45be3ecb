"""Runs rows of the test_frames_*.py in tasklets that are pickled in the middle, for test_pickle_rows.py."""

import pickle
import sys

import stackless
import test_nothing_nests
from pickled_variants import VARIANTS

log = []
MOST_PAUSES = 200


def all_rows():
    rows = [family.rows for family in test_nothing_nests.families()]
    return {name: row for table in [*rows, VARIANTS] for name, row in table.items()}


def pause():
    """What the rows call: gives way each time."""
    log.append("before")
    try:
        stackless.schedule_remove(None)
        log.append("after")
    finally:
        log.append("finally")


def work(row):
    row(pause)
    log.append("end")


def begin(row):
    """A tasklet that waits in the action of the row for the first time."""
    del log[:]
    tasklet = stackless.tasklet(work)(row)
    tasklet.run()
    return tasklet


def go_on(tasklet, renew=lambda tasklet: tasklet):
    """Runs a tasklet to its end, a new one after each pause. Returns what happened."""
    pauses = 0
    while tasklet.alive:
        if (pauses := pauses + 1) > MOST_PAUSES:
            raise AssertionError(f"the tasklet does not end: {log}")
        tasklet = renew(tasklet)
        tasklet.run()
    return list(log)


def finish_all():
    """As a program: what happens in tasklets of another process, whose pickles are read from stdin."""
    results = {}
    for name, (data, before) in pickle.load(sys.stdin.buffer).items():
        log[:] = before
        try:
            results[name] = go_on(pickle.loads(data))
        except Exception as error:
            results[name] = f"{type(error).__name__}: {error}"
    sys.stdout.buffer.write(pickle.dumps(results))
