"""What one tasklet does to another: insert, remove, run, switch, throw, raise_exception, kill."""

import unittest

import stackless
from stackless import TaskletExit, schedule, schedule_remove, tasklet
from support import StacklessTestCase, functions_of, run_queue


class InsertTest(StacklessTestCase):
    def test_puts_it_at_the_end_of_the_queue(self):
        inserted = tasklet(self.note, ("inserted",))
        self.start(self.note, "started")
        self.assertIs(inserted.insert(), inserted)
        stackless.run()
        self.assertEqual(self.log, ["started", "inserted"])

    def test_does_nothing_to_a_scheduled_tasklet(self):
        first = self.start(self.note, "first")
        self.start(self.note, "second")
        self.assertIs(first.insert(), first)
        self.assertEqual(stackless.getruncount(), 3)
        stackless.run()
        self.assertEqual(self.log, ["first", "second"])

    def test_does_nothing_to_the_current_tasklet(self):
        main = stackless.getmain()
        self.assertIs(main.insert(), main)
        self.assertEqual(stackless.getruncount(), 1)

    def test_wakes_a_paused_tasklet(self):
        def wait():
            schedule_remove()
            self.log.append("awake")

        self.pause(wait).insert()
        stackless.run()
        self.assertEqual(self.log, ["awake"])

    def test_refuses_a_blocked_tasklet(self):
        blocked = self.block(stackless.channel().receive)
        with self.assertRaises(RuntimeError):
            blocked.insert()
        self.assertTrue(blocked.blocked)
        blocked.kill()

    def test_refuses_what_has_nothing_to_run(self):
        ended = self.start(self.note, "x")
        stackless.run()
        for dead in (tasklet(), tasklet(print), ended):
            with self.assertRaises(RuntimeError):
                dead.insert()
        self.assertEqual(stackless.getruncount(), 1)


class RemoveTest(StacklessTestCase):
    def test_takes_it_out_of_the_queue(self):
        removed = self.start(self.note, "removed")
        self.start(self.note, "stays")
        self.assertIs(removed.remove(), removed)
        stackless.run()
        self.assertEqual(self.log, ["stays"])
        self.assertTrue(removed.alive)

    def test_does_nothing_outside_the_queue(self):
        paused = self.pause(schedule_remove)
        self.assertIs(paused.remove(), paused)
        unbound = tasklet()
        self.assertIs(unbound.remove(), unbound)

    def test_refuses_a_blocked_tasklet(self):
        blocked = self.block(stackless.channel().receive)
        with self.assertRaises(RuntimeError):
            blocked.remove()
        self.assertTrue(blocked.blocked)
        blocked.kill()

    def test_refuses_the_current_tasklet(self):
        with self.assertRaises(RuntimeError):
            stackless.getcurrent().remove()
        self.assertEqual(stackless.getruncount(), 1)


class RunTest(StacklessTestCase):
    def test_jumps_to_it_at_once(self):
        self.start(self.note, "first")
        last = self.start(self.note, "last")
        last.run()
        self.assertEqual(self.log, ["last"])
        stackless.run()
        self.assertEqual(self.log, ["last", "first"])

    def test_goes_round_the_ring_from_there(self):
        def turn(name):
            self.log.append(name)
            schedule()

        _, second, _ = (self.start(turn, name) for name in "abc")
        second.run()
        self.assertEqual(self.log, ["b", "c"])
        stackless.run()
        self.assertEqual(self.log, ["b", "c", "a"])

    def test_caller_is_next_after_a_paused_one(self):
        paused = tasklet(self.note, ("paused",))
        self.start(self.note, "scheduled")
        paused.run()
        self.assertEqual(self.log, ["paused"])
        stackless.run()

    def test_caller_stays_in_the_queue(self):
        def look():
            self.log.append(run_queue())

        started = self.start(look)
        started.run()
        self.assertEqual(self.log, [[started, stackless.getmain()]])

    def test_the_current_tasklet_just_goes_on(self):
        self.start(self.note, "not yet")
        stackless.getcurrent().run()
        self.assertEqual(self.log, [])
        stackless.run()

    def test_refuses_a_blocked_tasklet(self):
        blocked = self.block(stackless.channel().receive)
        with self.assertRaises(RuntimeError):
            blocked.run()
        self.assertTrue(blocked.blocked)
        blocked.kill()

    def test_refuses_a_dead_tasklet(self):
        for dead in (tasklet(), tasklet(print)):
            with self.assertRaises(RuntimeError):
                dead.run()

    def test_from_one_tasklet_to_another(self):
        def caller(other):
            self.log.append("caller")
            other.run()
            self.log.append("caller again")

        self.start(caller, tasklet(self.note, ("other",)))
        self.start(self.note, "bystander")
        stackless.run()
        self.assertEqual(self.log, ["caller", "other", "caller again", "bystander"])


