"""Threads: each has a scheduler of its own, and channels reach from one to the other."""

import faulthandler
import gc
import os
import signal
import sys
import threading
import unittest
import weakref

import stackless
from stackless import channel, schedule, schedule_remove, tasklet
from support import StacklessTestCase, call_from_c, run_script


def setUpModule():
    faulthandler.dump_traceback_later(120, exit=True)


def tearDownModule():
    faulthandler.cancel_dump_traceback_later()


needs_soft_switches = unittest.skipUnless(
    stackless.enable_softswitch(None), "every tasklet that has run holds a C stack"
)


class ThreadTestCase(StacklessTestCase):
    def thread(self, function, *args):
        """Starts a thread. What it raises fails the test."""

        def work():
            try:
                function(*args)
            except BaseException as error:
                self.errors.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        self.addCleanup(self.join, thread)
        return thread

    def join(self, thread):
        thread.join()
        errors, self.errors = self.errors, []
        for error in errors:
            raise error

    def setUp(self):
        super().setUp()
        self.errors = []

    def in_thread(self, function, *args):
        """Calls the function in a thread that ends then."""
        results = []
        self.join(self.thread(lambda: results.append(function(*args))))
        return results[0]

    def idle_thread(self):
        """A thread that uses no tasklets, and ends with the test. Returns its id."""
        end = threading.Event()
        thread = self.thread(end.wait)
        self.addCleanup(end.set)
        return thread.ident

    def serving_thread(self):
        """A thread that runs its tasklets until the test ends. Returns its id."""
        ready = threading.Event()
        commands = channel()
        commands.preference = 0

        def serve():
            ready.set()
            commands.receive()

        thread = self.thread(serve)
        ready.wait()
        self.addCleanup(commands.send, None)
        return thread.ident


class InformationTest(ThreadTestCase):
    def test_each_thread_has_a_main_tasklet(self):
        main, current, count, thread_id = self.in_thread(
            lambda: (
                stackless.getmain(),
                stackless.getcurrent(),
                stackless.getruncount(),
                stackless.getcurrentid(),
            )
        )
        self.assertIsNot(main, stackless.getmain())
        self.assertIs(main, current)
        self.assertEqual(count, 1)
        self.assertNotEqual(thread_id, stackless.getcurrentid())
        self.assertEqual(main.thread_id, -1)
        self.assertFalse(main.alive)

    def test_threads(self):
        idle = self.idle_thread()
        self.assertIn(idle, stackless.threads)
        self.assertEqual(stackless.threads[0], threading.main_thread().ident)
        self.assertEqual(stackless.getthreads(), stackless.threads)

    def test_get_thread_info(self):
        me = threading.get_ident()
        main = stackless.getmain()
        self.assertEqual(stackless.get_thread_info(), (main, main, 1))
        self.assertEqual(stackless.get_thread_info(me), (main, main, 1))
        self.assertEqual(stackless.get_thread_info(self.idle_thread()), (None, None, 0))
        with self.assertRaises(RuntimeError):
            stackless.get_thread_info(1)

    def test_of_another_thread(self):
        ready, end = threading.Event(), threading.Event()

        def work():
            tasklet(schedule_remove)()
            self.log.append(stackless.getmain())
            ready.set()
            end.wait()

        thread = self.thread(work)
        ready.wait()
        info = stackless.get_thread_info(thread.ident)
        self.assertEqual(info, (self.log[0], self.log[0], 2))
        self.assertEqual(self.log[0].thread_id, thread.ident)
        end.set()

    def test_run_queues_are_apart(self):
        self.start(self.note, "mine")

        def work():
            tasklet(self.log.append)("theirs")
            stackless.run()

        self.in_thread(work)
        self.assertEqual(self.log, ["theirs"])
        stackless.run()
        self.assertEqual(self.log, ["theirs", "mine"])

    def test_switch_trap_is_that_of_the_thread(self):
        stackless.switch_trap(1)
        self.assertEqual(self.in_thread(stackless.switch_trap), 0)
        stackless.switch_trap(-1)

    def test_many_threads_at_once(self):
        def work(number):
            done = []
            for part in range(10):
                tasklet(lambda part=part: [schedule(), done.append(part), schedule()])()
            stackless.run()
            self.log.append((number, done))

        for thread in [self.thread(work, number) for number in range(8)]:
            self.join(thread)
        self.assertEqual(sorted(self.log), [(n, list(range(10))) for n in range(8)])


