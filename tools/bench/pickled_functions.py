"""What the tasklets run that are pickled: functions that can be imported."""

import stackless


def outer(number, name):
    total = middle(number, 2.5)
    return total, name


def middle(number, rate):
    return inner("key", number) * rate


def inner(key, number):
    stackless.schedule_remove()
    return number, key


def wait(channel, number):
    return receive(channel), number


def receive(channel):
    return channel.receive()
