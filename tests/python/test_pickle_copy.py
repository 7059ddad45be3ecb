"""copy.copy() and copy.deepcopy() of tasklets, channels, generators and what they hold."""

import asyncio
import contextvars
import copy
import sys
import types
import unittest

import stackless
from support import StacklessTestCase, functions_of, needs_soft_switching, run_script

variable = contextvars.ContextVar("variable")


def collect(values):
    """As a generator: yields the list that it appends to."""
    for value in range(10):
        values.append(value)
        yield values


def work(results):
    """Has variables that inner functions share, a generator that runs, and bound methods on its stack."""
    count = 0
    values = []

    def increment():
        nonlocal count
        count += 1

    def generate():
        for _ in range(3):
            increment()
            yield stackless.schedule_remove()

    for _ in generate():
        values.append(count + (stackless.schedule_remove() is None))
        results.append((count, list(values)))


def receive(channel):
    return channel.receive()


def hold(*held):
    stackless.schedule_remove()


def run_to_end(tasklet):
    while tasklet.alive:
        tasklet.run()


def expected_results():
    return [(1, [1]), (2, [1, 2]), (3, [1, 2, 3])]


@needs_soft_switching
class DeepcopyTaskletTest(StacklessTestCase):
    def test_wherever_it_stands(self):
        """The copy and the original go on, neither knows of the other."""
        for steps in range(1, 7):
            for copied_first in (False, True):
                with self.subTest(steps=steps, copied_first=copied_first):
                    results = []
                    tasklet = stackless.tasklet(work)(results)
                    for _ in range(steps):
                        tasklet.run()
                    copied, copied_results = copy.deepcopy((tasklet, results))
                    self.assertTrue(copied.paused)
                    for each in (copied, tasklet) if copied_first else (tasklet, copied):
                        run_to_end(each)
                    self.assertEqual(results, expected_results())
                    self.assertEqual(copied_results, expected_results())

    def test_not_begun(self):
        results = []
        tasklet = stackless.tasklet(work, (results,))
        copied, copied_results = copy.deepcopy([tasklet, results])
        run_to_end(copied)
        self.assertEqual((results, copied_results), ([], expected_results()))
        tasklet.bind(None)

    def test_scheduled(self):
        results = []
        tasklet = self.start(work, results)
        copied = copy.deepcopy(tasklet)
        self.assertTrue(copied.paused)
        self.assertTrue(tasklet.scheduled)
        run_to_end(tasklet)
        copied.bind(None)

    def test_ended(self):
        self.assertFalse(copy.deepcopy(stackless.tasklet()).alive)

    def test_blocked(self):
        """Channels are copied with all that wait there."""
        channel = stackless.channel()
        channel.preference = 1
        tasklets = [self.block(receive, channel) for _ in range(2)]
        copied = copy.deepcopy(tasklets[0])
        self.assertTrue(copied.blocked)
        self.assertIsNot(copied._channel, channel)
        self.assertEqual(copied._channel.balance, -2)
        self.assertEqual(copied._channel.preference, 1)
        self.assertEqual(channel.balance, -2)
        for _ in range(2):
            channel.send(None)
        stackless.run()

    def test_subclass(self):
        class Tasklet(stackless.tasklet):
            def __init__(self, *args):
                self.attribute = [self]

        tasklet = Tasklet()
        copied = copy.deepcopy(tasklet)
        self.assertIs(type(copied), Tasklet)
        self.assertIsNot(copied.attribute, tasklet.attribute)
        self.assertIs(copied.attribute[0], copied)

    def test_subclass_that_copies_itself(self):
        class Tasklet(stackless.tasklet):
            def __deepcopy__(self, memo):
                return "copied"

        self.assertEqual(copy.deepcopy(Tasklet()), "copied")

    def test_what_is_shared(self):
        """Functions that can be imported, modules, classes, context variables, the main tasklet."""
        held = [work, types, stackless, unittest.TestCase, variable, stackless.main, None, len, sys.stdout]
        tasklet = self.pause(hold, *held)
        copied = copy.deepcopy(tasklet)
        copied_held = copied.frame.f_locals["held"]
        for original, found in zip(held, copied_held, strict=True):
            self.assertIs(found, original)
        run_to_end(tasklet)
        copied.bind(None)

    def test_functions_keep_what_they_have(self):
        def outer():
            count = [0]

            def inner(x=count, *, y=count) -> "result":
                """Inner."""
                return count, x, y

            inner.attribute = count
            stackless.schedule_remove()
            return inner

        tasklet = self.pause(outer)
        inner = tasklet.frame.f_locals["inner"]
        copied = copy.deepcopy(tasklet).frame.f_locals["inner"]
        self.assertIsNot(copied, inner)
        count, x, y = copied()
        self.assertIs(count, x)
        self.assertIs(count, y)
        self.assertIs(count, copied.attribute)
        self.assertIsNot(count, inner()[0])
        for name in ("__name__", "__qualname__", "__doc__", "__module__", "__annotations__", "__code__"):
            self.assertEqual(getattr(copied, name), getattr(inner, name))
        self.assertIs(copied.__globals__, inner.__globals__)
        tasklet.run()

    def test_function_that_calls_itself(self):
        def outer():
            def factorial(n):
                return n * factorial(n - 1) if n else 1

            stackless.schedule_remove()

        tasklet = self.pause(outer)
        copied = copy.deepcopy(tasklet)
        factorial = copied.frame.f_locals["factorial"]
        self.assertIs(factorial.__closure__[0].cell_contents, factorial)
        self.assertEqual(factorial(5), 120)
        tasklet.run()
        copied.bind(None)

    def test_context(self):
        def read(results):
            variable.set("inside")
            stackless.schedule_remove()
            results.append(variable.get())

        results = []
        tasklet = self.pause(read, results)
        copied, copied_results = copy.deepcopy((tasklet, results))
        copied.run()
        self.assertEqual(copied_results, ["inside"])
        tasklet.run()

    def test_exceptions(self):
        """Those that are being handled keep what they refer to, and need no __init__() that copy can call."""

        class Error(Exception):
            def __init__(self, number, text):
                super().__init__(number)
                self.text = [text]

        def fail():
            raise Error(1, "text")

        def handle(caught):
            circle = []
            circle.append(circle)
            try:
                try:
                    fail()
                except Error as error:
                    raise KeyError(2) from error
            except KeyError as error:
                caught.append(error)
                stackless.schedule_remove()
                try:
                    raise
                except KeyError as again:
                    caught.append(again)

        caught = []
        tasklet = self.pause(handle, caught)
        copied, copied_caught = copy.deepcopy((tasklet, caught))
        run_to_end(copied)
        run_to_end(tasklet)
        error, again = copied_caught
        self.assertIs(error, again)
        self.assertIsNot(error, caught[0])
        self.assertEqual((error.args, error.__cause__.args), ((2,), (1,)))
        self.assertIs(error.__context__, error.__cause__)
        self.assertEqual(error.__cause__.text, ["text"])
        self.assertIsNot(error.__cause__.text, caught[0].__cause__.text)
        self.assertEqual(functions_of(error.__cause__.__traceback__), ["handle", "fail"])

    def test_main(self):
        self.assertIs(copy.deepcopy(stackless.main), stackless.main)


