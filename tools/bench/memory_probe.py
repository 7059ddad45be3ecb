"""Makes a number of tasklets or threads that wait, and reports this process's memory: memory_probe.py KIND COUNT.

Each one is started and blocked two Python calls deep: its own function, and one that this calls and that waits.
"""

import _thread
import json
import os
import queue
import sys

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


def with_tasklets(count):
    try:
        import stackless
    except ImportError:
        sys.exit("there is no module stackless; this file is for the program `stackless`")

    channel = stackless.channel()
    before = memory()
    for _ in range(count):
        stackless.tasklet(tasklet_body)(channel)
    stackless.run()
    after = memory()
    if channel.balance != -count:
        sys.exit(f"{-channel.balance} tasklets are blocked, not {count}")
    return before, after


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


KINDS = {"tasklets": with_tasklets, "threads": with_threads}


def main(kind, count):
    before, after = KINDS[kind](count)
    json.dump({"before": before, "after": after}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
