"""A chief of raiders stays in a corner of the map, and sends a gang from time to time."""

import engine
from colony import Agent, begin, between


def decide(me):
    me.state = "sending"
    x, y = engine.position(me.number)
    for _ in range(int(between(10, 40))):
        begin(Agent(me.colony, "raider", x + between(-10, 10), y + between(-10, 10), home=(x, y)))
    me.state = "plotting"
    me.sleep(between(3, 9))
