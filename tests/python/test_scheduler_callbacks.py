"""Functions that the scheduler calls: at switches, at channel actions, for errors of tasklets."""

import sys
import types
import unittest

import stackless
from stackless import TaskletExit, channel, schedule, schedule_remove
from support import StacklessTestCase


class SettingTest(StacklessTestCase):
    def test_returns_the_previous_one(self):
        def one(*arguments):
            pass

        def other(*arguments):
            pass

        for set_callback in (
            stackless.set_schedule_callback,
            stackless.set_channel_callback,
            stackless.set_error_handler,
        ):
            with self.subTest(function=set_callback.__name__):
                self.assertIsNone(set_callback(one))
                self.assertIs(set_callback(other), one)
                self.assertIs(set_callback(None), other)
                self.assertIsNone(set_callback(None))

    def test_can_be_asked_for(self):
        def one(*arguments):
            pass

        for set_callback, get_callback in (
            (stackless.set_schedule_callback, stackless.get_schedule_callback),
            (stackless.set_channel_callback, stackless.get_channel_callback),
        ):
            with self.subTest(function=get_callback.__name__):
                self.assertIsNone(get_callback())
                set_callback(one)
                self.assertIs(get_callback(), one)
                set_callback(None)
                self.assertIsNone(get_callback())

    def test_must_be_callable(self):
        for set_callback in (stackless.set_schedule_callback, stackless.set_channel_callback):
            with self.subTest(function=set_callback.__name__), self.assertRaises(TypeError):
                set_callback("callback")


class ScheduleCallbackTest(StacklessTestCase):
    def switches(self, action):
        """The (previous, next) pairs that the callback is given during the action."""
        seen = []
        stackless.set_schedule_callback(lambda *pair: seen.append(pair))
        action()
        stackless.set_schedule_callback(None)
        return seen

    def test_every_switch_between_live_tasklets(self):
        main = stackless.getmain()
        a, b = self.start(schedule), self.start(schedule)
        self.assertEqual(self.switches(schedule), [(main, a), (a, b), (b, main)])
        stackless.run()

    def test_switches_of_a_channel(self):
        main, meeting = stackless.getmain(), channel()
        receiver = self.start(lambda: (meeting.receive(), schedule()))
        self.assertEqual(self.switches(stackless.run)[0], (main, receiver))
        self.assertEqual(
            self.switches(lambda: meeting.send("x")), [(main, receiver), (receiver, main)]
        )
        stackless.run()

    def test_blocking_with_an_empty_queue_switches_to_main(self):
        main, meeting = stackless.getmain(), channel()
        receiver = self.start(meeting.receive)
        self.assertEqual(self.switches(stackless.run), [(main, receiver), (receiver, main)])
        receiver.kill()

    def test_the_end_of_a_tasklet_is_told(self):
        main = stackless.getmain()
        ending = self.start(self.note, "x")
        switches = self.switches(stackless.run)
        self.assertEqual(switches[0], (main, ending))
        # The one that runs next may be named with the end, or is left to a call of its own.
        self.assertIn(switches[1], [(ending, None), (ending, main)])

    def test_no_switch_no_call(self):
        meeting = channel()
        sender = self.block(meeting.send, "x")

        def stay():
            schedule()
            stackless.getcurrent().run()
            meeting.receive()

        self.assertEqual(self.switches(stay), [])
        stackless.run()
        self.assertFalse(sender.alive)

    def test_a_switch_is_told_once_if_the_partner_in_a_channel_gets_an_exception(self):
        main, meeting = stackless.getmain(), channel()
        meeting.schedule_all = True

        def send():
            self.start(self.note, "one argument", "too many")
            meeting.send("x")

        def receive():
            with self.assertRaises(TypeError):
                meeting.receive()

        sender = self.start(send)
        self.assertEqual(self.switches(receive), [(main, sender), (sender, main)])
        self.assertEqual(meeting.receive(), "x")
        stackless.run()

    def test_is_called_in_the_tasklet_that_is_left(self):
        def look(previous, following):
            self.log.append(stackless.getcurrent() is previous)

        self.start(schedule)
        stackless.set_schedule_callback(look)
        schedule()
        stackless.set_schedule_callback(None)
        stackless.run()
        self.assertEqual(self.log, [True, True])

    def test_must_not_switch_itself(self):
        meeting = channel()

        def meddle(previous, following):
            for action in (schedule, schedule_remove, meeting.receive, lambda: meeting.send("x")):
                try:
                    action()
                except RuntimeError:
                    self.log.append("refused")

        self.start(schedule)
        stackless.set_schedule_callback(meddle)
        schedule()
        stackless.set_schedule_callback(None)
        self.assertEqual(self.log, ["refused"] * 8)
        self.assertEqual(meeting.balance, 0)
        stackless.run()

    def test_an_error_in_it_is_reported_and_the_switch_takes_place(self):
        def fail(previous, following):
            stackless.set_schedule_callback(None)
            raise ValueError("in the callback")

        self.addCleanup(setattr, sys, "unraisablehook", sys.unraisablehook)
        sys.unraisablehook = lambda unraisable: self.log.append(unraisable.exc_type)
        self.start(self.note, "ran")
        stackless.set_schedule_callback(fail)
        stackless.run()
        self.assertEqual(self.log, [ValueError, "ran"])

    def test_may_remove_itself(self):
        def once(previous, following):
            self.log.append("once")
            stackless.set_schedule_callback(None)

        self.start(schedule)
        stackless.set_schedule_callback(once)
        stackless.run()
        self.assertEqual(self.log, ["once"])


