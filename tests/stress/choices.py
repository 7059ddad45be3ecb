"""What a tasklet does next: at random, and at the end of a batch so that all tasklets end."""

from model import (
    BAD_ARGUMENT,
    C_LEVELS,
    FUNCTION,
    HANDLER,
    SOFT_LEVELS,
    STOP_ITERATION,
    TASKLET_EXIT,
    Bomb,
)

MOST_TASKLETS = 8
MOST_CHANNELS = 3
MOST_LEVELS = 7

# How often an action is chosen.
WEIGHTS = {
    "schedule": 8,
    "schedule_remove": 4,
    "run_all": 4,
    "create": 12,
    "bind": 8,
    "setup": 6,
    "insert": 8,
    "remove": 4,
    "run": 6,
    "switch": 6,
    "throw": 5,
    "raise_exception": 2,
    "kill": 4,
    "set_block_trap": 1,
    "set_tempval": 3,
    "create_channel": 3,
    "set_preference": 3,
    "set_schedule_all": 2,
    "close": 1,
    "open": 2,
    "send": 12,
    "send_exception": 3,
    "send_throw": 3,
    "receive": 12,
    "iterate": 4,
    "enter": 6,
    "leave": 8,
    "throw_up": 3,
    "hold": 2,
    "drop": 4,
    "drop_channel": 2,
    "collect": 1,
    "with_switch_trap": 3,
}
# What makes the last tasklet wait, so that nothing is left to run.
WAITING = ["schedule_remove", "switch", "leave", "throw_up", "with_switch_trap"]
WAITING += ["send", "send_exception", "send_throw", "receive", "iterate"]
TRAPPED = ["schedule", "schedule_remove", "run_all", "run", "switch", "throw", "kill", "send", "receive"]


