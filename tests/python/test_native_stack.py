"""tasklet.native_stack(): the C functions that stand between the Python functions of a tasklet."""

import ctypes
import itertools
import platform
import re
import threading
import unittest

import stackless
from stackless import channel, schedule_remove, tasklet
from support import StacklessTestCase, call_from_c, schedule_remove_from_c

PROGRAM = "stackless"
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)


class Table:
    """For str.translate(): calls a function for each letter."""

    def __init__(self, function):
        self.function = function

    def __getitem__(self, letter):
        self.function()
        return "y"


# Those that are functions of their own in some builds of CPython's library only.
INLINED = {
    f"{name} ({PROGRAM})"
    for name in (
        "_pickle_dumps_impl",
        "charmaptranslate_lookup",
        "charmaptranslate_output",
        "dump",
        "object___reduce_ex___impl",
        "unicode_fast_translate",
        "unicode_fast_translate_lookup",
    )
}


def stack_of(tasklet):
    return [entry for entry in tasklet.native_stack() if entry not in INLINED]


def own_stack(*_):
    return stack_of(stackless.getcurrent())


def in_program(*functions):
    return [f"{function} ({PROGRAM})" for function in functions]


PICKLE = in_program("object___reduce_ex__", "save", "_pickle_dumps")
TRANSLATE = in_program("slot_mp_subscript", "_PyUnicode_TranslateCharmap")


def translate(function):
    """Calls the function from str.translate()."""
    return "x".translate(Table(function))


class OwnStackTest(StacklessTestCase):
    """In a tasklet of their own: the main one has what called this test, too."""

    def look(self, *_):
        self.log.append(own_stack())
        return 0

    def run_in_tasklet(self, function, *args, **kwargs):
        tasklet(function)(*args, **kwargs)
        stackless.run()

    def test_python_functions_alone_have_none(self):
        def outer():
            class Middle:
                def __init__(middle):
                    self.look()

            Middle()
            [self.look() for _ in range(1)]

        self.run_in_tasklet(outer)
        self.assertEqual(self.log, [[], []])

    def test_pickle(self):
        self.run_in_tasklet(call_from_c, self.look)
        self.assertEqual(self.log, [PICKLE])

    def test_translate(self):
        self.run_in_tasklet(translate, self.look)
        self.assertEqual(self.log, [TRANSLATE])

    def test_ctypes_callback(self):
        self.run_in_tasklet(CALLBACK(self.look), 1)
        (stack,) = self.log
        files = [re.search(r"\((\w+)", entry)[1] for entry in stack]
        self.assertEqual([file for file, _ in itertools.groupby(files)], ["_ctypes", "libffi", "_ctypes"])
        self.assertRegex(stack[0], r"^\?\? \(_ctypes\..*\.so\+0x[0-9a-f]+\)$")
        if platform.machine() == "x86_64":
            # The exported function stands between two without a name. Elsewhere it has jumped to one of them.
            place = [entry.startswith("ffi_call (libffi.so") for entry in stack].index(True)
            self.assertRegex(stack[place - 1], r"^\?\? \(libffi\.so.*\+0x[0-9a-f]+\)$")
        self.assertRegex(stack[-1], r"^\?\? \(_ctypes\..*\.so\+0x[0-9a-f]+\)$")

    def test_nested(self):
        self.run_in_tasklet(call_from_c, translate, self.look)
        self.run_in_tasklet(translate, lambda: call_from_c(self.look))
        self.assertEqual(self.log, [TRANSLATE + PICKLE, PICKLE + TRANSLATE])

    def test_callers_in_c_count_too(self):
        def ask():
            self.log += map(tasklet.native_stack, [stackless.getcurrent()])

        self.run_in_tasklet(ask)
        (stack,) = self.log
        self.assertEqual(stack[:2], in_program("map_next", "list_extend"))

    def test_neighbours_in_the_queue_have_none_of_it(self):
        self.start(self.look)
        self.start(call_from_c, self.look)
        self.start(self.look)
        stackless.run()
        self.assertEqual(self.log, [[], PICKLE, []])

    def test_tasklet_that_c_code_of_main_runs(self):
        self.start(translate, self.look)
        call_from_c(stackless.run)
        self.assertEqual(self.log, [TRANSLATE])

    def test_main(self):
        self.look()
        call_from_c(self.look)
        before, inside = self.log
        self.assertEqual(inside, PICKLE + before)

    def test_deep(self):
        def descend(level):
            if level == 0:
                self.look()
            else:
                translate(lambda: descend(level - 1))

        self.run_in_tasklet(descend, 50)
        self.assertEqual(self.log, [TRANSLATE * 50])


class OtherStackTest(StacklessTestCase):
    def park(self, function, *args):
        """A tasklet that waits for its insert(), and is ended with the test."""
        paused = self.pause(function, *args)
        self.addCleanup(paused.kill)
        return paused

    def test_soft_switched(self):
        self.assertEqual(self.park(schedule_remove).native_stack(), [])

    def test_not_alive(self):
        self.assertEqual(tasklet().native_stack(), [])
        ended = self.start(self.note, "ended")
        self.assertEqual(ended.native_stack(), [])
        stackless.run()
        self.assertEqual(ended.native_stack(), [])

    def test_with_c_code(self):
        paused = self.park(call_from_c, schedule_remove)
        self.assertEqual(stack_of(paused), PICKLE)

    def test_nested(self):
        paused = self.park(translate, lambda: call_from_c(schedule_remove))
        self.assertEqual(stack_of(paused), PICKLE + TRANSLATE)

    def test_c_code_that_switches_itself(self):
        paused = self.park(schedule_remove_from_c)
        self.assertEqual(stack_of(paused), PICKLE)
        paused.run()
        self.assertEqual(stack_of(paused), [])

    def test_again_after_it_went_on(self):
        paused = self.park(lambda: (call_from_c(schedule_remove), schedule_remove()))
        self.assertEqual(stack_of(paused), PICKLE)
        paused.run()
        self.assertEqual(stack_of(paused), [])

    def test_main(self):
        main = stackless.getmain()
        before = stack_of(main)
        self.start(lambda: self.log.append(stack_of(main)))
        stackless.run()
        self.start(lambda: self.log.append(stack_of(main)))
        call_from_c(stackless.run)
        self.assertEqual(self.log, [before, PICKLE + before])

    def test_two_at_once(self):
        one = self.park(call_from_c, schedule_remove)
        other = self.park(translate, schedule_remove)
        self.assertEqual((stack_of(one), stack_of(other)), (PICKLE, TRANSLATE))


class ThreadTest(StacklessTestCase):
    def test_tasklet_of_another_thread(self):
        ready, done = threading.Event(), threading.Event()
        tasklets = []

        def work():
            paused = tasklet(call_from_c)(schedule_remove)
            paused.run()
            tasklets.extend([stackless.getmain(), paused])
            ready.set()
            done.wait()
            paused.kill()

        thread = threading.Thread(target=work)
        thread.start()
        ready.wait()
        try:
            running, paused = tasklets
            self.assertEqual(stack_of(paused), PICKLE)
            with self.assertRaisesRegex(RuntimeError, "running in another thread"):
                stack_of(running)
        finally:
            done.set()
            thread.join()
        self.assertEqual([stack_of(each) for each in tasklets], [[], []])


if __name__ == "__main__":
    unittest.main()
