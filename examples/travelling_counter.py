"""A counter is interrupted in the middle of its loop, its process is killed, and it counts on in another one."""

import os
import pathlib
import pickle
import signal
import subprocess
import sys
import tempfile

import stackless

LIMIT = 100_000


def count(limit):
    total = 0
    for number in range(limit):
        total += number
    print(f"counted to {limit:,}, the sum is {total:,}")


def begin(path):
    stackless.tasklet(count)(LIMIT)
    # After 1,000 instructions it is interrupted, wherever it is, and returned.
    tasklet = stackless.run(1000)
    print("interrupted at", tasklet.frame.f_locals["number"], flush=True)
    path.write_bytes(pickle.dumps(tasklet))
    os.kill(os.getpid(), signal.SIGKILL)


def go_on(path):
    tasklet = pickle.loads(path.read_bytes())
    print("goes on at", tasklet.frame.f_locals["number"])
    tasklet.insert()
    stackless.run()


def main():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "counter.pickle")
        for step in ("begin", "go_on"):
            child = subprocess.run([sys.executable, __file__, step, path])
            print(f"the process of {step}() ended with status {child.returncode}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"begin": begin, "go_on": go_on}[sys.argv[1]](pathlib.Path(sys.argv[2]))
    else:
        main()
