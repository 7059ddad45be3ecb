"""Loads a pickle that may be anything, and uses what it holds. Nothing but exceptions may come of it.

With arguments, it does so with these files.
"""

import collections
import copyreg
import gc
import io
import os
import pickle
import sys
import types
from pathlib import Path

import _stackless
import stackless

# The programs that the pickles are of.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
import pickled_program  # noqa: E402

INSTRUCTIONS = 1000  # that all tasklets of a pickle get in each round
MODULES = {"builtins", "pickled_program", "itertools", "functools", "operator", "stackless", "pickle_seeds", "types"}
BUILTINS = {"iter", "reversed", "enumerate", "zip", "map", "filter", "slice", "complex", "set"}
BUILTINS |= {"frozenset", "object", "property", "staticmethod", "classmethod", "super", "memoryview", "list", "dict", "int"}
BUILTINS |= {"ValueError", "KeyError", "StopIteration", "RuntimeError", "TypeError", "ExceptionGroup", "AttributeError"}
BUILTINS |= {"abs", "sorted", "max", "min", "sum", "len", "next", "type", "tuple"}
ENDLESS = {"count", "cycle", "repeat", "product", "combinations", "permutations", "combinations_with_replacement"}


class Refused(pickle.UnpicklingError):
    pass


def load_module(name):
    if name not in MODULES:
        raise Refused(name)
    return _stackless.load_module(name)


def safe_getattr(owner, name, *default):
    if isinstance(owner, types.ModuleType) or not isinstance(name, str) or name.startswith("__"):
        raise Refused(name)
    return getattr(owner, name, *default)


def short_range(*args):
    """C code cannot be interrupted while it goes through a long one."""
    made = range(*args)
    if not -1000 < made.start < 1000 or not -1000 < made.stop < 1000:
        raise Refused(made)
    return made


class Unpickler(pickle.Unpickler):
    """Finds what tasklets are made of, and nothing that has an effect outside of the process."""

    def find_class(self, module, name):
        if module == "_stackless":
            if name == "load_module":
                return load_module
            if name.startswith(("load_", "set_")) and name.endswith("_state") or name.startswith("load_"):
                return getattr(_stackless, name)
            if name in ("tasklet", "channel", "bomb"):
                return getattr(_stackless, name)
        if module == "stackless" and name in ("tasklet", "channel", "bomb"):
            return getattr(stackless, name)
        if module == "copyreg" and name in ("__newobj__", "_reconstructor"):
            return getattr(copyreg, name)
        if module == "builtins" and name == "getattr":
            return safe_getattr
        if module == "builtins" and name == "range":
            return short_range
        if module == "builtins" and name in BUILTINS:
            return getattr(__builtins__, name) if not isinstance(__builtins__, dict) else __builtins__[name]
        if module == "itertools" and name not in ENDLESS or module in ("pickled_program", "pickle_seeds", "types"):
            return super().find_class(module, name)
        raise Refused(f"{module}.{name}")


# ---- What is done with the objects


def reachable(value, limit=300):
    """The objects that `value` consists of."""
    found = {id(value): value}
    queue = collections.deque([value])
    while queue and len(found) < limit:
        owner = queue.popleft()
        if isinstance(owner, (types.ModuleType, type)):
            continue
        if type(owner) is dict and "__builtins__" in owner:
            continue
        for item in gc.get_referents(owner):
            if id(item) not in found and gc.is_tracked(item):
                found[id(item)] = item
                queue.append(item)
    return list(found.values())


def attempt(function, *args):
    try:
        return function(*args)
    except BaseException:
        return None


def look_at(item):
    """Reads what can be read of an object without running it."""
    attempt(repr, item)
    if isinstance(item, stackless.tasklet):
        for name in ("frame", "blocked", "paused", "restorable", "recursion_depth", "tempval", "context", "thread_id"):
            attempt(getattr, item, name)
    if isinstance(item, types.FrameType):
        for name in ("f_back", "f_lineno", "f_locals"):
            attempt(getattr, item, name)
    if isinstance(item, types.CoroutineType | types.GeneratorType | types.AsyncGeneratorType):
        for name in ("gi_frame", "cr_frame", "ag_frame", "cr_await", "gi_yieldfrom", "gi_running"):
            attempt(getattr, item, name)


def step(item):
    """Lets an iterator or a generator do something."""
    if isinstance(item, types.GeneratorType | types.CoroutineType):
        attempt(item.send, None)
        attempt(item.throw, ValueError("thrown"))
        attempt(item.close)
    elif isinstance(item, types.AsyncGeneratorType):
        attempt(item.asend(None).send, None)
    elif hasattr(item, "__next__"):
        attempt(next, item, None)
        attempt(next, item, None)


def run_for_a_while():
    for _ in range(10):
        if attempt(stackless.run, INSTRUCTIONS, False, False, False, True) is None:
            break


def use(value):
    items = reachable(value)
    for item in items:
        look_at(item)
    attempt(pickle.dumps, value)
    tasklets = [item for item in items if isinstance(item, stackless.tasklet)]
    for tasklet in tasklets:
        # With other numbers, a loop of the seeds may go on for years: the watchdog has to get at it.
        attempt(tasklet.set_atomic, False)
        attempt(tasklet.insert)
    run_for_a_while()
    attempt(pickle.dumps, value)
    for item in items:
        if isinstance(item, stackless.channel):
            attempt(item.close)
            if item.balance > 0:
                attempt(item.receive)
            elif item.balance < 0:
                attempt(item.send, None)
    # In a tasklet, which the watchdog can interrupt.
    for item in items:
        if hasattr(type(item), "__next__") or isinstance(item, types.CoroutineType | types.AsyncGeneratorType):
            stackless.tasklet(step)(item)
            run_for_a_while()
    for tasklet in tasklets:
        attempt(tasklet.kill)
    run_for_a_while()


def clear_scheduler():
    """Ends, or drops, all tasklets but this one."""
    for _ in range(100):
        if stackless.getruncount() == 1:
            return
        other = stackless.getcurrent().next
        attempt(other.remove)
        attempt(other.bind, None)
        run_for_a_while()
    raise AssertionError(f"tasklets go on and on: {other}")


def forget():
    """Undoes what a pickle may have done to the module that all of them are of: its list would grow for ever."""
    pickled_program.log.clear()


def run(data):
    try:
        value = Unpickler(io.BytesIO(data)).load()
    except BaseException:
        value = None
    if value is not None:
        use(value)
    del value
    clear_scheduler()
    forget()
    collect_now_and_then()


runs = 0
baseline = None


def collect_now_and_then():
    """What a pickle leaves behind is garbage. The objects of the collector must not become ever more."""
    global runs, baseline
    runs += 1
    if runs % 50 == 0:
        gc.collect()
    if runs % 20_000 == 0:
        counts = collections.Counter(type(item).__name__ for item in gc.get_objects())
        counts["a hundred blocks of memory"] = sys.getallocatedblocks() // 100
        if baseline is None:
            baseline = counts
        more = {name: count for name, count in (counts - baseline).items() if count > 200}
        if more:
            raise AssertionError(f"after {runs} pickles there are ever more objects: {more}")


def silence():
    sys.unraisablehook = lambda unraisable: None
    sys.stdout = open(os.devnull, "w")
    import warnings

    warnings.simplefilter("ignore")
    sys.setrecursionlimit(300)
    stackless.set_error_handler(lambda *error: None)
    gc.collect()
    gc.freeze()


def main():
    for name in sys.argv[1:]:
        with open(name, "rb") as file:
            run(file.read())
    gc.collect()


silence()
if __name__ == "__main__":
    main()
