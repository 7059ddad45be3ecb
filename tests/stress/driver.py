"""Lets tasklets do random actions, and compares what happens with the model.

Whenever a tasklet gets control, it asks the driver what to do next. So the driver knows who runs, and
the model who should.
"""

import contextvars
import sys
import threading
import traceback
from collections import deque

from choices import Choices
from model import Model
from program import Program, error_label, make_error

LOG_LENGTH = 60  # how many of the last actions, and what came of them, a report shows

perform = Program.perform
running_in = contextvars.ContextVar("running_in")


def describe_difference(expected, found):
    """The lines of two states that differ."""
    lines = []
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            lines.append(f"{key}:\n    expected {expected.get(key)}\n    found    {found.get(key)}")
    return "\n".join(lines)


class Driver:
    """One batch: a program of fresh tasklets that does so many steps."""

    def __init__(self, random, steps, c_frames, tell, fail):
        self.steps_left = steps
        self.tell = tell  # called with each action
        self.fail = fail  # called with a text that says what is different; does not return
        self.log = deque(maxlen=LOG_LENGTH)
        self.model = Model()
        self.choices = Choices(random, self.model, c_frames)
        self.program = Program(self.live)
        self.watched = False  # whether callbacks are set
        self.finished = False

    def run(self):
        """Has to be called in the main tasklet."""
        self.program.begin()
        running_in.set("main")
        self.obey("main", 1, ("returned", None))
        self.finished = True

    def run_watched(self):
        """The same with callbacks, which are for all threads."""
        self.watched = True
        self.program.set_callbacks()
        self.run()
        self.program.unset_callbacks()

    def run_in_thread(self):
        """Runs in a thread of its own, which may end while tasklets have not."""
        self.choices.among_threads = True
        # A function, not a method: threading calls it as target(*args), and for a method that
        # would be a call from C.
        thread = threading.Thread(target=lambda: self.run())
        thread.start()
        thread.join()
        if not self.finished:
            self.report("the thread has ended too early")
        self.model.end_thread()
        self.program.end_thread()
        self.compare(self.model.state(), self.program.state())

    # ---- What tasklets run

    def live(self, message):
        running_in.set(self.program.name_of_current())
        self.obey(self.program.name_of_current(), 1, ("started", message.label))

    def obey(self, name, depth, outcome):
        """Does what the tasklet is told to, until it is told to leave."""
        while True:
            self.arrive(name, depth, outcome)
            action, *args = self.choose()
            if action == "leave":
                return
            if action == "throw_up":
                self.throw_up(*args)
            if action == "enter":
                args.append(lambda: self.obey(name, depth + 1, ("returned", None)))
            try:
                outcome = "returned", self.program.label(perform(self.program, action, *args))
            except BaseException as error:
                self.obey(name, depth + 1, error_label(error))
                outcome = "returned", None
            if action == "collect":
                self.check_collected()

    @staticmethod
    def throw_up(label):
        if label == error_label(sys.exc_info()[1]):
            raise
        raise make_error(label)

    # ---- The comparison

    def arrive(self, name, depth, outcome):
        """A tasklet has got control: it has returned from its last action, or has been started."""
        current = self.model.current
        self.compare(
            {
                "runs": current.name,
                "levels": len(current.levels),
                "goes on with": self.model.outcome,
                "handles": current.handled(),
                "context": current.name,
                "left finally": self.model.finalized,
                "callbacks": self.model.announced if self.watched else [],
            },
            {
                "runs": name,
                "levels": depth,
                "goes on with": outcome,
                "handles": error_label(sys.exc_info()[1]),
                "context": running_in.get(None),
                "left finally": self.program.finalized,
                "callbacks": self.program.announced,
            },
        )
        self.model.announced.clear()
        self.program.announced.clear()
        self.compare(self.model.state(), self.program.state())
        self.log.append(f"        {name} goes on: {outcome}")

    def compare(self, expected, found):
        if expected != found:
            self.report(describe_difference(expected, found))

    def report(self, text):
        if sys.exc_info()[1] is not None:
            text += "\nwhile handling:\n" + traceback.format_exc(chain=False)
        self.fail("\n".join(["The last actions:", *self.log, "The difference:", text]))

    def check_leaks(self):
        program = self.program
        program.drop_all()
        program.collect()
        self.compare(
            {"left over": [], "left finally": self.model.finalized},
            {"left over": program.left_over(), "left finally": program.finalized},
        )

    def check_collected(self):
        """After a collection, only those tasklets are left that the model knows."""
        expected = sorted(name for name in self.model.tasks if name != "main")
        found = sorted(self.program.names_of_tasklets())
        self.compare({"tasklets": expected}, {"tasklets": found})

    # ---- What comes next

    def choose(self):
        """What the running tasklet has to do. The model does it first."""
        if self.steps_left > 0:
            self.steps_left -= 1
            action = self.choices.next()
        else:
            action = self.choices.last()
        if action is None:
            return ("leave",)
        text = f"{self.model.current.name}: {action}"
        self.log.append(text)
        self.tell(text)
        self.model.perform(*action)
        return action
