"""Making tasklets: the constructor, bind(), setup(), and what a tasklet may be made of."""

import functools
import unittest

import stackless
from stackless import schedule_remove, tasklet
from support import StacklessTestCase, needs_soft_switching


class ConstructorTest(StacklessTestCase):
    def record(self, *args, **kwargs):
        self.log.append((args, kwargs))

    def test_without_arguments_makes_an_unbound_tasklet(self):
        self.assertFalse(tasklet().alive)

    def test_function_alone_is_not_alive_yet(self):
        bound = tasklet(self.record)
        self.assertFalse(bound.alive)
        self.assertFalse(bound.scheduled)

    def test_call_puts_it_in_the_run_queue(self):
        started = tasklet(self.record)(1, 2, key=3)
        self.assertTrue(started.scheduled)
        self.assertEqual(self.log, [])
        stackless.run()
        self.assertEqual(self.log, [((1, 2), {"key": 3})])

    def test_call_returns_the_tasklet(self):
        bound = tasklet(self.record)
        self.assertIs(bound(), bound)
        stackless.run()

    def test_setup_is_the_same_as_call(self):
        bound = tasklet(self.record)
        self.assertIs(bound.setup(1, key=2), bound)
        self.assertTrue(bound.scheduled)
        stackless.run()
        self.assertEqual(self.log, [((1,), {"key": 2})])

    def test_arguments_to_the_constructor_do_not_schedule(self):
        ready = tasklet(self.record, (1,), {"key": 2})
        self.assertTrue(ready.paused)
        stackless.run()
        self.assertEqual(self.log, [])
        ready.insert()
        stackless.run()
        self.assertEqual(self.log, [((1,), {"key": 2})])

    def test_arguments_may_be_given_by_name(self):
        tasklet(func=self.record, args=(1,)).insert()
        tasklet(self.record, kwargs={"key": 2}).insert()
        stackless.run()
        self.assertEqual(self.log, [((1,), {}), ((), {"key": 2})])

    def test_empty_argument_tuple_makes_it_alive(self):
        self.assertTrue(tasklet(self.record, ()).alive)

    def test_nobody_needs_to_keep_a_scheduled_tasklet(self):
        tasklet(self.record)("kept by the queue")
        stackless.run()
        self.assertEqual(self.log, [(("kept by the queue",), {})])


class BadInputTest(StacklessTestCase):
    def test_function_must_be_callable(self):
        for function in (1, "print", [], object()):
            with self.subTest(function=function), self.assertRaises(TypeError):
                tasklet(function)

    def test_bind_wants_a_callable_too(self):
        with self.assertRaises(TypeError):
            tasklet().bind(1)

    def test_arguments_must_be_a_tuple(self):
        with self.assertRaises(TypeError):
            tasklet(print, [1])

    def test_keyword_arguments_must_be_a_dict(self):
        with self.assertRaises(TypeError):
            tasklet(print, (), [("key", 1)])

    def test_too_many_constructor_arguments(self):
        with self.assertRaises(TypeError):
            tasklet(print, (), {}, 4)

    def test_arguments_without_a_function(self):
        with self.assertRaises(RuntimeError):
            tasklet(None, (1,))
        with self.assertRaises(RuntimeError):
            tasklet().bind(None, (1,))
        with self.assertRaises(RuntimeError):
            tasklet().bind(None, None, {"key": 1})

    def test_setup_without_a_function(self):
        with self.assertRaises(RuntimeError):
            tasklet()()
        with self.assertRaises(RuntimeError):
            tasklet().setup(1)

    def test_a_refused_bind_leaves_the_tasklet_as_it_was(self):
        bound = tasklet(self.note)
        with self.assertRaises(TypeError):
            bound.bind(1)
        bound("still bound")
        stackless.run()
        self.assertEqual(self.log, ["still bound"])

    def test_call_of_a_live_tasklet(self):
        started = self.start(self.note, "once")
        with self.assertRaises(RuntimeError):
            started("twice")
        with self.assertRaises(RuntimeError):
            started.setup("twice")
        stackless.run()
        self.assertEqual(self.log, ["once"])

    def test_wrong_arguments_of_the_function_are_its_own_error(self):
        def takes_one(argument):
            pass

        with self.assertRaises(TypeError):
            tasklet(takes_one)()
            stackless.run()


