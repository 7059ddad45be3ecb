"""The memory of tasklets and channels: what is dropped, when, and that nothing leaks."""

import contextlib
import gc
import sys
import threading
import unittest
import weakref

import stackless
from stackless import TaskletExit, channel, schedule, schedule_remove, tasklet
from support import StacklessTestCase, call_from_c, collect, needs_soft_switching


def fails_with_held_stacks(test):
    """What the value stacks of frames on a held C stack refer to, the collector does not see."""
    return test if stackless.enable_softswitch(None) else unittest.expectedFailure(test)


class MemoryTestCase(StacklessTestCase):
    """Nothing may go wrong unseen while garbage is collected."""

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, sys, "unraisablehook", sys.unraisablehook)
        self.unraisable = []
        sys.unraisablehook = lambda unraisable: self.unraisable.append(repr(unraisable.exc_value))

    def tearDown(self):
        self.assertEqual(self.unraisable, [])


class Thing:
    """Something to be referred to, that can be asked whether it is still there."""


class DroppedTaskletTest(MemoryTestCase):
    def wait(self, *held):
        try:
            schedule_remove()
        finally:
            self.log.append("finally")

    @needs_soft_switching
    def test_paused_one_goes_without_running_finally(self):
        paused = self.pause(self.wait)
        reference = weakref.ref(paused)
        del paused
        collect()
        self.assertIsNone(reference())
        self.assertEqual(self.log, [])

    def test_paused_one_releases_what_its_frames_hold(self):
        thing = Thing()
        reference = weakref.ref(thing)
        paused = self.pause(self.wait, thing)
        del thing
        collect()
        self.assertIsNotNone(reference())
        del paused
        collect()
        self.assertIsNone(reference())

    @needs_soft_switching
    def test_what_its_frames_hold_is_finalized(self):
        class Finalized:
            def __del__(this):
                self.log.append("finalized")

        paused = self.pause(self.wait, Finalized())
        self.assertEqual(self.log, [])
        del paused
        collect()
        self.assertEqual(self.log, ["finalized"])

    def test_many_frames_deep(self):
        def recurse(levels, held):
            if levels:
                recurse(levels - 1, [held])
            else:
                schedule_remove()

        thing = Thing()
        reference = weakref.ref(thing)
        paused = self.pause(recurse, 200, thing)
        del thing, paused
        collect()
        self.assertIsNone(reference())

    def test_one_that_never_ran(self):
        thing = Thing()
        reference = weakref.ref(thing)
        ready = tasklet(self.wait, (thing,), {})
        del thing, ready
        collect()
        self.assertIsNone(reference())

    def test_ended_one_holds_nothing(self):
        thing = Thing()
        reference = weakref.ref(thing)
        ended = self.start(lambda argument: argument, thing)
        del thing
        stackless.run()
        collect()
        self.assertFalse(ended.alive)
        self.assertIsNone(reference())

    def test_failed_one_holds_nothing_once_the_exception_is_gone(self):
        def fail(argument):
            raise ValueError

        thing = Thing()
        reference = weakref.ref(thing)
        failed = self.start(fail, thing)
        del thing
        try:
            stackless.run()
        except ValueError:
            pass
        collect()
        self.assertFalse(failed.alive)
        self.assertIsNone(reference())

    @needs_soft_switching
    def test_rebound_one_releases_its_old_frames(self):
        thing = Thing()
        reference = weakref.ref(thing)
        paused = self.pause(self.wait, thing)
        del thing
        paused.bind(None)
        collect()
        self.assertIsNone(reference())

    def test_one_that_waits_inside_a_generator(self):
        def generator(held):
            yield schedule_remove()

        def consume(held):
            for _ in generator(held):
                pass

        thing = Thing()
        reference = weakref.ref(thing)
        paused = self.pause(consume, thing)
        del thing, paused
        collect()
        self.assertIsNone(reference())

    def test_one_that_handles_an_exception(self):
        def handle(held):
            try:
                raise ValueError(held)
            except ValueError:
                schedule_remove()

        thing = Thing()
        reference = weakref.ref(thing)
        paused = self.pause(handle, thing)
        del thing, paused
        collect()
        self.assertIsNone(reference())

    def test_the_queue_keeps_a_scheduled_one(self):
        reference = weakref.ref(self.start(self.note, "ran"))
        collect()
        self.assertIsNotNone(reference())
        stackless.run()
        self.assertEqual(self.log, ["ran"])
        self.assertIsNone(reference())

    @needs_soft_switching
    def test_one_whose_frame_object_is_still_held(self):
        thing = Thing()
        reference = weakref.ref(thing)
        paused = self.pause(self.wait, thing)
        frame = paused.frame
        del thing, paused
        collect()
        self.assertIs(frame.f_code, DroppedTaskletTest.wait.__code__)
        del frame
        collect()
        self.assertIsNone(reference())
        self.assertEqual(self.log, [])


