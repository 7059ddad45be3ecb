"""asyncio beside tasklets: programs run as under python3.11, and each tasklet may run an event loop of its own."""

import asyncio
import contextvars
import subprocess
import sys
import unittest

import stackless
from stackless import channel, schedule
from support import StacklessTestCase, run_script

PYTHON = "/usr/bin/python3.11"

PROGRAMS = {
    "tasks and cancellation": """
        async def work(name, turns):
            try:
                for turn in range(turns):
                    print(name, turn)
                    await asyncio.sleep(0)
                return name
            except asyncio.CancelledError:
                print(name, "cancelled")
                raise

        async def main():
            tasks = [asyncio.create_task(work(name, turns)) for name, turns in (("a", 2), ("b", 3), ("c", 9))]
            print(await asyncio.gather(*tasks[:2]))
            tasks[2].cancel()
            try:
                await tasks[2]
            except asyncio.CancelledError:
                print("cancelled", tasks[2].cancelled())

        asyncio.run(main())
        """,
    "queues and locks": """
        async def produce(queue, count):
            for item in range(count):
                await queue.put(item)
            await queue.put(None)

        async def consume(name, queue, lock):
            while (item := await queue.get()) is not None:
                async with lock:
                    print(name, item)
                    await asyncio.sleep(0)
            await queue.put(None)

        async def main():
            queue, lock = asyncio.Queue(2), asyncio.Lock()
            await asyncio.gather(produce(queue, 6), consume("a", queue, lock), consume("b", queue, lock))

        asyncio.run(main())
        """,
    "task groups and timeouts": """
        async def fail(error, turns):
            for _ in range(turns):
                await asyncio.sleep(0)
            raise error

        async def main():
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail(ValueError("one"), 2))
                    group.create_task(fail(KeyError("two"), 2))
                    group.create_task(asyncio.sleep(3600))
            except* ValueError as errors:
                print(errors.exceptions)
            except* KeyError as errors:
                print(errors.exceptions)
            try:
                await asyncio.wait_for(asyncio.sleep(3600), 0)
            except TimeoutError:
                print("timeout")

        asyncio.run(main())
        """,
    "asynchronous generators": """
        async def count():
            try:
                for number in range(5):
                    yield number
                    await asyncio.sleep(0)
            finally:
                print("closed")

        async def main():
            print([number async for number in count()])
            async for number in count():
                if number == 1:
                    break
            print("left in the middle")

        asyncio.run(main())
        """,
    "context variables": """
        variable = contextvars.ContextVar("variable")

        async def work(value):
            variable.set(value)
            await asyncio.sleep(0)
            return variable.get()

        async def main():
            variable.set("main")
            print(await asyncio.gather(*map(work, "abc")), variable.get())

        asyncio.run(main())
        """,
    "streams": """
        async def answer(reader, writer):
            async for line in reader:
                writer.write(line.upper())
                await writer.drain()
            writer.close()

        async def main():
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for line in (b"one\\n", b"two\\n"):
                writer.write(line)
                print(await reader.readline())
            writer.close()
            await writer.wait_closed()
            server.close()
            await server.wait_closed()

        asyncio.run(main())
        """,
    "threads and subprocesses": """
        async def main():
            loop = asyncio.get_running_loop()
            print(await loop.run_in_executor(None, sum, [1, 2]), await asyncio.to_thread(max, 3, 4))
            process = await asyncio.create_subprocess_exec("echo", "echoed", stdout=asyncio.subprocess.PIPE)
            print(await process.communicate())

        asyncio.run(main())
        """,
    "errors": """
        async def main():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: print(context["message"], context["exception"]))
            loop.call_soon(lambda: 1 / 0)
            await asyncio.sleep(0)
            second = asyncio.sleep(0)
            try:
                asyncio.run(second)
            except RuntimeError as error:
                print(error)
            second.close()
            raise KeyError("from main")

        try:
            asyncio.run(main())
        except KeyError as error:
            print(repr(error))
        """,
    "debug mode": """
        async def main():
            await asyncio.sleep(0)
            print(asyncio.get_running_loop().get_debug(), sys.get_coroutine_origin_tracking_depth() > 0)

        asyncio.run(main(), debug=True)
        print(sys.get_coroutine_origin_tracking_depth())
        """,
}

# Runs the program in sys.argv[1] in a tasklet while others run and wait.
IN_A_TASKLET = """
import sys, stackless

def others():
    while True:
        stackless.schedule_remove()

def program():
    exec(compile(sys.argv[1], "<string>", "exec"), {})

for _ in range(2):
    stackless.tasklet(others)()
stackless.tasklet(program)()
stackless.run()
"""


def run_program(*command):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


