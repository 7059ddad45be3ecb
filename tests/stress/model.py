"""A small model of the scheduler: which tasklet goes on after an action, and with what.

It knows one thread, and is written from what the documentation promises, without a look at how the
interpreter keeps it. Values are labels (strings, or None); a `Bomb` is an exception as a value. The
model also knows the function calls that each tasklet is in the middle of (`levels`), because an
exception that is raised in it goes through them.
"""

from dataclasses import dataclass

FUNCTION = "function"  # the label of what all tasklets are bound to
BAD_ARGUMENT = "bad argument"  # arguments with this do not fit the function

# The levels that a tasklet may be in. In some, C code stands between its frames.
OUTERMOST = "outermost"
HANDLER = "handler"  # of the exception that its level carries
FINALLY = "finally"
SOFT_LEVELS = ("call", "generator", "init", "with", "sorted", "map", "compare", FINALLY)
C_LEVELS = ("pickle", "translate")

TASKLET_EXIT = ("raised", "TaskletExit", None)
RUNTIME_ERROR = ("raised", "RuntimeError", None)
DEADLOCK = ("raised", "RuntimeError", "deadlock")
SWITCH_TRAP = ("raised", "RuntimeError", "switch_trap")
VALUE_ERROR = ("raised", "ValueError", None)
TYPE_ERROR = ("raised", "TypeError", None)
STOP_ITERATION = ("raised", "StopIteration", None)

# The actions that are methods of what their first argument names, and that may switch.
METHODS = ("run", "switch", "throw", "raise_exception", "kill")
METHODS += ("send", "send_exception", "send_throw", "receive", "iterate")

SWITCHED = object()  # what an action returns whose caller does not go on


class Raised(Exception):
    """The action raises an exception in its caller."""

    def __init__(self, error):
        self.error = error


@dataclass(frozen=True)
class Bomb:
    error: tuple


@dataclass(frozen=True)
class Level:
    kind: str
    error: tuple = None


class Task:
    def __init__(self, name):
        self.name = name
        self.label = f"tasklet {name}"
        self.held = True  # the program has a reference to it
        self.doomed = False  # killed because nothing refers to it any more
        self.in_destructor = False  # waits until such a one has ended
        self.state = "unbound"  # then "ready", then "started"
        self.argument = None  # of a ready one
        self.tempval = None
        self.block_trap = False
        self.place = None  # "queue", "sending", "receiving", "runners"
        self.channel = None  # where it is blocked
        self.uses = None  # what it keeps a reference to while it waits: see Model.note_use()
        self.levels = []

    @property
    def alive(self):
        return self.state != "unbound"

    @property
    def blocked(self):
        return self.channel is not None

    @property
    def scheduled(self):
        return self.place == "queue" or self.blocked

    @property
    def holds_c_frames(self):
        return any(level.kind in C_LEVELS for level in self.levels)

    def handled(self):
        """The exception that it is handling."""
        errors = [level.error for level in self.levels if level.kind == HANDLER]
        return errors[-1] if errors else None

    def references(self):
        return [thing for thing in (self.channel, self.uses) if thing]

    def unbind(self):
        self.state = "unbound"
        self.argument = self.tempval = self.uses = None
        self.levels = []


class Channel:
    def __init__(self, name, is_of_subclass):
        self.name = name
        self.is_of_subclass = is_of_subclass
        self.held = True
        self.place = None
        self.waiting = []
        self.preference = -1
        self.schedule_all = False
        self.closing = False

    def references(self):
        return self.waiting

    @property
    def balance(self):
        sending = bool(self.waiting) and self.waiting[0].place == "sending"
        return len(self.waiting) if sending else -len(self.waiting)


