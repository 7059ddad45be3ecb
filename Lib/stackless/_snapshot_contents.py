"""What is in a snapshot, without running any of it: stackless -m stackless.snapshot FILE"""

import argparse
import collections
import io
import sys

from stackless import _snapshot_file
from stackless._code_symbols import line_of, read_code
from stackless._pickle_symbols import Name, Object, Reader
from stackless._snapshot_file import SnapshotError

SHOWN = 20  # tasklets and channels, if one does not ask for all

# In the state of a tasklet (src/pickle/tasklets.cpp): its items, and bits of its flags.
FLAGS, FRAMES, REST = 0, 3, 4
STARTED, INTERRUPTED, SENDING, FOR_INSPECTION = 2, 32, 64, 512
# In that of a channel (src/pickle/channels.cpp).
QUEUE = 2
# In the content of a frame (src/pickle/frame_content.hpp).
FUNCTION, OFFSET = 0, 1
CONTENT_IN_GENERATOR = 1


# What comes of reading something that snapshot() has not written.
DAMAGES = (ValueError, IndexError, KeyError, AttributeError, TypeError, RecursionError, StopIteration)


def damaged(error):
    return SnapshotError(f"the snapshot does not hold what snapshot() writes: {error}")


class Contents:
    """The tasklets and channels of a payload, as Objects."""

    def __init__(self, payload):
        try:
            self.read(payload)
        except DAMAGES as error:
            raise damaged(error) from None

    def read(self, payload):
        reader = Reader(io.BytesIO(payload))
        self.scheduled, self.waiting, self.extra = reader.load()
        states = []
        while (more := reader.load()) is not None:
            states += more
        self.tasklets, self.channels = [], []
        for made, state in states:
            made.state = state
            # Of subclasses, one only knows by the state what they are.
            is_tasklet = isinstance(state, tuple) and len(state) > REST
            (self.tasklets if is_tasklet else self.channels).append(made)
        self.numbers = {
            id(made): number for made_ones in (self.tasklets, self.channels) for number, made in enumerate(made_ones, 1)
        }
        self.is_scheduled = set(map(id, self.scheduled))
        self.names = list(reader.names.values())
        self.objects = reader.objects

    def number(self, made):
        return f"#{self.numbers.get(id(made), '?')}"

    # ---- Tasklets

    def place(self, tasklet):
        flags = tasklet.state[FLAGS]
        rest = dict(tasklet.state[REST] or ())
        if flags & FOR_INSPECTION:
            return f"cannot run on: {rest.get('c_code')} was active"
        if "channel" in rest:
            action = "send" if flags & SENDING else "receive"
            return f"waits at channel {self.number(rest['channel'])} to {action}"
        if id(tasklet) in self.is_scheduled:
            return "in the run queue"
        if tasklet.state[FRAMES] is None and "bound" not in rest:
            return "has ended"
        return "paused, interrupted by a watchdog" if flags & INTERRUPTED else "paused"

    def frames(self, tasklet):
        """A line for each frame, the outermost first."""
        rest = dict(tasklet.state[REST] or ())
        if "bound" in rest:
            yield f"{describe_function(rest['bound'][0])}, not begun"
        for frame in tasklet.state[FRAMES] or ():
            content = frame
            if isinstance(frame, Object):
                content = frame.state
                if frame.is_made_by("_stackless.load_generator"):
                    content = content[CONTENT_IN_GENERATOR]
            yield describe_frame(content)

    # ---- Channels

    def balance(self, channel):
        queue = channel.state[QUEUE] or ()
        sends = any(tasklet.state[FLAGS] & SENDING for tasklet in queue)
        return len(queue) if sends else -len(queue)

    # ---- What unpickling would do

    def imports(self):
        """The names that would be imported, by module."""
        imported = collections.defaultdict(set)
        for name in self.names:
            imported[name.module].add(name.name)
        for made in self.objects:
            if made.is_made_by("_stackless.load_function", "_stackless.load_code"):
                imported[made.arguments[0]].add(made.arguments[1])
            elif made.is_made_by("_stackless.load_module"):
                imported[made.arguments[0]].add("(the module)")
        return {module: sorted(imported[module]) for module in sorted(imported)}

    def counts(self):
        """How many objects there are of each class, or made by each function; the commonest first."""
        return collections.Counter(describe_maker(made) for made in self.objects).most_common()


