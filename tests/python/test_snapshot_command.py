"""stackless -m stackless.snapshot FILE: what is in a snapshot, without running it."""

import contextlib
import dis
import io
import marshal
import pathlib
import pickle
import random
import re
import subprocess
import sys
import tempfile
import types
import unittest

import stackless
from stackless import _code_symbols, _pickle_symbols, _snapshot_contents, _snapshot_file
from support import StacklessTestCase, needs_soft_switching, run_script

SCRIPT = """
import stackless, sys

class Thing:
    pass

def outer(channel, thing):
    inner(channel)

def inner(channel):
    for number in numbers():
        channel.receive()  # line 12

def numbers():
    yield from range(10)

def send(channel):
    channel.send(None)  # line 18

def pause():
    stackless.schedule_remove()

received, sent = stackless.channel(), stackless.channel()
stackless.tasklet(outer)(received, Thing())
for _ in range(2):
    stackless.tasklet(send)(sent)
paused = stackless.tasklet(pause)()
stackless.run()
new = stackless.tasklet(pause, ())
stackless.tasklet(outer)(received, None)
busy = stackless.tasklet(lambda: [number * number for number in range(10_000)])()
stackless.run(100)
busy.remove()
stackless.tasklet(sorted)([])
stackless.snapshot(sys.argv[1], (received, sent, paused, new, busy), key=sys.argv[2].encode() or None)
"""


def show(path, *options):
    return subprocess.run(
        [sys.executable, "-m", "stackless.snapshot", path, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class CommandTestCase(StacklessTestCase):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name, "snapshot")

    def write_world(self, key=""):
        result = run_script(SCRIPT, self.path, key)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def output(self, *options):
        result = show(self.path, *options)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def write_payload(self, payload):
        self.path.write_bytes(b"".join(_snapshot_file.pack(payload, None)))


@needs_soft_switching
class ShowTest(CommandTestCase):
    def test_tasklets(self):
        self.write_world()
        output = self.output()
        for expected in (
            r"\n8 tasklets, 1 of them in the run queue\n",
            r"stackless.tasklet: waits at channel #1 to receive\n"
            r"      outer, line 8 of <string>\n      inner, line 12 of <string>\n",
            r"waits at channel #2 to send\n      send, line 18 of <string>\n",
            r": paused\n      pause, line 21 of <string>\n",
            r": paused\n      pause, not begun\n",
            r": in the run queue\n      builtins.sorted, not begun\n",
            r": paused, interrupted by a watchdog\n      <lambda>, line 31 of <string>\n",
        ):
            with self.subTest(expected):
                self.assertRegex(output, expected)

    def test_channels(self):
        self.write_world()
        output = self.output()
        self.assertIn("\n2 channels\n  #1 stackless.channel: balance -2\n  #2 stackless.channel: balance 2\n", output)

    def test_objects_and_imports(self):
        self.write_world()
        output = self.output()
        objects = output.partition("\nobjects\n")[2]
        for count, name in ((8, "stackless.tasklet"), (2, "stackless.channel"), (2, "generator")):
            self.assertRegex(objects, rf"\n? +{count} {name}\n")
        imports = output.partition("these are imported\n")[2]
        self.assertRegex(imports, r"  builtins: .*sorted.*\n")
        self.assertIn("  stackless: (the module), channel, tasklet\n", imports)

    def test_head(self):
        self.write_world()
        output = self.output()
        self.assertRegex(output, rf"\Asnapshot, format 1, {self.path.stat().st_size:,} bytes\n")
        self.assertIn(f"written by Python {sys.version.split()[0].rstrip('+')}, bytecode 3495\n", output)
        self.assertIn("not signed (the checksum is right)\n", output)
        self.write_world("key")
        self.assertIn("\nsigned (the checksum is right)\n", self.output())

    def test_functions_by_reference(self):
        channel = stackless.channel()
        tasklet = self.block(receive_from, channel)
        stackless.snapshot(self.path)
        self.assertRegex(self.output(), r"test_snapshot_command\.receive_from, offset \d+\n")
        channel.send(None)
        self.assertFalse(tasklet.alive)

    def test_many(self):
        channel = stackless.channel()
        for _ in range(30):
            self.start(receive_from, channel)
        stackless.run()
        stackless.snapshot(self.path)
        output = self.output()
        self.assertEqual(output.count("waits at channel"), 20)
        self.assertIn("... and 10 more (--all shows them)", output)
        self.assertEqual(self.output("--all").count("waits at channel"), 30)
        for _ in range(30):
            channel.send(None)


def receive_from(channel):
    channel.receive()


class NotRunTest(CommandTestCase):
    def test_nothing_is_imported_or_called(self):
        """Neither the module nor what would make a mark."""
        directory = self.path.parent
        (directory / "marker.py").write_text("open('imported', 'w')")
        call = b"\x8c\x06marker\x8c\x08function\x93)R"
        system = b"\x8c\x05posix\x8c\x06system\x93\x8c\x0ctouch called\x85R"
        self.write_payload(b"\x80\x04]]" + call + system + b"\x86\x87." + pickle.dumps(None))
        result = subprocess.run(
            [sys.executable, "-m", "stackless.snapshot", self.path], cwd=directory, capture_output=True, text=True
        )
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("  marker: function\n  posix: system\n", result.stdout)
        self.assertEqual(sorted(path.name for path in directory.iterdir()), ["marker.py", "snapshot"])

    def test_unusual_pickles(self):
        """Protocol 0, persistent ids, the extension registry: snapshot() does not write those."""
        for payload in (pickle.dumps([], 0), b"Pname\n.", b"\x82\x01.", b"cos\nsystem\n.", b"", b".", b"N", b"garbage"):
            self.write_payload(payload)
            result = show(self.path)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, r"\A\S+snapshot: the snapshot does not hold what .*\n\Z")


