"""Workers gather what their depot lacks, and carry it there."""

import engine
from colony import FIELDS, GOODS, between, choice


def decide(me):
    goods = what_to_fetch(me)
    me.walks(between(32, 48))
    if not gather(me, goods):
        return recover(me)
    me.state = "carrying"
    if not me.go_to(me.home):
        return recover(me)
    me.state = "delivering"
    me.ask(me.home, "store", goods, 5)
    me.carries(goods, 0)
    engine.pay(me.number, 1)


def what_to_fetch(me):
    """What the depot has least of; but not everybody listens."""
    if engine.random() < 0.6:
        return choice(GOODS)
    return min(GOODS, key=lambda goods: engine.stock(me.home, goods))


def gather(me, goods):
    me.state = "walking"
    if not me.go_to(engine.nearest_place(me.number, FIELDS[goods]), around=34):
        return False
    for amount in range(1, 6):
        me.state = "gathering"
        if not me.sleep(between(0.5, 1)):
            return False
        me.carries(goods, amount)
    return True


def recover(me):
    """From a raider, who has taken all."""
    me.state = "scared"
    me.sleep(between(1, 3))