class ProgramTest(unittest.TestCase):
    def test_output_is_the_same(self):
        for name, body in PROGRAMS.items():
            lines = [line[8:] for line in body.splitlines()]
            source = "\n".join(["import asyncio, contextvars, sys", *lines])
            expected = run_program(PYTHON, "-c", source)
            self.assertEqual((expected.returncode, expected.stderr), (0, ""), name)
            for where, result in (("main", run_script(source)), ("tasklet", run_script(IN_A_TASKLET, source))):
                with self.subTest(name, where=where):
                    self.assertEqual((result.returncode, result.stderr), (0, ""))
                    self.assertEqual(result.stdout, expected.stdout)


async def tick(times):
    """Lets other tasklets run, once in each of so many turns of the loop."""
    for _ in range(times):
        schedule()
        await asyncio.sleep(0)


class MainLoopTest(StacklessTestCase):
    """The main tasklet runs a loop; it may be switched away from everywhere."""

    def count(self, name, to):
        for number in range(to):
            self.log.append((name, number))
            schedule()

    def test_others_go_on_at_each_turn(self):
        async def main():
            for turn in range(3):
                self.log.append(turn)
                schedule()
                await asyncio.sleep(0)

        self.start(self.count, "a", 2)
        self.start(self.count, "b", 4)
        asyncio.run(main())
        self.assertEqual(self.log, [0, ("a", 0), ("b", 0), 1, ("a", 1), ("b", 1), 2, ("b", 2)])
        stackless.run()

    def test_callback_that_schedules(self):
        async def main():
            asyncio.get_running_loop().call_soon(schedule)
            for turn in range(2):
                self.log.append(turn)
                await asyncio.sleep(0)

        self.start(self.count, "a", 1)
        asyncio.run(main())
        self.assertEqual(self.log, [0, ("a", 0), 1])
        stackless.run()

    def test_channels_between_coroutines_and_tasklets(self):
        def double():
            for value in requests:
                answers.send(2 * value)

        async def ask(values):
            results = []
            for value in values:
                requests.send(value)
                results.append(answers.receive())
                await asyncio.sleep(0)
            return results

        async def main():
            results = await asyncio.gather(ask([1, 2, 3]), ask([10, 20]))
            requests.send_exception(StopIteration)
            return results

        requests, answers = channel(), channel()
        self.start(double)
        self.assertEqual(asyncio.run(main()), [[2, 4, 6], [20, 40]])

    def test_tasklet_completes_a_future(self):
        def work(future):
            schedule()
            future.set_result("done")

        async def main():
            future = asyncio.get_running_loop().create_future()
            self.start(work, future)
            ticking = asyncio.create_task(tick(5))
            result = await future
            await ticking
            return result

        self.assertEqual(asyncio.run(main()), "done")

    def test_tasklet_starts_a_task(self):
        async def coroutine():
            self.log.append("coroutine")

        async def main():
            loop = asyncio.get_running_loop()
            self.start(lambda: tasks.append(loop.create_task(coroutine())))
            await tick(2)

        tasks = []
        asyncio.run(main())
        self.assertEqual(self.log, ["coroutine"])

    def test_other_tasklets_have_no_running_loop(self):
        """As other threads have none."""

        def look():
            with self.assertRaisesRegex(RuntimeError, "no running event loop"):
                asyncio.get_running_loop()
            self.log.append(sys.get_asyncgen_hooks())

        async def main():
            loop = asyncio.get_running_loop()
            hooks = sys.get_asyncgen_hooks()
            self.start(look)
            self.start(schedule)
            for _ in range(3):
                schedule()
                self.assertIs(asyncio.get_running_loop(), loop)
                self.assertEqual(sys.get_asyncgen_hooks(), hooks)

        asyncio.run(main())
        self.assertEqual(self.log, [(None, None)])
        self.assertEqual(sys.get_asyncgen_hooks(), (None, None))
        self.assertIsNone(asyncio._get_running_loop())

    def test_loop_within_a_turn_of_another_loop(self):
        async def numbers(name, to):
            for number in range(to):
                yield name, number
                await asyncio.sleep(0)

        async def collect(name, to):
            self.log.extend([item async for item in numbers(name, to)])
            return asyncio.get_running_loop()

        async def main():
            for name in "ab":
                self.start(lambda name=name: loops.append(asyncio.run(collect(name, 2))))
            async for item in numbers("main", 2):
                self.log.append(item)
                schedule()
            return asyncio.get_running_loop()

        loops = []
        loops.append(asyncio.run(main()))
        self.assertEqual(self.log, [("main", 0), ("a", 0), ("a", 1), ("b", 0), ("b", 1), ("main", 1)])
        self.assertEqual(len(set(loops)), 3)
        self.assertIsNone(asyncio._get_running_loop())

    def test_loop_in_a_tasklet_that_ends_badly(self):
        async def fail():
            raise KeyError

        async def main():
            loop = asyncio.get_running_loop()
            failing = stackless.tasklet(asyncio.run)
            coroutine = fail()
            failing(coroutine)
            with self.assertRaises(KeyError):
                stackless.run()
            self.assertIs(asyncio.get_running_loop(), loop)

        asyncio.run(main())

    def test_hooks_end_with_their_tasklet(self):
        def work():
            sys.set_asyncgen_hooks(print, print)
            schedule()
            self.log.append(sys.get_asyncgen_hooks())

        self.start(work)
        self.start(lambda: self.log.append(sys.get_asyncgen_hooks()))
        stackless.run()
        self.assertEqual(self.log, [(None, None), (print, print)])
        self.assertEqual(sys.get_asyncgen_hooks(), (None, None))

    def test_contexts(self):
        variable = contextvars.ContextVar("variable")

        def work():
            self.log.append(variable.get())
            variable.set("tasklet")
            schedule()
            self.log.append(variable.get())

        async def coroutine(value):
            variable.set(value)
            self.start(work)
            await tick(3)
            return variable.get()

        async def main():
            return await asyncio.gather(coroutine("a"), coroutine("b"))

        self.assertEqual(asyncio.run(main()), ["a", "b"])
        self.assertEqual(sorted(self.log), ["a", "b", "tasklet", "tasklet"])

    def test_coroutine_stepped_in_two_tasklets(self):
        """By hand; the loop has nothing to do with it."""

        async def wait(future):
            return await future

        async def main():
            future = asyncio.get_running_loop().create_future()
            steps = wait(future)
            self.start(lambda: self.log.append(steps.send(None)))
            schedule()
            self.assertEqual(self.log, [future])
            future.set_result(1)
            with self.assertRaises(StopIteration) as caught:
                steps.send(None)
            return caught.exception.value

        self.assertEqual(asyncio.run(main()), 1)


