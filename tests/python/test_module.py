"""The module `stackless` as a whole: its names, its documentation, TaskletExit."""

import builtins
import inspect
import pydoc
import unittest

import stackless

FUNCTIONS = """
    run schedule schedule_remove
    getcurrent getmain getruncount getcurrentid getthreads get_thread_info
    set_schedule_callback get_schedule_callback set_channel_callback get_channel_callback
    set_error_handler switch_trap enable_softswitch
    pickle_flags pickle_flags_default getuncollectables
""".split()

CLASSES = "tasklet channel bomb atomic".split()

LIVE_ATTRIBUTES = """
    current main runcount threads debug uncollectables pickle_with_tracing_state
    pickle_code
""".split()

FLAGS = {
    "PICKLEFLAGS_PRESERVE_TRACING_STATE": 1,
    "PICKLEFLAGS_PRESERVE_AG_FINALIZER": 2,
    "PICKLEFLAGS_RESET_AG_FINALIZER": 4,
}

MEMBERS = {
    "tasklet": """
        bind setup insert remove run switch throw raise_exception kill set_atomic set_ignore_nesting
        set_context context_run
        alive paused blocked scheduled restorable atomic ignore_nesting is_current is_main thread_id
        next prev frame nesting_level recursion_depth cstate _channel
        block_trap tempval trace_function profile_function
    """.split(),
    "channel": """
        send receive send_exception send_throw send_sequence close open
        preference schedule_all balance queue closing closed
    """.split(),
    "bomb": "type value traceback".split(),
}


class NamesTest(unittest.TestCase):
    def test_functions(self):
        for name in FUNCTIONS:
            with self.subTest(function=name):
                self.assertTrue(callable(getattr(stackless, name)))

    def test_classes(self):
        for name in CLASSES:
            with self.subTest(name=name):
                self.assertIsInstance(getattr(stackless, name), type)

    def test_live_attributes(self):
        for name in LIVE_ATTRIBUTES:
            with self.subTest(attribute=name):
                self.assertTrue(hasattr(stackless, name))

    def test_flags(self):
        for name, value in FLAGS.items():
            self.assertEqual(getattr(stackless, name), value)

    def test_members_of_the_classes(self):
        for class_name, members in MEMBERS.items():
            for name in members:
                with self.subTest(member=f"{class_name}.{name}"):
                    self.assertTrue(hasattr(getattr(stackless, class_name), name))

    def test_dir_lists_them(self):
        listed = dir(stackless)
        for name in [*FUNCTIONS, *CLASSES, *LIVE_ATTRIBUTES, *FLAGS, "TaskletExit"]:
            with self.subTest(name=name):
                self.assertIn(name, listed)

    def test_import_of_everything(self):
        namespace = {}
        exec("from stackless import *", namespace)
        for name in [*FUNCTIONS, *CLASSES]:
            with self.subTest(name=name):
                self.assertIs(namespace[name], getattr(stackless, name))

    def test_unknown_names(self):
        with self.assertRaises(AttributeError):
            stackless.no_such_name


class CompatibilityTest(unittest.TestCase):
    def test_debug_is_a_bool(self):
        self.assertIsInstance(stackless.debug, bool)

    def test_uncollectables_are_a_list(self):
        self.assertIsInstance(stackless.getuncollectables(), list)
        self.assertEqual(stackless.uncollectables, stackless.getuncollectables())


class DocumentationTest(unittest.TestCase):
    def assert_documented(self, subject, name):
        with self.subTest(name=name):
            self.assertTrue(inspect.getdoc(subject), f"{name} has no docstring")

    def test_module(self):
        self.assert_documented(stackless, "stackless")

    def test_functions_and_classes(self):
        for name in [*FUNCTIONS, *CLASSES]:
            self.assert_documented(getattr(stackless, name), name)

    def test_live_attributes(self):
        for name in LIVE_ATTRIBUTES:
            self.assert_documented(inspect.getattr_static(type(stackless), name), name)

    def test_members_of_the_classes(self):
        for class_name, members in MEMBERS.items():
            for name in members:
                member = inspect.getattr_static(getattr(stackless, class_name), name)
                self.assert_documented(member, f"{class_name}.{name}")

    def test_help(self):
        for subject, name in (
            (stackless, "tasklet"),
            (stackless, "channel"),
            (stackless, "schedule_remove"),
            (stackless.tasklet, "raise_exception"),
            (stackless.channel, "send_sequence"),
        ):
            with self.subTest(subject=subject, name=name):
                self.assertIn(name, pydoc.render_doc(subject, renderer=pydoc.plaintext))


class TaskletExitTest(unittest.TestCase):
    def test_is_a_builtin(self):
        self.assertIs(stackless.TaskletExit, builtins.TaskletExit)
        self.assertIs(TaskletExit, builtins.TaskletExit)
        self.assertEqual(TaskletExit.__name__, "TaskletExit")
        self.assertEqual(TaskletExit.__module__, "builtins")

    def test_is_a_kind_of_system_exit(self):
        self.assertTrue(issubclass(TaskletExit, SystemExit))
        self.assertFalse(issubclass(TaskletExit, Exception))
        self.assertEqual(TaskletExit(3).code, 3)

    def test_is_documented(self):
        self.assertTrue(inspect.getdoc(TaskletExit))


if __name__ == "__main__":
    unittest.main()
