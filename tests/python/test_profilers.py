"""cProfile and tasklets: the calls of all tasklets of the thread are counted, each with its own time."""

import cProfile
import gc
import pstats
import sys
import threading
import unittest
import weakref

import stackless
from stackless import channel, schedule, schedule_remove
from support import StacklessTestCase, collect, needs_soft_switching, run_script


class Clock:
    """A timer for profilers that stands still until it is told how much time has passed."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now

    def spend(self, time):
        self.now += time


class ProfilerTestCase(StacklessTestCase):
    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.profiler = cProfile.Profile(self.clock, 1.0)
        self.addCleanup(sys.setprofile, None)

    def profile(self, function, *args):
        return self.profiler.runcall(function, *args)

    def figures(self, profiler=None):
        """Of each function of this file: its name, and (calls, calls but recursive ones, own time, whole time)."""
        stats = pstats.Stats(profiler or self.profiler).stats
        return {
            name: (calls, primitive, own, whole)
            for (file, _, name), (primitive, calls, own, whole, _) in stats.items()
            if file == __file__
        }

    def callers(self, callee):
        """Of each function that called this one: its name, and the same figures."""
        stats = pstats.Stats(self.profiler).stats
        return {
            caller[2]: figures
            for (file, _, name), (_, _, _, _, callers) in stats.items()
            if (file, name) == (__file__, callee)
            for caller, figures in callers.items()
        }


class FiguresTest(ProfilerTestCase):
    def test_time_of_others_does_not_count(self):
        def slow():
            self.clock.spend(100)
            schedule()
            self.clock.spend(100)

        def quick():
            self.clock.spend(1)
            schedule()
            self.clock.spend(1)

        def main():
            self.start(slow)
            self.start(quick)
            self.clock.spend(10)
            stackless.run()
            self.clock.spend(10)

        self.profile(main)
        figures = self.figures()
        self.assertEqual(figures["slow"], (1, 1, 0, 200))
        self.assertEqual(figures["quick"], (1, 1, 0, 2))
        self.assertEqual(figures["main"], (1, 1, 0, 20))
        self.assertEqual(figures["spend"], (6, 6, 222, 222))

    def test_same_function_in_several_tasklets_is_not_recursion(self):
        def work(time):
            self.clock.spend(time)
            schedule()
            inner(time)

        def inner(time):
            schedule()
            self.clock.spend(time)

        def main():
            for time in (1, 10, 100):
                self.start(work, time)
            stackless.run()

        self.profile(main)
        figures = self.figures()
        self.assertEqual(figures["work"], (3, 3, 0, 222))
        self.assertEqual(figures["inner"], (3, 3, 0, 111))
        self.assertEqual(self.callers("inner"), {"work": (3, 3, 0, 111)})
        self.assertEqual(self.callers("spend"), {"work": (3, 3, 111, 111), "inner": (3, 3, 111, 111)})

    def test_recursion(self):
        def down(depth):
            self.clock.spend(1)
            schedule()
            if depth > 0:
                down(depth - 1)

        def main():
            self.start(down, 2)
            self.start(down, 4)
            stackless.run()

        self.profile(main)
        self.assertEqual(self.figures()["down"], (8, 2, 0, 8))
        self.assertEqual(self.callers("down"), {"down": (6, 2, 0, 6)})

    def test_channels(self):
        def produce():
            for item in range(3):
                self.clock.spend(10)
                meeting.send(item)

        def consume():
            for _ in range(3):
                meeting.receive()
                digest()

        def digest():
            self.clock.spend(1)
            schedule()

        def main():
            self.start(consume)
            self.start(produce)
            stackless.run()

        meeting = channel()
        self.profile(main)
        figures = self.figures()
        self.assertEqual(figures["produce"], (1, 1, 0, 30))
        self.assertEqual(figures["consume"], (1, 1, 0, 3))
        self.assertEqual(figures["digest"], (3, 3, 0, 3))

    def test_generators(self):
        def generate():
            for time in (1, 10):
                self.clock.spend(time)
                schedule()
                yield

        def work():
            for _ in generate():
                schedule()

        def main():
            self.start(work)
            self.start(work)
            stackless.run()

        self.profile(main)
        figures = self.figures()
        self.assertEqual(figures["generate"], (6, 6, 0, 22))
        self.assertEqual(figures["work"], (2, 2, 0, 22))

    def test_exceptions(self):
        def work():
            with self.assertRaises(KeyError):
                fail()

        def fail():
            self.clock.spend(1)
            meeting.receive()

        def main():
            self.start(work)
            self.start(work)
            schedule()
            for _ in range(2):
                meeting.send_exception(KeyError)
            stackless.run()

        meeting = channel()
        self.profile(main)
        figures = self.figures()
        self.assertEqual(figures["fail"], (2, 2, 0, 2))
        self.assertEqual(figures["work"][:2], (2, 2))

    def test_functions_that_switch(self):
        def first():
            schedule()
            schedule(*[1])
            meeting.send(1)
            send = meeting.send
            send(2)

        def second():
            receive(meeting)
            schedule(retval=1)
            receive(meeting)
            with self.assertRaises(TypeError):
                schedule(1, 2, 3)

        def main():
            self.start(first)
            self.start(second)
            stackless.run()

        meeting = channel()
        receive = channel.receive
        self.profile(main)
        figures = {
            name: (calls, whole)
            for (_, _, name), (_, calls, _, whole, _) in pstats.Stats(self.profiler).stats.items()
            if "stackless" in name
        }
        self.assertEqual(
            figures,
            {
                "<built-in method _stackless.run>": (1, 0),
                "<built-in method _stackless.schedule>": (4, 0),
                "<method 'send' of 'stackless.channel' objects>": (2, 0),
                "<method 'receive' of 'stackless.channel' objects>": (2, 0),
            },
        )

    def test_profile_function_sees_functions_that_switch(self):
        def work():
            schedule()

        def note(frame, event, argument):
            if event.startswith("c_") and argument is not sys.setprofile:
                self.log.append((event, argument))

        def profiled():
            sys.setprofile(note)
            work()
            sys.setprofile(None)

        self.start(profiled)
        self.start(self.note, "other")
        stackless.run()
        self.assertEqual(self.log, [("c_call", schedule), ("c_return", schedule), "other"])

    def test_timer_in_seconds(self):
        def work():
            self.clock.spend(0.5)
            schedule()
            self.clock.spend(0.25)

        def main():
            self.start(work)
            self.start(work)
            stackless.run()

        self.profiler = cProfile.Profile(self.clock)
        self.profile(main)
        figures = self.figures()
        self.assertEqual(figures["work"], (2, 2, 0, 1.5))

    def test_usual_clock(self):
        def work():
            schedule()
            inner()

        def inner():
            schedule()

        def main():
            for _ in range(3):
                self.start(work)
            stackless.run()

        self.profiler = cProfile.Profile()
        self.profile(main)
        figures = self.figures()
        self.assertEqual({name: calls[:2] for name, calls in figures.items() if name in ("work", "inner", "main")},
                         {"work": (3, 3), "inner": (3, 3), "main": (1, 1)})  # fmt: skip
        for name, (_, _, own, whole) in figures.items():
            self.assertTrue(0 <= own <= whole, name)

    def test_without_subcalls(self):
        def work():
            schedule()
            self.clock.spend(1)

        self.profiler = cProfile.Profile(self.clock, 1.0, subcalls=False)
        self.start(work)
        self.start(work)
        self.profile(stackless.run)
        self.assertEqual(self.figures()["work"], (2, 2, 0, 2))

    def test_as_a_program(self):
        result = run_script(
            "import cProfile, stackless\n"
            "def work():\n"
            "    stackless.schedule()\n"
            "def main():\n"
            "    for _ in range(5):\n"
            "        stackless.tasklet(work)()\n"
            "    stackless.run()\n"
            "cProfile.run('main()', sort='ncalls')\n"
        )
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"(?m)^ +5 .*\(work\)$")


class BeginAndEndTest(ProfilerTestCase):
    def test_enabled_in_a_tasklet(self):
        def first():
            self.profiler.enable()
            inner()

        def inner():
            self.clock.spend(1)
            schedule()
            self.clock.spend(1)

        def second():
            schedule()
            inner()
            self.profiler.disable()

        self.start(second)
        self.start(first)
        stackless.run()
        figures = self.figures()
        self.assertEqual(figures["inner"], (2, 2, 0, 4))
        self.assertIsNone(sys.getprofile())

    def test_is_that_of_the_thread(self):
        def work():
            self.log.append(sys.getprofile())
            schedule()
            self.log.append(stackless.current.profile_function)

        self.start(work)
        self.profile(stackless.run)
        self.assertEqual(self.log, [self.profiler] * 2)
        self.start(work)
        stackless.run()
        self.assertEqual(self.log[2:], [None] * 2)

    def test_disabled_while_others_are_parked(self):
        def work():
            inner()
            inner()

        def inner():
            self.clock.spend(1)
            schedule_remove()
            self.clock.spend(1)

        worker = self.start(work)
        self.profile(stackless.run)
        self.assertNotIn("inner", self.figures())
        worker.run()
        worker.run()
        self.assertFalse(worker.alive)
        self.assertNotIn("inner", self.figures())

    def test_enabled_again_while_others_are_parked(self):
        def work():
            self.clock.spend(1)
            schedule_remove()
            self.clock.spend(1)

        worker = self.start(work)
        self.profile(stackless.run)
        self.clock.spend(100)
        self.profile(worker.run)
        self.assertEqual(self.figures()["work"], (1, 1, 0, 2))

    def test_another_profiler_in_between(self):
        def work():
            for _ in range(3):
                inner()

        def inner():
            self.clock.spend(1)
            schedule_remove()

        def resume():
            worker.run()

        worker = self.start(work)
        self.profile(resume)
        other = cProfile.Profile(self.clock, 1.0)
        other.runcall(resume)
        self.profile(resume)
        # The first inner() returned while the other profiler was on, the second one began there.
        self.assertNotIn("inner", self.figures())
        self.profile(resume)
        self.assertEqual(self.figures()["inner"], (1, 1, 0, 1))
        self.assertNotIn("inner", self.figures(other))

    def test_cleared_while_others_are_parked(self):
        def work():
            inner()
            outer()

        def inner():
            schedule_remove()

        def outer():
            inner()

        worker = self.start(work)
        self.profile(stackless.run)
        self.profiler.clear()
        gc.collect()
        self.profile(worker.run)
        worker.run()
        self.assertFalse(worker.alive)

    def test_cleared_while_it_is_on(self):
        def work():
            schedule()
            inner()
            schedule()

        def inner():
            self.clock.spend(1)
            schedule()

        def clear():
            self.profiler.clear()

        for _ in range(3):
            self.start(work)
        self.start(clear)
        self.profile(stackless.run)
        self.assertEqual(self.figures()["inner"], (3, 3, 0, 3))

    def test_killed_tasklet(self):
        def work():
            try:
                inner()
            finally:
                self.clock.spend(10)

        def inner():
            self.clock.spend(1)
            schedule_remove()

        worker = self.start(work)

        def main():
            stackless.run()
            self.clock.spend(100)
            worker.kill()

        self.profile(main)
        figures = self.figures()
        self.assertEqual(figures["inner"], (1, 1, 0, 1))
        self.assertEqual(figures["work"], (1, 1, 0, 11))

    @needs_soft_switching
    def test_dropped_tasklet(self):
        def work():
            schedule_remove()

        def main():
            self.start(work)
            worker = self.start(work)
            stackless.run()
            worker.bind(None)

        self.profile(main)
        collect()
        self.start(work)
        self.profile(stackless.run)
        self.assertNotIn("work", self.figures())

    def test_parked_tasklet_and_its_profiler_are_collected(self):
        def work(profiler):
            schedule_remove()

        class Timer(Clock):
            pass

        timer = Timer()
        self.profiler = cProfile.Profile(timer, 1.0)
        worker = self.start(work, self.profiler)
        self.profile(stackless.run)
        gone = weakref.ref(worker), weakref.ref(timer)
        del worker, timer
        self.profiler = None
        collect()
        self.assertEqual([reference() for reference in gone], [None, None])

    def test_tasklet_that_ends_an_enabled_profiler(self):
        """It is enabled in a call, and left on when that returns."""

        def work():
            begin()
            self.clock.spend(1)

        def begin():
            self.profiler.enable()

        def other():
            self.clock.spend(10)

        self.start(work)
        self.start(other)
        stackless.run()
        self.profiler.disable()
        figures = self.figures()
        self.assertEqual(figures["other"], (1, 1, 0, 10))
        self.assertNotIn("work", figures)

    def test_error_leaves_a_tasklet(self):
        def work():
            inner()

        def inner():
            schedule()
            raise KeyError

        def main():
            self.start(work)
            with self.assertRaises(KeyError):
                stackless.run()

        self.profile(main)
        self.assertEqual(self.figures()["inner"][:2], (1, 1))
        self.assertEqual(self.figures()["work"][:2], (1, 1))


class OtherFunctionsTest(ProfilerTestCase):
    """The profiler of the thread, and profile functions of tasklets."""

    def test_replaced_in_a_tasklet(self):
        """As a profile function that is set takes the profiler's place without tasklets."""

        def own():
            sys.setprofile(note)
            leaf()
            schedule()
            leaf()
            self.log.append(sys.getprofile())

        def plain():
            leaf()
            schedule()
            self.log.append(sys.getprofile())

        def leaf():
            pass

        def note(frame, event, argument):
            if frame.f_code is leaf.__code__:
                self.log.append(event)

        self.start(own)
        self.start(plain)
        self.profile(stackless.run)
        self.assertEqual(self.log, ["call", "return"] * 2 + [note, None])
        self.assertNotIn("leaf", self.figures())

    def test_own_function_takes_its_place_in_the_tasklet(self):
        def own():
            leaf()
            schedule()
            leaf()
            sys.setprofile(None)
            schedule()

        def leaf():
            pass

        def note(frame, event, argument):
            if frame.f_code is leaf.__code__:
                self.log.append(event)

        tasklet = self.start(own)
        tasklet.profile_function = note
        plain = self.start(leaf)
        self.profile(stackless.run)
        self.assertEqual(self.log, ["call", "return"] * 2)
        self.assertEqual(self.figures()["leaf"][:2], (1, 1))
        self.assertFalse(tasklet.alive or plain.alive)

    def test_with_trace_functions(self):
        def traced():
            sys.settrace(trace)
            leaf()
            schedule()
            leaf()

        def leaf():
            self.clock.spend(1)

        def trace(frame, event, argument):
            if frame.f_code is leaf.__code__:
                self.log.append(event)

        self.start(traced)
        self.start(leaf)
        self.profile(stackless.run)
        self.assertEqual(self.log, ["call"] * 2)
        self.assertEqual(self.figures()["leaf"], (3, 3, 0, 3))

    def test_profiler_used_as_a_profile_function(self):
        """A subclass that can be called may be given to sys.setprofile() without being enabled."""

        class Callable(cProfile.Profile):
            def __call__(self, frame, event, argument):
                log.append(event)

        def work():
            sys.setprofile(Callable())
            schedule()
            sys.setprofile(None)

        log = self.log
        self.start(work)
        self.start(self.note, "other")
        stackless.run()
        self.assertIn("other", self.log)

    def test_timer_that_tries_to_switch(self):
        """The timer is called in the middle of a switch, after the schedule callback."""

        def timer():
            if self.log[-1:] == ["switching"]:
                try:
                    schedule()
                except RuntimeError:
                    self.log.append("refused")
            return 0

        def work():
            schedule()

        self.profiler = cProfile.Profile(timer, 1.0)
        for _ in range(2):
            self.start(work)
        stackless.set_schedule_callback(lambda prev, next: self.log.append("switching"))
        self.profile(stackless.run)
        stackless.set_schedule_callback(None)
        self.assertIn("refused", self.log)
        self.assertEqual(self.figures()["work"][:2], (2, 2))

    def test_timer_that_fails(self):
        def work():
            schedule()

        result = run_script(
            "import cProfile, stackless\n"
            "def timer():\n"
            "    1 / 0\n"
            "def work():\n"
            "    stackless.schedule()\n"
            "profiler = cProfile.Profile(timer, 1.0)\n"
            "stackless.tasklet(work)()\n"
            "stackless.tasklet(work)()\n"
            "profiler.runcall(stackless.run)\n"
            "print('went on')\n"
        )
        self.assertEqual((result.returncode, result.stdout), (0, "went on\n"))
        self.assertIn("ZeroDivisionError", result.stderr)

    def test_other_threads(self):
        def work():
            schedule()

        def elsewhere():
            self.start(work)
            stackless.run()

        def main():
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
            self.start(work)
            stackless.run()

        self.profile(main)
        self.assertEqual(self.figures()["work"][:2], (1, 1))


