"""greenlet and gevent (Debian's packages) in programs that use tasklets as well."""

import contextvars
import os
import subprocess
import sys
import tempfile
import test.support
import unittest
import weakref
from pathlib import Path

import greenlet
import stackless
from stackless import channel, schedule
from support import StacklessTestCase, call_from_c, collect, run_script


class MainTest(StacklessTestCase):
    """Greenlets of the main tasklet."""

    def count(self, name, to):
        for number in range(to):
            self.log.append((name, number))
            schedule()

    def test_switch_while_tasklets_wait(self):
        def run(value):
            while value < 3:
                value = main.switch(value + 1)
            return "end"

        main = greenlet.getcurrent()
        waiting = self.pause(self.count_and_pause)
        other = greenlet.greenlet(run)
        self.assertEqual([other.switch(1), other.switch(2), other.switch(3)], [2, 3, "end"])
        self.assertTrue(other.dead)
        waiting.run()
        self.assertFalse(waiting.alive)

    def count_and_pause(self):
        stackless.schedule_remove()

    def test_tasklets_run_from_inside_a_greenlet(self):
        def run():
            schedule()
            self.log.append(main.switch("first"))
            schedule()
            return "second"

        main = greenlet.getcurrent()
        self.start(self.count, "a", 3)
        other = greenlet.greenlet(run)
        self.log.append(other.switch())
        schedule()
        self.log.append(other.switch("sent"))
        stackless.run()
        self.assertEqual(self.log, [("a", 0), "first", ("a", 1), "sent", ("a", 2), "second"])

    def test_channels_from_inside_greenlets(self):
        def double():
            for value in requests:
                answers.send(2 * value)

        def ask(value):
            requests.send(value)
            main.switch(answers.receive())
            requests.send(value + 1)
            return answers.receive()

        main = greenlet.getcurrent()
        requests, answers = channel(), channel()
        self.start(double)
        greenlets = [greenlet.greenlet(ask) for _ in range(2)]
        self.assertEqual([one.switch(value) for one, value in zip(greenlets, (10, 20))], [20, 40])
        self.assertEqual([one.switch() for one in greenlets], [22, 42])
        requests.send_exception(StopIteration)

    def test_errors_pass_through(self):
        def run():
            try:
                main.switch()
            finally:
                schedule()

        def fail():
            raise KeyError("tasklet")

        main = greenlet.getcurrent()
        other = greenlet.greenlet(run)
        other.switch()
        self.start(fail)
        with self.assertRaises(KeyError):
            other.throw(ValueError)
        self.assertTrue(other.dead)

    def test_greenlet_that_is_dropped_half_run(self):
        def run():
            try:
                main.switch()
            finally:
                self.log.append("cleaned up")

        main = greenlet.getcurrent()
        other = greenlet.greenlet(run)
        other.switch()
        self.start(self.note, "tasklet")
        schedule()
        del other
        collect()
        self.assertEqual(self.log, ["tasklet", "cleaned up"])

    def test_deep_calls_on_both_sides(self):
        """A greenlet's stack is copied away while tasklets run on top of where it was."""

        def deep(depth, function):
            return call_from_c(deep, depth - 1, function) if depth else function()

        def run():
            deep(20, lambda: main.switch("down"))
            return "up"

        main = greenlet.getcurrent()
        others = [greenlet.greenlet(run) for _ in range(3)]
        self.start(deep, 30, lambda: self.log.append("deep"))
        for other in others:
            self.assertEqual(other.switch(), "down")
            deep(10, schedule)
        for other in reversed(others):
            self.assertEqual(other.switch(), "up")
        self.assertEqual(self.log, ["deep"])

    def test_context_variables(self):
        def run():
            variable.set("greenlet")
            schedule()
            main.switch()
            self.log.append(variable.get())

        def work():
            self.log.append(variable.get())
            variable.set("tasklet")
            schedule()
            self.log.append(variable.get())

        variable = contextvars.ContextVar("variable")
        variable.set("main")
        main = greenlet.getcurrent()
        self.start(work)
        other = greenlet.greenlet(run)
        other.switch()
        self.assertEqual(variable.get(), "main")
        other.switch()
        stackless.run()
        self.assertEqual(self.log, ["main", "greenlet", "tasklet"])


