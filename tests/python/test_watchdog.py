"""run() with a limit: what becomes of the tasklets that it interrupts, and where it does not."""

import unittest
import weakref

import stackless
from stackless import channel, schedule, schedule_remove, tasklet
from support import call_from_c, collect, needs_soft_switching, run_queue
from support_watchdog import WatchdogTestCase, count_turns, instructions_per_turn, setUpModule, spin, tearDownModule


class InterruptedTest(WatchdogTestCase):
    """What an interrupted tasklet is."""

    def test_returned_removed_and_paused(self):
        busy = self.interrupt(spin)
        self.assertTrue(busy.alive and busy.paused)
        self.assertFalse(busy.scheduled or busy.blocked or busy.is_current)
        self.assertIsNone(busy.next)
        self.assertIsNone(busy.prev)
        self.assertEqual(run_queue(), [stackless.getmain()])
        self.assertIs(busy.frame.f_code, spin.__code__)
        busy.kill()
        self.assertFalse(busy.alive)

    def test_none_when_the_queue_ran_empty(self):
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(1000))
        self.assertIsNone(stackless.run(1000))
        self.assertEqual(self.log, ["ran"])

    def test_no_limit_is_left_behind(self):
        self.interrupt(spin).kill()
        self.start(lambda: [self.log.append(i) for i in range(1000)])
        self.assertIsNone(stackless.run())
        self.assertEqual(self.log, list(range(1000)))

    def test_the_others_keep_their_places(self):
        first, busy, last = (
            self.start(self.note, "first"),
            self.start(spin),
            self.start(self.note, "last"),
        )
        self.assertIs(stackless.run(100), busy)
        self.assertEqual(self.log, ["first"])
        self.assertEqual(run_queue()[1:], [last])
        busy.insert()
        self.assertEqual(run_queue()[1:], [last, busy])
        last.remove()
        self.assertFalse(first.alive)
        busy.remove().kill()

    def test_run_and_switch_let_it_go_on(self):
        def count():
            for number in range(30):
                self.log.append(number)
            schedule_remove()

        for method in (tasklet.run, tasklet.switch):
            self.log.clear()
            counting = self.interrupt(count, after=20)
            self.assertLess(len(self.log), 30)
            if method is tasklet.switch:
                self.start(stackless.getmain().insert)
            method(counting)
            self.assertEqual(self.log, list(range(30)))
            counting.kill()

    def test_tempval_is_of_no_use_to_it(self):
        def work():
            for number in range(100):
                self.log.append(number)

        working = self.interrupt(work)
        working.tempval = "ignored"
        working.insert()
        stackless.run()
        self.assertEqual(self.log, list(range(100)))

    @needs_soft_switching
    def test_rebound(self):
        busy = self.interrupt(spin)
        busy.bind(self.note, ("rebound",))
        busy.insert()
        stackless.run()
        self.assertEqual(self.log, ["rebound"])

    @needs_soft_switching
    def test_unbound(self):
        def work():
            try:
                spin()
            finally:
                self.log.append("finally")

        busy = self.interrupt(work)
        busy.bind(None)
        self.assertFalse(busy.alive)
        self.assertEqual(self.log, [])

    def test_dropped(self):
        class Thing:
            pass

        def work(thing):
            spin()

        thing = Thing()
        reference = weakref.ref(thing)
        busy = self.interrupt(work, thing)
        del thing
        self.assertIsNotNone(reference())
        del busy
        self.assertIsNone(reference())

    def test_collected(self):
        def work(cell):
            spin()

        cell = []
        busy = self.interrupt(work, cell)
        cell.append(busy)
        reference = weakref.ref(busy)
        del busy, cell
        collect()
        self.assertIsNone(reference())

    def test_dropped_inside_c_code(self):
        def work():
            try:
                call_from_c(spin)
            finally:
                self.log.append("finally")

        busy = self.interrupt(work, ignore_nesting=True)
        self.assertGreater(busy.nesting_level, 0)
        del busy
        collect()
        self.assertEqual(self.log, ["finally"])


