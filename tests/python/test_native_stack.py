"""tasklet.native_stack(): the C functions that stand between the Python functions of a tasklet."""

import ctypes
import functools
import re
import threading
import unittest

import stackless
from stackless import channel, schedule_remove, tasklet
from support import StacklessTestCase

PROGRAM = "stackless"
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)


# Those that are functions of their own in CPython's debug library only.
INLINED = {f"{name} ({PROGRAM})" for name in ("_sre_SRE_Pattern_sub_impl", "builtin_max")}


def stack_of(tasklet):
    return [entry for entry in tasklet.native_stack() if entry not in INLINED]


def own_stack(*_):
    return stack_of(stackless.getcurrent())


def in_program(*functions):
    return [f"{function} ({PROGRAM})" for function in functions]


SORTED = in_program("list_sort_impl", "list_sort", "builtin_sorted")
SUB = in_program("pattern_subx", "_sre_SRE_Pattern_sub")


class OwnStackTest(StacklessTestCase):
    """In a tasklet of their own: the main one has what called this test, too."""

    def look(self, *_):
        self.log.append(own_stack())
        return 0

    def look_as_text(self, match):
        return str(self.look())

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

    def test_sorted(self):
        self.run_in_tasklet(sorted, [1], key=self.look)
        self.assertEqual(self.log, [SORTED])

    def test_re_sub(self):
        self.run_in_tasklet(lambda: re.sub("x", self.look_as_text, "x"))
        self.assertEqual(self.log, [SUB])

    def test_reduce(self):
        self.run_in_tasklet(functools.reduce, self.look, [1, 2])
        self.assertEqual(self.log, [in_program("functools_reduce")])

    def test_ctypes_callback(self):
        self.run_in_tasklet(CALLBACK(self.look), 1)
        (stack,) = self.log
        # The library's exported function, and those without a name that call it and that it calls.
        place = [entry.startswith("ffi_call (libffi.so") for entry in stack].index(True)
        self.assertRegex(stack[0], r"^\?\? \(_ctypes\..*\.so\+0x[0-9a-f]+\)$")
        self.assertRegex(stack[place - 1], r"^\?\? \(libffi\.so.*\+0x[0-9a-f]+\)$")
        self.assertRegex(stack[-1], r"^\?\? \(_ctypes\..*\.so\+0x[0-9a-f]+\)$")

    def test_nested(self):
        self.run_in_tasklet(sorted, [1], key=lambda _: re.sub("x", self.look_as_text, "x"))
        self.run_in_tasklet(lambda: re.sub("x", lambda _: str(sorted([1], key=self.look)), "x"))
        self.assertEqual(self.log, [SUB + SORTED, SORTED + SUB])

    def test_callers_in_c_count_too(self):
        def ask():
            self.log += map(tasklet.native_stack, [stackless.getcurrent()])

        self.run_in_tasklet(ask)
        (stack,) = self.log
        self.assertEqual(stack[:2], in_program("map_next", "list_extend"))

    def test_neighbours_in_the_queue_have_none_of_it(self):
        self.start(self.look)
        self.start(sorted, [1], key=self.look)
        self.start(self.look)
        stackless.run()
        self.assertEqual(self.log, [[], SORTED, []])

    def test_tasklet_that_c_code_of_main_runs(self):
        self.start(lambda: re.sub("x", self.look_as_text, "x"))
        sorted([1], key=lambda _: stackless.run() or 0)
        self.assertEqual(self.log, [SUB])

    def test_main(self):
        self.look()
        sorted([1], key=self.look)
        before, inside = self.log
        self.assertEqual(inside, SORTED + before)

    def test_deep(self):
        def descend(level):
            if level == 0:
                self.look()
            else:
                max([level], key=lambda _: descend(level - 1) or 0)

        self.run_in_tasklet(descend, 50)
        self.assertEqual(self.log, [in_program("min_max") * 50])


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
        paused = self.park(lambda: sorted([1], key=lambda _: schedule_remove() or 0))
        self.assertEqual(stack_of(paused), SORTED)

    def test_nested(self):
        def replace(match):
            return str(sorted([1], key=lambda _: schedule_remove() or 0))

        paused = self.park(re.sub, "x", replace, "x")
        self.assertEqual(stack_of(paused)[: len(SORTED) + len(SUB)], SORTED + SUB)

    def test_c_code_that_switches_itself(self):
        meeting = channel()
        self.block(lambda: sorted([meeting], key=channel.receive))
        receiver = meeting.queue
        self.assertEqual(stack_of(receiver), SORTED)
        meeting.send(1)
        self.assertEqual(stack_of(receiver), [])

    def test_again_after_it_went_on(self):
        def key(item):
            schedule_remove()
            return item

        paused = self.park(lambda: (sorted([1], key=key), schedule_remove()))
        self.assertEqual(stack_of(paused), SORTED)
        paused.run()
        self.assertEqual(stack_of(paused), [])

    def test_main(self):
        main = stackless.getmain()
        before = stack_of(main)
        self.start(lambda: self.log.append(stack_of(main)))
        stackless.run()
        self.start(lambda: self.log.append(stack_of(main)))
        sorted([1], key=lambda _: stackless.run() or 0)
        self.assertEqual(self.log, [before, SORTED + before])

    def test_two_at_once(self):
        one = self.park(lambda: sorted([1], key=lambda _: schedule_remove() or 0))
        other = self.park(lambda: re.sub("x", lambda _: schedule_remove() or "", "x"))
        self.assertEqual((stack_of(one), stack_of(other)), (SORTED, SUB))


class ThreadTest(StacklessTestCase):
    def test_tasklet_of_another_thread(self):
        ready, done = threading.Event(), threading.Event()
        tasklets = []

        def work():
            paused = tasklet(lambda: sorted([1], key=lambda _: schedule_remove() or 0))()
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
            self.assertEqual(stack_of(paused), SORTED)
            with self.assertRaisesRegex(RuntimeError, "running in another thread"):
                stack_of(running)
        finally:
            done.set()
            thread.join()
        self.assertEqual([stack_of(each) for each in tasklets], [[], []])


if __name__ == "__main__":
    unittest.main()
