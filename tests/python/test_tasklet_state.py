"""The attributes of a tasklet in every state that it can be in."""

import sys
import threading
import unittest

import stackless
from stackless import schedule, schedule_remove, tasklet
from support import StacklessTestCase, needs_soft_switching

FLAGS = ("alive", "paused", "blocked", "scheduled", "is_current", "is_main")

READ_ONLY = FLAGS + (
    "restorable",
    "atomic",
    "ignore_nesting",
    "thread_id",
    "next",
    "prev",
    "frame",
    "nesting_level",
    "recursion_depth",
    "cstate",
    "_channel",
)


def true_flags(of):
    """The names of the flags that are set; all of them are real bools."""
    values = {name: getattr(of, name) for name in FLAGS}
    assert all(type(value) is bool for value in values.values()), values
    return {name for name, value in values.items() if value}


class FlagsTest(StacklessTestCase):
    def test_unbound(self):
        self.assertEqual(true_flags(tasklet()), set())

    def test_bound_to_a_function_only(self):
        self.assertEqual(true_flags(tasklet(print)), set())

    def test_bound_with_arguments(self):
        self.assertEqual(true_flags(tasklet(print, ())), {"alive", "paused"})

    def test_scheduled(self):
        scheduled = self.start(self.note, "x")
        self.assertEqual(true_flags(scheduled), {"alive", "scheduled"})
        stackless.run()

    def test_removed_before_it_ran(self):
        removed = self.start(self.note, "x").remove()
        self.assertEqual(true_flags(removed), {"alive", "paused"})

    def test_paused_halfway(self):
        self.assertEqual(true_flags(self.pause(schedule_remove)), {"alive", "paused"})

    def test_scheduled_halfway(self):
        scheduled = self.start(schedule)
        schedule()
        self.assertEqual(true_flags(scheduled), {"alive", "scheduled"})
        stackless.run()

    def test_waiting_to_receive(self):
        blocked = self.block(stackless.channel().receive)
        self.assertEqual(true_flags(blocked), {"alive", "blocked", "scheduled"})
        blocked.kill()

    def test_waiting_to_send(self):
        blocked = self.block(stackless.channel().send, "x")
        self.assertEqual(true_flags(blocked), {"alive", "blocked", "scheduled"})
        blocked.kill()

    def test_current(self):
        self.start(lambda: self.log.append(true_flags(stackless.getcurrent())))
        stackless.run()
        self.assertEqual(self.log, [{"alive", "scheduled", "is_current"}])

    def test_ended(self):
        ended = self.start(self.note, "x")
        stackless.run()
        self.assertEqual(true_flags(ended), set())

    def test_ended_with_an_error(self):
        failed = self.start([].pop)
        with self.assertRaises(IndexError):
            stackless.run()
        self.assertEqual(true_flags(failed), set())

    def test_killed(self):
        killed = self.pause(schedule_remove)
        killed.kill()
        self.assertEqual(true_flags(killed), set())

    def test_main_that_is_current(self):
        self.assertEqual(
            true_flags(stackless.getmain()), {"alive", "scheduled", "is_current", "is_main"}
        )

    def test_main_that_stands_in_the_queue(self):
        self.start(lambda: self.log.append(true_flags(stackless.getmain())))
        schedule()
        self.assertEqual(self.log, [{"alive", "scheduled", "is_main"}])

    def test_main_in_run(self):
        self.start(lambda: self.log.append(true_flags(stackless.getmain())))
        stackless.run()
        self.assertEqual(self.log, [{"alive", "paused", "is_main"}])

    def test_main_that_is_blocked(self):
        channel = stackless.channel()

        def wake_main():
            self.log.append(true_flags(stackless.getmain()))
            channel.send("x")

        self.start(wake_main)
        channel.receive()
        self.assertEqual(self.log, [{"alive", "blocked", "scheduled", "is_main"}])
        stackless.run()