class ChannelTest(ThreadTestCase):
    PREFERENCES = [(-1, False), (0, False), (1, False), (0, True)]

    def channels(self):
        for preference, schedule_all in self.PREFERENCES:
            with self.subTest(preference=preference, schedule_all=schedule_all):
                meeting = channel()
                meeting.preference = preference
                meeting.schedule_all = schedule_all
                yield meeting

    def test_main_receives(self):
        for meeting in self.channels():
            thread = self.thread(meeting.send, "value")
            self.assertEqual(meeting.receive(), "value")
            self.join(thread)

    def test_main_sends(self):
        for meeting in self.channels():
            got = []
            thread = self.thread(lambda: got.append(meeting.receive()))
            meeting.send("value")
            self.join(thread)
            self.assertEqual(got, ["value"])

    def test_order_is_kept(self):
        for meeting in self.channels():
            thread = self.thread(meeting.send_sequence, range(200))
            self.assertEqual([meeting.receive() for _ in range(200)], list(range(200)))
            self.join(thread)

    def test_tasklets_of_both_threads(self):
        def send(meeting, value, done):
            meeting.send(value)
            done.send(None)

        def work(meeting, number):
            done = channel()
            for i in range(20):
                tasklet(send)(meeting, (number, i), done)
            for _ in range(20):
                done.receive()

        for meeting in self.channels():
            threads = [self.thread(work, meeting, number) for number in range(3)]
            got = []
            for _ in range(60):
                got.append(meeting.receive())
            for thread in threads:
                self.join(thread)
            expected = [(number, i) for number in range(3) for i in range(20)]
            self.assertEqual(sorted(got), expected)
            for number in range(3):
                self.assertEqual(
                    [i for n, i in got if n == number], list(range(20)), "out of order"
                )

    def test_ping_pong(self):
        for there in self.channels():
            back = channel()

            def echo():
                for item in there:
                    back.send(item + 1)

            thread = self.thread(echo)
            number = 0
            for _ in range(200):
                there.send(number)
                number = back.receive()
            there.send_exception(StopIteration)
            self.join(thread)
            self.assertEqual(number, 200)

    def test_the_caller_goes_on(self):
        """Whatever the preference: a switch to a tasklet of another thread is not possible."""
        for meeting in self.channels():
            ready = threading.Event()
            blocked = []

            def receive(done):
                meeting.receive()
                done.send(None)

            def work():
                done = channel()
                blocked.append(tasklet(receive)(done))
                blocked[0].run()
                ready.set()
                done.receive()
                stackless.run()

            thread = self.thread(work)
            ready.wait()
            bystander = self.start(self.log.append, "bystander")
            meeting.send(1)
            self.assertEqual(self.log, [])
            bystander.kill()
            self.join(thread)
            self.assertFalse(blocked[0].alive)

    def test_exceptions(self):
        meeting = channel()
        thread = self.thread(meeting.send_exception, ValueError, "reason")
        with self.assertRaisesRegex(ValueError, "reason"):
            meeting.receive()
        self.join(thread)
        thread = self.thread(meeting.send_throw, LookupError("other"))
        with self.assertRaisesRegex(LookupError, "other"):
            meeting.receive()
        self.join(thread)

    def test_callbacks(self):
        def on_channel(*args):
            self.log.append(("channel", args[2:], threading.get_ident()))

        def on_schedule(prev, next):
            self.log.append(("schedule", prev, next))

        meeting = channel()
        stackless.set_channel_callback(on_channel)
        thread = self.thread(lambda: [meeting.receive()])
        meeting.send(1)
        self.join(thread)
        stackless.set_channel_callback(None)
        self.assertEqual({event[1][0] for event in self.log}, {True, False})
        self.assertEqual({event[2] for event in self.log}, {threading.get_ident(), thread.ident})
        self.log.clear()
        stackless.set_schedule_callback(on_schedule)
        thread = self.thread(lambda: [meeting.receive()])
        meeting.send(1)
        self.join(thread)
        stackless.set_schedule_callback(None)
        for _, *tasklets in self.log:
            self.assertTrue(all(isinstance(t, (tasklet, type(None))) for t in tasklets))

    def test_watchdog_in_both_threads(self):
        """The limit of one thread does not concern the other."""

        def work(both):
            def spin():
                while True:
                    pass

            for _ in range(20):
                busy = tasklet(spin)()
                both.wait()
                self.assertIs(stackless.run(2000), busy)
                busy.kill()

        both = threading.Barrier(2)
        thread = self.thread(work, both)
        work(both)
        self.join(thread)

    def test_a_thread_that_starts_to_count_while_another_does(self):
        meeting = threading.Barrier(2)

        def spin_together():
            meeting.wait()
            meeting.wait()
            while True:
                pass

        def work():
            meeting.wait()
            for _ in range(10):
                pass
            tasklet(lambda: None)()
            stackless.run(1000)
            meeting.wait()

        thread = self.thread(work)
        busy = self.start(spin_together)
        self.assertIs(stackless.run(100_000), busy)
        busy.kill()
        self.join(thread)