@needs_soft_switching
class CopyTaskletTest(StacklessTestCase):
    def test_frames_of_its_own_with_the_same_values(self):
        def count(results):
            for number in [1, 2, 3]:
                stackless.schedule_remove()
                results.append(number)

        results = []
        tasklet = stackless.tasklet(count)(results)
        tasklet.run()
        copied = copy.copy(tasklet)
        run_to_end(tasklet)
        self.assertEqual(results, [1, 2, 3])
        self.assertTrue(copied.alive)
        copied.bind(None)

    def test_generator_that_runs(self):
        def generate(results):
            yield stackless.schedule_remove()
            results.append("generated")
            yield stackless.schedule_remove()

        def loop(results):
            for _ in generate(results):
                results.append("loop")

        results = []
        tasklet = self.pause(loop, results)
        copied = copy.copy(tasklet)
        for each in (tasklet, copied):
            run_to_end(each)
            self.assertEqual(results, ["loop", "generated", "loop"])
            results.clear()

    def test_frame_that_somebody_looks_at(self):
        def look(results):
            frame = sys._getframe()
            stackless.schedule_remove()
            results.append(sys._getframe() is frame)

        results = []
        tasklet = self.pause(look, results)
        copied = copy.copy(tasklet)
        self.assertIsNot(copied.frame, tasklet.frame)
        run_to_end(copied)
        run_to_end(tasklet)
        # The variable has a copy as well: it is the frame of the copy.
        self.assertEqual(results, [True, True])

    def test_not_begun(self):
        results = []
        tasklet = stackless.tasklet(work, (results,))
        copied = copy.copy(tasklet)
        run_to_end(copied)
        self.assertEqual(results, expected_results())
        tasklet.bind(None)

    def test_blocked(self):
        """The copy is paused: the channel knows nothing of it."""
        channel = stackless.channel()
        tasklet = self.block(channel.receive)
        copied = copy.copy(tasklet)
        self.assertTrue(copied.paused)
        self.assertEqual(channel.balance, -1)
        channel.send(None)
        run_to_end(copied)

    def test_context(self):
        """It has a context of its own."""

        def change(results):
            variable.set(variable.get(0) + 1)
            stackless.schedule_remove()
            variable.set(variable.get() + 1)
            results.append(variable.get())

        results = []
        tasklet = self.pause(change, results)
        copied = copy.copy(tasklet)
        copied.run()
        tasklet.run()
        self.assertEqual(results, [2, 2])

    def test_subclass(self):
        class Tasklet(stackless.tasklet):
            pass

        tasklet = Tasklet()
        tasklet.attribute = []
        copied = copy.copy(tasklet)
        self.assertIs(type(copied), Tasklet)
        self.assertIs(copied.attribute, tasklet.attribute)


