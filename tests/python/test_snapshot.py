"""stackless.snapshot() and stackless.restore(): all tasklets of a thread in a file."""

import gc
import importlib.util
import io
import os
import pathlib
import pickle
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
from unittest import mock

import stackless
from stackless import _snapshot_file
from support import StacklessTestCase, call_from_c, collect, needs_soft_switching, run_queue, run_script

KEY = b"a key"
log = []


def take_turns(name, count):
    for number in range(count):
        log.append((name, number))
        stackless.schedule()


def receive(channel):
    # In one statement, `log` would be on the stack meanwhile, and be saved.
    value = channel.receive()
    log.append(value)


def pause(value):
    stackless.schedule_remove()
    log.append(value)


def hold(value, channel):
    channel.receive()
    log.append(value)


def compute():
    total = 0
    for number in range(2000):
        total += number
    log.append(total)


class Named(stackless.tasklet):
    """Has a name, and more arguments than it gives away."""

    def __init__(self, function=None, name=None):
        self.name = name


class Box(stackless.channel):
    __slots__ = ("content",)


class Registered(stackless.tasklet):
    """Comes back from a registry, not from its state."""

    registry = {}

    def __reduce__(self):
        return registered, ("it",)


def registered(name):
    return Registered.registry[name]


class Extended(stackless.tasklet):
    """Adds items to the state, as Stackless Python's documentation shows."""

    def __reduce__(self):
        function, args, state = super().__reduce__()
        return function, args, (*state, self.extra)

    def __setstate__(self, state):
        self.extra = state[-1]
        return super().__setstate__(state[:-1])


def saved(extra=None, **options):
    file = io.BytesIO()
    stackless.snapshot(file, extra, **options)
    return file.getvalue()


def restored(data, **options):
    return stackless.restore(io.BytesIO(data), **options)


def end_tasklets():
    """No tasklet is left for the snapshots of other tests."""
    for tasklet in gc.get_objects():
        if isinstance(tasklet, stackless.tasklet) and tasklet.alive and not tasklet.is_main:
            tasklet.kill()
    collect()


class SnapshotTestCase(StacklessTestCase):
    def setUp(self):
        collect()
        super().setUp()
        log.clear()
        self.addCleanup(log.clear)
        self.addCleanup(end_tasklets)

    def world(self):
        """Two tasklets that take turns, one that is blocked, one that is paused."""
        channel = stackless.channel()
        blocked = self.block(receive, channel)
        paused = self.pause(pause, "paused")
        turns = [self.start(take_turns, name, 3) for name in "ab"]
        stackless.schedule()
        log.clear()
        return channel, blocked, paused, turns


