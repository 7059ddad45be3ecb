"""Channels: values and exceptions that meet, queues, sequences, closing, and deadlocks."""

import unittest

import stackless
from stackless import TaskletExit, channel, tasklet
from support import StacklessTestCase, functions_of, run_queue

DEADLOCK = "Deadlock: the last runnable tasklet cannot be blocked."


class RendezvousTest(StacklessTestCase):
    def receive_from(self, source):
        self.log.append(source.receive())

    def test_sender_first(self):
        meeting = channel()
        self.start(meeting.send, "value")
        self.start(self.receive_from, meeting)
        stackless.run()
        self.assertEqual(self.log, ["value"])

    def test_receiver_first(self):
        meeting = channel()
        self.start(self.receive_from, meeting)
        self.start(meeting.send, "value")
        stackless.run()
        self.assertEqual(self.log, ["value"])

    def test_main_receives(self):
        meeting = channel()
        self.start(meeting.send, "value")
        self.assertEqual(meeting.receive(), "value")
        stackless.run()

    def test_main_sends(self):
        meeting = channel()
        self.start(self.receive_from, meeting)
        meeting.send("value")
        self.assertEqual(self.log, ["value"])

    def test_the_object_itself_is_handed_over(self):
        meeting, parcel = channel(), []
        self.start(meeting.send, parcel)
        self.assertIs(meeting.receive(), parcel)
        stackless.run()

    def test_send_returns_none(self):
        meeting = channel()
        self.start(meeting.receive)
        self.assertIsNone(meeting.send("value"))

    def test_none_can_be_sent(self):
        meeting = channel()
        self.start(self.receive_from, meeting)
        meeting.send(None)
        self.assertEqual(self.log, [None])

    def test_senders_are_served_in_the_order_they_came(self):
        meeting = channel()
        for value in "abc":
            self.start(meeting.send, value)
        self.assertEqual([meeting.receive() for _ in range(3)], ["a", "b", "c"])
        stackless.run()

    def test_receivers_are_served_in_the_order_they_came(self):
        meeting = channel()

        def receive(name):
            self.log.append((name, meeting.receive()))

        for name in "abc":
            self.start(receive, name)
        stackless.run()
        for value in range(3):
            meeting.send(value)
        self.assertEqual(self.log, [("a", 0), ("b", 1), ("c", 2)])

    def test_a_channel_through_a_channel(self):
        requests = channel()

        def server():
            for answers, number in requests:
                answers.send(number * number)

        serving = self.start(server)
        answers = channel()
        requests.send((answers, 12))
        self.assertEqual(answers.receive(), 144)
        serving.kill()

    def test_wrong_number_of_arguments(self):
        with self.assertRaises(TypeError):
            channel().send()
        with self.assertRaises(TypeError):
            channel().send(1, 2)
        with self.assertRaises(TypeError):
            channel().receive(1)

    def test_many_values_back_and_forth(self):
        there, back = channel(), channel()

        def echo():
            for value in there:
                back.send(value + 1)

        echoing = self.start(echo)
        for value in range(1000):
            there.send(value)
            self.assertEqual(back.receive(), value + 1)
        echoing.kill()


class QueueTest(StacklessTestCase):
    def test_empty(self):
        empty = channel()
        self.assertEqual(empty.balance, 0)
        self.assertIsNone(empty.queue)

    def test_waiting_receivers_count_below_zero(self):
        meeting = channel()
        first, second = self.block(meeting.receive), self.block(meeting.receive)
        self.assertEqual(meeting.balance, -2)
        self.assertIs(meeting.queue, first)
        self.assertIs(meeting.queue.next, second)
        meeting.send("x")
        self.assertEqual(meeting.balance, -1)
        self.assertIs(meeting.queue, second)
        meeting.send("x")
        self.assertEqual(meeting.balance, 0)
        self.assertIsNone(meeting.queue)

    def test_waiting_senders_count_above_zero(self):
        meeting = channel()
        first, second = self.block(meeting.send, 1), self.block(meeting.send, 2)
        self.assertEqual(meeting.balance, 2)
        self.assertIs(meeting.queue, first)
        meeting.receive()
        self.assertEqual(meeting.balance, 1)
        self.assertIs(meeting.queue, second)
        meeting.receive()
        stackless.run()

    def test_attributes_are_read_only(self):
        for name in ("balance", "queue", "closing", "closed"):
            with self.subTest(attribute=name), self.assertRaises(AttributeError):
                setattr(channel(), name, None)

    def test_killed_tasklet_in_the_middle_leaves_no_gap(self):
        meeting = channel()
        tasklets = [self.block(meeting.send, value) for value in "abc"]
        tasklets[1].kill()
        self.assertEqual([meeting.receive(), meeting.receive()], ["a", "c"])
        stackless.run()


