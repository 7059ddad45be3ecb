"""How much memory do 2,000 sleeping tasklets take, and how much 2,000 sleeping threads?

    stackless two_thousand.py             runs both programs and prints what they took
    stackless two_thousand.py tasklets    is the one program
    stackless two_thousand.py threads     is the other
"""

import subprocess
import sys
import threading
import time

import stackless

COUNT = 2_000
STEP = 0.25  # seconds

morning = threading.Event()


def nap_in_tasklet():
    wake = time.monotonic() + STEP
    while time.monotonic() < wake:
        stackless.schedule()


def nap_in_thread():
    time.sleep(STEP)


def sleeper(nap):
    while not morning.is_set():
        nap()


def memory():
    """The resident and the virtual size of this process, in kilobytes."""
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return [int(fields[name].split()[0]) for name in ("VmRSS", "VmSize")]


def tasklets():
    for _ in range(COUNT):
        stackless.tasklet(sleeper)(nap_in_tasklet)
    stackless.schedule()  # comes back when every tasklet is in its first nap
    print(*memory())
    morning.set()
    stackless.run()


def threads():
    sleepers = [threading.Thread(target=sleeper, args=[nap_in_thread]) for _ in range(COUNT)]
    for thread in sleepers:
        thread.start()
    print(*memory())
    morning.set()
    for thread in sleepers:
        thread.join()


PROGRAMS = {"tasklets": tasklets, "threads": threads}


def compare():
    for name in PROGRAMS:
        child = subprocess.run(
            [sys.executable, __file__, name], stdout=subprocess.PIPE, text=True, check=True
        )
        resident, virtual = (int(size) / 1024 for size in child.stdout.split())
        print(f"{COUNT:,} {name:9} {resident:10,.1f} MB resident {virtual:12,.1f} MB virtual")


if __name__ == "__main__":
    PROGRAMS[sys.argv[1]]() if len(sys.argv) > 1 else compare()
