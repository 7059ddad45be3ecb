"""Switches where C code stands between two Python frames, as in the key function of sorted().

Another tasklet than main cannot leave C code behind: the switch is refused, with the name of the
call, and the tasklet is unharmed. The main tasklet can, because the interpreter goes on on top of
its C stack.
"""

import functools
import re
import unittest

import stackless
from stackless import channel, schedule, schedule_remove, tasklet
from support import StacklessTestCase, run_queue

# Builtins that call a Python function with one argument from C, by the name a message has to tell.
CALLERS = {
    "sorted": lambda function: sorted([1], key=function),
    "max": lambda function: max([1], key=function),
    "sort": lambda function: [1].sort(key=function),
    "sub": lambda function: re.sub("x", function, "x"),
    "reduce": lambda function: functools.reduce(lambda _, item: function(item), [1, 2]),
}


def call_from_c(action):
    """Calls the action with C code between it and the caller."""
    return sorted([1], key=lambda item: action() or 0)


class TaskletTest(StacklessTestCase):
    def test_the_error_names_the_call(self):
        def refused(name, call):
            with self.assertRaisesRegex(RuntimeError, rf"\b{name}\b"):
                call(lambda item: schedule_remove())
            self.log.append(name)

        for name, call in CALLERS.items():
            self.start(refused, name, call)
        stackless.run()
        self.assertEqual(self.log, list(CALLERS))

    def test_every_switch_is_refused(self):
        meeting, waiting = channel(), channel()
        receiver = self.block(waiting.receive)
        paused = self.pause(schedule_remove)
        actions = [
            schedule,
            schedule_remove,
            stackless.run,
            meeting.receive,
            lambda: meeting.send("x"),
            lambda: meeting.send_exception(ValueError),
            lambda: next(meeting),
            lambda: waiting.send("x"),
            paused.run,
            paused.switch,
            paused.kill,
            lambda: paused.throw(ValueError),
            lambda: paused.raise_exception(ValueError),
            receiver.kill,
        ]

        def try_all():
            before = run_queue()
            for action in actions:
                with self.assertRaises(RuntimeError):
                    call_from_c(action)
                self.assertEqual(run_queue(), before)
                self.assertTrue(stackless.getcurrent().is_current)
                self.assertFalse(stackless.getcurrent().blocked)
                self.log.append("refused")

        self.start(try_all)
        self.start(self.note, "bystander")
        stackless.run()
        self.assertEqual(self.log, ["refused"] * len(actions) + ["bystander"])
        self.assertEqual((meeting.balance, waiting.balance), (0, -1))
        self.assertTrue(paused.paused)
        self.assertTrue(receiver.blocked)
        waiting.send("x")

    def test_the_tasklet_can_go_on(self):
        def key(item):
            try:
                schedule()
            except RuntimeError:
                self.log.append("refused")
            return -item

        def go_on():
            self.log.append(sorted([1, 2], key=key))
            schedule()
            self.log.append("scheduled")

        self.start(go_on)
        self.start(self.note, "bystander")
        stackless.run()
        self.assertEqual(self.log, ["refused", "refused", [2, 1], "bystander", "scheduled"])

    def test_uncaught_the_error_is_that_of_the_tasklet(self):
        failing = self.start(call_from_c, schedule)
        self.start(self.note, "bystander")
        with self.assertRaisesRegex(RuntimeError, "sorted"):
            stackless.run()
        self.assertFalse(failing.alive)
        stackless.run()
        self.assertEqual(self.log, ["bystander"])

    def test_the_target_is_unharmed(self):
        def wait():
            self.log.append(schedule_remove("unchanged"))

        target = self.pause(wait)
        self.start(call_from_c, target.kill)
        with self.assertRaises(RuntimeError):
            stackless.run()
        self.assertEqual(target.tempval, "unchanged")
        target.insert()
        stackless.run()
        self.assertEqual(self.log, ["unchanged"])

    def test_the_last_tasklet_cannot_wait_there_either(self):
        subject = channel()
        self.start(call_from_c, subject.receive)
        with self.assertRaisesRegex(RuntimeError, "sorted"):
            stackless.run()
        self.assertEqual(subject.balance, 0)

    def test_what_does_not_switch_is_allowed(self):
        waiting = channel()
        waiting.preference = 1
        receiver = self.block(waiting.receive)
        started = tasklet(self.note, ("started",))

        def act():
            schedule()
            waiting.send("x")
            started.insert()
            started.remove()
            started.kill(pending=True)
            self.log.append("acted")

        self.start(call_from_c, act)
        stackless.run()
        self.assertEqual(self.log, ["acted"])
        self.assertFalse(receiver.alive or started.alive)

    def test_nesting_level_tells(self):
        def look():
            self.log.append(stackless.getcurrent().nesting_level)

        def work():
            look()
            call_from_c(look)
            call_from_c(lambda: call_from_c(look))
            look()

        self.start(work)
        stackless.run()
        outside, inside, deeper, outside_again = self.log
        self.assertEqual((outside, outside_again), (0, 0))
        self.assertGreater(inside, 0)
        self.assertGreater(deeper, inside)

    def test_restorable_tells(self):
        def look():
            self.log.append(stackless.getcurrent().restorable)

        self.start(look)
        self.start(call_from_c, look)
        stackless.run()
        self.assertEqual(self.log, [True, False])


