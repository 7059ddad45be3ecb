"""Generators, coroutines and asynchronous generators, resumed by the loop and by C code."""

import gc
import inspect
import sys
import unittest
import weakref

from support_loop import WARM, LoopTestCase, define


def resume_in_loop(generator):
    """Takes all values in a `for`, which the loop does itself."""
    values = []
    for value in generator:
        values.append(value)
    return values


def resume_from_c(generator):
    """Takes all values with a C function."""
    return list(generator)


def resume_by_yield_from(generator):
    def delegate():
        yield from generator

    return resume_in_loop(delegate())


def resume_by_next(generator):
    values = []
    while True:
        try:
            values.append(next(generator))
        except StopIteration:
            return values


WAYS = (resume_in_loop, resume_from_c, resume_by_yield_from, resume_by_next)


class ForTest(LoopTestCase):
    def test_ways_to_resume(self):
        def generate(n):
            for i in range(n):
                yield i
            return "ignored"

        for way in WAYS:
            for n in (0, 1, 5):
                self.assert_each(list(range(n)), lambda: way(generate(n)))

    def test_left_early_and_taken_up_again(self):
        def generate():
            yield from range(6)

        generator = generate()
        for value in generator:
            if value == 2:
                break
        self.assertEqual(next(generator), 3)
        self.assertEqual(resume_in_loop(generator), [4, 5])
        self.assertEqual(resume_in_loop(generator), [])

    def test_local_state_between_resumptions(self):
        def generate(values):
            total = 0
            for value in values:
                total += value
                try:
                    yield total
                finally:
                    total += 1000

        self.assert_each([1, 1003, 2006], lambda: resume_in_loop(generate([1, 2, 3])))

    def test_what_a_generator_is_sent_by_a_loop(self):
        used, ignored = [], define("def f():\n while True:\n  yield 1", "f")
        uses = define("def f(used):\n while True:\n  used.append((yield 1))", "f")
        for _ in range(WARM):
            for generator in (uses(used), ignored()):
                for count, value in enumerate(generator):
                    self.assertEqual(value, 1)
                    if count == 3:
                        break
        self.assertEqual(used, [None] * 3 * WARM)

    def test_recursion_of_generators(self):
        def depth(level):
            yield level
            for value in depth(level + 1):
                yield value

        for _ in range(3):
            values = []
            with self.assertRaises(RecursionError):
                for value in depth(0):
                    values.append(value)
            self.assertGreater(len(values), 400)
            self.assertLess(len(values), sys.getrecursionlimit())

    def test_nested(self):
        def generate(depth):
            yield depth
            if depth:
                for value in generate(depth - 1):
                    yield value
                for value in generate(depth - 1):
                    yield value

        self.assert_each([2, 1, 0, 0, 1, 0, 0], lambda: resume_in_loop(generate(2)))

    def test_exceptions(self):
        def generate():
            yield 1
            raise KeyError("in the generator")

        for way in WAYS:
            self.assert_each_raises(KeyError, "'in the generator'", lambda: way(generate()))

    def test_finished_by_an_exception(self):
        def generate():
            yield 1
            raise KeyError

        generator = generate()
        with self.assertRaises(KeyError):
            resume_in_loop(generator)
        self.assertIsNone(generator.gi_frame)
        self.assertEqual(resume_in_loop(generator), [])

    def test_running_already(self):
        def generate():
            yield from ()
            for _ in generator:
                pass
            yield

        for way in WAYS:
            generator = generate()
            self.assertRaisesRegex(ValueError, "generator already executing", way, generator)

    def test_state(self):
        def generate():
            states.append(inspect.getgeneratorstate(generator))
            yield

        states = []
        for way in WAYS:
            generator = generate()
            states.append(inspect.getgeneratorstate(generator))
            way(generator)
            states.append(inspect.getgeneratorstate(generator))
            self.assertEqual(states, ["GEN_CREATED", "GEN_RUNNING", "GEN_CLOSED"])
            del states[:]

    def test_frame_of_a_running_generator(self):
        def generate():
            frames.append(sys._getframe())
            frames.append(generator.gi_frame)
            callers.append(sys._getframe().f_back.f_code.co_name)
            yield

        for way, caller in zip(WAYS, ("resume_in_loop", "resume_from_c", "delegate", "resume_by_next")):
            frames, callers = [], []
            generator = generate()
            way(generator)
            self.assertIs(frames[0], frames[1])
            self.assertEqual(callers, [caller])
            self.assertIsNone(frames[0].f_back)

    def test_a_generator_drops_its_locals_when_it_ends(self):
        class Local:
            pass

        def generate(local):
            yield weakref.ref(local)

        for way in WAYS:
            (reference,) = way(generate(Local()))
            self.assertIsNone(reference())


