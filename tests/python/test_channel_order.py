"""Who runs when after a channel action: preference and schedule_all.

The run queue is a ring with the current tasklet at its head. Each test lets one tasklet act on a
channel at which a partner waits, while a bystander stands in the queue, and looks at the order of
events.
"""

import unittest

import stackless
from stackless import channel
from support import StacklessTestCase, run_queue


class OrderTest(StacklessTestCase):
    def setUp(self):
        super().setUp()
        self.channel = channel()

    def sender(self):
        self.log.append("sends")
        self.channel.send("value")
        self.log.append("sent")

    def receiver(self):
        self.log.append("receives")
        self.channel.receive()
        self.log.append("received")

    def events(self, waiting, acting, preference=-1, schedule_all=False):
        """The events after `acting` finds `waiting` at the channel, a bystander behind it."""
        self.block(waiting)
        self.channel.preference = preference
        self.channel.schedule_all = schedule_all
        self.log.clear()
        self.start(acting)
        self.start(self.note, "bystander")
        stackless.run()
        return self.log


class SendTest(OrderTest):
    """A sender finds a waiting receiver."""

    def test_prefer_receiver(self):
        events = self.events(self.receiver, self.sender)
        self.assertEqual(events, ["sends", "received", "bystander", "sent"])

    def test_prefer_sender(self):
        events = self.events(self.receiver, self.sender, preference=1)
        self.assertEqual(events, ["sends", "sent", "bystander", "received"])

    def test_prefer_neither(self):
        events = self.events(self.receiver, self.sender, preference=0)
        self.assertEqual(events, ["sends", "sent", "bystander", "received"])

    def test_schedule_all(self):
        for preference in (-1, 0, 1):
            with self.subTest(preference=preference):
                events = self.events(self.receiver, self.sender, preference, schedule_all=True)
                self.assertEqual(events, ["sends", "bystander", "received", "sent"])


class ReceiveTest(OrderTest):
    """A receiver finds a waiting sender."""

    def test_prefer_receiver(self):
        events = self.events(self.sender, self.receiver)
        self.assertEqual(events, ["receives", "received", "bystander", "sent"])

    def test_prefer_sender(self):
        events = self.events(self.sender, self.receiver, preference=1)
        self.assertEqual(events, ["receives", "sent", "bystander", "received"])

    def test_prefer_neither(self):
        events = self.events(self.sender, self.receiver, preference=0)
        self.assertEqual(events, ["receives", "received", "bystander", "sent"])

    def test_schedule_all(self):
        for preference in (-1, 0, 1):
            with self.subTest(preference=preference):
                events = self.events(self.sender, self.receiver, preference, schedule_all=True)
                self.assertEqual(events, ["receives", "bystander", "sent", "received"])


class RingTest(OrderTest):
    """The ring itself, as the tasklets see it."""

    def look(self):
        self.log.append(run_queue())

    def receive_and_look(self):
        self.channel.receive()
        self.look()

    def send_and_look(self):
        self.channel.send("value")
        self.look()

    def test_preferred_receiver_heads_the_ring_and_the_sender_ends_it(self):
        main = stackless.getmain()
        receiver = self.block(self.receive_and_look)
        bystander = self.start(self.note, "bystander")
        self.channel.send("value")
        self.assertEqual(self.log, [[receiver, bystander, main], "bystander"])

    def test_receiver_that_finds_a_sender_appends_it(self):
        main = stackless.getmain()
        sender = self.block(self.sender)
        bystander = self.start(self.note, "bystander")
        self.channel.receive()
        self.assertEqual(run_queue(), [main, bystander, sender])
        stackless.run()

    def test_preferred_sender_heads_the_ring_and_the_receiver_ends_it(self):
        self.channel.preference = 1
        main = stackless.getmain()
        sender = self.block(self.send_and_look)
        bystander = self.start(self.note, "bystander")
        self.channel.receive()
        self.assertEqual(self.log, [[sender, bystander, main], "bystander"])

    def test_sender_that_is_preferred_appends_the_receiver(self):
        self.channel.preference = 1
        main = stackless.getmain()
        receiver = self.block(self.receiver)
        bystander = self.start(self.note, "bystander")
        self.channel.send("value")
        self.assertEqual(run_queue(), [main, bystander, receiver])
        stackless.run()

    def test_schedule_all_with_nobody_else_runs_the_partner(self):
        self.channel.schedule_all = True
        main = stackless.getmain()
        receiver = self.block(self.receive_and_look)
        self.channel.send("value")
        self.assertEqual(self.log, [[receiver, main]])

    def test_who_blocks_leaves_the_ring_to_the_next(self):
        blocking = self.start(self.receiver)
        looking = self.start(self.look)
        stackless.run()
        self.assertEqual(self.log, ["receives", [looking]])
        blocking.kill()

    def test_exceptions_travel_by_the_same_rules(self):
        def catch():
            try:
                self.channel.receive()
            except ValueError:
                self.log.append("caught")

        def throw():
            self.channel.send_exception(ValueError)
            self.log.append("thrown")

        self.block(catch)
        self.start(throw)
        self.start(self.note, "bystander")
        stackless.run()
        self.assertEqual(self.log, ["caught", "bystander", "thrown"])


class PumpTest(OrderTest):
    """The idioms that preferences are for."""

    def test_sender_preference_wakes_all_receivers_before_any_runs(self):
        self.channel.preference = 1
        for _ in range(3):
            self.block(self.receiver)
        self.log.clear()
        while self.channel.balance < 0:
            self.channel.send(None)
        self.assertEqual(self.log, [])
        stackless.run()
        self.assertEqual(self.log, ["received"] * 3)

    def test_receiver_preference_collects_all_values_before_any_sender_runs(self):
        for _ in range(3):
            self.block(self.sender)
        self.log.clear()
        while self.channel.balance > 0:
            self.channel.receive()
        self.assertEqual(self.log, [])
        stackless.run()
        self.assertEqual(self.log, ["sent"] * 3)

    def test_producer_and_consumer_take_turns_whoever_starts(self):
        def produce():
            for number in range(3):
                self.log.append(f"sends {number}")
                self.channel.send(number)

        def consume():
            for _ in range(3):
                number = self.channel.receive()
                self.log.append(f"received {number}")

        for first, second in ((produce, consume), (consume, produce)):
            with self.subTest(first=first.__name__):
                self.log.clear()
                self.start(first)
                self.start(second)
                stackless.run()
                self.assertEqual(
                    self.log,
                    ["sends 0", "received 0", "sends 1", "received 1", "sends 2", "received 2"],
                )


if __name__ == "__main__":
    unittest.main()