class DeadlockTest(ThreadTestCase):
    def test_alone(self):
        with self.assertRaisesRegex(RuntimeError, "Deadlock"):
            channel().receive()

    def test_a_thread_that_ends_leaves_the_last_sleeper(self):
        go_on = threading.Event()
        self.thread(go_on.wait)
        go_on.set()
        with self.assertRaisesRegex(RuntimeError, "Deadlock"):
            channel().receive()

    def test_two_that_wait_for_each_other(self):
        subject = channel(), channel()
        errors = []

        def wait(index):
            try:
                subject[index].receive()
            except RuntimeError as error:
                errors.append(str(error))
                subject[1 - index].send("released")
            else:
                errors.append(None)

        thread = self.thread(wait, 0)
        wait(1)
        self.join(thread)
        self.assertEqual(len(errors), 2)
        self.assertEqual(sum(error is None for error in errors), 1)
        self.assertTrue(any(error and error.startswith("Deadlock") for error in errors))

    def test_the_action_is_undone(self):
        subject = channel()
        with self.assertRaises(RuntimeError):
            subject.send(1)
        self.assertEqual(subject.balance, 0)

    def test_threadblock_without_other_threads(self):
        self.assertIsNone(stackless.run(threadblock=True))
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(threadblock=True))
        self.assertEqual(self.log, ["ran"])

    def test_threadblock_waits(self):
        meeting = channel()
        self.start(lambda: self.log.append(meeting.receive()))
        thread = self.thread(meeting.send, "value")
        stackless.run(threadblock=True)
        self.assertEqual(self.log, ["value"])
        self.join(thread)

    def test_threadblock_ends_when_all_others_wait_at_channels(self):
        requests = channel()

        def work():
            while (request := requests.receive()) is not None:
                self.log.append(request)

        thread = self.thread(work)
        for number in range(20):
            self.assertIsNone(stackless.run(threadblock=True))
            requests.send(number)
        requests.send(None)
        self.join(thread)
        self.assertEqual(self.log, list(range(20)))

    def test_a_deadline_ends_the_wait(self):
        self.idle_thread()
        self.assertIsNone(stackless.run(threadblock=True, seconds=0.001))

    def test_a_deadline_is_over_with_its_call(self):
        def spin():
            while True:
                pass

        busy = self.start(spin)
        self.assertIs(stackless.run(seconds=1e-9), busy)
        busy.kill()
        meeting, asleep = channel(), stackless.getmain()

        def send_to_sleeper():
            while not asleep.blocked:
                pass
            meeting.send("value")

        thread = self.thread(send_to_sleeper)
        self.assertEqual(meeting.receive(), "value")
        self.join(thread)


class SignalTest(ThreadTestCase):
    def interrupt_when_asleep(self):
        """A thread that sends SIGINT to the main thread once that sleeps in its scheduler."""
        main = stackless.getmain()

        def work(meeting):
            while not main.blocked:
                pass
            os.kill(os.getpid(), signal.SIGINT)

        return work

    def setUp(self):
        super().setUp()
        old = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, old)

    def test_main_is_interrupted_in_a_channel(self):
        meeting = channel()
        keep = self.idle_thread()
        self.thread(self.interrupt_when_asleep(), meeting)
        with self.assertRaises(KeyboardInterrupt):
            meeting.receive()
        self.assertEqual(meeting.balance, 0)
        self.assertIn(keep, stackless.threads)

    def test_a_handler_that_returns(self):
        meeting = channel()
        signal.signal(signal.SIGINT, lambda *args: self.log.append("handled"))
        interrupt = self.interrupt_when_asleep()

        def work():
            interrupt(meeting)
            while not self.log:
                pass
            meeting.send("value")

        self.thread(work)
        self.assertEqual(meeting.receive(), "value")
        self.assertEqual(self.log, ["handled"])