class NestingTest(WatchdogTestCase):
    def nested_loop(self):
        for number in range(100):
            self.log.append(number)
            self.assertGreater(stackless.getcurrent().nesting_level, 0)

    def work(self):
        call_from_c(self.nested_loop)
        spin()

    def test_c_code_is_waited_for(self):
        working = self.interrupt(self.work, after=50)
        self.assertEqual(self.log, list(range(100)))
        self.assertEqual(working.nesting_level, 0)
        working.kill()

    def test_ignored_by_argument(self):
        working = self.interrupt(self.work, after=100, ignore_nesting=True)
        self.assertGreater(working.nesting_level, 0)
        self.assertLess(len(self.log), 100)
        working.insert()
        self.assertIs(stackless.run(10_000), working)
        self.assertEqual(self.log, list(range(100)))
        working.kill()

    def test_ignored_by_flag(self):
        working = tasklet(self.work)
        self.assertFalse(working.set_ignore_nesting(True))
        self.assertTrue(working.ignore_nesting)
        working()
        self.assertIs(stackless.run(100), working)
        self.assertGreater(working.nesting_level, 0)
        self.assertTrue(working.set_ignore_nesting(False))
        working.kill()

    def test_sorted_that_is_interrupted_again_and_again(self):
        def sort(numbers):
            self.log.append(sorted(numbers, key=lambda number: -number))

        self.start(sort, range(20))
        self.start(sort, range(10))
        self.assertGreater(self.keep_running(3, ignore_nesting=True), 30)
        self.assertCountEqual(self.log, [[*range(19, -1, -1)], [*range(9, -1, -1)]])


class ForbiddenTest(WatchdogTestCase):
    def check_uninterrupted(self, work):
        """`work` logs numbers where it must not be interrupted, then spins."""
        working = self.interrupt(work, after=20)
        self.assertEqual(self.log, list(range(100)))
        working.kill()

    def numbers(self):
        for number in range(100):
            self.log.append(number)

    def test_set_atomic(self):
        def work():
            current = stackless.getcurrent()
            self.assertFalse(current.set_atomic(True))
            self.numbers()
            self.assertTrue(current.set_atomic(False))
            spin()

        self.check_uninterrupted(work)

    def test_atomic_block(self):
        def work():
            with stackless.atomic():
                with stackless.atomic():
                    pass
                self.assertTrue(stackless.getcurrent().atomic)
                self.numbers()
            spin()

        self.check_uninterrupted(work)

    def test_switch_trap(self):
        def work():
            stackless.switch_trap(1)
            self.numbers()
            stackless.switch_trap(-1)
            spin()

        self.check_uninterrupted(work)

    def test_channel_callback(self):
        def callback(*args):
            self.numbers()

        def work():
            stackless.set_channel_callback(callback)
            meeting.send(1)
            stackless.set_channel_callback(None)
            spin()

        meeting = channel()
        meeting.preference = 0
        waiting = self.block(meeting.receive)
        self.check_uninterrupted(work)
        stackless.run()
        self.assertFalse(waiting.alive)

    def test_schedule_callback(self):
        def callback(prev, next):
            if next is working:
                self.numbers()

        working = self.start(spin)
        stackless.set_schedule_callback(callback)
        self.assertIs(stackless.run(20), working)
        stackless.set_schedule_callback(None)
        self.assertEqual(self.log, list(range(100)))
        working.kill()

    def test_callback_of_the_interruption(self):
        def callback(prev, next):
            self.log.append((prev, next))

        busy = self.start(spin)
        stackless.set_schedule_callback(callback)
        stackless.run(20)
        stackless.set_schedule_callback(None)
        main = stackless.getmain()
        self.assertEqual(self.log, [(main, busy), (busy, main)])
        busy.kill()


