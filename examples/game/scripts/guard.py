"""Guards patrol between the depots, stand by for an alarm, and chase raiders."""

import engine
from colony import between, choice

SIGHT = 130


def decide(me):
    me.walks(52)
    for _ in range(3):
        me.state = "patrolling"
        me.go_to(choice(me.colony.depots), around=90)
        raider = me.nearest("raider", SIGHT)
        if raider is not None:
            catch(me, raider)
        me.sleep(between(0.2, 1))
    if engine.random() < 0.3:
        stand_by(me)


def stand_by(me):
    """Rests at the barracks until there is an alarm."""
    me.state = "returning"
    me.go_to(me.colony.barracks, around=26)
    me.state = "standing by"
    catch(me, me.colony.alarm.receive())


def catch(me, raider):
    if not engine.exists(raider):
        return
    me.state = "chasing"
    me.walks(85)
    if me.chase(raider, 6) and engine.exists(raider):
        engine.set_state(raider, "caught")
        engine.interrupt(raider)
        engine.pay(me.number, 5)
    me.walks(52)
