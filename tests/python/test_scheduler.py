"""The scheduler: run(), schedule(), schedule_remove(), the run queue, and questions about it."""

import threading
import unittest

import stackless
from stackless import channel, schedule, schedule_remove
from support import StacklessTestCase, needs_soft_switching, run_queue


class RunTest(StacklessTestCase):
    def test_with_nothing_to_run(self):
        self.assertIsNone(stackless.run())

    def test_runs_the_tasklets_in_the_order_they_were_started(self):
        for name in "abc":
            self.start(self.note, name)
        self.assertIsNone(stackless.run())
        self.assertEqual(self.log, ["a", "b", "c"])

    def test_takes_turns(self):
        def turns(name):
            for number in range(2):
                self.log.append((name, number))
                schedule()

        self.start(turns, "a")
        self.start(turns, "b")
        stackless.run()
        self.assertEqual(self.log, [("a", 0), ("b", 0), ("a", 1), ("b", 1)])

    def test_runs_what_tasklets_start(self):
        def parent():
            self.start(self.note, "child")
            self.log.append("parent")

        self.start(parent)
        self.start(self.note, "sibling")
        stackless.run()
        self.assertEqual(self.log, ["parent", "sibling", "child"])

    def test_leaves_blocked_and_paused_tasklets_behind(self):
        blocked, paused = self.start(channel().receive), self.start(schedule_remove)
        stackless.run()
        self.assertTrue(blocked.blocked)
        self.assertTrue(paused.paused)
        blocked.kill()

    def test_can_be_called_again(self):
        for name in "ab":
            self.start(self.note, name)
            stackless.run()
        self.assertEqual(self.log, ["a", "b"])

    def test_takes_its_arguments_by_name(self):
        self.start(self.note, "ran")
        stackless.run(
            timeout=0, threadblock=False, soft=False, ignore_nesting=False, totaltimeout=False
        )
        self.assertEqual(self.log, ["ran"])

    def test_bad_arguments(self):
        with self.assertRaises(TypeError):
            stackless.run("long")
        with self.assertRaises(TypeError):
            stackless.run(no_such_argument=1)

    def test_many_times(self):
        for number in range(2000):
            self.start(self.note, number)
            stackless.run()
        self.assertEqual(self.log, list(range(2000)))

    def test_many_tasklets(self):
        def add(number):
            schedule()
            self.log.append(number)

        for number in range(1000):
            self.start(add, number)
        stackless.run()
        self.assertEqual(self.log, list(range(1000)))


class NestedRunTest(StacklessTestCase):
    def run_and_note(self):
        self.log.append("runner starts")
        self.assertIsNone(stackless.run())
        self.log.append("runner ends")

    def test_inner_run_returns_first(self):
        self.start(self.run_and_note)
        self.start(self.note, "other")
        stackless.run()
        self.log.append("main")
        self.assertEqual(self.log, ["runner starts", "other", "runner ends", "main"])

    def test_main_stays_paused_while_the_inner_one_returns(self):
        def runner():
            stackless.run()
            self.log.append(stackless.getmain().paused)

        self.start(runner)
        self.start(self.note, "other")
        stackless.run()
        self.assertEqual(self.log, ["other", True])

    def test_three_levels(self):
        def runner(level):
            if level:
                self.start(runner, level - 1)
                stackless.run()
            self.log.append(level)

        self.start(runner, 2)
        stackless.run()
        self.assertEqual(self.log, [0, 1, 2])

    def test_inner_run_with_nothing_else_returns_at_once(self):
        self.start(self.run_and_note)
        stackless.run()
        self.assertEqual(self.log, ["runner starts", "runner ends"])

    def test_while_main_waits_at_a_channel(self):
        done = channel()

        def runner():
            stackless.run()
            done.send("done")

        self.start(runner)
        self.start(self.note, "other")
        self.assertEqual(done.receive(), "done")
        self.assertEqual(self.log, ["other"])
        stackless.run()

    def test_main_in_the_queue_is_a_tasklet_like_any_other(self):
        runner = self.start(self.run_and_note)
        schedule()
        self.assertEqual(self.log, ["runner starts"])
        self.assertTrue(runner.paused)
        schedule()
        self.assertTrue(runner.paused)
        runner.run()
        self.assertEqual(self.log, ["runner starts", "runner ends"])

    def test_waking_main_wakes_the_inner_runners_too(self):
        def waker():
            stackless.getmain().run()
            self.log.append("waker ends")

        runner = self.start(self.run_and_note)
        self.start(waker)
        stackless.run()
        self.assertEqual(self.log, ["runner starts"])
        self.assertTrue(runner.scheduled)
        stackless.run()
        self.assertEqual(sorted(self.log[1:]), ["runner ends", "waker ends"])