class PreferenceAttributeTest(StacklessTestCase):
    def test_receiver_is_preferred_at_first(self):
        self.assertEqual(channel().preference, -1)
        self.assertEqual(channel().schedule_all, False)

    def test_only_the_sign_counts(self):
        subject = channel()
        for value, kept in ((5, 1), (-7, -1), (0, 0), (1, 1), (True, 1)):
            subject.preference = value
            self.assertEqual(subject.preference, kept)

    def test_schedule_all_is_on_or_off(self):
        subject = channel()
        for value, kept in ((1, True), (0, False), (True, True), (5, True)):
            subject.schedule_all = value
            self.assertEqual(subject.schedule_all, kept)

    def test_only_numbers_are_taken(self):
        with self.assertRaises(TypeError):
            channel().preference = "sender"
        with self.assertRaises(TypeError):
            channel().schedule_all = None


class ExceptionTest(StacklessTestCase):
    def catch(self, source):
        try:
            source.receive()
        except BaseException as error:
            self.log.append((type(error), error.args))

    def test_send_exception_to_a_waiting_receiver(self):
        meeting = channel()
        self.start(self.catch, meeting)
        stackless.run()
        meeting.send_exception(ValueError, 1, 2)
        self.assertEqual(self.log, [(ValueError, (1, 2))])

    def test_send_exception_waits_for_a_receiver(self):
        meeting = channel()
        sender = self.start(meeting.send_exception, ValueError, "reason")
        stackless.run()
        self.assertTrue(sender.blocked)
        self.assertEqual(meeting.balance, 1)
        with self.assertRaisesRegex(ValueError, "reason"):
            meeting.receive()
        stackless.run()
        self.assertFalse(sender.alive)

    def test_send_throw_in_its_forms(self):
        for arguments in (
            (ValueError,),
            (ValueError, None),
            (ValueError("reason"),),
            (ValueError, "reason"),
            (ValueError, ValueError("reason"), None),
        ):
            with self.subTest(arguments=arguments):
                meeting = channel()
                self.start(meeting.send_throw, *arguments)
                with self.assertRaises(ValueError):
                    meeting.receive()
                stackless.run()

    def test_send_throw_of_an_instance_delivers_itself(self):
        meeting, error = channel(), ValueError("reason")
        self.start(meeting.send_throw, error)
        with self.assertRaises(ValueError) as caught:
            meeting.receive()
        self.assertIs(caught.exception, error)
        stackless.run()

    def test_send_throw_continues_the_traceback(self):
        meeting = channel()

        def fail():
            raise ValueError

        def sender():
            try:
                fail()
            except ValueError as error:
                meeting.send_throw(ValueError, error, error.__traceback__)

        self.start(sender)
        try:
            meeting.receive()
        except ValueError as error:
            functions = functions_of(error.__traceback__)
        self.assertEqual(functions[0], self._testMethodName)
        self.assertEqual(functions[-2:], ["sender", "fail"])
        stackless.run()

    def test_sender_is_not_disturbed(self):
        meeting = channel()

        def sender():
            meeting.send_exception(ValueError)
            self.log.append("sender goes on")

        self.start(sender)
        with self.assertRaises(ValueError):
            meeting.receive()
        stackless.run()
        self.assertEqual(self.log, ["sender goes on"])

    def test_tasklet_exit_ends_the_receiver(self):
        meeting = channel()
        receiver = self.block(meeting.receive)
        meeting.send_exception(TaskletExit)
        self.assertFalse(receiver.alive)

    def test_bomb_explodes_at_the_receiver(self):
        meeting = channel()
        self.start(self.catch, meeting)
        meeting.send(stackless.bomb(ValueError, ValueError("boom")))
        self.assertEqual(self.log, [(ValueError, ("boom",))])

    def test_what_is_no_exception(self):
        meeting = channel()
        for bad in ("ValueError", 1, None, int, object()):
            with self.subTest(bad=bad):
                with self.assertRaises(TypeError):
                    meeting.send_exception(bad)
                with self.assertRaises(TypeError):
                    meeting.send_throw(bad)
        with self.assertRaises(TypeError):
            meeting.send_exception()
        with self.assertRaises(TypeError):
            meeting.send_throw()
        with self.assertRaises(TypeError):
            meeting.send_throw(ValueError("reason"), "another value")
        with self.assertRaises(TypeError):
            meeting.send_throw(ValueError, "reason", "traceback")
        self.assertEqual(meeting.balance, 0)