class ChannelTest(StacklessTestCase):
    def test_copy(self):
        """Nobody waits at the copy."""
        channel = stackless.channel()
        channel.preference, channel.schedule_all = 0, True
        channel.close()
        for copied in (copy.copy(channel), copy.deepcopy(channel)):
            self.assertEqual((copied.preference, copied.schedule_all, copied.closing), (0, True, True))
        channel = stackless.channel()
        self.block(channel.receive)
        self.assertEqual(copy.copy(channel).balance, 0)
        channel.send(None)

    def test_main_waits_at_no_copy(self):
        channel = stackless.channel()

        def copy_it():
            self.log.append(copy.deepcopy(channel).balance)
            channel.send(None)

        self.start(copy_it)
        channel.receive()
        stackless.run()
        self.assertEqual(self.log, [0])

    def test_subclass(self):
        class Channel(stackless.channel):
            pass

        channel = Channel()
        channel.content = []
        self.assertIs(copy.copy(channel).content, channel.content)
        self.assertIsNot(copy.deepcopy(channel).content, channel.content)


class GeneratorTest(unittest.TestCase):
    def test_generators(self):
        generator = collect([])
        next(generator)
        deep, shallow = copy.deepcopy(generator), copy.copy(generator)
        self.assertEqual(list(next(generator)), [0, 1])
        self.assertEqual(next(deep), [0, 1])
        # The iterator over the numbers is the same as well.
        self.assertEqual(next(shallow), [0, 1, 2])
        self.assertIsNot(next(deep), next(generator))

    def test_states(self):
        new, ended = collect([]), collect([])
        list(ended)
        for copier in (copy.copy, copy.deepcopy):
            self.assertEqual(len(list(copier(new))), 10)
            self.assertEqual(list(copier(ended)), [])

    def test_generator_that_knows_itself(self):
        def generate():
            own = yield
            yield own

        generator = generate()
        next(generator)
        generator.send(generator)
        copied = copy.deepcopy(generator)
        self.assertIs(copied.gi_frame.f_locals["own"], copied)

    def test_generator_in_its_own_closure(self):
        """The way to the generator goes through the function that it is made with."""

        def make():
            def generate():
                yield holder

            holder = [generate()]
            return holder[0]

        generator = make()
        next(generator)
        copied = copy.deepcopy(generator)
        holder = copied.gi_frame.f_locals["holder"]
        self.assertIs(holder[0], copied)

    def test_coroutines(self):
        @types.coroutine
        def pause():
            yield "paused"

        async def work(results):
            await pause()
            results.append("done")
            return results

        def finish(coroutine):
            with self.assertRaises(StopIteration) as caught:
                coroutine.send(None)
            return caught.exception.value

        coroutine = work([])
        self.assertEqual(coroutine.send(None), "paused")
        copied = copy.deepcopy(coroutine)
        self.assertEqual(finish(coroutine), ["done"])
        self.assertEqual(finish(copied), ["done"])

    def test_async_generators(self):
        async def generate():
            for number in range(3):
                yield number

        async def main():
            generator = generate()
            await generator.__anext__()
            copied = copy.deepcopy(generator)
            return [[number async for number in each] for each in (generator, copied)]

        self.assertEqual(asyncio.run(main()), [[1, 2], [1, 2]])

    def test_cells(self):
        cell = types.CellType([])
        self.assertIs(copy.copy(cell).cell_contents, cell.cell_contents)
        self.assertIsNot(copy.copy(cell), cell)
        copied = copy.deepcopy(cell)
        self.assertEqual(copied.cell_contents, [])
        self.assertIsNot(copied.cell_contents, cell.cell_contents)
        cell.cell_contents = cell
        copied = copy.deepcopy(cell)
        self.assertIs(copied.cell_contents, copied)
        self.assertRaises(ValueError, getattr, copy.copy(types.CellType()), "cell_contents")