class DroppedChannelTest(MemoryTestCase):
    @fails_with_held_stacks
    def test_takes_its_blocked_tasklets_along(self):
        for action in (channel.receive, lambda subject: subject.send("x")):
            subject = channel()
            references = [weakref.ref(self.block(action, subject)) for _ in range(3)]
            collect()
            self.assertIn(subject.balance, (-3, 3))
            del subject
            collect()
            self.assertEqual([reference() for reference in references], [None] * 3)

    def test_that_is_known_to_its_blocked_tasklet_only(self):
        reference = weakref.ref(self.block(lambda: channel().receive()))
        collect()
        self.assertIsNone(reference())

    def test_releases_the_value_of_a_blocked_sender(self):
        thing = Thing()
        reference = weakref.ref(thing)
        subject = channel()
        self.block(subject.send, thing)
        del thing, subject
        collect()
        self.assertIsNone(reference())

    @needs_soft_switching
    def test_finally_blocks_of_the_blocked_do_not_run(self):
        def wait(subject):
            try:
                subject.receive()
            finally:
                self.log.append("finally")

        self.block(wait, channel())
        collect()
        self.assertEqual(self.log, [])

    def test_a_reference_to_the_blocked_tasklet_keeps_both(self):
        subject = channel()
        blocked = self.block(subject.receive)
        del subject
        collect()
        self.assertTrue(blocked.blocked)
        blocked._channel.send("x")
        self.assertFalse(blocked.alive)


class BuiltinCyclesTest(MemoryTestCase):
    """The collector looks into the most common objects by functions of ours."""

    def containers(self, thing):
        def with_default(value=thing):
            pass

        def with_keyword_default(*, value=thing):
            pass

        def with_closure():
            return thing

        def with_attribute():
            pass

        with_attribute.thing = thing
        sparse = {number: thing for number in range(10)} | {"text": 1}
        del sparse[0], sparse["text"]
        changed = {0, 1, 2, thing}
        changed.discard(1)
        yield [1, "text", thing, None]
        yield (thing, 1)
        yield {"key": thing, "other": 1}
        yield {thing: 1}
        yield {1: thing, (2, 3): "text"}
        yield sparse
        yield changed
        yield frozenset([1, thing])
        yield from (with_default, with_keyword_default, with_closure, with_attribute)

    def test_cycles_are_found(self):
        count = len(list(self.containers(Thing())))
        for index in range(count):
            with self.subTest(index=index):
                thing = Thing()
                thing.container = list(self.containers(thing))[index]
                reference = weakref.ref(thing)
                del thing
                collect()
                self.assertIsNone(reference())

    def test_what_is_held_stays(self):
        things = [Thing() for _ in self.containers(Thing())]
        held = []
        for index, thing in enumerate(things):
            thing.itself = thing
            held.append(list(self.containers(thing))[index])
        references = [weakref.ref(thing) for thing in things]
        del things, thing
        collect()
        self.assertEqual([reference().itself is reference() for reference in references], [True] * len(held))

    def test_referents_and_referrers(self):
        thing = Thing()
        for container in self.containers(thing):
            if not callable(container):
                self.assertIn(thing, gc.get_referents(container))
                self.assertTrue(any(container is referrer for referrer in gc.get_referrers(thing)))


