"""What comes from outside between two instructions: signals, pending calls, other threads and their exceptions."""

import _thread
import ctypes
import faulthandler
import itertools
import operator
import os
import signal
import sys
import tempfile
import threading
import unittest

import stackless
from support import StacklessTestCase, run_script

api = ctypes.pythonapi


class Stop(Exception):
    pass


# Endless loops, each of another kind of instructions. Nothing but an exception from outside ends them.


def empty_loop():
    while True:
        pass


def conditional_loop(flag=True, number=1000, real=1.5, text="abc"):
    while flag and number == 1000 and real < 2.0 and text != "x" and flag is not None:
        pass


def loop_of_one_comparison(number=1000):
    while number < 2000:
        pass


def loop_until_none(nothing=None):
    while nothing is None:
        nothing = None


def arithmetic_loop():
    x = 1000
    while True:
        x += 1
        x -= 1


def iterator_loop():
    for _ in itertools.repeat(None):
        pass


def comprehension_loop():
    return [None for _ in itertools.repeat(None) if _]


def generator_loop():
    def generate():
        while True:
            yield

    for _ in generate():
        pass


def call_loop():
    def call(a, b=1):
        return a

    while True:
        call(1)


def c_call_loop():
    while True:
        len("")


def recursion_loop():
    def recurse(depth):
        if depth:
            recurse(depth - 1)

    while True:
        recurse(50)


def exception_loop():
    while True:
        try:
            raise KeyError
        except KeyError:
            continue
        finally:
            pass


def coroutine_loop():
    async def nothing():
        pass

    async def wait():
        while True:
            await nothing()

    wait().send(None)


LOOPS = [
    empty_loop,
    conditional_loop,
    loop_of_one_comparison,
    loop_until_none,
    arithmetic_loop,
    iterator_loop,
    comprehension_loop,
    generator_loop,
    call_loop,
    c_call_loop,
    recursion_loop,
    exception_loop,
    coroutine_loop,
]


def is_inside(thread_id, function):
    """Whether a thread is in a function, or in what that calls."""
    frame = sys._current_frames()[thread_id]
    while frame is not None and frame.f_code is not function.__code__:
        frame = frame.f_back
    return frame is not None


