"""How much run() with a limit lets tasklets do: instructions, time, and until a switch."""

import contextlib
import dis
import itertools
import pickle
import threading
import unittest

import stackless
from stackless import channel, schedule, schedule_remove
from support import needs_soft_switching
from support_watchdog import (
    WatchdogTestCase,
    count_turns,
    halve,
    instructions_per_turn,
    setUpModule,
    spin,
    tearDownModule,
)


class BudgetTest(WatchdogTestCase):
    def assertBudget(self, turns, budget):
        executed = turns * instructions_per_turn()
        self.assertLessEqual(executed, 1.5 * budget)
        self.assertGreater(executed, budget / 3)

    def test_executed_instructions(self):
        turns = [0]
        counting = self.start(count_turns, turns)
        for budget in (200, 1000, 50_000, 200):
            before = turns[0]
            self.assertIs(stackless.run(budget), counting)
            self.assertBudget(turns[0] - before, budget)
            counting.insert()
        counting.remove().kill()

    def test_each_tasklet_has_its_own(self):
        first, second = [0], [0]
        one, two = self.start(count_turns, first), self.start(count_turns, second)
        self.assertIs(stackless.run(1000), one)
        self.assertEqual(second, [0])
        self.assertIs(stackless.run(1000), two)
        self.assertBudget(first[0], 1000)
        self.assertBudget(second[0], 1000)
        one.kill()
        two.kill()

    def test_renewed_at_each_switch(self):
        def give_way():
            for _ in range(100):
                schedule()
            self.log.append("done")

        for _ in range(2):
            self.start(give_way)
        self.assertIsNone(stackless.run(200))
        self.assertEqual(self.log, ["done"] * 2)

    def test_renewed_in_a_channel(self):
        meeting = channel()

        def receive():
            for item in meeting:
                self.log.append(item)

        self.start(receive)
        self.start(meeting.send_sequence, range(100))
        self.assertIsNone(stackless.run(200))
        self.assertEqual(self.log, list(range(100)))
        meeting.send_exception(StopIteration)

    def test_giving_way_to_nobody_is_no_switch(self):
        def give_way():
            while True:
                schedule()

        alone = self.start(give_way)
        self.assertIs(stackless.run(200), alone)
        alone.kill()

    def test_totaltimeout(self):
        def give_way(turns):
            while True:
                turns[0] += 1
                schedule()

        turns = [0]
        both = {self.start(give_way, turns) for _ in range(2)}
        self.assertIn(stackless.run(1000, totaltimeout=True), both)
        self.assertGreater(turns[0], 20)
        self.assertLess(turns[0], 1000)
        for each in both:
            each.kill()

    def test_the_caller_has_no_limit(self):
        def call():
            self.log.append(stackless.run(50))
            for number in range(200):
                self.log.append(number)

        busy = self.start(spin)
        self.start(call)
        busy.remove()
        busy.insert()  # after the caller
        stackless.run()
        self.assertEqual(self.log, [busy, *range(200)])
        busy.kill()

    def test_long_work_in_c_code_counts_as_one_instruction(self):
        def work():
            self.log.append(sum(range(100_000)))

        self.start(work)
        self.assertIsNone(stackless.run(100))
        self.assertEqual(self.log, [sum(range(100_000))])