class RestorableTest(StacklessTestCase):
    @needs_soft_switching
    def test_true_wherever_there_are_no_c_frames(self):
        self.assertIs(tasklet().restorable, True)
        self.assertIs(tasklet(print, ()).restorable, True)
        self.assertIs(self.pause(schedule_remove).restorable, True)
        blocked = self.block(stackless.channel().receive)
        self.assertIs(blocked.restorable, True)
        blocked.kill()


class ReadOnlyTest(StacklessTestCase):
    def test_attributes_cannot_be_set(self):
        subject = tasklet()
        for name in READ_ONLY:
            with self.subTest(attribute=name), self.assertRaises(AttributeError):
                setattr(subject, name, None)

    def test_attributes_cannot_be_deleted(self):
        subject = tasklet()
        for name in READ_ONLY:
            with self.subTest(attribute=name), self.assertRaises(AttributeError):
                delattr(subject, name)

    def test_a_tasklet_has_no_other_attributes(self):
        with self.assertRaises(AttributeError):
            tasklet().no_such_attribute = 1


class NeighbourTest(StacklessTestCase):
    def test_outside_every_queue_there_are_none(self):
        for outside in (tasklet(), tasklet(print, ()), self.pause(schedule_remove)):
            self.assertIsNone(outside.next)
            self.assertIsNone(outside.prev)

    def test_alone_in_the_run_queue_it_is_its_own_neighbour(self):
        main = stackless.getmain()
        self.assertIs(main.next, main)
        self.assertIs(main.prev, main)

    def test_run_queue_is_a_ring(self):
        main = stackless.getmain()
        a, b = self.start(self.note, "a"), self.start(self.note, "b")
        self.assertEqual([main.next, a.next, b.next], [a, b, main])
        self.assertEqual([main.prev, a.prev, b.prev], [b, main, a])
        stackless.run()

    def test_channel_queue_has_two_ends(self):
        channel = stackless.channel()
        a, b = self.block(channel.receive), self.block(channel.receive)
        self.assertEqual([a.prev, a.next], [None, b])
        self.assertEqual([b.prev, b.next], [a, None])
        a.kill()
        b.kill()

    def test_channel_of_a_blocked_tasklet(self):
        channel = stackless.channel()
        blocked = self.block(channel.receive)
        self.assertIs(blocked._channel, channel)
        channel.send("x")
        self.assertIsNone(blocked._channel)


class FrameTest(StacklessTestCase):
    def outer(self):
        self.inner()

    def inner(self):
        schedule_remove()

    def test_none_without_frames(self):
        ended = self.start(self.note, "x")
        stackless.run()
        self.assertIsNone(tasklet().frame)
        self.assertIsNone(tasklet(print).frame)
        self.assertIsNone(ended.frame)

    def test_innermost_frame_of_a_paused_tasklet(self):
        paused = self.pause(self.outer)
        self.assertIs(paused.frame.f_code, FrameTest.inner.__code__)

    def test_chain_of_frames_ends_with_the_function_of_the_tasklet(self):
        paused = self.pause(self.outer)
        self.assertIs(paused.frame.f_back.f_code, FrameTest.outer.__code__)
        self.assertIsNone(paused.frame.f_back.f_back)

    def test_chain_of_frames_ends_there_while_it_runs(self):
        def look_back():
            self.log.append(sys._getframe().f_back)

        self.start(look_back)
        stackless.run()
        self.assertEqual(self.log, [None])

    def test_frame_tells_locals_and_line(self):
        def wait(argument):
            doubled = argument * 2
            schedule_remove()
            return doubled

        paused = self.pause(wait, 21)
        frame = paused.frame
        self.assertEqual(frame.f_locals["argument"], 21)
        self.assertEqual(frame.f_locals["doubled"], 42)
        self.assertEqual(frame.f_lineno, wait.__code__.co_firstlineno + 2)

    def test_frame_of_the_current_tasklet(self):
        def compare():
            self.log.append(stackless.getcurrent().frame is sys._getframe())

        self.start(compare)
        stackless.run()
        self.assertEqual(self.log, [True])

    def test_frame_object_outlives_the_tasklet(self):
        paused = self.pause(self.outer)
        frame = paused.frame
        paused.insert()
        stackless.run()
        self.assertFalse(paused.alive)
        self.assertIs(frame.f_code, FrameTest.inner.__code__)
        self.assertIs(frame.f_locals["self"], self)