class BombTest(unittest.TestCase):
    def test_carries_an_exception(self):
        error = ValueError("reason")
        bomb = stackless.bomb(ValueError, error)
        self.assertIs(bomb.type, ValueError)
        self.assertIs(bomb.value, error)
        self.assertIsNone(bomb.traceback)

    def test_takes_the_three_of_exc_info_as_one_tuple(self):
        try:
            raise ValueError
        except ValueError as error:
            bomb = stackless.bomb((ValueError, error, error.__traceback__))
        self.assertIs(bomb.type, ValueError)
        self.assertIsNotNone(bomb.traceback)

    def test_attributes_are_read_only(self):
        for name in ("type", "value", "traceback"):
            with self.subTest(attribute=name), self.assertRaises(AttributeError):
                setattr(stackless.bomb(ValueError), name, None)


class IterationTest(StacklessTestCase):
    def test_ends_with_stop_iteration(self):
        numbers = channel()

        def produce():
            for number in range(3):
                numbers.send(number)
            numbers.send_exception(StopIteration)

        self.start(produce)
        self.assertEqual([number for number in numbers], [0, 1, 2])
        stackless.run()

    def test_in_a_tasklet(self):
        numbers = channel()

        def consume():
            for number in numbers:
                self.log.append(number)
            self.log.append("end")

        self.start(consume)
        for number in range(3):
            numbers.send(number)
        numbers.send_exception(StopIteration)
        self.assertEqual(self.log, [0, 1, 2, "end"])

    def test_other_exceptions_leave_the_loop(self):
        numbers = channel()
        self.start(numbers.send_exception, ValueError, "reason")
        with self.assertRaisesRegex(ValueError, "reason"):
            for _ in numbers:
                self.fail("nothing was sent")
        stackless.run()

    def test_a_channel_is_its_own_iterator(self):
        subject = channel()
        self.assertIs(iter(subject), subject)

    def test_next(self):
        numbers = channel()
        self.start(numbers.send, 5)
        self.assertEqual(next(numbers), 5)
        self.start(numbers.send, 6)
        self.assertEqual(numbers.__next__(), 6)
        stackless.run()

    def test_ends_when_the_channel_is_closed_and_empty(self):
        numbers = channel()
        self.block(numbers.send, 1)
        self.block(numbers.send, 2)
        numbers.close()
        self.assertEqual([number for number in numbers], [1, 2])
        stackless.run()

    def test_does_not_start_on_a_closed_channel(self):
        closed = channel()
        closed.close()
        self.assertEqual([number for number in closed], [])
        with self.assertRaises(StopIteration):
            next(closed)


class SendSequenceTest(StacklessTestCase):
    def consume(self, source):
        for item in source:
            self.log.append(item)

    def send_all(self, items):
        """Sends the items in a tasklet; returns what send_sequence() returned."""
        target, results = channel(), []
        consumer = self.start(self.consume, target)
        self.start(lambda: results.append(target.send_sequence(items)))
        stackless.run()
        consumer.kill()
        return results[0]

    def test_sends_each_item_and_counts(self):
        self.assertEqual(self.send_all([1, 2, 3]), 3)
        self.assertEqual(self.log, [1, 2, 3])

    def test_any_iterable(self):
        self.assertEqual(self.send_all(letter for letter in "ab"), 2)
        self.assertEqual(self.send_all(range(2)), 2)
        self.assertEqual(self.send_all({"key": "value"}), 1)
        self.assertEqual(self.log, ["a", "b", 0, 1, "key"])

    def test_empty_sequence(self):
        self.assertEqual(channel().send_sequence([]), 0)

    def test_by_the_main_tasklet(self):
        target = channel()
        consumer = self.start(self.consume, target)
        self.assertEqual(target.send_sequence("abc"), 3)
        self.assertEqual(self.log, ["a", "b", "c"])
        consumer.kill()

    def test_what_is_not_iterable(self):
        with self.assertRaises(TypeError):
            channel().send_sequence(5)

    def test_blocked_sender_holds_no_c_frames(self):
        target = channel()
        sender = self.block(target.send_sequence, [1, 2])
        self.assertEqual(sender.nesting_level, 0)
        self.assertEqual([target.receive(), target.receive()], [1, 2])
        stackless.run()
        self.assertFalse(sender.alive)

    def test_error_of_the_iterator_reaches_the_caller(self):
        def failing():
            yield 1
            raise ValueError("reason")

        target = channel()
        consumer = self.start(self.consume, target)

        def send():
            try:
                target.send_sequence(failing())
            except ValueError as error:
                self.log.append(error.args)

        self.start(send)
        stackless.run()
        self.assertEqual(self.log, [1, ("reason",)])
        consumer.kill()

    def test_generator_that_feeds_it_may_switch(self):
        source, target = channel(), channel()

        def forward():
            for item in source:
                yield item * 10

        self.start(target.send_sequence, forward())
        self.start(source.send_sequence, [1, 2])
        self.assertEqual([target.receive(), target.receive()], [10, 20])
        source.send_exception(StopIteration)
        stackless.run()

    def test_killed_in_the_middle(self):
        target = channel()
        sender = self.block(target.send_sequence, [1, 2, 3])
        self.assertEqual(target.receive(), 1)
        stackless.run()
        self.assertTrue(sender.blocked)
        sender.kill()
        self.assertEqual(target.balance, 0)