class ScheduleTest(StacklessTestCase):
    def test_alone_returns_at_once(self):
        self.assertIs(schedule(), stackless.getmain())

    def test_returns_its_argument(self):
        value = object()
        self.start(self.note, "other")
        self.assertIs(schedule(value), value)
        self.assertIs(schedule(retval=value), value)
        self.assertIsNone(schedule(None))

    def test_returns_the_current_tasklet_without_argument(self):
        def turn():
            self.log.append(schedule() is stackless.getcurrent())

        self.start(turn)
        self.start(turn)
        stackless.run()
        self.assertEqual(self.log, [True, True])

    def test_moves_the_caller_to_the_end(self):
        main = stackless.getmain()
        self.start(lambda: self.log.append(run_queue()))
        last = self.start(self.note, "last")
        schedule()
        current = self.log[0][0]
        self.assertEqual(self.log, [[current, last, main], "last"])

    def test_remove_alone_comes_back_at_once(self):
        self.assertEqual(schedule_remove("value"), "value")
        self.assertIs(schedule_remove(), stackless.getmain())
        self.assertEqual(run_queue(), [stackless.getmain()])

    def test_remove_takes_the_caller_out(self):
        removed = self.start(schedule_remove)
        stackless.run()
        self.assertFalse(removed.scheduled)

    def test_remove_returns_its_argument(self):
        def wait(*arguments):
            self.log.append(schedule_remove(*arguments))

        plain, given = self.start(wait), self.start(wait, "value")
        stackless.run()
        plain.insert()
        given.insert()
        stackless.run()
        self.assertEqual(self.log, [plain, "value"])

    def test_remove_returns_what_tempval_was_set_to(self):
        def wait():
            self.log.append(schedule_remove(retval="unused"))

        waiting = self.pause(wait)
        waiting.tempval = "answer"
        waiting.insert()
        stackless.run()
        self.assertEqual(self.log, ["answer"])

    def test_too_many_arguments(self):
        with self.assertRaises(TypeError):
            schedule(1, 2)
        with self.assertRaises(TypeError):
            schedule_remove(1, 2)
        with self.assertRaises(TypeError):
            schedule(no_such_argument=1)


class QueueTest(StacklessTestCase):
    def test_current_tasklet_heads_the_ring(self):
        main = stackless.getmain()
        a, b = self.start(self.note, "a"), self.start(self.note, "b")
        self.assertEqual(run_queue(), [main, a, b])
        stackless.run()

    def test_run_takes_main_out(self):
        a = self.start(lambda: self.log.append(run_queue()))
        b = self.start(self.note, "b")
        stackless.run()
        self.assertEqual(self.log, [[a, b], "b"])

    def test_new_tasklets_are_last(self):
        def parent():
            self.start(self.note, "child")
            self.log.append(run_queue()[1:])

        self.start(parent)
        sibling = self.start(self.note, "sibling")
        stackless.run()
        self.assertIs(self.log[0][0], sibling)
        self.assertEqual(self.log[1:], ["sibling", "child"])

    def test_remove_from_the_middle_and_insert_again(self):
        main = stackless.getmain()
        a, b, c = (self.start(self.note, name) for name in "abc")
        b.remove()
        self.assertEqual(run_queue(), [main, a, c])
        b.insert()
        self.assertEqual(run_queue(), [main, a, c, b])
        stackless.run()

    def test_runcount_counts_the_caller(self):
        self.assertEqual(stackless.getruncount(), 1)
        self.start(lambda: self.log.append(stackless.getruncount()))
        self.start(lambda: self.log.append(stackless.getruncount()))
        self.assertEqual(stackless.getruncount(), 3)
        stackless.run()
        self.assertEqual(self.log, [2, 1])

    def test_blocked_and_paused_tasklets_do_not_count(self):
        blocked, paused = self.block(channel().receive), self.pause(schedule_remove)
        self.assertEqual(stackless.getruncount(), 1)
        paused.insert()
        self.assertEqual(stackless.getruncount(), 2)
        stackless.run()
        blocked.kill()


