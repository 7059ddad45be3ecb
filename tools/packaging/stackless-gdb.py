"""Python frames in gdb, of a running `stackless` or of a core dump.

    (gdb) source PREFIX/share/gdb/auto-load/PREFIX/bin/stackless-gdb.py
    (gdb) stackless-bt

With the prefix /usr, gdb loads it by itself.

It uses CPython's helpers and the debug information of Debian's package python3.11-dbg, which knows the structures of
CPython; the program itself has names and lines only.
"""

import os
import subprocess

import gdb

HELPERS = "/usr/share/gdb/auto-load/usr/bin/python3.11-gdb.py"
PYTHON = "/usr/bin/python3.11"
# Where the types' file is said to be loaded: it has no code or data of the process, and must not cover any.
NOWHERE = 0x100000000000


def debug_file():
    """The debug information of python3.11."""
    notes = subprocess.run(["readelf", "-n", PYTHON], capture_output=True, text=True, check=True).stdout
    (build_id,) = [line.split()[-1] for line in notes.splitlines() if "Build ID" in line]
    return f"/usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug"


class Backtrace(gdb.Command):
    """Prints the Python frames of all threads, the innermost one first."""

    def __init__(self):
        super().__init__("stackless-bt", gdb.COMMAND_STACK)
        self.runtime = None

    def prepare(self):
        for file in (debug_file(), HELPERS):
            if not os.path.exists(file):
                raise gdb.GdbError(f"{file} is not there: install python3.11-dbg")
        # Before the other file comes, which has the same name in it.
        self.runtime = int(gdb.parse_and_eval("(unsigned long)&_PyRuntime"))
        gdb.execute(f"add-symbol-file {debug_file()} -o {NOWHERE:#x}", to_string=True)
        gdb.execute(f"source {HELPERS}", to_string=True)

    def invoke(self, arguments, from_terminal):
        if self.runtime is None:
            self.prepare()
        import __main__  # where gdb has put the helpers

        runtime = gdb.Value(self.runtime).cast(gdb.lookup_type("_PyRuntimeState").pointer())
        thread = runtime["interpreters"]["head"]["threads"]["head"]
        while thread:
            print(f"Thread {int(thread['thread_id']):#x} (most recent call first):")
            pointer = thread["cframe"]["current_frame"]
            while pointer:
                frame = __main__.PyFramePtr(pointer)
                if frame.is_optimized_out():
                    break
                name = frame.co_name.proxyval(set())
                print(f'  File "{frame.filename()}", line {frame.current_line_num()}, in {name}')
                pointer = pointer["previous"]
            thread = thread["next"]


Backtrace()