class BindTest(StacklessTestCase):
    def stop_halfway(self):
        try:
            self.log.append("first half")
            schedule_remove()
            self.log.append("second half")
        finally:
            self.log.append("finally")

    def test_returns_the_tasklet(self):
        unbound = tasklet()
        self.assertIs(unbound.bind(self.note), unbound)
        self.assertIs(unbound.bind(self.note, ("x",)), unbound)
        self.assertIs(unbound.bind(), unbound)

    def test_arguments_for_a_function_bound_before(self):
        bound = tasklet(self.note)
        bound.bind(None, ("x",))
        self.assertTrue(bound.paused)
        bound.insert()
        stackless.run()
        self.assertEqual(self.log, ["x"])

    def test_does_not_schedule(self):
        tasklet().bind(self.note, ("x",))
        stackless.run()
        self.assertEqual(self.log, [])

    def test_an_ended_tasklet_can_be_bound_and_run_again(self):
        again = self.start(self.note, "first life")
        stackless.run()
        again.bind(self.note)("second life")
        stackless.run()
        self.assertEqual(self.log, ["first life", "second life"])

    @needs_soft_switching
    def test_a_paused_tasklet_can_be_rebound(self):
        paused = self.pause(self.stop_halfway)
        paused.bind(self.note, ("rebound",))
        paused.insert()
        stackless.run()
        self.assertEqual(self.log, ["first half", "rebound"])

    @needs_soft_switching
    def test_none_unbinds_without_running_finally(self):
        paused = self.pause(self.stop_halfway)
        paused.bind(None)
        self.assertFalse(paused.alive)
        self.assertIsNone(paused.frame)
        self.assertEqual(self.log, ["first half"])

    @needs_soft_switching
    def test_bind_arguments_alone_leaves_a_started_tasklet_as_it_is(self):
        paused = self.pause(stackless.schedule_remove)
        for tempval in (paused, self.note, 1):
            with self.subTest(tempval=tempval):
                paused.tempval = tempval
                with self.assertRaisesRegex(RuntimeError, "no function"):
                    paused.bind(args=("x",))
                self.assertTrue(paused.alive)
                self.assertIs(paused.tempval, tempval)

    def test_bind_arguments_alone_keeps_a_tempval_that_is_no_function(self):
        unbound = tasklet()
        unbound.tempval = 1
        for bind in (lambda: unbound.bind(args=()), unbound.setup):
            with self.assertRaisesRegex(RuntimeError, "no function"):
                bind()
            self.assertEqual(unbound.tempval, 1)

    def test_none_unbinds_what_never_ran(self):
        ready = tasklet(self.note, ("x",))
        ready.bind(None)
        self.assertFalse(ready.alive)
        with self.assertRaises(RuntimeError):
            ready.insert()

    def test_a_scheduled_tasklet_cannot_be_rebound(self):
        started = self.start(self.note, "x")
        with self.assertRaises(RuntimeError):
            started.bind(print)
        with self.assertRaises(RuntimeError):
            started.bind(None)
        stackless.run()
        self.assertEqual(self.log, ["x"])

    def test_a_blocked_tasklet_cannot_be_rebound(self):
        blocked = self.block(stackless.channel().receive)
        with self.assertRaises(RuntimeError):
            blocked.bind(print)
        blocked.kill()

    def test_the_current_tasklet_cannot_be_rebound(self):
        def rebind_myself():
            with self.assertRaises(RuntimeError):
                stackless.getcurrent().bind(print)
            self.log.append("refused")

        self.start(rebind_myself)
        stackless.run()
        self.assertEqual(self.log, ["refused"])

    def test_the_main_tasklet_cannot_be_unbound(self):
        def unbind_main():
            with self.assertRaises(RuntimeError):
                stackless.getmain().bind(None)
            self.log.append("refused")

        self.start(unbind_main)
        stackless.run()
        self.assertEqual(self.log, ["refused"])


