"""The actions of the model, done with real tasklets and channels."""

import gc
import pickle
import threading
import weakref

import stackless

from model import BAD_ARGUMENT, FINALLY, FUNCTION, Bomb


# A second collection, begun in another thread during a first one, would do nothing.
collecting = threading.Lock()


class Tasklet(stackless.tasklet):
    __slots__ = ("name",)


class Channel(stackless.channel):
    __slots__ = ()


class Message:
    __slots__ = ("label", "__weakref__")

    def __init__(self, label):
        self.label = label


class Boom(Exception):
    """What a program has raised, with a number."""


def error_label(error):
    if error is None:
        return None
    detail = None
    if isinstance(error, Boom):
        detail = error.args[0]
    elif isinstance(error, RuntimeError):
        word = str(error).partition(":")[0].lower()
        detail = word if word in ("deadlock", "switch_trap") else None
    return "raised", type(error).__name__, detail


def make_error(label):
    _, kind, detail = label
    if kind == "Boom":
        return Boom(detail)
    return {"TaskletExit": TaskletExit, "StopIteration": StopIteration}[kind]()


class CallsBack:
    __slots__ = ("function",)

    def __init__(self, function):
        self.function = function

    def __eq__(self, other):
        self.function()
        return True


class Reduced(CallsBack):
    """C code that pickles its instances calls their __reduce__."""

    __slots__ = ()

    def __reduce__(self):
        self.function()
        return int, ()


class Table(CallsBack):
    """C code that translates a str with its instances calls their __getitem__."""

    __slots__ = ()

    def __getitem__(self, letter):
        self.function()
        return "y"


class CallsInInit:
    __slots__ = ()

    def __init__(self, function):
        function()


class Manager:
    __slots__ = ()

    def __enter__(self):
        pass

    def __exit__(self, *exc_info):
        pass


def generate(function):
    yield function()


