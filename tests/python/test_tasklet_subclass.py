"""Classes derived from tasklet and channel."""

import unittest
import weakref

import stackless
from support import StacklessTestCase


class Named(stackless.tasklet):
    def __init__(self, name, func=None, *args):
        super().__init__(func, *args)
        self.name = name

    def __repr__(self):
        return f"<{self.name}>"


class Slotted(stackless.tasklet):
    __slots__ = ("name",)


class TaskletSubclassTest(StacklessTestCase):
    def test_own_init_and_attributes(self):
        named = Named("worker", self.note)
        self.assertEqual(named.name, "worker")
        self.assertIs(named("ran"), named)
        stackless.run()
        self.assertEqual(self.log, ["ran"])

    def test_own_init_with_arguments_for_the_function(self):
        named = Named("worker", self.note, ("ran",))
        self.assertTrue(named.paused)
        named.insert()
        stackless.run()
        self.assertEqual(self.log, ["ran"])

    def test_init_that_forgets_its_base_leaves_the_tasklet_unbound(self):
        class Forgetful(stackless.tasklet):
            def __init__(self, func):
                pass

        forgetful = Forgetful(self.note)
        with self.assertRaises(RuntimeError):
            forgetful("x")
        forgetful.bind(self.note)("bound later")
        stackless.run()
        self.assertEqual(self.log, ["bound later"])

    def test_own_new(self):
        class Counted(stackless.tasklet):
            made = 0

            def __new__(cls, *args):
                cls.made += 1
                return super().__new__(cls, *args)

        Counted(self.note)("x")
        stackless.run()
        self.assertEqual(Counted.made, 1)
        self.assertEqual(self.log, ["x"])

    def test_own_repr(self):
        self.assertEqual(repr(Named("worker")), "<worker>")

    def test_the_current_tasklet_is_the_instance(self):
        def introduce():
            self.log.append(stackless.getcurrent().name)

        Named("worker", introduce)()
        stackless.run()
        self.assertEqual(self.log, ["worker"])

    def test_neighbours_are_the_instances(self):
        first, second = Named("first", self.note)(1), Named("second", self.note)(2)
        self.assertIs(first.next, second)
        self.assertEqual(second.prev.name, "first")
        stackless.run()

    def test_slots(self):
        slotted = Slotted(self.note)
        slotted.name = "slotted"
        self.assertEqual(slotted.name, "slotted")
        with self.assertRaises(AttributeError):
            slotted.other = 1
        slotted("ran")
        stackless.run()
        self.assertEqual(self.log, ["ran"])

    def test_weak_references(self):
        for kind in (stackless.tasklet, Slotted, lambda: Named("x")):
            one = kind()
            reference = weakref.ref(one)
            self.assertIs(reference(), one)
            del one
            self.assertIsNone(reference())

    def test_dynamic_attributes_stay_while_it_is_paused(self):
        def wait():
            stackless.getcurrent().progress = "half"
            stackless.schedule_remove()
            self.log.append(stackless.getcurrent().progress)

        named = Named("worker", wait)()
        stackless.run()
        self.assertEqual(named.progress, "half")
        named.progress = "full"
        named.insert()
        stackless.run()
        self.assertEqual(self.log, ["full"])

    def test_overridden_method(self):
        class Logging(stackless.tasklet):
            def insert(this):
                self.log.append("insert")
                return super().insert()

        logging = Logging(self.note, ("ran",))
        self.assertIs(logging.insert(), logging)
        stackless.run()
        self.assertEqual(self.log, ["insert", "ran"])

    def test_run_through_super_switches(self):
        class Polite(stackless.tasklet):
            def run(this):
                self.log.append("run")
                return super().run()

        def caller(polite):
            polite.run()
            self.log.append("back")

        self.start(caller, Polite(self.note, ("ran",)))
        stackless.run()
        self.assertEqual(self.log, ["run", "ran", "back"])

    def test_instances_are_hashable_and_equal_to_themselves_only(self):
        one, other = Named("same"), Named("same")
        self.assertEqual(len({one, other, one}), 2)
        self.assertNotEqual(one, other)

    def test_del_method_is_called(self):
        class Mortal(stackless.tasklet):
            def __del__(this):
                self.log.append("gone")

        Mortal()
        self.assertEqual(self.log, ["gone"])


class ChannelSubclassTest(StacklessTestCase):
    def test_own_init_and_attributes(self):
        class Mailbox(stackless.channel):
            def __init__(self, owner):
                super().__init__()
                self.owner = owner

        mailbox = Mailbox("me")
        self.start(mailbox.send, "mail")
        self.assertEqual(mailbox.receive(), "mail")
        self.assertEqual(mailbox.owner, "me")
        stackless.run()

    def test_slots(self):
        class Slotted(stackless.channel):
            __slots__ = ("name",)

        slotted = Slotted()
        slotted.name = "slotted"
        with self.assertRaises(AttributeError):
            slotted.other = 1

    def test_a_channel_has_no_other_attributes(self):
        with self.assertRaises(AttributeError):
            stackless.channel().no_such_attribute = 1

    def test_overridden_send_and_receive_switch_through_super(self):
        class Doubling(stackless.channel):
            def send(self, value):
                return super().send(value * 2)

            def receive(self):
                return super().receive() + 1

        doubling = Doubling()
        receiver = self.start(lambda: self.log.append(doubling.receive()))
        sender = self.start(lambda: doubling.send(10))
        stackless.run()
        self.assertEqual(self.log, [21])
        self.assertFalse(receiver.alive or sender.alive)

    def test_the_instance_is_what_a_blocked_tasklet_names(self):
        class Mailbox(stackless.channel):
            pass

        mailbox = Mailbox()
        blocked = self.block(mailbox.receive)
        self.assertIs(blocked._channel, mailbox)
        mailbox.send("x")

    def test_weak_references(self):
        class Mailbox(stackless.channel):
            pass

        for kind in (stackless.channel, Mailbox):
            one = kind()
            reference = weakref.ref(one)
            self.assertIs(reference(), one)
            del one
            self.assertIsNone(reference())


if __name__ == "__main__":
    unittest.main()
