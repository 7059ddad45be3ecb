"""Raiders come from the corners of the map, rob traders and workers, and flee."""

import engine
from colony import between, choice


def decide(me):
    me.walks(64)
    me.state = "sneaking"
    me.go_to(choice(me.colony.depots), around=110)
    if me.state != "caught":
        rob(me, me.nearest(choice(("trader", "worker")), 200))
    if me.state != "caught":
        flee(me)
    if me.state == "caught":
        surrender(me)
    engine.remove(me.number)


def rob(me, victim):
    if victim is None:
        return
    me.state = "robbing"
    if me.chase(victim, 4) and engine.exists(victim):
        goods, amount = engine.load(victim)
        engine.set_load(victim, goods, 0)
        me.carries(goods, amount)
        engine.interrupt(victim)
        me.colony.raise_alarm(me.number)


def flee(me):
    me.state = "fleeing"
    me.walks(72)
    me.move_to(*me.home)


def surrender(me):
    me.carries("wood", 0)
    engine.set_role(me.number, "prisoner")
    me.state = "led away"
    me.walks(45)
    me.go_to(me.colony.barracks, around=10)
    me.state = "in prison"
    me.sleep(between(3, 6))
