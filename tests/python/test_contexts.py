"""Context variables: each tasklet has a context of its own."""

import contextvars
import unittest

import stackless
from stackless import channel, schedule, schedule_remove, tasklet
from support import StacklessTestCase

variable = contextvars.ContextVar("variable", default="default")


class ContextTestCase(StacklessTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(variable.reset, variable.set("main"))

    def note_variable(self):
        self.log.append(variable.get())


class OwnContextTest(ContextTestCase):
    def test_begins_with_the_values_where_it_was_bound(self):
        self.start(self.note_variable)
        stackless.run()
        self.assertEqual(self.log, ["main"])

    def test_begins_with_the_values_of_the_tasklet_that_bound_it(self):
        def parent():
            variable.set("parent")
            self.start(self.note_variable)

        self.start(parent)
        stackless.run()
        self.assertEqual(self.log, ["parent"])

    def test_its_changes_stay_inside(self):
        def change():
            variable.set("changed")
            schedule()
            self.note_variable()

        self.start(change)
        self.start(self.note_variable)
        schedule()
        self.assertEqual(variable.get(), "main")
        stackless.run()
        self.assertEqual(self.log, ["main", "changed"])
        self.assertEqual(variable.get(), "main")

    def test_changes_outside_do_not_get_in(self):
        self.start(self.note_variable)
        variable.set("changed later")
        stackless.run()
        self.assertEqual(self.log, ["main"])

    def test_survives_every_kind_of_switch(self):
        meeting = channel()

        def worker(name):
            variable.set(name)
            for switch in (schedule, schedule_remove, meeting.receive):
                switch()
                self.note_variable()

        workers = [self.start(worker, name) for name in "ab"]
        stackless.run()
        for one in workers:
            one.insert()
        stackless.run()
        meeting.send(None)
        meeting.send(None)
        self.assertEqual(self.log, ["a", "b"] * 3)

    def test_tokens_work_across_switches(self):
        def change_and_reset():
            token = variable.set("changed")
            schedule()
            variable.reset(token)
            self.note_variable()

        self.start(change_and_reset)
        stackless.run()
        self.assertEqual(self.log, ["main"])

    def test_main_has_its_own_back_after_an_error(self):
        def fail():
            variable.set("changed")
            raise ValueError

        self.start(fail)
        with self.assertRaises(ValueError):
            stackless.run()
        self.assertEqual(variable.get(), "main")

    def test_rebinding_copies_anew(self):
        again = self.start(self.note_variable)
        stackless.run()
        variable.set("second time")
        again.bind(self.note_variable)()
        stackless.run()
        self.assertEqual(self.log, ["main", "second time"])

    def test_killed_tasklet_cleans_up_in_its_context(self):
        def wait():
            variable.set("mine")
            try:
                schedule_remove()
            finally:
                self.note_variable()

        self.pause(wait).kill()
        self.assertEqual(self.log, ["mine"])
        self.assertEqual(variable.get(), "main")


class SetContextTest(ContextTestCase):
    def setUp(self):
        super().setUp()
        self.context = contextvars.Context()
        self.context.run(variable.set, "given")

    def test_tasklet_runs_in_the_given_context(self):
        bound = tasklet(self.note_variable)
        self.assertIs(bound.set_context(self.context), bound)
        bound()
        stackless.run()
        self.assertEqual(self.log, ["given"])

    def test_its_changes_can_be_seen_there(self):
        changing = self.start(variable.set, "changed")
        changing.set_context(self.context)
        stackless.run()
        self.assertEqual(self.context[variable], "changed")

    def test_of_a_paused_tasklet(self):
        def wait():
            schedule_remove()
            self.note_variable()

        waiting = self.pause(wait)
        waiting.set_context(self.context)
        waiting.insert()
        stackless.run()
        self.assertEqual(self.log, ["given"])

    def test_of_a_blocked_tasklet(self):
        meeting = channel()

        def wait():
            meeting.receive()
            self.note_variable()

        self.block(wait).set_context(self.context)
        meeting.send(None)
        self.assertEqual(self.log, ["given"])

    def test_of_the_current_tasklet(self):
        def change():
            stackless.getcurrent().set_context(self.context)
            self.note_variable()
            schedule()
            self.note_variable()

        self.start(change)
        stackless.run()
        self.assertEqual(self.log, ["given", "given"])
        self.assertEqual(variable.get(), "main")

    def test_two_tasklets_may_share_one(self):
        def change():
            variable.set("shared")
            schedule()

        self.start(change).set_context(self.context)
        self.start(self.note_variable).set_context(self.context)
        stackless.run()
        self.assertEqual(self.log, ["shared"])

    def test_must_be_a_context(self):
        for bad in (None, {}, variable):
            with self.subTest(bad=bad), self.assertRaises(TypeError):
                tasklet().set_context(bad)

    def test_is_refused_inside_the_run_of_a_context(self):
        def change():
            with self.assertRaises(RuntimeError):
                stackless.getcurrent().set_context(self.context)
            self.note_variable()

        contextvars.copy_context().run(change)
        self.assertEqual(self.log, ["main"])


class ContextRunTest(ContextTestCase):
    def test_calls_in_the_context_of_the_tasklet(self):
        def wait():
            variable.set("waiting")
            schedule_remove()

        self.assertEqual(self.pause(wait).context_run(variable.get), "waiting")
        self.assertEqual(variable.get(), "main")

    def test_changes_are_seen_by_the_tasklet(self):
        started = self.start(self.note_variable)
        started.context_run(variable.set, "prepared")
        self.assertEqual(variable.get(), "main")
        stackless.run()
        self.assertEqual(self.log, ["prepared"])

    def test_passes_arguments(self):
        def function(*args, **kwargs):
            return args, kwargs

        self.assertEqual(tasklet(print).context_run(function, 1, key=2), ((1,), {"key": 2}))

    def test_exceptions_pass_through(self):
        bound = tasklet(print)
        with self.assertRaises(ZeroDivisionError):
            bound.context_run(divmod, 1, 0)
        self.assertEqual(variable.get(), "main")

    def test_of_the_current_tasklet(self):
        stackless.getcurrent().context_run(variable.set, "changed")
        self.assertEqual(variable.get(), "changed")

    def test_needs_a_callable(self):
        with self.assertRaises(TypeError):
            tasklet(print).context_run()
        with self.assertRaises(TypeError):
            tasklet(print).context_run("not callable")

    def test_across_switches(self):
        """The one that calls is in the other's context; each goes on in its own."""

        def wait(name):
            variable.set(name)
            schedule_remove()
            self.note_variable()

        def call():
            variable.set("caller")
            paused.context_run(use)
            self.note_variable()

        def use():
            self.note_variable()
            schedule()
            self.note_variable()
            variable.set("changed")
            schedule()

        paused = self.pause(wait, "paused")
        self.start(call)
        self.start(self.note_variable)
        schedule()
        self.note_variable()
        schedule()
        paused.run()
        stackless.run()
        self.assertEqual(self.log, ["paused", "main", "main", "paused", "changed", "caller"])

    def test_ended_by_an_error_after_a_switch(self):
        def call():
            variable.set("caller")
            with self.assertRaises(ZeroDivisionError):
                tasklet(print).context_run(fail)
            self.note_variable()

        def fail():
            schedule()
            1 / 0

        self.start(call)
        stackless.run()
        self.assertEqual(self.log, ["caller"])

    def test_given_context_is_not_entered(self):
        """So that several may be in the same one; Context.run() refuses that."""
        context = contextvars.copy_context()

        def call():
            stackless.getcurrent().context_run(schedule)

        for _ in range(2):
            self.start(call).set_context(context)
        stackless.run()
        context.run(variable.set, "free again")


class DecimalTest(ContextTestCase):
    """The context of decimal is a context variable, of the module in C and of the one in Python."""

    def check(self, decimal):
        def divide(digits):
            with decimal.localcontext() as context:
                context.prec = digits
                schedule()
                self.log.append(str(decimal.Decimal(1) / 3))
                schedule()
                self.log.append(decimal.getcontext().prec)
            self.log.append(decimal.getcontext().prec)

        before = decimal.getcontext().prec
        for digits in (2, 4):
            self.start(divide, digits)
        schedule()
        self.assertEqual(decimal.getcontext().prec, before)
        stackless.run()
        self.assertEqual(self.log, ["0.33", "0.3333", 2, before, 4, before])
        self.assertEqual(decimal.getcontext().prec, before)

    def check_changes_in_place(self, decimal):
        def change(digits):
            decimal.setcontext(decimal.Context(prec=digits))
            schedule()
            decimal.getcontext().prec += 1
            schedule()
            self.log.append(decimal.getcontext().prec)

        before = decimal.getcontext().prec
        for digits in (2, 4):
            self.start(change, digits)
        stackless.run()
        self.assertEqual(self.log, [3, 5])
        self.assertEqual(decimal.getcontext().prec, before)

    def test_in_c(self):
        import _decimal

        self.check(_decimal)

    def test_in_c_changes_in_place(self):
        import _decimal

        self.check_changes_in_place(_decimal)

    def test_in_python(self):
        import _pydecimal

        self.check(_pydecimal)

    def test_in_python_changes_in_place(self):
        import _pydecimal

        self.check_changes_in_place(_pydecimal)


class NestedTest(ContextTestCase):
    """These switch with C code between the frames of a tasklet other than main."""

    def test_inside_of_context_run(self):
        def work(name):
            context = contextvars.copy_context()
            context.run(change, name)
            self.log.append(context[variable])
            self.note_variable()

        def change(name):
            variable.set(name)
            schedule()
            self.note_variable()

        for name in "ab":
            self.start(work, name)
        stackless.run()
        self.assertEqual(self.log, ["a", "a", "main", "b", "b", "main"])

    def test_context_that_a_parked_tasklet_has_entered(self):
        def enter():
            context.run(schedule_remove)

        context = contextvars.copy_context()
        inside = self.pause(enter)
        with self.assertRaisesRegex(RuntimeError, "already entered"):
            context.run(print)
        with self.assertRaises(RuntimeError):
            inside.set_context(contextvars.Context())
        inside.run()
        context.run(variable.set, "free again")


if __name__ == "__main__":
    unittest.main()
