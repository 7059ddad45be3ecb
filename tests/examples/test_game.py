"""The game of examples/game, without a screen: it is saved, killed and loaded, its scripts are changed while it runs.

The build directory is the current one, or in the environment variable STACKLESS_BUILD. Screenshots stay there: game-*.png.
"""

import collections
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest
import zlib

BUILD = pathlib.Path(os.environ.get("STACKLESS_BUILD", os.curdir)).resolve()
GAME = pathlib.Path(__file__).resolve().parents[2] / "examples/game"


def read_png(path):
    """Width, height, and a set of the colours in an image of the game."""
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise AssertionError(f"{path} is no PNG file")
    chunks, position = {}, 8
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        content = data[position + 8 : position + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, position + 8 + length)
        if checksum != zlib.crc32(kind + content):
            raise AssertionError(f"{path}: the checksum of {kind} is wrong")
        chunks[kind] = content
        position += 12 + length
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    rows, stride = zlib.decompress(chunks[b"IDAT"]), 1 + 3 * width
    pixels = b"".join(rows[y * stride + 1 : (y + 1) * stride] for y in range(height))
    return width, height, set(zip(pixels[::3], pixels[1::3], pixels[2::3]))


class Game(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.work = pathlib.Path(directory.name)

    def start(self, *options):
        child = subprocess.Popen(
            [BUILD / "game", "--headless", "--seed", "1", *map(str, options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stdin.close)
        return child

    def finish(self, child, keys=()):
        """Presses keys if it pauses. What it prints."""
        output, _ = child.communicate("".join(f"{key}\n" for key in [*keys, ""]))
        self.assertEqual(child.returncode, 0, output)
        return output

    def play(self, *options, keys=()):
        """The dump at the end of a whole run."""
        dump = self.work / "dump"
        output = self.finish(self.start("--dump", dump, *options), keys)
        self.assertIn(" 0 script errors", output)
        return dump.read_text()

    def agents(self, dump):
        """How many agents there are for each role and state."""
        lines = [line.split() for line in dump.splitlines() if line.startswith("agent ")]
        return collections.Counter((line[2], line[3]) for line in lines if line[-1] != "gone")


class Saving(Game):
    def test_a_killed_game_goes_on_in_another_process(self):
        saved = self.work / "saved"
        whole = self.play("--frames", 600)

        child = self.start("--frames", 600, "--save", saved, "--save-at", 300, "--pause-at", 300)
        self.assertEqual(child.stdout.readline(), "frame 300\n")
        child.kill()
        self.assertEqual(child.wait(), -signal.SIGKILL)

        self.play("--frames", 301, "--load", saved, "--screenshot", BUILD / "game-301.png")
        rest = self.play("--frames", 600, "--load", saved, "--screenshot", BUILD / "game-600.png")
        self.assertEqual(rest, whole)
        self.check_world(whole)
        self.check_screenshot(BUILD / "game-301.png")
        self.check_screenshot(BUILD / "game-600.png")

    def check_world(self, dump):
        self.assertEqual(dump.splitlines()[0].split()[:2], ["tick", "600"])
        agents = self.agents(dump)
        self.assertGreater(agents.total(), 4000)
        for kind in (("worker", "carrying"), ("worker", "gathering"), ("trader", "trading"), ("guard", "chasing")):
            self.assertIn(kind, agents)

    def check_screenshot(self, path):
        width, height, colours = read_png(path)
        self.assertEqual((width, height), (1280, 720))
        worker, raider, graph = (240, 200, 90), (255, 70, 60), (120, 170, 255)
        self.assertLessEqual({worker, raider, graph}, colours)

    def test_saving_and_loading_changes_nothing(self):
        options = ("--frames", 200, "--save", self.work / "saved")
        whole = self.play(*options)
        self.assertEqual(self.play(*options, "--pause-at", 100, keys=["F5", "F9", "F9"]), whole)

    def test_a_game_that_cannot_be_loaded_goes_on(self):
        bad = self.work / "bad"
        bad.write_text("no snapshot")
        whole = self.play("--frames", 120)
        options = ("--frames", 120, "--save", bad, "--save-at", 119, "--pause-at", 60)
        self.assertEqual(self.play(*options, keys=["F9"]), whole)

    def test_tasklets_are_saved_wherever_the_budget_ends(self):
        # So few instructions that each frame ends within a script.
        saved = self.work / "saved"
        options = ("--agents", 300, "--instructions", 997)
        whole = self.play(*options, "--frames", 400)
        self.assertIn(("worker", "gathering"), self.agents(whole))
        for frame in (2, 3, 4, 5, 200):
            self.play(*options, "--frames", frame, "--save", saved)
            self.assertEqual(self.play(*options, "--frames", 400, "--load", saved), whole)


class Runs(Game):
    def test_are_the_same_with_the_same_seed(self):
        first, second = (self.play("--frames", 300, "--agents", 1000, "--instructions", 5000) for _ in range(2))
        self.assertEqual(first, second)
        self.assertNotEqual(first, self.play("--frames", 300, "--agents", 1000, "--instructions", 5000, "--seed", 2))

    def test_wrong_options_are_refused(self):
        for options, message in (
            (["--agents", "many"], "--agents needs a number, not 'many'"),
            (["--frames"], "nothing follows --frames"),
            (["--colour", "red"], "there is no option --colour"),
        ):
            child = self.start(*options)
            output, _ = child.communicate()
            self.assertEqual(child.returncode, 2)
            self.assertIn(message, output)


class Reloading(Game):
    def setUp(self):
        super().setUp()
        self.scripts = self.work / "scripts"
        shutil.copytree(GAME / "scripts", self.scripts, ignore=shutil.ignore_patterns("__pycache__"))
        self.dump = self.work / "dump"

    def change(self, name, old, new):
        path = self.scripts / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))
        # Its time differs, however coarse the clock of the file system is.
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))

    def start_and_pause(self, frames, *options):
        child = self.start("--frames", frames, "--pause-at", 200, "--scripts", self.scripts, "--dump", self.dump, *options)
        self.assertEqual(child.stdout.readline(), "frame 200\n")
        return child

    def test_agents_go_by_the_new_script_at_their_next_decision(self):
        child = self.start_and_pause(1000)
        self.change("worker.py", '"gathering"', '"singing"')
        self.assertIn("worker.py was reloaded", self.finish(child))
        agents = self.agents(self.dump.read_text())
        self.assertNotIn(("worker", "gathering"), agents)
        self.assertIn(("worker", "singing"), agents)

    def test_agents_that_are_there_have_the_new_methods(self):
        child = self.start_and_pause(800)
        self.change("colony.py", "def walks(self, speed):", "def earns(self):\n        engine.pay(self.number, 1000)\n\n    def walks(self, speed):\n        self.earns()")
        self.assertIn("colony.py was reloaded", self.finish(child))
        self.assertRegex(self.dump.read_text(), r"agent \d+ worker .* [12]\d\d\d coins")

    def test_a_game_with_old_and_new_code_is_saved(self):
        saved = self.work / "saved"
        child = self.start_and_pause(500, "--save", saved, "--save-at", 220)
        self.change("worker.py", '"gathering"', '"singing"')
        self.finish(child)
        whole = self.dump.read_text()
        self.assertEqual(self.play("--frames", 500, "--load", saved, "--scripts", self.scripts), whole)

    def test_a_broken_script_is_reported_and_the_old_one_stays(self):
        child = self.start_and_pause(800)
        self.change("guard.py", "SIGHT = 130", "SIGHT = 130 +")
        output = self.finish(child)
        self.assertIn('guard.py", line', output)
        self.assertIn("SyntaxError: invalid syntax", output)
        self.assertIn(" 1 script errors", output)
        self.assertIn(("guard", "chasing"), self.agents(self.dump.read_text()))

    def test_an_exception_confuses_an_agent_for_a_while(self):
        child = self.start_and_pause(800)
        self.change("trader.py", "goods = choice(GOODS)", "goods = choice(GOODZ)")
        output = self.finish(child)
        self.assertEqual(output.count("NameError: name 'GOODZ' is not defined"), 1)
        self.assertIn(("trader", "confused"), self.agents(self.dump.read_text()))


if __name__ == "__main__":
    unittest.main()
