"""Makes a number of tasklets or threads, and reports this process's memory: memory_probe.py KIND COUNT.

tasklets  started and blocked two Python calls deep: their own function, and one that this calls and that waits
threads   the same of threads
bound     tasklets that have not begun
rounds    tasklets as above, made and ended ten times; "before" is the memory while the first ones waited
"""

import _thread
import json
import os
import queue
import sys

ROUNDS = 10
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def memory():
    """The resident and the virtual size of this process in bytes."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        virtual, resident = statm.read().split()[:2]
    return {"resident": int(resident) * PAGE_SIZE, "virtual": int(virtual) * PAGE_SIZE}


def tasklet_body(channel):
    receive_from(channel)


def receive_from(channel):
    channel.receive()


def import_stackless():
    try:
        import stackless
    except ImportError:
        sys.exit("there is no module stackless; this file is for the program `stackless`")
    return stackless


def with_tasklets(count):
    channel = import_stackless().channel()
    before = memory()
    return before, memory_with_blocked(channel, count)


def memory_with_blocked(channel, count):
    import stackless

    for _ in range(count):
        stackless.tasklet(tasklet_body)(channel)
    stackless.run()
    if channel.balance != -count:
        sys.exit(f"{-channel.balance} tasklets are blocked, not {count}")
    return memory()


def with_bound_tasklets(count):
    tasklet = import_stackless().tasklet
    kept = [None] * count
    before = memory()
    for i in range(count):
        kept[i] = tasklet(tasklet_body)
    return before, memory()


def with_rounds_of_tasklets(count):
    stackless = import_stackless()
    channel = stackless.channel()
    sizes = []
    for _ in range(ROUNDS):
        sizes.append(memory_with_blocked(channel, count))
        for _ in range(count):
            channel.send(None)
        stackless.run()
    return sizes[0], sizes[-1]


def thread_body(lock, arrived):
    acquire(lock, arrived)


def acquire(lock, arrived):
    arrived.put(None)
    lock.acquire()


def with_threads(count):
    """Bare threads, without an object of threading.Thread for each: the least that a thread can take."""
    lock = _thread.allocate_lock()
    lock.acquire()
    arrived = queue.SimpleQueue()
    before = memory()
    for _ in range(count):
        _thread.start_new_thread(thread_body, (lock, arrived))
    for _ in range(count):
        arrived.get()
    return before, memory()


KINDS = {
    "tasklets": with_tasklets,
    "threads": with_threads,
    "bound": with_bound_tasklets,
    "rounds": with_rounds_of_tasklets,
}


def main(kind, count):
    before, after = KINDS[kind](count)
    json.dump({"before": before, "after": after}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