class MeasureTest(WatchdogTestCase):
    """Small budgets are counted by instructions, large ones by the length of the code."""

    SIZES = (1, 2, 7, 100, 256, 257, 300, 1000, 1500)

    def interruptions(self, program, timeout):
        """Where it is interrupted."""
        self.start(program)
        places = []
        while (interrupted := stackless.run(timeout)) is not None:
            places.append((interrupted.frame.f_code.co_name, interrupted.frame.f_lasti))
            interrupted.insert()
        return places

    def straight_line(self, length):
        namespace = {}
        exec("def program(a=0):\n" + "    a = a\n" * length, namespace)
        return namespace["program"]

    def test_the_same_for_cold_and_warm_code(self):
        for timeout in self.SIZES:
            for name, source in {
                "calls": "def f(a, b=1): return a + b\ndef program():\n for i in range(300): f(i); f(i, 2)",
                "comparisons": "def program():\n a = 0\n while a < 900:\n  a += 1\n  if a == 5 or a > 800: a += 2",
                "floats and strings": "def program():\n a = 0.5\n s = ''\n"
                " while a < 300.0 and s != 'x' * 250: a += 1.0; s += 'x'",
                "methods": "class C:\n n = 0\n def add(self, x): self.n += x; return self.n\n"
                " def __getitem__(self, i): return self.add(i)\n"
                " def __lt__(self, other): return self.n < 100000\n @property\n def p(self): return self.n\n"
                "def program():\n c = C()\n for i in range(200):\n  if c < c: c[i] + c.add(1) + c.p",
                "generators": "def g(n):\n for i in range(n): yield i\ndef h(n): return (yield from g(n))\n"
                "def program():\n for i in g(200): pass\n return sum(g(100)) + sum(x for x in h(100))",
                "exceptions": "def f(i):\n if i % 2: raise ValueError\n return i\ndef program():\n"
                " for i in range(300):\n  try: f(i)\n  except ValueError: continue\n  finally: i += 1",
                "superclasses": "class A:\n def __init__(self, x): self.x = x\nclass B(A):\n"
                " def __init__(self, x):\n  super().__init__(x)\n  self.y = [self.x, str(x), isinstance(x, int)]\n"
                "def program():\n for i in range(300): B(i)",
            }.items():
                with self.subTest(name=name, timeout=timeout):
                    namespace = {}
                    exec(source, namespace)
                    program = namespace["program"]
                    cold = self.interruptions(program, timeout)
                    self.assertGreater(len(cold), 0)
                    for _ in range(3):
                        self.assertEqual(self.interruptions(program, timeout), cold)

    @needs_soft_switching
    def test_the_same_after_pickling(self):
        expected = self.interruptions(halve, 1000)
        self.assertGreater(len(expected), 20)
        saved = self.start(halve)
        places = []
        while (saved := stackless.run(1000)) is not None:
            places.append((saved.frame.f_code.co_name, saved.frame.f_lasti))
            saved = pickle.loads(pickle.dumps(saved))
            saved.insert()
        self.assertEqual(places, expected)

    def test_each_instruction_of_a_small_budget(self):
        program = self.straight_line(500)
        code = [i.offset for i in dis.get_instructions(program) if i.opname != "RESUME"]
        for timeout in (1, 2, 100, 256):
            with self.subTest(timeout):
                places = self.interruptions(program, timeout)
                # RESUME is the first instruction to be counted.
                expected = code[timeout - 1 :: timeout]
                self.assertEqual([place + 2 for _, place in places], expected)

    def test_code_longer_than_the_budget(self):
        program = self.straight_line(3000)
        places = self.interruptions(program, 1000)
        self.assertIn(len(places), (5, 6, 7))

    def test_code_that_is_not_reached(self):
        namespace = {}
        exec("def leave(turns):\n turns[0] += 1\n return\n" + " turns = turns\n" * 2000, namespace)

        def call(leave, turns):
            while True:
                leave(turns)

        turns = [0]
        busy = self.start(call, namespace["leave"], turns)
        self.assertIs(stackless.run(20_000), busy)
        self.assertGreater(turns[0], 500)
        self.assertLess(turns[0], 4000)
        busy.kill()

    def test_every_endless_loop_is_interrupted(self):
        class Truth:
            def __bool__(self):
                return True

        class Endless:
            def __iter__(self):
                return self

            def __next__(self):
                return 1

        def numbers():
            while True:
                yield 1

        def catching():
            while True:
                with contextlib.suppress(LookupError):
                    yield

        def throw(generator):
            next(generator)
            while True:
                generator.throw(LookupError)

        def recurse():
            with contextlib.suppress(RecursionError):
                recurse()

        long_body = "\n".join(f"  v{i} = {i}" for i in range(400))
        namespace = {}
        exec(f"def long_loop():\n x = 1\n while x:\n{long_body}", namespace)
        sources = {
            "True": "while True: pass",
            "an int": "x = 1\nwhile x: pass",
            "not": "x = 0\nwhile not x: pass",
            "None": "x = None\nwhile x is None: pass",
            "not None": "x = 1\nwhile x is not None: pass",
            "ints": "x = 1\nwhile x < 2: pass",
            "floats": "x = 1.0\nwhile x < 2.0: pass",
            "strings": "x = 'x'\nwhile x != 'y': pass",
            "tuples": "x = (1,)\nwhile x < (2,): pass",
            "method": "x = Truth()\nwhile x: pass",
            "no method": "x = Truth()\nwhile not (x and not x): pass",
            "in C": "for x in itertools.repeat(1): pass",
            "in Python": "for x in Endless(): pass",
            "generator": "for x in numbers(): pass",
            "comprehension": "any(x == 2 for x in itertools.repeat(1))",
            "sum": "sum(numbers())",
            "list": "all(numbers())",
            "map": "for x in map(abs, numbers()): pass",
            "exceptions": "while True:\n try: raise LookupError\n except LookupError: pass",
            "throw": "throw(catching())",
            "recursion": "while True: recurse()",
            "long": "long_loop()",
        }
        known = {"Truth": Truth, "Endless": Endless, "numbers": numbers, "catching": catching, "throw": throw}
        known |= {"recurse": recurse, "itertools": itertools, **namespace}
        for name, source in sources.items():
            function = {**known}
            exec("def loop():\n " + source.replace("\n", "\n "), function)
            for limit in ({"timeout": 100}, {"timeout": 5000}, {"seconds": 0.0001}):
                with self.subTest(name, **limit):
                    busy = self.start(function["loop"])
                    for _ in range(3):
                        self.assertIs(stackless.run(**limit, ignore_nesting=True), busy)
                        busy.insert()
                    busy.remove().kill()

    def test_threads_with_budgets_of_both_kinds(self):
        def work():
            for number in range(3000):
                str(number)

        alone = self.interruptions(work, 1000)
        self.assertGreater(len(alone), 3)
        over = threading.Event()

        def count_each():
            busy = stackless.tasklet(spin)()
            while not over.is_set():
                stackless.run(10).insert()
            busy.remove().kill()

        thread = threading.Thread(target=count_each)
        thread.start()
        try:
            for _ in range(3):
                self.assertEqual(self.interruptions(work, 1000), alone)
        finally:
            over.set()
            thread.join()


