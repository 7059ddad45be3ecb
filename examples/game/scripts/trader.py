"""Traders buy where there is plenty, and sell where there is little."""

import engine
from colony import GOODS, between, choice

LOAD = 12


def decide(me):
    me.walks(58)
    goods = choice(GOODS)
    source = max(me.colony.depots, key=lambda depot: engine.stock(depot, goods))
    me.state = "to market"
    if not me.go_to(source):
        return recover(me)
    me.state = "buying"
    bought = me.ask(source, "hand out", goods, LOAD)
    if bought == 0:
        me.state = "waiting"
        me.sleep(between(1, 3))
        return
    me.carries(goods, bought)
    sell(me, goods, bought)


def sell(me, goods, amount):
    target = min(me.colony.depots, key=lambda depot: engine.stock(depot, goods))
    me.state = "trading"
    if not me.go_to(target):
        return recover(me)
    me.state = "selling"
    me.ask(target, "store", goods, amount)
    me.carries(goods, 0)
    engine.pay(me.number, amount)


def recover(me):
    me.state = "robbed"
    me.sleep(between(2, 4))