class ChannelCallbackTest(StacklessTestCase):
    def actions(self, action):
        """What the callback is told during the action; the last two of its arguments as bools."""
        seen = []

        def callback(channel, tasklet, sending, willblock):
            seen.append((channel, tasklet, bool(sending), bool(willblock)))

        stackless.set_channel_callback(callback)
        action()
        stackless.set_channel_callback(None)
        return seen

    def test_receiver_that_waits_and_sender_that_comes(self):
        main, meeting = stackless.getmain(), channel()
        receiver = self.start(meeting.receive)
        self.assertEqual(
            self.actions(lambda: (stackless.run(), meeting.send("x"))),
            [(meeting, receiver, False, True), (meeting, main, True, False)],
        )

    def test_sender_that_waits_and_receiver_that_comes(self):
        main, meeting = stackless.getmain(), channel()
        sender = self.start(meeting.send, "x")
        self.assertEqual(
            self.actions(lambda: (stackless.run(), meeting.receive(), stackless.run())),
            [(meeting, sender, True, True), (meeting, main, False, False)],
        )

    def test_all_kinds_of_sending_and_receiving(self):
        main, meeting = stackless.getmain(), channel()

        def take_all():
            for _ in range(4):
                try:
                    meeting.receive()
                except ValueError:
                    pass
            for _ in meeting:
                break

        def send_all():
            meeting.send(1)
            meeting.send_exception(ValueError)
            meeting.send_throw(ValueError)
            meeting.send_sequence([4, 5])

        taker = self.start(take_all)
        actions = self.actions(lambda: (stackless.run(), send_all()))
        self.assertEqual(actions.count((meeting, main, True, False)), 5)
        self.assertEqual(actions.count((meeting, taker, False, True)), 5)
        self.assertEqual(len(actions), 10)

    def test_is_called_before_the_action_takes_effect(self):
        meeting = channel()
        receiver = self.start(meeting.receive)

        def look(channel, tasklet, sending, willblock):
            self.log.append((channel.balance, tasklet.blocked))

        stackless.set_channel_callback(look)
        stackless.run()
        meeting.send("x")
        self.assertEqual(self.log, [(0, False), (-1, False)])
        self.assertFalse(receiver.alive)

    def test_tempval_of_the_sender_is_the_value(self):
        meeting = channel()
        self.start(meeting.receive)
        stackless.run()
        stackless.set_channel_callback(
            lambda channel, tasklet, *_: self.log.append(tasklet.tempval)
        )
        meeting.send("value")
        self.assertEqual(self.log, ["value"])

    def test_must_not_switch_or_use_channels(self):
        meeting, other = channel(), channel()

        def meddle(*arguments):
            for action in (schedule, schedule_remove, other.receive, lambda: other.send("x")):
                try:
                    action()
                except RuntimeError:
                    self.log.append("refused")

        sender = self.start(meeting.send, "x")
        bystander = self.start(schedule)
        schedule()
        stackless.set_channel_callback(meddle)
        self.assertEqual(meeting.receive(), "x")
        stackless.set_channel_callback(None)
        self.assertEqual(self.log, ["refused"] * 4)
        self.assertEqual(other.balance, 0)
        stackless.run()
        self.assertFalse(sender.alive or bystander.alive)


class ErrorHandlerTest(StacklessTestCase):
    def raise_error(self):
        raise ValueError("reason")

    def test_is_given_the_exception_and_settles_it(self):
        stackless.set_error_handler(lambda *arguments: self.log.append(arguments))
        failing = self.start(self.raise_error)
        self.assertIsNone(stackless.run())
        [(kind, value, traceback)] = self.log
        self.assertIs(kind, ValueError)
        self.assertEqual(value.args, ("reason",))
        self.assertIsInstance(traceback, types.TracebackType)
        self.assertFalse(failing.alive)

    def test_is_called_inside_the_tasklet(self):
        stackless.set_error_handler(lambda *arguments: self.log.append(stackless.getcurrent()))
        failing = self.start(self.raise_error)
        stackless.run()
        self.assertEqual(self.log, [failing])

    def test_the_other_tasklets_go_on(self):
        stackless.set_error_handler(lambda *arguments: self.log.append("handled"))
        self.start(self.raise_error)
        self.start(self.note, "other")
        stackless.run()
        self.assertEqual(self.log, ["handled", "other"])

    def test_its_own_error_is_raised_in_main(self):
        def handler(*arguments):
            raise KeyError("in the handler")

        stackless.set_error_handler(handler)
        self.start(self.raise_error)
        with self.assertRaisesRegex(KeyError, "in the handler"):
            stackless.run()

    def test_is_not_called_for_what_is_caught(self):
        def careful():
            try:
                self.raise_error()
            except ValueError:
                self.log.append("caught")

        stackless.set_error_handler(lambda *arguments: self.log.append("handled"))
        self.start(careful)
        stackless.run()
        self.assertEqual(self.log, ["caught"])

    def test_is_not_called_for_the_end_of_a_tasklet(self):
        def leave():
            raise TaskletExit

        stackless.set_error_handler(lambda *arguments: self.log.append("handled"))
        self.start(leave)
        stackless.run()
        self.pause(schedule_remove).kill()
        self.assertEqual(self.log, [])

    def test_is_not_called_for_errors_of_main(self):
        stackless.set_error_handler(lambda *arguments: self.log.append("handled"))
        with self.assertRaises(ValueError):
            self.raise_error()
        self.assertEqual(self.log, [])

    def test_removed(self):
        stackless.set_error_handler(lambda *arguments: self.log.append("handled"))
        stackless.set_error_handler(None)
        self.start(self.raise_error)
        with self.assertRaises(ValueError):
            stackless.run()
        self.assertEqual(self.log, [])


if __name__ == "__main__":
    unittest.main()