class SwitchTest(StacklessTestCase):
    def test_takes_the_caller_out_of_the_queue(self):
        def look():
            self.log.append(run_queue())
            self.log.append(stackless.getmain().paused)

        started = self.start(look)
        started.switch()
        self.assertEqual(self.log, [[started], True])

    def test_main_comes_back_when_the_queue_is_empty(self):
        self.start(self.note, "first")
        second = self.start(self.note, "second")
        second.switch()
        self.assertEqual(self.log, ["second", "first"])
        self.assertEqual(run_queue(), [stackless.getmain()])

    def test_two_tasklets_hand_over_to_each_other(self):
        def player(name, strokes):
            for _ in range(strokes):
                self.log.append(name)
                players[name == "ping"].switch()

        players = [tasklet(player, ("ping", 3)), tasklet(player, ("pong", 2))]
        players[0].run()
        self.assertEqual(self.log, ["ping", "pong", "ping", "pong", "ping"])
        for one in players:
            self.assertFalse(one.scheduled)

    def test_a_tasklet_left_by_switch_waits_until_it_is_inserted(self):
        def caller(other):
            other.switch()
            self.log.append("caller again")

        calling = self.start(caller, tasklet(self.note, ("other",)))
        stackless.run()
        self.assertEqual(self.log, ["other"])
        self.assertTrue(calling.paused)
        calling.insert()
        stackless.run()
        self.assertEqual(self.log, ["other", "caller again"])

    def test_refuses_blocked_and_dead_tasklets(self):
        blocked = self.block(stackless.channel().receive)
        for refused in (blocked, tasklet(), tasklet(print)):
            with self.assertRaises(RuntimeError):
                refused.switch()
        self.assertEqual(run_queue(), [stackless.getmain()])
        blocked.kill()