class TaskletTest(StacklessTestCase):
    """Greenlets of another tasklet."""

    def test_switch_inside_one_tasklet(self):
        def run(value):
            while True:
                value = parent.switch(2 * value)

        def work():
            nonlocal parent
            parent = greenlet.getcurrent()
            doubler = greenlet.greenlet(run)
            for value in range(3):
                self.log.append(doubler.switch(value))
                schedule()
            doubler.throw()

        parent = None
        self.start(work)
        self.start(lambda: [schedule() for _ in range(3)])
        stackless.run()
        self.assertEqual(self.log, [0, 2, 4])

    def test_to_the_end(self):
        def run(to):
            for number in range(to):
                greenlet.getcurrent().parent.switch(number)
            return "end"

        def work(name):
            other = greenlet.greenlet(run)
            self.log.append((name, other.switch(1)))
            self.log.append((name, other.switch()))

        for name in "ab":
            self.start(work, name)
        stackless.run()
        self.assertEqual(self.log, [("a", 0), ("a", "end"), ("b", 0), ("b", "end")])

    def test_tasklets_switched_inside_of_a_greenlet(self):
        def run():
            schedule()
            self.log.append("inside")
            return "end"

        def work():
            self.log.append(greenlet.greenlet(run).switch())

        self.start(work)
        self.start(self.note, "other")
        stackless.run()
        self.assertEqual(self.log, ["other", "inside", "end"])

    def test_while_others_hold_c_stacks(self):
        """Each goes on upon the C stack where its greenlet was begun."""

        def run(name):
            for number in range(3):
                deep(20, lambda number=number: self.log.append((name, number)))
                greenlet.getcurrent().parent.switch()

        def deep(depth, function):
            return call_from_c(deep, depth - 1, function) if depth else function()

        def with_greenlet(name):
            own = greenlet.greenlet(run)
            own.switch(name)
            for _ in range(2):
                schedule()
                own.switch()

        def with_c_code():
            for _ in range(3):
                deep(5, schedule)

        for name in "abc":
            self.start(with_greenlet, name)
            self.start(with_c_code)
        stackless.run()
        self.assertEqual(self.log, [(name, number) for number in range(3) for name in "abc"])

    def test_bound_anew_on_another_stack(self):
        """What the tasklet has left behind half-run stays so."""

        def first():
            greenlets.append(greenlet.greenlet(self.stay))
            greenlets[0].switch()

        def hold_a_stack():
            call_from_c(stackless.schedule_remove)

        def second():
            try:
                greenlets[0].switch()
            except greenlet.error:
                self.log.append("refused")

        greenlets = []
        tasklet = self.start(first)
        stackless.run()
        holding = self.pause(hold_a_stack)
        tasklet.bind(second)()
        stackless.run()
        holding.run()
        self.assertEqual(self.log, ["refused"])
        with test.support.catch_unraisable_exception():
            greenlets.clear()

    def stay(self):
        greenlet.getcurrent().parent.switch()

    def test_killed_inside_of_a_greenlet(self):
        def run():
            try:
                stackless.schedule_remove()
            finally:
                self.log.append("greenlet")

        def work():
            try:
                greenlet.greenlet(run).switch()
            finally:
                self.log.append("tasklet")

        tasklet = self.pause(work)
        tasklet.kill()
        self.assertFalse(tasklet.alive)
        self.assertEqual(self.log, ["greenlet", "tasklet"])
        self.assertTrue(greenlet.greenlet(lambda: True).switch())

    def test_main_and_a_tasklet_in_turn(self):
        def run(name):
            for number in range(3):
                self.log.append((name, number))
                greenlet.getcurrent().parent.switch()

        def work(name):
            other = greenlet.greenlet(run)
            other.switch(name)
            for _ in range(3):
                schedule()
                other.switch()

        self.start(work, "tasklet")
        work("main")
        stackless.run()
        self.assertEqual(
            self.log,
            [("main", 0), ("tasklet", 0), ("main", 1), ("tasklet", 1), ("main", 2), ("tasklet", 2)],
        )


