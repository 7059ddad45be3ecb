"""The C stacks of tasklets that are left inside of C code: how many, how large, and when there are none."""

import json
import os
import re
import threading
import unittest

import stackless
from stackless import channel, schedule_remove
from support import (
    StacklessTestCase,
    call_from_c,
    needs_soft_switching,
    run_script,
    schedule_remove_from_c,
)
from test_loop_recursion import NOT_BY_CALLS

DEFAULT_SIZE, DEFAULT_LIMIT = stackless.cstack_options()
SMALLEST_SIZE = 256 * 1024


def resident_kilobytes():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmRSS:\s*(\d+) kB", status.read())[1])


def count_mappings():
    with open("/proc/self/maps") as maps:
        return sum(1 for _ in maps)


class CStackTestCase(StacklessTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(stackless.cstack_options, *stackless.cstack_options())


class ManyTest(CStackTestCase):
    COUNT = 10_000

    def wait_and_end(self, count):
        """So many tasklets are blocked at once inside of C code, and go on. Returns their results."""

        def work(number):
            first = call_from_c(subject.receive)
            results.append((number, first, call_from_c(subject.receive)))

        subject, results = channel(), []
        for number in range(count):
            self.start(work, number)
        stackless.run()
        self.assertEqual(subject.balance, -count)
        for item in range(2 * count):
            subject.send(-item)
        self.assertEqual(subject.balance, 0)
        return results

    def test_blocked_at_once(self):
        results = self.wait_and_end(self.COUNT)
        expected = [(n, -n, -self.COUNT - n) for n in range(self.COUNT)]
        self.assertEqual(results, expected)

    def test_their_stacks_are_used_again(self):
        self.wait_and_end(1000)
        mappings, kilobytes = count_mappings(), resident_kilobytes()
        for _ in range(20):
            self.wait_and_end(1000)
        # 20,000 stacks, each of two mappings and of 8 KiB at least, would show.
        self.assertLess(count_mappings() - mappings, 1000)
        self.assertLess(resident_kilobytes() - kilobytes, 120_000)

    def test_one_stack_serves_one_tasklet_after_the_other(self):
        def work():
            call_from_c(lambda: self.log.append(stackless.getcurrent().cstate.startaddr))

        for _ in range(100):
            self.start(work)
        call_from_c(stackless.run)
        self.assertEqual(len(self.log), 100)
        self.assertEqual(len(set(self.log)), 1)


class LimitTest(CStackTestCase):
    def setUp(self):
        super().setUp()
        # No stack of an earlier test is used again.
        stackless.cstack_options(size=2 * DEFAULT_SIZE)

    def wait(self, subject):
        """As a tasklet: waits inside of C code, or notes that it could not."""
        try:
            call_from_c(subject.receive)
            self.log.append([1])
        except MemoryError as error:
            self.log.append(str(error))

    def test_memory_error(self):
        stackless.cstack_options(limit=8)
        subject = channel()
        for _ in range(12):
            self.start(self.wait, subject)
        stackless.run()
        self.assertEqual(len(self.log), 12 + subject.balance)
        self.assertIn(-subject.balance, (7, 8))  # one may be what the others run on
        for message in self.log:
            self.assertRegex(message, "no C stack for another tasklet: 8 are in use, of at most 8")
            self.assertIn("stackless.cstack_options()", message)
        del self.log[:]
        self.assert_goes_on(subject)

    def assert_goes_on(self, subject):
        waiting = -subject.balance
        while subject.balance < 0:
            subject.send(1)
        self.assertEqual(self.log, [[1]] * waiting)
        del self.log[:]
        for _ in range(waiting):
            self.start(self.wait, subject)
        stackless.run()
        self.assertEqual((self.log, subject.balance), ([], -waiting))
        while subject.balance < 0:
            subject.send(1)

    @needs_soft_switching
    def test_nothing_has_been_changed(self):
        waiting = channel()
        paused = self.pause(lambda: self.log.append(schedule_remove("ran")))

        def try_all():
            for action in (
                stackless.schedule,
                schedule_remove,
                waiting.receive,
                lambda: waiting.send("x"),
                paused.run,
                paused.switch,
                lambda: paused.throw(ValueError),
            ):
                before = stackless.getruncount()
                with self.assertRaises(MemoryError):
                    call_from_c(action)
                self.assertEqual(stackless.getruncount(), before)
                self.assertEqual(waiting.balance, 0)
                self.assertTrue(stackless.getcurrent().is_current)
            self.log.append("done")

        stackless.cstack_options(limit=1)
        self.start(try_all)
        self.start(self.note, "bystander")
        stackless.run()
        self.assertEqual(self.log, ["done", "bystander"])
        self.assertTrue(paused.paused)
        paused.run()
        self.assertEqual(self.log[2:], ["ran"])

    def test_main_needs_one_too(self):
        script = """
import stackless
stackless.cstack_options(limit=1)
class Table:
    def __getitem__(self, letter):
        stackless.schedule_remove()
        return "y"
waiting = stackless.tasklet("x".translate)(Table())
stackless.run()
stackless.tasklet(print)("goes on")
try:
    stackless.run()
except MemoryError:
    print("MemoryError")
waiting.kill()
stackless.run()
"""
        self.assertEqual(run_script(script).stdout, "MemoryError\ngoes on\n")

    def test_a_lower_limit_gives_up_what_is_kept(self):
        subject = channel()
        for _ in range(100):
            self.start(self.wait, subject)
        stackless.run()
        while subject.balance < 0:
            subject.send(1)
        before = count_mappings()
        stackless.cstack_options(limit=10)
        self.assertLess(count_mappings(), before - 100)
        del self.log[:]
        for _ in range(20):
            self.start(self.wait, subject)
        stackless.run()
        self.assertGreaterEqual(len(self.log), 10)
        while subject.balance < 0:
            subject.send(1)


class OptionsTest(CStackTestCase):
    def test_returns_the_old_ones(self):
        self.assertEqual(stackless.cstack_options(), (DEFAULT_SIZE, DEFAULT_LIMIT))
        self.assertEqual(stackless.cstack_options(300 * 1024, 30), (DEFAULT_SIZE, DEFAULT_LIMIT))
        self.assertEqual(stackless.cstack_options(size=None, limit=40), (300 * 1024, 30))
        self.assertEqual(stackless.cstack_options(size=256 * 1024), (300 * 1024, 40))
        self.assertEqual(stackless.cstack_options(), (256 * 1024, 40))

    def test_bad_values(self):
        for name, value, message in (
            ("size", 0, "size of a C stack must be a number from 262144 to 1073741824, not 0"),
            ("size", 65535, "not 65535"),
            ("size", -1, "not -1"),
            ("size", 2**30 + 1, "not 1073741825"),
            ("size", 10**30, "not 10{30}"),
            ("limit", 0, "limit of C stacks must be a number from 1 to .*, not 0"),
            ("limit", -5, "not -5"),
            ("limit", 10**30, "not 10{30}"),
        ):
            with self.subTest(name=name, value=value):
                with self.assertRaisesRegex(ValueError, message):
                    stackless.cstack_options(**{name: value})
                self.assertEqual(stackless.cstack_options(), (DEFAULT_SIZE, DEFAULT_LIMIT))
        for value in ("256K", 1e6, []):
            with self.assertRaises(TypeError):
                stackless.cstack_options(size=value)
            with self.assertRaises(TypeError):
                stackless.cstack_options(limit=value)

    def test_a_bad_limit_leaves_the_size_alone(self):
        with self.assertRaises(ValueError):
            stackless.cstack_options(size=SMALLEST_SIZE, limit=0)
        self.assertEqual(stackless.cstack_options(), (DEFAULT_SIZE, DEFAULT_LIMIT))

    def test_size_of_new_stacks(self):
        for size in (SMALLEST_SIZE, 400_000, 4 * DEFAULT_SIZE):
            stackless.cstack_options(size=size)
            # The one that others ran on before may be used once more.
            for _ in range(2):
                waiting = [self.pause(call_from_c, schedule_remove) for _ in range(2)]
            page = os.sysconf("SC_PAGESIZE")
            self.assertEqual(waiting[-1].cstate.size, -(-size // page) * page)
            for each in waiting:
                each.kill()


class StartTest(unittest.TestCase):
    """What is said about stacks when the program is started."""

    def ask(self, *options, **environment):
        script = "import stackless; print(*stackless.cstack_options())"
        return run_script(script, options=options, environment=environment)

    def assert_options(self, result, size, limit):
        self.assertEqual((result.stderr, result.stdout), ("", f"{size} {limit}\n"))

    def test_option(self):
        for text, size, limit in (
            ("262144", SMALLEST_SIZE, DEFAULT_LIMIT),
            ("256K", SMALLEST_SIZE, DEFAULT_LIMIT),
            ("2m,7", 2 << 20, 7),
            ("1G,1k", 1 << 30, 1024),
        ):
            with self.subTest(text):
                self.assert_options(self.ask("-X", f"stackless-cstack={text}"), size, limit)

    def test_environment(self):
        self.assert_options(self.ask(STACKLESS_CSTACK="300K,9"), 300 * 1024, 9)
        self.assert_options(self.ask(STACKLESS_CSTACK=""), DEFAULT_SIZE, DEFAULT_LIMIT)

    def test_environment_can_be_ignored(self):
        self.assert_options(self.ask("-E", STACKLESS_CSTACK="300K,9"), DEFAULT_SIZE, DEFAULT_LIMIT)

    def test_the_option_comes_first(self):
        result = self.ask("-X", "stackless-cstack=256K,8", STACKLESS_CSTACK="300K,9")
        self.assert_options(result, 256 * 1024, 8)

    def test_bad_values(self):
        for text in (
            *("", "abc", "1", "0", "-5", "255K", "2G", "1.5M", " 256K", "256K ", "256KB", "9" * 30),
            *("256K,", "256K,0", "256K,x", "256K,-1", "256K,1,2", ",5"),
        ):
            with self.subTest(text):
                option = self.ask("-X", f"stackless-cstack={text}")
                self.assertEqual((option.returncode, option.stdout), (1, ""))
                self.assertIn("ValueError: -X stackless-cstack must be SIZE", option.stderr)
                self.assertIn(f"not '{text}'", option.stderr)
                if text:
                    variable = self.ask(STACKLESS_CSTACK=text)
                    self.assertEqual((variable.returncode, variable.stdout), (1, ""))
                    self.assertIn("ValueError: STACKLESS_CSTACK must be SIZE", variable.stderr)

    def test_option_without_a_value(self):
        result = self.ask("-X", "stackless-cstack")
        self.assertEqual(result.returncode, 1)
        self.assertIn("ValueError: -X stackless-cstack must be SIZE", result.stderr)


RECURSIONS = NOT_BY_CALLS | {
    "json.dumps()": "import json\ndef f(o): return json.dumps(o, default=f)\nf(object())",
    "json.loads()": "import json\ndef f(o): return json.loads('{}', object_hook=f)\nf(1)",
    "pickle.dumps()": (
        "import pickle\n"
        "class C:\n"
        "    def __reduce__(self): return pickle.dumps(self)\n"
        "pickle.dumps(C())"
    ),
    "str.join()": "def f(): return ''.join(f() for _ in [1])\nf()",
    "nested __repr__": (
        "class C:\n"
        "    def __init__(self, inner): self.inner = inner\n"
        "    def __repr__(self): return repr([self.inner])\n"
        "inner = 1\n"
        "for _ in range(10**5): inner = C(inner)\n"
        "repr(inner)"
    ),
}

RECURSE_IN_TASKLETS = """
import builtins, json, sys
import stackless

def recurse(source):
    original_import = builtins.__import__
    try:
        exec(source, {})
    except RecursionError as error:
        outcome = str(error)
    else:
        outcome = "no error"
    finally:
        builtins.__import__ = original_import
    return outcome

def work(name, source):
    # Twice, because the first time must not leave anything behind.
    print(name, recurse(source), recurse(source), len(sorted([1, 2], key=wait)), sep="|")

def wait(item):
    stackless.schedule()
    return item

def live_on():
    sorted(range(1000), key=wait)

sys.setrecursionlimit(20_000)
stackless.tasklet(live_on)()
for name, source in json.loads(sys.argv[1]).items():
    stackless.tasklet(work)(name, source)
    stackless.schedule()
stackless.run()
print("end")
"""


class RecursionTest(unittest.TestCase):
    def test_recursion_through_c_code(self):
        for size in (SMALLEST_SIZE, 256 * 1024, DEFAULT_SIZE):
            with self.subTest(size=size):
                result = run_script(
                    RECURSE_IN_TASKLETS,
                    json.dumps(RECURSIONS),
                    options=["-X", f"stackless-cstack={size}"],
                )
                self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
                *lines, end = result.stdout.splitlines()
                self.assertEqual(sorted(line.split("|")[0] for line in lines), sorted(RECURSIONS))
                for line in lines:
                    self.assertRegex(line, r"\|(maximum recursion depth exceeded[^|]*\|){2}2$")
                self.assertEqual(end, "end")

    def test_recursion_limit_comes_first(self):
        source = "import pickle\nclass C:\n    def __reduce__(self): pickle.dumps(C())\npickle.dumps(C())"
        script = RECURSE_IN_TASKLETS.replace("20_000", "200")
        result = run_script(script, json.dumps({"pickle": source}))
        self.assertEqual(result.stderr, "")
        self.assertIn("pickle|maximum recursion depth exceeded", result.stdout)
        self.assertNotIn("C stack", result.stdout)

    def test_deep_recursion_of_python_functions_needs_none(self):
        script = """
import stackless, sys
sys.setrecursionlimit(10**6)
def recurse(levels):
    return 1 + recurse(levels - 1) if levels else stackless.schedule(0)
def work():
    print(sorted([10**5], key=recurse), recurse(10**5))
for _ in range(2):
    stackless.tasklet(work)()
stackless.run()
"""
        result = run_script(script, options=["-X", f"stackless-cstack={SMALLEST_SIZE}"])
        self.assertEqual((result.stderr, result.stdout), ("", "[100000] 100000\n" * 2))


class StateTest(CStackTestCase):
    def test_of_one_that_waits(self):
        waiting = self.pause(call_from_c, schedule_remove)
        state = waiting.cstate
        self.assertIs(state.task, waiting)
        self.assertEqual(state.size, DEFAULT_SIZE)
        self.assertLess(0, state.used)
        self.assertLess(state.used, state.size)
        self.assertEqual(tuple(state), (waiting, state.startaddr, state.size, state.used))
        self.assertGreater(waiting.nesting_level, 0)
        self.assertFalse(waiting.restorable)
        waiting.kill()
        self.assertIsNone(waiting.cstate)
        self.assertEqual(waiting.nesting_level, 0)

    def test_each_has_its_own(self):
        waiting = [self.pause(call_from_c, schedule_remove) for _ in range(5)]
        self.assertEqual(len({each.cstate.startaddr for each in waiting}), 5)
        for each in waiting:
            each.kill()

    def test_while_it_runs(self):
        def look():
            self.log.append(stackless.getcurrent().cstate)

        def work():
            look()
            call_from_c(look)
            call_from_c(lambda: call_from_c(look))
            look()

        self.start(work).run()
        outside, inside, deeper, outside_again = self.log
        self.assertEqual((outside, outside_again), (None, None))
        self.assertEqual(inside.startaddr, deeper.startaddr)
        self.assertGreater(deeper.used, inside.used)

    def test_of_main(self):
        main = stackless.getmain()
        state = main.cstate
        self.assertIs(state.task, main)
        self.assertLess(state.used, state.size)
        self.start(lambda: self.log.append(main.cstate))
        stackless.run()
        self.assertEqual(self.log[0].startaddr, state.startaddr)

    def test_none_without_c_code(self):
        self.assertIsNone(stackless.tasklet().cstate)
        self.assertIsNone(self.start(self.note, "x").cstate)
        stackless.run()

    def test_left_from_c_code_but_back_again(self):
        def work():
            call_from_c(stackless.schedule)
            schedule_remove()

        work = self.start(work)
        stackless.run()
        if stackless.enable_softswitch(None):
            self.assertIsNone(work.cstate)
            self.assertTrue(work.restorable)
        self.assertEqual(work.nesting_level, 0)
        work.kill()


class RefusalTest(CStackTestCase):
    """A tasklet that holds a stack can be neither bound anew nor moved to another thread."""

    def pause_by_the_loop(self):
        def wait():
            call_from_c(schedule_remove)
            self.log.append("went on")

        return self.pause(wait)

    def pause_by_c_code(self):
        def wait():
            schedule_remove_from_c()
            self.log.append("went on")

        return self.pause(wait)

    def pause_deeper_by_c_code(self):
        def wait():
            call_from_c(schedule_remove_from_c)
            self.log.append("went on")

        return self.pause(wait)

    def check(self, message, action):
        for pause in (self.pause_by_the_loop, self.pause_by_c_code, self.pause_deeper_by_c_code):
            with self.subTest(pause.__name__):
                waiting = pause()
                expected = rf"{message} while C code is active in it \(dumps\(\) at line .*kill"
                with self.assertRaisesRegex(RuntimeError, expected):
                    action(waiting)
                waiting.run()
                self.assertEqual(self.log.pop(), "went on")

    def test_bind(self):
        self.check("cannot bind or unbind a tasklet", lambda waiting: waiting.bind(print, ()))

    def test_unbind(self):
        self.check("cannot bind or unbind a tasklet", lambda waiting: waiting.bind(None))

    def test_bind_thread(self):
        def bind_there(waiting):
            def move():
                try:
                    waiting.bind_thread()
                except RuntimeError as error:
                    errors.append(error)

            errors = []
            thread = threading.Thread(target=move)
            thread.start()
            thread.join()
            raise errors.pop()

        self.check("cannot move a tasklet to another thread", bind_there)

    def test_without_soft_switching(self):
        old = stackless.enable_softswitch(False)
        waiting = self.pause(schedule_remove)
        stackless.enable_softswitch(old)
        with self.assertRaisesRegex(RuntimeError, "holds a C stack.* soft switching was disabled"):
            waiting.bind(None)
        waiting.kill()

    def test_setup(self):
        waiting = self.pause_by_the_loop()
        with self.assertRaises(RuntimeError):
            waiting()
        waiting.kill()


if __name__ == "__main__":
    unittest.main()