class ThrowTest(StacklessTestCase):
    """throw() and raise_exception(): what arrives, and who runs when."""

    def catch(self, wait=schedule_remove):
        try:
            wait()
        except Exception as error:
            self.log.append((type(error), error.args))

    def test_class(self):
        self.pause(self.catch).throw(ValueError)
        self.assertEqual(self.log, [(ValueError, ())])

    def test_class_and_value(self):
        self.pause(self.catch).throw(ValueError, "reason")
        self.assertEqual(self.log, [(ValueError, ("reason",))])

    def test_class_and_instance(self):
        self.pause(self.catch).throw(ValueError, ValueError("reason"))
        self.assertEqual(self.log, [(ValueError, ("reason",))])

    def test_instance_arrives_as_itself(self):
        def catch():
            try:
                schedule_remove()
            except ValueError as error:
                self.log.append(error)

        error = ValueError("reason")
        self.pause(catch).throw(error)
        self.assertIs(self.log[0], error)

    def test_arguments_may_be_given_by_name(self):
        self.pause(self.catch).throw(exc=ValueError, val="reason", tb=None, pending=False)
        self.assertEqual(self.log, [(ValueError, ("reason",))])

    def test_traceback_is_continued(self):
        def fail():
            raise ValueError

        def catch():
            try:
                schedule_remove()
            except ValueError as error:
                self.log.extend(functions_of(error.__traceback__))

        try:
            fail()
        except ValueError as error:
            self.pause(catch).throw(ValueError, error, error.__traceback__)
        self.assertEqual(self.log[0], "catch")
        self.assertEqual(self.log[-1], "fail")

    def test_raise_exception_makes_the_exception_of_its_arguments(self):
        self.pause(self.catch).raise_exception(ValueError, 1, 2)
        self.assertEqual(self.log, [(ValueError, (1, 2))])

    def test_what_is_no_exception(self):
        paused = self.pause(self.catch)
        for bad in (None, "ValueError", 1, int, object()):
            with self.subTest(bad=bad):
                with self.assertRaises(TypeError):
                    paused.throw(bad)
                with self.assertRaises(TypeError):
                    paused.raise_exception(bad)
        with self.assertRaises(TypeError):
            paused.throw()
        with self.assertRaises(TypeError):
            paused.raise_exception()
        with self.assertRaises(TypeError):
            paused.throw(ValueError("reason"), "another value")
        with self.assertRaises(TypeError):
            paused.throw(ValueError, "reason", "traceback")
        self.assertTrue(paused.paused)
        self.assertEqual(self.log, [])

    def test_switches_at_once_and_the_caller_is_next(self):
        caught = self.pause(self.catch)
        self.start(self.note, "bystander")
        caught.throw(ValueError)
        self.assertEqual(self.log, [(ValueError, ())])
        stackless.run()
        self.assertEqual(self.log[1:], ["bystander"])

    def test_raise_exception_switches_at_once_too(self):
        caught = self.pause(self.catch)
        self.start(self.note, "bystander")
        caught.raise_exception(ValueError)
        self.assertEqual(self.log, [(ValueError, ())])
        stackless.run()

    def test_scheduled_tasklet(self):
        def turn():
            self.catch(schedule)

        scheduled = self.start(turn)
        schedule()
        scheduled.throw(ValueError)
        self.assertEqual(self.log, [(ValueError, ())])
        self.assertFalse(scheduled.alive)

    def test_blocked_tasklet_leaves_its_channel(self):
        channel = stackless.channel()
        blocked = self.block(self.catch, channel.receive)
        blocked.throw(ValueError)
        self.assertEqual(self.log, [(ValueError, ())])
        self.assertEqual(channel.balance, 0)

    def test_one_of_many_blocked_tasklets(self):
        channel = stackless.channel()
        first, second, third = (self.block(self.catch, channel.receive) for _ in range(3))
        second.throw(ValueError)
        self.assertEqual(channel.balance, -2)
        self.assertIs(channel.queue, first)
        self.assertIs(first.next, third)
        first.kill()
        third.kill()

    def test_pending_makes_it_runnable_and_goes_on(self):
        caught = self.pause(self.catch)
        self.start(self.note, "before")
        caught.throw(ValueError, pending=True)
        self.assertEqual(self.log, [])
        self.assertTrue(caught.scheduled)
        self.start(self.note, "after")
        stackless.run()
        self.assertEqual(self.log, ["before", (ValueError, ()), "after"])

    def test_pending_takes_a_blocked_tasklet_off_its_channel(self):
        channel = stackless.channel()
        blocked = self.block(self.catch, channel.receive)
        blocked.throw(ValueError, pending=True)
        self.assertFalse(blocked.blocked)
        self.assertTrue(blocked.scheduled)
        self.assertEqual(channel.balance, 0)
        self.assertEqual(self.log, [])
        stackless.run()
        self.assertEqual(self.log, [(ValueError, ())])

    def test_pending_leaves_a_scheduled_tasklet_in_its_place(self):
        def turn():
            self.catch(schedule)

        scheduled = self.start(turn)
        schedule()
        self.start(self.note, "after")
        scheduled.throw(ValueError, pending=True)
        self.assertEqual(stackless.getruncount(), 3)
        stackless.run()
        self.assertEqual(self.log, [(ValueError, ()), "after"])

    def test_into_the_current_tasklet(self):
        for pending in (False, True):
            with self.assertRaises(ValueError):
                stackless.getcurrent().throw(ValueError, pending=pending)
        with self.assertRaises(ValueError):
            stackless.getcurrent().raise_exception(ValueError)

    def test_into_main_is_raised_from_run(self):
        def disturb():
            stackless.getmain().throw(ValueError, "from the tasklet")

        disturbing = self.start(disturb)
        with self.assertRaisesRegex(ValueError, "from the tasklet"):
            stackless.run()
        self.assertTrue(disturbing.scheduled)
        stackless.run()
        self.assertFalse(disturbing.alive)

    def test_into_a_dead_tasklet(self):
        ended = self.start(self.note, "x")
        stackless.run()
        for dead in (ended, tasklet(), tasklet(print)):
            for pending in (False, True):
                with self.assertRaises(RuntimeError):
                    dead.throw(ValueError, pending=pending)
            with self.assertRaises(RuntimeError):
                dead.raise_exception(ValueError)
        self.assertEqual(stackless.getruncount(), 1)

    def test_tasklet_exit_into_an_ended_tasklet_does_nothing(self):
        ended = self.start(self.note, "x")
        stackless.run()
        ended.throw(TaskletExit)
        ended.throw(TaskletExit, pending=True)
        ended.raise_exception(TaskletExit)
        self.assertFalse(ended.scheduled)

    def test_tasklet_exit_into_one_that_never_ran_ends_it(self):
        fresh = self.start(self.note, "x")
        fresh.throw(TaskletExit)
        self.assertFalse(fresh.alive)
        stackless.run()
        self.assertEqual(self.log, [])

    def test_error_into_one_that_never_ran_is_reported_to_main(self):
        fresh = self.start(self.note, "x")
        with self.assertRaisesRegex(ValueError, "reason"):
            fresh.throw(ValueError, "reason")
        self.assertFalse(fresh.alive)
        self.assertEqual(self.log, [])

    def test_error_into_one_that_never_ran_by_another_tasklet(self):
        def thrower(fresh):
            fresh.throw(ValueError)
            self.log.append("thrower again")

        self.start(thrower, tasklet(self.note, ("x",)))
        with self.assertRaises(ValueError):
            stackless.run()
        self.assertEqual(self.log, [])
        stackless.run()
        self.assertEqual(self.log, ["thrower again"])

    def test_pending_error_into_one_that_never_ran(self):
        fresh = self.start(self.note, "x")
        fresh.throw(ValueError, pending=True)
        with self.assertRaises(ValueError):
            stackless.run()
        self.assertFalse(fresh.alive)
        self.assertEqual(self.log, [])