class DepthTest(StacklessTestCase):
    def test_recursion_depth_counts_calls_of_the_tasklet_only(self):
        def measure(depths):
            depths.append(stackless.getcurrent().recursion_depth)

        def start_deep(levels, depths):
            if levels:
                start_deep(levels - 1, depths)
            else:
                self.start(measure, depths)
                stackless.run()

        shallow, deep = [], []
        start_deep(0, shallow)
        start_deep(50, deep)
        self.assertEqual(shallow, deep)

    def test_recursion_depth_grows_by_one_with_a_call(self):
        def outer():
            self.log.append(stackless.getcurrent().recursion_depth)
            inner()

        def inner():
            self.log.append(stackless.getcurrent().recursion_depth)

        self.start(outer)
        stackless.run()
        self.assertEqual(self.log[1] - self.log[0], 1)

    def test_recursion_depth_is_kept_while_paused(self):
        def recurse(levels):
            if levels:
                recurse(levels - 1)
            else:
                schedule_remove()

        self.assertEqual(tasklet(recurse, (1,)).recursion_depth, 0)
        deep, shallow = self.pause(recurse, 30), self.pause(recurse, 10)
        self.assertEqual(deep.recursion_depth - shallow.recursion_depth, 20)

    def test_recursion_depth_does_not_drift(self):
        def fail():
            raise ValueError

        def make_each_kind_of_switch():
            meeting = stackless.channel()
            self.start(meeting.send_sequence, range(2))
            self.start(schedule)
            meeting.receive()
            schedule()
            meeting.receive()
            stackless.run()
            self.start(fail)
            with self.assertRaises(ValueError):
                stackless.run()
            self.pause(schedule_remove).kill()

        before = stackless.getcurrent().recursion_depth
        for _ in range(3):
            make_each_kind_of_switch()
        self.assertEqual(stackless.getcurrent().recursion_depth, before)

    def test_recursion_depth_of_a_tasklet_does_not_drift(self):
        def work():
            for _ in range(3):
                self.log.append(stackless.getcurrent().recursion_depth)
                self.start(self.note, "ended").run()
                schedule()

        self.start(work)
        self.start(work)
        stackless.run()
        depths = [entry for entry in self.log if entry != "ended"]
        self.assertEqual(len(depths), 6)
        self.assertEqual(len(set(depths)), 1)

    def test_each_tasklet_has_the_whole_recursion_limit(self):
        most = sys.getrecursionlimit() * 2 // 3

        def recurse(levels):
            if levels:
                recurse(levels - 1)
            else:
                schedule()
                self.log.append("deep")

        for _ in range(3):
            self.start(recurse, most)
        stackless.run()
        self.assertEqual(self.log, ["deep"] * 3)

    def test_recursion_error_is_one_like_any_other(self):
        def endless():
            endless()

        def survive():
            try:
                endless()
            except RecursionError:
                self.log.append("too deep")
            schedule()
            self.log.append("goes on")

        self.start(survive)
        self.start(survive)
        stackless.run()
        self.assertEqual(self.log, ["too deep", "too deep", "goes on", "goes on"])

    def test_nesting_level_is_zero_in_plain_python(self):
        def levels():
            yield stackless.getcurrent().nesting_level

        def look():
            self.log.append(stackless.getcurrent().nesting_level)
            self.log.extend([level for level in levels()])
            for level in levels():
                self.log.append(level)

        self.start(look)
        stackless.run()
        self.assertEqual(self.log, [0, 0, 0])

    def test_nesting_level_is_zero_while_paused(self):
        self.assertEqual(tasklet().nesting_level, 0)
        self.assertEqual(self.pause(schedule_remove).nesting_level, 0)