class StopIterationTest(LoopTestCase):
    def test_raised_in_a_generator(self):
        def generate():
            yield 1
            raise StopIteration("value")

        def by_next():
            yield next(iter(()))

        for way in WAYS:
            for function in (generate, by_next):
                for _ in range(WARM):
                    with self.assertRaisesRegex(RuntimeError, "generator raised StopIteration") as caught:
                        way(function())
                    self.assertIsInstance(caught.exception.__cause__, StopIteration)
                    self.assertIs(caught.exception.__context__, caught.exception.__cause__)

    def test_thrown_at_a_generator(self):
        def generate():
            yield 1

        generator = generate()
        next(generator)
        with self.assertRaisesRegex(RuntimeError, "generator raised StopIteration"):
            generator.throw(StopIteration)

    def test_raised_in_a_coroutine(self):
        async def inner():
            raise StopIteration

        async def outer():
            await inner()

        with self.assertRaisesRegex(RuntimeError, "coroutine raised StopIteration"):
            outer().send(None)

    def test_ends_a_for_over_other_iterators(self):
        class Iterator:
            def __init__(self):
                self.left = 3

            def __iter__(self):
                return self

            def __next__(self):
                self.left -= 1
                if self.left < 0:
                    raise StopIteration("ignored")
                return self.left

        self.assert_each([2, 1, 0], lambda: resume_in_loop(Iterator()))

    def test_value_of_the_exception(self):
        def generate(value):
            return value
            yield

        for value in (None, 1, (1, 2), ValueError("a value"), StopIteration(5)):
            generator = generate(value)
            with self.assertRaises(StopIteration) as caught:
                next(generator)
            self.assertIs(caught.exception.value, value)

    def test_raised_while_a_loop_is_not_over_it(self):
        def f():
            for _ in range(3):
                raise StopIteration("of the body")

        self.assert_each_raises(StopIteration, "of the body", f)


class SendTest(LoopTestCase):
    def test_send(self):
        def generate():
            received = []
            while len(received) < 3:
                received.append((yield len(received)))
            return received

        def run():
            generator = generate()
            values = [next(generator)]
            try:
                while True:
                    values.append(generator.send(values[-1] * 10))
            except StopIteration as end:
                return values, end.value

        self.assert_each(([0, 1, 2], [0, 10, 20]), run)

    def test_send_through_yield_from(self):
        def inner():
            received = yield "first"
            received = yield received * 2
            return received * 3

        def middle():
            return (yield from inner()) + 1

        def outer():
            return (yield from middle()) + 1

        def run():
            generator = outer()
            values = [generator.send(None), generator.send(5)]
            try:
                generator.send(7)
            except StopIteration as end:
                return *values, end.value

        self.assert_each(("first", 10, 23), run)

    def test_send_to_a_generator_that_has_not_started(self):
        def generate():
            yield

        self.assert_each_raises(
            TypeError, "can't send non-None value to a just-started generator", lambda: generate().send(1)
        )

    def test_send_of_a_bound_method(self):
        def echo():
            value = yield "first"
            while value != "stop":
                value = yield value
            return "stopped"

        def run():
            generator = echo()
            send = generator.send
            got = [send(None)]
            for value in range(5):
                got.append(send(value))
            try:
                send("stop")
            except StopIteration as error:
                got.append(error.value)
            try:
                send(1)
            except StopIteration as error:
                got.append(error.value)
            return got

        self.assert_each(["first", 0, 1, 2, 3, 4, "stopped", None], run)

        def send_by_the_only_reference():
            return [echo().send(None), (lambda send: send(None))(echo().send)]

        self.assert_each(["first"] * 2, send_by_the_only_reference)
        self.assert_each_raises(
            TypeError, "can't send non-None value to a just-started generator", lambda: (lambda send: send(1))(echo().send)
        )
        self.assert_each_raises(
            TypeError,
            "generator.send() takes exactly one argument (0 given)",
            lambda: (lambda send: send())(echo().send),
        )

    def test_send_to_itself(self):
        def generate():
            yield send(1)

        generator = generate()
        send = generator.send
        with self.assertRaisesRegex(ValueError, "generator already executing"):
            send(None)

    def test_bound_send_of_a_coroutine(self):
        class Suspend:
            def __await__(self):
                return (yield "suspended")

        async def work():
            return await Suspend()

        def run():
            send = work().send
            got = send(None)
            try:
                send("resumed")
            except StopIteration as error:
                return got, error.value

        self.assert_each(("suspended", "resumed"), run)

    def test_yield_from_other_iterators(self):
        class Sendable:
            def __iter__(self):
                return self

            def __next__(self):
                return "next"

            def send(self, value):
                if value == "stop":
                    raise StopIteration("stopped")
                return ("sent", value)

        def delegate(iterable):
            return (yield from iterable)

        generator = delegate(Sendable())
        self.assertEqual([next(generator), generator.send(1), next(generator)], ["next", ("sent", 1), "next"])
        with self.assertRaises(StopIteration) as caught:
            generator.send("stop")
        self.assertEqual(caught.exception.value, "stopped")

        generator = delegate([1, 2])
        next(generator)
        with self.assertRaisesRegex(AttributeError, "'list_iterator' object has no attribute 'send'"):
            generator.send(1)
        self.assert_each_raises(TypeError, "'int' object is not iterable", lambda: next(delegate(1)))

    def test_yield_from_a_running_generator(self):
        def recurse():
            yield from generator

        generator = recurse()
        with self.assertRaisesRegex(ValueError, "generator already executing"):
            next(generator)

    def test_where_a_generator_waits(self):
        def inner():
            yield

        def outer():
            yield from waited_for
            yield

        waited_for = inner()
        generator = outer()
        self.assertIsNone(generator.gi_yieldfrom)
        next(generator)
        self.assertIs(generator.gi_yieldfrom, waited_for)
        next(generator)
        self.assertIsNone(generator.gi_yieldfrom)