class KillTest(StacklessTestCase):
    def wait(self, *wait):
        wait = wait or [schedule_remove]
        try:
            for one in wait:
                one()
        finally:
            self.log.append("finally")

    def test_runs_finally_blocks_before_it_returns(self):
        killed = self.pause(self.wait)
        killed.kill()
        self.assertEqual(self.log, ["finally"])
        self.assertFalse(killed.alive)

    def test_is_silent(self):
        self.assertIsNone(self.pause(schedule_remove).kill())

    def test_caller_is_next(self):
        killed = self.pause(self.wait)
        self.start(self.note, "bystander")
        killed.kill()
        self.assertEqual(self.log, ["finally"])
        stackless.run()

    def test_blocked_tasklet_leaves_its_channel(self):
        channel = stackless.channel()
        for action in (channel.receive, lambda: channel.send("x")):
            killed = self.block(self.wait, action)
            killed.kill()
            self.assertEqual(channel.balance, 0)
            self.assertIsNone(channel.queue)
        self.assertEqual(self.log, ["finally", "finally"])

    def test_one_that_never_ran_just_ends(self):
        fresh = self.start(self.note, "x")
        fresh.kill()
        self.assertFalse(fresh.alive)
        self.assertFalse(fresh.scheduled)
        self.assertEqual(self.log, [])

    def test_pending(self):
        killed = self.pause(self.wait)
        killed.kill(pending=True)
        self.assertEqual(self.log, [])
        self.assertTrue(killed.alive)
        stackless.run()
        self.assertEqual(self.log, ["finally"])
        self.assertFalse(killed.alive)

    def test_pending_on_one_that_never_ran(self):
        fresh = self.start(self.note, "x")
        fresh.kill(pending=True)
        stackless.run()
        self.assertFalse(fresh.alive)
        self.assertEqual(self.log, [])

    def test_pending_on_a_blocked_one(self):
        channel = stackless.channel()
        killed = self.block(self.wait, channel.receive)
        killed.kill(True)
        self.assertEqual(channel.balance, 0)
        stackless.run()
        self.assertEqual(self.log, ["finally"])

    def test_dead_tasklets_do_not_mind(self):
        ended = self.start(self.note, "x")
        stackless.run()
        for dead in (ended, tasklet(), tasklet(print)):
            dead.kill()
            dead.kill(pending=True)
            self.assertFalse(dead.scheduled)

    def test_twice(self):
        killed = self.pause(self.wait)
        killed.kill()
        killed.kill()
        self.assertEqual(self.log, ["finally"])

    def test_myself(self):
        def suicide():
            try:
                stackless.getcurrent().kill()
            finally:
                self.log.append("finally")
            self.log.append("never")

        self.start(suicide)
        stackless.run()
        self.assertEqual(self.log, ["finally"])

    def test_main_gets_an_ordinary_exception_from_its_own_kill(self):
        with self.assertRaises(TaskletExit):
            stackless.getmain().kill()

    def test_main_killed_by_a_tasklet(self):
        killing = self.start(lambda: stackless.getmain().kill())
        with self.assertRaises(TaskletExit):
            stackless.run()
        killing.kill()

    def test_a_tasklet_may_catch_it_and_live_on(self):
        def stubborn():
            try:
                schedule_remove()
            except TaskletExit:
                self.log.append("not yet")
            schedule_remove()

        killed = self.pause(stubborn)
        killed.kill()
        self.assertEqual(self.log, ["not yet"])
        self.assertTrue(killed.paused)
        killed.kill()
        self.assertFalse(killed.alive)

    def test_except_exception_does_not_catch_it(self):
        def careless():
            try:
                schedule_remove()
            except Exception:
                self.log.append("caught")

        self.pause(careless).kill()
        self.assertEqual(self.log, [])

    def test_finally_block_may_wait(self):
        channel = stackless.channel()

        def clean_up():
            try:
                schedule_remove()
            finally:
                self.log.append(channel.receive())

        killed = self.pause(clean_up)
        killed.kill()
        self.assertTrue(killed.blocked)
        channel.send("cleaned up")
        self.assertEqual(self.log, ["cleaned up"])
        self.assertFalse(killed.alive)

    def test_error_in_a_finally_block_is_raised_in_main(self):
        def fail():
            try:
                schedule_remove()
            finally:
                raise ValueError

        with self.assertRaises(ValueError) as caught:
            self.pause(fail).kill()
        self.assertIsInstance(caught.exception.__context__, TaskletExit)

    def test_by_another_tasklet(self):
        def killer(victim):
            victim.kill()
            self.log.append("killer goes on")

        victim = self.block(self.wait, stackless.channel().receive)
        self.start(killer, victim)
        self.start(self.note, "bystander")
        stackless.run()
        self.assertEqual(self.log, ["finally", "killer goes on", "bystander"])

    def test_tasklet_raises_tasklet_exit_itself(self):
        def leave():
            self.log.append("leaves")
            raise TaskletExit

        self.start(leave)
        self.start(self.note, "next")
        stackless.run()
        self.assertEqual(self.log, ["leaves", "next"])


if __name__ == "__main__":
    unittest.main()