class Choices:
    """Each method that is named as an action returns arguments for it, or None if it is not to be."""

    def __init__(self, random, model, c_frames):
        self.random = random
        self.model = model
        self.c_frames = c_frames  # may all tasklets, and not just the main one, hold C frames?
        self.last_number = 0
        self.spared = set()  # what is not killed at the end
        # Whether this is not the only thread. Then tasklets may be left when the thread ends; but if
        # nothing is left to run, that is no deadlock: the thread waits until others wake a tasklet.
        self.among_threads = False

    def next(self):
        """An action of the running tasklet, and its arguments."""
        task = self.model.current
        names = list(WEIGHTS)
        is_last = self.among_threads and self.model.is_last()
        if len(task.levels) >= MOST_LEVELS or task.doomed:
            names = ["leave"] if is_last else ["leave", "throw_up"]
        elif is_last:
            names = [name for name in names if name not in WAITING]
        while True:
            (name,) = self.random.choices(names, [WEIGHTS[name] for name in names])
            args = getattr(self, name)()
            if args is not None:
                return name, *args

    def last(self):
        """The same for the end of a batch: all tasklets end. None when there is nothing to do."""
        model = self.model
        if model.current is not model.main or len(model.main.levels) > 1:
            return self.last_of_other()
        if self.among_threads and self.leaves_tasklets():
            return None
        if len(model.ring) > 1:
            return ("run_all",)
        if model.runners:
            return "schedule_remove", None
        for task in model.tasks.values():
            if task.alive and task is not model.main and task.held and not self.spares(task):
                return "kill", task.name, False
        return None

    def last_of_other(self):
        model = self.model
        if self.among_threads and model.is_last() and len(model.current.levels) == 1:
            return "kill", model.idle().name, False
        return ("leave",)

    def leaves_tasklets(self):
        some_hold_c_frames = any(task.holds_c_frames for task in self.model.tasks.values())
        return not some_hold_c_frames and self.chance(0.3)

    def spares(self, task):
        """Of the paused and blocked tasklets some are not killed; their last references go."""
        if task not in self.spared and not task.holds_c_frames and self.chance(0.3):
            self.spared.add(task)
        return task in self.spared

    # ---- Arguments

    def chance(self, probability):
        return self.random.random() < probability

    def number(self):
        self.last_number += 1
        return self.last_number

    def task(self, fits=lambda task: True):
        """The name of a tasklet; mostly one that fits."""
        held = [task for task in self.model.tasks.values() if task.held]
        fitting = [task for task in held if fits(task)]
        return self.random.choice(fitting if fitting and self.chance(0.8) else held).name

    def message(self):
        return f"message {self.number()}"

    def value(self):
        """What may be sent, or be a tempval."""
        return self.random.choice([None, self.message(), self.message(), Bomb(self.error())])

    def error(self):
        if self.chance(0.3):
            return TASKLET_EXIT
        return STOP_ITERATION if self.chance(0.2) else self.boom()

    def boom(self):
        return "raised", "Boom", self.number()

    def argument(self):
        return BAD_ARGUMENT if self.chance(0.1) else self.message()

    def flag(self):
        return self.chance(0.5)

    def on_channel(self, *args):
        if not self.model.channels:
            return None
        return self.random.choice(list(self.model.channels)), *args

    # ---- The scheduler

    def schedule(self):
        return (self.random.choice([None, "current", self.message()]),)

    schedule_remove = schedule

    def run_all(self):
        return ()

    def with_switch_trap(self):
        name = self.random.choice(TRAPPED)
        args = getattr(self, name)()
        return None if args is None else (name, *args)

    # ---- Tasklets

    def create(self):
        if len(self.model.tasks) > MOST_TASKLETS:
            return None
        function, argument = self.random.choice(
            [(None, None), (FUNCTION, None), (FUNCTION, self.argument())]
        )
        return f"t{self.number()}", function, argument

    def bind(self):
        function = self.random.choice([None, FUNCTION])
        argument = self.random.choice([None, self.argument()])
        return self.task(lambda task: not task.alive), function, argument

    def setup(self):
        return self.task(self.model.is_bound), self.argument()

    def insert(self):
        return (self.task(lambda task: task.alive and task.place is None),)

    def remove(self):
        return (self.task(),)

    def run(self):
        return (self.task(lambda task: task.alive and not task.blocked),)

    switch = run

    def throw(self):
        return self.task(), self.error(), self.flag()

    def raise_exception(self):
        return self.task(), self.boom()

    def kill(self):
        return self.task(), self.flag()

    def set_block_trap(self):
        return self.task(), self.chance(0.2)

    def set_tempval(self):
        return self.task(), FUNCTION if self.chance(0.1) else self.value()

    # ---- Channels

    def create_channel(self):
        if len(self.model.channels) >= MOST_CHANNELS:
            return None
        return f"c{self.number()}", self.flag()

    def set_preference(self):
        return self.on_channel(self.random.choice([-1, 0, 1]))

    def set_schedule_all(self):
        return self.on_channel(self.chance(0.3))

    def close(self):
        return self.on_channel()

    open = receive = iterate = drop_channel = close

    def send(self):
        return self.on_channel(self.value())

    def send_exception(self):
        return self.on_channel(self.boom())

    def send_throw(self):
        return self.on_channel(self.error())

    # ---- Calls

    def enter(self):
        task = self.model.current
        may_hold_c_frames = task is self.model.main or (self.c_frames and task.held)
        return (self.random.choice(SOFT_LEVELS + (C_LEVELS if may_hold_c_frames else ())),)

    def leave(self):
        task = self.model.current
        return None if task is self.model.main and len(task.levels) == 1 else ()

    def throw_up(self):
        task = self.model.current
        levels = [level for level in task.levels if level.kind != HANDLER]
        if task is self.model.main and len(levels) == 1:
            return None
        if task.doomed:
            # Another exception may hit the one that waits in the destructor, where it is ignored.
            return (TASKLET_EXIT,)
        handled = task.handled()
        if handled and handled != STOP_ITERATION and self.flag():
            return (handled,)
        return (self.random.choice([TASKLET_EXIT, self.boom()]),)

    # ---- References

    def hold(self):
        return None if self.model.current.held else ()

    def drop(self):
        name = self.task()
        task = self.model.tasks[name]
        if task is self.model.main:
            return None
        # An exception for the caller would be raised, and ignored, in the destructor.
        is_safe = not isinstance(self.model.current.tempval, Bomb)
        if task.holds_c_frames and (self.model.is_in_use(task) or not is_safe):
            return None
        return (name,)

    def collect(self):
        return ()