class StockTest(unittest.TestCase):
    """What copy copies without us, it copies as ever."""

    COPIES = """if True:
        import copy, collections, functools, itertools, re, types, weakref
        {}
        class Class:
            def method(self): pass
        def outer():
            x = []
            def inner(): return x
            return inner
        def reach():
            yield
        kept = Class()
        values = [
            weakref.proxy(kept), weakref.WeakKeyDictionary({{kept: 1}}), weakref.WeakSet([kept]),
            outer, outer(), lambda: 1, len, [].append, Class, Class(), Class().method, outer.__code__, object(),
            weakref.ref(Class), [outer(), outer], (1, [2]), iter([1, 2]), iter((1, 2)), iter({{1: 2}}), iter(range(3)),
            map(len, [""]), zip([1], [2]), filter(None, [1]), enumerate([1]), reversed([1]), itertools.count(),
            itertools.chain([1], [2]), collections.deque([1]), collections.OrderedDict(a=[]), functools.partial(len),
            re.compile("x"), types.SimpleNamespace(a=[]), property(len), slice(1), range(3), ValueError("x"),
            NotImplemented, Ellipsis, type, types.MappingProxyType, open,
        ]
        def describe(copied, value):
            size = len(copied) if hasattr(type(copied), "__len__") and copied is not type else None
            return type(copied).__name__, copied is value, size, getattr(copied, "__self__", 0) is getattr(value, "__self__", 1)
        for value in values:
            for copier in (copy.copy, copy.deepcopy):
                print(*describe(copier(value), value))
        try:
            copy.deepcopy(open("/dev/null"))
        except TypeError as error:
            print(error)
    """

    def test_same_as_without_stackless(self):
        without = run_script(self.COPIES.format(""))
        self.assertEqual(without.stderr.replace("ResourceWarning", ""), "")
        self.assertIn("cannot pickle", without.stdout)
        for order in ("import stackless", "import sys; del sys.modules['copy']; import stackless, copy"):
            with self.subTest(order):
                self.assertEqual(run_script(self.COPIES.format(order)).stdout, without.stdout)

    def test_nothing_changes_without_stackless(self):
        result = run_script(
            "import copy, types\n"
            "try: copy.deepcopy((x for x in ()))\n"
            "except TypeError as error: print(error)\n"
            "import stackless\n"
            "print(list(copy.deepcopy((x for x in 'ab'))))"
        )
        self.assertEqual(result.stdout, "cannot pickle 'generator' object\n['a', 'b']\n")

    def test_imported_after_stackless(self):
        result = run_script(
            "import sys; sys.modules.pop('copy', None); import stackless\n"
            "print('copy' in sys.modules)\n"
            "import copy; print(list(copy.deepcopy((x for x in 'ab'))))"
        )
        self.assertEqual(result.stdout, "False\n['a', 'b']\n")


if __name__ == "__main__":
    unittest.main()
