"""Tasklets are pickled while Python code runs that something else than a plain call has called.

Each row of the test_frames_*.py calls an action by way of what its name says: sorted(key), a property, `import`, ...
"""

import contextlib
import decimal
import json
import os
import pickle
import subprocess
import sys
import unittest

import _stackless
import pickled_rows
import pickled_variants
import stackless
from pickled_rows import begin, go_on, log
from support import StacklessTestCase, needs_soft_switching
from test_nothing_nests import families

# What these rows hold cannot be pickled.
CANNOT = {
    "asyncio tasks": "the event loop has an epoll and sockets",
    "logging": "handlers have locks, and a logger that getLogger() does not know refuses",
}
# They clean up what the copy and its original share: sys.modules or sys.meta_path.
SHARING = {
    "import",
    "from module import",
    "import of a submodule",
    "from package import submodule",
    "a relative import",
    "__import__",
    "__import__ with keywords",
    "importlib.import_module",
    "importlib.reload",
    "a finder in sys.meta_path",
    "runpy.run_path",
}
# They run code of modules that only the process knows in which they have begun.
STAY_HOME = {
    "from module import, of a module with __getattr__",
    "import of a submodule",
    "from package import submodule",
    "a relative import",
    "__import__ with keywords",
    "importlib.reload",
    "runpy.run_path",
}


@needs_soft_switching
class RowsTest(StacklessTestCase):
    def each_row(self, check, without=()):
        for name, row in pickled_rows.all_rows().items():
            if name not in CANNOT and name not in without:
                self.kept = []
                with self.subTest(row=name):
                    check(row)
                self.end_kept()

    def keep(self, tasklet):
        """Originals clean up after themselves in the end, which is not to disturb their copies."""
        self.kept.append(tasklet)
        return tasklet

    def end_kept(self):
        for tasklet in self.kept:
            # A row may catch everything and say so, or miss what its copy has cleaned up.
            with contextlib.suppress(AssertionError, KeyError):
                tasklet.kill()
            go_on(tasklet)

    def copy(self, tasklet):
        return self.keep(pickle.loads(pickle.dumps(tasklet)))

    def test_pickled_at_each_pause(self):
        def check(row):
            expected = go_on(begin(row))
            self.assertEqual(go_on(self.keep(begin(row)), self.copy), expected)
            self.assertIn("after", expected)

        self.each_row(check)

    def test_original_goes_on_as_well(self):
        def check(row):
            expected = go_on(begin(row))
            original = self.keep(begin(row))
            beginning = list(log)
            copy = self.copy(original)
            self.assertEqual(go_on(original), expected)
            log[:] = beginning
            self.assertEqual(go_on(copy), expected)

        self.each_row(check, without=SHARING)

    def test_copy_is_killed(self):
        def check(row):
            copy = self.copy(self.keep(begin(row)))
            beginning = list(log)
            copy.kill()
            # What cleans up may call the action again.
            go_on(copy)
            self.assertEqual(log[: len(beginning) + 1], [*beginning, "finally"])

        catching = set().union(*(family.catching_rows for family in families()))
        self.each_row(check, without=catching)

    def test_copy_is_dropped(self):
        def check(row):
            original = self.keep(begin(row))
            beginning = list(log)
            pickle.loads(pickle.dumps(original))
            log[:] = beginning
            go_on(original)
            self.assertEqual(log[-1], "end")

        self.each_row(check, without=SHARING)

    def test_what_cannot(self):
        rows = pickled_rows.all_rows()
        for name, reason in CANNOT.items():
            with self.subTest(row=name, reason=reason):
                tasklet = begin(rows[name])
                with self.assertRaisesRegex(TypeError, "cannot pickle .*: tasklet 'work' → "):
                    pickle.dumps(tasklet)
                go_on(tasklet)

    def test_in_another_process(self):
        pickles, expected, self.kept = {}, {}, []
        for name, row in pickled_rows.all_rows().items():
            if name not in CANNOT and name not in STAY_HOME:
                expected[name] = go_on(begin(row))
                tasklet = self.keep(begin(row))
                pickles[name] = pickle.dumps(tasklet), list(log)
        process = subprocess.run(
            [sys.executable, "-c", "import pickled_rows; pickled_rows.finish_all()"],
            input=pickle.dumps(pickles),
            env=os.environ | {"PYTHONPATH": os.path.dirname(__file__)},
            capture_output=True,
            check=False,
        )
        self.assertEqual((process.returncode, process.stderr.decode()), (0, ""))
        results = pickle.loads(process.stdout)
        self.end_kept()
        for name, events in expected.items():
            with self.subTest(row=name):
                self.assertEqual(results[name], events)

    def test_recursion_depth_stays(self):
        def row(pause):
            depth = stackless.getcurrent().recursion_depth
            pickled_rows.all_rows()["json, nested"](pause)
            pickled_variants.check(stackless.getcurrent().recursion_depth, depth)

        self.kept = []
        go_on(self.keep(begin(row)), self.copy)
        self.end_kept()