class CycleTest(MemoryTestCase):
    @needs_soft_switching
    def test_destructor_of_an_unbound_tasklet_binds_it_anew(self):
        class Rebinder:
            def __del__(inner):
                dropped.bind(again, ())
                dropped.run()

        def again():
            schedule_remove()
            self.log.append("ran on")

        def hold(thing):
            schedule_remove()

        dropped = self.pause(hold, Rebinder())
        with self.assertRaisesRegex(RuntimeError, "bound anew"):
            dropped.bind(None)
        self.assertTrue(dropped.paused)
        dropped.run()
        self.assertEqual(self.log, ["ran on"])

    def test_channel_known_to_a_function_called_from_c_only(self):
        def wait():
            own = channel()
            try:
                "x".translate(ReceivingTable(own))
            finally:
                self.log.append("finally")

        reference = weakref.ref(self.block(wait))
        self.assertEqual(self.log, [])
        collect()
        self.assertIsNone(reference())
        self.assertEqual(self.log, ["finally"])

    def test_both_kinds_are_tracked(self):
        self.assertTrue(gc.is_tracked(tasklet()))
        self.assertTrue(gc.is_tracked(channel()))

    def test_tasklet_in_its_own_frame(self):
        def wait():
            myself = stackless.getcurrent()
            schedule_remove()
            return myself

        reference = weakref.ref(self.pause(wait))
        collect()
        self.assertIsNone(reference())

    def test_tasklet_in_the_frame_of_its_caller(self):
        def outer():
            myself = stackless.getcurrent()
            schedule_remove()
            return myself

        def caller():
            return outer()

        reference = weakref.ref(self.pause(caller))
        collect()
        self.assertIsNone(reference())

    def test_tasklet_in_its_own_arguments(self):
        myself = tasklet(print)
        myself.bind(None, (myself,))
        reference = weakref.ref(myself)
        del myself
        collect()
        self.assertIsNone(reference())

    def test_tasklet_in_its_own_tempval(self):
        myself = tasklet()
        myself.tempval = myself
        reference = weakref.ref(myself)
        del myself
        collect()
        self.assertIsNone(reference())

    def test_tasklet_in_its_own_attribute(self):
        class Own(tasklet):
            pass

        myself = Own()
        myself.myself = myself
        reference = weakref.ref(myself)
        del myself
        collect()
        self.assertIsNone(reference())

    def test_tasklet_in_a_closure(self):
        def make():
            def wait():
                schedule_remove()
                return paused

            paused = self.pause(wait)
            return weakref.ref(paused)

        reference = make()
        collect()
        self.assertIsNone(reference())

    def test_tasklet_in_a_generator_that_it_runs(self):
        def generator():
            myself = stackless.getcurrent()
            yield schedule_remove()
            return myself

        def consume():
            for _ in generator():
                pass

        reference = weakref.ref(self.pause(consume))
        collect()
        self.assertIsNone(reference())

    def test_tasklet_in_the_exception_that_it_handles(self):
        def handle():
            try:
                raise ValueError(stackless.getcurrent())
            except ValueError:
                schedule_remove()

        reference = weakref.ref(self.pause(handle))
        collect()
        self.assertIsNone(reference())

    def test_two_tasklets_and_two_channels(self):
        def wait(mine, other):
            return mine.receive(), other

        one, two = channel(), channel()
        references = [weakref.ref(one), weakref.ref(two)]
        references += [weakref.ref(self.block(wait, *pair)) for pair in ((one, two), (two, one))]
        collect()
        self.assertNotIn(None, [reference() for reference in references])
        del one, two
        collect()
        self.assertEqual([reference() for reference in references], [None] * 4)

    @needs_soft_switching
    def test_finally_blocks_in_a_cycle_do_not_run(self):
        def wait():
            myself = stackless.getcurrent()
            try:
                schedule_remove()
            finally:
                self.log.append(myself)

        self.pause(wait)
        collect()
        self.assertEqual(self.log, [])

    def test_living_tasklets_survive(self):
        def work(subject):
            held = [stackless.getcurrent(), subject]
            value = subject.receive()
            schedule()
            self.log.append((value, len(held)))

        subject = channel()
        for _ in range(3):
            self.block(work, subject)
        collect()
        for number in range(3):
            subject.send(number)
            collect()
        stackless.run()
        self.assertEqual(self.log, [(0, 2), (1, 2), (2, 2)])

    def test_collection_in_the_middle_of_a_switch_heavy_program(self):
        def work(number):
            held = [number]
            for _ in range(5):
                schedule()
                held = [held]
            self.log.append(number)

        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(1)
        for number in range(20):
            self.start(work, number)
        stackless.run()
        self.assertEqual(self.log, list(range(20)))


