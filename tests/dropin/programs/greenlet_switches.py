"""greenlet: switches out of C code, exceptions thrown in, deep recursion, threads, generators made of greenlets."""

import gc
import threading
import weakref

import greenlet
from results import show


def generator(function):
    def start(*arguments):
        parent = greenlet.getcurrent()
        worker = greenlet.greenlet(lambda: (function(parent.switch, *arguments), parent.switch(StopIteration))[1])
        while (value := worker.switch()) is not StopIteration:
            yield value

    return start


@generator
def walk(give, tree):
    if isinstance(tree, list):
        for part in tree:
            walk_into(give, part)


def walk_into(give, tree):
    if isinstance(tree, list):
        for part in tree:
            walk_into(give, part)
    else:
        give(tree)


show("tree", list(walk([1, [2, [3, [4]], 5], [[[6]]]])))

main = greenlet.getcurrent()
inside = greenlet.greenlet(lambda: sorted([3, 1, 2], key=lambda n: main.switch(n)))
keys = [inside.switch()]
while not inside.dead:
    keys.append(inside.switch(-keys[-1]))
show("sort", keys)


def catch():
    try:
        main.switch("waiting")
    except LookupError as error:
        return f"caught {error}"


thrown = greenlet.greenlet(catch)
show("thrown", (thrown.switch(), thrown.throw(LookupError("thrown in")), thrown.dead))
killed = greenlet.greenlet(catch)
killed.switch()
show("exit", repr(killed.throw()))


def recurse(depth):
    return main.switch(depth) if depth == 0 else recurse(depth - 1) + 1


deep = [greenlet.greenlet(recurse) for _ in range(20)]
for worker in deep:
    worker.switch(200)
show("deep", [worker.switch(n) for n, worker in enumerate(deep)])

failing = greenlet.greenlet(lambda: 1 / 0)
try:
    failing.switch()
except ZeroDivisionError as error:
    show("failed", error)

results = []


def in_thread(number):
    parent = greenlet.getcurrent()
    workers = [greenlet.greenlet(lambda n: parent.switch(n * 2) + 1) for _ in range(50)]
    total = sum(worker.switch(number) for worker in workers)
    results.append(total + sum(worker.switch(number) for worker in workers))


threads = [threading.Thread(target=in_thread, args=(n,)) for n in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
show("threads", sorted(results))

events = []
greenlet.settrace(lambda event, arguments: events.append(event))
greenlet.greenlet(lambda: None).switch()
greenlet.settrace(None)
show("traced", events)

abandoned = greenlet.greenlet(main.switch)
abandoned.switch()
gone = weakref.ref(abandoned)
del abandoned
gc.collect()
show("collected", gone() is None)