def describe_maker(made):
    name = str(made.function) if isinstance(made.function, Name) else "(computed)"
    for prefix in ("_stackless.load_new_", "_stackless.load_"):
        if name.startswith(prefix):
            return name.removeprefix(prefix).replace("_", " ")
    return name


def describe_frame(content):
    function, offset = content[FUNCTION], content[OFFSET]
    if isinstance(function, tuple):
        function = function[1]
    if offset < 0:
        place = "not begun"
    elif (code := code_of(function)) is not None:
        place = f"line {line_of(code, offset)} of {code.filename}"
    else:
        place = f"offset {2 * offset}"
    return f"{describe_function(function)}, {place}"


def code_of(function):
    """The Code of a function that is in the snapshot by value; else None."""
    if isinstance(function, Object):
        if function.is_made_by("_stackless.load_new_function"):
            return code_of(function.arguments[0])
        if function.is_made_by("_stackless.load_new_code"):
            return read_code(function.arguments[-1])
    return None


def describe_function(function):
    if isinstance(function, Name):
        return str(function)
    if not isinstance(function, Object):
        return "?"
    arguments = function.arguments
    if function.is_made_by("_stackless.load_function", "_stackless.load_code"):
        return f"{arguments[0]}.{arguments[1]}"
    if function.is_made_by("_stackless.load_hidden"):
        return f"{arguments[0]} (of the interpreter)"
    code = code_of(function)
    return describe_maker(function) if code is None else code.qualname


# ---- The command


def show(path, shows_all):
    """Prints what is in a file. SnapshotError: it is no snapshot, or damaged."""
    header_bytes, header, payload, signature = _snapshot_file.read_parts(path)
    _snapshot_file.check_checksum(header_bytes, header, payload)
    size = len(header_bytes) + len(payload) + len(signature or b"")
    print(f"snapshot, format {header.format}, {size:,} bytes")
    print(f"written by {_snapshot_file.version(header.python, header.bytecode)}")
    print("signed" if signature else "not signed", "(the checksum is right)", sep=" ")
    contents = Contents(payload)
    print(f"\n{len(contents.tasklets)} tasklets, {len(contents.scheduled)} of them in the run queue")
    for tasklet in limited(contents.tasklets, shows_all):
        print(f"  {contents.number(tasklet)} {tasklet.function}: {contents.place(tasklet)}")
        for line in contents.frames(tasklet):
            print(f"      {line}")
    print(f"\n{len(contents.channels)} channels")
    for channel in limited(contents.channels, shows_all):
        print(f"  {contents.number(channel)} {channel.function}: balance {contents.balance(channel)}")
    print("\nobjects")
    for name, count in contents.counts():
        print(f"  {count:>8,} {name}")
    print("\nto restore it, these are imported")
    for module, names in contents.imports().items():
        print(f"  {module}: {', '.join(names)}")


def limited(made_ones, shows_all):
    count = len(made_ones) if shows_all else SHOWN
    yield from made_ones[:count]
    if len(made_ones) > count:
        print(f"  ... and {len(made_ones) - count:,} more (--all shows them)")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="stackless -m stackless.snapshot",
        description="Show what is in a file that stackless.snapshot() has written, without running any of it.",
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--all", action="store_true", help="show all tasklets and channels, not the first few")
    options = parser.parse_args(arguments)
    try:
        show(options.file, options.all)
        return 0
    except (OSError, SnapshotError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
    except DAMAGES as error:
        print(f"{options.file}: {damaged(error)}", file=sys.stderr)
    return 1
