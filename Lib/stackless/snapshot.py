"""Writes the tasklets of a thread to a file: stackless.snapshot(), which is this module, and stackless.restore().

stackless.snapshot(file, extra=None, *, key=None), see help(stackless.snapshot.snapshot).

    stackless -m stackless.snapshot FILE

shows what is in such a file, without running any of it.
"""

import copyreg
import gc
import importlib
import io
import pickle
import sys
import types

import stackless
from stackless import _snapshot_file
from stackless._snapshot_file import SnapshotError

__all__ = ["Snapshot", "SnapshotError", "restore", "snapshot"]

PROTOCOL = 5
FOR_INSPECTION = 512  # in the flags of a tasklet's state: it cannot run on elsewhere (src/pickle/tasklets.cpp)


class Snapshot:
    """What restore() has brought back, in its attributes:

    tasklets  those that are alive: first those of the run queue, in their order, then all others.
    channels  all channels that the tasklets know, or `extra`.
    extra     what snapshot() was given.
    """

    def __init__(self, tasklets, channels, extra):
        self.tasklets = tasklets
        self.channels = channels
        self.extra = extra

    def __repr__(self):
        return f"<Snapshot of {len(self.tasklets)} tasklets and {len(self.channels)} channels>"


def snapshot(file, extra=None, *, key=None):
    """Writes all tasklets of this thread to a file, but the main one and the caller, and the channels they know.

    file   a path, or a binary file object. A file with this path keeps its old contents until the new ones are
           complete: a crash leaves the one or the other.
    extra  any object that can be pickled. It is saved together with the tasklets: what both know stays one object.
    key    bytes that sign the snapshot (HMAC-SHA-256). restore() then needs the same.

    The tasklets are those of the run queue, those blocked on channels, the paused ones, and what these refer to.
    Garbage is collected first, so that there is no tasklet among them that nobody can reach.

    pickle.PicklingError: C code is active in a tasklet, the message says in which. TypeError: a tasklet, or `extra`,
    holds something that cannot be pickled, the message says where. Nothing is written then.
    """
    key = _snapshot_file.check_key(key)
    _check_file(file, "write")
    gc.collect()
    with _StandingStill():
        payload = _pickle_world(extra)
    _snapshot_file.write(file, _snapshot_file.pack(payload, key))


def restore(file, *, key=None):
    """Brings back the tasklets of a snapshot, in this thread: a Snapshot.

    file  a path, or a binary file object, which is read up to the end of the snapshot
    key   bytes, as given to snapshot(): anything that was not signed with it is refused before it is unpickled

    Tasklets that were in the run queue are at its end, in the same order; those that were blocked wait at their
    channels; those that were paused are paused.

    A snapshot without a key is as any pickle: reading one can run whatever its author wants.

    SnapshotError: the file is truncated, altered, no snapshot, of another Python, or signed with another key, or it is
    signed and no key was given, or the other way round. pickle.UnpicklingError and others: as from pickle.load(). No
    tasklet is there then.
    """
    _check_file(file, "read")
    payload = _snapshot_file.read(file, _snapshot_file.check_key(key))
    with _StandingStill():
        return _unpickle_world(payload)


def _check_file(file, method):
    # A number would be a file descriptor, and be closed.
    if not (isinstance(file, (str, bytes)) or hasattr(file, "__fspath__") or hasattr(file, method)):
        raise TypeError(f"a path or a binary file object is needed, not {type(file).__name__}")


class _StandingStill:
    """While it is entered, no other tasklet of this thread runs, and no garbage is looked for.

    All objects that are made meanwhile stay: looking through them again and again would take most of the time.
    """

    def __enter__(self):
        self.collects = gc.isenabled()
        gc.disable()
        self.atomic = stackless.current.set_atomic(True)
        stackless.switch_trap(1)

    def __exit__(self, *exc_info):
        stackless.switch_trap(-1)
        stackless.current.set_atomic(self.atomic)
        if self.collects:
            gc.enable()


# ---- Which tasklets there are


def _scheduled():
    """The tasklets of the run queue, those first that run first; without the caller and the main tasklet."""
    found = []
    current = stackless.current
    tasklet = current.next
    while tasklet is not current:
        if not tasklet.is_main:
            found.append(tasklet)
        tasklet = tasklet.next
    return found


def _waiting():
    """All other tasklets of the thread that are alive: blocked or paused."""
    current = stackless.current
    thread_id = current.thread_id
    return [
        found
        for found in gc.get_objects()
        if isinstance(found, stackless.tasklet)
        and found.alive
        and (found.blocked or not found.scheduled)
        and found.thread_id == thread_id
        and not found.is_main
        and found is not current
        and not _is_for_looking_at(found)
    ]


def _is_for_looking_at(tasklet):
    """Whether it has been unpickled without a C stack that it would need: it is paused, and will never run."""
    return not tasklet.restorable and tasklet.cstate is None and not tasklet.is_current


def _is_stuck(tasklet):
    """Whether C code is active in it, or another thread runs it."""
    cannot_go_on = stackless.tasklet.__reduce__(tasklet)[2][0] & FOR_INSPECTION
    return bool(cannot_go_on) and not _is_for_looking_at(tasklet)


