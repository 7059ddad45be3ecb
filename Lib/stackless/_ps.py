"""ps(): the tasklets that there are, as a table."""

import gc
import os
import sys

import _stackless
import stackless

_HEADINGS = ("TASKLET", "NAME", "STATE", "WHERE", "AGE", "SWITCHES")
_NUMBERS = ("AGE", "SWITCHES")  # these to the right of their columns
_MOST_SWITCHES = 0xFFFFFFFF  # where the count stays

_COLOURS = {
    "running": "\x1b[32m",
    "ready": "\x1b[36m",
    "sending": "\x1b[33m",
    "receiving": "\x1b[33m",
}
_BOLD, _FAINT, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def _is_terminal(file):
    """Whether a file shows colours. NO_COLOR: see no-color.org."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return hasattr(file, "isatty") and file.isatty()


def _frame(tasklet, caller):
    return caller if tasklet is stackless.getcurrent() else tasklet.frame


def _state(tasklet):
    if not tasklet.alive:
        return "not alive"
    if tasklet.is_current:
        return "running"
    if tasklet.blocked:
        return "sending" if tasklet._channel.balance > 0 else "receiving"
    if tasklet.scheduled:
        return "ready"
    return "in run()" if tasklet.is_main else "paused"


def _callable_name(value):
    return getattr(value, "__qualname__", None) or type(value).__qualname__


def _name(tasklet, frame):
    """The attribute `name` that a subclass may have; else that of the function that it runs."""
    name = getattr(tasklet, "name", None)
    if isinstance(name, str):
        return name
    if tasklet.is_main:
        return "main"
    if frame is None:
        # Not started: the tasklet refers to its function.
        functions = [value for value in gc.get_referents(tasklet) if callable(value) and not isinstance(value, type)]
        return _callable_name(functions[0]) if functions else ""
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_qualname


def _where(frame):
    if frame is None:
        return ""
    file = frame.f_code.co_filename
    directory = os.path.join(os.getcwd(), "")
    return f"{file.removeprefix(directory)}:{frame.f_lineno} in {frame.f_code.co_qualname}"


def _age(seconds):
    """Two units at most, `2d03h` for instance."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02}h"
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{seconds:02}s" if minutes else f"{seconds}s"


def _rows(caller):
    """A row for each tasklet that is alive, those of this thread first, the main tasklet of each thread first."""
    here = stackless.getmain().thread_id  # from here on, if not before, this thread has a main tasklet
    found = [value for value in gc.get_objects() if isinstance(value, stackless.tasklet) and value.alive]
    threads = [here, *(thread for thread in stackless.getthreads() if thread != here)]
    order = {thread: number for number, thread in enumerate(threads)}
    found.sort(key=lambda tasklet: (order.get(tasklet.thread_id, len(order)), not tasklet.is_main))
    for tasklet in found:
        frame = _frame(tasklet, caller)
        thread = f" (thread {tasklet.thread_id})" if tasklet.is_main and tasklet.thread_id != here else ""
        age, switches = _stackless.age_and_switches(tasklet)
        yield (
            f"{id(tasklet):#x}",
            _name(tasklet, frame) + thread,
            _state(tasklet),
            _where(frame),
            _age(age),
            f"{switches}{'+' * (switches == _MOST_SWITCHES)}",
        )


def ps(file=None):
    """Writes a table of all tasklets that are alive, in all threads: address, name, state, where each stands, how long
    ago it was made, and how often it has been switched to.

    file: what to write to, an open text file; None is sys.stdout. On a terminal, states are coloured, unless the
    environment variable NO_COLOR is set.

    The name is that of the function that the tasklet was made for, or its attribute `name` if that is a str (a
    subclass may have one). The state is one of: running; ready, that is in the run queue; sending or receiving, at
    a channel; paused; and for a main tasklet `in run()`, while the others run. A thread that has never used
    stackless has no row. Age and switches are those in this process: both begin anew when a tasklet is unpickled, and
    go on when bind() gives it another function.
    """
    if file is None:
        file = sys.stdout
    rows = [_HEADINGS, *_rows(sys._getframe().f_back)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    coloured = _is_terminal(file)
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if heading in _NUMBERS else cell.ljust(width)
            for heading, cell, width in zip(_HEADINGS, row, widths)
        ]
        if coloured and number == 0:
            cells = [f"{_BOLD}{cell}{_PLAIN}" for cell in cells]
        elif coloured:
            cells[2] = f"{_COLOURS.get(row[2], _FAINT)}{cells[2]}{_PLAIN}"
        print("  ".join(cells).rstrip(), file=file)