class TaskletLoopTest(StacklessTestCase):
    """Tasklets other than main run loops and are switched away from inside: asyncio calls back from C."""

    def count(self, name, to):
        for number in range(to):
            self.log.append((name, number))
            schedule()

    def test_others_go_on_at_each_turn(self):
        async def main():
            for turn in range(3):
                self.log.append(turn)
                schedule()
                await asyncio.sleep(0)

        self.start(lambda: asyncio.run(main()))
        self.start(self.count, "a", 4)
        stackless.run()
        self.assertEqual(self.log, [0, ("a", 0), 1, ("a", 1), 2, ("a", 2), ("a", 3)])

    def test_two_loops_in_turn(self):
        async def numbers(name):
            for number in range(3):
                yield name, number
                await asyncio.sleep(0)

        async def main(name):
            loop = asyncio.get_running_loop()
            async for item in numbers(name):
                self.log.append(item)
                schedule()
                self.assertIs(asyncio.get_running_loop(), loop)
            return loop

        loops = []
        for name in "ab":
            self.start(lambda name=name: loops.append(asyncio.run(main(name))))
        stackless.run()
        self.assertEqual(self.log, [(name, number) for number in range(3) for name in "ab"])
        self.assertEqual(len(set(loops)), 2)
        self.assertIsNone(asyncio._get_running_loop())
        self.assertEqual(sys.get_asyncgen_hooks(), (None, None))

    def test_loops_that_talk_over_a_channel(self):
        async def produce():
            for item in range(3):
                meeting.send(item)
                await asyncio.sleep(0)
            meeting.send_exception(StopIteration)

        async def consume():
            for item in meeting:
                self.log.append(item)
                await asyncio.sleep(0)

        meeting = channel()
        for coroutine in (consume, produce):
            self.start(lambda coroutine=coroutine: asyncio.run(coroutine()))
        stackless.run()
        self.assertEqual(self.log, [0, 1, 2])

    def test_killed_in_the_middle_of_a_turn(self):
        async def main():
            try:
                stackless.schedule_remove()
            finally:
                self.log.append(asyncio.get_running_loop().is_running())

        tasklet = self.pause(lambda: asyncio.run(main()))
        tasklet.kill()
        self.assertFalse(tasklet.alive)
        self.assertEqual(self.log, [True])
        self.assertIsNone(asyncio._get_running_loop())

    def test_context_of_a_callback_goes_with_its_tasklet(self):
        variable = contextvars.ContextVar("variable", default="outside")

        async def main():
            variable.set("task")
            schedule()
            self.log.append(variable.get())

        self.start(lambda: asyncio.run(main()))
        self.start(lambda: self.log.append(variable.get()))
        stackless.run()
        self.assertEqual(self.log, ["outside", "task"])


if __name__ == "__main__":
    unittest.main()