class LoadersTest(unittest.TestCase):
    """What pickles may hand to the functions of _stackless is checked."""

    def refuses(self, function, *arguments):
        with self.subTest(function=function.__name__, arguments=arguments):
            with self.assertRaises(pickle.UnpicklingError):
                function(*arguments)

    def test_types(self):
        self.assertIs(_stackless.load_type("list_iterator"), type(iter([])))
        for name in ("list", "", None, 5):
            self.refuses(_stackless.load_type, name)

    def test_formats(self):
        for loader in (_stackless.load_formatter, _stackless.load_field_names):
            for arguments in [(), ("a",), ("a", "a"), (b"a", 0), ("a", -1), ("a", 2), ("a", 2**70)]:
                self.refuses(loader, *arguments)
        self.refuses(_stackless.load_field_names, "9" * 30, 0)
        self.assertEqual([*_stackless.load_formatter("a{b}c", 4)], [("c", None, None, None)])
        self.assertEqual([*_stackless.load_field_names("a.b.c", 3)], [(True, "c")])

    def test_json(self):
        scanner, encoder = _stackless.load_json_scanner(), _stackless.load_json_encoder()
        self.assertRaises(TypeError, scanner, "[1]", 0)
        self.assertRaises(TypeError, encoder, ["a"], 0)
        good = (None, None, json.dumps, None, ":", ",", False, False, True)
        for setter, wrong in [
            (_stackless.set_json_scanner_state, [(), (scanner,), (scanner, ()), (encoder, (None,) * 6)]),
            (
                _stackless.set_json_encoder_state,
                [(encoder, good[:-1]), (scanner, good), (5, good), (encoder, (*good[:4], 5, *good[5:]))],
            ),
        ]:
            for arguments in wrong:
                self.refuses(setter, *arguments)
        _stackless.set_json_encoder_state(encoder, good)
        self.assertEqual("".join(encoder([1], 0)), "[1]")
        self.refuses(_stackless.set_json_encoder_state, encoder, good)

    def test_derived(self):
        class Derived(list):
            pass

        for argument in (list, 5, int, type("Derived", (int,), {})):
            self.refuses(_stackless.load_derived, argument)
        made = _stackless.load_derived(Derived)
        for state in (None, (), (5, []), (None, {}), (None, 5)):
            self.refuses(_stackless.set_derived_state, made, state)
        self.refuses(_stackless.set_derived_state, [], (None, []))
        _stackless.set_derived_state(made, ({"name": 1}, [2]))
        self.assertEqual((made, made.name), ([2], 1))

    def test_others(self):
        context = decimal.Context()
        for arguments in [(), (context,), (context, 5), (None, context)]:
            self.refuses(_stackless.load_decimal_manager, *arguments)
        for arguments in [(), (int, "real"), (5, "real"), (int, 5)]:
            self.refuses(_stackless.load_cached_property, *arguments)
        for argument in (None, property()):
            self.refuses(_stackless.load_lock_exit, argument)


if __name__ == "__main__":
    unittest.main()