class InquiryTest(StacklessTestCase):
    def test_current_and_main(self):
        main = stackless.getmain()
        self.assertIs(stackless.getcurrent(), main)

        def look():
            self.log.append(stackless.getcurrent())
            self.log.append(stackless.getmain())

        looking = self.start(look)
        stackless.run()
        self.assertEqual(self.log, [looking, main])

    def test_module_attributes_are_live(self):
        def look():
            self.log.append((stackless.current, stackless.main, stackless.runcount))

        first, second = self.start(look), self.start(look)
        main = stackless.main
        self.assertIs(main, stackless.getmain())
        self.assertIs(stackless.current, main)
        self.assertEqual(stackless.runcount, 3)
        stackless.run()
        self.assertEqual(self.log, [(first, main, 2), (second, main, 1)])
        self.assertEqual(stackless.runcount, 1)

    def test_ids_tell_tasklets_apart(self):
        def look():
            number = stackless.getcurrentid()
            schedule()
            self.log.append(number)
            self.assertEqual(stackless.getcurrentid(), number)

        self.start(look)
        self.start(look)
        stackless.run()
        self.assertEqual(len({stackless.getcurrentid(), *self.log}), 3)
        self.assertEqual({type(number) for number in self.log}, {int})

    def test_threads(self):
        self.assertIn(threading.get_ident(), stackless.getthreads())
        self.assertEqual(stackless.threads, stackless.getthreads())

    def test_thread_info(self):
        main = stackless.getmain()
        self.assertEqual(stackless.get_thread_info(), (main, main, 1))
        self.assertEqual(stackless.get_thread_info(-1), (main, main, 1))
        self.assertEqual(stackless.get_thread_info(threading.get_ident()), (main, main, 1))

    def test_thread_info_in_a_tasklet(self):
        looking = self.start(lambda: self.log.append(stackless.get_thread_info()))
        stackless.run()
        self.assertEqual(self.log, [(stackless.getmain(), looking, 1)])

    def test_thread_info_of_no_thread(self):
        with self.assertRaises(RuntimeError):
            stackless.get_thread_info(1)
        with self.assertRaises(TypeError):
            stackless.get_thread_info("main")


class AtomicTest(StacklessTestCase):
    def test_sets_the_flag_for_the_block(self):
        current = stackless.getcurrent()
        with stackless.atomic():
            self.assertTrue(current.atomic)
        self.assertFalse(current.atomic)

    def test_restores_what_was_there(self):
        current = stackless.getcurrent()
        with stackless.atomic():
            with stackless.atomic():
                pass
            self.assertTrue(current.atomic)
        self.assertFalse(current.atomic)

    def test_restores_after_an_exception(self):
        with self.assertRaises(ValueError):
            with stackless.atomic():
                raise ValueError
        self.assertFalse(stackless.getcurrent().atomic)

    def test_belongs_to_the_current_tasklet(self):
        def look():
            self.log.append(stackless.getcurrent().atomic)

        self.start(look)
        with stackless.atomic():
            schedule()
        self.assertEqual(self.log, [False])


class SwitchTrapTest(StacklessTestCase):
    def setUp(self):
        super().setUp()
        self.other = self.start(self.note, "other")
        self.paused = self.pause(schedule_remove, "unchanged")

    def tearDown(self):
        self.assertEqual(self.log, [])
        stackless.switch_trap(-stackless.switch_trap(0))
        stackless.run()
        self.assertEqual(self.log, ["other"])

    def test_counts_levels_and_returns_the_old_one(self):
        self.assertEqual(stackless.switch_trap(0), 0)
        self.assertEqual(stackless.switch_trap(1), 0)
        self.assertEqual(stackless.switch_trap(1), 1)
        self.assertEqual(stackless.switch_trap(-2), 2)
        self.assertEqual(stackless.switch_trap(0), 0)

    def test_every_switch_is_refused(self):
        waiting = channel()
        receiver = self.block(waiting.receive)
        stackless.switch_trap(1)
        before = run_queue()
        for switch in (
            schedule,
            schedule_remove,
            stackless.run,
            self.other.run,
            self.other.switch,
            self.paused.run,
            self.paused.switch,
            self.paused.kill,
            lambda: self.paused.throw(ValueError),
            channel().receive,
            lambda: channel().send("x"),
            lambda: waiting.send("x"),
        ):
            with self.assertRaises(RuntimeError):
                switch()
            self.assertEqual(run_queue(), before)
            self.assertTrue(self.paused.paused)
            self.assertEqual(self.paused.tempval, "unchanged")
        self.assertEqual(waiting.balance, -1)
        stackless.switch_trap(-1)
        receiver.kill()

    def test_what_does_not_switch_is_allowed(self):
        waiting = channel()
        waiting.preference = 1
        receiver = self.block(waiting.receive)
        stackless.switch_trap(1)
        waiting.send("x")
        self.assertFalse(receiver.blocked)
        self.paused.kill(pending=True)
        self.assertTrue(self.paused.scheduled)