def _check_restorable(tasklets):
    stuck = [tasklet for tasklet in tasklets if _is_stuck(tasklet)]
    if stuck:
        raise pickle.PicklingError("cannot save " + "; ".join(map(_why_stuck, stuck)))


def _why_stuck(tasklet):
    state = stackless.tasklet.__reduce__(tasklet)[2]
    c_code = (state[-1] or {}).get("c_code", "C code")
    return f"tasklet {_name(tasklet)!r}: {c_code} is active in it"


def _name(tasklet):
    """That of the tasklet if it has one, or of the function that it began with."""
    if isinstance(name := getattr(tasklet, "name", None), str):
        return name
    frame = tasklet.frame
    if frame is None:
        return "?"
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name


# ---- Taking apart
#
# The payload is a sequence of pickles with a common memo. The first is (scheduled, waiting, extra). Wherever a tasklet
# or a channel is met for the first time, only its class is written; the states follow in the next pickle, as a list of
# (object, state), and so on until no new ones are met. The last pickle is None. So tasklets that refer to each other
# in a long chain are no deep recursion.


def _pickle_world(extra):
    scheduled, waiting = _scheduled(), _waiting()
    _check_restorable([tasklet for tasklet in scheduled + waiting if not tasklet.restorable])
    stream = io.BytesIO()
    pickler = _Pickler(stream)
    try:
        pickler.dump((scheduled, waiting, extra))
        while states := pickler.take_states():
            pickler.dump(states)
        pickler.dump(None)
    finally:
        pickler.forget()
    return stream.getbuffer()


class _Pickler(pickle.Pickler):
    """Writes tasklets and channels without their states, and keeps these."""

    def __init__(self, stream):
        super().__init__(stream, PROTOCOL)
        self.reduce = super().reducer_override
        self.reducer_override = self.reduce_without_state
        self.main = stackless.main
        self.current = stackless.current
        self.thread_id = self.current.thread_id
        self.states = []
        # From now on it knows that it pickles a computation.
        self.reduce(stackless.tasklet())

    def forget(self):
        """Drops its references to all that it has met, and those to itself."""
        self.clear_memo()
        vars(self).clear()

    def take_states(self):
        states, self.states = self.states, []
        return states

    def reduce_without_state(self, object):
        if not isinstance(object, (stackless.tasklet, stackless.channel)):
            return self.reduce(object)
        if object is self.main:
            return stackless.getmain, ()
        if object is self.current:
            return copyreg.__newobj__, (type(object),)
        if isinstance(object, stackless.tasklet) and (not object.restorable or object.thread_id != self.thread_id):
            _check_restorable([object])
        reduced = self.reduce(object)
        if not _is_plain(object, reduced):
            return reduced
        self.states.append((object, self.state_in(object, reduced[2])))
        return reduced[:2]

    def state_in(self, object, state):
        """What is saved of a state: the main tasklet and the current one wait at no channel."""
        if isinstance(object, stackless.channel) and isinstance(state, tuple) and len(state) == 4:
            preference, flags, queue, added = state
            if queue is not None and self.main in queue:
                queue = [tasklet for tasklet in queue if tasklet is not self.main] or None
                return preference, flags, queue, added
        return state


def _is_plain(object, reduced):
    """Whether all there is is a class and a state, as it is with tasklets and channels, and most subclasses."""
    return (
        isinstance(reduced, tuple)
        and len(reduced) >= 3
        and reduced[0] is copyreg.__newobj__
        and len(reduced[1]) == 1
        and reduced[2] is not None
        and not any(reduced[3:])
    )


# ---- Putting together


def _unpickle_world(payload):
    unpickler = pickle.Unpickler(io.BytesIO(payload))
    scheduled, waiting, extra = _checked(unpickler.load(), tuple, 3)
    states = []
    while (more := unpickler.load()) is not None:
        states += _checked(more, list)
    for object, state in states:
        if not isinstance(object, (stackless.tasklet, stackless.channel)):
            raise SnapshotError(f"the snapshot has a state for {type(object).__name__}")
        object.__setstate__(state)
    _insert(_checked(scheduled, list))
    # In the order in which they were met.
    known = dict.fromkeys(_checked(waiting, list))
    objects = dict.fromkeys(scheduled) | known | dict.fromkeys(object for object, _ in states)
    return Snapshot(
        [object for object in objects if isinstance(object, stackless.tasklet) and object.alive],
        [object for object in objects if isinstance(object, stackless.channel)],
        extra,
    )


def _checked(value, cls, size=None):
    if not isinstance(value, cls) or (size is not None and len(value) != size):
        raise SnapshotError("the snapshot does not hold what snapshot() writes")
    return value


def _insert(tasklets):
    """Puts tasklets at the end of the run queue: all of them, or none."""
    inserted = []
    try:
        for tasklet in tasklets:
            tasklet.insert()
            inserted.append(tasklet)
    except BaseException:
        for tasklet in inserted:
            tasklet.remove()
        raise


class _CallableModule(types.ModuleType):
    """The module as a function: stackless.snapshot is both."""

    __call__ = staticmethod(snapshot)

    def __reduce__(self):
        """For pickle and copy: there is only one."""
        return importlib.import_module, (self.__name__,)


if __name__ == "__main__":
    import signal

    from stackless._snapshot_contents import main

    # `| head` ends it without a message.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())

sys.modules[__name__].__class__ = _CallableModule