class CloseTest(StacklessTestCase):
    def test_open_at_first(self):
        self.assertIs(channel().closing, False)
        self.assertIs(channel().closed, False)

    def test_empty_channel_is_closed_at_once(self):
        subject = channel()
        self.assertIsNone(subject.close())
        self.assertIs(subject.closing, True)
        self.assertIs(subject.closed, True)

    def test_send_and_receive_on_a_closed_channel(self):
        closed = channel()
        closed.close()
        for action in (
            closed.receive,
            lambda: closed.send(1),
            lambda: closed.send_exception(KeyError),
            lambda: closed.send_throw(KeyError),
            lambda: closed.send_sequence([1]),
        ):
            with self.assertRaises(ValueError):
                action()
        self.assertEqual(closed.balance, 0)

    def test_waiting_senders_are_still_served(self):
        subject = channel()
        self.block(subject.send, "last")
        subject.close()
        self.assertIs(subject.closing, True)
        self.assertIs(subject.closed, False)
        self.assertEqual(subject.receive(), "last")
        self.assertIs(subject.closed, True)
        stackless.run()

    def test_waiting_receivers_are_still_served(self):
        subject = channel()
        receiver = self.block(subject.receive)
        subject.close()
        subject.send("last")
        self.assertFalse(receiver.alive)
        self.assertIs(subject.closed, True)

    def test_the_queue_does_not_grow_any_more(self):
        subject = channel()
        waiting = self.block(subject.send, "waiting")
        subject.close()
        with self.assertRaises(ValueError):
            subject.send("one more")
        self.assertEqual(subject.balance, 1)
        waiting.kill()

    def test_in_a_tasklet_the_error_is_raised_there(self):
        closed = channel()
        closed.close()

        def receive():
            try:
                closed.receive()
            except ValueError:
                self.log.append("closed")

        self.start(receive)
        stackless.run()
        self.assertEqual(self.log, ["closed"])

    def test_can_be_opened_again(self):
        subject = channel()
        subject.close()
        self.assertIsNone(subject.open())
        self.assertIs(subject.closing, False)
        self.start(subject.send, "value")
        self.assertEqual(subject.receive(), "value")
        stackless.run()

    def test_close_twice(self):
        subject = channel()
        subject.close()
        subject.close()
        self.assertIs(subject.closed, True)


class BlockTrapTest(StacklessTestCase):
    def test_blocking_raises_instead(self):
        subject = channel()
        stackless.getcurrent().block_trap = True
        with self.assertRaises(RuntimeError):
            subject.receive()
        with self.assertRaises(RuntimeError):
            subject.send("x")
        self.assertEqual(subject.balance, 0)
        self.assertFalse(stackless.getcurrent().blocked)

    def test_rendezvous_is_allowed(self):
        subject = channel()
        receiver, sender = self.block(subject.receive), None
        stackless.getcurrent().block_trap = True
        subject.send("x")
        self.assertFalse(receiver.alive)
        sender = self.block(subject.send, "y")
        self.assertEqual(subject.receive(), "y")
        stackless.run()
        self.assertFalse(sender.alive)

    def test_of_another_tasklet(self):
        subject = channel()

        def receive():
            try:
                subject.receive()
            except RuntimeError:
                self.log.append("trapped")

        tasklet_with_trap = tasklet(receive, ())
        tasklet_with_trap.block_trap = True
        tasklet_with_trap.insert()
        stackless.run()
        self.assertEqual(self.log, ["trapped"])
        self.assertEqual(subject.balance, 0)