class SoftTest(WatchdogTestCase):
    def test_returns_at_the_next_switch(self):
        def work():
            for number in range(200):
                self.log.append(number)
            schedule()
            self.log.append("resumed")

        working = self.start(work)
        self.assertIsNone(stackless.run(50, soft=True))
        self.assertEqual(self.log, list(range(200)))
        self.assertTrue(working.scheduled)
        stackless.run()
        self.assertEqual(self.log[-1], "resumed")

    def test_each_kind_of_switch(self):
        meeting = channel()
        meeting.preference = 1
        other = channel()
        actions = {
            "schedule": lambda partner: schedule(),
            "schedule_remove": lambda partner: schedule_remove(),
            "run": lambda partner: partner.run(),
            "switch": lambda partner: partner.switch(),
            "throw": lambda partner: partner.throw(LookupError),
            "nested run": lambda partner: stackless.run(),
            "block": lambda partner: other.receive(),
            "send": lambda partner: meeting.send(1),
            "end": lambda partner: None,
        }

        def wait():
            try:
                schedule_remove()
            except LookupError:
                pass
            self.log.append("partner")

        for name, action in actions.items():
            with self.subTest(action=name):
                self.log.clear()
                partner = self.pause(wait)
                meeting.preference = -1
                receiving = self.block(lambda: self.log.append(meeting.receive()))

                def act():
                    for _ in range(100):
                        pass
                    action(partner)

                acting = self.start(act)
                self.assertIsNone(stackless.run(50, soft=True))
                self.assertEqual(self.log, [])
                stackless.run()
                for each in (acting, partner, receiving):
                    each.kill()

    def test_tasklets_that_jump_to_each_other_for_ever(self):
        def jump(partner):
            while True:
                partner[0].run()

        partners = [], []
        first, second = (self.start(jump, partner) for partner in partners)
        partners[0].append(second)
        partners[1].append(first)
        self.assertIsNone(stackless.run(1000, soft=True, totaltimeout=True))
        first.kill()
        second.kill()

    def test_the_callback_hears_of_the_switch_that_takes_place(self):
        def callback(prev, next):
            self.log.append((prev, next))

        def work():
            for _ in range(100):
                pass
            paused.run()

        paused = self.pause(schedule_remove)
        working = self.start(work)
        stackless.set_schedule_callback(callback)
        stackless.run(50, soft=True)
        stackless.set_schedule_callback(None)
        main = stackless.getmain()
        self.assertEqual(self.log, [(main, working), (working, main)])
        stackless.run()
        self.assertFalse(paused.alive)

    def test_an_exception_meanwhile(self):
        def fail():
            for _ in range(100):
                pass
            raise ValueError

        self.start(fail)
        with self.assertRaises(ValueError):
            stackless.run(50, soft=True)


class SecondsTest(WatchdogTestCase):
    def test_an_endless_tasklet_is_returned(self):
        busy = self.start(spin)
        self.assertIs(stackless.run(seconds=0.001), busy)
        self.assertTrue(busy.paused)
        busy.kill()

    def test_the_deadline_is_for_all(self):
        def give_way():
            while True:
                schedule()

        several = [self.start(give_way) for _ in range(3)]
        self.assertIn(stackless.run(seconds=0.001), several)
        for each in several:
            each.kill()

    def test_with_a_timeout(self):
        busy = self.start(spin)
        self.assertIs(stackless.run(100, seconds=1e9), busy)
        busy.insert()
        self.assertIs(stackless.run(10**15, seconds=0.001), busy)
        busy.kill()

    def test_with_a_timeout_renewed_at_each_switch(self):
        def give_way():
            while True:
                schedule()

        both = [self.start(give_way) for _ in range(2)]
        for timeout in (200, 10_000):
            interrupted = stackless.run(timeout, seconds=0.001)
            self.assertIn(interrupted, both)
            interrupted.insert()
        for each in both:
            each.remove().kill()

    def test_soft(self):
        def give_way():
            while True:
                self.log.append("ran")
                schedule()

        several = [self.start(give_way) for _ in range(2)]
        self.assertIsNone(stackless.run(seconds=0.001, soft=True))
        self.assertTrue(self.log)
        for each in several:
            self.assertTrue(each.scheduled)
            each.kill()

    def test_nothing_to_run(self):
        self.assertIsNone(stackless.run(seconds=100))
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(seconds=100))

    def test_none_is_no_limit(self):
        self.start(self.note, "ran")
        self.assertIsNone(stackless.run(seconds=None))
        self.assertEqual(self.log, ["ran"])


if __name__ == "__main__":
    unittest.main()