class ForeignGreenletTest(StacklessTestCase):
    """A greenlet goes on in the tasklet that has started it, or not at all."""

    def setUp(self):
        super().setUp()
        self.main = greenlet.getcurrent()

    def stop(self):
        """As a greenlet of main: goes back, and says so if it is ended."""
        try:
            self.main.switch("stopped")
        finally:
            self.log.append("ended")

    def refused(self, pattern, function, *args):
        """As a tasklet."""
        with self.assertRaisesRegex(greenlet.error, pattern):
            function(*args)
        self.log.append("refused")

    def in_a_tasklet(self, function, *args):
        self.start(function, *args)
        stackless.run()

    def test_switch_and_throw(self):
        other = greenlet.greenlet(self.stop)
        other.switch()
        for use in (other.switch, other.throw):
            self.in_a_tasklet(self.refused, "started by another tasklet", use)
        other.switch()
        self.assertEqual(self.log, ["refused", "refused", "ended"])

    def test_of_a_tasklet_used_by_main(self):
        def work():
            other = greenlet.greenlet(run)
            self.log.append(other.switch())
            greenlets.append(other)
            stackless.schedule_remove()
            self.log.append(other.switch())

        def run():
            greenlet.getcurrent().parent.switch("first")
            return "second"

        greenlets = []
        tasklet = self.pause(work)
        self.refused("started by another tasklet", greenlets[0].switch)
        tasklet.run()
        self.assertEqual(self.log, ["first", "refused", "second"])
        self.assertTrue(greenlets[0].dead)

    def test_while_another_tasklet_is_inside_of_one(self):
        def run():
            stackless.run()
            return "end"

        own = greenlet.greenlet(lambda: None)
        self.start(self.refused, "inside of a greenlet", self.main.switch)
        self.start(self.refused, "inside of a greenlet", own.switch)
        self.assertEqual(greenlet.greenlet(run).switch(), "end")
        self.assertEqual(self.log, ["refused", "refused"])

    def test_parent(self):
        def work():
            self.refused("started by another tasklet", greenlet.greenlet(print, other).switch)
            self.refused("started by another tasklet", greenlet.greenlet(print, other).throw)
            self.refused("only that can change it", setattr, other, "parent", self.main)
            self.refused("started by another tasklet", setattr, greenlet.greenlet(print), "parent", other)
            greenlet.greenlet(change).switch()

        def change():
            self.refused("started by another tasklet", setattr, greenlet.getcurrent(), "parent", other)
            call_from_c(schedule)

        def change_meanwhile():
            self.refused("inside of a greenlet", setattr, greenlet.greenlet(print), "parent", other)

        other = greenlet.greenlet(self.stop)
        other.switch()
        self.start(work)
        self.start(change_meanwhile)
        stackless.run()
        other.switch()
        self.assertEqual(self.log, ["refused"] * 6 + ["ended"])

    def test_parent_that_is_started_by_its_child(self):
        """It belongs to the tasklet of the child."""

        def work():
            greenlet.greenlet(lambda: "from the child", parent).switch()
            stackless.schedule_remove()
            parent.switch()

        def run(value):
            self.log.append(value)
            self.main.switch()
            self.log.append("end")

        parent = greenlet.greenlet(run)
        tasklet = self.pause(work)
        self.refused("started by another tasklet", parent.switch)
        tasklet.run()
        self.assertEqual(self.log, ["from the child", "refused", "end"])

    def test_unstarted_greenlet_may_be_passed_on(self):
        other = greenlet.greenlet(self.note)
        self.in_a_tasklet(other.switch, "started")
        self.assertEqual(self.log, ["started"])

    def test_dead_greenlet(self):
        other = greenlet.greenlet(self.note)
        other.switch("started")
        self.in_a_tasklet(lambda: self.log.append(other.switch("returned")))
        self.assertEqual(self.log, ["started", "returned"])

    def test_dropped_half_run(self):
        def work():
            greenlets.clear()

        class Subclass(greenlet.greenlet):
            pass

        for kind in (greenlet.greenlet, Subclass):
            with self.subTest(kind=kind), test.support.catch_unraisable_exception() as caught:
                greenlets = [kind(self.stop)]
                greenlets[0].switch()
                self.in_a_tasklet(work)
                self.assertIsInstance(caught.unraisable.exc_value, greenlet.error)
                self.assertIn("half-run", str(caught.unraisable.exc_value))
        self.assertEqual(self.log, [])

    def test_tasklet_that_holds_one_is_collected(self):
        def work():
            other = greenlet.greenlet(run)
            other.switch()
            stackless.schedule_remove()

        def run():
            greenlet.getcurrent().parent.switch()

        tasklet = self.pause(work)
        gone = weakref.ref(tasklet)
        with test.support.catch_unraisable_exception():
            del tasklet
            collect()
            self.assertIsNone(gone())

    def test_greenlet_imported_first(self):
        for imports in ("import greenlet, stackless", "import stackless, greenlet"):
            result = run_script(
                f"{imports}\n"
                "other = greenlet.greenlet(lambda: greenlet.getcurrent().parent.switch())\n"
                "other.switch()\n"
                "stackless.tasklet(other.switch)()\n"
                "try:\n"
                "    stackless.run()\n"
                "except greenlet.error as error:\n"
                "    print(error)\n"
            )
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("started by another tasklet", result.stdout)

    def test_import_system_is_left_as_it_was(self):
        result = run_script(
            "import sys\n"
            "before = list(sys.meta_path)\n"
            "import stackless, greenlet, pickle, copy\n"
            "print(sys.meta_path == before)\n"
        )
        self.assertEqual((result.stdout, result.stderr), ("True\n", ""))