class DeadlockTest(StacklessTestCase):
    def assert_deadlock(self, action):
        with self.assertRaises(RuntimeError) as caught:
            action()
        self.assertEqual(str(caught.exception), DEADLOCK)

    def assert_main_alone(self):
        main = stackless.getmain()
        self.assertFalse(main.blocked)
        self.assertEqual(run_queue(), [main])

    def test_lone_main_receives(self):
        subject = channel()
        self.assert_deadlock(subject.receive)
        self.assertEqual(subject.balance, 0)
        self.assert_main_alone()

    def test_lone_main_sends(self):
        subject = channel()
        self.assert_deadlock(lambda: subject.send("x"))
        self.assert_deadlock(lambda: subject.send_exception(ValueError))
        self.assertEqual(subject.balance, 0)
        self.assert_main_alone()

    def test_lone_main_iterates(self):
        subject = channel()
        self.assert_deadlock(lambda: next(subject))
        self.assertEqual(subject.balance, 0)

    def test_main_behind_blocked_tasklets(self):
        subject = channel()
        blocked = self.block(subject.receive)
        self.assert_deadlock(subject.receive)
        self.assertEqual(subject.balance, -1)
        self.assertIs(subject.queue, blocked)
        self.assert_main_alone()
        subject.send("x")

    def test_the_channel_works_on_afterwards(self):
        subject = channel()
        self.assert_deadlock(subject.receive)
        self.start(subject.send, "x")
        self.assertEqual(subject.receive(), "x")
        stackless.run()

    def test_last_other_tasklet_ends_while_main_waits(self):
        for action in ("receive", "send"):
            with self.subTest(action=action):
                subject = channel()
                self.start(self.note, "ends")
                with self.assertRaises(RuntimeError):
                    subject.receive() if action == "receive" else subject.send("x")
                self.assertEqual(subject.balance, 0)
                self.assert_main_alone()

    def test_last_other_tasklet_blocks_while_main_waits(self):
        mine, other = channel(), channel()
        blocking = self.start(other.receive)
        self.assert_deadlock(mine.receive)
        self.assertEqual(mine.balance, 0)
        self.assert_main_alone()
        blocking.kill()

    def test_last_tasklet_hears_of_it_and_can_wake_main(self):
        mine = channel()

        def last():
            try:
                channel().receive()
            except RuntimeError as error:
                mine.send(str(error))

        self.start(last)
        self.assertEqual(mine.receive(), DEADLOCK)
        stackless.run()

    def test_main_waits_as_long_as_others_can_run(self):
        subject = channel()

        def send_late():
            for _ in range(5):
                stackless.schedule()
            subject.send("late")

        self.start(send_late)
        self.assertEqual(subject.receive(), "late")
        stackless.run()


class MainIsWokenTest(StacklessTestCase):
    """A tasklet that blocks with nothing else to run makes the main tasklet runnable."""

    def test_from_run(self):
        blocked = self.start(channel().receive)
        self.assertIsNone(stackless.run())
        self.assertTrue(blocked.blocked)
        blocked.kill()

    def test_from_switch(self):
        blocked = self.start(channel().receive)
        blocked.switch()
        self.assertTrue(blocked.blocked)
        self.assertEqual(run_queue(), [stackless.getmain()])
        blocked.kill()

    def test_from_schedule_remove(self):
        blocked = self.start(channel().send, "x")
        self.assertEqual(stackless.schedule_remove("mine"), "mine")
        self.assertTrue(blocked.blocked)
        blocked.kill()

    def test_the_value_of_the_blocked_sender_does_not_leak_into_main(self):
        subject = channel()
        self.start(subject.send, "for the receiver")
        self.assertIsNone(stackless.run())
        self.assertEqual(subject.receive(), "for the receiver")
        stackless.run()

    def test_when_all_of_several_block(self):
        subject = channel()
        waiting = [self.start(subject.receive) for _ in range(3)]
        stackless.run()
        self.assertEqual(subject.balance, -3)
        for one in waiting:
            one.kill()


if __name__ == "__main__":
    unittest.main()
