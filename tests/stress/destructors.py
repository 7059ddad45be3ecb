"""Lets tasklets do random actions where nobody expects them: in destructors, in callbacks of the
scheduler and of weak references, in garbage collections.

There is no model of what happens then. But nothing may crash, and in the end all tasklets can be ended.
Prints the seed, with which the same happens again.
"""

import argparse
import gc
import random
import sys
import weakref

import stackless

ACTIONS_OF_A_BATCH = 1000
MOST_TASKLETS = 12
MOST_CHANNELS = 3
DEEPEST = 4  # how deep destructors and callbacks may be inside each other


class Boom(Exception):
    pass


# A tasklet that the watchdog has interrupted may have these raised anywhere.
ERRORS = (RuntimeError, ValueError, TypeError, StopIteration, Boom, TaskletExit)


class Message:
    """Its destructor does something at random."""

    def __init__(self, batch):
        self.batch = batch

    def __del__(self):
        self.batch.act_inside()


class Tasklet(stackless.tasklet):
    __slots__ = ("message",)


class Table:
    """C code that translates a str with it calls a function."""

    def __init__(self, function):
        self.function = function

    def __getitem__(self, letter):
        self.function()
        return "y"


class Batch:
    def __init__(self, numbers):
        self.random = numbers
        self.tasklets = []
        self.channels = []
        self.references = []
        self.depth = 0
        self.over = False
        self.actions = [
            getattr(self, name) for name in sorted(vars(Batch)) if name.startswith("do_")
        ]

    def run(self):
        for setter in (stackless.set_schedule_callback, stackless.set_channel_callback):
            if self.random.random() < 0.5:
                setter(lambda *args: self.act_inside())
        # The main tasklet too may be interrupted anywhere, and have an exception thrown at it.
        actions = iter(range(ACTIONS_OF_A_BATCH))
        while True:
            try:
                for _ in actions:
                    self.act()
                return self.end()
            except ERRORS:
                pass

    # ---- When something is done

    def act(self):
        """TaskletExit is not caught: tasklets have to end."""
        if self.over:
            return
        try:
            self.random.choice(self.actions)()
        except (RuntimeError, ValueError, TypeError, StopIteration, Boom):
            pass

    def act_inside(self):
        """In a destructor or callback."""
        if self.depth < DEEPEST:
            self.depth += 1
            try:
                self.act()
            except TaskletExit:
                pass
            finally:
                self.depth -= 1

    def live(self, message=None):
        mine = message
        for _ in range(self.random.randrange(20)):
            self.act()
            mine = message if self.random.random() < 0.5 else self.message()
        return mine

    # ---- What is done

    def message(self):
        return Message(self)

    def tasklet(self):
        # A copy: the watchdog may let others change the list meanwhile.
        return self.random.choice([*self.tasklets, stackless.getcurrent()])

    def channel(self):
        return self.random.choice([*self.channels] or [stackless.channel()])

    def flag(self):
        return self.random.random() < 0.5

    def add(self, things, thing, most):
        def gone(reference):
            self.act_inside()

        self.references.append(weakref.ref(thing, gone if self.flag() else None))
        things.append(thing)
        if len(things) > most:
            self.drop_one(things)

    def drop_one(self, things):
        index = self.random.randrange(len(things) + 1)
        del things[index : index + 1]  # by then there may be fewer

    def do_tasklet(self):
        tasklet = Tasklet(self.live)
        tasklet.message = self.message()
        if self.flag():
            tasklet(self.message())
        else:
            tasklet.bind(None, (self.message(),))
        self.add(self.tasklets, tasklet, MOST_TASKLETS)

    def do_channel(self):
        channel = stackless.channel()
        channel.preference = self.random.choice([-1, 0, 1])
        channel.schedule_all = self.random.random() < 0.3
        self.add(self.channels, channel, MOST_CHANNELS)

    def do_drop(self):
        self.drop_one(self.random.choice([self.tasklets, self.channels]))

    def do_schedule(self):
        stackless.schedule(self.message())

    def do_schedule_remove(self):
        stackless.schedule_remove(self.message())

    def do_run_all(self):
        stackless.run()

    def do_run_for_a_while(self):
        stackless.run(self.random.randrange(1, 2000), totaltimeout=self.flag(), soft=self.flag())

    def do_insert(self):
        self.tasklet().insert()

    def do_remove(self):
        self.tasklet().remove()

    def do_run(self):
        self.tasklet().run()

    def do_switch(self):
        self.tasklet().switch()

    def do_kill(self):
        self.tasklet().kill(self.flag())

    def do_throw(self):
        self.tasklet().throw(Boom(self.message()), pending=self.flag())

    def do_bind(self):
        self.tasklet().bind(self.random.choice([None, self.live]))

    def do_setup(self):
        self.tasklet().setup(self.message())

    def do_set_tempval(self):
        value = self.message()
        self.tasklet().tempval = value if self.flag() else stackless.bomb(Boom(value))

    def do_send(self):
        self.channel().send(self.message())

    do_send_again = do_send

    def do_send_exception(self):
        self.channel().send_exception(Boom, self.message())

    def do_receive(self):
        return self.channel().receive()

    do_receive_again = do_receive

    def do_iterate(self):
        for _ in self.channel():
            self.act()
            break

    def do_close(self):
        self.channel().close()

    def do_open(self):
        self.channel().open()

    def do_call_from_c(self):
        "x".translate(Table(self.act))

    def do_fail(self):
        raise Boom(self.message())

    def do_exit(self):
        if not stackless.getcurrent().is_main:
            raise TaskletExit

    def do_make_a_cycle(self):
        cycle = [self.message(), self.tasklet()]
        cycle.append(cycle)

    def do_collect(self):
        gc.collect()

    # ---- The end

    def end(self):
        """Ends all tasklets. Returns how many are in the run queue then."""
        self.over = True
        stackless.set_schedule_callback(None)
        stackless.set_channel_callback(None)
        self.tasklets.clear()
        self.channels.clear()
        # Also those that nothing refers to: what C code refers to in a tasklet, gc cannot see.
        for reference in self.references:
            if isinstance(reference(), Tasklet):
                self.exhaust(reference().kill)
        self.exhaust(stackless.schedule_remove)  # goes on in those that wait in run()
        stackless.getmain().tempval = None
        for _ in range(5):
            gc.collect()
            self.exhaust(stackless.run)
        return stackless.getruncount()

    @staticmethod
    def exhaust(function):
        """Calls a function, and lets the others run on, whatever exceptions come from them."""
        while True:
            try:
                function()
                stackless.run()
                return
            except ERRORS:
                function = stackless.run


def main():
    parser = argparse.ArgumentParser(description="Random actions in destructors and callbacks.")
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--seed", type=int, help="that of an earlier run, to repeat it")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**9)
    print(f"seed {options.seed}", flush=True)

    passed = 0
    for number in range(options.batches):
        count = Batch(random.Random(f"{options.seed} {number}")).run()
        if count == 1:
            passed += 1
        else:
            print(f"batch {number}: {count} in the run queue at the end")
    print(f"{passed} passed, {options.batches - passed} failed")
    sys.exit(0 if passed == options.batches else 1)


if __name__ == "__main__":
    main()