class MainTest(StacklessTestCase):
    def test_run(self):
        for name, call in CALLERS.items():
            with self.subTest(caller=name):
                self.start(self.note, name)
                call(lambda item: str(stackless.run()))
        self.assertEqual(self.log, list(CALLERS))

    def test_schedule(self):
        self.start(self.note, "other")
        call_from_c(lambda: self.log.append(schedule("back")))
        self.assertEqual(self.log, ["other", "back"])

    def test_receive(self):
        meeting = channel()
        self.start(meeting.send_sequence, [2, 3, 1])
        self.assertEqual(sorted("abc", key=lambda item: meeting.receive()), ["c", "a", "b"])
        stackless.run()

    def test_send(self):
        meeting = channel()

        def receive():
            for _ in range(3):
                self.log.append(meeting.receive())

        self.start(receive)
        sorted([3, 1, 2], key=lambda item: meeting.send(item) or item)
        self.assertEqual(self.log, [3, 1, 2])

    def test_channel_driven_by_a_builtin(self):
        meeting = channel()

        def produce():
            meeting.send_sequence([1, 2, 3])
            meeting.send_exception(StopIteration)

        self.start(produce)
        self.assertEqual(list(meeting), [1, 2, 3])
        stackless.run()
        self.start(produce)
        self.assertEqual(sum(meeting), 6)
        stackless.run()

    def test_generator_driven_by_a_builtin(self):
        def generator():
            yield schedule(1)
            yield schedule(2)

        self.start(self.note, "first")
        self.assertEqual(list(generator()), [1, 2])
        self.assertEqual(self.log, ["first"])

    def test_twice_in_c_code(self):
        self.start(self.note, "inner")
        call_from_c(lambda: call_from_c(lambda: self.log.append(stackless.run())))
        self.assertEqual(self.log, ["inner", None])

    def test_again_and_again(self):
        meeting = channel()

        def echo():
            while True:
                meeting.send(meeting.receive() + 1)

        echoing = self.start(echo)

        def ask(number):
            meeting.send(number)
            return meeting.receive()

        for number in range(200):
            self.assertEqual(max([number], key=ask), number)
        echoing.kill()

    def test_tasklet_begun_inside_ends_outside(self):
        meeting = channel()

        def work():
            self.log.append("begun")
            self.log.append(meeting.receive())

        self.start(work)
        call_from_c(stackless.run)
        self.log.append("outside")
        meeting.send("ended")
        self.assertEqual(self.log, ["begun", "outside", "ended"])

    def test_tasklet_begun_outside_ends_inside(self):
        meeting = channel()

        def work():
            self.log.append(meeting.receive())

        self.block(work)
        call_from_c(lambda: meeting.send("ended"))
        self.assertEqual(self.log, ["ended"])

    def test_tasklet_that_lives_through_levels(self):
        def work():
            for number in range(6):
                self.log.append(number)
                schedule()

        self.start(work)
        schedule()
        call_from_c(lambda: (schedule(), call_from_c(schedule), schedule()) and None)
        schedule()
        self.assertEqual(self.log, [0, 1, 2, 3, 4])
        stackless.run()

    def test_error_of_a_tasklet_comes_through_the_c_code(self):
        def fail():
            raise ValueError("reason")

        self.start(fail)
        with self.assertRaisesRegex(ValueError, "reason"):
            call_from_c(stackless.run)
        self.assertEqual(run_queue(), [stackless.getmain()])

    def test_deadlock_is_noticed(self):
        subject = channel()
        with self.assertRaisesRegex(RuntimeError, "Deadlock"):
            call_from_c(subject.receive)
        self.assertEqual(subject.balance, 0)

    def test_tasklets_are_not_nested_because_main_is(self):
        def look():
            schedule()
            self.log.append(stackless.getcurrent().nesting_level)

        self.start(look)
        self.start(look)
        call_from_c(stackless.run)
        self.assertEqual(self.log, [0, 0])

    def test_tasklet_killed_from_inside(self):
        def wait():
            try:
                schedule_remove()
            finally:
                self.log.append("finally")

        waiting = self.pause(wait)
        call_from_c(waiting.kill)
        self.assertEqual(self.log, ["finally"])
        self.assertFalse(waiting.alive)


if __name__ == "__main__":
    unittest.main()