class Model:
    def __init__(self):
        self.main = Task("main")
        self.main.state = "started"
        self.main.levels = [Level(OUTERMOST)]
        self.tasks = {"main": self.main}
        self.channels = {}
        self.ring = []  # the run queue; the running tasklet is its head
        self.runners = []  # those that wait in run(); the last one goes on first
        self.trapped = False
        self.leaving = None  # the tasklet that a switch is from; None if it has ended
        self.outcome = "returned", None  # what the running tasklet goes on with
        self.finalized = []  # the tasklets that have left a finally block
        self.announced = []  # what callbacks have to be called with
        self.append(self.main)

    @property
    def current(self):
        return self.ring[0]

    def perform(self, action, *args):
        """The running tasklet does something."""
        me = self.current
        self.leaving = me.name
        try:
            result = getattr(self, action)(*args)
        except Raised as raised:
            self.outcome = raised.error
        else:
            if result is not SWITCHED:
                self.outcome = ("returned", result)
        if self.outcome[0] == "raised":
            self.current.levels.append(Level(HANDLER, self.outcome))
        if me is not self.current and me.alive:
            self.note_use(me, action, *args)
        self.forget_dropped()

    def note_use(self, task, action, name=None, *args):
        """A call from C keeps its arguments until it returns; so does a loop over a channel."""
        is_loop = action == "iterate" and not self.channels[name].is_of_subclass
        if action in METHODS and (is_loop or self.holds_c_stack(task)):
            task.uses = self.tasks.get(name) or self.channels.get(name)

    def forget_dropped(self):
        """Tasklets go that are paused and that nothing refers to."""
        for task in list(self.tasks.values()):
            if not task.held and not self.is_in_use(task):
                del self.tasks[task.name]

    def end_thread(self):
        """The tasklets that are left, of which none holds C frames, lose their thread."""
        for task in self.ring + self.runners:
            task.place = None
        self.ring.clear()
        self.runners.clear()
        self.main.state, self.main.levels = "unbound", []
        self.forget_dropped()

    # ---- The queues

    def append(self, task):
        task.place = "queue"
        self.ring.append(task)

    def take_out(self, task):
        if task.place == "queue":
            self.ring.remove(task)
        elif task.blocked:
            task.channel.waiting.remove(task)
            task.channel = None
        elif task.place == "runners":
            # Those that called run() later do not wait for this one any more.
            while self.runners[-1] is not task:
                self.append(self.runners.pop())
            self.runners.pop()
        task.place = None

    def make_runnable(self, task):
        if task.place != "queue":
            self.take_out(task)
            self.append(task)

    def turn_to(self, task):
        index = self.ring.index(task)
        self.ring = self.ring[index:] + self.ring[:index]

    def bring_to_head(self, task):
        self.make_runnable(task)
        self.turn_to(task)

    # ---- Who goes on

    def idle(self):
        """The one that goes on when nothing is runnable, and gets to know of exceptions."""
        return self.runners[-1] if self.runners else self.main

    def send_to_idle(self, bomb):
        idle = self.idle()
        self.take_out(idle)
        idle.place = "queue"
        self.ring.insert(1, idle)
        idle.tempval = bomb
        return idle

    def runnable(self, task):
        """`task`, or who gets to know that it cannot start, or the caller if it ends silently."""
        if task.state == "started":
            return task
        if isinstance(task.tempval, Bomb):
            return self.fail_to_start(task, task.tempval)
        if task.argument == BAD_ARGUMENT:
            return self.fail_to_start(task, Bomb(TYPE_ERROR))
        return task

    def fail_to_start(self, task, bomb):
        self.take_out(task)
        task.unbind()
        if bomb.error == TASKLET_EXIT:
            return self.current
        if self.current is not self.idle():
            return self.send_to_idle(bomb)
        raise Raised(bomb.error)

    def successor(self):
        """The next one in the run queue."""
        while len(self.ring) > 1:
            heir = self.runnable(self.ring[1])
            if heir is not self.current:
                return heir
        return self.current

    def successor_without_current(self):
        """The same for a caller that leaves the run queue."""
        task = self.successor()
        if task is self.current:
            task = self.idle()
            if task.blocked:
                raise Raised(DEADLOCK)
        return task

    def is_last(self):
        """Whether nothing else can go on for sure if the running tasklet does not."""
        others_can_go_on = any(
            task.state == "started"
            or not (isinstance(task.tempval, Bomb) or task.argument == BAD_ARGUMENT)
            for task in self.ring[1:]
        )
        idle = self.idle()
        return not others_can_go_on and (idle is self.current or idle.blocked)

    def may_switch(self):
        if self.trapped:
            raise Raised(SWITCH_TRAP)

    def resume(self):
        """The head of the run queue goes on."""
        task = self.current
        task.uses = None
        if task.in_destructor:
            # What the destructor's call returns or raises is lost.
            task.in_destructor = False
            task.tempval = None
        if task.state == "ready":
            task.state = "started"
            task.levels = [Level(OUTERMOST)]
            self.outcome = ("started", task.argument)
            task.argument = task.tempval = None
        else:
            self.outcome = self.outcome_of(self.take_tempval(task))
        return SWITCHED

    def switch_to(self, task):
        self.announced.append(("switch", self.leaving, task.name))
        self.bring_to_head(task)
        return self.resume()

    @staticmethod
    def outcome_of(value):
        return value.error if isinstance(value, Bomb) else ("returned", value)

    @staticmethod
    def take_tempval(task):
        value, task.tempval = task.tempval, None
        return value

    def own_tempval(self):
        """What a call returns that has not led to a switch."""
        return self.explode(self.take_tempval(self.current))

    @staticmethod
    def explode(value):
        if isinstance(value, Bomb):
            raise Raised(value.error)
        return value

    # ---- The functions of the module

    def schedule(self, value):
        me = self.current
        value = me.label if value == "current" else value
        if len(self.ring) == 1:
            return value
        self.may_switch()
        me.tempval = None
        task = self.successor()
        if task is me:
            return value
        me.tempval = value
        return self.switch_to(task)

    def schedule_remove(self, value):
        me = self.current
        value = me.label if value == "current" else value
        self.may_switch()
        me.tempval = None
        task = self.successor_without_current()
        if task is me:
            return value
        me.tempval = value
        self.take_out(me)
        return self.switch_to(task)

    def run_all(self):
        me = self.current
        if len(self.ring) == 1:
            return None
        self.may_switch()
        me.tempval = None
        task = self.successor()
        if task is me:
            return None
        self.take_out(me)
        me.place = "runners"
        self.runners.append(me)
        return self.switch_to(task)

    # ---- Tasklets

    def create(self, name, function, argument):
        self.tasks[name] = Task(name)
        self.bind(name, function, argument)

    def bind(self, name, function, argument):
        """Without an argument, it is bound to the function (or None) only."""
        task = self.tasks[name]
        if task is self.current or task is self.main or task.scheduled or task.holds_c_frames:
            raise Raised(RUNTIME_ERROR)
        if function is None and argument is not None and not self.is_bound(task):
            raise Raised(RUNTIME_ERROR)
        self.take_out(task)
        task.unbind()
        if argument is None:
            task.tempval = function
        else:
            task.state, task.argument = "ready", argument
        return task.label

    def setup(self, name, argument):
        task = self.tasks[name]
        if task.alive or not self.is_bound(task):
            raise Raised(RUNTIME_ERROR)
        task.state, task.argument, task.tempval = "ready", argument, None
        self.make_runnable(task)
        return task.label

    @staticmethod
    def is_bound(task):
        return task.state == "ready" or (task.state == "unbound" and task.tempval == FUNCTION)

    def insert(self, name):
        task = self.tasks[name]
        if task.blocked or not task.alive:
            raise Raised(RUNTIME_ERROR)
        self.make_runnable(task)
        return task.label

    def remove(self, name):
        task = self.tasks[name]
        if task.blocked or task is self.current:
            raise Raised(RUNTIME_ERROR)
        if task.place == "queue":
            self.take_out(task)
        return task.label

    def run(self, name):
        return self.jump(self.tasks[name], stay=True)

    def switch(self, name):
        return self.jump(self.tasks[name], stay=False)

    def jump(self, task, stay):
        me = self.current
        if task.blocked or not task.alive:
            raise Raised(RUNTIME_ERROR)
        if task is me:
            return self.own_tempval()
        self.may_switch()
        task = self.runnable(task)
        if task is me and not stay:
            task = self.successor_without_current()
        if task is me:
            return self.own_tempval()
        if not stay:
            self.take_out(me)
        return self.switch_to(task)

    def throw(self, name, error, pending):
        task = self.tasks[name]
        if task is self.current:
            raise Raised(error)
        if not task.alive:
            if error == TASKLET_EXIT:
                return None
            raise Raised(RUNTIME_ERROR)
        if pending:
            self.make_runnable(task)
            task.tempval = Bomb(error)
            return None
        return self.throw_now(task, Bomb(error))

    def throw_now(self, task, bomb):
        me = self.current
        self.may_switch()
        if task.state == "ready":
            # A tasklet that never ran ends; its exception is raised where an uncaught one is.
            task = self.fail_to_start(task, bomb)
            if task is me:
                return None if bomb.error == TASKLET_EXIT else self.own_tempval()
        else:
            task.tempval = bomb
        self.take_out(task)
        self.append(task)
        return self.switch_to(task)

    def kill(self, name, pending):
        return self.throw(name, TASKLET_EXIT, pending)

    def raise_exception(self, name, error):
        return self.throw(name, error, False)

    def set_block_trap(self, name, flag):
        self.tasks[name].block_trap = flag

    def set_tempval(self, name, value):
        self.tasks[name].tempval = value

    # ---- Channels

    def create_channel(self, name, is_of_subclass):
        self.channels[name] = Channel(name, is_of_subclass)

    def set_preference(self, name, preference):
        self.channels[name].preference = preference

    def set_schedule_all(self, name, flag):
        self.channels[name].schedule_all = flag

    def close(self, name):
        self.channels[name].closing = True

    def open(self, name):
        self.channels[name].closing = False

    def send(self, name, value):
        return self.act(self.channels[name], "sending", value)

    def send_exception(self, name, error):
        return self.act(self.channels[name], "sending", Bomb(error))

    def send_throw(self, name, error):
        return self.act(self.channels[name], "sending", Bomb(error))

    def receive(self, name):
        return self.act(self.channels[name], "receiving", None)

    def iterate(self, name):
        """One round of a loop over the channel."""
        channel = self.channels[name]
        if channel.closing and channel.balance <= 0:
            raise Raised(STOP_ITERATION)
        return self.act(channel, "receiving", None)

    def act(self, channel, way, value):
        self.current.tempval = None
        will_block = not channel.waiting or channel.waiting[0].place == way
        self.announced.append((way, channel.name, self.current.name, value, will_block))
        return self.act_again(channel, way, value)

    def act_again(self, channel, way, value):
        if channel.waiting and channel.waiting[0].place != way:
            return self.meet(channel, way, value)
        return self.block(channel, way, value)

    def meet(self, channel, way, value):
        me = self.current
        partner = channel.waiting[0]
        sends = way == "sending"
        if sends:
            partner.tempval = None  # whatever a program has set it to
        if channel.schedule_all:
            self.may_switch()
            task = self.successor()
            if partner not in channel.waiting:
                # It was taken away from the channel to hear of an exception.
                return self.act_again(channel, way, value)
            if task is me:
                task = partner
            me.tempval = self.exchange(partner, sends, value)
            self.make_runnable(partner)
            return self.switch_to(task)
        if channel.preference == (-1 if sends else 1):
            self.may_switch()
            me.tempval = self.exchange(partner, sends, value)
            self.take_out(partner)
            partner.place = "queue"
            self.ring.insert(1, partner)
            return self.switch_to(partner)
        result = self.exchange(partner, sends, value)
        self.make_runnable(partner)
        return self.explode(result)

    def exchange(self, partner, sends, value):
        if not sends:
            return self.take_tempval(partner)
        partner.tempval = value
        return None

    def block(self, channel, way, value):
        me = self.current
        if me.block_trap:
            raise Raised(RUNTIME_ERROR)
        if channel.closing:
            raise Raised(VALUE_ERROR)
        self.may_switch()
        task = self.successor_without_current()
        if task is me:
            raise Raised(DEADLOCK)
        self.take_out(me)
        me.place, me.channel, me.tempval = way, channel, value
        channel.waiting.append(me)
        return self.switch_to(task)

    # ---- Calls that the running tasklet makes, and how it leaves them

    def enter(self, kind):
        self.current.levels.append(Level(kind))
        return None

    def leave(self):
        self.leave_level(self.current)
        return None if self.current.levels else self.end(None)

    def throw_up(self, error):
        """Raises an exception: it goes up to the level that called this one, or ends the tasklet."""
        levels = self.current.levels
        while levels[-1].kind == HANDLER:
            levels.pop()
        self.leave_level(self.current)
        if levels:
            raise Raised(error)
        return self.end(None if error == TASKLET_EXIT else Bomb(error))

    def leave_level(self, task):
        if task.levels.pop().kind == FINALLY:
            self.finalized.append(task.name)

    def end(self, bomb):
        task = self.current
        task.unbind()
        self.leaving = None
        self.announced.append(("switch", task.name, None))
        heir = self.send_to_idle(bomb) if bomb else self.successor()
        if heir is task:
            heir = self.idle()
            if heir.blocked:
                self.send_to_idle(Bomb(DEADLOCK))
        self.take_out(task)
        return self.switch_to(heir)

    # ---- References

    def hold(self):
        self.current.held = True

    def drop(self, name):
        """A paused tasklet goes, and none of its finally blocks runs; with C frames, it is killed."""
        task = self.tasks[name]
        task.held = False
        if task.holds_c_frames:
            task.doomed = True
            self.current.in_destructor = True
            return self.throw_now(task, Bomb(TASKLET_EXIT))
        return None

    def drop_channel(self, name):
        channel = self.channels[name]
        channel.held = False
        del self.channels[name]

    def collect(self):
        """Those that wait at channels that nothing can reach go too."""
        for task in self.unreachable():
            del self.tasks[task.name]

    def is_in_use(self, task):
        return task.place is not None or any(other.uses is task for other in self.tasks.values())

    def unreachable(self):
        things = [*self.tasks.values(), *self.channels.values()]
        found = [thing for thing in things if thing.held or thing.place in ("queue", "runners")]
        for thing in found:
            found += [other for other in thing.references() if other not in found]
        return [task for task in self.tasks.values() if task not in found]

    # ---- A switch that is not allowed

    def with_switch_trap(self, action, *args):
        self.trapped = True
        try:
            return getattr(self, action)(*args)
        finally:
            self.trapped = False

    # ---- What a program can see

    def state(self):
        state = {"run queue": [task.name for task in self.ring]}
        for task in self.tasks.values():
            if task.held:
                state[task.label] = self.state_of_task(task)
        for channel in self.channels.values():
            state[f"channel {channel.name}"] = {
                "balance": channel.balance,
                "waiting": [task.name for task in channel.waiting],
                "preference": channel.preference,
                "schedule_all": channel.schedule_all,
                "closing": channel.closing,
                "closed": channel.closing and not channel.waiting,
            }
        return state

    def state_of_task(self, task):
        before, after = self.neighbours(task)
        return {
            "alive": task.alive,
            "paused": task.alive and not task.scheduled,
            "blocked": task.blocked,
            "scheduled": task.scheduled,
            "current": task in self.ring[:1],
            "prev": before and before.name,
            "next": after and after.name,
            "channel": task.channel and task.channel.name,
            "tempval": task.tempval,
            "block_trap": task.block_trap,
            "restorable": not self.holds_c_stack(task),
            "has its thread": True,
        }

    def holds_c_stack(self, task):
        """The main tasklet runs on the stack of its thread, and keeps it when others run."""
        is_parked_main = task is self.main and task not in self.ring[:1] and task.alive
        return task.holds_c_frames or task.in_destructor or is_parked_main

    def neighbours(self, task):
        if task.place == "queue":
            index = self.ring.index(task)
            return self.ring[index - 1], self.ring[(index + 1) % len(self.ring)]
        if task.blocked:
            line = [None, *task.channel.waiting, None]
            index = line.index(task)
            return line[index - 1], line[index + 1]
        return None, None