class MovingTest(ThreadTestCase):
    def test_a_new_one_into_a_thread_without_tasklets(self):
        thread_id = self.idle_thread()
        moved = tasklet(self.note, ("x",))
        moved.bind_thread(thread_id)
        self.assertEqual(moved.thread_id, thread_id)
        self.assertTrue(moved.paused)

    def test_runs_there(self):
        thread_id = self.serving_thread()
        done = threading.Event()
        moved = tasklet(lambda: [self.log.append(threading.get_ident()), done.set()], ())
        moved.bind_thread(thread_id)
        moved.insert()
        done.wait()
        self.assertEqual(self.log, [thread_id])

    def test_run_makes_it_runnable_there(self):
        thread_id = self.serving_thread()
        done = threading.Event()
        moved = tasklet(lambda: [self.log.append(threading.get_ident()), done.set()], ())
        moved.bind_thread(thread_id)
        self.assertIsNone(moved.run())
        done.wait()
        self.assertEqual(self.log, [thread_id])

    def test_switch_is_refused(self):
        moved = tasklet(self.note, ("x",))
        moved.bind_thread(self.serving_thread())
        with self.assertRaises(RuntimeError):
            moved.switch()
        moved.kill()

    @needs_soft_switches
    def test_a_paused_one_wanders(self):
        def wander():
            try:
                raise KeyError("kept")
            except KeyError:
                for _ in range(3):
                    self.log.append(threading.get_ident())
                    schedule_remove()
                self.log.append(str(sys.exc_info()[1]))

        wanderer = tasklet(wander, ())
        ids = []
        for _ in range(3):

            def work():
                ids.append(threading.get_ident())
                wanderer.bind_thread()
                wanderer.insert()
                stackless.run()

            self.in_thread(work)
            self.assertTrue(wanderer.alive and wanderer.paused)
            self.assertEqual(wanderer.thread_id, -1)
        wanderer.bind_thread()
        wanderer.insert()
        stackless.run()
        self.assertEqual(self.log, [*ids, "'kept'"])

    @needs_soft_switches
    def test_a_blocked_one(self):
        meeting = channel()
        done = threading.Event()

        def receive():
            self.log.append((meeting.receive(), threading.get_ident()))
            done.set()

        blocked = self.block(receive)
        thread_id = self.serving_thread()
        blocked.bind_thread(thread_id)
        self.assertTrue(blocked.blocked)
        meeting.send("value")
        done.wait()
        self.assertEqual(self.log, [("value", thread_id)])

    @needs_soft_switches
    def test_an_interrupted_one(self):
        def work():
            total = 0
            for number in range(1000):
                total += number
            self.log.append((total, threading.get_ident()))

        interrupted = self.start(work)
        self.assertIs(stackless.run(100), interrupted)

        def finish():
            interrupted.bind_thread()
            interrupted.insert()
            stackless.run()
            return threading.get_ident()

        thread_id = self.in_thread(finish)
        self.assertEqual(self.log, [(sum(range(1000)), thread_id)])

    def test_refused(self):
        thread_id = self.idle_thread()
        with self.assertRaises(RuntimeError):
            stackless.getmain().bind_thread(thread_id)
        runnable = self.start(self.note, "x")
        with self.assertRaises(RuntimeError):
            runnable.bind_thread(thread_id)
        runnable.kill()
        holding = self.pause(call_from_c, schedule_remove)
        with self.assertRaises(RuntimeError):
            holding.bind_thread(thread_id)
        holding.kill()
        for error, bad in [(ValueError, 1), (TypeError, "1"), (TypeError, None)]:
            with self.subTest(bad=bad), self.assertRaises(error):
                tasklet().bind_thread(bad)

    def test_kill_and_throw_across_threads(self):
        ended = threading.Event()

        def wait():
            try:
                schedule_remove()
            except LookupError:
                self.log.append("caught")
            finally:
                self.log.append(threading.get_ident())
                ended.set()

        for action in (lambda t: t.kill(), lambda t: t.throw(LookupError)):
            self.log.clear()
            ended.clear()
            ready, waiting, meeting = threading.Event(), [], channel()

            def work():
                waiting.append(tasklet(wait)())
                waiting[0].run()
                ready.set()
                meeting.receive()

            thread = self.thread(work)
            ready.wait()
            action(waiting[0])
            ended.wait()
            self.assertEqual(self.log[-1], thread.ident)
            meeting.send(None)
            self.join(thread)
            self.assertFalse(waiting[0].alive)

    def test_a_running_one_cannot_be_thrown_at(self):
        ready, end, running = threading.Event(), threading.Event(), []

        def work():
            running.append(stackless.getcurrent())
            ready.set()
            end.wait()

        self.thread(work)
        ready.wait()
        with self.assertRaises(RuntimeError):
            running[0].throw(LookupError)
        with self.assertRaises(RuntimeError):
            running[0].kill()
        end.set()


