"""Times tasklets inside the interpreter that runs this file: child_tasklets.py SCENARIO.

The reported result is the number of switches in one unit, counted by a schedule callback in a run of its own.
"""

import sys
from itertools import repeat

from child_report import print_report
from switch_timing import Scenario, repeated

try:
    import stackless
except ImportError:
    sys.exit("there is no module stackless; this file is for the program `stackless`")

COUNTING_RUN = 1_000


def started(*bodies):
    """Puts each body into a tasklet; stackless.run() then runs them all."""
    tasklets = [stackless.tasklet(body)() for body in bodies]
    return stackless.run, lambda: not any(tasklet.alive for tasklet in tasklets)


def prepare_schedule(count):
    """Two tasklets taking turns; a unit is one schedule(), which is one switch."""

    def body():
        schedule = stackless.schedule
        for _ in repeat(None, count):
            schedule()

    return started(body, body)


class SwitchesInHash:
    """A dict that is searched calls it from C, which keeps its C stack meanwhile."""

    def __init__(self, count):
        self.count = count

    def __hash__(self):
        schedule = stackless.schedule
        for _ in repeat(None, self.count):
            schedule()
        return 0


def prepare_hard_switch(count):
    """As prepare_schedule(), with C code between: each switch is one to another C stack."""

    def body():
        {}.get(SwitchesInHash(count))

    return started(body, body)


# A channel hop is one value handed over: one send() and the receive() that gets it, both counted in its time. How many
# switches there are in it depends on the traffic.


def prepare_hop_one_way(count):
    """A stream from a sender to a receiver: two switches a hop, to the receiver with the value, and back for more."""
    channel = stackless.channel()

    def sender():
        send = channel.send
        for _ in repeat(None, count):
            send(None)

    def receiver():
        receive = channel.receive
        for _ in repeat(None, count):
            receive()

    return started(receiver, sender)


def prepare_hop_to_and_fro(count):
    """A token goes back and forth between two tasklets: one switch a hop, as a greenlet's switch(value)."""
    there = stackless.channel()
    back = stackless.channel()

    def first():
        send, receive = there.send, back.receive
        for _ in repeat(None, count):
            send(None)
            receive()

    def second():
        send, receive = back.send, there.receive
        for _ in repeat(None, count):
            receive()
            send(None)

    return started(first, second)


def prepare_life(count):
    """A unit is one tasklet made, switched to, and ended, which switches back."""

    def nothing():
        pass

    def body():
        tasklet, schedule = stackless.tasklet, stackless.schedule
        for _ in repeat(None, count):
            tasklet(nothing)()
            schedule()

    return started(body)


SCENARIOS = {
    "schedule": Scenario(prepare_schedule, count=200_000, units=2, loops=2),
    "hard_switch": Scenario(prepare_hard_switch, count=200_000, units=2, loops=2),
    "hop_one_way": Scenario(prepare_hop_one_way, count=200_000, units=1, loops=2),
    "hop_to_and_fro": Scenario(prepare_hop_to_and_fro, count=200_000, units=2, loops=2),
    "life": Scenario(prepare_life, count=100_000, units=1, loops=1),
}


def switches_per_unit(scenario):
    switches = 0

    def count_switch(previous, following):
        nonlocal switches
        switches += 1

    start, _ = scenario.prepare(COUNTING_RUN)
    stackless.set_schedule_callback(count_switch)
    start()
    stackless.set_schedule_callback(None)
    return round(switches / (scenario.units * COUNTING_RUN), 1)


def main(name):
    scenario = SCENARIOS[name]
    print_report(repeated(scenario), switches_per_unit(scenario))


if __name__ == "__main__":
    main(sys.argv[1])