class InterruptTestCase(StacklessTestCase):
    def setUp(self):
        super().setUp()
        # A loop that cannot be interrupted would never end.
        faulthandler.dump_traceback_later(300, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(1e-5)

    def when_inside(self, function, action):
        """Has a thread do something once the calling one is in a function."""
        caller = threading.get_ident()

        def watch():
            while not is_inside(caller, function):
                pass
            action()

        thread = threading.Thread(target=watch)
        thread.start()
        self.addCleanup(thread.join)

    def handle(self, signum, handler):
        self.addCleanup(signal.signal, signum, signal.signal(signum, handler))


class SignalTest(InterruptTestCase):
    def test_keyboard_interrupt(self):
        for loop in LOOPS:
            with self.subTest(loop.__name__):
                for _ in range(5):
                    self.when_inside(loop, lambda: os.kill(os.getpid(), signal.SIGINT))
                    with self.assertRaises(KeyboardInterrupt):
                        loop()

    def test_raised_by_the_thread_itself(self):
        def f():
            try:
                signal.raise_signal(signal.SIGINT)
                self.log.append("not reached")
            finally:
                self.log.append("finally")

        with self.assertRaises(KeyboardInterrupt):
            f()
        self.assertEqual(self.log, ["finally"])

    def test_handler_runs_before_the_next_instruction(self):
        def interrupt_and_look():
            _thread.interrupt_main(signal.SIGUSR1)
            return list(self.log)

        self.handle(signal.SIGUSR1, lambda *arguments: self.log.append("handled"))
        for count in range(1, 100):
            self.assertEqual(interrupt_and_look(), ["handled"] * count)

    def test_handler_gets_the_interrupted_frame(self):
        def f():
            local = "value"
            _thread.interrupt_main(signal.SIGUSR1)
            return local

        def handler(signum, frame):
            self.log.append((signum, frame.f_code.co_name, frame.f_lineno, frame.f_locals["local"]))

        self.handle(signal.SIGUSR1, handler)
        f()
        self.assertEqual(self.log, [(signal.SIGUSR1, "f", f.__code__.co_firstlineno + 2, "value")])

    def test_several_signals_are_handled_in_order(self):
        signals = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGTERM]
        for signum in signals:
            self.handle(signum, lambda signum, frame: self.log.append(signum))
        for _ in range(50):
            del self.log[:]
            signal.pthread_sigmask(signal.SIG_BLOCK, signals)
            for signum in signals:
                signal.raise_signal(signum)
            self.assertEqual(self.log, [])
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            self.assertEqual(self.log, sorted(signals))

    def test_no_signal_is_lost_or_handled_twice(self):
        def count(signum, frame):
            nonlocal handled
            handled += 1

        def work():
            total = 0
            for i in range(1000):
                if i % 10 == 0:
                    signal.raise_signal(signal.SIGUSR1)
                total += i
            return total

        handled = 0
        self.handle(signal.SIGUSR1, count)
        for _ in range(10):
            self.assertEqual(work(), 499500)
        self.assertEqual(handled, 1000)

    def test_handler_that_raises(self):
        def handler(signum, frame):
            raise Stop(signum)

        self.handle(signal.SIGUSR1, handler)
        for loop in LOOPS:
            with self.subTest(loop.__name__):
                self.when_inside(loop, lambda: os.kill(os.getpid(), signal.SIGUSR1))
                with self.assertRaises(Stop):
                    loop()

    def test_calculation_in_c_without_end(self):
        """It asks for signals as it multiplies long ints."""

        def calculate():
            number = 3**1000
            all(map(operator.mul, itertools.repeat(number), itertools.repeat(number)))

        def stop(*arguments):
            raise Stop

        self.handle(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        with self.assertRaises(Stop):
            calculate()

    def test_handlers_run_in_the_main_thread(self):
        def work():
            for _ in range(100):
                signal.raise_signal(signal.SIGUSR1)
            done.set()

        done = threading.Event()
        threads = set()
        self.handle(signal.SIGUSR1, lambda *arguments: threads.add(threading.get_ident()))
        thread = threading.Thread(target=work)
        thread.start()
        done.wait()
        thread.join()
        self.assertEqual(threads, {threading.main_thread().ident})

    def test_in_a_tasklet(self):
        def run():
            try:
                empty_loop()
            finally:
                self.log.append("finally")

        for _ in range(5):
            del self.log[:]
            self.start(run)
            self.when_inside(empty_loop, lambda: os.kill(os.getpid(), signal.SIGINT))
            with self.assertRaises(KeyboardInterrupt):
                stackless.run()
            self.assertEqual(self.log, ["finally"])

    def test_while_tasklets_switch(self):
        def switch():
            while True:
                stackless.schedule()

        # Each interrupt may be the end of one of them.
        tasklets = [self.start(switch) for _ in range(8)]
        for _ in range(5):
            self.when_inside(switch, lambda: os.kill(os.getpid(), signal.SIGINT))
            with self.assertRaises(KeyboardInterrupt):
                while True:
                    stackless.schedule()
        for tasklet in tasklets:
            tasklet.kill()


class ThreadTest(InterruptTestCase):
    def test_busy_threads_give_way_to_each_other(self):
        """Each goes on until the other one has gone on, again and again."""

        def plain(mine):
            while min(counters) < 30:
                counters[mine] += 1

        def calling(mine):
            def advance():
                counters[mine] += 1

            while min(counters) < 30:
                advance()

        def generating(mine):
            def generate():
                while min(counters) < 30:
                    counters[mine] += 1
                    yield

            for _ in generate():
                pass

        for functions in itertools.product((plain, calling, generating), repeat=2):
            counters = [0, 0]
            threads = [
                threading.Thread(target=function, args=(i,)) for i, function in enumerate(functions)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertGreaterEqual(min(counters), 30)

    def test_main_thread_gets_its_turn(self):
        for loop in LOOPS:
            with self.subTest(loop.__name__):
                thread = self.run_until_stopped(loop)
                total = sum(i for i in range(10000))
                self.assertEqual(total, 49995000)
                self.stop(thread)

    def run_until_stopped(self, loop):
        def work():
            try:
                loop()
            except Stop as stop:
                self.log.append(stop)

        thread = threading.Thread(target=work)
        thread.start()
        while not is_inside(thread.ident, loop):
            pass
        return thread

    def stop(self, thread):
        del self.log[:]
        affected = api.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stop))
        self.assertEqual(affected, 1)
        thread.join()
        self.assertEqual([type(stop) for stop in self.log], [Stop])

    def test_exception_for_another_thread(self):
        for loop in LOOPS:
            with self.subTest(loop.__name__):
                for _ in range(3):
                    self.stop(self.run_until_stopped(loop))

    def test_exception_for_the_thread_itself(self):
        def f():
            api.PyThreadState_SetAsyncExc(ctypes.c_ulong(threading.get_ident()), ctypes.py_object(Stop))
            self.log.append("not reached")

        for _ in range(50):
            with self.assertRaises(Stop):
                f()
        self.assertEqual(self.log, [])

    def test_exception_that_is_taken_back(self):
        thread_id = ctypes.c_ulong(threading.get_ident())

        def f():
            # No instruction is executed between the two calls that C code does.
            list(map(api.PyThreadState_SetAsyncExc, (thread_id, thread_id), (ctypes.py_object(Stop), None)))
            return "not raised"

        self.assertEqual(f(), "not raised")

    def test_exception_for_no_thread(self):
        self.assertEqual(api.PyThreadState_SetAsyncExc(ctypes.c_ulong(1), ctypes.py_object(Stop)), 0)

    def test_frames_of_busy_threads(self):
        for loop in LOOPS:
            with self.subTest(loop.__name__):
                thread = self.run_until_stopped(loop)
                for _ in range(100):
                    frame = sys._current_frames()[thread.ident]
                    names = []
                    while frame is not None:
                        names.append(frame.f_code.co_name)
                        self.assertIsInstance(frame.f_lineno, int)
                        frame = frame.f_back
                    self.assertNotEqual(names, [])
                self.stop(thread)