class EnableSoftswitchTest(unittest.TestCase):
    @needs_soft_switching
    def test_none_asks(self):
        self.assertIs(stackless.enable_softswitch(None), True)


class FlagsOfPickling:
    """The tests of a function that sets and returns flags."""

    def set_up_with(self, function):
        self.flags = function
        self.addCleanup(function, function(0))

    def test_returns_the_old_flags(self):
        for flags in range(1, 8):
            self.assertEqual(self.flags(flags), flags - 1)
        self.assertEqual(self.flags(0), 7)

    def test_only_asks_without_arguments(self):
        self.flags(5)
        self.assertEqual(self.flags(), 5)
        self.assertEqual(self.flags(-1), 5)
        self.assertEqual(self.flags(-1, -1), 5)
        self.assertEqual(self.flags(), 5)

    def test_mask_chooses_the_bits_to_change(self):
        self.flags(1)
        self.assertEqual(self.flags(6, mask=2), 1)
        self.assertEqual(self.flags(), 3)
        self.flags(0, 1)
        self.assertEqual(self.flags(), 2)
        self.flags(7, 0)
        self.assertEqual(self.flags(), 2)

    def test_undefined_bits(self):
        for bad in (1 << 16, -2):
            with self.assertRaises(ValueError):
                self.flags(bad)
        self.assertEqual(self.flags(), 0)

    def test_only_numbers_are_taken(self):
        with self.assertRaises(TypeError):
            self.flags("all")


class PickleFlagsTest(FlagsOfPickling, unittest.TestCase):
    def setUp(self):
        self.set_up_with(stackless.pickle_flags)


class PickleFlagsDefaultTest(FlagsOfPickling, unittest.TestCase):
    def setUp(self):
        self.set_up_with(stackless.pickle_flags_default)


class PickleWithTracingStateTest(unittest.TestCase):
    def test_is_one_of_the_flags(self):
        for function in (stackless.pickle_flags, stackless.pickle_flags_default):
            self.addCleanup(function, function())
        stackless.pickle_with_tracing_state = True
        self.assertIs(stackless.pickle_with_tracing_state, True)
        self.assertEqual(stackless.pickle_flags() & stackless.PICKLEFLAGS_PRESERVE_TRACING_STATE, 1)
        stackless.pickle_with_tracing_state = False
        self.assertIs(stackless.pickle_with_tracing_state, False)
        self.assertEqual(stackless.pickle_flags() & stackless.PICKLEFLAGS_PRESERVE_TRACING_STATE, 0)


class SmallBudgetTest(StacklessTestCase):
    """However small the budget of run() is, the tasklets get on."""

    def count(self, atomic):
        tasklet = stackless.current
        tasklet.set_atomic(atomic)
        for number in range(10):
            self.note(number)
        tasklet.set_atomic(False)

    def test_interrupted_again_and_again(self):
        for timeout in (1, 2, 3):
            with self.subTest(timeout=timeout):
                self.log.clear()
                tasklet = self.start(self.count, False)
                interruptions = 0
                while stackless.run(timeout) is not None:
                    interruptions += 1
                    self.assertLess(interruptions, 1000)
                    tasklet.insert()
                self.assertEqual(self.log, list(range(10)))
                self.assertGreater(interruptions, 10)

    def test_atomic(self):
        for timeout in (1, 2, 7, 20):
            with self.subTest(timeout=timeout):
                self.log.clear()
                tasklet = self.start(self.count, True)
                tasklet.set_atomic(True)
                self.assertIn(stackless.run(timeout), (tasklet, None))
                self.assertEqual(self.log, list(range(10)))
                tasklet.kill()


if __name__ == "__main__":
    unittest.main()