class HeldStackTest(MemoryTestCase):
    """A tasklet that nobody can resume any more is killed if it stands in C code."""

    def setUp(self):
        super().setUp()
        self.before = stackless.getuncollectables()

    def uncollectables(self):
        return [each for each in stackless.getuncollectables() if each not in self.before]

    def wait(self):
        try:
            call_from_c(schedule_remove)
        finally:
            self.log.append("finally")

    def test_dropped(self):
        reference = weakref.ref(self.pause(self.wait))
        self.assertEqual(self.log, ["finally"])
        self.assertIsNone(reference())
        self.assertEqual(self.uncollectables(), [])

    def test_in_a_cycle_with_its_own_frame(self):
        def wait():
            myself = stackless.getcurrent()
            self.wait()
            return myself

        self.pause(wait)
        self.assertEqual(self.log, [])
        collect()
        self.assertEqual(self.log, ["finally"])
        self.assertEqual(self.uncollectables(), [])

    def test_one_that_refuses_to_die(self):
        def refuse():
            while len(self.log) < 10:
                try:
                    self.wait()
                except TaskletExit:
                    pass

        self.pause(refuse)
        self.assertEqual(self.log, ["finally"] * 10)
        self.assertEqual(self.uncollectables(), [])

    def test_one_that_is_kept(self):
        def refuse():
            while not may_end:
                try:
                    self.wait()
                except TaskletExit:
                    pass

        may_end = []
        self.pause(refuse)
        self.assertEqual(self.log, ["finally"] * 10)
        (kept,) = self.uncollectables()
        collect()
        self.assertEqual(len(self.log), 10)
        may_end.append(True)
        kept.kill()
        self.assertFalse(kept.alive)
        self.assertEqual(self.uncollectables(), [])

    def test_at_the_end_of_its_thread(self):
        def work():
            waiting = tasklet(self.wait)()
            waiting.run()
            tasklets.append(waiting)

        tasklets = []
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        self.assertEqual(self.log, ["finally"])
        self.assertFalse(tasklets[0].alive)


class ArgumentsOfASwitchTest(MemoryTestCase):
    def test_destructor_of_one_runs_the_caller(self):
        """The arguments of a call that switches may be dropped when the caller has gone on."""

        class Empty(Exception):
            def __new__(cls, *args):
                return super().__new__(cls)

            def __init__(self, *args):
                pass

        class Switching:
            def __del__(self):
                stackless.schedule()

        dropped = []

        class Kept:
            def __init__(self, number):
                self.number = number

            def __del__(self):
                dropped.append(self.number)

        def wait():
            with contextlib.suppress(Empty):
                stackless.schedule()

        def throw():
            waiting.raise_exception(Empty, Switching(), object(), object())
            kept = (Kept(1), Kept(2), Kept(3), Kept(4), Kept(5), Kept(6), schedule())
            early.extend(dropped)
            del kept

        early = []
        waiting = stackless.tasklet(wait)()
        stackless.tasklet(throw)()
        stackless.run()
        self.assertEqual(early, [])
        self.assertEqual(sorted(dropped), [1, 2, 3, 4, 5, 6])


class WeakReferenceTest(MemoryTestCase):
    def test_callback_of_a_dropped_tasklet(self):
        paused = self.pause(schedule_remove)
        reference = weakref.ref(paused, lambda _: self.log.append("gone"))
        del paused
        collect()
        self.assertEqual(self.log, ["gone"])
        self.assertIsNone(reference())

    def test_callback_of_a_dropped_channel(self):
        subject = channel()
        reference = weakref.ref(subject, lambda _: self.log.append("gone"))
        del subject
        self.assertEqual(self.log, ["gone"])
        self.assertIsNone(reference())

    def test_finalizer_of_an_ended_tasklet(self):
        weakref.finalize(self.start(self.note, "ran"), self.log.append, "gone")
        stackless.run()
        collect()
        self.assertEqual(self.log, ["ran", "gone"])

    def test_weak_set_of_blocked_tasklets(self):
        subject, waiting = channel(), weakref.WeakSet()
        for _ in range(3):
            waiting.add(self.block(subject.receive))
        collect()
        self.assertEqual(len(waiting), 3)
        for _ in range(3):
            subject.send("x")
        collect()
        self.assertEqual(len(waiting), 0)


def run_to_the_end():
    for _ in range(5):
        tasklet(schedule)()
    stackless.run()


def send_and_receive():
    subject = channel()

    def receive():
        for _ in subject:
            pass

    tasklet(receive)()
    for number in range(5):
        subject.send([number])
    subject.send_exception(StopIteration)


def send_sequences():
    subject = channel()
    tasklet(subject.send_sequence)([object(), object()])
    subject.receive()
    subject.receive()
    stackless.run()


def drop_paused():
    def wait():
        held = [stackless.getcurrent()]
        schedule_remove()
        return held

    for _ in range(5):
        tasklet(wait)()
    stackless.run()


def drop_blocked():
    subject = channel()
    for _ in range(5):
        tasklet(subject.receive)()
    stackless.run()


def drop_inside_a_generator():
    def generator():
        yield schedule_remove()

    def consume():
        for _ in generator():
            pass

    tasklet(consume)()
    stackless.run()