@needs_soft_switching
class RestoringTest(SnapshotTestCase):
    def test_each_where_it_was(self):
        channel, blocked, paused, turns = self.world()
        data = saved(extra=(channel, blocked, paused, turns))
        stackless.run()
        log.clear()
        snapshot = restored(data)
        new_channel, new_blocked, new_paused, new_turns = snapshot.extra
        self.assertEqual(run_queue()[1:], new_turns)
        self.assertEqual(snapshot.tasklets[:2], new_turns)
        self.assertEqual(set(snapshot.tasklets), {new_blocked, new_paused, *new_turns})
        self.assertEqual(snapshot.channels, [new_channel])
        self.assertIs(new_channel.queue, new_blocked)
        self.assertTrue(new_paused.paused)
        self.assertIsNot(new_channel, channel)
        stackless.run()
        self.assertEqual(log, [("a", 1), ("b", 1), ("a", 2), ("b", 2)])
        new_channel.send("sent")
        new_paused.run()
        self.assertEqual(log[4:], ["sent", "paused"])
        # Those that were saved know nothing of it.
        self.assertTrue(blocked.blocked)
        self.assertTrue(paused.paused)
        channel.send("sent")

    def test_queue_goes_on_behind_those_that_are_there(self):
        self.start(take_turns, "saved", 1)
        data = saved()
        stackless.run()
        self.start(take_turns, "there", 1)
        restored(data)
        stackless.run()
        self.assertEqual([name for name, _ in log], ["saved", "there", "saved"])

    def test_nothing_but_the_main_tasklet(self):
        snapshot = restored(saved())
        self.assertEqual((snapshot.tasklets, snapshot.channels, snapshot.extra), ([], [], None))

    def test_what_extra_and_tasklets_share_is_one_object(self):
        things = ["a thing"]
        channel = stackless.channel()
        self.block(hold, things, channel)
        snapshot = restored(saved({"things": things, "channel": channel}))
        snapshot.extra["channel"].send(None)
        self.assertEqual(log, [["a thing"]])
        self.assertIs(log[0], snapshot.extra["things"])
        channel.send(None)

    def test_paused_and_interrupted(self):
        self.start(compute)
        interrupted = stackless.run(1000)
        self.assertTrue(interrupted.paused)
        (tasklet,) = restored(saved()).tasklets
        self.assertTrue(tasklet.paused)
        tasklet.insert()
        stackless.run()
        self.assertEqual(log, [sum(range(2000))])

    def test_garbage_is_left_out(self):
        channel = stackless.channel()
        self.block(hold, channel, channel)
        del channel
        self.assertEqual(restored(saved()).tasklets, [])

    def test_ended_tasklets_are_left_out(self):
        ended = self.start(take_turns, "ended", 1)
        stackless.run()
        snapshot = restored(saved({"ended": ended}))
        self.assertEqual(snapshot.tasklets, [])
        self.assertFalse(snapshot.extra["ended"].alive)

    def test_what_can_only_be_looked_at(self):
        """It is no tasklet that a thread has; what refers to it may be saved."""
        stuck = self.pause(call_from_c, stackless.schedule_remove)
        copied = pickle.loads(pickle.dumps(stuck))
        stuck.kill()
        self.assertFalse(copied.restorable)
        self.assertEqual(restored(saved()).tasklets, [])
        again = restored(saved(copied)).extra
        self.assertEqual((again.alive, again.restorable), (True, False))

    def test_subclasses(self):
        box = Box()
        box.content = "content"
        tasklet = Named(hold, "name").bind(hold, ("value", box))
        tasklet.run()
        snapshot = restored(saved())
        (tasklet,), (box,) = snapshot.tasklets, snapshot.channels
        self.assertEqual((type(tasklet), tasklet.name), (Named, "name"))
        self.assertEqual((type(box), box.content), (Box, "content"))
        self.assertIs(box.queue, tasklet)

    def test_reducers_of_subclasses(self):
        extended = Extended(pause, ("value",))
        extended.extra = "more"
        extended.run()
        Registered.registry["it"] = Registered(pause, ("registered",))
        Registered.registry["it"].run()
        self.addCleanup(Registered.registry.clear)
        found = {type(tasklet): tasklet for tasklet in restored(saved()).tasklets}
        self.assertEqual(found[Extended].extra, "more")
        self.assertTrue(found[Extended].paused)
        self.assertIsNot(found[Extended], extended)

    def test_twice_in_a_file(self):
        """A file object stands behind the snapshot when it has been read."""
        file = io.BytesIO()
        for number in range(2):
            stackless.snapshot(file, number)
        file.seek(0)
        self.assertEqual([stackless.restore(file).extra for _ in range(2)], [0, 1])

    def test_fresh_process(self):
        """Functions of __main__ travel along."""
        script = """if True:
            import stackless, sys
            def work(numbers):
                for number in numbers:
                    print(number, flush=True)
                    stackless.schedule()
            def main():
                stackless.tasklet(work)(iter(range(4)))
                stackless.schedule()
                stackless.schedule()
                stackless.snapshot(sys.argv[1])
            main()
        """
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "snapshot")
            first = run_script(script, path)
            self.assertEqual((first.stdout, first.stderr), ("0\n1\n", ""))
            second = run_script("import stackless, sys; stackless.restore(sys.argv[1]); stackless.run()", path)
            self.assertEqual((second.stdout, second.stderr), ("2\n3\n", ""))


