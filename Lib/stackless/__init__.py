"""Tasklets: function calls that run beside each other in one thread.

    >>> import stackless
    >>> channel = stackless.channel()
    >>> def receive():
    ...     print(channel.receive())
    >>> stackless.tasklet(receive)()
    >>> stackless.tasklet(channel.send)("cluck")
    >>> stackless.run()
    cluck

`tasklet` starts them, `run()` lets them run, `schedule()` gives way to the others, and a `channel` is where
they meet. The names and what they do are those of Stackless Python 3.8.

Besides its functions and classes, the module has attributes that are computed when they are asked for:

current             the running tasklet of this thread, as getcurrent()
main                the main tasklet of this thread, as getmain()
runcount            how many tasklets are in the run queue, the running one counted, as getruncount()
threads             the ids of all threads, the oldest one first, as getthreads()
debug               whether this is a debug build, as getdebug()
uncollectables      the tasklets that hold C stacks, as getuncollectables()
pickle_with_tracing_state
                    PICKLEFLAGS_PRESERVE_TRACING_STATE in pickle_flags(), as a bool; it may be set
pickle_code         how code travels in pickles of computations: "reference" or "value"; it may be set
stackless           the module itself

and constants, to be added up, for pickle_flags():

PICKLEFLAGS_PRESERVE_TRACING_STATE   pickles of tasklets carry their trace and profile functions
PICKLEFLAGS_PRESERVE_AG_FINALIZER    pickles of asynchronous generators carry their finalizers
PICKLEFLAGS_RESET_AG_FINALIZER       asynchronous generators get the finalizer of the thread that loads them
"""

import sys
import types

import _stackless
from _stackless import (
    TaskletExit,
    atomic,
    bomb,
    channel,
    cstack_options,
    enable_softswitch,
    get_channel_callback,
    get_schedule_callback,
    get_thread_info,
    getcurrent,
    getcurrentid,
    getdebug,
    getmain,
    getruncount,
    getthreads,
    getuncollectables,
    pickle_flags,
    pickle_flags_default,
    run,
    schedule,
    schedule_remove,
    set_channel_callback,
    set_error_handler,
    set_schedule_callback,
    switch_trap,
    tasklet,
)
from stackless._after_import import after_import

__all__ = [
    "PICKLEFLAGS_PRESERVE_AG_FINALIZER",
    "PICKLEFLAGS_PRESERVE_TRACING_STATE",
    "PICKLEFLAGS_RESET_AG_FINALIZER",
    "Snapshot",
    "SnapshotError",
    "TaskletExit",
    "atomic",
    "bomb",
    "channel",
    "cstack_options",
    "enable_softswitch",
    "get_channel_callback",
    "get_schedule_callback",
    "get_thread_info",
    "getcurrent",
    "getcurrentid",
    "getdebug",
    "getmain",
    "getruncount",
    "getthreads",
    "getuncollectables",
    "pickle_flags",
    "pickle_flags_default",
    "ps",
    "restore",
    "run",
    "schedule",
    "schedule_remove",
    "set_channel_callback",
    "set_error_handler",
    "set_schedule_callback",
    "snapshot",
    "stackless",
    "switch_trap",
    "tasklet",
]

PICKLEFLAGS_PRESERVE_TRACING_STATE = 1
"""Pickles of tasklets carry their trace and profile functions."""

PICKLEFLAGS_PRESERVE_AG_FINALIZER = 2
"""Pickles of asynchronous generators carry their finalizers."""

PICKLEFLAGS_RESET_AG_FINALIZER = 4
"""Asynchronous generators get the finalizer of the thread that loads them."""


_SNAPSHOT_NAMES = ("Snapshot", "SnapshotError", "restore", "snapshot")
_LAZY = (*_SNAPSHOT_NAMES, "ps")


class _StacklessModule(types.ModuleType):
    """The module, with attributes that are computed each time they are asked for."""

    @property
    def current(self):
        """The running tasklet of this thread, as getcurrent()."""
        return getcurrent()

    @property
    def main(self):
        """The main tasklet of this thread, as getmain()."""
        return getmain()

    @property
    def runcount(self):
        """How many tasklets are in the run queue of this thread, the running one counted."""
        return getruncount()

    @property
    def threads(self):
        """The ids of all threads, the oldest one first."""
        return getthreads()

    @property
    def debug(self):
        """Whether this is a debug build, as getdebug()."""
        return getdebug()

    @property
    def uncollectables(self):
        """The tasklets of this thread that hold C stacks, as getuncollectables()."""
        return getuncollectables()

    @property
    def pickle_with_tracing_state(self):
        """PICKLEFLAGS_PRESERVE_TRACING_STATE of this thread, as a bool that may be set."""
        return bool(pickle_flags() & PICKLEFLAGS_PRESERVE_TRACING_STATE)

    @pickle_with_tracing_state.setter
    def pickle_with_tracing_state(self, value):
        flag = PICKLEFLAGS_PRESERVE_TRACING_STATE
        pickle_flags(flag if value else 0, flag)

    def __reduce__(self):
        """For pickle and copy: there is only one."""
        return __import__, (self.__name__,)

    def __getattr__(self, name):
        """What is imported when it is first used."""
        if name not in _LAZY:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        import importlib

        if name == "ps":
            vars(self)[name] = importlib.import_module("stackless._ps").ps
            return vars(self)[name]
        # Importing it sets the attribute `snapshot`.
        module = importlib.import_module("stackless.snapshot")
        vars(self).update({name: getattr(module, name) for name in _SNAPSHOT_NAMES if name != "snapshot"})
        return vars(self)[name]

    @property
    def pickle_code(self):
        """How code travels in pickles that contain tasklets, generators or other computations, in all threads.

        "reference", as it is at first: functions and classes that can be imported go by name, functions with a
        fingerprint of their bytecode, and who loads the pickle needs the same modules. Those of `__main__` go by
        value: the pickle contains them, and the values of the global variables that they refer to.

        "value": those of all modules written in Python go by value, except for the standard library and what is
        installed in site-packages.

        Setting it to anything else raises ValueError.
        """
        return _stackless.pickle_code()

    @pickle_code.setter
    def pickle_code(self, value):
        _stackless.pickle_code(value)

    def __dir__(self):
        computed = [name for name, value in vars(_StacklessModule).items() if isinstance(value, property)]
        return sorted({*super().__dir__(), *computed, *_LAZY})


def _adapt_copy(module):
    """Lets the module copy know of tasklets, generators and so on."""
    from stackless import _copying


stackless = sys.modules[__name__]
stackless.__class__ = _StacklessModule

# Last: what it imports may use the package.
after_import(
    {
        # It would crash where two tasklets use it.
        "greenlet._greenlet": _stackless.guard_greenlets,
        "_pickle": _stackless.teach_pickle,
        "pickle": _stackless.teach_pickle,
        "copy": _adapt_copy,
    }
)
