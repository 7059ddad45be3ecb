"""A pipeline of generators and channels moves back and forth between two processes while it works.

Each process lets it work for 2,000 instructions and sends it over a socket to the other one: wherever its tasklets
are, with the items on their way. No item is lost, none comes twice.
"""

import os
import socket
import subprocess
import sys

import stackless

ITEMS = 500
BUDGET = 2000  # instructions
KEY = b"known to both processes"


def even_numbers(limit):
    for number in range(limit):
        if number % 2 == 0:
            yield number


def produce(channel):
    for number in even_numbers(2 * ITEMS):
        channel.send(number)
    channel.send_exception(StopIteration)


def halve(numbers, halves):
    for half in (number // 2 for number in numbers):
        halves.send(half)
    halves.send_exception(StopIteration)


def collect(halves, items):
    for half in halves:
        # os.getpid() is asked anew each time: in the process where the item has arrived.
        items.append((half, os.getpid()))


def send(stream, tasklets, items):
    """Sends the pipeline, and ends its tasklets here."""
    stackless.snapshot(stream, items, key=KEY)
    for tasklet in tasklets:
        tasklet.kill()


def take_turns(stream):
    """Receives the pipeline, lets it work, and sends it back, until it is done. Returns what it has collected."""
    while (pipeline := stackless.restore(stream, key=KEY)).tasklets:
        interrupted = stackless.run(BUDGET, totaltimeout=True)
        if interrupted is not None:
            interrupted.insert()
        send(stream, pipeline.tasklets, pipeline.extra)
        if interrupted is None:
            break
    return pipeline.extra


def main():
    here, there = socket.socketpair()
    child = subprocess.Popen([sys.executable, __file__, str(there.fileno())], pass_fds=[there.fileno()])
    there.close()
    numbers, halves, items = stackless.channel(), stackless.channel(), []
    tasklets = [
        stackless.tasklet(produce)(numbers),
        stackless.tasklet(halve)(numbers, halves),
        stackless.tasklet(collect)(halves, items),
    ]
    stream = here.makefile("rwb")
    send(stream, tasklets, items)
    items = take_turns(stream)
    child.wait()
    moves = sum(before[1] != after[1] for before, after in zip(items, items[1:]))
    print(f"{len(items)} items; all of them, in order: {[item for item, _ in items] == list(range(ITEMS))}")
    print(f"both processes took part: {len({process for _, process in items}) == 2}")
    print(f"moved more than five times: {moves > 5}")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        take_turns(socket.socket(fileno=int(sys.argv[1])).makefile("rwb"))
    else:
        main()