@needs_soft_switching
class CallerTest(SnapshotTestCase):
    """Snapshots that are not taken by the main tasklet."""

    def test_the_caller_is_left_out(self):
        def save():
            log.append(saved(stackless.current))

        other = self.start(take_turns, "other", 1)
        other.remove()
        self.start(save)
        stackless.run()
        snapshot = restored(log.pop())
        self.assertEqual(len(snapshot.tasklets), 1)
        self.assertFalse(snapshot.extra.alive)

    def test_main_is_the_main_tasklet(self):
        """What knows the main tasklet, knows that of the thread which it is restored in."""
        tasklet = self.pause(pause, stackless.main)
        (tasklet,) = restored(saved()).tasklets
        tasklet.run()
        self.assertIs(log[0], stackless.main)

    def test_main_waits_at_no_channel(self):
        channel = stackless.channel()

        def save():
            self.assertEqual(channel.balance, -2)
            log.append(saved(channel))
            channel.send("one")
            channel.send("two")

        self.block(receive, channel)
        self.start(save)
        self.assertEqual(channel.receive(), "two")
        data = log.pop(0)
        stackless.run()
        self.assertEqual(log, ["one"])
        new = restored(data).extra
        self.assertEqual(new.balance, -1)

    def test_only_main_waits_at_a_channel(self):
        channel = stackless.channel()

        def save():
            log.append(saved(channel))
            channel.send("sent")

        self.start(save)
        channel.receive()
        stackless.run()
        self.assertEqual(restored(log.pop()).extra.balance, 0)


@needs_soft_switching
class ThreadTest(SnapshotTestCase):
    def in_thread(self, function):
        results = []
        thread = threading.Thread(target=lambda: results.append(function()))
        thread.start()
        thread.join()
        return results[0]

    def test_tasklets_of_other_threads(self):
        """They are none of the thread's, but it may know them."""
        other = self.in_thread(lambda: self.pause(pause, "other"))
        self.assertEqual(restored(saved()).tasklets, [])
        (tasklet,) = restored(saved(other)).tasklets
        self.assertEqual(tasklet.thread_id, threading.get_ident())
        tasklet.run()
        self.assertEqual(log, ["other"])

    def test_restored_in_another_thread(self):
        self.start(take_turns, "name", 2)
        stackless.schedule()
        data = saved()
        stackless.run()
        log.clear()

        def go_on():
            (tasklet,) = restored(data).tasklets
            stackless.run()
            return tasklet.thread_id == threading.get_ident()

        self.assertTrue(self.in_thread(go_on))
        self.assertEqual(log, [("name", 1)])
        self.assertEqual(stackless.runcount, 1)

    def test_tasklet_that_another_thread_runs(self):
        """It cannot be saved while it runs there."""
        tasklet, started, done = stackless.tasklet(), threading.Event(), threading.Event()

        def run_it():
            tasklet.bind_thread()
            tasklet.bind(lambda: (started.set(), done.wait()), ())
            tasklet.run()

        thread = threading.Thread(target=run_it)
        thread.start()
        started.wait()
        try:
            with self.assertRaisesRegex(pickle.PicklingError, "cannot save tasklet"):
                saved(tasklet)
        finally:
            done.set()
            thread.join()


class NestedRunTest(SnapshotTestCase):
    @needs_soft_switching
    def test_a_tasklet_that_runs_others(self):
        def run_others():
            stackless.run()
            log.append("returned")

        def save():
            log.append(saved())

        self.start(run_others)
        self.start(save)
        stackless.run()
        self.assertEqual(log.pop(), "returned")
        (tasklet,) = restored(log.pop()).tasklets
        self.assertTrue(tasklet.paused)
        tasklet.run()
        self.assertEqual(log, ["returned"])