class PendingCallTest(InterruptTestCase):
    FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)

    def add(self, function):
        """Asks for a call of a Python function."""
        api.Py_AddPendingCall.argtypes = (self.FUNCTION, ctypes.c_void_p)
        callback = self.FUNCTION(lambda argument: function() or 0)
        self.addCleanup(lambda: callback)  # keeps it alive
        self.assertEqual(api.Py_AddPendingCall(callback, None), 0)

    def test_before_the_next_instruction(self):
        def f():
            self.add(lambda: self.log.append("called"))
            return list(self.log)

        for count in range(1, 50):
            self.assertEqual(f(), ["called"] * count)

    def test_in_order(self):
        def add_all():
            for i in range(10):
                self.add(lambda i=i: self.log.append(i))

        # In another thread, so that none is called before all are there.
        thread = threading.Thread(target=add_all)
        thread.start()
        thread.join()
        while len(self.log) < 10:
            pass
        self.assertEqual(self.log, list(range(10)))

    def test_in_busy_loops(self):
        def add_and_interrupt():
            self.add(lambda: self.log.append(threading.get_ident()))
            while not self.log:
                pass
            os.kill(os.getpid(), signal.SIGINT)

        for loop in LOOPS:
            with self.subTest(loop.__name__):
                del self.log[:]
                self.when_inside(loop, add_and_interrupt)
                with self.assertRaises(KeyboardInterrupt):
                    loop()
                self.assertEqual(self.log, [threading.main_thread().ident])

    def test_call_that_fails_without_an_exception(self):
        result = run_script(
            "import ctypes\n"
            "function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)\n"
            "failing = function(lambda argument: -1)\n"
            "ctypes.pythonapi.Py_AddPendingCall.argtypes = (function, ctypes.c_void_p)\n"
            "try: ctypes.pythonapi.Py_AddPendingCall(failing, None)\n"
            "except SystemError as error: print(error)"
        )
        self.assertEqual(
            (result.returncode, result.stdout), (0, "error return without exception set\n"), result.stderr
        )


class DumpTest(InterruptTestCase):
    def test_dump_of_the_frames(self):
        def outer():
            return inner()

        def inner():
            with tempfile.TemporaryFile("w+") as file:
                faulthandler.dump_traceback(file, all_threads=False)
                file.seek(0)
                return file.read().splitlines()

        first = outer.__code__.co_firstlineno
        for _ in range(50):
            dump = outer()
            self.assertEqual(dump[0], "Stack (most recent call first):")
            self.assertEqual(dump[1], f'  File "{__file__}", line {first + 5} in inner')
            self.assertEqual(dump[2], f'  File "{__file__}", line {first + 1} in outer')
            self.assertTrue(dump[3].endswith(" in test_dump_of_the_frames"), dump[3])

    def test_dump_of_a_busy_thread(self):
        """By another thread, which has the GIL: in a signal handler, frames may be half-made."""

        def dump_and_stop():
            with tempfile.TemporaryFile("w+") as file:
                faulthandler.dump_traceback(file, all_threads=True)
                file.seek(0)
                self.log.append(file.read())
            os.kill(os.getpid(), signal.SIGINT)

        for loop in LOOPS:
            with self.subTest(loop.__name__):
                del self.log[:]
                self.when_inside(loop, dump_and_stop)
                with self.assertRaises(KeyboardInterrupt):
                    loop()
                self.assertIn(" in dump_and_stop\n", self.log[0])
                self.assertIn(f" in {loop.__name__}\n", self.log[0])
                self.assertIn(" in test_dump_of_a_busy_thread\n", self.log[0])

    def test_dump_in_a_tasklet(self):
        def run():
            with tempfile.TemporaryFile("w+") as file:
                faulthandler.dump_traceback(file, all_threads=False)
                file.seek(0)
                self.log.extend(file.read().splitlines())

        self.start(run)
        stackless.run()
        line = run.__code__.co_firstlineno + 2
        self.assertEqual(
            self.log, ["Stack (most recent call first):", f'  File "{__file__}", line {line} in run']
        )


if __name__ == "__main__":
    unittest.main()
