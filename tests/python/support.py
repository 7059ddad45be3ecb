"""What the tests of tasklets and channels share."""

import contextlib
import gc
import os
import pickle
import subprocess
import sys
import traceback
import unittest

import stackless


class StacklessTestCase(unittest.TestCase):
    """Each test begins with the main tasklet alone in the run queue, and has to leave it so."""

    def setUp(self):
        self.log = []
        self.assertEqual(stackless.getruncount(), 1)
        self.addCleanup(self.restore_scheduler)

    def restore_scheduler(self):
        stackless.set_schedule_callback(None)
        stackless.set_channel_callback(None)
        stackless.set_error_handler(None)
        stackless.switch_trap(-stackless.switch_trap(0))
        stackless.getcurrent().block_trap = False
        left_over = run_queue()[1:]
        for tasklet in left_over:
            tasklet.remove()
        self.assertEqual(left_over, [])

    def start(self, function, *args, **kwargs):
        """A tasklet that is about to run function(*args, **kwargs)."""
        return stackless.tasklet(function)(*args, **kwargs)

    def note(self, event):
        """As a tasklet: logs the event and ends."""
        self.log.append(event)

    def pause(self, function, *args):
        """A tasklet that ran up to its first schedule_remove()."""
        tasklet = self.start(function, *args)
        tasklet.run()
        self.assertTrue(tasklet.paused)
        return tasklet

    def block(self, function, *args):
        """A tasklet that ran until it had to wait at a channel."""
        tasklet = self.start(function, *args)
        tasklet.run()
        self.assertTrue(tasklet.blocked)
        return tasklet


needs_soft_switching = unittest.skipUnless(
    stackless.enable_softswitch(None), "every tasklet keeps its C stack"
)


def run_queue():
    """The tasklets of the run queue, the current one first."""
    queue = [stackless.getcurrent()]
    while len(queue) < stackless.getruncount():
        queue.append(queue[-1].next)
    assert queue[-1].next is queue[0], "the run queue is not a ring"
    return queue


def functions_of(tb):
    """The names of the functions that a traceback goes through, from the outside in."""
    return [frame.name for frame in traceback.extract_tb(tb)]


def collect():
    """Collects garbage; more than once, because finalizers make new garbage."""
    for _ in range(3):
        gc.collect()


class Reduced:
    """To pickle it calls a function."""

    def __init__(self, function):
        self.function = function

    def __reduce__(self):
        self.function()
        return int, ()


def call_from_c(function, *args):
    """Calls a function with C code between it and the caller, and returns its result."""
    results = []
    pickle.dumps(Reduced(lambda: results.append(function(*args))))
    return results.pop()


class NotReduced:
    """To pickle it calls schedule_remove(), from C."""

    __reduce__ = staticmethod(stackless.schedule_remove)


def schedule_remove_from_c():
    with contextlib.suppress(pickle.PicklingError):
        pickle.dumps(NotReduced())


def run_script(source, *args, options=(), environment={}):
    """Runs a program in a process of its own, with options of the interpreter."""
    return subprocess.run(
        [sys.executable, *options, "-c", source, *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environment,
        text=True,
    )
