"""Keepers stand in a depot, and serve one customer after the other."""

import engine


def decide(me):
    me.state = "at the desk"
    order, goods, amount, answers = me.colony.desks[me.home].receive()
    me.state = "serving"
    me.sleep(0.05)
    if order == "store":
        engine.put(me.home, goods, amount)
    else:
        amount = engine.take(me.home, goods, amount)
    answers.send(amount)