class ThrowTest(LoopTestCase):
    def test_throw(self):
        def generate():
            while True:
                try:
                    yield "waiting"
                except ValueError as error:
                    yield ("caught", str(error))

        def run():
            generator = generate()
            return next(generator), generator.throw(ValueError("a")), next(generator), generator.throw(ValueError, "b")

        self.assert_each(("waiting", ("caught", "a"), "waiting", ("caught", "b")), run)

    def test_throw_that_is_not_caught(self):
        def generate(log):
            try:
                yield
            finally:
                log.append("finally")

        for started in (False, True):
            log = []
            generator = generate(log)
            if started:
                next(generator)
            with self.assertRaises(KeyError):
                generator.throw(KeyError)
            self.assertEqual(log, ["finally"] if started else [])
            self.assertEqual(list(generator), [])

    def test_throw_through_yield_from(self):
        def inner(log):
            try:
                yield 1
            except KeyError:
                log.append("inner caught")
                yield 2
            finally:
                log.append("inner finally")

        def outer(log):
            try:
                yield from inner(log)
            except ValueError:
                log.append("outer caught")
                yield 3

        log = []
        generator = outer(log)
        self.assertEqual([next(generator), generator.throw(KeyError), generator.throw(ValueError)], [1, 2, 3])
        self.assertEqual(log, ["inner caught", "inner finally", "outer caught"])

    def test_generator_that_is_thrown_into_within_a_loop(self):
        def generate():
            for i in range(10):
                try:
                    yield i
                except KeyError:
                    yield "thrown"

        def run():
            values = []
            generator = generate()
            for value in generator:
                values.append(value)
                if value == 3:
                    values.append(generator.throw(KeyError))
                if value == 5:
                    generator.close()
            return values

        self.assert_each([0, 1, 2, 3, "thrown", 4, 5], run)

    def test_close(self):
        def generate(log):
            try:
                yield 1
                log.append("not reached")
            except GeneratorExit:
                log.append("closed")
                raise
            finally:
                log.append("finally")

        def delegate(log):
            yield from generate(log)
            log.append("not reached")

        for function in (generate, delegate):
            for _ in range(WARM):
                log = []
                generator = function(log)
                next(generator)
                self.assertIsNone(generator.close())
                self.assertEqual(log, ["closed", "finally"])
                self.assertIsNone(generator.close())
                log = []
                generator = function(log)
                next(generator)
                del generator
                self.assertEqual(log, ["closed", "finally"])

    def test_close_that_is_ignored(self):
        def generate():
            for _ in range(2):
                try:
                    yield
                except GeneratorExit:
                    pass

        generator = generate()
        next(generator)
        with self.assertRaisesRegex(RuntimeError, "generator ignored GeneratorExit"):
            generator.close()

    def test_handled_exception_is_the_resumers(self):
        def generate():
            yield sys.exc_info()[0]
            try:
                raise KeyError
            except KeyError:
                yield sys.exc_info()[0]
                yield sys.exc_info()[0]
            yield sys.exc_info()[0]

        def run(way):
            seen = []
            generator = generate()
            seen.append(next(generator))
            try:
                raise ValueError
            except ValueError:
                seen.extend(way(generator))
                seen.append(sys.exc_info()[0])
            seen.append(sys.exc_info()[0])
            return seen

        for way in WAYS:
            self.assert_each([None, KeyError, KeyError, ValueError, ValueError, None], run, way)

    def test_context_of_an_exception_in_a_generator(self):
        def generate():
            yield
            raise KeyError

        for way in WAYS:
            generator = generate()
            next(generator)
            with self.assertRaises(KeyError) as caught:
                try:
                    raise ValueError
                except ValueError:
                    way(generator)
            self.assertIsInstance(caught.exception.__context__, ValueError)

    def test_return_in_finally_of_a_closed_generator(self):
        def generate():
            try:
                yield
            finally:
                return "result"

        generator = generate()
        next(generator)
        self.assertIsNone(generator.close())
        generator = generate()
        next(generator)
        with self.assertRaises(StopIteration) as caught:
            generator.throw(KeyError)
        self.assertEqual(caught.exception.value, "result")

    def test_generators_in_cycles_are_collected(self):
        def generate(log):
            own = []
            own.append((yield))
            try:
                yield
            finally:
                log.append("finally")

        log = []
        generator = generate(log)
        next(generator)
        generator.send(generator)
        del generator
        gc.collect()
        self.assertEqual(log, ["finally"])