class RefusedTest(SnapshotTestCase):
    def check_nothing_is_written(self, error, text):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "snapshot")
            path.write_bytes(b"old")
            with self.assertRaisesRegex(error, text):
                stackless.snapshot(path)
            self.assertEqual(os.listdir(directory), ["snapshot"])
            self.assertEqual(path.read_bytes(), b"old")
        file = io.BytesIO()
        with self.assertRaisesRegex(error, text):
            stackless.snapshot(file)
        self.assertEqual(file.getvalue(), b"")

    def test_c_code_is_active(self):
        def stuck():
            call_from_c(stackless.schedule_remove)

        tasklets = [self.pause(stuck) for _ in range(2)]
        named = Named(name="boss").bind(stuck)
        named.bind(stuck, ())
        named.run()
        self.check_nothing_is_written(pickle.PicklingError, "'stuck': .*; tasklet '(stuck|boss)': .* is active")
        for tasklet in [*tasklets, named]:
            tasklet.kill()

    @needs_soft_switching
    def test_what_cannot_be_pickled(self):
        connection = socket.socket()
        self.addCleanup(connection.close)
        paused = self.pause(pause, {"connection": connection})
        path = r"tasklet 'pause' → frame pause\(\) line \d+ → local 'value'\['connection'\]: socket"
        self.check_nothing_is_written(TypeError, path)
        self.assertTrue(paused.paused)

    @needs_soft_switching
    def test_nothing_else_runs_meanwhile(self):
        class Schedules:
            def __reduce__(self):
                stackless.schedule()

        self.start(pause, Schedules())
        self.check_nothing_is_written(RuntimeError, "switch_trap")
        self.assertEqual(stackless.switch_trap(0), 0)
        self.assertFalse(stackless.current.atomic)
        self.assertTrue(gc.isenabled())

    def test_arguments(self):
        for file in (None, 1, []):
            with self.assertRaises(TypeError):
                stackless.snapshot(file)
            with self.assertRaises(TypeError):
                stackless.restore(file)
        for key, error in (("text", TypeError), (b"", ValueError), (1, TypeError)):
            with self.assertRaises(error):
                saved(key=key)
            with self.assertRaises(error):
                restored(saved(), key=key)
        with self.assertRaises(TypeError):
            stackless.snapshot(io.StringIO())
        with self.assertRaises(TypeError):
            stackless.restore(io.StringIO("text"))


class FileTest(SnapshotTestCase):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.path = self.directory / "snapshot"

    def names(self):
        return sorted(os.listdir(self.directory))

    def test_paths(self):
        for path in (self.path, str(self.path), os.fsencode(self.path)):
            with self.subTest(path):
                stackless.snapshot(path, "extra")
                self.assertEqual(stackless.restore(path).extra, "extra")
                self.assertEqual(self.names(), ["snapshot"])

    def test_old_file_stays_until_the_new_one_is_complete(self):
        """Whichever step of writing fails."""
        stackless.snapshot(self.path, "old")
        for function in ("os.open", "os.fsync", "os.replace", "stackless._snapshot_file.write_parts"):
            with self.subTest(function), mock.patch(function, side_effect=OSError("disk full")):
                with self.assertRaisesRegex(OSError, "disk full"):
                    stackless.snapshot(self.path, "new")
            self.assertEqual(self.names(), ["snapshot"])
            self.assertEqual(stackless.restore(self.path).extra, "old")

    def test_crash_while_writing(self):
        stackless.snapshot(self.path, "old")
        result = run_script(
            "import os, stackless, sys\n"
            "from stackless import _snapshot_file\n"
            "def crash(file, parts):\n"
            "    file.write(parts[0]); file.flush(); os._exit(3)\n"
            "_snapshot_file.write_parts = crash\n"
            "stackless.snapshot(sys.argv[1], 'new')",
            self.path,
        )
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertEqual(stackless.restore(self.path).extra, "old")

    def test_synced_before_it_is_renamed(self):
        calls = []
        with (
            mock.patch("os.fsync", side_effect=lambda descriptor: calls.append("fsync")),
            mock.patch("os.replace", side_effect=lambda *paths: calls.append("replace")),
        ):
            stackless.snapshot(self.path)
        self.assertEqual(calls, ["fsync", "replace", "fsync"])

    def test_permissions(self):
        mask = os.umask(0o027)
        self.addCleanup(os.umask, mask)
        stackless.snapshot(self.path)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)
        self.path.chmod(0o600)
        stackless.snapshot(self.path)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_symbolic_link(self):
        link = self.directory / "link"
        link.symlink_to("snapshot")
        stackless.snapshot(link, "extra")
        self.assertTrue(link.is_symlink())
        self.assertEqual(stackless.restore(self.path).extra, "extra")

    def test_unbuffered_file_that_takes_little_at_a_time(self):
        class Slow(io.RawIOBase):
            data = b""

            def write(self, data):
                Slow.data += bytes(data[:10])
                return min(len(data), 10)

        stackless.snapshot(Slow(), "extra")
        self.assertEqual(restored(Slow.data).extra, "extra")


def leave_trace():
    log.append("unpickled")


class Unwanted:
    """What it is to be unpickled leaves a trace."""

    def __reduce__(self):
        return leave_trace, ()


