"""The process in which pickled programs go on (pickled_programs.py). It has never run them from the beginning."""

# A program that is stopped in the middle of importing a module that is new to the process may hold a lock, which
# cannot be pickled. So those that the programs import are here already.
import math  # noqa: F401
import os
import pickle
import sys

import program_parts
import stackless


def describe(error):
    return f"{type(error).__name__}: {error}"


def run_to_end(data, longest):
    """What a program has noted in the end."""
    tasklet, log = pickle.loads(data)
    tasklet.insert()
    if stackless.run(longest) is not None:
        return f"it does not end, and has noted\n{log}"
    return log


def run_all(pickles, expected, longest):
    """None if all that is right, else the number of a stop and what went wrong."""
    for stop, data in enumerate(pickles):
        try:
            log = run_to_end(data, longest)
        except Exception as error:
            return stop, describe(error)
        if log != expected:
            return stop, str(log)
    return None


def step(data, protocol):
    """Lets a program do one instruction. Returns its pickle then, or what it has noted if it has ended."""
    try:
        tasklet, log = pickle.loads(data)
        tasklet.insert()
        if stackless.run(1) is None:
            return log
        return pickle.dumps((tasklet, log), protocol) if protocol > 0 else pickle._dumps((tasklet, log), -protocol)
    except Exception as error:
        return describe(error)


def main():
    program_parts.be_silent()
    sys.path.insert(0, sys.argv[1])
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    functions = {"run": run_all, "step": step}
    while True:
        try:
            kind, *arguments = pickle.load(questions)
        except EOFError:
            return
        answer = functions[kind](*arguments)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