class NestedTest(ProfilerTestCase):
    """These switch with C code between the frames of a tasklet other than main."""

    def test_time_of_others_does_not_count(self):
        def work(time):
            sorted([1, 2], key=key(time))

        def key(time):
            def call(value):
                self.clock.spend(time)
                schedule()
                return value

            return call

        def main():
            self.start(work, 1)
            self.start(work, 100)
            stackless.run()

        self.profile(main)
        figures = self.figures()
        self.assertEqual(figures["call"], (4, 4, 0, 202))
        self.assertEqual(figures["work"], (2, 2, 0, 202))
        self.assertEqual(figures["main"], (1, 1, 0, 0))

    def test_timer_that_switches(self):
        """Called by the profiler, not by a switch."""

        def timer():
            if stackless.current is worker and not self.log:
                self.log.append("switching")
                schedule()
                self.log.append("back")
            return 0

        def work():
            inner()

        def inner():
            pass

        self.profiler = cProfile.Profile(timer, 1.0)
        worker = self.start(work)
        self.start(inner)
        self.profile(stackless.run)
        self.assertEqual(self.log, ["switching", "back"])
        self.assertEqual(self.figures()["inner"][:2], (2, 2))


class MemoryTest(unittest.TestCase):
    def test_memory_is_traced_in_tasklets(self):
        program = """
import stackless, tracemalloc
kept = []

def work():
    stackless.schedule()
    allocate()
    stackless.schedule()

def allocate():
    kept.append(bytearray(1000))

tracemalloc.start(5)
for _ in range(5):
    stackless.tasklet(work)()
stackless.run()
for item in kept:
    print([frame.lineno for frame in tracemalloc.get_object_traceback(item)])
"""
        result = run_script(program)
        self.assertEqual((result.stdout, result.stderr), ("[7, 11]\n" * 5, ""))


if __name__ == "__main__":
    unittest.main()