class FormatTest(SnapshotTestCase):
    def setUp(self):
        super().setUp()
        self.data = saved(Unwanted())
        self.signed = saved(Unwanted(), key=KEY)

    def check_refused(self, data, text, **options):
        with self.assertRaisesRegex(stackless.SnapshotError, text):
            restored(data, **options)
        self.assertEqual(log, [])

    def test_error(self):
        self.assertTrue(issubclass(stackless.SnapshotError, pickle.UnpicklingError))
        self.assertEqual(repr(stackless.SnapshotError), "<class 'stackless.SnapshotError'>")

    def test_intact(self):
        restored(self.data)
        restored(self.signed, key=KEY)
        restored(self.signed, key=bytearray(KEY))
        self.assertEqual(log, 3 * ["unpickled"])

    def test_truncated(self):
        for length in range(len(self.signed)):
            self.check_refused(self.signed[:length], "truncated" if length else "not a snapshot", key=KEY)

    def test_each_byte_counts(self):
        """With any bit changed it is refused; with a key, one that knows all but the key is no further."""
        for data, options in ((self.data, {}), (self.signed, {"key": KEY})):
            for position in range(len(data)):
                changed = bytearray(data)
                changed[position] ^= 1 << position % 8
                self.check_refused(bytes(changed), "snapshot", **options)

    def test_not_a_snapshot(self):
        for data in (b"", b"x", b"text\n" * 100, pickle.dumps("a pickle")):
            self.check_refused(data, "not a snapshot")

    def test_ends_of_lines_converted(self):
        self.check_refused(self.data.replace(b"\r\n", b"\n"), "not a snapshot")

    def test_something_behind_it(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "snapshot")
            path.write_bytes(self.data + b"x")
            with self.assertRaisesRegex(stackless.SnapshotError, "behind the end"):
                stackless.restore(path)

    def test_length_that_is_not_there(self):
        """It does not ask for all that memory."""
        header = bytearray(self.data)
        header[19:27] = (1 << 62).to_bytes(8, "big")
        self.check_refused(bytes(header), "truncated")

    def test_signed(self):
        self.check_refused(self.signed, "signed: give its key")
        self.check_refused(self.signed, "another key", key=b"another")
        self.check_refused(self.data, "not signed", key=KEY)

    def test_signature_taken_off(self):
        """The checksum is right again, which anybody can compute; the key is asked for all the same."""
        header, payload, _ = _snapshot_file.pack(_snapshot_file.read(io.BytesIO(self.signed), KEY), KEY)
        forged = b"".join(_snapshot_file.pack(payload, None))
        restored(forged)
        log.clear()
        self.check_refused(forged, "not signed", key=KEY)

    def test_other_version(self):
        patches = {
            "Python 3.12.1, bytecode 3495; this is Python 3.11": [
                mock.patch.object(sys, "version_info", (3, 12, 1)),
                mock.patch.object(_snapshot_file, "bytecode_of_this_python", lambda: b"\xa7\r\r\n"),
            ],
            "Python 3.11.*, bytecode 3494; this is": [
                mock.patch.object(_snapshot_file, "bytecode_of_this_python", lambda: b"\xa6\r\r\n"),
            ],
            "format 9; this program reads format 1": [mock.patch.object(_snapshot_file, "FORMAT", 9)],
        }
        for text, patched in patches.items():
            with self.subTest(text):
                for patch in patched:
                    patch.start()
                try:
                    data = saved(Unwanted())
                finally:
                    for patch in patched:
                        patch.stop()
                self.check_refused(data, text)

    def test_another_release_of_the_same_python(self):
        with mock.patch.object(sys, "version_info", (*sys.version_info[:2], 99)):
            data = saved("extra")
        self.assertEqual(restored(data).extra, "extra")

    def test_other_contents(self):
        """A good file around a pickle that snapshot() has not written."""
        tasklet = stackless.tasklet()
        for values in (
            ["text"],
            [(1, 2)],
            [([], [], None), "text"],
            [(1, [], None), None],
            [([], 1, None), None],
            [([], [], None), [("text", ())], None],
        ):
            payload = b"".join(map(pickle.dumps, values))
            self.check_refused(b"".join(_snapshot_file.pack(payload, None)), "snapshot")
        payload = b"".join(map(pickle.dumps, [([], [], None), [(tasklet, "text")], None]))
        with self.assertRaises(pickle.UnpicklingError):
            restored(b"".join(_snapshot_file.pack(payload, None)))

    def test_all_tasklets_or_none(self):
        """The second one of the queue is dead."""
        good, dead = stackless.tasklet(pause, (1,)), stackless.tasklet()
        payload = b"".join(map(pickle.dumps, [([good, dead], [], None), None]))
        with self.assertRaises(RuntimeError):
            restored(b"".join(_snapshot_file.pack(payload, None)))
        self.assertEqual(stackless.getruncount(), 1)