class CoroutineTest(LoopTestCase):
    class Suspend:
        def __init__(self, value):
            self.value = value

        def __await__(self):
            return (yield self.value)

    def run_coroutine(self, coroutine, answers=()):
        """Returns what it yields and its result."""
        answers = iter(answers)
        yielded = []
        answer = None
        while True:
            try:
                yielded.append(coroutine.send(answer))
            except StopIteration as end:
                return yielded, end.value
            answer = next(answers, None)

    def test_await(self):
        async def inner(n):
            return await self.Suspend(n) + 1

        async def outer():
            return [await inner(i) for i in range(3)]

        for _ in range(WARM):
            self.assertEqual(self.run_coroutine(outer(), [10, 20, 30]), ([0, 1, 2], [11, 21, 31]))

    def test_what_cannot_be_awaited(self):
        class WrongIterator:
            def __await__(self):
                return 1

        class GivesCoroutine:
            def __await__(self):
                coroutine = empty()
                coroutines.append(coroutine)
                return coroutine

        async def empty():
            pass

        async def wait_for(thing):
            await thing

        coroutines = []
        for thing, message in (
            (1, "object int can't be used in 'await' expression"),
            ([], "object list can't be used in 'await' expression"),
            (WrongIterator(), "__await__() returned non-iterator of type 'int'"),
            (GivesCoroutine(), "__await__() returned a coroutine"),
        ):
            with self.assertRaises(TypeError) as caught:
                wait_for(thing).send(None)
            self.assertEqual(str(caught.exception), message)
        coroutines[0].close()

    def test_awaited_twice(self):
        async def suspended():
            await self.Suspend(1)

        async def wait_for(thing):
            await thing

        coroutine = suspended()
        first, second = wait_for(coroutine), wait_for(coroutine)
        first.send(None)
        with self.assertRaisesRegex(RuntimeError, "coroutine is being awaited already"):
            second.send(None)
        first.close()
        with self.assertRaisesRegex(RuntimeError, "cannot reuse already awaited coroutine"):
            wait_for(coroutine).send(None)

    def test_async_with(self):
        log = []

        class Manager:
            async def __aenter__(manager):
                log.append("enter")
                return await self.Suspend("entering")

            async def __aexit__(manager, kind, value, traceback):
                log.append(kind)
                return await self.Suspend("leaving")

        async def use(action):
            async with Manager() as entered:
                log.append(entered)
                if action == "return":
                    return "returned"
                if action == "raise":
                    raise ValueError
            return "end"

        for action, suppress, result in (
            ("nothing", False, "end"),
            ("return", False, "returned"),
            ("raise", True, "end"),
        ):
            for _ in range(WARM):
                del log[:]
                self.assertEqual(
                    self.run_coroutine(use(action), ["entered", suppress]), (["entering", "leaving"], result)
                )
                self.assertEqual(log, ["enter", "entered", ValueError if action == "raise" else None])
        with self.assertRaises(ValueError):
            self.run_coroutine(use("raise"), ["entered", False])

    def test_errors_of_async_with(self):
        class NoExit:
            async def __aenter__(self):
                raise AssertionError("must not be entered")

        class Plain:
            def __aenter__(self):
                return 1

            def __aexit__(self, *arguments):
                return 2

        class PlainExit(Plain):
            async def __aenter__(self):
                pass

        async def use(manager):
            async with manager:
                pass

        for manager, message in (
            (1, "'int' object does not support the asynchronous context manager protocol"),
            (NoExit(), "'NoExit' object does not support the asynchronous context manager protocol (missed "
                       "__aexit__ method)"),
            (Plain(), "'async with' received an object from __aenter__ that does not implement __await__: int"),
            (PlainExit(), "'async with' received an object from __aexit__ that does not implement __await__: int"),
        ):
            with self.assertRaises(TypeError) as caught:
                use(manager).send(None)
            self.assertEqual(str(caught.exception), message)

    def test_async_for(self):
        async def generate(n):
            for i in range(n):
                yield await self.Suspend(i)

        async def gather(n):
            values = []
            async for value in generate(n):
                values.append(value)
            else:
                values.append("else")
            return values, [value async for value in generate(n) if value]

        for _ in range(WARM):
            self.assertEqual(
                self.run_coroutine(gather(2), ["a", "b", "", "d"]), ([0, 1, 0, 1], (["a", "b", "else"], ["d"]))
            )

    def test_errors_of_async_for(self):
        class NoNext:
            def __aiter__(self):
                return 1

        class WrongNext:
            def __aiter__(self):
                return self

            def __anext__(self):
                return 1

        async def iterate(iterable):
            async for _ in iterable:
                pass

        for iterable, message in (
            (1, "'async for' requires an object with __aiter__ method, got int"),
            (NoNext(), "'async for' received an object from __aiter__ that does not implement __anext__: int"),
            (WrongNext(), "'async for' received an invalid object from __anext__: int"),
        ):
            with self.assertRaises(TypeError) as caught:
                iterate(iterable).send(None)
            self.assertEqual(str(caught.exception), message)

    def test_exception_in_async_for(self):
        async def generate():
            yield 1
            raise KeyError

        async def iterate():
            async for _ in generate():
                pass

        for _ in range(WARM):
            with self.assertRaises(KeyError):
                self.run_coroutine(iterate())

    def test_asynchronous_generator(self):
        async def generate():
            try:
                received = yield 1
                yield received * 2
            except KeyError:
                yield "caught"

        async def use():
            generator = generate()
            values = [await generator.__anext__(), await generator.asend(5), await generator.athrow(KeyError)]
            await generator.aclose()
            try:
                await generator.__anext__()
            except StopAsyncIteration:
                values.append("end")
            return values

        for _ in range(WARM):
            self.assertEqual(self.run_coroutine(use()), ([], [1, 10, "caught", "end"]))

    def test_stop_async_iteration_in_an_asynchronous_generator(self):
        async def generate():
            yield 1
            raise StopAsyncIteration

        async def use():
            async for _ in generate():
                pass

        with self.assertRaisesRegex(RuntimeError, "async generator raised StopAsyncIteration"):
            self.run_coroutine(use())

    def test_never_awaited(self):
        async def coroutine():
            pass

        with self.assertWarnsRegex(RuntimeWarning, "coroutine '.*coroutine' was never awaited"):
            coroutine()
            gc.collect()

    def test_yield_from_a_coroutine(self):
        async def coroutine():
            pass

        def generate(made):
            yield from made

        made = coroutine()
        with self.assertRaisesRegex(TypeError, "cannot 'yield from' a coroutine object in a non-coroutine generator"):
            next(generate(made))
        made.close()


if __name__ == "__main__":
    unittest.main()
