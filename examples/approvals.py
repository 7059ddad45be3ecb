"""A process that takes weeks, as one function: tasklets that are kept in SQLite, and resumed by messages.

Each message is handled by a process of its own, which finds the tasklet in the database, lets it go on to the next
place where it waits, and writes it back. Nothing is in memory between two messages.
"""

import os
import pickle
import sqlite3
import subprocess
import sys
import tempfile

import stackless

MESSAGES = [
    ("start", "new chairs for 900"),
    ("start", "a ship for 1000000"),
    ("1", "approved"),
    ("2", "why a ship?"),
    ("2", "approved"),
    ("1", "delivered"),
    ("2", "rejected"),
]


def approval(what, cost):
    """The whole process, from the request to the end."""
    deciders = ["manager"] if cost < 10_000 else ["manager", "director"]
    for decider in deciders:
        while (answer := wait_for(decider)) not in ("approved", "rejected"):
            print(f"{decider} asks about {what}: {answer}")
        if answer == "rejected":
            print(f"{what}: rejected by the {decider}")
            return
    print(f"{what}: approved by {' and '.join(deciders)}")
    wait_for("supplier")
    print(f"{what}: paid")


def wait_for(whom):
    """The next message for this tasklet. Until it comes, the tasklet is a row in a table."""
    print(f"  waits for the {whom}")
    return stackless.schedule_remove()


def handle(database, receiver, message):
    if receiver == "start":
        what, cost = message.split(" for ")
        key = database.execute("INSERT INTO processes DEFAULT VALUES").lastrowid
        tasklet = stackless.tasklet(approval)(what, int(cost))
    else:
        key = int(receiver)
        (state,) = database.execute("SELECT state FROM processes WHERE key = ?", [key]).fetchone()
        tasklet = pickle.loads(state)
        tasklet.tempval = message
        tasklet.insert()
    stackless.run()
    if tasklet.alive:
        database.execute("UPDATE processes SET state = ? WHERE key = ?", [pickle.dumps(tasklet), key])
    else:
        database.execute("DELETE FROM processes WHERE key = ?", [key])


def handle_in_transaction(path, receiver, message):
    """A crash leaves the tasklet where it was before the message."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE IF NOT EXISTS processes (key INTEGER PRIMARY KEY, state BLOB)")
        handle(database, receiver, message)


def demonstrate():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "approvals.db")
        for receiver, message in MESSAGES:
            print(f"{receiver}: {message}", flush=True)
            subprocess.run([sys.executable, __file__, path, receiver, message], check=True)
        with sqlite3.connect(path) as database:
            (left,) = database.execute("SELECT count(*) FROM processes").fetchone()
        print(f"{left} processes are left")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        handle_in_transaction(*sys.argv[1:])
    else:
        demonstrate()