class GeventTest(StacklessTestCase):
    """In processes of their own: gevent has one hub a thread, which stays."""

    def check(self, source, *expected):
        result = run_script(source)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout.split("\n"), [*expected, ""])

    def test_tasklets_between(self):
        self.check(
            """
import gevent, stackless

def tasklet(name):
    for number in range(2):
        print(name, number)
        stackless.schedule()

def spawned(name):
    for number in range(2):
        print(name, number)
        gevent.sleep(0)
        stackless.schedule()
    return name

for name in ("tasklet a", "tasklet b"):
    stackless.tasklet(tasklet)(name)
jobs = [gevent.spawn(spawned, name) for name in "xy"]
gevent.joinall(jobs)
print(*[job.value for job in jobs])
stackless.run()
print(stackless.getruncount())
""",
            *("x 0", "y 0", "tasklet a 0", "tasklet b 0", "x 1", "tasklet a 1", "tasklet b 1", "y 1", "x y", "1"),
        )

    def test_queues_and_channels(self):
        self.check(
            """
import gevent, gevent.queue, stackless

def double():
    for value in requests:
        answers.send(2 * value)

def worker():
    for value in iter(queue.get, None):
        requests.send(value)
        print(answers.receive())

requests, answers = stackless.channel(), stackless.channel()
stackless.tasklet(double)()
queue = gevent.queue.Queue()
job = gevent.spawn(worker)
for value in (1, 2, None):
    queue.put(value)
    gevent.sleep(0)
job.join()
""",
            *("2", "4"),
        )

    def test_tasklet_while_main_is_inside_of_a_greenlet(self):
        """gevent switches by greenlet's interface for C."""
        self.check(
            """
import gevent, greenlet, stackless

def tasklet():
    try:
        gevent.sleep(0)
    except greenlet.error as error:
        print(error)

def spawned():
    stackless.tasklet(tasklet)()
    stackless.run()

gevent.spawn(spawned).join()
""",
            "another tasklet is inside of a greenlet: greenlets can be used here when it has left that",
        )

    def test_patched_standard_library(self):
        self.check(
            """
from gevent import monkey
monkey.patch_all()
import gevent, queue, socket, stackless, threading, time

def answer(connection):
    connection.sendall(connection.recv(100).upper())

stackless.tasklet(print)("tasklet")
left, right = socket.socketpair()
thread = threading.Thread(target=answer, args=(left,))
thread.start()
right.sendall(b"question")
print(right.recv(100))
thread.join()
left.close()
right.close()
time.sleep(0)
stackless.run()
""",
            *("b'QUESTION'", "tasklet"),
        )


# The parts of two packages that greenlet's tests import.
STAND_INS = {
    "objgraph.py": """
import collections, gc

def growth(limit, peak_stats, filter):
    counts = collections.Counter(type(item).__name__ for item in gc.get_objects() if filter(item))
    grown = [(name, count, count - peak_stats.get(name, 0)) for name, count in counts.items()]
    grown = [entry for entry in grown if entry[2] > 0]
    peak_stats.update((name, count) for name, count, _ in grown)
    return grown
""",
    "psutil.py": """
from types import SimpleNamespace

class Process:
    def memory_full_info(self):
        with open("/proc/self/smaps_rollup") as file:
            private = [int(line.split()[1]) for line in file if line.startswith("Private_")]
        return SimpleNamespace(uss=1024 * sum(private))
""",
    "run.py": """
import sys, unittest
import stackless

def wait():
    stackless.schedule_remove()

stackless.tasklet(lambda: None)()
waiting = stackless.tasklet(wait)()
stackless.run()
unittest.main(module=None, argv=["run.py", sys.argv[1]])
""",
}


class OwnTestsTest(unittest.TestCase):
    """greenlet's own tests, beside a tasklet that has run and one that waits."""

    def run_module(self, name):
        with tempfile.TemporaryDirectory() as folder:
            for file, source in STAND_INS.items():
                Path(folder, file).write_text(source)
            return subprocess.run(
                [sys.executable, os.path.join(folder, "run.py"), f"greenlet.tests.{name}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )


def add_own_tests():
    for path in sorted(Path(greenlet.__file__).parent.glob("tests/test_*.py")):

        def test(self, name=path.stem):
            result = self.run_module(name)
            self.assertEqual(result.returncode, 0, result.stdout)
            self.assertRegex(result.stdout, r"(?m)^Ran [1-9]\d* tests? in ")

        setattr(OwnTestsTest, path.stem, test)


add_own_tests()


if __name__ == "__main__":
    unittest.main()