class NestedRunTest(WatchdogTestCase):
    def test_a_plain_one_inside(self):
        def call():
            stackless.run()
            self.log.append("returned")

        calling = self.start(call)
        busy = self.start(spin)
        self.assertIs(stackless.run(100), busy)
        # The outer one has returned, and the inner one is over.
        self.assertEqual(self.log, [])
        self.assertTrue(calling.scheduled)
        stackless.run()
        self.assertEqual(self.log, ["returned"])
        busy.kill()

    def test_only_the_outermost_limit_has_effect(self):
        def call(turns):
            self.start(count_turns, turns)
            self.log.append(stackless.run(100))

        turns = [0]
        calling = self.start(call, turns)
        interrupted = stackless.run(10_000)
        self.assertGreater(turns[0] * instructions_per_turn(), 5000)
        self.assertEqual(self.log, [])
        interrupted.kill()
        stackless.run()
        self.assertEqual(self.log, [None])
        self.assertFalse(calling.alive)

    def test_a_limit_inside_a_plain_one(self):
        def call():
            self.log.append(stackless.run(100))

        self.start(call)
        busy = self.start(spin)
        self.assertIsNone(stackless.run())
        self.assertEqual(self.log, [busy])
        busy.kill()

    def test_main_can_be_interrupted(self):
        def call():
            self.log.append(stackless.run(100, ignore_nesting=True))

        self.start(call)
        schedule()
        for _ in range(1000):
            pass
        self.assertEqual(self.log, [stackless.getmain()])

    def test_the_runner_is_killed(self):
        def call():
            stackless.run(100)

        calling = self.start(call)
        calling.run()
        calling.kill()
        busy = self.start(spin)
        self.assertIs(stackless.run(100), busy)
        busy.kill()

    def test_blocked_tasklets(self):
        meeting = channel()
        receivers = [self.start(meeting.receive) for _ in range(3)]
        self.assertIsNone(stackless.run(100))
        self.assertEqual(meeting.balance, -3)
        busy = self.start(spin)
        self.assertIs(stackless.run(100), busy)
        for _ in receivers:
            meeting.send(None)
        busy.kill()

    def test_main_blocked_meanwhile(self):
        """The limit is that of a run() that a tasklet has called."""
        meeting = channel()

        def call():
            busy = self.start(spin)
            self.log.append(stackless.run(100) is busy)
            busy.kill()
            meeting.send("over")

        self.start(call)
        self.assertEqual(meeting.receive(), "over")
        self.assertEqual(self.log, [True])
        stackless.run()


class ArgumentsTest(WatchdogTestCase):
    def test_bad_arguments(self):
        for error, args, kwargs in [
            (ValueError, (-1,), {}),
            (TypeError, ("1",), {}),
            (TypeError, (1.5,), {}),
            (OverflowError, (2**70,), {}),
            (TypeError, (0, 0, 0, 0, 0, 1), {}),
            (TypeError, (), {"unknown": 1}),
            (ValueError, (), {"seconds": 0}),
            (ValueError, (), {"seconds": -1}),
            (ValueError, (), {"seconds": float("nan")}),
            (TypeError, (), {"seconds": "1"}),
        ]:
            with self.subTest(args=args, kwargs=kwargs):
                with self.assertRaises(error):
                    stackless.run(*args, **kwargs)

    def test_an_infinite_number_of_seconds(self):
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(seconds=float("inf")))
        self.assertEqual(self.log, ["ran"])

    def test_names_and_order(self):
        busy = self.start(spin)
        options = {"threadblock": False, "soft": False, "ignore_nesting": True}
        self.assertIs(stackless.run(timeout=50, totaltimeout=True, **options), busy)
        busy.insert()
        self.assertIs(stackless.run(50, False, False, True, True), busy)
        busy.kill()


if __name__ == "__main__":
    unittest.main()
