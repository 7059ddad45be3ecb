"""Worker threads and a thread with many tasklets talk over channels."""

import hashlib
import stackless
import threading

WORKERS = 3
TASKLETS = 100
TEXT = b"stackless " * 10_000


def work():
    """The body of a worker thread: C code that lets other threads run meanwhile."""
    for number, reply in jobs:
        reply.send(hashlib.sha256(TEXT + str(number).encode()).hexdigest())


def ask(number):
    """A tasklet: while it waits for a worker, the other tasklets of its thread go on."""
    reply = stackless.channel()
    jobs.send((number, reply))
    done.send((number, reply.receive()))


jobs = stackless.channel()
done = stackless.channel()
threads = [threading.Thread(target=work) for _ in range(WORKERS)]
for thread in threads:
    thread.start()
for number in range(TASKLETS):
    stackless.tasklet(ask)(number)

# While the main tasklet waits here, the others run; when all of them wait too, the thread sleeps.
digests = dict(done.receive() for _ in range(TASKLETS))

# The loop of each worker ends.
for _ in threads:
    jobs.send_exception(StopIteration)
for thread in threads:
    thread.join()

right = all(
    digests[number] == hashlib.sha256(TEXT + str(number).encode()).hexdigest() for number in range(TASKLETS)
)
print(f"{TASKLETS} tasklets asked {WORKERS} threads; answers right: {right}")