class EndOfThreadTest(ThreadTestCase):
    def left_by(self, leave):
        """The tasklet that a thread has left when it ended."""
        left = self.in_thread(leave)
        self.assertEqual(left.thread_id, -1)
        return left

    def wait(self):
        try:
            schedule_remove()
        finally:
            self.log.append("finally")

    @needs_soft_switches
    def test_paused(self):
        def leave():
            paused = tasklet(self.wait)()
            paused.run()
            return paused

        left = self.left_by(leave)
        self.assertTrue(left.alive and left.paused)
        with self.assertRaises(RuntimeError):
            left.insert()
        left.bind_thread()
        left.insert()
        stackless.run()
        self.assertEqual(self.log, ["finally"])

    def test_runnable(self):
        left = self.left_by(lambda: tasklet(self.note)("ran"))
        self.assertTrue(left.paused)
        left.bind_thread()
        left.insert()
        stackless.run()
        self.assertEqual(self.log, ["ran"])

    def test_runnable_in_a_thread_that_never_used_tasklets(self):
        end = threading.Event()
        thread = self.thread(end.wait)
        left = tasklet(self.note, ("ran",))
        left.bind_thread(thread.ident)
        left.insert()
        self.assertTrue(left.scheduled)
        end.set()
        self.join(thread)
        self.assertEqual(left.thread_id, -1)
        self.assertTrue(left.alive and left.paused)
        left.bind_thread()
        left.insert()
        stackless.run()
        self.assertEqual(self.log, ["ran"])

    @needs_soft_switches
    def test_blocked(self):
        meeting = channel()

        def leave():
            receiver = tasklet(lambda: self.log.append(meeting.receive()))()
            receiver.run()
            return receiver

        left = self.left_by(leave)
        self.assertTrue(left.blocked)
        meeting.send("value")
        self.assertTrue(left.paused)
        left.bind_thread()
        left.insert()
        stackless.run()
        self.assertEqual(self.log, ["value"])

    def test_inside_c_code(self):
        def leave():
            holding = tasklet(call_from_c)(self.wait)
            holding.run()
            return holding

        left = self.left_by(leave)
        self.assertFalse(left.alive)
        self.assertEqual(self.log, ["finally"])

    @needs_soft_switches
    def test_kill_unbinds(self):
        def leave():
            paused = tasklet(self.wait)()
            paused.run()
            return paused

        left = self.left_by(leave)
        left.kill()
        self.assertFalse(left.alive)
        self.assertEqual(self.log, [])

    def test_with_a_limit_that_still_runs(self):
        """Main, which a tasklet watches over, ends the thread."""

        def leave():
            watching = tasklet(stackless.run)(10**9)
            watching.run()
            return watching

        left = self.left_by(leave)
        self.assertFalse(left.scheduled)
        if left.alive:
            left.kill()
        busy = self.start(lambda: [None for _ in range(10**6)])
        self.assertIs(stackless.run(100), busy)
        busy.kill()

    def test_nothing_is_kept(self):
        class Thing:
            pass

        def leave():
            thing = Thing()
            references.append(weakref.ref(thing))
            tasklet(lambda: thing)()
            paused = tasklet(lambda thing: schedule_remove())(thing)
            paused.run()

        references = []
        self.in_thread(leave)
        gc.collect()
        self.assertIsNone(references[0]())

    def test_exceptions_of_tasklets(self):
        def fail():
            raise ValueError("reason")

        def work():
            tasklet(fail)()
            stackless.run()

        old, threading.excepthook = threading.excepthook, self.log.append
        try:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        finally:
            threading.excepthook = old
        self.assertEqual([str(args.exc_value) for args in self.log], ["reason"])
        self.assertEqual(self.log[0].thread, thread)
        self.log.clear()