class CallableTest(StacklessTestCase):
    """A tasklet runs whatever can be called."""

    def run_alone(self, function, *args, **kwargs):
        started = tasklet(function)(*args, **kwargs)
        stackless.run()
        self.assertFalse(started.alive)

    def test_function_with_all_kinds_of_parameters(self):
        def function(first, /, second, *rest, named, optional=5, **others):
            self.log.append((first, second, rest, named, optional, others))

        self.run_alone(function, 1, 2, 3, named=4, other=6)
        self.assertEqual(self.log, [(1, 2, (3,), 4, 5, {"other": 6})])

    def test_closure(self):
        count = 0

        def increment():
            nonlocal count
            count += 1

        self.run_alone(increment)
        self.assertEqual(count, 1)

    def test_lambda(self):
        self.run_alone(lambda: self.log.append("lambda"))
        self.assertEqual(self.log, ["lambda"])

    def test_bound_method(self):
        self.run_alone(self.note, "bound method")
        self.assertEqual(self.log, ["bound method"])

    def test_static_and_class_methods(self):
        class Owner:
            seen = []

            @classmethod
            def of_class(cls, value):
                cls.seen.append(value)

            @staticmethod
            def static(value):
                Owner.seen.append(value)

        self.run_alone(Owner.of_class, 1)
        self.run_alone(Owner.static, 2)
        self.assertEqual(Owner.seen, [1, 2])

    def test_builtin(self):
        self.run_alone(self.log.extend, [1, 2])
        self.assertEqual(self.log, [1, 2])

    def test_builtin_with_keywords(self):
        numbers = [1, 3, 2]
        self.run_alone(numbers.sort, reverse=True)
        self.assertEqual(numbers, [3, 2, 1])

    def test_callable_instance(self):
        class Callable:
            def __call__(this, value):
                self.log.append(value)

        self.run_alone(Callable(), "instance")
        self.assertEqual(self.log, ["instance"])

    def test_partial(self):
        self.run_alone(functools.partial(self.note, "partial"))
        self.assertEqual(self.log, ["partial"])

    def test_class(self):
        class Thing:
            def __init__(this, value):
                self.log.append(value)

        self.run_alone(Thing, "class")
        self.assertEqual(self.log, ["class"])

    def test_builtin_class(self):
        self.run_alone(dict, key=1)

    def test_generator_function_just_makes_a_generator(self):
        def generator():
            self.log.append("started")
            yield

        self.run_alone(generator)
        self.assertEqual(self.log, [])

    def test_builtin_that_blocks(self):
        channel = stackless.channel()
        receiver = self.start(channel.receive)
        stackless.run()
        self.assertTrue(receiver.blocked)
        self.assertEqual(receiver.nesting_level, 0)
        channel.send("x")
        self.assertFalse(receiver.alive)

    def test_builtin_that_schedules(self):
        scheduler = self.start(stackless.schedule)
        self.start(self.note, "next")
        stackless.run()
        self.assertFalse(scheduler.alive)
        self.assertEqual(self.log, ["next"])

    def test_error_in_a_builtin(self):
        self.start([].pop)
        with self.assertRaises(IndexError):
            stackless.run()

    def test_one_function_in_many_tasklets(self):
        def countdown(name, count):
            while count:
                self.log.append((name, count))
                count -= 1
                stackless.schedule()

        self.start(countdown, "a", 2)
        self.start(countdown, "b", 3)
        stackless.run()
        self.assertEqual(self.log, [("a", 2), ("b", 3), ("a", 1), ("b", 2), ("b", 1)])

    def test_the_result_of_the_function_is_dropped(self):
        self.start(lambda: "result")
        self.assertIsNone(stackless.run())


if __name__ == "__main__":
    unittest.main()