@needs_soft_switching
class SizeTest(SnapshotTestCase):
    """However tasklets refer to each other, it takes no deep recursion."""

    COUNT = 20_000

    def check(self, extra=None):
        data = saved(extra)
        self.assertLess(len(data), 150 * self.COUNT)
        snapshot = restored(data)
        self.assertEqual(len(snapshot.tasklets) + len(snapshot.channels), self.expected)
        return snapshot

    def test_each_knows_the_next(self):
        tasklet, channel = None, stackless.channel()
        for _ in range(self.COUNT):
            tasklet = self.start(hold, tasklet, channel)
        stackless.run()
        self.expected = self.COUNT + 1
        snapshot = self.check(tasklet)
        tasklet = snapshot.extra
        self.assertTrue(tasklet.blocked)
        for tasklet in snapshot.tasklets:
            channel.send(None)
            snapshot.channels[0].send(None)

    def test_each_waits_for_the_next(self):
        def wait(own, others):
            own.receive()
            others.send(None)

        channels = [stackless.channel() for _ in range(self.COUNT)]
        for number, channel in enumerate(channels):
            self.start(wait, channels[number - 1], channel)
        stackless.run()
        self.expected = 2 * self.COUNT
        self.check()

    def test_paused_and_only_known_to_each_other(self):
        """New tasklets that nobody but the next has ever seen."""
        tasklet = None
        for _ in range(self.COUNT):
            tasklet = stackless.tasklet(hold, (tasklet, None))
        self.expected = self.COUNT
        snapshot = self.check(tasklet)
        self.assertTrue(snapshot.extra.paused)

    def test_chain_of_channels(self):
        first = channel = Box()
        for _ in range(self.COUNT - 1):
            channel.content = Box()
            channel = channel.content
        channel.content = None
        self.expected = self.COUNT
        channel = self.check(first).extra
        for _ in range(self.COUNT - 1):
            channel = channel.content
        self.assertIsNone(channel.content)


class ModuleTest(unittest.TestCase):
    """stackless.snapshot is a function and a module, and imported when it is first used."""

    def run_python(self, source):
        result = run_script(source)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_ways_to_import(self):
        call = "import io; f = io.BytesIO(); {}(f, 1); f.seek(0); print(stackless.restore(f).extra)"
        for source, name in (
            ("import stackless", "stackless.snapshot"),
            ("import stackless; from stackless import snapshot", "snapshot"),
            ("import stackless, stackless.snapshot", "stackless.snapshot"),
            ("import stackless, stackless.snapshot", "stackless.snapshot.snapshot"),
            ("import stackless; from stackless.snapshot import snapshot", "snapshot"),
            ("from stackless import *", "snapshot"),
            ("import stackless; stackless.restore", "stackless.snapshot"),
        ):
            with self.subTest(source):
                self.assertEqual(self.run_python(source + "\n" + call.format(name)), "1\n")

    def test_import_is_lazy(self):
        source = "import sys; before = set(sys.modules); import {}; print(*set(sys.modules) - before)"
        loaded = self.run_python(source.format("stackless")).split()
        for name in ("stackless.snapshot", "hashlib", "hmac", "tempfile", "copy"):
            self.assertNotIn(name, loaded)
        loaded = self.run_python(source.format("stackless.snapshot")).split()
        for name in ("hashlib", "hmac", "tempfile", "pickletools"):
            self.assertNotIn(name, loaded)

    def test_unknown_names(self):
        with self.assertRaisesRegex(AttributeError, "module 'stackless' has no attribute 'snap'"):
            stackless.snap
        self.assertLess({"Snapshot", "SnapshotError", "restore", "snapshot"}, set(dir(stackless)))

    def test_bytecode_revision(self):
        self.assertEqual(_snapshot_file.bytecode_of_this_python(), importlib.util.MAGIC_NUMBER)


if __name__ == "__main__":
    unittest.main()
