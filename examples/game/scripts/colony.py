"""The colony: what all agents are, what they share, and how they begin.

An agent is a tasklet that runs live(): it calls decide() of its script again and again. A script is changed while
the game runs, and each agent goes by the new one as soon as it decides the next time.
"""

import sys
import traceback

import engine
import stackless

GOODS = ("wood", "stone", "food")
FIELDS = {"wood": "forest", "stone": "quarry", "food": "farm"}


class Colony:
    """What the agents share. It is saved with them, as global variables would not be."""

    def __init__(self):
        self.depots = engine.places("depot")
        (self.barracks,) = engine.places("barracks")
        # Where customers meet the keepers of a depot.
        self.desks = {depot: stackless.channel() for depot in self.depots}
        # Guards that stand by wait here for the number of a raider.
        self.alarm = stackless.channel()

    def raise_alarm(self, raider):
        """Calls up to three of the guards that stand by; nobody waits until one does."""
        for _ in range(3):
            if self.alarm.balance < 0:
                self.alarm.send(raider)


class Agent:
    """What a script knows as `me`. Where it is, what it carries and its state are the engine's."""

    def __init__(self, colony, role, x, y, script=None, home=None):
        self.colony = colony
        self.script = script or role
        self.home = home
        self.answers = stackless.channel()
        self.number = engine.spawn(role, x, y)

    # These take their time. They return False if somebody has interrupted them, or a chase has failed.

    def sleep(self, seconds):
        return engine.sleep(self.number, seconds)

    def move_to(self, x, y):
        return engine.move(self.number, x, y)

    def go_to(self, place, around=18):
        """Somewhere around a place."""
        return self.move_to(*near(place, around))

    def chase(self, agent, seconds):
        return engine.chase(self.number, agent, seconds)

    def ask(self, depot, order, goods, amount):
        """Has a keeper store goods or hand them out: the answer, an amount."""
        self.colony.desks[depot].send((order, goods, amount, self.answers))
        return self.answers.receive()

    # These do not.

    @property
    def state(self):
        return engine.state(self.number)

    @state.setter
    def state(self, word):
        engine.set_state(self.number, word)

    def walks(self, speed):
        engine.set_speed(self.number, speed)

    def carries(self, goods, amount):
        engine.set_load(self.number, goods, amount)

    def nearest(self, role, within):
        return engine.nearest_agent(self.number, role, within)


def live(me):
    while engine.exists(me.number):
        if not decides(me):
            # Its script is broken. Perhaps it has been corrected by then.
            me.state = "confused"
            me.sleep(2)


def decides(me):
    try:
        sys.modules[me.script].decide(me)
    except Exception:
        engine.report(traceback.format_exc())
        return False
    return True


def begin(me):
    """Starts the tasklet of an agent."""
    stackless.tasklet(live)(me)


def near(place, around):
    """A point around a place."""
    x, y = engine.place(place)
    return x + between(-around, around), y + between(-around, around)


def between(low, high):
    return low + (high - low) * engine.random()


def choice(items):
    return items[int(engine.random() * len(items))]


def found(agents):
    """Populates an empty world, and returns the colony."""
    colony = Colony()
    for depot in colony.depots:
        for _ in range(3 + agents // 800):
            begin(Agent(colony, "keeper", *near(depot, 5), home=depot))
    for x, y in ((12, 12), (988, 12), (12, 708), (988, 708)):
        begin(Agent(colony, "raider", x, y, script="chief"))
    for number in range(agents):
        home = colony.depots[number % len(colony.depots)]
        role = "guard" if number % 20 == 0 else "trader" if number % 10 == 1 else "worker"
        begin(Agent(colony, role, *near(home, 60), home=home))
    return colony