class Program:
    """The tasklets and channels of one batch.

    A tasklet is kept alive by nothing but the dictionary here and the scheduler, so no variable of a
    function in which a tasklet may wait refers to one.
    """

    def __init__(self, function):
        self.function = function  # what tasklets run
        self.thread = None  # its id, as long as it lives
        self.tasklets = {}
        self.channels = {}
        self.channel_names = {}  # by id()
        self.made = {}  # weak references to all tasklets, by name
        self.others_made = []  # and to all channels and messages
        self.finalized = []
        self.announced = []  # what the callbacks have been called with

    def begin(self):
        self.thread = threading.get_ident()
        self.tasklets["main"] = stackless.getmain()

    def set_callbacks(self):
        stackless.getmain()  # of the first use in a thread the schedule callback is told as well
        stackless.set_schedule_callback(self.note_switch)
        stackless.set_channel_callback(self.note_channel_action)

    @staticmethod
    def unset_callbacks():
        stackless.set_schedule_callback(None)
        stackless.set_channel_callback(None)

    def note_switch(self, leaving, entering):
        self.announced.append(("switch", self.name(leaving), self.name(entering)))

    def note_channel_action(self, channel, tasklet, sends, will_block):
        way = "sending" if sends else "receiving"
        name = self.channel_names[id(channel)]
        value = self.label(tasklet.tempval)
        self.announced.append((way, name, self.name(tasklet), value, will_block))

    def end_thread(self):
        self.thread = None

    def drop_all(self):
        main = self.tasklets["main"]
        main.block_trap = False
        main.tempval = None
        self.tasklets.clear()
        self.channels.clear()

    # ---- Values and their labels

    def label(self, value):
        if value is None:
            return None
        if isinstance(value, Message):
            return value.label
        if isinstance(value, stackless.bomb):
            return Bomb(error_label(value.value))
        if isinstance(value, stackless.tasklet):
            return f"tasklet {self.name(value)}"
        return FUNCTION if value == self.function else repr(value)

    @staticmethod
    def name(tasklet):
        if tasklet is None:
            return None
        return "main" if tasklet.is_main else tasklet.name

    def value(self, label):
        if label is None:
            return None
        if label == FUNCTION:
            return self.function
        if isinstance(label, Bomb):
            return stackless.bomb(make_error(label.error))
        message = Message(label)
        self.others_made.append(weakref.ref(message))
        return message

    # ---- What there is to see

    def name_of_current(self):
        return self.name(stackless.getcurrent())

    def run_queue(self):
        if self.thread is None:
            return []
        names = []
        tasklet = stackless.getcurrent()
        while len(names) < stackless.getruncount():
            names.append(self.name(tasklet))
            tasklet = tasklet.next
        return names

    def waiting(self, channel):
        names = []
        tasklet = channel.queue
        while tasklet is not None:
            names.append(self.name(tasklet))
            tasklet = tasklet.next
        return names

    def state(self):
        state = {"run queue": self.run_queue()}
        for name, tasklet in self.tasklets.items():
            state[f"tasklet {name}"] = {
                "alive": tasklet.alive,
                "paused": tasklet.paused,
                "blocked": tasklet.blocked,
                "scheduled": tasklet.scheduled,
                "current": tasklet.is_current,
                "prev": self.name(tasklet.prev),
                "next": self.name(tasklet.next),
                "channel": self.channel_names[id(tasklet._channel)] if tasklet.blocked else None,
                "tempval": self.label(tasklet.tempval),
                "block_trap": tasklet.block_trap,
                "restorable": tasklet.restorable,
                "has its thread": tasklet.thread_id == (self.thread or -1),
            }
        for name, channel in self.channels.items():
            state[f"channel {name}"] = {
                "balance": channel.balance,
                "waiting": self.waiting(channel),
                "preference": channel.preference,
                "schedule_all": bool(channel.schedule_all),
                "closing": channel.closing,
                "closed": channel.closed,
            }
        return state

    def names_of_tasklets(self):
        """Those that are still there."""
        return [name for name, made in self.made.items() if made() is not None]

    def left_over(self):
        return self.names_of_tasklets() + [made() for made in self.others_made if made() is not None]

    # ---- The actions

    def perform(self, action, *args):
        # Not self.action(*args): for a bound method with *args, the loop is entered from C.
        return getattr(Program, action)(self, *args)

    def with_switch_trap(self, action, *args):
        stackless.switch_trap(1)
        try:
            return self.perform(action, *args)
        finally:
            stackless.switch_trap(-1)

    def schedule(self, value):
        if value == "current":
            return stackless.schedule()
        return stackless.schedule(self.value(value))

    def schedule_remove(self, value):
        if value == "current":
            return stackless.schedule_remove()
        return stackless.schedule_remove(self.value(value))

    def run_all(self):
        return stackless.run()

    def create(self, name, function, argument):
        if argument is None:
            tasklet = Tasklet(self.value(function))
        else:
            tasklet = Tasklet(self.value(function), self.arguments(argument))
        tasklet.name = name
        self.tasklets[name] = tasklet
        self.made[name] = weakref.ref(tasklet)

    def arguments(self, argument):
        return () if argument == BAD_ARGUMENT else (self.value(argument),)

    def bind(self, name, function, argument):
        function = self.value(function)
        if argument is None:
            return self.tasklets[name].bind(function)
        return self.tasklets[name].bind(function, self.arguments(argument))

    def setup(self, name, argument):
        return self.tasklets[name].setup(*self.arguments(argument))

    def insert(self, name):
        return self.tasklets[name].insert()

    def remove(self, name):
        return self.tasklets[name].remove()

    def run(self, name):
        return self.tasklets[name].run()

    def switch(self, name):
        return self.tasklets[name].switch()

    def throw(self, name, error, pending):
        return self.tasklets[name].throw(make_error(error), pending=pending)

    def raise_exception(self, name, error):
        return self.tasklets[name].raise_exception(Boom, error[2])

    def kill(self, name, pending):
        return self.tasklets[name].kill(pending)

    def set_block_trap(self, name, flag):
        self.tasklets[name].block_trap = flag

    def set_tempval(self, name, value):
        self.tasklets[name].tempval = self.value(value)

    def create_channel(self, name, is_of_subclass):
        channel = Channel() if is_of_subclass else stackless.channel()
        self.channels[name] = channel
        self.channel_names[id(channel)] = name
        self.others_made.append(weakref.ref(channel))

    def set_preference(self, name, preference):
        self.channels[name].preference = preference

    def set_schedule_all(self, name, flag):
        self.channels[name].schedule_all = flag

    def close(self, name):
        self.channels[name].close()

    def open(self, name):
        self.channels[name].open()

    def send(self, name, value):
        return self.channels[name].send(self.value(value))

    def send_exception(self, name, error):
        return self.channels[name].send_exception(Boom, error[2])

    def send_throw(self, name, error):
        return self.channels[name].send_throw(make_error(error))

    def receive(self, name):
        return self.channels[name].receive()

    def iterate(self, name):
        if isinstance(self.channels[name], Channel):
            # A for loop over an instance of a subclass would call this from C.
            return self.channels[name].__next__()
        for value in self.channels[name]:
            return value
        raise StopIteration

    def hold(self):
        tasklet = stackless.getcurrent()
        self.tasklets[tasklet.name] = tasklet

    def drop(self, name):
        del self.tasklets[name]

    def drop_channel(self, name):
        del self.channels[name]

    def collect(self):
        # The scheduler may keep the last tasklet that it has left until the next action.
        Tasklet().kill()
        with collecting:
            gc.collect()

    # ---- Calls

    def enter(self, kind, function):
        if kind == "call":
            function()
        elif kind == "generator":
            for _ in generate(function):
                pass
        elif kind == "init":
            CallsInInit(function)
        elif kind == "with":
            with Manager():
                function()
        elif kind == FINALLY:
            try:
                function()
            finally:
                self.finalized.append(self.name_of_current())
        elif kind == "sorted":
            sorted([0], key=lambda _: function())
        elif kind == "pickle":
            pickle.dumps(Reduced(function))
        elif kind == "translate":
            "x".translate(Table(function))
        elif kind == "map":
            list(map(lambda _: function(), [0]))
        elif kind == "compare":
            CallsBack(function) == None