def drop_inside_a_handler():
    def handle():
        try:
            raise ValueError([])
        except ValueError:
            schedule_remove()

    tasklet(handle)()
    stackless.run()


def kill():
    for waits in (schedule_remove, channel().receive):
        waiting = tasklet(waits)()
        stackless.run()
        waiting.kill()


def kill_before_the_start():
    tasklet(print)([]).kill()


def throw():
    def catch():
        try:
            schedule_remove()
        except ValueError:
            pass

    for pending in (False, True):
        waiting = tasklet(catch)()
        stackless.run()
        waiting.throw(ValueError([]), pending=pending)
        stackless.run()


def fail():
    def raise_error():
        raise ValueError([])

    tasklet(raise_error)()
    try:
        stackless.run()
    except ValueError:
        pass


def leave_by_tasklet_exit():
    def leave():
        raise TaskletExit([])

    tasklet(leave)()
    stackless.run()


def deadlock():
    try:
        channel().send([])
    except RuntimeError:
        pass


def refuse_bad_input():
    for bad in (
        lambda: tasklet(1),
        lambda: tasklet(None, ([],)),
        lambda: tasklet(print, [[]]),
        lambda: tasklet()([]),
        lambda: tasklet(print).insert(),
        lambda: tasklet(print).throw(ValueError([])),
        lambda: channel().send_exception([]),
        lambda: channel().send_throw(ValueError([]), []),
    ):
        try:
            bad()
        except (TypeError, RuntimeError):
            pass


def rebind():
    waiting = tasklet(schedule_remove)([])
    stackless.run()
    waiting.bind(schedule_remove, ([],))
    waiting.bind(None)


def call_back():
    stackless.set_schedule_callback(lambda previous, following: [previous, following])
    stackless.set_channel_callback(lambda *arguments: list(arguments))
    stackless.set_error_handler(lambda *arguments: list(arguments))
    send_and_receive()
    tasklet([].pop)()
    stackless.run()
    stackless.set_schedule_callback(None)
    stackless.set_channel_callback(None)
    stackless.set_error_handler(None)


def run_nested():
    def runner(levels):
        if levels:
            tasklet(runner)(levels - 1)
            stackless.run()

    tasklet(runner)(3)
    stackless.run()


class ReceivingTable:
    """For str.translate()."""

    def __init__(self, subject):
        self.subject = subject

    def __getitem__(self, letter):
        return self.subject.receive()


def run_inside_c_code():
    subject = channel()
    tasklet(subject.send_sequence)([2, 1])
    "ab".translate(ReceivingTable(subject))
    stackless.run()


def recurse():
    def down(levels):
        if levels:
            down(levels - 1)
        else:
            schedule()

    tasklet(down)(300)
    tasklet(down)(300)
    stackless.run()


LEAK_CANDIDATES = (
    run_to_the_end,
    send_and_receive,
    send_sequences,
    drop_paused,
    drop_blocked,
    drop_inside_a_generator,
    drop_inside_a_handler,
    kill,
    kill_before_the_start,
    throw,
    fail,
    leave_by_tasklet_exit,
    deadlock,
    refuse_bad_input,
    rebind,
    call_back,
    run_nested,
    run_inside_c_code,
    recurse,
)


def do_nothing():
    pass


class LeakTest(MemoryTestCase):
    """What is done over and over takes nothing with it: a leak would show in every repetition."""

    WARM_UP = 4
    REPETITIONS = 4

    def smallest_growth(self, count, repeated):
        """The least that `count` grows when `repeated` is called, once nothing is new any more."""
        growths = []
        for _ in range(self.WARM_UP + self.REPETITIONS):
            collect()
            before = count()
            for _ in range(3):
                repeated()
            collect()
            growths.append(count() - before)
        return min(growths[self.WARM_UP :])

    def assert_flat(self, count):
        of_measuring = self.smallest_growth(count, do_nothing)
        soft = stackless.enable_softswitch(None)
        for candidate in LEAK_CANDIDATES:
            if candidate is rebind and not soft:
                continue
            with self.subTest(candidate.__name__):
                self.assertLessEqual(self.smallest_growth(count, candidate), of_measuring)

    def test_memory_blocks(self):
        if not sys.getallocatedblocks():
            self.skipTest("the allocator does not count its blocks")
        self.assert_flat(sys.getallocatedblocks)

    def test_references(self):
        if not hasattr(sys, "gettotalrefcount"):
            self.skipTest("only a debug build counts references")
        self.assert_flat(sys.gettotalrefcount)


if __name__ == "__main__":
    unittest.main()