class AtomicTest(ThreadTestCase):
    def test_keeps_the_gil(self):
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        self.addCleanup(sys.setswitchinterval, interval)
        counter, end = [0], []

        def count():
            while not end:
                counter[0] += 1

        thread = self.thread(count)
        while counter[0] == 0:
            pass
        with stackless.atomic():
            before = counter[0]
            for _ in range(200_000):
                pass
            after = counter[0]
        while counter[0] == after:
            pass
        end.append(True)
        self.join(thread)
        self.assertEqual(before, after)


class ProcessTest(unittest.TestCase):
    """What needs a process of its own: its end, and forks."""

    PREFACE = """
import os, pickle, sys, threading
import stackless
from stackless import channel, schedule_remove, tasklet
stackless.enable_softswitch({})
ready = threading.Event()
def start(work):
    threading.Thread(target=work, daemon=True).start()
    ready.wait()
class Reduced:
    def __init__(self, function):
        self.function = function
    def __reduce__(self):
        self.function()
        return int, ()
def call_from_c(function):
    pickle.dumps(Reduced(function))
def spin():
    ready.set()
    while True:
        pass
"""

    def check(self, source, expected=""):
        preface = self.PREFACE.format(stackless.enable_softswitch(None))
        done = run_script(preface + source)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, expected, ""))

    def test_daemons_asleep(self):
        for name, source in {
            "main": "ready.set(); channel().receive()",
            "tasklet": "tasklet(lambda: [ready.set(), channel().receive()])();"
            " stackless.run(threadblock=True)",
            "in C code": "tasklet(call_from_c)(lambda: [ready.set(), channel().receive()]);"
            " stackless.run(threadblock=True)",
            "with a deadline": "ready.set(); stackless.run(threadblock=True, seconds=1e6)",
        }.items():
            with self.subTest(name):
                self.check(f"def work():\n    {source}\nstart(work)\n")

    def test_daemons_that_run(self):
        for name, source in {
            "tasklet": "tasklet(spin)(); stackless.run()",
            "in C code": "tasklet(call_from_c)(spin); stackless.run()",
            "watched": "tasklet(spin)(); stackless.run(10**12)",
            "interrupted": "t = tasklet(spin)()\n    while True: stackless.run(100).insert()",
            "in a lock": "lock = threading.Lock(); lock.acquire()\n"
            "    tasklet(lambda: [ready.set(), lock.acquire()])(); stackless.run()",
        }.items():
            with self.subTest(name):
                self.check(f"def work():\n    {source}\nstart(work)\n")

    def test_the_program_waits_for_a_thread(self):
        self.check(
            """
meeting = channel()
def work():
    ready.set()
    print(meeting.receive())
threading.Thread(target=work).start()
ready.wait()
meeting.send("received")
""",
            "received\n",
        )

    def test_end_under_a_watchdog(self):
        self.check(
            """
watching = tasklet(stackless.run)(10**9, ignore_nesting=True)
watching.run()
print("end")
""",
            "end\n",
        )

    def test_fork_with_sleeping_threads(self):
        self.check(
            """
meeting = channel()
def work():
    tasklet(call_from_c)(schedule_remove).run()
    tasklet(schedule_remove)().run()
    ready.set()
    meeting.receive()
start(work)
while meeting.balance == 0:
    pass
child = os.fork()
if child == 0:
    tasklet(print)("child")
    stackless.run()
    try:
        channel().receive()
    except RuntimeError as error:
        print(error)
    sys.exit()
print(os.waitpid(child, 0)[1], flush=True)
""",
            "child\nDeadlock: the last runnable tasklet cannot be blocked.\n0\n",
        )

    def test_fork_with_running_tasklets(self):
        self.check(
            """
tasklets = []
def work():
    tasklets.append(tasklet(call_from_c)(schedule_remove))
    tasklets[0].run()
    tasklets.append(tasklet(print)("not yet run"))
    tasklets[1].remove()
    tasklets.append(tasklet(spin)())
    stackless.run()
start(work)
child = os.fork()
if child == 0:
    print([t.alive for t in tasklets])
    print([t.thread_id for t in tasklets])
    tasklets[1].bind_thread()
    tasklets[1].insert()
    stackless.run()
    try:
        tasklets[2].insert()
    except RuntimeError:
        print("dead")
    sys.exit()
print(os.waitpid(child, 0)[1], flush=True)
""",
            "[False, True, False]\n[-1, -1, -1]\nnot yet run\ndead\n0\n",
        )


if __name__ == "__main__":
    unittest.main()