class DamagedTest(CommandTestCase):
    def test_not_a_snapshot(self):
        for data, text in ((b"text", "this is not a snapshot"), (None, "No such file")):
            self.path.write_bytes(data) if data else self.path.unlink()
            result = show(self.path)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn(text, result.stderr)
            self.assertNotIn("Traceback", result.stderr)

    def test_wrong_checksum(self):
        stackless.snapshot(self.path, "extra")
        data = bytearray(self.path.read_bytes())
        data[-3] ^= 1
        self.path.write_bytes(data)
        result = show(self.path)
        self.assertEqual(result.returncode, 1)
        self.assertIn("checksum is wrong", result.stderr)

    @needs_soft_switching
    def test_mutations(self):
        """Whatever is in a snapshot, it ends with a message or a description."""
        self.write_world()
        payload = _snapshot_file.read(self.path, None)
        generator = random.Random(5)
        outcomes = {0: 0, 1: 0}
        for _ in range(300):
            mutated = bytearray(payload)
            for _ in range(generator.randrange(1, 4)):
                mutated[generator.randrange(len(mutated))] = generator.randrange(256)
            self.write_payload(bytes(mutated))
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                outcomes[_snapshot_contents.main([str(self.path)])] += 1
        self.assertTrue(all(outcomes.values()), outcomes)


class SymbolsTest(unittest.TestCase):
    def test_values(self):
        value = {"a": [1, -2, 1 << 100, 1.5, b"bytes", ("x", None, True)], "b": {1}}
        reader = _pickle_symbols.Reader(io.BytesIO(pickle.dumps(value, 5)))
        self.assertEqual(reader.load(), [("a", value["a"]), ("b", [1])])

    def test_objects(self):
        reader = _pickle_symbols.Reader(io.BytesIO(pickle.dumps([types.SimpleNamespace(a=1)] * 2, 5)))
        first, second = reader.load()
        self.assertIs(first, second)
        self.assertTrue(first.is_made_by("types.SimpleNamespace"))
        self.assertEqual(dict(first.state), {"a": 1})

    def test_lines_of_code(self):
        """The same as those that the interpreter knows."""
        count = 0
        for module in (subprocess, pickle, re, contextlib, dis):
            codes = [compile(pathlib.Path(module.__file__).read_text(), module.__file__, "exec")]
            while codes:
                code = codes.pop()
                codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
                found = _code_symbols.read_code(marshal.dumps(code))
                self.assertEqual(found.qualname, code.co_qualname)
                self.assertEqual(found.filename, code.co_filename)
                for offset, (line, *_) in enumerate(code.co_positions()):
                    self.assertEqual(_code_symbols.line_of(found, offset), line)
                    count += 1
        self.assertGreater(count, 10_000)

    def test_constants_of_code(self):
        """Of all kinds, and again by reference."""
        source = "x = 1, 2.5, 3j, 1 << 70, -(1 << 70), b'b', 'ä', 'long' * 100, None, True, ..., (1, (2,)); y in {1, 2}; 'a'"
        code = compile(source, "a file", "exec")
        self.assertEqual(_code_symbols.read_code(marshal.dumps(code)).filename, "a file")

    def test_no_code(self):
        for data in (b"", b"N", b"\xe3" + bytes(20), b"r\x05\x00\x00\x00", b")\xff" * 10, b"?"):
            with self.assertRaises((ValueError, IndexError)):
                _code_symbols.read_code(data)


if __name__ == "__main__":
    unittest.main()