class WritableTest(StacklessTestCase):
    def test_tempval_takes_any_object(self):
        subject = tasklet()
        for value in (None, 42, "text", [1]):
            subject.tempval = value
            self.assertIs(subject.tempval, value)

    def test_tempval_is_what_schedule_remove_returns(self):
        def wait():
            self.log.append(schedule_remove())

        paused = self.pause(wait)
        paused.tempval = "answer"
        paused.insert()
        stackless.run()
        self.assertEqual(self.log, ["answer"])

    def test_tempval_of_a_paused_tasklet_is_the_value_it_gave(self):
        paused = self.pause(schedule_remove, "given")
        self.assertEqual(paused.tempval, "given")

    def test_bomb_as_tempval_explodes_in_the_tasklet(self):
        def wait():
            try:
                schedule_remove()
            except ValueError as error:
                self.log.append(error.args)

        paused = self.pause(wait)
        paused.tempval = stackless.bomb(ValueError, ValueError("boom"))
        paused.insert()
        stackless.run()
        self.assertEqual(self.log, [("boom",)])

    def test_block_trap_is_off_at_first(self):
        self.assertIs(tasklet().block_trap, False)

    def test_block_trap_becomes_a_bool(self):
        subject = tasklet()
        for value, kept in ((True, True), (0, False), (2, True), (False, False)):
            subject.block_trap = value
            self.assertIs(subject.block_trap, kept)

    def test_block_trap_must_be_a_number(self):
        with self.assertRaises(TypeError):
            tasklet().block_trap = "yes"

    def test_trace_and_profile_functions_are_none_at_first(self):
        self.assertIsNone(tasklet(print, ()).trace_function)
        self.assertIsNone(tasklet(print, ()).profile_function)

    def test_trace_function_of_the_current_tasklet_is_that_of_sys(self):
        self.assertIs(stackless.getcurrent().trace_function, sys.gettrace())
        self.assertIs(stackless.getcurrent().profile_function, sys.getprofile())


class SwitchFlagTest(StacklessTestCase):
    """set_atomic() and set_ignore_nesting()."""

    def test_returns_the_old_flag(self):
        for flag in ("atomic", "ignore_nesting"):
            with self.subTest(flag=flag):
                subject = tasklet()
                set_flag = getattr(subject, f"set_{flag}")
                self.assertIs(getattr(subject, flag), False)
                self.assertIs(set_flag(True), False)
                self.assertIs(getattr(subject, flag), True)
                self.assertIs(set_flag(0), True)
                self.assertIs(getattr(subject, flag), False)

    def test_flag_must_be_a_number(self):
        with self.assertRaises(TypeError):
            tasklet().set_atomic("yes")
        with self.assertRaises(TypeError):
            tasklet().set_ignore_nesting(None)

    def test_flag_belongs_to_one_tasklet(self):
        one, other = tasklet(), tasklet()
        one.set_atomic(True)
        self.assertFalse(other.atomic)
        self.assertFalse(stackless.getcurrent().atomic)

    def test_atomic_tasklet_still_switches_when_it_asks_to(self):
        def atomic():
            stackless.getcurrent().set_atomic(True)
            self.log.append("before")
            schedule()
            self.log.append("after")

        self.start(atomic)
        self.start(self.note, "between")
        stackless.run()
        self.assertEqual(self.log, ["before", "between", "after"])


class ThreadTest(StacklessTestCase):
    def test_thread_id_is_that_of_the_thread(self):
        self.assertEqual(tasklet().thread_id, threading.get_ident())
        self.assertEqual(stackless.getmain().thread_id, threading.get_ident())


if __name__ == "__main__":
    unittest.main()
